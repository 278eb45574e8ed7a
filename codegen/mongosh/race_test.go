package mongosh

// Runs that are disturbed: the prelude in goja, with a hook between its requests.

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
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
			[]string{"stopped, exit 4", "a majority of its members did not confirm it: timed out"}},
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
