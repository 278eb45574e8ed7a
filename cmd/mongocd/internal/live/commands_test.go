package live

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/dir"
)

// TestCommandsByServer: what the server is decides what would be sent to it. MongoDB
// 5.0 (wire version 13) cannot make an index unique in place.
func TestCommandsByServer(t *testing.T) {
	parse := func(text string) bson.Raw {
		d, err := doc.ParseExtJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	index := func(unique string) bson.Raw { return parse(`{"key": {"n": 1}, "name": "n_1"` + unique + `}`) }
	for _, test := range []struct{ hello, want string }{
		{`{"maxWireVersion": 13, "setName": "rs"}`, "dropIndexes createIndexes"},
		{`{"maxWireVersion": 21, "setName": "rs"}`, "collMod collMod"},
	} {
		root := t.TempDir()
		at, err := dir.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		state := func(unique string) *desired.State {
			return &desired.State{Weave: "w", Environment: "prod", Collections: []*desired.Collection{{
				Database: "d", Name: "c", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Origin: "w.weave:5:3",
				Documents: []desired.Document{{Raw: parse(`{"_id": 1, "n": 1}`)}}, Indexes: []bson.Raw{index(unique)},
			}}}
		}
		if report, err := enforce.Apply(t.Context(), at, state(""), enforce.Options{}); err != nil || report.Outcome != change.Applied {
			t.Fatal(report, err)
		}
		wanted := state(`, "unique": true`)
		wanted.Collections[0].Declared = []string{"n_1"}
		r := newRecorder(at, wanted, nil)
		if _, err := enforce.Apply(t.Context(), r, wanted, enforce.Options{Hello: parse(test.hello)}); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range r.commands {
			for name := range doc.Fields(c.command) {
				names = append(names, name)
				break
			}
			if c.command.Lookup("writeConcern", "w").StringValue() != "majority" {
				t.Errorf("no write concern: %s", c.line())
			}
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.hello, got, test.want)
		}
		if err := at.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
