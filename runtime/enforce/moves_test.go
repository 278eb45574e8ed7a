package enforce_test

// Moves of documents whose identity is `_id`, on a server without transactions: the
// insert comes first, the delete later; what needs both at once is refused before
// anything is written.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// moving is a state with documents by `_id` that move, given as pairs of ids.
func moving(t *testing.T, database string, wanted []string, moves ...[2]string) *desired.State {
	id := func(text string) []bson.RawValue { return []bson.RawValue{doc.String(text)} }
	return scenario{wanted: wanted, state: func(c *desired.Collection) {
		c.Mode, c.Identity = desired.Merge, []doc.Path{{"_id"}}
		for _, m := range moves {
			c.Moves = append(c.Moves, desired.Move{Origin: "w.weave:4:1", From: id(m[0]), To: id(m[1])})
		}
	}}.desired(t, database)
}

func TestMovesWithoutTransactions(t *testing.T) {
	server := openServer(t, mongo.Options{})
	for _, test := range []struct {
		name                  string
		indexes               []string
		before, wanted, after []string
		moves                 [][2]string
		exit                  int
		said                  string
	}{
		{"one", nil, []string{`{"_id": "a", "n": 1, "own": 7}`}, []string{`{"_id": "b", "n": 2}`}, []string{`{"_id": "b", "n": 2, "own": 7}`}, [][2]string{{"a", "b"}}, 0, "written: 1 inserted, 1 deleted"},
		{"several", nil, []string{`{"_id": "a", "own": 1}`, `{"_id": "x", "own": 2}`}, []string{`{"_id": "b"}`, `{"_id": "y"}`}, []string{`{"_id": "b", "own": 1}`, `{"_id": "y", "own": 2}`},
			[][2]string{{"a", "b"}, {"x", "y"}}, 0, "written: 2 inserted, 2 deleted"},
		{"a chain", nil, []string{`{"_id": "a", "own": 1}`, `{"_id": "b", "own": 2}`}, []string{`{"_id": "b"}`, `{"_id": "c"}`}, nil, [][2]string{{"a", "b"}, {"b", "c"}}, 3, "conflict cannot-move"},
		{"a unique value that both have", []string{`{"key": {"k": 1}, "name": "k_1", "unique": true}`}, []string{`{"_id": "a", "k": "K", "own": 1}`}, []string{`{"_id": "b", "k": "K"}`}, nil, [][2]string{{"a", "b"}}, 3, "conflict"},
		{"ended between insert and delete", nil, []string{`{"_id": "a", "n": 1, "own": 7}`, `{"_id": "b", "n": 2, "own": 7}`}, []string{`{"_id": "b", "n": 2}`}, []string{`{"_id": "b", "n": 2, "own": 7}`}, [][2]string{{"a", "b"}}, 0, "1 deleted"},
		{"another one has the new _id", nil, []string{`{"_id": "a", "n": 1, "own": 7}`, `{"_id": "b", "n": 2, "own": 8}`}, []string{`{"_id": "b", "n": 2}`}, nil, [][2]string{{"a", "b"}}, 3, "conflict cannot-move"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := stores.Namespace{Database: database(t), Collection: "c"}
			fillCollection(t, server, ns, nil, raws(t, test.indexes), raws(t, test.before))
			state := moving(t, ns.Database, test.wanted, test.moves...)
			report, err := enforce.Apply(testContext(t), standalone{server}, state, enforce.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if text := view.Text(report, true); report.Exit != test.exit || !strings.Contains(text, test.said) {
				t.Errorf("exit %d, want %d with %q\n%s", report.Exit, test.exit, test.said, text)
			}
			want := test.after
			if want == nil {
				want = test.before
			}
			if got := contents(t, server, ns); !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if test.exit != 0 {
				return
			}
			if again, err := enforce.Apply(testContext(t), standalone{server}, state, enforce.Options{}); err != nil || view.Text(again, false) == "" || !strings.Contains(view.Text(again, false), "result: in-sync") {
				t.Errorf("the second run: %v\n%s", err, view.Text(again, true))
			}
		})
	}
}

// brokenDelete is a server that is gone when it is to delete.
type brokenDelete struct{ standalone }

func (s brokenDelete) Write(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	if slices.ContainsFunc(ops, func(op stores.Op) bool { return op.Action == stores.Delete }) {
		return stores.Result{}, errors.New("the connection broke")
	}
	return s.standalone.Write(ctx, ns, ops)
}

// A run that ended between the insert and the delete of a move has lost nothing, and
// the next one ends the move.
func TestMoveEndedHalfway(t *testing.T) {
	server := openServer(t, mongo.Options{})
	ns := stores.Namespace{Database: database(t), Collection: "c"}
	fillCollection(t, server, ns, nil, nil, raws(t, []string{`{"_id": "a", "n": 1, "own": 7}`}))
	state := moving(t, ns.Database, []string{`{"_id": "b", "n": 2}`}, [2]string{"a", "b"})
	report, err := enforce.Apply(testContext(t), brokenDelete{standalone{server}}, state, enforce.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Exit != 4 || len(contents(t, server, ns)) != 2 {
		t.Errorf("exit %d, %q\n%s", report.Exit, contents(t, server, ns), view.Text(report, true))
	}
	var skipped time.Duration // what the run before has sent is waited for by a clock that goes faster
	again, err := enforce.Apply(testContext(t), standalone{server}, state, enforce.Options{
		Now:   func() time.Time { return time.Now().Add(skipped) },
		Sleep: func(_ context.Context, d time.Duration) { skipped += d },
	})
	if err != nil || again.Exit != 0 || skipped < 50*time.Second {
		t.Errorf("%v, %s were waited\n%s", err, skipped, view.Text(again, true))
	}
	if got := contents(t, server, ns); !slices.Equal(got, []string{`{"_id": "b", "n": 2, "own": 7}`}) {
		t.Errorf("%q", got)
	}
}
