package cases

// Lists owned in part beside an application that writes to them: while a run writes,
// and between a run and its undoing.

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
)

const listsWorkspace = `
-- lists.weave --
weave lists
environments prod

from src into dst {
  sync items by name {
    remove _id
    elements hooks by event without "old"
    ensure tags has "a"
    ensure tags has no "b"
  }
}
-- extracted/src/items/documents.jsonl --
{"_id":1,"name":"a","hooks":[{"event":"x","n":2},{"event":"y","n":2},{"event":"z","n":2}]}
`

// TestListsBesideAnApplication: an element that is pushed between reading and writing
// stays, and undo takes back the elements that are still as the run left them, each
// engine what the other one wrote.
func TestListsBesideAnApplication(t *testing.T) {
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(listsWorkspace)).Files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
	}
	state := compile(t, dir, "prod")
	artefacts := map[string]artefact{"go": goArtefact(buildGo(t, state)), "mongosh": scriptArtefact(buildScript(t, state))}
	push := func(path string, value any) bson.D {
		return bson.D{{Key: "$push", Value: bson.D{{Key: path, Value: value}}}}
	}
	element := func(event string, n int32) bson.D {
		return bson.D{{Key: "event", Value: event}, {Key: "n", Value: n}}
	}
	for _, names := range [][2]string{{"go", "mongosh"}, {"mongosh", "go"}} {
		t.Run(strings.Join(names[:], " then "), func(t *testing.T) {
			d := newDestination(t, []string{"dst"})
			items := d.client.Database(d.prefix + "dst").Collection("items")
			before := bson.D{
				{Key: "_id", Value: 1}, {Key: "name", Value: "a"}, {Key: "tags", Value: bson.A{"b", "own"}},
				{Key: "hooks", Value: bson.A{element("own", 1), element("old", 1), element("x", 1), element("y", 1)}},
			}
			if _, err := items.InsertOne(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			write := func(update bson.D) {
				if _, err := items.UpdateByID(t.Context(), 1, update); err != nil {
					t.Error(err)
				}
			}
			var once sync.Once
			d.proxy.OnCommand(func(c wire.Command) {
				if c.Name == "update" && strings.HasSuffix(c.Database, "dst") {
					once.Do(func() { write(push("hooks", element("pushed", 7))) })
				}
			})
			want := func(what, expected string) {
				t.Helper()
				after, err := items.FindOne(t.Context(), bson.D{}).Raw()
				if err != nil {
					t.Fatal(err)
				}
				if text := after.String(); text != expected {
					t.Errorf("%s:\n%s\nwant\n%s", what, text, expected)
				}
			}
			head := `{"_id": {"$numberInt":"1"},"name": "a","tags": `
			e := func(event, n string) string { return `{"event": "` + event + `","n": {"$numberInt":"` + n + `"}}` }
			r := artefacts[names[0]].run(t, "apply", d.proxy.URI(), d.redirects(), true)
			if r.code != change.ExitDone {
				t.Fatalf("apply: exit %d\n%s%s", r.code, r.stdout, r.stderr)
			}
			want("applied", head+`["own","a"],"hooks": [`+strings.Join([]string{e("own", "1"), e("x", "2"), e("y", "2"), e("pushed", "7"), e("z", "2")}, ",")+`]}`)

			write(push("hooks", element("later", 8)))
			write(push("tags", "later"))
			write(set("hooks.1.n", int32(9))) // x, which is not the run's any more
			for _, a := range artefacts {
				planned := a.run(t, "plan", d.proxy.URI(), d.redirects(), true).report(t, d.original)
				if len(planned.Collections[0].Documents) != 1 || len(planned.Collections[0].Documents[0].Changes) != 1 {
					t.Fatalf("%s: one element is not as the run left it", a.name)
				}
				if c := planned.Collections[0].Documents[0].Changes[0]; c.Path != `hooks[event="x"].n` || c.Cause != "destination" || c.Since != "lists/prod/1" {
					t.Errorf("%s says of %s that it is the doing of %q since %q", a.name, c.Path, c.Cause, c.Since)
				}
			}
			r = artefacts[names[1]].run(t, "undo 1", d.proxy.URI(), d.redirects(), true)
			if r.code != change.ExitDone {
				t.Fatalf("undo: exit %d\n%s%s", r.code, r.stdout, r.stderr)
			}
			if report := r.report(t, d.original); len(report.Collections) != 1 || len(report.Collections[0].Documents) != 2 || !strings.HasSuffix(report.Collections[0].Documents[1].Reason, ": hooks") {
				t.Errorf("undo does not say what it leaves: %s", r.stdout)
			}
			want("undone", head+`["b","own","later"],"hooks": [`+strings.Join([]string{e("own", "1"), e("old", "1"), e("x", "9"), e("y", "1"), e("pushed", "7"), e("later", "8")}, ",")+`]}`)
		})
	}
}

// TestListsApproved: an approval binds what a list owned in part has of the weave. Who
// adds, changes or takes away elements of the destination's own between plan and apply
// does not void it; who changes one that the run would change, does. Each engine applies
// what the other one planned, in turn.
func TestListsApproved(t *testing.T) {
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(listsWorkspace)).Files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
	}
	state := compile(t, dir, "prod")
	artefacts := map[string]artefact{"go": goArtefact(buildGo(t, state)), "mongosh": scriptArtefact(buildScript(t, state))}
	element := func(event string, n int32) bson.D {
		return bson.D{{Key: "event", Value: event}, {Key: "n", Value: n}}
	}
	cases := []struct {
		name  string
		write bson.D
		held  bool // the approval holds
	}{
		{"own elements come first, and own values come and go", bson.D{
			{Key: "$push", Value: bson.D{{Key: "hooks", Value: bson.D{{Key: "$each", Value: bson.A{element("pushed", 7), "no object"}}, {Key: "$position", Value: 0}}}}},
			{Key: "$set", Value: bson.D{{Key: "tags", Value: bson.A{"x", "b", "y"}}}},
		}, true},
		{"own elements change and go", set("hooks", bson.A{element("old", 1), element("x", 1), element("own too", 5), element("z", 2)}), true},
		{"an element that is as wanted changes", set("hooks.4.n", int32(5)), false},
		{"an element that is to change does so", set("hooks.2.n", int32(5)), false},
		{"an element that is to go changes", set("hooks.1.n", int32(5)), false},
		{"an element that is to come has come", bson.D{{Key: "$push", Value: bson.D{{Key: "hooks", Value: element("y", 2)}}}}, false},
		{"a value that is to go is there twice", bson.D{{Key: "$push", Value: bson.D{{Key: "tags", Value: "b"}}}}, false},
		{"a value that is to come has come", bson.D{{Key: "$push", Value: bson.D{{Key: "tags", Value: "a"}}}}, false},
	}
	for n, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			names := [][2]string{{"go", "mongosh"}, {"mongosh", "go"}}[n%2]
			d := newDestination(t, []string{"dst"})
			items := d.client.Database(d.prefix + "dst").Collection("items")
			before := bson.D{
				{Key: "_id", Value: 1}, {Key: "name", Value: "a"}, {Key: "tags", Value: bson.A{"b", "own"}},
				{Key: "hooks", Value: bson.A{element("own", 1), element("old", 1), element("x", 1), element("own too", 1), element("z", 2)}},
			}
			if _, err := items.InsertOne(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			plan := artefacts[names[0]].run(t, "plan", d.proxy.URI(), d.redirects(), true).report(t, d.original)
			if _, err := items.UpdateByID(t.Context(), 1, c.write); err != nil {
				t.Fatal(err)
			}
			mode := "apply"
			if names[1] == "go" {
				mode += " --approved " + plan.Digest
			} else {
				t.Setenv("MONGOCD_APPROVED", plan.Digest)
			}
			r := artefacts[names[1]].run(t, mode, d.proxy.URI(), d.redirects(), true)
			report := r.report(t, d.original)
			refused := len(report.Conflicts) == 1 && report.Conflicts[0].Code == change.NotApproved.Code
			if plan.Digest == "" || c.held != (report.Outcome == change.Applied) || c.held == refused {
				t.Errorf("%s planned, %s applied: %s\n%s", names[0], names[1], report.Outcome, r.stdout)
			}
		})
	}
}
