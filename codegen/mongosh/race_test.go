package mongosh

// Runs that are disturbed: the prelude in goja, with a hook between its requests.

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestChangedWhileRunning(t *testing.T) {
	client, _ := connect(t)
	js := serverVM(t, client)
	c := freshDatabase(t, client, "f_changed").Collection("c")
	if err := js.Set("touch", func() {
		if _, err := c.UpdateByID(t.Context(), 1, bson.D{{Key: "$inc", Value: bson.D{{Key: "a", Value: 1}}}}); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	s := state(collection(t, "f_changed", "c", desired.Exact, `{"_id": 1, "a": 0}`))
	for _, test := range []struct {
		name, hook string
		want       []string
	}{
		{"once", `let once = true; hook = r => { if (r.command && r.command.update === 'c' && once) { once = false; touch(); } }`,
			[]string{"applied, exit 0", "written: 1 updated"}},
		{"always", `hook = r => { if (r.command && r.command.update === 'c') touch(); }`,
			[]string{"refused, exit 3", "conflict changed-while-running in f_changed.c", "documents changed three times"}},
		{"server gone", `hook = r => r.command && r.command.update === 'c' ? {error: {message: 'lost mongodb://u:s3cr@t@h/x', server: false}} : undefined`,
			[]string{"stopped, exit 4", "failure in stage write", "writing to f_changed.c failed: lost mongodb://…@h/x"}},
		{"server refuses", `hook = r => r.command && r.command.update === 'c' ? {error: {message: 'not authorized', code: 13, server: true}} : undefined`,
			[]string{"failed, exit 1", "docs/privileges.md"}},
		{"not confirmed", `hook = r => r.command && r.command.update === 'c' ? {value: {n: 1, writeConcernError: {errmsg: 'timed out'}}} : undefined`,
			[]string{"stopped, exit 4", "not as many of its members confirmed it as were asked to: timed out"}},
		{"refused one by one", `hook = r => r.command && r.command.update === 'c' ? {value: {n: 0, writeErrors: [{index: 0, code: 121, errmsg: 'Document failed validation'}]}} : undefined`,
			[]string{"failed, exit 1", "updating {_id: 1} in f_changed.c (w.weave:1:1) was refused: Document failed validation"}},
		{"a mistake", `hook = r => { if (r.command && r.command.update === 'c') return {value: undefined}; }`,
			[]string{"stopped, exit 4", "mongocd made a mistake: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			seed(t, c, []bson.Raw{parse(t, `{"_id": 1, "a": 5}`)}, nil)
			js.Run("{" + strings.Replace(test.hook, "let once", "var once", 1) + "}")
			text := runState(t, js, s, "apply", nil).Text
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
		})
	}
}

// TestLinkToRacedInsert is the twin of the Go engine's test of this name.
func TestLinkToRacedInsert(t *testing.T) {
	client, _ := connect(t)
	js := serverVM(t, client)
	db := freshDatabase(t, client, "f_links")
	teams := db.Collection("teams")
	if err := js.Set("race", func() {
		if _, err := teams.InsertOne(t.Context(), bson.D{{Key: "_id", Value: int32(99)}, {Key: "k", Value: "web"}}); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	linked := func(name, text, path, to, identity string) *desired.Collection {
		c := collection(t, "f_links", name, desired.Exact, text)
		c.Identity = []doc.Path{{"k"}}
		c.Documents[0].Links = []desired.LinkedID{{Path: []string{path}, Database: "f_links", Collection: to, Identity: []bson.RawValue{doc.String(identity)}}}
		seed(t, db.Collection(name), []bson.Raw{parse(t, `{"_id": 1, "k": "other"}`)}, []bson.Raw{parse(t, `{"key": {"k": 1}, "name": "k_1", "unique": true}`)})
		return c
	}
	for _, first := range []string{"teams", "tenants"} {
		s := state(linked("teams", `{"k": "web", "lead": null}`, "lead", "tenants", "acme"), linked("tenants", `{"_id": 7, "k": "acme", "owner": null}`, "owner", "teams", "web"))
		if first == "tenants" {
			slices.Reverse(s.Collections)
		}
		js.Run(`{ var raced = false; hook = r => { if (r.command && r.command.insert === 'teams' && !raced) { raced = true; race(); } } }`)
		if text := runState(t, js, s, "apply", nil).Text; !strings.HasSuffix(text, "result: applied, exit 0\n") {
			t.Fatal(text)
		}
		got := []bson.Raw{stored(t, teams)[1], stored(t, db.Collection("tenants"))[1]}
		if want := []bson.Raw{parse(t, `{"_id": 99, "k": "web", "lead": 7}`), parse(t, `{"_id": 7, "k": "acme", "owner": 99}`)}; !slices.EqualFunc(got, want, slices.Equal[bson.Raw]) {
			t.Errorf("%s first: %s", first, got)
		}
	}
}
