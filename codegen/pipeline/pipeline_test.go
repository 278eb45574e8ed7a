package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	}}, filters, stmts)
	if len(refusals) > 0 || len(errs) > 0 {
		t.Fatal(refusals, errs)
	}
	c := pushdown.Collection{Origin: "t.weave:4:3"}
	c.Merge(program, p)
	return c
}

// made is the script of one collection, staging.products into shop.products.
func made(t *testing.T, rules string, p pushdown.Policies) string {
	t.Helper()
	c := collection(t, rules, p)
	files, err := pipeline.Generate(pipeline.State{Weave: "t", Environment: "prod", Compiler: "mongocd test", Collections: []pipeline.Collection{{
		SourceDatabase: "pipeline_staging", Source: "products", Database: "pipeline_shop", Name: "products", Origin: c.Origin, On: c.On,
		Inserts: p.Mode != desired.Update, Updates: p.Mode != desired.Insert,
		Pipelines: bson.D{{Key: "wanted", Value: c.Wanted}, {Key: "found", Value: c.Found}, {Key: "state", Value: c.State}, {Key: "inserts", Value: c.Inserts},
			{Key: "updates", Value: c.Updates}, {Key: "whenMatched", Value: c.WhenMatched}}}}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), pipeline.FileName)
	if err := os.WriteFile(name, files[0].Data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
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

func (w *world) run(script, mode string, code int, says ...string) string {
	w.t.Helper()
	r := engine.Mongosh(w.t, w.uri, script, "MONGOCD_MODE="+mode, "MONGOCD_RANGE=2")
	if r.Code != code {
		w.t.Errorf("%s ended with %d, not %d:\n%s%s", mode, r.Code, code, r.Stdout, r.Stderr)
	}
	for _, text := range says {
		if !strings.Contains(r.Stdout, text) {
			w.t.Errorf("%s does not say %q:\n%s%s", mode, text, r.Stdout, r.Stderr)
		}
	}
	return r.Stdout
}

func TestMerge(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.insert(w.staging, fmt.Sprintf(`{"_id": "p%d", "rank": {"$numberInt": "%d"}, "price": {"$numberDecimal": "1.50"}, "o": {"a": {"$numberInt": "1"}, "note": "ours"}, "test": %t}`, i, i, i == 4))
	}
	w.insert(w.shop, `{"_id": "p0", "stats": {"$numberInt": "7"}, "rank": {"$numberInt": "0"}, "price": {"$numberDecimal": "3.00"}, "o": {"b": {"$numberInt": "2"}, "a": {"$numberInt": "1"}, "note": "theirs"}, "old": true}`,
		`{"_id": "p1", "rank": {"$numberDouble": "1.0"}, "price": {"$numberDecimal": "3.00"}, "o": {"a": {"$numberInt": "1"}, "note": "x"}}`, `{"_id": "other"}`)
	script := made(t, "only where test == false\nset price = price * 2\nremove test", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge, Preserve: []doc.Path{{"o", "note"}}, Absent: []doc.Path{{"old"}}})
	before := w.documents(w.shop)
	w.run(script, "plan", 0, "2 to insert, 2 to update, 0 in sync", `"p2"`)
	if after := w.documents(w.shop); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("plan wrote:\n%s", strings.Join(after, "\n"))
	}
	w.run(script, "apply", 0, "applied and verified")
	want := []string{`{"_id":"other"}`,
		`{"_id":"p0","stats":{"$numberInt":"7"},"rank":{"$numberInt":"0"},"price":{"$numberDecimal":"3.00"},"o":{"b":{"$numberInt":"2"},"a":{"$numberInt":"1"},"note":"theirs"}}`,
		`{"_id":"p1","rank":{"$numberInt":"1"},"price":{"$numberDecimal":"3.00"},"o":{"a":{"$numberInt":"1"},"note":"x"}}`,
		`{"_id":"p2","rank":{"$numberInt":"2"},"price":{"$numberDecimal":"3.00"},"o":{"a":{"$numberInt":"1"},"note":"ours"}}`,
		`{"_id":"p3","rank":{"$numberInt":"3"},"price":{"$numberDecimal":"3.00"},"o":{"a":{"$numberInt":"1"},"note":"ours"}}`}
	if got := w.documents(w.shop); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("applied:\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	w.run(script, "apply", 0, "in sync: nothing was written")
	if names, err := w.client.Database("mongocd").ListCollectionNames(t.Context(), bson.D{{Key: "name", Value: bson.D{{Key: "$ne", Value: "pipeline.progress"}}}}); err != nil || len(names) > 0 {
		t.Errorf("the work is left: %v, %v", names, err)
	}
}

// A run that a document of the second range ends is gone on with; nothing is written twice or left out.
func TestInterrupted(t *testing.T) {
	w := newWorld(t)
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
	script := made(t, `set rank = rank + 1`, pushdown.Policies{On: []string{"sku"}, Mode: desired.Exact})
	w.run(script, "apply", 4, "stopped after writing", "2 of 7", "run it again")
	if n, err := w.shop.CountDocuments(t.Context(), bson.D{}); err != nil || n >= 8 || n < 3 {
		t.Errorf("%d documents after the interruption, %v", n, err)
	}
	if _, err := w.shop.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: "app"}}); err != nil {
		t.Fatal(err)
	}
	w.run(script, "apply", 0, "goes on; still", "applied and verified")
	got := w.documents(w.shop)
	if len(got) != 7 || !strings.Contains(strings.Join(got, "\n"), `{"_id":"mine","sku":"s1","code":"c1","rank":{"$numberInt":"2"}}`) {
		t.Errorf("applied:\n%s", strings.Join(got, "\n"))
	}
}

// What is at fault, or against a rule of $merge, is refused before anything is written.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	w.insert(w.staging, `{"_id": {"$numberInt": "1"}, "sku": "a", "rank": {"$numberInt": "1"}}`, `{"_id": {"$numberInt": "2"}, "sku": "b", "rank": "high"}`, `{"_id": {"$numberInt": "3"}, "sku": "a", "rank": {"$numberInt": "2147483647"}}`,
		`{"_id": {"$numberInt": "4"}, "rank": {"$numberInt": "1"}}`, `{"_id": {"$numberInt": "5"}, "sku": "a", "rank": {"$numberInt": "2"}}`)
	script := made(t, `set rank = rank + 1`, pushdown.Policies{On: []string{"sku"}, Mode: desired.Merge})
	w.insert(w.shop, `{"_id": "x", "sku": "x"}`)
	w.run(script, "apply", 3, `unique index over exactly sku`, "createIndex({\"sku\": 1}, {unique: true})")
	if _, err := w.shop.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "sku", Value: 1}}, Options: options.Index().SetUnique(true)}); err != nil {
		t.Fatal(err)
	}
	w.run(script, "apply", 3, "wrong-type at t.weave:5:1: 1 documents, _id 2", "number-overflow at t.weave:5:1: 1 documents, _id 3", "missing-identity at t.weave:4:3: 1 documents", "1 identities are those of several documents", "refused: 4 documents")
	if got := w.documents(w.shop); len(got) != 1 {
		t.Errorf("refused, and written: %v", got)
	}
}

// What an application changes between the look and the write is kept: a value that the
// weave owns stays as it is then, with the whole document, and a field that it does not
// own stays beside what is written.
func TestGuard(t *testing.T) {
	for _, mode := range []desired.Mode{desired.Merge, desired.Exact} {
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
			if mode == desired.Exact {
				want = strings.ReplaceAll(want, `"rank":{"$numberInt":"2"},"seen":{"$numberInt":"77"}`, `"seen":{"$numberInt":"77"},"rank":{"$numberInt":"2"}`)
				want = strings.ReplaceAll(want, `"rank":{"$numberInt":"2"},"seen":{"$numberInt":"0"}`, `"seen":{"$numberInt":"0"},"rank":{"$numberInt":"2"}`)
			}
			if got := strings.Join(w.documents(w.shop), "\n"); got != want {
				t.Errorf("got\n%s\nnot\n%s", got, want)
			}
		})
	}
}
