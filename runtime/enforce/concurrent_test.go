package enforce_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/dir"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// meddler lets somebody else write just before each batch is sent.
type meddler struct {
	stores.Store
	meddle func(batch int, ops []stores.Op) error
	batch  int
}

func (m *meddler) Write(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	m.batch++
	if err := m.meddle(m.batch, ops); err != nil {
		return stores.Result{}, err
	}
	return m.Store.Write(ctx, ns, ops)
}

// changeField sets a field of the document with an `_id`, as an application would.
func changeField(t testing.TB, store stores.Store, ns stores.Namespace, id int32, path string, value int32) error {
	t.Helper()
	d := doc.NewBuilder(32).AppendInt32("_id", id).AppendInt32("v", value).Raw()
	result, err := store.Write(testContext(t), ns, []stores.Op{{
		Action: stores.Update, Set: []stores.Field{{Path: strings.Split(path, "/"), Value: d.Lookup("v")}}, Guard: stores.Guard{ID: d.Lookup("_id")},
	}})
	if err == nil && result.Matched != 1 {
		err = fmt.Errorf("the application's change matched %d", result.Matched)
	}
	return err
}

func TestChangedWhileRunning(t *testing.T) {
	before := []string{`{"_id": 1, "k": "a", "n": 1}`, `{"_id": 2, "k": "b", "n": 1}`}
	wanted := []string{`{"k": "a", "n": 5}`, `{"k": "b", "n": 5}`}
	tests := []struct {
		name   string
		state  func(*desired.Collection)
		meddle func(t *testing.T, store stores.Store, ns stores.Namespace, batch int) error
		exit   int
		text   string
		after  []string
	}{
		{
			name:  "a field that the application adds survives",
			state: func(c *desired.Collection) { c.Mode = desired.Merge },
			meddle: func(t *testing.T, store stores.Store, ns stores.Namespace, batch int) error {
				return changeField(t, store, ns, 1, "seen", 7)
			},
			after: []string{`{"_id": 1, "k": "a", "n": 5, "seen": 7}`, `{"_id": 2, "k": "b", "n": 5}`},
		},
		{
			name: "in replace it survives too, and the run says so",
			meddle: func(t *testing.T, store stores.Store, ns stores.Namespace, batch int) error {
				return changeField(t, store, ns, 1, "seen", 7)
			},
			exit: 4, text: "conflict destination-only-fields",
			after: []string{`{"_id": 1, "k": "a", "n": 5, "seen": 7}`, `{"_id": 2, "k": "b", "n": 5}`},
		},
		{
			name: "a changed value is read again, then written",
			meddle: func(t *testing.T, store stores.Store, ns stores.Namespace, batch int) error {
				if batch > 2 {
					return nil
				}
				return changeField(t, store, ns, 2, "n", int32(10*batch))
			},
			after: []string{`{"_id": 1, "k": "a", "n": 5}`, `{"_id": 2, "k": "b", "n": 5}`},
		},
		{
			name: "a value that never stands still",
			meddle: func(t *testing.T, store stores.Store, ns stores.Namespace, batch int) error {
				return changeField(t, store, ns, 2, "n", int32(10*batch))
			},
			exit: 4, text: "documents changed three times between being read and being written; 1 writes are left to do",
			after: []string{`{"_id": 1, "k": "a", "n": 5}`, `{"_id": 2, "k": "b", "n": 30}`},
		},
		{
			name: "somebody else writes what is wanted",
			meddle: func(t *testing.T, store stores.Store, ns stores.Namespace, batch int) error {
				return changeField(t, store, ns, 2, "n", 5)
			},
			after: []string{`{"_id": 1, "k": "a", "n": 5}`, `{"_id": 2, "k": "b", "n": 5}`},
		},
		{
			name: "a failure after something was written",
			meddle: func(t *testing.T, store stores.Store, ns stores.Namespace, batch int) error {
				if batch == 1 {
					return changeField(t, store, ns, 2, "n", 10)
				}
				return errors.New("the line went dead")
			},
			exit: 4, text: "failure in stage write\n  the line went dead",
			after: []string{`{"_id": 1, "k": "a", "n": 5}`, `{"_id": 2, "k": "b", "n": 10}`},
		},
	}
	for storeName, open := range openers {
		for _, test := range tests {
			t.Run(storeName+"/"+test.name, func(t *testing.T) {
				store := open(t)
				ns := stores.Namespace{Database: database(t), Collection: "c"}
				fillCollection(t, store, ns, nil, nil, raws(t, before))
				state := scenario{wanted: wanted, state: test.state}.desired(t, ns.Database)
				m := &meddler{Store: store, meddle: func(batch int, _ []stores.Op) error { return test.meddle(t, store, ns, batch) }}
				report, err := enforce.Apply(testContext(t), m, state, enforce.Options{})
				if err != nil {
					t.Fatal(err)
				}
				text := view.Text(report, true)
				if report.Exit != test.exit || !strings.Contains(text, test.text) {
					t.Errorf("exit %d, want %d with %q\n%s", report.Exit, test.exit, test.text, text)
				}
				if got := contents(t, store, ns); !slices.Equal(got, test.after) {
					t.Errorf("got %q\nwant %q", got, test.after)
				}
			})
		}
	}
}

// A delete whose document changed meanwhile is looked at again: here the
// document leaves the scope and stays.
func TestPrunedDocumentChanges(t *testing.T) {
	for storeName, open := range openers {
		t.Run(storeName, func(t *testing.T) {
			store := open(t)
			ns := stores.Namespace{Database: database(t), Collection: "c"}
			fillCollection(t, store, ns, nil, nil, raws(t, []string{`{"_id": 1, "k": "a"}`, `{"_id": 2, "k": "b", "t": 1}`, `{"_id": 3, "k": "c", "t": 1}`}))
			scope := &desired.Cond{Op: desired.CondEq, Path: doc.Path{"t"}, Values: []bson.RawValue{{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}}}
			state := scenario{wanted: []string{`{"k": "a"}`}, state: prune(desired.Prune{AtMost: 2, Where: scope})}.desired(t, ns.Database)
			m := &meddler{Store: store, meddle: func(batch int, _ []stores.Op) error {
				if batch > 1 {
					return nil
				}
				return changeField(t, store, ns, 3, "t", 2)
			}}
			report, err := enforce.Apply(testContext(t), m, state, enforce.Options{})
			if err != nil || report.Exit != 0 {
				t.Fatalf("%v\n%s", err, view.Text(report, true))
			}
			want := []string{`{"_id": 1, "k": "a"}`, `{"_id": 3, "k": "c", "t": 2}`}
			if got := contents(t, store, ns); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// commands counts what a connection sends.
type commands struct {
	mu     sync.Mutex
	counts map[string]int
	write  []string
	state  []string // of what runs remember
}

func (c *commands) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if e.DatabaseName == enforce.DefaultStateDatabase || e.CommandName == "hello" {
			c.state = append(c.state, e.CommandName)
			return
		}
		c.counts[e.CommandName]++
		switch e.CommandName {
		case "insert", "update", "delete", "create", "createIndexes", "findAndModify", "bulkWrite":
			c.write = append(c.write, e.CommandName)
		}
	}}
}

// many makes n documents of about size bytes.
func many(n, size int) []desired.Document {
	out := make([]desired.Document, n)
	for i := range out {
		d := doc.NewBuilder(size).AppendInt32("_id", int32(i)).AppendString("k", fmt.Sprintf("key-%06d", i)).AppendInt32("n", int32(i%7))
		d.AppendDocument("m", doc.NewBuilder(64).AppendString("title", "a title").AppendInt32("weight", int32(i)).Raw())
		d.AppendString("text", strings.Repeat("x", max(0, size-d.Len()-20)))
		out[i].Raw = d.Raw()
	}
	return out
}

// 10,000 documents: reads go in batches, a second apply sends no write, one
// changed document is one write.
func TestRoundTrips(t *testing.T) {
	engine.RequireExact(t, "it takes minutes to find 10,000 documents by key")
	c := &commands{counts: map[string]int{}}
	store := openServer(t, mongo.Options{Monitor: c.monitor()})
	ns := stores.Namespace{Database: database(t), Collection: "c"}
	state := scenario{}.desired(t, ns.Database)
	state.Collections[0].Documents = many(10_000, 1024)
	ctx := testContext(t)
	apply := func() *change.Report {
		c.counts, c.write, c.state = map[string]int{}, nil, nil
		report, err := enforce.Apply(ctx, store, state, enforce.Options{})
		if err != nil || report.Exit != 0 {
			t.Fatalf("%v\n%s", err, view.Text(report, false))
		}
		t.Logf("%s: %v", report.Outcome, c.counts)
		return report
	}
	if report := apply(); report.Collections[0].Done.Inserted != 10_000 {
		t.Errorf("%+v", report.Collections[0].Done)
	}
	if len(c.write) > 11 {
		t.Errorf("10,000 inserts took %d write commands", len(c.write))
	}
	if report := apply(); report.Outcome != change.InSync || len(c.write) > 0 {
		t.Errorf("in sync: %s, %q", report.Outcome, c.write)
	}
	total := 0
	for _, n := range c.counts {
		total += n
	}
	if !slices.Equal(c.state, []string{"hello", "find"}) {
		t.Errorf("in sync: %q, want no more of what runs remember than hello and one find", c.state)
	}
	if total > 6 {
		t.Errorf("in sync: %d commands: %v", total, c.counts)
	}
	if err := changeField(t, store, ns, 5000, "n", -1); err != nil {
		t.Fatal(err)
	}
	if report := apply(); len(c.write) != 1 || report.Collections[0].Done.Updated != 1 {
		t.Errorf("one changed document: %q, %+v", c.write, report.Collections[0].Done)
	}

	// Few of many: by key, not by scan.
	state.Collections[0].Documents = state.Collections[0].Documents[:2500]
	apply()
	if c.counts["find"] != 3 {
		t.Errorf("2,500 keys: %v, want 3 finds", c.counts)
	}
}

func TestOptionsCheck(t *testing.T) {
	state := &desired.State{Collections: []*desired.Collection{{Database: "a", Name: "x"}, {Database: "b", Name: "x"}}}
	for want, options := range map[string]enforce.Options{
		"":                         {Databases: map[string]string{"a": "b", "b": "a"}},
		"would both be b.x":        {Databases: map[string]string{"a": "b"}},
		`writes no database "c"`:   {Databases: map[string]string{"c": "d"}},
		"the batch size is 100000": {BatchSize: 100000},
	} {
		err := options.Check(state)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%+v: %v, want %q", options, err, want)
		}
	}
}

// refuser answers each batch with refusals.
type refuser struct {
	stores.Store
	refusal stores.Refusal
}

func (r *refuser) Write(_ context.Context, _ stores.Namespace, ops []stores.Op) (stores.Result, error) {
	return stores.Result{Refused: []stores.Refusal{r.refusal}}, nil
}

func TestRefusedOperations(t *testing.T) {
	tests := []struct {
		name    string
		refusal stores.Refusal
		exit    int
		text    string
	}{
		{"by a validator", stores.Refusal{Message: "Document failed\nvalidation"}, change.ExitFailed, "updating {k: \"a\"} in "},
		{"for a duplicate key, again and again", stores.Refusal{Duplicate: true, Message: "dup key"}, change.ExitRefused, "the server refused writes three times for a duplicate key; 1 writes are left to do: dup key"},
		{"because a parent changed, again and again", stores.Refusal{Moved: true, Message: "x"}, change.ExitRefused, "conflict changed-while-running"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := openers["dir"](t)
			ns := stores.Namespace{Database: "shop", Collection: "c"}
			fillCollection(t, store, ns, nil, nil, raws(t, []string{`{"_id": 1, "k": "a"}`}))
			state := scenario{wanted: []string{`{"k": "a", "n": 1}`}}.desired(t, ns.Database)
			report, err := enforce.Apply(testContext(t), &refuser{store, test.refusal}, state, enforce.Options{})
			if err != nil || report.Exit != test.exit || !strings.Contains(view.Text(report, true), test.text) {
				t.Errorf("%v, exit %d, want %d with %q\n%s", err, report.Exit, test.exit, test.text, view.Text(report, true))
			}
		})
	}
}

// An interrupted run says so, and that something may have been written.
func TestInterrupted(t *testing.T) {
	store := openServer(t, mongo.Options{})
	ns := stores.Namespace{Database: database(t), Collection: "c"}
	fillCollection(t, store, ns, nil, nil, raws(t, []string{`{"_id": 1, "k": "a"}`}))
	state := scenario{wanted: []string{`{"k": "a", "n": 1}`}}.desired(t, ns.Database)
	ctx, cancel := context.WithCancel(testContext(t))
	m := &meddler{Store: store, meddle: func(int, []stores.Op) error { cancel(); return nil }}
	report, err := enforce.Apply(ctx, m, state, enforce.Options{})
	if err != nil || report.Exit != change.ExitStopped || !strings.Contains(report.Failure.Message, "interrupted") {
		t.Errorf("%v\n%s", err, view.Text(report, true))
	}
	report, err = enforce.Plan(ctx, store, state, enforce.Options{})
	if err != nil || report.Exit != change.ExitFailed || report.Failure.Stage != "read" {
		t.Errorf("%v\n%s", err, view.Text(report, true))
	}
}

// failingAgain is a store that reads a collection once.
type failingAgain struct {
	*mongo.Store
	of    stores.Namespace
	reads int
}

func (f *failingAgain) Find(ctx context.Context, ns stores.Namespace, q stores.Query) iter.Seq2[bson.Raw, error] {
	if ns != f.of {
		return f.Store.Find(ctx, ns, q)
	}
	f.reads++
	if f.reads == 1 {
		return f.Store.Find(ctx, ns, q)
	}
	return func(yield func(bson.Raw, error) bool) { yield(nil, errors.New("the disk is gone")) }
}

// A run that cannot read again under the lease, and so has let go what it found, does not say that
// its report is whole.
func TestReadingAgainFails(t *testing.T) {
	ns := stores.Namespace{Database: database(t), Collection: "c"}
	state, server := scenario{}.desired(t, ns.Database), openServer(t, mongo.Options{})
	fillCollection(t, server, ns, nil, nil, raws(t, []string{`{"_id": -1, "k": "a"}`}))
	for _, most := range []int{0, 3, 300} {
		state.Collections[0].Documents = many(200, 64)
		store := &failingAgain{Store: server, of: ns}
		report, err := enforce.Apply(testContext(t), store, state, enforce.Options{Items: most, StateDatabase: ns.Database + "_state"})
		if err != nil || report.Exit != change.ExitFailed || report.Failure == nil || !strings.Contains(report.Failure.Message, "the disk is gone") {
			t.Fatalf("%v\n%s", err, view.Text(report, true))
		}
		c := report.Collections[0]
		cut := slices.ContainsFunc(report.Notes, func(n string) bool { return strings.Contains(n, "the first documents alone") })
		if whole := len(c.Documents) == 200; c.Counts.Insert != 200 || cut == whole || whole != (most != 3) {
			t.Errorf("%d items at most: %d of %d inserts, notes %q", most, len(c.Documents), c.Counts.Insert, report.Notes)
		}
	}
}

// What is there is another kind of collection: nothing is read or written.
func TestWrongKind(t *testing.T) {
	store := openServer(t, mongo.Options{})
	ns := stores.Namespace{Database: database(t), Collection: "c"}
	base := stores.Namespace{Database: ns.Database, Collection: "base"}
	fillCollection(t, store, base, nil, nil, raws(t, []string{`{"_id": 1, "k": "a"}`}))
	if err := store.CreateCollection(testContext(t), ns, parse(t, `{"viewOn": "base", "pipeline": []}`)); err != nil {
		t.Fatal(err)
	}
	capped := stores.Namespace{Database: ns.Database, Collection: "capped"}
	if err := store.CreateCollection(testContext(t), capped, parse(t, `{"capped": true, "size": 100000}`)); err != nil {
		t.Fatal(err)
	}
	state := scenario{wanted: []string{`{"k": "a"}`}}.desired(t, ns.Database)
	second := *state.Collections[0]
	second.Name = "capped"
	state.Collections = append(state.Collections, &second)
	report, err := enforce.Apply(testContext(t), store, state, enforce.Options{})
	if err != nil || report.Exit != change.ExitRefused || len(report.Conflicts) != 2 ||
		report.Conflicts[0].Message != "the destination has a view of this name" || report.Conflicts[1].Message != "the destination has a capped collection of this name" {
		t.Errorf("%v\n%s", err, view.Text(report, true))
	}
}

// A directory cannot say which texts a collation equates, and says so.
func TestDirectoryHasNoCollations(t *testing.T) {
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	state := scenario{wanted: []string{`{"k": "ann"}`}}.desired(t, "db")
	ns := stores.Namespace{Database: "db", Collection: state.Collections[0].Name}
	index := parse(t, `{"key": {"k": 1}, "name": "k_ci", "unique": true, "collation": {"locale": "en", "strength": 2}}`)
	state.Collections[0].Indexes = []bson.Raw{index}
	fillCollection(t, store, ns, nil, []bson.Raw{index}, raws(t, []string{`{"_id": 1, "k": "Ann"}`}))
	report, err := enforce.Plan(testContext(t), store, state, enforce.Options{})
	if err != nil || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], ns.String()+" has a collation") {
		t.Errorf("%v\n%s", err, view.Text(report, true))
	}
	state.Collections[0].Documents[0].Raw = parse(t, `{"k": "Ann"}`)
	if report, err := enforce.Plan(testContext(t), store, state, enforce.Options{}); err != nil || len(report.Notes) != 0 {
		t.Errorf("every document is found by its key: %v\n%s", err, view.Text(report, true))
	}
}
