package enforce_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/dir"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

var parse = doctest.Parse

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// openers are the stores that every scenario runs on.
var openers = map[string]func(t testing.TB) stores.Store{
	"dir": func(t testing.TB) stores.Store {
		store, err := dir.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return store
	},
	"server": func(t testing.TB) stores.Store { return openServer(t, mongo.Options{}) },
}

func openServer(t testing.TB, options mongo.Options) *mongo.Store {
	options.Comment = "mongocd test/test"
	store, err := mongo.Open(testContext(t), engine.ForTest(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return store
}

// scenario is a destination, what is wanted of it, and what comes of it.
type scenario struct {
	name    string
	missing bool     // the collection is not there
	indexes []string // at the destination
	before  []string
	state   func(*desired.Collection)
	wanted  []string
	indexed []string // wanted indexes

	text  []string // lines that the plan's text has, in this order
	after []string // nil: as before
	exit  int      // of apply

	notOn string // a store that cannot serve this; the reason stands beside
}

// database is a name of the test's own on a shared server.
func database(t testing.TB) string {
	return fmt.Sprintf("enforce_%d", time.Now().UnixNano())
}

func fillCollection(t testing.TB, store stores.Store, ns stores.Namespace, options bson.Raw, indexes []bson.Raw, documents []bson.Raw) {
	t.Helper()
	ctx := testContext(t)
	if err := store.CreateCollection(ctx, ns, options); err != nil {
		t.Fatal(err)
	}
	if len(indexes) > 0 {
		if err := store.CreateIndexes(ctx, ns, indexes); err != nil {
			t.Fatal(err)
		}
	}
	for batch := range slices.Chunk(documents, 1000) {
		var ops []stores.Op
		for _, d := range batch {
			ops = append(ops, stores.Op{Action: stores.Insert, Document: d})
		}
		result, err := store.Write(ctx, ns, ops)
		if err != nil || result.Inserted != len(ops) {
			t.Fatalf("filling: %+v, %v", result, err)
		}
	}
}

func contents(t testing.TB, store stores.Store, ns stores.Namespace) []string {
	t.Helper()
	ctx := testContext(t)
	infos, err := store.Collections(ctx, ns.Database, []string{ns.Collection})
	if err != nil {
		t.Fatal(err)
	}
	if len(infos) == 0 {
		return nil
	}
	var all []bson.Raw
	for d, err := range store.Find(ctx, ns, stores.Query{All: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b bson.Raw) int { return doc.Compare(a.Lookup("_id"), b.Lookup("_id")) })
	out := make([]string, len(all))
	for i, d := range all {
		out[i] = string(doc.AppendReview(nil, d, false))
	}
	return out
}

func raws(t testing.TB, texts []string) []bson.Raw {
	out := make([]bson.Raw, len(texts))
	for i, text := range texts {
		out[i] = parse(t, text)
	}
	return out
}

func (s scenario) desired(t testing.TB, db string) *desired.State {
	c := &desired.Collection{
		Database: db, Name: "c", Origin: "w.weave:6:3", Mode: desired.Replace, Identity: []doc.Path{{"k"}}, Indexes: raws(t, s.indexed),
	}
	for _, d := range raws(t, s.wanted) {
		c.Documents = append(c.Documents, desired.Document{Raw: d})
	}
	if s.state != nil {
		s.state(c)
	}
	return &desired.State{Weave: "w", Environment: "test", Collections: []*desired.Collection{c}}
}

func prune(p desired.Prune) func(*desired.Collection) {
	p.Origin = "w.weave:9:3"
	return func(c *desired.Collection) { c.Prune = &p }
}

func TestScenarios(t *testing.T) {
	unique := []string{`{"key": {"u": 1}, "name": "u_1", "unique": true}`}
	scenarios := []scenario{
		{
			name: "missing collection", missing: true, wanted: []string{`{"_id": 1, "k": "a"}`, `{"_id": 2, "k": "b"}`}, indexed: unique[:0],
			text: []string{"2 to insert, 1 collection to create", "+ collection", `+ {k: "a"}`}, after: []string{`{"_id": 1, "k": "a"}`, `{"_id": 2, "k": "b"}`},
		},
		{
			name: "insert, update, leave", before: []string{`{"_id": 1, "k": "a", "n": 1}`, `{"_id": 2, "k": "b", "n": 2}`, `{"_id": 9, "k": "z"}`},
			wanted: []string{`{"k": "a", "n": 1}`, `{"k": "b", "n": 3}`, `{"_id": 7, "k": "c"}`},
			text:   []string{"1 to insert, 1 to update, 1 in sync", `+ {k: "c"}`, `~ {k: "b"}`, "n: 2 → 3", "1 document in scope is not desired and stays"},
			after:  []string{`{"_id": 1, "k": "a", "n": 1}`, `{"_id": 2, "k": "b", "n": 3}`, `{"_id": 7, "k": "c"}`, `{"_id": 9, "k": "z"}`},
		},
		{
			name: "prune within its bound and scope", before: []string{`{"_id": 1, "k": "a"}`, `{"_id": 2, "k": "b", "t": 1}`, `{"_id": 3, "k": "c", "t": 2}`, `{"_id": 4, "t": 1}`},
			state:  prune(desired.Prune{AtMost: 1, Where: &desired.Cond{Op: desired.CondEq, Path: doc.Path{"t"}, Values: []bson.RawValue{{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}}}}),
			wanted: []string{`{"k": "a"}`},
			text:   []string{"1 to delete, 1 in sync", `- {k: "b"}`, "1 document in scope is not desired and stays"},
			after:  []string{`{"_id": 1, "k": "a"}`, `{"_id": 3, "k": "c", "t": 2}`, `{"_id": 4, "t": 1}`},
		},
		{
			name: "prune over its bound", before: []string{`{"_id": 1, "k": "a"}`, `{"_id": 2, "k": "b"}`, `{"_id": 3, "k": "c"}`, `{"_id": 4, "k": "d"}`},
			state: prune(desired.Prune{AtMost: 50, Percent: true}), wanted: []string{`{"k": "a", "n": 1}`}, exit: 3,
			text: []string{"conflict prune-bound in", "w.weave:9:3", "3 documents would be deleted, at most 2 may be (50% of the 4 in scope)", "result: refused, exit 3"},
		},
		{
			name: "prune of everything", before: []string{`{"_id": 1, "k": "a"}`}, state: prune(desired.Prune{AtMost: 5}), exit: 3, text: []string{"conflict prune-empty"},
		},
		{
			name: "ambiguous destination", before: []string{`{"_id": 1, "k": "a"}`, `{"_id": 2, "k": "a"}`}, wanted: []string{`{"k": "a"}`}, exit: 3,
			text: []string{"conflict ambiguous-destination", `2 destination documents have the identity {k: "a"}: _id 1, 2`},
		},
		{
			name: "identity null, missing or array matches nothing", before: []string{`{"_id": 1, "k": ["a"]}`, `{"_id": 2, "k": null}`, `{"_id": 3}`}, wanted: []string{`{"_id": 9, "k": "a"}`},
			after: []string{`{"_id": 1, "k": ["a"]}`, `{"_id": 2, "k": null}`, `{"_id": 3}`, `{"_id": 9, "k": "a"}`},
		},
		{
			name: "identity across numeric types", before: []string{`{"_id": 1, "k": 5.0, "n": 1}`}, wanted: []string{`{"k": {"$numberLong": "5"}, "n": 1}`},
			text:  []string{"~ {k: long(5)}", "k: 5.0 → long(5)"},
			after: []string{`{"_id": 1, "k": {"$numberLong": "5"}, "n": 1}`},
		},
		{
			name: "taken _id", before: []string{`{"_id": 1, "k": "z"}`, `{"_id": 2, "k": "y"}`, `{"_id": 3, "k": "x"}`}, wanted: []string{`{"_id": 1, "k": "a"}`}, exit: 3,
			text: []string{"conflict id-taken", "Add `remove _id`"},
		},
		{
			name: "_id of another type", before: []string{`{"_id": 1.0, "n": 1}`}, wanted: []string{`{"_id": 1, "n": 2}`}, exit: 3,
			state: func(c *desired.Collection) { c.Identity = []doc.Path{{"_id"}} }, text: []string{"conflict id-change", "the destination's _id 1.0 has another type than the wanted 1"},
		},
		{
			name: "destination-only fields", before: []string{`{"_id": 1, "k": "a", "mine": 1, "m": {"x": 1}}`}, wanted: []string{`{"k": "a"}`}, exit: 3,
			text: []string{"conflict destination-only-fields", "mine, m", "`preserve mine, m`"},
		},
		{
			name: "unique violation without a scan", indexes: unique, exit: 3,
			before: []string{`{"_id": 1, "k": "z", "u": 1}`, `{"_id": 2, "k": "y", "u": 2}`, `{"_id": 3, "k": "x", "u": 3}`}, wanted: []string{`{"k": "a", "u": {"$numberLong": "1"}}`},
			text: []string{"conflict unique-violation", `{k: "a"} would have {u: long(1)}, which the unique index u_1 allows once; _id 1 has it too`},
		},
		{
			name: "unique values that move", indexes: unique, before: []string{`{"_id": 1, "k": "a", "u": 1}`, `{"_id": 2, "k": "b", "u": 2}`, `{"_id": 3, "k": "c", "u": 3}`},
			wanted: []string{`{"k": "a", "u": 2}`, `{"k": "b", "u": 3}`, `{"k": "c", "u": 4}`},
			after:  []string{`{"_id": 1, "k": "a", "u": 2}`, `{"_id": 2, "k": "b", "u": 3}`, `{"_id": 3, "k": "c", "u": 4}`},
		},
		{
			// The embedded server keeps the entry of a value that such a chain of updates gave up, and refuses the insert.
			notOn: "server",
			name:  "unique values that move, and an insert", indexes: unique, before: []string{`{"_id": 1, "k": "a", "u": 1}`, `{"_id": 2, "k": "b", "u": 2}`, `{"_id": 3, "k": "c", "u": 3}`},
			wanted: []string{`{"k": "a", "u": 2}`, `{"k": "b", "u": 3}`, `{"k": "c", "u": 4}`, `{"_id": 9, "k": "d", "u": 1}`},
			after:  []string{`{"_id": 1, "k": "a", "u": 2}`, `{"_id": 2, "k": "b", "u": 3}`, `{"_id": 3, "k": "c", "u": 4}`, `{"_id": 9, "k": "d", "u": 1}`},
		},
		{
			name: "unique values in a cycle, with one behind it", indexes: unique,
			before: []string{`{"_id": 1, "k": "a", "u": 1, "n": 7}`, `{"_id": 2, "k": "b", "u": 2}`, `{"_id": 3, "k": "c", "u": [3, 30]}`, `{"_id": 4, "k": "d", "u": 4}`},
			state:  func(c *desired.Collection) { c.Mode = desired.Merge },
			wanted: []string{`{"k": "a", "u": 2}`, `{"k": "b", "u": [3, 40]}`, `{"k": "c", "u": 1}`, `{"k": "d", "u": 5}`, `{"_id": 9, "k": "e", "u": 30}`},
			text:   []string{"1 to insert, 4 to update"},
			after:  []string{`{"_id": 1, "k": "a", "u": 2, "n": 7}`, `{"_id": 2, "k": "b", "u": [3, 40]}`, `{"_id": 3, "k": "c", "u": 1}`, `{"_id": 4, "k": "d", "u": 5}`, `{"_id": 9, "k": "e", "u": 30}`},
		},
		{
			name: "a unique value that a delete gives up", indexes: unique,
			before: []string{`{"_id": 1, "k": "a", "u": 1}`, `{"_id": 2, "k": "b", "u": 2}`, `{"_id": 3, "k": "c", "u": 3}`},
			state:  prune(desired.Prune{AtMost: 2}), wanted: []string{`{"k": "a", "u": 2}`, `{"_id": 8, "k": "z", "u": 1}`}, text: []string{"1 to insert, 1 to update, 2 to delete"},
			after: []string{`{"_id": 1, "k": "a", "u": 2}`, `{"_id": 8, "k": "z", "u": 1}`},
		},
		{
			name: "a unique index to build", indexed: unique, before: []string{`{"_id": 1, "k": "a", "u": 1}`, `{"_id": 2, "k": "y", "u": 2}`, `{"_id": 3, "k": "z", "u": 2}`}, exit: 3,
			wanted: []string{`{"k": "a", "u": 1}`}, text: []string{"+ index u_1", "the unique index u_1 cannot be created: _id 3 and _id 2 both have {u: 2}"},
		},
		{
			name: "an index to build", indexed: unique, before: []string{`{"_id": 1, "k": "a", "u": 1}`}, wanted: []string{`{"k": "a", "u": 1}`}, text: []string{"1 in sync, 1 index to create", "+ index u_1"},
		},
		{
			name: "two identity fields, one below", before: []string{`{"_id": 1, "k": "a", "m": {"n": 1}, "v": 1}`, `{"_id": 2, "k": "a", "m": {"n": 2}, "v": 2}`, `{"_id": 3}`, `{"_id": 4}`, `{"_id": 5}`},
			state: func(c *desired.Collection) { c.Identity = []doc.Path{{"k"}, {"m", "n"}} }, wanted: []string{`{"k": "a", "m": {"n": 1}, "v": 1}`, `{"k": "a", "m": {"n": 2}, "v": 3}`},
			text:  []string{`~ {k: "a", 'm.n': 2}`},
			after: []string{`{"_id": 1, "k": "a", "m": {"n": 1}, "v": 1}`, `{"_id": 2, "k": "a", "m": {"n": 2}, "v": 3}`, `{"_id": 3}`, `{"_id": 4}`, `{"_id": 5}`},
		},
		{
			name: "merge", before: []string{`{"_id": 1, "k": "a", "m": {"x": 1, "y": 2}, "old": 1, "mine": null}`}, wanted: []string{`{"k": "a", "m": {"y": 3, "z": 4}, "n": {"deep": {}}}`},
			state: func(c *desired.Collection) { c.Mode, c.Absent = desired.Merge, []doc.Path{{"old"}} },
			after: []string{`{"_id": 1, "k": "a", "m": {"x": 1, "y": 3, "z": 4}, "mine": null, "n": {"deep": {}}}`},
		},
		{
			name: "null and arrays in guards", before: []string{`{"_id": 1, "k": "a", "n": null, "l": [1, [2]], "e": [], "d": {}}`}, wanted: []string{`{"k": "a", "n": 1, "l": [1], "e": {}, "d": []}`},
			after: []string{`{"_id": 1, "k": "a", "n": 1, "l": [1], "e": {}, "d": []}`},
		},
	}
	for storeName, open := range openers {
		for _, s := range scenarios {
			if s.notOn == storeName {
				continue
			}
			t.Run(storeName+"/"+s.name, func(t *testing.T) { s.run(t, open(t)) })
		}
	}
}

func (s scenario) run(t *testing.T, store stores.Store) {
	ctx := testContext(t)
	ns := stores.Namespace{Database: database(t), Collection: "c"}
	if !s.missing {
		fillCollection(t, store, ns, nil, raws(t, s.indexes), raws(t, s.before))
	}
	before := contents(t, store, ns)
	state := s.desired(t, ns.Database)
	plan, err := enforce.Plan(ctx, store, state, enforce.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := view.Text(plan, false)
	rest := text
	for _, line := range s.text {
		_, after, ok := strings.Cut(rest, line)
		if !ok {
			t.Errorf("the plan lacks, or has not in this order: %s\n%s", line, text)
			break
		}
		rest = after
	}
	if got := contents(t, store, ns); !slices.Equal(got, before) {
		t.Errorf("plan changed the destination:\n%s", strings.Join(got, "\n"))
	}

	report, err := enforce.Apply(ctx, store, state, enforce.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Exit != s.exit {
		t.Fatalf("apply: exit %d, want %d\n%s", report.Exit, s.exit, view.Text(report, true))
	}
	want := s.after
	if want == nil {
		want = s.before
	}
	if got := contents(t, store, ns); !slices.Equal(got, want) {
		t.Errorf("after apply\ngot  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	if s.exit != 0 {
		return
	}
	again, err := enforce.Apply(ctx, store, state, enforce.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if again.Outcome != change.InSync {
		t.Errorf("a second apply does something:\n%s", view.Text(again, true))
	}
	verify, err := enforce.Verify(ctx, store, state, enforce.Options{})
	if err != nil || verify.Exit != 0 {
		t.Errorf("verify: %v\n%s", err, view.Text(verify, true))
	}
}
