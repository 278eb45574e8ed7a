package changeset

import (
	"math"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/runtime/safe"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

var flags = stores.Namespace{Database: "shop", Collection: "flags"}

func marshal(t *testing.T, d any) bson.Raw {
	t.Helper()
	out, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inserting is the plan of one insert.
func inserting(t *testing.T, v any) Plan {
	t.Helper()
	r := &Recorder{Comment: "c"}
	r.Write(flags, stores.Op{Action: stores.Insert, Document: marshal(t, bson.D{{Key: "_id", Value: int32(1)}, {Key: "v", Value: v}})}, nil)
	return Plan{Digest: "sha256:00", Steps: r.Steps}
}

// TestBytebaseLiterals: each value is written as both readers take it, or refused.
func TestBytebaseLiterals(t *testing.T) {
	id, err := bson.ObjectIDFromHex("0123456789abcdef01234567")
	if err != nil {
		t.Fatal(err)
	}
	decimal, err := bson.ParseDecimal128("1.50")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		value any
		want  string
	}{
		{int32(-5), "-5"},
		{int64(5), "NumberLong('5')"},
		{5.0, "Double(5)"},
		{math.Copysign(0, -1), "Double(-0)"},
		{1e21, "Double(1e+21)"},
		{-0.25, "-0.25"},
		{5e-324, "5e-324"},
		{decimal, "NumberDecimal('1.50')"},
		{id, "ObjectId('0123456789abcdef01234567')"},
		{bson.NewDateTimeFromTime(time.Date(2026, 2, 3, 4, 5, 6, 7e6, time.UTC)), "ISODate('2026-02-03T04:05:06.007Z')"},
		{bson.Timestamp{T: math.MaxUint32, I: 2}, "Timestamp({ 't': 4294967295, 'i': 2 })"},
		{bson.Binary{Subtype: 4, Data: []byte("0123456789abcdef")}, "UUID('30313233-3435-3637-3839-616263646566')"},
		{bson.D{{Key: "7", Value: nil}, {Key: "10", Value: true}, {Key: "a'b", Value: bson.A{}}}, `{ '7': null, '10': true, 'a\'b': [] }`},
		{bson.A{bson.D{}, "x\n\u2028"}, `[{}, 'x\n\u2028']`},
		{"a\x00</script>`", `'a\x00\x3c/script>\x60'`},
	} {
		got, err := Bytebase(inserting(t, x.value))
		if err != nil || !strings.Contains(got, "db.getCollection('flags').insertOne({ '_id': 1, 'v': "+x.want+" }, { 'writeConcern': { 'w': 'majority' }, 'comment': 'c' });\n") {
			t.Errorf("%v: %v\n%s", x.want, err, got)
		}
	}
	for _, x := range []struct {
		value any
		want  string
	}{
		{math.NaN(), "v is NaN"},
		{math.Inf(-1), "v is -Inf"},
		{bson.Regex{Pattern: "a"}, "v is a regex"},
		{bson.Binary{Data: []byte("a")}, "v is binary data that is no UUID"},
		{bson.MinKey{}, "v is a minKey"},
		{bson.DateTime(math.MaxInt64), "JavaScript"},
		{bson.NewDateTimeFromTime(time.Date(999, 1, 1, 0, 0, 0, 0, time.UTC)), "v is a date before the year 1000"},
		{"a\U000e0041", "v has characters for which there is no escape"},
		{bson.D{{Key: "\U000e0041", Value: 1}}, "has characters for which there is no escape"},
		{bson.D{{Key: "__proto__", Value: 1}}, "means something else to mongosh"},
		{bson.D{{Key: "_bsontype", Value: 1}}, "means something else to mongosh"},
		{bson.D{{Key: "a", Value: 1}, {Key: "1", Value: 1}}, "named by a number"},
		{bson.D{{Key: "10", Value: 1}, {Key: "7", Value: 1}}, "named by a number"},
		{bson.D{{Key: "a", Value: 1}, {Key: "a", Value: 1}}, "v.a is there twice"},
		{strings.Repeat("a", MaxBytebaseSize), "shows and checks a sheet up to 2097152"},
	} {
		if got, err := Bytebase(inserting(t, x.value)); err == nil || !strings.Contains(err.Error(), x.want) || got != "" {
			t.Errorf("%v: %v", x.want, err)
		}
	}
}

// TestBytebaseHostile: a text is nothing but text, on one line, and nothing is hidden.
func TestBytebaseHostile(t *testing.T) {
	for _, text := range hostile.Texts {
		made := steps(t, text)
		made[0].Command.Document = mongo.DropIndexCommand(flags, text, "c")
		out, err := Bytebase(Plan{Weave: "w\n" + text, Environment: "prod", Digest: "sha256:00", Steps: made})
		if err != nil {
			if !strings.Contains(err.Error(), "no escape") && !strings.Contains(err.Error(), "UTF-8") {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if strings.IndexFunc(out, func(r rune) bool { return r != '\n' && safe.Hidden(r) }) >= 0 {
			t.Errorf("%q: %s", text, out)
		}
		statements := 0
		for line := range strings.Lines(out) {
			switch {
			case strings.HasPrefix(line, "db.") && strings.HasSuffix(line, ");\n"):
				statements++
			case line != "\n" && !strings.HasPrefix(line, "// "):
				t.Errorf("%q: %s", text, line)
			}
		}
		if statements != 3+len(made) || !strings.Contains(out, "// Plan: sha256:00\n") {
			t.Errorf("%q: %d statements of %d steps\n%s", text, statements, len(made), out)
		}
	}
}

// TestBytebaseStructure: commands on collections and indexes are methods, or refused.
func TestBytebaseStructure(t *testing.T) {
	index := func(more ...bson.E) bson.Raw {
		return mongo.CreateIndexesCommand(flags, []bson.Raw{marshal(t, append(bson.D{{Key: "key", Value: bson.D{{Key: "a", Value: int32(1)}}}, {Key: "name", Value: "a_1"}}, more...))}, "c")
	}
	for _, x := range []struct {
		command    bson.Raw
		want, fail string
	}{
		{command: index(bson.E{Key: "unique", Value: true}), want: "db.getCollection('flags').createIndex({ 'a': 1 }, { 'name': 'a_1', 'unique': true });\n"},
		{command: index(bson.E{Key: "collation", Value: bson.D{{Key: "locale", Value: "en"}}}), fail: "createIndex of Bytebase has no option collation"},
		{command: mongo.DropIndexCommand(flags, "a'1", "c"), want: `db.getCollection('flags').dropIndex('a\'1');` + "\n"},
		{command: mongo.CreateCommand(flags, marshal(t, bson.D{{Key: "capped", Value: true}, {Key: "size", Value: int32(4096)}}), "c"), want: "db.createCollection('flags', { 'capped': true, 'size': 4096 });\n"},
		{command: mongo.CreateCommand(flags, marshal(t, bson.D{{Key: "viewOn", Value: "x"}}), "c"), fail: "createCollection of Bytebase has no option viewOn"},
		{command: mongo.ModifyCommand(flags, marshal(t, bson.D{{Key: "validationLevel", Value: "off"}}), "c"), fail: "the command collMod has no statement in Bytebase"},
		{command: marshal(t, bson.D{{Key: "ping\n", Value: 1}}), fail: `the command ping\n has no statement in Bytebase`},
	} {
		out, err := Bytebase(Plan{Digest: "sha256:00", Steps: []Step{{Title: "step", Command: Command{"shop", x.command}, Writes: -1}}})
		if x.fail != "" && (err == nil || !strings.Contains(err.Error(), x.fail)) || x.fail == "" && (err != nil || !strings.HasSuffix(out, "guard.\n"+x.want)) {
			t.Errorf("%s%s: %v\n%s", x.want, x.fail, err, out)
		}
	}
	p := Plan{Digest: "sha256:00"}
	for range MaxBytebaseStatements + 1 {
		p.Steps = append(p.Steps, Step{Title: "step", Command: Command{"shop", mongo.DropIndexCommand(flags, "a", "c")}, Writes: -1})
	}
	if _, err := Bytebase(p); err == nil || !strings.Contains(err.Error(), "it needs 2001 statements") {
		t.Error(err)
	}
	p.Steps = []Step{{Command: Command{"b", nil}}, {Command: Command{"a", nil}}}
	for _, form := range Forms[1:] {
		if _, err := p.In(form); err == nil || !strings.Contains(err.Error(), "this plan writes a, b: with `for each`, choose one with --database; else use --output mongosh") {
			t.Errorf("%s: %v", form, err)
		}
	}
}
