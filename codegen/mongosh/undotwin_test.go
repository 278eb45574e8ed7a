package mongosh

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/undo"
)

func testCommandsAgree(t *testing.T) {
	e := newEngines(t, "f_undo")
	c := collection(t, "f_undo", "c", desired.Exact, `{"_id": 1, "a": 0}`)
	c.BackupKeep = 2
	u := &undoing{e, state(c), []place{{documents: []bson.Raw{parse(t, `{"_id": 1, "a": 9}`)}}}, nil}
	u.reset()
	for n, engine := range []string{"go", "js", "js", "go"} {
		c.Documents[0].Raw = parse(t, fmt.Sprintf(`{"_id": 1, "a": %d}`, n))
		if report := u.run(engine, "apply", false, ""); outcomeOf(t, report) != change.Applied {
			t.Fatal(report)
		}
	}
	var kept []string
	for _, record := range u.journal() {
		kept = append(kept, record.Lookup("_id").StringValue())
	}
	if !slices.Equal(kept, []string{"w/e/3/00000001", "w/e/4/00000001"}) {
		t.Errorf("journals that are kept: %s", kept)
	}
	if report := u.run("js", "undo", false, "4"); outcomeOf(t, report) != change.Undone {
		t.Fatal(report)
	}
	options := enforce.Options{StateDatabase: undoState}
	other := *u.s
	other.Weave, other.Environment = "v", "f"
	agree := func(command string, s *desired.State, golang func() ([]byte, error)) {
		t.Helper()
		want, err := golang()
		if err != nil {
			t.Fatal(err)
		}
		if got := runState(t, u.js, s, command, map[string]string{"MONGOCD_STATE_DATABASE": undoState, "MONGOCD_PLAN": "1"}).JSON; got != string(want) {
			t.Errorf("%s: the JavaScript engine's\n%s\nthe Go engine's\n%s", command, got, want)
		}
	}
	report := func(r *change.Report, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		if len(r.Control) == 0 {
			t.Errorf("%s: nothing to change", r.Command)
		}
		text, err := view.JSON(r)
		schema.Report(t, text)
		return text, err
	}
	agree("runs", u.s, func() ([]byte, error) {
		list, err := enforce.Runs(t.Context(), u.store, "w", "e", options)
		if err != nil {
			return nil, err
		}
		if len(list.Runs) != 2 || list.Runs[0].Undone == "" || list.Runs[0].N != 4 {
			t.Errorf("%+v", list.Runs)
		}
		return view.JSON(list)
	})
	agree("release-hold", u.s, func() ([]byte, error) {
		return report(enforce.ReleaseHold(t.Context(), u.store, "w", "e", true, options))
	})
	agree("claim", &other, func() ([]byte, error) { return report(enforce.Claim(t.Context(), u.store, &other, true, options)) })
}

// TestCommandsAgree: the lists of runs, and what claims and holds would change,
// are the same from both engines; old journals go with their runs.
func TestCommandsAgree(t *testing.T) { engine.OnEach(t, testCommandsAgree) }

// TestUndoBesideCopies: runs on a copy and on the databases of the weave stand in
// each other's way neither in undo nor in what is held back, by either engine;
// what is remembered is the same.
func TestUndoBesideCopies(t *testing.T) { engine.OnEach(t, testUndoBesideCopies) }

func testUndoBesideCopies(t *testing.T) {
	e := newEngines(t, "f_undo")
	client := e.database.Client()
	stateOf := func(a int) *desired.State {
		return state(collection(t, "f_undo", "c", desired.Exact, fmt.Sprintf(`{"_id": 1, "a": %d}`, a)))
	}
	var told []string
	for _, engine := range []string{"go", "js"} {
		freshDatabase(t, client, undoState)
		for _, name := range []string{"f_undo", "f_undo_copy"} {
			seed(t, client.Database(name).Collection("c"), []bson.Raw{parse(t, `{"_id": 1, "a": 0}`)}, nil)
		}
		var b strings.Builder
		for _, step := range []struct {
			command, run string
			a            int // what is applied
			copied       bool
			want         string // outcome, or the code of the conflict
			is, copyIs   int    // what the database and the copy have then
		}{
			{command: "apply", a: 1, want: change.Applied, is: 1},
			{command: "apply", a: 2, want: change.Applied, is: 2},
			{command: "apply", a: 1, copied: true, want: change.Applied, is: 2, copyIs: 1},
			{command: "apply", a: 2, copied: true, want: change.Applied, is: 2, copyIs: 2},
			{command: "undo", run: "1", want: change.UndoNewerFirst.Code, is: 2, copyIs: 2},
			{command: "undo", run: "3", want: change.UndoNewerFirst.Code, is: 2, copyIs: 2},
			{command: "undo", run: "2", want: change.Undone, is: 1, copyIs: 2}, // newer ones are those of the copy
			{command: "apply", a: 2, want: change.Held.Code, is: 1, copyIs: 2},
			{command: "apply", a: 2, copied: true, want: change.InSync, is: 1, copyIs: 2},
			{command: "undo", run: "last", want: change.Undone, is: 1, copyIs: 1},
			{command: "apply", a: 2, copied: true, want: change.Held.Code, is: 1, copyIs: 1},
			{command: "apply", a: 3, want: change.Applied, is: 3, copyIs: 1}, // lifts what was held in f_undo alone
			{command: "apply", a: 2, copied: true, want: change.Held.Code, is: 3, copyIs: 1},
			{command: "apply", a: 2, want: change.Applied, is: 2, copyIs: 1},
			{command: "undo", run: "3", want: change.Undone, is: 2, copyIs: 0},
			{command: "runs", is: 2, copyIs: 0},
		} {
			var asJSON, text string
			if engine == "js" {
				with := map[string]string{"MONGOCD_STATE_DATABASE": undoState, "MONGOCD_RUN": step.run}
				if step.copied || step.command == "undo" && (step.run == "last" || step.run == "3") { // as the run had it
					with["MONGOCD_DATABASE"] = "f_undo=f_undo_copy"
				}
				result := runState(t, e.js, stateOf(step.a), step.command, with)
				asJSON, text = result.JSON, result.Text
			} else {
				o := enforce.Options{StateDatabase: undoState}
				if step.copied {
					o.Databases = map[string]string{"f_undo": "f_undo_copy"}
				}
				var r any
				switch step.command {
				case "apply":
					report, err := enforce.Apply(t.Context(), e.store, stateOf(step.a), o)
					if err != nil {
						t.Fatal(err)
					}
					r, text = report, view.Text(report, false)
				case "undo":
					if o.Databases = nil; step.copied || step.run == "last" || step.run == "3" { // as the run had it
						o.Databases = map[string]string{"f_undo": "f_undo_copy"}
					}
					report, err := undo.Undo(t.Context(), e.store, stateOf(step.a), undo.Options{Run: strings.TrimPrefix(step.run, "last")}, o)
					if err != nil {
						t.Fatal(err)
					}
					r, text = report, view.Text(report, false)
				default:
					list, err := enforce.Runs(t.Context(), e.store, "w", "e", o)
					if err != nil {
						t.Fatal(err)
					}
					r, text = list, view.Runs(list, view.Form{})
				}
				data, err := view.JSON(r)
				if err != nil {
					t.Fatal(err)
				}
				asJSON = string(data)
			}
			if !strings.Contains(asJSON, `"`+step.want+`"`) && step.want != "" {
				t.Fatalf("%s: %+v\n%s", engine, step, text)
			}
			for name, want := range map[string]int{"f_undo": step.is, "f_undo_copy": step.copyIs} {
				if got := stored(t, client.Database(name).Collection("c")); len(got) != 1 || got[0].Lookup("a").AsInt64() != int64(want) {
					t.Fatalf("%s: %+v: %s has %s", engine, step, name, got)
				}
			}
			b.WriteString(dates.ReplaceAllString(text, "…"))
		}
		r := &trial{t: t, client: client, database: undoState}
		told = append(told, b.String()+r.records())
	}
	if told[0] != told[1] {
		t.Errorf("the engines differ\ngo\n%s\njs\n%s", told[0], told[1])
	}
	for _, want := range []string{
		"\n6  applied  …  1 updated  in f_undo\n", "\n4  applied  …  1 updated  in f_undo_copy  undone …\n",
		`"run":"w/e/4","databases":["f_undo_copy"]`, `"run":"w/e/3","databases":["f_undo_copy"]`,
	} {
		if !strings.Contains(told[0], want) {
			t.Errorf("no %q in\n%s", want, told[0])
		}
	}
	if strings.Contains(told[0], `"run":"w/e/2","databases"`) {
		t.Errorf("the hold of run 2 is not lifted\n%s", told[0])
	}
}

// bothWays applies and undoes with each engine; it reports whether there was
// something to undo.
func (u *undoing) bothWays(name string, edited bool) bool {
	t := u.t
	var journals [2][]bson.Raw
	reports := map[string]string{}
	worlds := map[string]string{}
	for k, applier := range []string{"go", "js"} {
		for _, undoer := range []string{"go", "js"} {
			fail := func(format string, args ...any) {
				t.Helper()
				t.Fatalf("%s, applied by %s, undone by %s, edited %t: %s\n%s", name, applier, undoer, edited, fmt.Sprintf(format, args...), describe(u.s, u.places))
			}
			u.reset()
			before := u.world()
			if outcome := outcomeOf(t, u.run(applier, "apply", false, "")); outcome != change.Applied {
				return false
			}
			journals[k] = u.journal()
			if k == 1 && !slices.EqualFunc(journals[0], journals[1], func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
				fail("the engines write different journals\n%s\n%s", journals[0], journals[1])
			}
			if edited {
				for _, edit := range slices.Concat(edits, listEdits) {
					if err := u.database.RunCommand(t.Context(), edit).Err(); err != nil {
						t.Fatal(err)
					}
				}
			}
			applied := u.world()
			plan := u.run(undoer, "undo", true, "last")
			if got := u.world(); got != applied {
				fail("planning changed something: %s", got)
			}
			report := u.run(undoer, "undo", false, "last")
			if outcomeOf(t, report) != change.Undone {
				fail("%s", report)
			}
			after := u.world()
			if !edited && after != before {
				fail("the destination is not as it was\n%s\nwant\n%s\n%s", after, before, report)
			}
			// `a` may be preserved: then it does not keep an inserted document.
			if edited && strings.Count(after, `"app":`) < strings.Count(applied, `"app":`) {
				fail("an application's edit is lost\n%s\nbefore\n%s\n%s", after, applied, report)
			}
			for what, text := range map[string]string{"plan": plan, "undo": report} {
				if first, ok := reports[what]; ok && first != text {
					fail("the %s is another one\n%s\nbefore\n%s", what, text, first)
				}
				reports[what] = text
			}
			if first, ok := worlds["after"]; ok && first != after {
				fail("another destination\n%s\nbefore\n%s", after, first)
			}
			worlds["after"] = after
			if again := u.run(undoer, "undo", false, "1"); outcomeOf(t, again) != change.InSync || u.world() != after {
				fail("undone once more: %s", again)
			}
		}
	}
	return true
}

// TestUndoHasNoCause: what undo took back is not called the destination's doing
// afterwards, what somebody else changes is.
func TestUndoHasNoCause(t *testing.T) {
	e := newEngines(t, "f_undo")
	client, now := e.database.Client(), e.database.Collection("c")
	c := collection(t, "f_undo", "c", desired.Exact, `{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`, `{"_id": 3, "a": 1}`)
	first := state(c)
	changed := collection(t, "f_undo", "c", desired.Exact, `{"_id": 1, "a": 2}`, `{"_id": 2, "a": 1}`, `{"_id": 4, "a": 1}`)
	changed.Prune = &desired.Prune{AtMost: 5, Filter: parse(t, `{}`)}
	second := state(changed)
	freshDatabase(t, client, undoState)
	seed(t, now, nil, nil)
	options := enforce.Options{StateDatabase: undoState}
	for _, s := range []*desired.State{first, second} {
		if r, err := enforce.Apply(t.Context(), e.store, s, options); err != nil || r.Outcome != change.Applied {
			t.Fatal(err, r)
		}
	}
	if r, err := undo.Undo(t.Context(), e.store, second, undo.Options{}, options); err != nil || r.Outcome != change.Undone {
		t.Fatal(err, r)
	}
	if _, err := now.UpdateOne(t.Context(), parse(t, `{"_id": 2}`), parse(t, `{"$set": {"a": 5}}`)); err != nil {
		t.Fatal(err)
	}
	r, err := enforce.Verify(t.Context(), e.store, second, options)
	if err != nil {
		t.Fatal(err)
	}
	byJS := runState(t, e.js, second, "verify", map[string]string{"MONGOCD_STATE_DATABASE": undoState}).Text
	want := "verify w for e: 1 to insert, 2 to update, 1 to delete\n\nf_undo.c (exact) w.weave:1:1\n  + {_id: 4} (otherwise as {_id: 3}, which goes)\n      a: 1\n  ~ {_id: 1}\n      a: 1 → 2\n" +
		"  ~ {_id: 2}\n      a: 5 → 1 (destination, since w/e/2)\n  - {_id: 3}"
	for engine, text := range map[string]string{"go": view.Text(r, false), "js": byJS} {
		if !strings.HasPrefix(text, want) {
			t.Errorf("%s\n%s\nwant\n%s", engine, text, want)
		}
	}
}
