package enforce_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Hooks of a run with something to write; of one without, and of plan, none is sent.
func TestHooks(t *testing.T) {
	insert := func(id string) string { return `{"insert": "hooked", "documents": [{"_id": "` + id + `"}]}` }
	const broken = `{"thereIsNoSuchCommand": 1}`
	tests := []struct {
		name, before, after string
		outcome             string
		exit                int
		stage               string
		hooked, items       int
	}{
		{"both", insert("b"), insert("a"), change.Applied, 0, "", 2, 1},
		{"before fails", broken, insert("a"), change.Failed, 1, "before", 0, 0},
		{"after fails", insert("b"), broken, change.Stopped, 4, "after", 1, 1},
		{"a conflict comes of it", `{"insert": "items", "documents": [{"_id": 5, "k": 1}, {"_id": 6, "k": 1}]}`, insert("a"), change.Stopped, 4, "", 0, 2},
		{"nothing is left to do", `{"insert": "items", "documents": [{"_id": 1, "k": 1}]}`, insert("a"), change.Applied, 0, "", 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store, name := openers["server"](t), database(t)
			at := func(collection string) stores.Namespace {
				return stores.Namespace{Database: name, Collection: collection}
			}
			fillCollection(t, store, at("items"), nil, nil, nil)
			hook := func(origin, text string) []desired.Command {
				return []desired.Command{{Origin: origin, Database: "state", Command: parse(t, text)}}
			}
			c := &desired.Collection{Database: "state", Name: "items", Origin: "f.weave:3:1", Mode: desired.Exact, Identity: []doc.Path{{"k"}},
				Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "k": 1}`)}}, Before: hook("f.weave:4:1", test.before)}
			state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}, After: hook("f.weave:5:1", test.after)}
			o := enforce.Options{Databases: map[string]string{"state": name}}
			plan, err := enforce.Plan(testContext(t), store, state, o)
			if err != nil {
				t.Fatal(err)
			}
			wantParts(t, view.Text(plan, false), "\n\nbefore on "+name+": {", "f.weave:4:1\nafter on "+name)
			if n := len(contents(t, store, at("hooked"))); n > 0 {
				t.Errorf("plan ran a hook")
			}
			r, err := enforce.Apply(testContext(t), store, state, o)
			if err != nil {
				t.Fatal(err)
			}
			stage := ""
			if r.Failure != nil {
				stage = r.Failure.Stage
				wantParts(t, r.Failure.Message, "of `"+stage+"`: running the command on "+name+" failed")
			}
			hooked, items := len(contents(t, store, at("hooked"))), len(contents(t, store, at("items")))
			if r.Outcome != test.outcome || r.Exit != test.exit || stage != test.stage || hooked != test.hooked || items != test.items {
				t.Errorf("stage %q, %d hooked, %d items\n%s", stage, hooked, items, view.Text(r, true))
			}
			if test.exit != 0 {
				return
			}
			again, err := enforce.Apply(testContext(t), store, state, o)
			if err != nil || again.Outcome != change.InSync || len(again.Hooks) > 0 || len(contents(t, store, at("hooked"))) != hooked {
				t.Errorf("again: %v\n%s", err, view.Text(again, true))
			}
		})
	}
}

// A directory says so before anything is written.
func TestHooksOnDirectory(t *testing.T) {
	store, ns := openers["dir"](t), stores.Namespace{Database: "d", Collection: "c"}
	c := &desired.Collection{Database: "d", Name: "c", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: parse(t, `{"_id": 1}`)}}}
	state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}, Before: []desired.Command{{Database: "d", Command: bson.Raw(parse(t, `{"ping": 1}`))}}}
	r, err := enforce.Apply(testContext(t), store, state, enforce.Options{})
	if err != nil || r.Exit != change.ExitFailed || len(contents(t, store, ns)) > 0 {
		t.Errorf("%v\n%s", err, view.Text(r, true))
	}
	wantParts(t, r.Failure.Message, "a directory runs no commands")
}
