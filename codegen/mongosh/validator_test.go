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

var testPatterns = []string{"^a", "b$", "^[a-c]+$", "^\\w+-\\d$", "[^a-z]", "^.{1,2}$", "a|\\s", "^(?:a|b)+", "é", "^$", "\\D", "x.y", "\\bab\\b", "^[A-Z][0-9]?$"}

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
// and multipleOf, does not let null of $all stand for a missing field, and takes no
// decimal128 in an array for the number of $all that it is equal to.
func deviates(validator, d bson.Raw) bool {
	text := validator.String()
	numbers := slices.ContainsFunc([]string{`"minimum"`, `"maximum"`, `"multipleOf"`}, func(k string) bool { return strings.Contains(text, k) })
	return strings.Contains(text, `"$all": [null]`) || strings.Contains(text, `"multipleOf": {"$numberDouble":"0.01"}`) ||
		(numbers || strings.Contains(text, `"$all": [[`)) && strings.Contains(d.String(), "$numberDecimal")
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
