package mongosh

// The judgement of validators: Go against the prelude, and both against what a
// server takes. Validators and documents are random; the seed is printed.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
	"github.com/hayone1/mongocd/runtime/validator"
)

// schemas makes random validators, and documents that come near to what they want.
type schemas struct{ *rand.Rand }

func oneOf[T any](s schemas, list ...T) T { return list[s.IntN(len(list))] }

func (s schemas) name() string { return oneOf(s, "a", "b", "c", "ab", "x1", "é") }

// scalar is a value that small operands tell from others.
func (s schemas) scalar() any {
	decimal, _ := bson.ParseDecimal128(oneOf(s, "1", "0.07", "2.50", "3E+1"))
	return oneOf[any](s, int32(s.IntN(5)), int32(s.IntN(5)), int64(s.IntN(5)), float64(s.IntN(10))/2, 0.07, decimal, -1.5,
		"", "a", "ab", "abc-1", "B2", "é\U0001f600", "a\n", "x y", true, false, nil, bson.NewDateTimeFromTime(time.UnixMilli(int64(s.IntN(3)))), bson.ObjectID{11: byte(s.IntN(2))})
}

func (s schemas) value(depth int) any {
	switch n := s.IntN(10); {
	case n == 0 && depth < 3:
		return s.document(depth + 1)
	case n < 4 && depth < 3:
		list := bson.A{}
		for range s.IntN(4) {
			list = append(list, s.value(depth+1))
		}
		return list
	}
	return s.scalar()
}

func (s schemas) document(depth int) bson.D {
	d := bson.D{}
	seen := map[string]bool{}
	for range s.IntN(5) {
		name := s.name()
		if !seen[name] {
			d = append(d, bson.E{Key: name, Value: s.value(depth)})
		}
		seen[name] = true
	}
	return d
}

var testPatterns = []string{"^a", "b$", "^[a-c]+$", "^\\w+-\\d$", "[^a-z]", "^.{1,2}$", "a|\\s", "^(?:a|b)+", "é", "^$", "\\D", "x.y", "\\bab\\b", "^[A-Z][0-9]?$"}

// schema is a random schema; its operands are as the server wants them.
func (s schemas) schema(depth int) bson.D {
	d := bson.D{}
	add := func(name string, v any) {
		for _, e := range d {
			if e.Key == name {
				return
			}
		}
		d = append(d, bson.E{Key: name, Value: v})
	}
	for range 1 + s.IntN(3) {
		switch s.IntN(24) {
		case 0, 1:
			add("bsonType", oneOf[any](s, "int", "long", "double", "decimal", "string", "bool", "date", "object", "array", "null", "number", "objectId", bson.A{"string", "null"}, bson.A{"int", "long"}))
		case 2:
			if len(d) == 0 { // not beside bsonType
				return bson.D{{Key: "type", Value: oneOf[any](s, "object", "array", "number", "boolean", "string", "null", bson.A{"number", "string"})}}
			}
		case 3:
			list := bson.A{}
			for i := range 1 + s.IntN(3) {
				list = append(list, oneOf[any](s, int32(i), fmt.Sprint("a", i), bson.A{int32(i)}, bson.D{{Key: "a", Value: int32(i)}, {Key: "b", Value: "a"}}))
			}
			add("enum", list)
		case 4, 5, 6, 7:
			if depth > 2 {
				continue
			}
			properties := bson.D{}
			for _, name := range []string{"a", "b", "c"} {
				if s.IntN(2) == 0 {
					properties = append(properties, bson.E{Key: name, Value: s.schema(depth + 1)})
				}
			}
			add("properties", properties)
		case 8:
			add("required", oneOf(s, bson.A{"a"}, bson.A{"a", "b"}, bson.A{"c"}))
		case 9:
			add("additionalProperties", oneOf[any](s, true, false, bson.D{{Key: "bsonType", Value: "string"}}))
		case 10:
			add("patternProperties", bson.D{{Key: oneOf(s, testPatterns...), Value: s.schema(3)}})
		case 11:
			add("minimum", oneOf[any](s, int32(2), 1.5, int64(3)))
			if s.IntN(2) == 0 {
				add("exclusiveMinimum", s.IntN(2) == 0)
			}
		case 12:
			add("maximum", oneOf[any](s, int32(2), 1.5, int64(3)))
			if s.IntN(2) == 0 {
				add("exclusiveMaximum", s.IntN(2) == 0)
			}
		case 13:
			add("multipleOf", oneOf[any](s, int32(2), 0.5, 0.01, int64(3)))
		case 14:
			add(oneOf(s, "minLength", "maxLength"), int32(s.IntN(4)))
		case 15, 16:
			add("pattern", oneOf(s, testPatterns...))
		case 17:
			add(oneOf(s, "minItems", "maxItems"), int32(s.IntN(3)))
		case 18:
			add("uniqueItems", s.IntN(4) > 0)
		case 19:
			if s.IntN(2) == 0 {
				add("items", s.schema(depth+1))
			} else {
				add("items", bson.A{s.schema(depth + 1), s.schema(depth + 1)})
				add("additionalItems", oneOf[any](s, true, false, bson.D{{Key: "bsonType", Value: "int"}}))
			}
		case 20:
			add(oneOf(s, "minProperties", "maxProperties"), int32(s.IntN(4)))
		case 21:
			add("dependencies", oneOf(s, bson.D{{Key: "a", Value: bson.A{"b"}}}, bson.D{{Key: "b", Value: bson.D{{Key: "required", Value: bson.A{"c"}}}}}))
		case 22:
			if depth < 3 {
				add(oneOf(s, "allOf", "anyOf", "oneOf"), bson.A{s.schema(depth + 1), s.schema(depth + 1)})
			}
		case 23:
			if depth < 3 {
				add("not", s.schema(depth+1))
			}
		}
	}
	return d
}

// tests are random operators of one field.
func (s schemas) tests(depth int) any {
	operand := func() any {
		return oneOf[any](s, int32(s.IntN(4)), "a", "ab", 1.5, true, nil, bson.D{{Key: "a", Value: int32(1)}}, bson.A{int32(1)})
	}
	comparable := func() any { return oneOf[any](s, int32(s.IntN(4)), "a", "ab", 1.5, true) }
	switch s.IntN(16) {
	case 0, 1:
		return operand()
	case 2:
		return bson.D{{Key: oneOf(s, "$eq", "$ne"), Value: operand()}}
	case 3, 4:
		return bson.D{{Key: oneOf(s, "$gt", "$gte", "$lt", "$lte"), Value: comparable()}}
	case 5:
		return bson.D{{Key: "$gte", Value: int32(1)}, {Key: "$lt", Value: int32(3)}}
	case 6, 7:
		return bson.D{{Key: oneOf(s, "$in", "$nin"), Value: bson.A{operand(), operand()}}}
	case 8:
		return bson.D{{Key: "$exists", Value: s.IntN(2) == 0}}
	case 9:
		return bson.D{{Key: "$type", Value: oneOf[any](s, "string", "number", "array", "null", int32(16), bson.A{"object", "int"})}}
	case 10:
		return bson.D{{Key: "$size", Value: int32(s.IntN(3))}}
	case 11:
		return bson.D{{Key: "$mod", Value: bson.A{int32(2), int32(s.IntN(2))}}}
	case 12:
		return bson.D{{Key: "$regex", Value: oneOf(s, testPatterns...)}, {Key: "$options", Value: oneOf(s, "", "i", "s")}}
	case 13:
		return bson.D{{Key: "$all", Value: bson.A{operand()}}}
	case 14:
		if depth > 1 {
			return operand()
		}
		if s.IntN(2) == 0 {
			return bson.D{{Key: "$elemMatch", Value: bson.D{{Key: s.name(), Value: s.tests(depth + 1)}}}}
		}
		return bson.D{{Key: "$elemMatch", Value: bson.D{{Key: "$gte", Value: int32(1)}}}}
	}
	if inner, ok := s.tests(depth + 1).(bson.D); ok && len(inner) > 0 && strings.HasPrefix(inner[0].Key, "$") {
		return bson.D{{Key: "$not", Value: inner}}
	}
	return bson.D{{Key: "$exists", Value: true}}
}

func (s schemas) query(depth int) bson.D {
	d := bson.D{}
	for range 1 + s.IntN(2) {
		if depth < 2 && s.IntN(4) == 0 {
			d = append(d, bson.E{Key: oneOf(s, "$and", "$or", "$nor"), Value: bson.A{s.query(depth + 1), s.query(depth + 1)}})
			break
		}
		name := oneOf(s, "a", "b", "c", "a.b", "a.a", "b.c.a")
		if len(d) == 0 || d[0].Key != name {
			d = append(d, bson.E{Key: name, Value: s.tests(0)})
		}
	}
	return d
}

// validator is a random one.
func (s schemas) validator() bson.Raw {
	var v any
	switch s.IntN(5) {
	case 0, 1:
		v = s.query(0)
	case 2:
		v = bson.D{{Key: "$jsonSchema", Value: s.schema(0)}, {Key: "a", Value: s.tests(0)}}
	default:
		v = bson.D{{Key: "$jsonSchema", Value: s.schema(0)}}
	}
	raw, err := bson.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// inserted is a random document with an _id.
func (s schemas) inserted(id int) bson.Raw {
	raw, err := bson.Marshal(append(bson.D{{Key: "_id", Value: int32(id)}}, s.document(0)...))
	if err != nil {
		panic(err)
	}
	return raw
}

// testSeed returns MONGOCD_SEED, or one from the clock, and prints it.
func testSeed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano()) % 1_000_000
	if text := os.Getenv("MONGOCD_SEED"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("MONGOCD_SEED=%d", n)
	return n
}

// judgeText is what the prelude says of a document: the verdict, what is left to
// the server, and the rules that the document breaks.
const judgeText = `(validator, d, holes, open, collated) => {
  const v = new engine.Validator({validator: engine.document(engine.fromBase64(validator)), collated});
  const tree = {kind: '', in: new Map()};
  for (const [kind, ...path] of holes) engine.addHole(tree, path, kind);
  const value = engine.document(engine.fromBase64(d));
  let out = v.judge(value, tree, open) + ' ' + v.unjudged.join('|');
  for (const b of v.breaches(value, tree, open)) {
    out += '\n' + b.rule + ' ' + engine.breachWords(b, b.value === undefined ? '' : engine.canonical(b.value));
  }
  return out;
}`

// TestValidatorTwin: random validators over random documents, some of them with
// parts that are not known.
func TestValidatorTwin(t *testing.T) {
	first := testSeed(t)
	js := newVM(t)
	f := js.Function(judgeText)
	short := js.Function(`(v) => engine.short(engine.get(engine.document(engine.fromBase64(v)), ['v']))`)
	kinds := map[string]validator.Kind{"any": validator.Any, "text": validator.Text, "maybe": validator.Maybe, "gone": validator.Gone}
	verdicts := map[validator.Verdict]int{}
	s, g := schemas{rand.New(rand.NewPCG(first, 1))}, gen{rand.New(rand.NewPCG(first, 2))}
	for i := range 800 {
		raw := s.validator()
		if i%10 == 0 { // anything at all
			raw = doc.NewBuilder(64).AppendDocument("$jsonSchema", g.doc(0)).Append("a", g.value(1)).Raw()
		}
		if i%10 == 1 {
			raw = hostileSchema(g)
		}
		collated := s.IntN(5) == 0
		v := validator.Settings{Validator: raw, Collated: collated}.Parse()
		for range 4 {
			d := s.inserted(1)
			if i%10 < 2 {
				d = g.doc(0)
			}
			holes, list := &validator.Holes{}, [][]string{}
			for range s.IntN(3) {
				kind := oneOf(s, "any", "text", "maybe", "gone")
				path := []string{s.name()}
				if s.IntN(2) == 0 {
					path = append(path, oneOf(s, "a", "b", "0", "1"))
				}
				holes.Add(path, kinds[kind])
				list = append(list, append([]string{kind}, path...))
			}
			open := s.IntN(3) == 0
			show := func(v bson.RawValue) string { return short(wrap(v)).String() }
			want := fmt.Sprint(int(v.Judge(d, holes, open)), " ", strings.Join(v.Unjudged, "|"))
			for _, b := range v.Breaches(d, holes, open, show) {
				value := ""
				if b.Value.Type != 0 {
					value = string(doc.AppendCanonicalValue(nil, b.Value))
				}
				want += "\n" + b.Rule + " " + b.Words(value)
			}
			verdicts[v.Judge(d, holes, open)]++
			if v.Judge(d, holes, open) != validator.Broken && strings.Contains(want, "\n") {
				t.Fatalf("rules that it does not break are named: %s", want)
			}
			if v.Judge(d, holes, open) == validator.Broken && !strings.Contains(want, "\n") {
				t.Fatalf("no rule is named: %s\n%s", raw, d)
			}
			got := f(base64.StdEncoding.EncodeToString(raw), base64.StdEncoding.EncodeToString(d), list, open, collated).String()
			if got != want {
				t.Fatalf("validator %d (open %v, collated %v, holes %v) %s\nof %s\nthe prelude says %s\nwant             %s", i, open, collated, list, raw, d, got, want)
			}
		}
	}
	if len(verdicts) != 3 {
		t.Errorf("not all verdicts came: %v", verdicts)
	}
}

// hostileSchema has keywords with operands of any type.
func hostileSchema(g gen) bson.Raw {
	keywords := []string{
		"bsonType", "type", "enum", "required", "properties", "patternProperties", "additionalProperties", "items", "additionalItems", "minItems", "uniqueItems",
		"minimum", "exclusiveMinimum", "maximum", "multipleOf", "maxLength", "pattern", "minProperties", "dependencies", "allOf", "anyOf", "oneOf", "not", "description", "title", "encrypt",
	}
	operators := []string{"$eq", "$ne", "$gt", "$lte", "$in", "$nin", "$exists", "$type", "$size", "$mod", "$regex", "$options", "$not", "$elemMatch", "$all", "$expr", "$comment", "$and", "$or", "$nor", "$where"}
	b, q := doc.NewBuilder(64), doc.NewBuilder(64)
	for range 1 + g.IntN(3) {
		b.Append(pick(g, keywords), g.value(0))
		q.Append(pick(g, operators), g.value(0))
	}
	return doc.NewBuilder(64).AppendDocument("$jsonSchema", b.Raw()).AppendDocument("a", q.Raw()).Append(pick(g, operators), g.value(0)).Raw()
}

// TestPatternTwin: what one engine takes the other takes, and it matches the same.
func TestPatternTwin(t *testing.T) {
	first := testSeed(t)
	js := newVM(t)
	f := js.Function(judgeText)
	pieces := []string{
		"a", "b", ".", "^", "$", "*", "+", "?", "??", "{2}", "{1,3}", "{2,}", "{,2}", "{1000}", "(", "(?:", ")", "|", "[", "]", "[a-c]", "[^b]", "[\\d_-]", "[]a]", "[[:alpha:]]", "-",
		"\\d", "\\W", "\\s", "\\b", "\\.", "\\n", "\\x41", "\\p{L}", "\\1", "(?=a)", "(?i)", "é", "\U0001f600", " ", "/", "\\/", "\\-", "{", "}", "(*UCP)", "\\Q",
	}
	g := gen{rand.New(rand.NewPCG(first, 3))}
	taken := 0
	for range 2000 {
		pattern := ""
		for range 1 + g.IntN(5) {
			pattern += pick(g, pieces)
		}
		options := pick(g, []string{"", "", "i", "s", "is", "m", "x", "u"})
		raw := doc.NewBuilder(64).AppendDocument("a", doc.NewBuilder(64).AppendString("$regex", pattern).AppendString("$options", options).Raw()).Raw()
		v := validator.Settings{Validator: raw}.Parse()
		if len(v.Unjudged) == 0 {
			taken++
		}
		for range 3 {
			text := ""
			for range g.IntN(5) {
				text += pick(g, []string{"a", "b", "A", "1", "-", "\n", " ", "é", "\U0001f600", "_", "\u2028", "\r", "\x0b", "k", "\u212a"})
			}
			d := doc.NewBuilder(64).AppendString("a", text).Raw()
			want := fmt.Sprint(int(v.Judge(d, nil, false)), " ", strings.Join(v.Unjudged, "|"))
			got, _, _ := strings.Cut(f(base64.StdEncoding.EncodeToString(raw), base64.StdEncoding.EncodeToString(d), [][]string{}, false, false).String(), "\n")
			if got != want {
				t.Fatalf("%q with %q on %q: the prelude says %s, want %s", pattern, options, text, got, want)
			}
		}
	}
	if taken < 150 {
		t.Errorf("only %d patterns were taken", taken)
	}
}

// TestValidatorServer: what is judged here is what a server does with an insert.
func TestValidatorServer(t *testing.T) {
	engine.RequireExact(t, "$jsonSchema is not served in full")
	s := schemas{rand.New(rand.NewPCG(testSeed(t), 4))}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(engine.ForTest(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.Background()) }()
	db := client.Database("mongocd_test_validator")
	defer func() { _ = db.Drop(context.Background()) }()
	said := map[string]int{}
	for i := range serverValidators {
		raw := s.validator()
		v := validator.Settings{Validator: raw}.Parse()
		name := fmt.Sprint("v", i)
		if err := db.CreateCollection(ctx, name, options.CreateCollection().SetValidator(raw)); err != nil {
			if len(v.Unjudged) == 0 {
				t.Errorf("the server refuses a validator that is judged here: %v\n%s", err, raw)
			}
			said["refused"]++
			continue
		}
		var list []any
		for n := range 10 {
			list = append(list, s.inserted(n))
		}
		refused := map[int]bool{}
		_, err := db.Collection(name).InsertMany(ctx, list, options.InsertMany().SetOrdered(false))
		var bulk mongo.BulkWriteException
		if err != nil && !errors.As(err, &bulk) {
			t.Fatal(err)
		}
		for _, e := range bulk.WriteErrors {
			refused[e.Index] = true
		}
		for n, d := range list {
			want := validator.Holds
			if refused[n] {
				want = validator.Broken
			}
			got := v.Judge(d.(bson.Raw), nil, false)
			said[fmt.Sprint(got)]++
			if got != want && got != validator.Unknown && !deviates(raw, d.(bson.Raw)) {
				t.Errorf("judged %d, and the server %d\n%s\n%s\n%v", got, want, raw, d, v.Breaches(d.(bson.Raw), nil, false, func(v bson.RawValue) string { return v.String() }))
				break
			}
		}
		if err := db.Collection(name).Drop(ctx); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(said)
	if said["0"] < 100 || said["2"] < 100 || said["1"] > said["0"] {
		t.Errorf("too little is judged: %v", said)
	}
}

// serverValidators is how many validators the server is asked about, with ten documents each.
const serverValidators = 300

// deviates: what the test engine does otherwise than the manual (docs/testing.md).
// It calculates multipleOf in doubles, takes every decimal128 for minimum, maximum
// and multipleOf, and does not let null of $all stand for a missing field.
func deviates(validator, d bson.Raw) bool {
	text := validator.String()
	numbers := slices.ContainsFunc([]string{`"minimum"`, `"maximum"`, `"multipleOf"`}, func(k string) bool { return strings.Contains(text, k) })
	return strings.Contains(text, `"$all": [null]`) || strings.Contains(text, `"multipleOf": {"$numberDouble":"0.01"}`) ||
		numbers && strings.Contains(d.String(), "$numberDecimal")
}

// TestRefusedByServer: what only the server judges is refused by it, with the same
// words from both engines; secrets and redacted fields are not in them.
func TestRefusedByServer(t *testing.T) {
	engine.RequireExact(t, "errInfo")
	client, uri := connect(t)
	db := freshDatabase(t, client, "f_refused")
	js := serverVM(t, client)
	c := collection(t, "f_refused", "c", desired.Merge, `{"_id": 1, "n": 5, "k": {"token": null, "x": 1}, "hooks": [{"url": "in-sight", "key": null}]}`)
	for _, p := range [][]string{{"k", "token"}, {"hooks", "0", "key"}} {
		c.Documents[0].Secrets = append(c.Documents[0].Secrets, desired.Secret{Path: p, Parts: []desired.SecretPart{{Name: "TOKEN"}}})
	}
	s := state(c)
	secrets := map[string]string{"TOKEN": "s3cr3t-\"quoted\""}
	for name, filter := range map[string]string{
		"an array":      `{"$jsonSchema": {"properties": {"hooks": {"items": {"properties": {"url": {"pattern": "^(?=x)"}, "key": {"pattern": "^(?=x)"}}}}}}}`,
		"an expression": `{"$expr": {"$lt": ["$n", 5]}}`,
		"a pattern":     `{"$jsonSchema": {"properties": {"k": {"properties": {"token": {"pattern": "^(?=x)"}}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := db.Drop(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.CreateCollection(t.Context(), "c", options.CreateCollection().SetValidator(parse(t, filter))); err != nil {
				t.Fatal(err)
			}
			script := runState(t, js, s, "apply", secrets).Text
			store, err := storemongo.Open(t.Context(), uri, storemongo.Options{Comment: "mongocd w/e"})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close(context.Background()) }()
			report, err := enforce.Apply(t.Context(), store, s, enforce.Options{Secrets: secrets})
			if err != nil {
				t.Fatal(err)
			}
			if text := view.Text(report, false); text != script {
				t.Errorf("the program\n%s\nthe script\n%s", text, script)
			}
			for _, want := range []string{"has parts that only the server judges: $", "inserting {_id: 1} in f_refused.c", "does not satisfy {", "failed, exit 1"} {
				if !strings.Contains(script, want) {
					t.Errorf("no %q in\n%s", want, script)
				}
			}
			if name == "an array" && (!strings.Contains(script, `the value is "in-sight"`) || !strings.Contains(script, "the value is (secret)")) {
				t.Errorf("no URL, or no word for the secret beside it, in\n%s", script)
			}
			if strings.Contains(script, "s3cr3t") {
				t.Errorf("a secret is in\n%s", script)
			}
		})
	}
}
