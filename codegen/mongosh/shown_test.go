package mongosh

// A run of before, shown by both engines: the same, and no more than undo may show.

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/undo"
)

func TestRunsShown(t *testing.T) {
	e := newEngines(t, forgedData)
	defer func() { freshDatabase(t, e.database.Client(), forgedState) }()
	shown := func(name, key string) (text, data string) {
		t.Helper()
		report, err := undo.Show(t.Context(), e.store, "w", "e", name, enforce.Options{StateDatabase: forgedState, JournalKey: key})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := view.JSON(report)
		if err != nil {
			t.Fatal(err)
		}
		schema.Report(t, raw)
		text, data = view.Text(report, true), string(raw)
		asked := map[string]string{"MONGOCD_STATE_DATABASE": forgedState, "MONGOCD_RUN": name, "MONGOCD_JOURNAL_KEY": key, "MONGOCD_VERBOSE": "1"}
		if name == "" {
			asked["MONGOCD_RUN"] = "last"
		}
		s, _ := forgedWorld(t)
		if got := runState(t, e.js, s, "runs", asked); got.JSON != data || got.Text != text {
			t.Errorf("the JavaScript engine's\n%s\n%s\nthe Go engine's\n%s\n%s", got.Text, got.JSON, text, data)
		}
		return text, data
	}
	wantAll := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("there is no %q in\n%s", part, text)
			}
		}
	}
	for _, key := range []string{"", forgedKey} {
		attack(t, e, key)
		text, data := shown("1", key)
		wantAll(text, "w/e/1: applied by the go engine", "written: 1 inserted, 2 updated, 1 deleted, 2 indexes", "result: applied, exit 0")
		wantAll(data, `"command": "runs"`, `"action": "insert"`, `"action": "delete"`, `"pruned": true`, `"path": "gone"`, `"name": "b_1"`, `"name": "z_1"`)
		if again, _ := shown("", key); again != text {
			t.Errorf("the newest run is\n%s", again)
		}
		if text, _ := shown("7", key); !strings.Contains(text, "conflict no-such-run") {
			t.Error(text)
		}
	}
	if text, data := shown("1", ""); !strings.Contains(text, "MONGOCD_JOURNAL_KEY shows what it wrote") || strings.Contains(data, "pruned") {
		t.Error(data)
	}
	// What is there is as it was: showing undoes nothing, and an undone run can be shown.
	report, err := undo.Undo(t.Context(), e.store, first(forgedWorld(t)), undo.Options{}, enforce.Options{StateDatabase: forgedState, JournalKey: forgedKey})
	if err != nil || report.Outcome != "undone" {
		t.Fatalf("%v\n%s", err, view.Text(report, true))
	}
	text, _ := shown("1", forgedKey)
	wantAll(text, "undone: 20")

	// A secret is not shown, nor is what it stood in the place of.
	freshDatabase(t, e.database.Client(), forgedState)
	c := collection(t, forgedData, "c", desired.Exact, `{"_id": 1, "a": {"b": 2}, "token": null}`)
	c.Documents[0].Secrets = []desired.Secret{{Path: doc.Path{"token"}, Parts: []desired.SecretPart{{Name: "TOKEN"}}}}
	seed(t, e.database.Collection("c"), []bson.Raw{parse(t, `{"_id": 1, "a": {"x": 1}, "token": "canary-old"}`)}, nil)
	applied, err := enforce.Apply(t.Context(), e.store, state(c), enforce.Options{StateDatabase: forgedState, Secrets: map[string]string{"TOKEN": "canary-new"}})
	if err != nil || applied.Outcome != "applied" {
		t.Fatalf("%v\n%s", err, view.Text(applied, true))
	}
	text, data := shown("1", "")
	wantAll(data, `"path": "a.b"`, `"path": "a.x"`, `"path": "token"`)
	if strings.Contains(text+data, "canary") {
		t.Errorf("a secret is shown:\n%s", text)
	}
}
