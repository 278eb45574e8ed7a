package mongosh

// What one engine moves in a transaction, either of them takes back.

import (
	"context"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
	"github.com/hayone1/mongocd/runtime/undo"
)

func TestUndoTransaction(t *testing.T) { engine.OnEach(t, testUndoTransaction) }

func testUndoTransaction(t *testing.T) {
	client, uri := connect(t)
	store, err := storemongo.Open(t.Context(), uri, storemongo.Options{Comment: "mongocd w/e"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	js := serverVM(t, client)
	unique := []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u", "unique": true}`)}
	before := []bson.Raw{
		parse(t, `{"_id": 1, "u": 1, "seen": 1}`), parse(t, `{"_id": 2, "u": 2, "gone": {"x": 1}, "z": 1}`), parse(t, `{"_id": 3, "u": 3}`),
		parse(t, `{"_id": 8, "u": 8}`), parse(t, `{"_id": 9, "u": 9}`),
	}
	for _, names := range [][2]string{{"go", "go"}, {"go", "js"}, {"js", "go"}, {"js", "js"}} {
		t.Run(strings.Join(names[:], " "), func(t *testing.T) {
			name := "f_together_" + strings.Join(names[:], "")
			db := freshDatabase(t, client, name)
			options := enforce.Options{StateDatabase: freshDatabase(t, client, name+"_state").Name()}
			c := collection(t, name, "c", desired.Exact, `{"_id": 1, "u": 2, "new": 5}`, `{"_id": 2, "u": 1, "z": 1}`, `{"_id": 3, "u": 8}`, `{"_id": 4, "u": 9}`)
			c.Preserve = []doc.Path{{"seen"}}
			c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 2, Filter: parse(t, `{}`)}
			s := state(c)
			at := db.Collection("c")
			seed(t, at, before, unique)
			run := func(engine, mode string) {
				t.Helper()
				var text string
				if engine == "js" {
					text = runState(t, js, s, mode, map[string]string{"MONGOCD_STATE_DATABASE": options.StateDatabase, "MONGOCD_RUN": "last"}).Text
				} else {
					carry := func() (*change.Report, error) { return enforce.Apply(t.Context(), store, s, options) }
					if mode == "undo" {
						carry = func() (*change.Report, error) {
							return undo.Undo(t.Context(), store, s, undo.Options{}, options)
						}
					}
					report, err := carry()
					if err != nil {
						t.Fatal(err)
					}
					text = view.Text(report, true)
				}
				if !strings.HasSuffix(text, "exit 0\n") {
					t.Fatalf("%s by %s\n%s", mode, engine, text)
				}
			}
			run(names[0], "apply")
			want := []bson.Raw{parse(t, `{"_id": 1, "u": 2, "seen": 1, "new": 5}`), parse(t, `{"_id": 2, "u": 1, "z": 1}`), parse(t, `{"_id": 3, "u": 8}`), parse(t, `{"_id": 4, "u": 9}`)}
			if got := stored(t, at); !slices.EqualFunc(got, want, slices.Equal[bson.Raw]) {
				t.Fatalf("after apply: %s", got)
			}
			// What the application has written meanwhile stays.
			if _, err := at.UpdateByID(t.Context(), 1, bson.D{{Key: "$set", Value: bson.D{{Key: "seen", Value: int32(7)}}}}); err != nil {
				t.Fatal(err)
			}
			run(names[1], "undo")
			want = slices.Clone(before)
			want[0] = parse(t, `{"_id": 1, "u": 1, "seen": 7}`)
			if got := stored(t, at); !slices.EqualFunc(got, want, slices.Equal[bson.Raw]) {
				t.Fatalf("after undo: %s", got)
			}
		})
	}
}
