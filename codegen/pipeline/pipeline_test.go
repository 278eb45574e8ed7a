package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/pipeline"
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// collection is one collection as pipelines.
func collection(t *testing.T, rules string, p pushdown.Policies) pushdown.Collection {
	t.Helper()
	file, diags := parser.Parse(source.NewFile("t.weave", "weave t\nenvironments prod\nfrom a into b {\n  sync c {\n"+rules+"\n  }\n}\n"))
	if len(diags) > 0 {
		t.Fatal(diags[0].Message)
	}
	var stmts []ast.Stmt
	var filters []*ast.Filter
	for _, d := range file.Decls {
		if from, ok := d.(*ast.FromDecl); ok {
			for _, s := range from.Body[0].(*ast.Sync).Body.Stmts {
				if f, ok := s.(*ast.Filter); ok {
					filters = append(filters, f)
				} else {
					stmts = append(stmts, s)
				}
			}
		}
	}
	program, refusals, errs := pushdown.CompileRules(&eval.Env{Name: "prod", NumericTypes: func(_ *ast.Path, steps []ast.Step) []string {
		return map[string][]string{"price": {"decimal"}, "rank": {"int"}}[steps[0].Name]
	}}, func(s *ast.Lookup) pushdown.Other { return pushdown.Other{Collection: s.Collection.Text} }, filters, stmts)
	if len(refusals) > 0 || len(errs) > 0 {
		t.Fatal(refusals, errs)
	}
	c := pushdown.Collection{Origin: "t.weave:4:3"}
	c.Merge(program, p)
	return c
}

// artefact is a script, or the files of a program.
type artefact struct {
	script string
	files  fs.FS
}

// made are the artefacts of one collection, staging.products into shop.products.
func made(t *testing.T, rules string, p pushdown.Policies) (script, program artefact) {
	t.Helper()
	c := collection(t, rules, p)
	files, err := pipeline.Generate(pipeline.State{Weave: "t", Environment: "prod", Compiler: "mongocd test", Collections: []pipeline.Collection{{
		SourceDatabase: "pipeline_staging", Source: "products", Database: "pipeline_shop", Name: "products", Origin: c.Origin, On: c.On,
		Inserts: p.Mode != desired.Update, Updates: p.Mode != desired.Insert, Pipelines: c.Pipelines(), Lookups: c.Lookups}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	name, inside := filepath.Join(t.TempDir(), pipeline.FileName), fstest.MapFS{}
	for _, f := range files {
		inside[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	// Several runs in one mongosh, which takes a second to start.
	const call = "quit(mongocdPipelines(mongocdCollections));"
	text := strings.Replace(string(inside[pipeline.FileName].Data), call, "for (const mode of (process.env.TEST_MODES || '').split(' ')) { process.env.MONGOCD_MODE = mode; print('exit ' + mongocdPipelines(mongocdCollections)); }", 1)
	if !strings.Contains(text, "TEST_MODES") {
		t.Fatal("the script does not end in " + call)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return artefact{script: name}, artefact{files: inside}
}

// both runs a test with the script and with the program.
func both(t *testing.T, rules string, p pushdown.Policies, test func(t *testing.T, w *world, made artefact)) {
	t.Helper()
	script, program := made(t, rules, p)
	for name, a := range map[string]artefact{"mongosh": script, "go": program} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t), a) })
	}
}

type world struct {
	t             *testing.T
	uri           string
	client        *mongo.Client
	staging, shop *mongo.Collection
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, uri: engine.ForTest(t)}
	var err error
	if w.client, err = mongo.Connect(options.Client().ApplyURI(w.uri)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.client.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"pipeline_staging", "pipeline_shop", "mongocd"} {
		if err := w.client.Database(name).Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.staging, w.shop = w.client.Database("pipeline_staging").Collection("products"), w.client.Database("pipeline_shop").Collection("products")
	return w
}

func (w *world) insert(c *mongo.Collection, texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		var d bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(text), true, &d); err != nil {
			w.t.Fatal(err)
		}
		if _, err := c.InsertOne(w.t.Context(), d); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) documents(c *mongo.Collection) []string {
	w.t.Helper()
	cursor, err := c.Find(w.t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		w.t.Fatal(err)
	}
	var all []bson.Raw
	if err := cursor.All(w.t.Context(), &all); err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, d := range all {
		text, err := bson.MarshalExtJSON(d, true, false)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

// run runs modes one after the other; codes are how each ends.
func (w *world) run(a artefact, modes, codes string, says ...string) string {
	w.t.Helper()
	var out string
	if a.files == nil {
		r := engine.Mongosh(w.t, w.uri, a.script, "TEST_MODES="+modes, "MONGOCD_RANGE=2")
		out = r.Stdout + r.Stderr
	} else {
		for mode := range strings.FieldsSeq(modes) {
			args := []string{mode}
			if mode == "apply" {
				args = append(args, "--range", "2", "--parallel", "2")
			}
			out += a.run(w.uri, args...)
		}
	}
	var ended []string
	for line := range strings.Lines(out) {
		if code, ok := strings.CutPrefix(line, "exit "); ok {
			ended = append(ended, strings.TrimSpace(code))
		}
	}
	if got := strings.Join(ended, " "); got != codes {
		w.t.Errorf("%s ended with %s, not %s:\n%s", modes, got, codes, out)
	}
	for _, text := range says {
		if !strings.Contains(out, text) {
			w.t.Errorf("%s does not say %q:\n%s", modes, text, out)
		}
	}
	return out
}

// run runs the command line of a program within this one.
func (a artefact) run(uri string, args ...string) string {
	var out bytes.Buffer
	code := cli.Pipelines(args, &out, &out, func(name string) (string, bool) {
		if name != "MONGOCD_DESTINATION_URI" {
			return "", false
		}
		return uri, true
	}, a.files, cli.Info{Weave: "t", Environment: "prod", Compiler: "mongocd test"})
	return fmt.Sprintf("%sexit %d\n", out.String(), code)
}

func TestMerge(t *testing.T) {
	both(t, "only where test == false\nset price = price * 2\nremove test", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge, Preserve: []doc.Path{{"o", "note"}}, Absent: []doc.Path{{"old"}}}, merged)
}

func merged(t *testing.T, w *world, script artefact) {
	for i := range 5 {
		w.insert(w.staging, fmt.Sprintf(`{"_id": "p%d", "rank": {"$numberInt": "%d"}, "price": {"$numberDecimal": "1.50"}, "o": {"a": {"$numberInt": "1"}, "note": "ours"}, "test": %t}`, i, i, i == 4))
	}
	w.insert(w.shop, `{"_id": "p0", "stats": {"$numberInt": "7"}, "rank": {"$numberInt": "0"}, "price": {"$numberDecimal": "3.00"}, "o": {"b": {"$numberInt": "2"}, "a": {"$numberInt": "1"}, "note": "theirs"}, "old": true}`,
		`{"_id": "p1", "rank": {"$numberDouble": "1.0"}, "price": {"$numberDecimal": "3.00"}, "o": {"a": {"$numberInt": "1"}, "note": "x"}}`, `{"_id": "other"}`)
	before := w.documents(w.shop)
	w.run(script, "plan", "0", "2 to insert, 2 to update, 0 in sync", `"p2"`, "  the source: ")
	if after := w.documents(w.shop); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("plan wrote:\n%s", strings.Join(after, "\n"))
	}
	w.run(script, "apply apply", "0 0", "applied and verified", "in sync: nothing was written")
	want := []string{`{"_id":"other"}`,
		`{"_id":"p0","stats":{"$numberInt":"7"},"rank":{"$numberInt":"0"},"price":{"$numberDecimal":"3.00"},"o":{"b":{"$numberInt":"2"},"a":{"$numberInt":"1"},"note":"theirs"}}`,
		`{"_id":"p1","rank":{"$numberInt":"1"},"price":{"$numberDecimal":"3.00"},"o":{"a":{"$numberInt":"1"},"note":"x"}}`,
		`{"_id":"p2","rank":{"$numberInt":"2"},"price":{"$numberDecimal":"3.00"},"o":{"a":{"$numberInt":"1"},"note":"ours"}}`,
		`{"_id":"p3","rank":{"$numberInt":"3"},"price":{"$numberDecimal":"3.00"},"o":{"a":{"$numberInt":"1"},"note":"ours"}}`}
	if got := w.documents(w.shop); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("applied:\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if names, err := w.client.Database("mongocd").ListCollectionNames(t.Context(), bson.D{{Key: "name", Value: bson.D{{Key: "$ne", Value: "pipeline.progress"}}}}); err != nil || len(names) > 0 {
		t.Errorf("the work is left: %v, %v", names, err)
	}
}

// A run that a document of the second range ends is gone on with; nothing is written twice or left out.
func TestInterrupted(t *testing.T) {
	both(t, `set rank = rank + 1`, pushdown.Policies{On: []string{"sku"}, Mode: desired.Exact}, interrupted)
}

func interrupted(t *testing.T, w *world, script artefact) {
	unique := func(c *mongo.Collection, name string) {
		if _, err := c.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: name, Value: 1}}, Options: options.Index().SetUnique(true)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 7 {
		w.insert(w.staging, fmt.Sprintf(`{"_id": {"$numberInt": "%d"}, "sku": "s%d", "code": "c%d", "rank": {"$numberInt": "%d"}}`, i, i, i, i))
	}
	w.insert(w.shop, `{"_id": "mine", "sku": "s1", "code": "c1", "rank": {"$numberInt": "9"}, "gone": true}`, `{"_id": "app", "sku": "other", "code": "c4"}`)
	unique(w.shop, "sku")
	unique(w.shop, "code")
	w.run(script, "apply", "4", "stopped after writing", "run it again")
	if n, err := w.shop.CountDocuments(t.Context(), bson.D{}); err != nil || n >= 8 || n < 3 {
		t.Errorf("%d documents after the interruption, %v", n, err)
	}
	if _, err := w.shop.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: "app"}}); err != nil {
		t.Fatal(err)
	}
	w.run(script, "apply", "0", "goes on; still", "applied and verified")
	got := w.documents(w.shop)
	if len(got) != 7 || !strings.Contains(strings.Join(got, "\n"), `{"_id":"mine","sku":"s1","code":"c1","rank":{"$numberInt":"2"}}`) {
		t.Errorf("applied:\n%s", strings.Join(got, "\n"))
	}
}

// What is at fault, or against a rule of $merge, is refused before anything is written.
func TestRefused(t *testing.T) {
	both(t, `set rank = rank + 1`, pushdown.Policies{On: []string{"sku"}, Mode: desired.Merge}, refused)
}

func refused(t *testing.T, w *world, script artefact) {
	w.insert(w.staging, `{"_id": {"$numberInt": "1"}, "sku": "a", "rank": {"$numberInt": "1"}}`, `{"_id": {"$numberInt": "2"}, "sku": "b", "rank": "high"}`, `{"_id": {"$numberInt": "3"}, "sku": "a", "rank": {"$numberInt": "2147483647"}}`,
		`{"_id": {"$numberInt": "4"}, "rank": {"$numberInt": "1"}}`, `{"_id": {"$numberInt": "5"}, "sku": "a", "rank": {"$numberInt": "2"}}`)
	w.insert(w.shop, `{"_id": "x", "sku": "x"}`)
	w.run(script, "apply", "3", `unique index over exactly sku`, "createIndex({\"sku\": 1}, {unique: true})")
	if _, err := w.shop.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "sku", Value: 1}}, Options: options.Index().SetUnique(true)}); err != nil {
		t.Fatal(err)
	}
	w.run(script, "apply", "3", "wrong-type at t.weave:5:1: 1 documents, _id 2", "number-overflow at t.weave:5:1: 1 documents, _id 3", "missing-identity at t.weave:4:3: 1 documents", "1 identities are those of several documents", "refused: 4 documents")
	if got := w.documents(w.shop); len(got) != 1 {
		t.Errorf("refused, and written: %v", got)
	}
}

// What an application changes between the look and the write is kept: a value that the
// weave owns stays as it is then, with the whole document, and a field that it does not
// own stays beside what is written.
func TestGuard(t *testing.T) {
	for _, mode := range []desired.Mode{desired.Merge, desired.Exact, desired.Replace} {
		t.Run(string(mode), func(t *testing.T) {
			w := newWorld(t)
			ctx, state := t.Context(), w.client.Database("mongocd").Collection("work")
			w.insert(w.staging, `{"_id": "owned", "rank": {"$numberInt": "1"}}`, `{"_id": "beside", "rank": {"$numberInt": "1"}}`, `{"_id": "new", "rank": {"$numberInt": "1"}}`, `{"_id": "plain", "rank": {"$numberInt": "1"}}`)
			w.insert(w.shop, `{"_id": "owned", "rank": {"$numberInt": "5"}, "seen": {"$numberInt": "0"}}`, `{"_id": "beside", "rank": {"$numberInt": "5"}, "seen": {"$numberInt": "0"}}`, `{"_id": "plain", "rank": {"$numberInt": "5"}, "seen": {"$numberInt": "0"}}`)
			c := collection(t, "set rank = rank + 1", pushdown.Policies{On: []string{"_id"}, Mode: mode, Preserve: []doc.Path{{"seen"}}})
			merge := func(from *mongo.Collection, stages bson.A, into *mongo.Collection, matched any, unmatched string) {
				t.Helper()
				stages = append(append(bson.A{}, stages...), bson.D{{Key: "$merge", Value: bson.D{{Key: "into", Value: bson.D{{Key: "db", Value: into.Database().Name()}, {Key: "coll", Value: into.Name()}}},
					{Key: "on", Value: "_id"}, {Key: "whenMatched", Value: matched}, {Key: "whenNotMatched", Value: unmatched}}}})
				cursor, err := from.Aggregate(ctx, stages)
				if err != nil {
					t.Fatal(err)
				}
				if err := cursor.Close(ctx); err != nil {
					t.Fatal(err)
				}
			}
			root := bson.A{bson.D{{Key: "$replaceWith", Value: "$$ROOT"}}}
			merge(w.staging, c.Wanted, state, root, "insert")
			merge(w.shop, c.Found, state, bson.A{bson.D{{Key: "$set", Value: bson.D{{Key: "s", Value: "$$new.s"}}}}}, "discard")
			for id, field := range map[string]string{"owned": "rank", "beside": "seen"} {
				if _, err := w.shop.UpdateByID(ctx, id, bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: int32(77)}}}}); err != nil {
					t.Fatal(err)
				}
			}
			w.insert(w.shop, `{"_id": "new", "rank": {"$numberInt": "88"}}`)
			only := func(name string) bson.D {
				return bson.D{{Key: "$match", Value: bson.D{{Key: "$expr", Value: bson.D{{Key: "$eq", Value: bson.A{c.State, name}}}}}}}
			}
			merge(state, append(bson.A{only("insert")}, c.Inserts...), w.shop, root, "insert")
			merge(state, append(bson.A{only("update")}, c.Updates...), w.shop, c.WhenMatched, "discard")
			want := `{"_id":"beside","rank":{"$numberInt":"2"},"seen":{"$numberInt":"77"}}
{"_id":"new","rank":{"$numberInt":"88"}}
{"_id":"owned","rank":{"$numberInt":"77"},"seen":{"$numberInt":"0"}}
{"_id":"plain","rank":{"$numberInt":"2"},"seen":{"$numberInt":"0"}}`
			if got := strings.Join(w.documents(w.shop), "\n"); got != want {
				t.Errorf("got\n%s\nnot\n%s", got, want)
			}
		})
	}
}

// What `mode replace` removes, keeps and stops at; nothing is written where it stops.
func TestReplace(t *testing.T) {
	known := []doc.Path{{"rank"}, {"gone"}, {"o"}, {"o", "a"}, {"o", "gone"}}
	both(t, "remove gone", pushdown.Policies{On: []string{"_id"}, Mode: desired.Replace, Preserve: []doc.Path{{"seen"}}, Ignore: []doc.Path{{"o", "at"}}, LeftOut: []doc.Path{{"secret"}}, Known: known}, func(t *testing.T, w *world, a artefact) {
		w.insert(w.staging, `{"_id": "a", "rank": 1, "o": {"a": 1}, "gone": true, "secret": "staging"}`, `{"_id": "b", "rank": 2, "o": {"a": 2}}`)
		w.insert(w.shop, `{"_id": "a", "seen": 7, "o": {"a": 9, "gone": 1, "at": 3}, "rank": 5, "gone": true, "secret": "shop"}`, `{"_id": "b", "rank": 5, "mine": {"x": 1}, "o": {"a": 1, "his": 1}}`)
		w.run(a, "apply", "3", "destination-only-fields: 1 documents have fields that only the destination has. The first: \"b\"; fields: mine, o.his.", "refused: 1 documents are at fault")
		if got := w.documents(w.shop); !strings.Contains(got[0], `"rank":{"$numberInt":"5"}`) {
			t.Errorf("refused, and written: %v", got)
		}
		if _, err := w.shop.UpdateByID(t.Context(), "b", bson.D{{Key: "$unset", Value: bson.D{{Key: "mine", Value: 1}, {Key: "o.his", Value: 1}}}}); err != nil {
			t.Fatal(err)
		}
		w.run(a, "apply apply", "0 0", "2 to update", "applied and verified", "in sync: nothing was written")
		want := `{"_id":"a","seen":{"$numberInt":"7"},"o":{"a":{"$numberInt":"1"}},"rank":{"$numberInt":"1"},"secret":"shop"}
{"_id":"b","rank":{"$numberInt":"2"},"o":{"a":{"$numberInt":"2"}}}`
		if got := strings.Join(w.documents(w.shop), "\n"); got != want {
			t.Errorf("applied:\n%s\nnot\n%s", got, want)
		}
	})
}

// `prune` counts its bound before the first write, deletes what is in its scope and not
// wanted, leaves all else, and refuses when nothing at all is wanted.
func TestPrune(t *testing.T) {
	web := &desired.Cond{Op: desired.CondAnd, Args: []*desired.Cond{{Op: desired.CondEq, Path: doc.Path{"channel"}, Values: []bson.RawValue{doc.String("web")}},
		{Op: desired.CondNot, Args: []*desired.Cond{{Op: desired.CondGt, Path: doc.Path{"o", "n"}, Values: []bson.RawValue{{Type: bson.TypeInt32, Value: []byte{5, 0, 0, 0}}}}}}}}
	prune := func(most int64, percent bool) pushdown.Policies {
		return pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge, Prune: &desired.Prune{Origin: "t.weave:5:3", Where: web, AtMost: most, Percent: percent}}
	}
	fill := func(w *world) {
		w.insert(w.staging, `{"_id": 1, "channel": "web"}`, `{"_id": 9, "channel": "web"}`)
		w.insert(w.shop, `{"_id": 1, "channel": "web"}`, `{"_id": 2, "channel": "web", "v": 1.0}`, `{"_id": 3, "channel": "web", "o": {"n": 6}}`, `{"_id": 4, "channel": "web", "o": {"n": 5}}`, `{"_id": 5, "channel": "shop"}`, `{"_id": 6, "channel": "web", "o": 1}`, `{"_id": 7}`)
	}
	both(t, "", prune(50, true), func(t *testing.T, w *world, a artefact) { // of four in scope
		fill(w)
		w.run(a, "apply", "3", "1 to insert, 0 to update, 3 to delete, 1 in sync", "delete: The first: 2, 4, 6", "refused: pipeline_shop.products: prune-bound: 3 documents would be deleted, and `prune` (t.weave:5:3) allows 2")
		if got := w.documents(w.shop); len(got) != 7 {
			t.Errorf("refused, and written: %v", got)
		}
	})
	both(t, "", prune(3, false), func(t *testing.T, w *world, a artefact) {
		fill(w)
		w.run(a, "verify apply apply", "2 0 0", "4 documents differ", "deleted 3 of 3", "applied and verified", "in sync: nothing was written")
		if got := strings.Join(w.documents(w.shop), "\n"); got != `{"_id":{"$numberInt":"1"},"channel":"web"}
{"_id":{"$numberInt":"3"},"channel":"web","o":{"n":{"$numberInt":"6"}}}
{"_id":{"$numberInt":"5"},"channel":"shop"}
{"_id":{"$numberInt":"7"}}
{"_id":{"$numberInt":"9"},"channel":"web"}` {
			t.Errorf("left:\n%s", got)
		}
		if _, err := w.staging.DeleteMany(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
		w.run(a, "apply", "3", "prune-empty")
	})
}
