package cases

// Undo of every case of the corpus: what one artefact has applied, the same or
// the other one takes back, and the destination is as it was.

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// lastRun is the command that undoes the newest run.
const lastRun = "undo --last"

// undone is a destination after an undo.
type undone struct {
	step
	d *destination
}

// hasHooks reports whether commands of the weave write as well: undo knows
// nothing of these.
func hasHooks(state *desired.State) bool {
	return len(state.Before)+len(state.After) > 0 || slices.ContainsFunc(state.Collections, func(c *desired.Collection) bool { return len(c.Before)+len(c.After) > 0 })
}

// checkUndone holds the destinations of a case after undo against what was there
// before it was applied.
func (c *testCase) checkUndone(t *testing.T, state *desired.State, all []undone) {
	t.Helper()
	want := c.before
	for _, u := range all {
		report := u.report(t, u.d.original)
		if report.Outcome != change.Undone && report.Outcome != change.InSync || u.code != change.ExitDone {
			t.Errorf("%s: exit %d, %s\n%s%s", u.what, u.code, report.Outcome, u.stdout, u.stderr)
			continue
		}
		for _, r := range report.Collections {
			for _, d := range r.Documents {
				checkNamed(t, u, state, r, d)
				if d.Action == "left" {
					t.Errorf("%s leaves %s: %s", u.what, d.Identity, d.Reason)
				}
			}
		}
		want = undoneWorld(report, want, u.world)
		wantWorld(t, u.what, withoutCreated(u.world, c.before), want)
	}
}

// undoneWorld is what has to be there after an undo that found a world: what was there
// before, but that options which collMod cannot set back stay.
func undoneWorld(report change.Report, before, found []collection) []collection {
	want := slices.Clone(before)
	for _, r := range report.Collections {
		is := func(b collection) bool { return b.namespace() == r.Database+"."+r.Collection }
		i, j := slices.IndexFunc(want, is), slices.IndexFunc(found, is)
		if i >= 0 && j >= 0 && slices.ContainsFunc(r.Options, func(o change.OptionItem) bool { return o.Reason != "" }) {
			want[i].options = found[j].options
		}
	}
	return want
}

// checkNamed: undo names documents as plan does, by their identity where it may be shown.
func checkNamed(t *testing.T, u undone, state *desired.State, r change.CollectionReport, d change.DocumentItem) {
	t.Helper()
	i := slices.IndexFunc(state.Collections, func(c *desired.Collection) bool { return c.Namespace() == r.Database+"."+r.Collection })
	if i < 0 || len(state.Collections[i].Redact) > 0 {
		return
	}
	for _, p := range state.Collections[i].Identity {
		if _, ok := doc.Get(d.Identity.Document(), doc.Path{p.String()}); !ok {
			t.Errorf("%s names a document %s, without %s", u.what, d.Identity.Text(), p)
		}
	}
}

// withoutCreated is a world without the collections that were not there before
// and are empty now: undo leaves them.
func withoutCreated(world, before []collection) []collection {
	return slices.DeleteFunc(slices.Clone(world), func(c collection) bool {
		was := func(b collection) bool { return b.namespace() == c.namespace() }
		return len(c.documents)+len(c.indexes) == 0 && !slices.ContainsFunc(before, was)
	})
}

// unsendable reports whether mongosh has left what it cannot send: then it says
// that the Go program can go on.
func (s step) unsendable() bool { return strings.Contains(s.stdout, "undo it with the Go program") }

func mustParse(t *testing.T, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestUndoKeepsOrder: a field that a run removed comes back in its place, by a
// program as by a script.
func TestUndoKeepsOrder(t *testing.T) { engine.OnEach(t, testUndoKeepsOrder) }

func testUndoKeepsOrder(t *testing.T) {
	before := []bson.Raw{mustParse(t, `{"_id": 1, "a": 1, "b": {"x": 1, "y": 2}, "c": 3}`)}
	state := &desired.State{Weave: "w", Environment: "e", Compiler: "mongocd test", Collections: []*desired.Collection{{
		Database: "db", Name: "c", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
		Documents: []desired.Document{{Raw: mustParse(t, `{"_id": 1, "b": {"y": 2}, "c": 4}`)}},
	}}}
	artefacts := map[string]artefact{"go": goArtefact(buildGo(t, state)), "mongosh": scriptArtefact(buildScript(t, state))}
	for _, names := range [][2]string{{"go", "mongosh"}, {"mongosh", "go"}, {"mongosh", "mongosh"}} {
		d := anyDestination(t, []string{"db"})
		d.load(t, []collection{{database: "db", name: "c", documents: before}})
		if s := d.step(t, artefacts[names[0]], "apply", true); s.code != change.ExitDone {
			t.Fatalf("%s\n%s", s.stdout, s.stderr)
		}
		for range 2 { // the second time there is nothing to do
			s := d.step(t, artefacts[names[1]], "undo 1", true)
			if s.code != change.ExitDone {
				t.Fatalf("%s\n%s", s.stdout, s.stderr)
			}
			wantWorld(t, strings.Join(names[:], " then "), s.world, []collection{{database: "db", name: "c", documents: before}})
		}
	}
}

// TestUndoNamesLinks: what a run did to links is taken back in words: by the
// documents that the `_id`s stood for, from either engine's journal.
func TestUndoNamesLinks(t *testing.T) {
	link := func(name string, path ...string) desired.LinkedID {
		return desired.LinkedID{Path: path, Database: "db", Collection: "roles", Identity: []bson.RawValue{doc.String(name)}}
	}
	state := &desired.State{Weave: "w", Environment: "e", Compiler: "mongocd test", Collections: []*desired.Collection{{
		Database: "db", Name: "roles", Origin: "w.weave:1:1", Mode: desired.Replace, Identity: []doc.Path{{"name"}},
		Documents: []desired.Document{{Raw: mustParse(t, `{"name": "admin"}`)}, {Raw: mustParse(t, `{"name": "viewer"}`)}},
	}, {
		Database: "db", Name: "users", Origin: "w.weave:2:1", Mode: desired.Replace, Identity: []doc.Path{{"mail"}},
		Documents: []desired.Document{{Raw: mustParse(t, `{"mail": "a@x", "role": null, "may": [{"as": null}]}`), Links: []desired.LinkedID{link("admin", "role"), link("viewer", "may", "0", "as")}}},
	}}}
	before := []collection{
		{database: "db", name: "roles", documents: []bson.Raw{mustParse(t, `{"_id": 1, "name": "viewer"}`)}},
		{database: "db", name: "users", documents: []bson.Raw{mustParse(t, `{"_id": "u", "mail": "a@x", "role": 1, "may": [{"as": 7}, {"as": 1}]}`)}},
	}
	artefacts := map[string]artefact{"go": goArtefact(buildGo(t, state)), "mongosh": scriptArtefact(buildScript(t, state))}
	for _, names := range [][2]string{{"go", "mongosh"}, {"mongosh", "go"}} {
		d := anyDestination(t, []string{"db"})
		d.load(t, before)
		says := d.original(d.step(t, artefacts[names[0]], "apply", false).stdout)
		for _, want := range []string{"      - may[as=7]: {as: 7} (lost)\n", "      role: roles \"viewer\" → roles \"admin\"\n"} {
			if !strings.Contains(says, want) {
				t.Errorf("%s does not say %q\n%s", names[0], want, says)
			}
		}
		s := d.step(t, artefacts[names[1]], "undo 1", false)
		says = d.original(s.stdout)
		for _, want := range []string{
			"db.users\n  ~ {mail: \"a@x\"}\n", "      + may[as=7]: {as: 7}\n", "      role: roles \"admin\" → roles \"viewer\"\n",
			"db.roles\n  - {name: \"admin\"}\n",
		} {
			if !strings.Contains(says, want) {
				t.Errorf("%s does not say %q\n%s%s", names[1], want, says, s.stderr)
			}
		}
		wantWorld(t, strings.Join(names[:], " then "), s.world, before)
	}
}
