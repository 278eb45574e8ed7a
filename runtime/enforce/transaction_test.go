package enforce_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// A transaction is done as a whole when all guards hold, values of a unique
// index move in it in any way, and it is not done at all otherwise.
func TestTransact(t *testing.T) {
	before := []string{`{"_id": 1, "u": "a"}`, `{"_id": 2, "u": "b"}`, `{"_id": 3, "u": "c"}`}
	whole := func(text string) stores.Guard {
		return stores.Guard{ID: parse(t, text).Lookup("_id"), Whole: parse(t, text)}
	}
	replace := func(from, to string) stores.Op {
		return stores.Op{Action: stores.Replace, Document: parse(t, to), Guard: whole(from)}
	}
	tests := []struct {
		name      string
		ops       []stores.Op
		done      int
		duplicate bool
		after     []string
	}{
		{"a swap, and a value of a deleted document", []stores.Op{
			replace(before[0], `{"_id": 1, "u": "b"}`), replace(before[1], `{"_id": 2, "u": "a"}`),
			{Action: stores.Delete, Guard: whole(before[2])}, {Action: stores.Insert, Document: parse(t, `{"_id": 4, "u": "c"}`)},
		}, 4, false, []string{`{"_id": 1, "u": "b"}`, `{"_id": 2, "u": "a"}`, `{"_id": 4, "u": "c"}`}},
		{"an update by _id", []stores.Op{{Action: stores.Update, Set: []stores.Field{{Path: []string{"u"}, Value: parse(t, `{"u": "x"}`).Lookup("u")}},
			Guard: stores.Guard{ID: parse(t, before[0]).Lookup("_id"), Present: []stores.Field{{Path: []string{"u"}, Value: parse(t, before[0]).Lookup("u")}}}}},
			1, false, []string{`{"_id": 1, "u": "x"}`, before[1], before[2]}},
		{"a guard that does not hold", []stores.Op{replace(before[0], `{"_id": 1, "u": "b"}`), replace(`{"_id": 2, "u": "other"}`, `{"_id": 2, "u": "a"}`)}, 0, false, before},
		{"a document that is gone", []stores.Op{replace(before[0], `{"_id": 1, "u": "x"}`), replace(`{"_id": 9, "u": "z"}`, `{"_id": 9, "u": "a"}`)}, 0, false, before},
		{"a duplicate", []stores.Op{replace(before[0], `{"_id": 1, "u": "c"}`), replace(before[1], `{"_id": 2, "u": "a"}`)}, 0, true, before},
	}
	for storeName, open := range openers {
		for _, test := range tests {
			t.Run(storeName+"/"+test.name, func(t *testing.T) {
				store := open(t)
				ns := stores.Namespace{Database: database(t), Collection: "c"}
				fillCollection(t, store, ns, nil, []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u_1", "unique": true}`)}, raws(t, before))
				result, err := store.Transact(testContext(t), ns, test.ops)
				if err != nil {
					t.Fatal(err)
				}
				if result.Done() != test.done || test.duplicate != (len(result.Refused) == 1 && result.Refused[0].Duplicate) {
					t.Errorf("%+v", result)
				}
				if got := contents(t, store, ns); !slices.Equal(got, test.after) {
					t.Errorf("got %q\nwant %q", got, test.after)
				}
			})
		}
	}
}

// transacting lets somebody else write, or the server fail, just before a transaction.
type transacting struct {
	*mongo.Store
	before func(attempt int) error
	n      int
}

func (s *transacting) Transact(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	s.n++
	if err := s.before(s.n); err != nil {
		return stores.Result{}, err
	}
	return s.Store.Transact(ctx, ns, ops)
}

// What is changed between being read and the transaction is not lost, what was
// not carried out is done again, and the bound of prune counts what a
// transaction deleted.
func TestTransactionMisses(t *testing.T) {
	before := []string{`{"_id": 1, "k": "a", "u": 1}`, `{"_id": 2, "k": "b", "u": 2}`, `{"_id": 3, "k": "c", "u": 3}`}
	wanted := []string{`{"k": "a", "u": 2}`, `{"k": "b", "u": 3}`}
	tests := []struct {
		name   string
		before func(t *testing.T, store stores.Store, ns stores.Namespace, attempt int) error
		exit   int
		text   string
		after  []string
	}{
		{"a field that the application adds survives", func(t *testing.T, store stores.Store, ns stores.Namespace, attempt int) error {
			if attempt > 1 {
				return nil
			}
			return changeField(t, store, ns, 2, "seen", 7)
		}, 0, "written: 2 updated, 1 deleted", []string{`{"_id": 1, "k": "a", "u": 2}`, `{"_id": 2, "k": "b", "u": 3, "seen": 7}`}},
		{"a document that never stands still", func(t *testing.T, store stores.Store, ns stores.Namespace, attempt int) error {
			return changeField(t, store, ns, 2, "seen", int32(attempt))
		}, 3, "documents changed three times", []string{before[0], `{"_id": 2, "k": "b", "u": 2, "seen": 3}`, before[2]}},
		{"a transient error", func(_ *testing.T, _ stores.Store, _ stores.Namespace, attempt int) error {
			if attempt > 2 {
				return nil
			}
			return &stores.RefusedError{Err: context.DeadlineExceeded, Labels: []string{stores.LabelRetryable}}
		}, 0, "written: 2 updated, 1 deleted", []string{`{"_id": 1, "k": "a", "u": 2}`, `{"_id": 2, "k": "b", "u": 3}`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := openServer(t, mongo.Options{})
			ns := stores.Namespace{Database: database(t), Collection: "c"}
			fillCollection(t, store, ns, nil, []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u_1", "unique": true}`)}, raws(t, before))
			state := scenario{wanted: wanted, state: func(c *desired.Collection) {
				c.Mode = desired.Merge
				prune(desired.Prune{AtMost: 1})(c)
			}}.desired(t, ns.Database)
			s := &transacting{Store: store, before: func(attempt int) error { return test.before(t, store, ns, attempt) }}
			report, err := enforce.Apply(testContext(t), s, state, enforce.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if text := view.Text(report, true); report.Exit != test.exit || !strings.Contains(text, test.text) {
				t.Errorf("exit %d, want %d with %q\n%s", report.Exit, test.exit, test.text, text)
			}
			if got := contents(t, store, ns); !slices.Equal(got, test.after) {
				t.Errorf("got %q\nwant %q", got, test.after)
			}
		})
	}
}

// committed loses the answer to the commit of the first transaction.
type committed struct {
	*mongo.Store
	lost bool
}

func (s *committed) Transact(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	result, err := s.Store.Transact(ctx, ns, ops)
	if err == nil && !s.lost {
		s.lost = true
		return stores.Result{}, &stores.UnsureError{Err: context.DeadlineExceeded}
	}
	return result, err
}

// A commit whose result is not known is looked at, and counted when it was done.
func TestUnknownCommit(t *testing.T) {
	store := &committed{Store: openServer(t, mongo.Options{})}
	ns := stores.Namespace{Database: database(t), Collection: "c"}
	fillCollection(t, store, ns, nil, []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u_1", "unique": true}`)}, raws(t, []string{`{"_id": 1, "k": "a", "u": 1}`, `{"_id": 2, "k": "b", "u": 2}`}))
	state := scenario{wanted: []string{`{"k": "a", "u": 2}`, `{"k": "b", "u": 1}`}}.desired(t, ns.Database)
	report, err := enforce.Apply(testContext(t), store, state, enforce.Options{})
	if err != nil || report.Exit != 0 || report.Collections[0].Done.Updated != 2 {
		t.Errorf("%v\n%s", err, view.Text(report, true))
	}
	want := []string{`{"_id": 1, "k": "a", "u": 2}`, `{"_id": 2, "k": "b", "u": 1}`}
	if got := contents(t, store, ns); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// standalone is a server without transactions: what makes it a member of a set is not
// in its hello.
type standalone struct{ *mongo.Store }

func (s standalone) Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error) {
	answer, err := s.Store.Command(ctx, database, command)
	if _, ok := doc.Get(command, doc.Path{"hello"}); !ok || err != nil {
		return answer, err
	}
	alone := doc.NewBuilder(len(answer))
	for name, v := range doc.Fields(answer) {
		if name != "setName" && name != "msg" {
			alone.Append(name, v)
		}
	}
	return alone.Raw(), nil
}

// Without transactions, and where more changes at once than one takes, the run
// is refused.
func TestNotTogether(t *testing.T) {
	swapped := func(n int) (before, wanted []string) {
		for i := range n {
			before = append(before, fmt.Sprintf(`{"_id": %d, "k": "%04d", "u": %d}`, i, i, i))
			wanted = append(wanted, fmt.Sprintf(`{"k": "%04d", "u": %d}`, i, (i+1)%n))
		}
		return before, wanted
	}
	server := openServer(t, mongo.Options{})
	for _, test := range []struct {
		name  string
		store stores.Store
		n     int
		exit  int
		text  string
	}{
		{"no transactions", standalone{server}, 2, 3, `{k: "0001"} takes {u: 0} of the unique index u_1 from _id 0, and no order of the writes allows it; there are no transactions on this collection`},
		{"too many", server, 1001, 3, "more documents change at once than a transaction takes"},
		{"as many as go", server, 1000, 0, "written: 1,000 updated"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := stores.Namespace{Database: database(t), Collection: "c"}
			before, wanted := swapped(test.n)
			fillCollection(t, server, ns, nil, []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u_1", "unique": true}`)}, raws(t, before))
			report, err := enforce.Apply(testContext(t), test.store, scenario{wanted: wanted}.desired(t, ns.Database), enforce.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if text := view.Text(report, true); report.Exit != test.exit || !strings.Contains(text, test.text) {
				t.Errorf("exit %d, want %d with %q\n%s", report.Exit, test.exit, test.text, text)
			}
		})
	}
}

// A write that does not fit beside its guard goes in a transaction; without one
// it is refused. What an application writes meanwhile is not lost.
func TestLargeGuard(t *testing.T) {
	large := func(letter string) string {
		return `{"k": "a", "n": 1, "big": "` + strings.Repeat(letter, 9<<20) + `"}`
	}
	server := openServer(t, mongo.Options{})
	fill := func(t *testing.T, store stores.Store) (stores.Namespace, *desired.State) {
		ns := stores.Namespace{Database: database(t), Collection: "c"}
		fillCollection(t, store, ns, nil, nil, raws(t, []string{`{"_id": 1, ` + large("x")[1:], `{"_id": 2, "k": "b", "n": 1}`}))
		return ns, scenario{wanted: []string{large("y"), `{"k": "b", "n": 2}`}, state: func(c *desired.Collection) { c.Mode = desired.Merge }}.desired(t, ns.Database)
	}
	check := func(t *testing.T, store stores.Store, state *desired.State, exit int, said string) {
		t.Helper()
		report, err := enforce.Apply(testContext(t), store, state, enforce.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if text := view.Text(report, false); report.Exit != exit || !strings.Contains(text, said) {
			t.Errorf("exit %d, want %d with %q\n%s", report.Exit, exit, said, text)
		}
	}
	t.Run("directory", func(t *testing.T) {
		store := openers["dir"](t)
		_, state := fill(t, store)
		check(t, store, state, 0, "written: 2 updated")
	})
	t.Run("no transactions", func(t *testing.T) {
		_, state := fill(t, server)
		check(t, standalone{server}, state, 3, "conflict cannot-guard")
	})
	t.Run("changed meanwhile", func(t *testing.T) {
		ns, state := fill(t, server)
		s := &transacting{Store: server, before: func(attempt int) error {
			if attempt > 1 {
				return nil
			}
			return changeField(t, server, ns, 1, "seen", 7)
		}}
		check(t, s, state, 0, "written: 2 updated")
		if got := contents(t, server, ns); !strings.Contains(got[0], `"seen": 7`) || !strings.Contains(got[0], "yyyy") {
			t.Errorf("%.100s … %s", got[0], got[0][len(got[0])-40:])
		}
	})
}
