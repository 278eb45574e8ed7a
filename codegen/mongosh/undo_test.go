package mongosh

// Undo by either engine of what either has applied: random states and
// destinations, the same journals byte for byte, the same reports, and the
// destination as it was.

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/undo"
)

const undoState = "f_undo_state"

// undoing is the two engines on one destination with a state database of their own.
type undoing struct {
	*engines
	s       *desired.State
	places  []place
	secrets map[string]string
}

// reset puts the destination back to the places, and forgets all runs.
func (u *undoing) reset() {
	u.t.Helper()
	freshDatabase(u.t, u.database.Client(), undoState)
	for i, p := range u.places {
		seed(u.t, u.database.Collection(u.s.Collections[i].Name), p.documents, p.indexes)
	}
}

// run runs a command with one engine and returns the report as JSON; the report
// itself is nil for JavaScript.
func (u *undoing) run(engine, command string, plan bool, run string) string {
	u.t.Helper()
	if engine == "js" {
		with := map[string]string{"MONGOCD_STATE_DATABASE": undoState, "MONGOCD_RUN": run}
		if plan {
			with["MONGOCD_PLAN"] = "1"
		}
		for name, value := range u.secrets {
			with[name] = value
		}
		return runState(u.t, u.js, u.s, command, with).JSON
	}
	options := enforce.Options{StateDatabase: undoState, Secrets: u.secrets}
	var report *change.Report
	var err error
	if command == "apply" {
		report, err = enforce.Apply(u.t.Context(), u.store, u.s, options)
	} else {
		report, err = undo.Undo(u.t.Context(), u.store, u.s, undo.Options{Run: strings.TrimPrefix(run, "last"), Plan: plan}, options)
	}
	if err != nil {
		u.t.Fatal(err)
	}
	text, err := view.JSON(report)
	if err != nil {
		u.t.Fatal(err)
	}
	schema.Report(u.t, text)
	return string(text)
}

// world is all documents and indexes, one a line.
func (u *undoing) world() string {
	u.t.Helper()
	var b strings.Builder
	for _, c := range u.s.Collections {
		if c.IsView() {
			continue // undo leaves a view that a run created
		}
		from := u.database.Collection(c.Name)
		for _, d := range stored(u.t, from) {
			fmt.Fprintf(&b, "%s %x\n", doc.Line(d), []byte(d))
		}
		cursor, err := from.Indexes().List(u.t.Context())
		if err != nil {
			u.t.Fatal(err)
		}
		var indexes []bson.Raw
		if err := cursor.All(u.t.Context(), &indexes); err != nil {
			u.t.Fatal(err)
		}
		for _, index := range indexes {
			if index.Lookup("name").StringValue() != "_id_" {
				fmt.Fprintf(&b, "index %s\n", index)
			}
		}
	}
	return b.String()
}

func (u *undoing) journal() []bson.Raw {
	return stored(u.t, u.database.Client().Database(undoState).Collection("journal"))
}

func outcomeOf(t testing.TB, report string) string {
	t.Helper()
	_, rest, ok := strings.Cut(report, `"outcome": "`)
	outcome, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no outcome in %s", report)
	}
	return outcome
}

// TestUndoByEither runs a sample; MONGOCD_SOAK=N runs N cases with a seed of their own.
func TestUndoByEither(t *testing.T) {
	cases, number := 12, uint64(9)
	if soak := os.Getenv("MONGOCD_SOAK"); soak != "" {
		n, err := strconv.Atoi(soak)
		if err != nil {
			t.Fatalf("MONGOCD_SOAK: %v", err)
		}
		cases, number = n, rand.Uint64()
	}
	t.Logf("%d cases, seed 5 %d", cases, number)
	e := newEngines(t, "f_undo")
	g := gen{rand.New(rand.NewPCG(5, number))}
	undone := 0
	for i := 0; undone < cases; i++ {
		c, at := g.collection(t, "f_undo", "c")
		u := &undoing{e, state(c), []place{at}, map[string]string{"A": "1", "B": "a", "C": `"x\`}}
		if g.IntN(3) == 0 {
			c, at := g.collection(t, "f_undo", "d")
			u.s.Collections, u.places = append(u.s.Collections, c), append(u.places, at)
		}
		if u.bothWays(fmt.Sprintf("case %d", i), g.IntN(3) == 0 && !u.s.Collections[0].IsView()) {
			undone++
		}
	}
}

// TestUndoUniqueMoves: values that moved in a chain, in a cycle and from a
// deleted document, the last two in a transaction, move back.
func TestUndoUniqueMoves(t *testing.T) { engine.OnEach(t, testUndoUniqueMoves) }

func testUndoUniqueMoves(t *testing.T) {
	e := newEngines(t, "f_undo")
	unique := []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u", "unique": true}`)}
	for _, test := range []struct {
		name         string
		wanted, live []string
	}{
		{"chain", []string{`{"_id": 1, "u": 2}`, `{"_id": 2, "u": 3}`, `{"_id": 3, "u": 4}`, `{"_id": 4, "u": 9}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 2, "u": 2}`, `{"_id": 3, "u": 3}`}},
		{"cycle", []string{`{"_id": 1, "u": 2}`, `{"_id": 2, "u": 3, "v": 1}`, `{"_id": 3, "u": 1}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 2, "u": 2}`, `{"_id": 3, "u": 3}`}},
		{"deleted", []string{`{"_id": 1, "u": 2}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 9, "u": 2}`}},
	} {
		// The test engine refuses an insert of a unique value that an update gave up
		// (docs/testing.md).
		if test.name == "deleted" && os.Getenv("MONGOCD_TEST_URI") == "" {
			continue
		}
		c := collection(t, "f_undo", "c", desired.Exact, test.wanted...)
		c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 1, Filter: parse(t, `{}`)}
		at := place{indexes: unique}
		for _, text := range test.live {
			at.documents = append(at.documents, parse(t, text))
		}
		u := &undoing{e, state(c), []place{at}, nil}
		if !u.bothWays(test.name, false) {
			t.Errorf("%s: not applied", test.name)
		}
	}
}

// TestUndoUnsendable: what mongosh cannot send it leaves, and says so; the Go
// engine goes on with the rest.
func TestUndoUnsendable(t *testing.T) {
	e := newEngines(t, "f_undo")
	c := collection(t, "f_undo", "c", desired.Exact, `{"_id": 1, "a": 2}`, `{"_id": 2, "a": 2}`)
	live := []bson.Raw{parse(t, `{"_id": 1, "a": {"$date": {"$numberLong": "9000000000000000"}}}`), parse(t, `{"_id": 2, "a": 1}`)}
	u := &undoing{e, state(c), []place{{documents: live}}, nil}
	u.reset()
	before := u.world()
	report := u.run("go", "apply", false, "")
	if outcomeOf(t, report) != change.Applied {
		t.Fatal(report)
	}
	report = u.run("js", "undo", false, "last")
	if !strings.Contains(report, `"reason": "mongosh cannot send a (a date beyond the years that JavaScript has): use the Go program"`) || !strings.Contains(report, "not marked as undone") || !strings.Contains(report, `"updated": 1`) {
		t.Error(report)
	}
	report = u.run("go", "undo", false, "last")
	if after := u.world(); after != before || !strings.Contains(report, `"updated": 1`) {
		t.Errorf("%s\nwant\n%s\n%s", after, before, report)
	}
}

// TestUndoMasksSecrets: reports of undo show no value of a secret, old or new.
func TestUndoMasksSecrets(t *testing.T) { engine.OnEach(t, testUndoMasksSecrets) }

func testUndoMasksSecrets(t *testing.T) {
	e := newEngines(t, "f_undo")
	c := collection(t, "f_undo", "c", desired.Exact, `{"_id": 1, "a": {"token": null}, "b": 2}`, `{"_id": 3, "a": {"token": null}}`)
	for i := range c.Documents {
		c.Documents[i].Secrets = []desired.Secret{{Path: []string{"a", "token"}, Parts: []desired.SecretPart{{Name: "A"}}}}
	}
	u := &undoing{e, state(c), []place{{documents: []bson.Raw{parse(t, `{"_id": 1, "a": {"token": "old-and-hidden"}, "b": 1}`), parse(t, `{"_id": 2}`)}}}, map[string]string{"A": "new-and-hidden"}}
	if !u.bothWays("secrets", false) {
		t.Fatal("not applied")
	}
	u.reset()
	u.run("go", "apply", false, "")
	u.secrets = nil // undo needs none
	for _, engine := range []string{"go", "js"} {
		report := u.run(engine, "undo", true, "last")
		if strings.Contains(report, "-hidden") || !strings.Contains(report, `"before": "(secret)"`) || !strings.Contains(report, `"path": "b"`) {
			t.Error(report)
		}
	}
}

// TestUndoMasksLeaves: in an array with a secret or a redacted field, and beside a
// document that is replaced, undo hides exactly these; a journal of an earlier
// version hides the field, or the document, that it marks.
func TestUndoMasksLeaves(t *testing.T) { engine.OnEach(t, testUndoMasksLeaves) }

func testUndoMasksLeaves(t *testing.T) {
	e := newEngines(t, "f_undo")
	c := collection(t, "f_undo", "c", desired.Exact,
		`{"_id": 1, "hooks": [{"url": "https://new", "key": null}, {"url": "https://same", "key": null}]}`,
		`{"x": 2, "_id": 2, "url": "new", "key": null}`)
	for i, paths := range [][][]string{{{"hooks", "0", "key"}, {"hooks", "1", "key"}}, {{"key"}}} {
		for _, p := range paths {
			c.Documents[i].Secrets = append(c.Documents[i].Secrets, desired.Secret{Path: p, Parts: []desired.SecretPart{{Name: "A"}}})
		}
	}
	u := &undoing{e, state(c), []place{{documents: []bson.Raw{
		parse(t, `{"_id": 1, "hooks": [{"url": "https://old", "key": "old-and-hidden"}, {"url": "https://same", "key": "new-and-hidden"}]}`),
		parse(t, `{"_id": 2, "url": "old", "a.b": 1, "key": "old-and-hidden"}`), // replaced: no update names that field
	}}}, map[string]string{"A": "new-and-hidden"}}
	for _, by := range []string{"go", "js"} {
		u.reset()
		if report := u.run(by, "apply", false, ""); outcomeOf(t, report) != change.Applied {
			t.Fatal(report)
		}
		for _, engine := range []string{"go", "js"} {
			report := u.run(engine, "undo", true, "last")
			if strings.Contains(report, "-hidden") {
				t.Error(report)
			}
			for _, part := range []string{`"path": "hooks[url=\"https://old\"]"`, `"path": "hooks[url=\"https://new\"]"`, `"key": "(secret)"`, `"path": "url"`, `"before": "new"`, `"path": "key"`, `"before": "(secret)"`} {
				if !strings.Contains(report, part) {
					t.Errorf("applied by %s, undone by %s: no %s in\n%s", by, engine, part, report)
				}
			}
			if strings.Contains(report, "https://same") {
				t.Errorf("what is the same is shown: %s", report)
			}
		}
	}
}

// TestUndoKilled: a run that was killed in the middle has journalled more than it
// wrote, and its record says that it still runs.
func TestUndoKilled(t *testing.T) { engine.OnEach(t, testUndoKilled) }

func testUndoKilled(t *testing.T) {
	e := newEngines(t, "f_undo")
	c := collection(t, "f_undo", "c", desired.Exact, `{"_id": 1, "a": 2}`, `{"_id": 2, "a": 2}`, `{"_id": 4}`, `{"_id": 5}`)
	c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 5, Filter: parse(t, `{}`)}
	u := &undoing{e, state(c), []place{{documents: []bson.Raw{parse(t, `{"_id": 1, "a": 1}`), parse(t, `{"_id": 2, "a": 1}`), parse(t, `{"_id": 3}`), parse(t, `{"_id": 6}`)}}}, nil}
	for _, engine := range []string{"go", "js"} {
		u.reset()
		before := u.world()
		if report := u.run(engine, "apply", false, ""); outcomeOf(t, report) != change.Applied {
			t.Fatal(report)
		}
		at := u.database.Collection("c")
		for _, never := range []func() error{ // what it has not come to
			func() error {
				_, err := at.UpdateByID(t.Context(), 2, bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: int32(1)}}}})
				return err
			},
			func() error { _, err := at.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: 5}}); return err },
			func() error { _, err := at.InsertOne(t.Context(), bson.D{{Key: "_id", Value: int32(6)}}); return err },
			func() error {
				_, err := u.database.Client().Database(undoState).Collection("runs").UpdateByID(t.Context(), "w/e/1",
					bson.D{{Key: "$set", Value: bson.D{{Key: "outcome", Value: "running"}}}, {Key: "$unset", Value: bson.D{{Key: "ended", Value: ""}, {Key: "records", Value: ""}, {Key: "journal", Value: ""}}}})
				return err
			},
		} {
			if err := never(); err != nil {
				t.Fatal(err)
			}
		}
		report := u.run(engine, "undo", false, "last")
		if after := u.world(); after != before || outcomeOf(t, report) != change.Undone || strings.Contains(report, `"left"`) {
			t.Errorf("%s: %s\nwant\n%s\n%s", engine, after, before, report)
		}
	}
}

var dates = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// edits are what an application does after the run.
var edits = []bson.D{
	{{Key: "update", Value: "c"}, {Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{0, 2, 4, 6}}}}}}, {Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "app", Value: 1}}}}}, {Key: "multi", Value: true}}}}},
	{{Key: "update", Value: "c"}, {Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{1, 2}}}}}}, {Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: "app"}}}}}, {Key: "multi", Value: true}}}}},
	{{Key: "delete", Value: "c"}, {Key: "deletes", Value: bson.A{bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: 5}}}, {Key: "limit", Value: 1}}}}},
}

// TestUndoLeavesTheLedger: what undo leaves stays in the ledger, and what it puts back
// does not: the next plan says whose doing the first is, and of the second nothing.
func TestUndoLeavesTheLedger(t *testing.T) { engine.OnEach(t, testUndoLeavesTheLedger) }

func testUndoLeavesTheLedger(t *testing.T) {
	e := newEngines(t, "f_undo")
	c := collection(t, "f_undo", "c", desired.Exact, `{"_id": 1, "a": 2}`, `{"_id": 2, "a": 2}`)
	u := &undoing{e, state(c), []place{{documents: []bson.Raw{parse(t, `{"_id": 1, "a": 1}`), parse(t, `{"_id": 2, "a": 1}`)}}}, nil}
	next := *u.s
	next.Compiler += " after" // another artefact: this one is held
	for _, by := range []string{"go", "js"} {
		u.reset()
		if report := u.run(by, "apply", false, ""); outcomeOf(t, report) != change.Applied {
			t.Fatal(report)
		}
		if _, err := u.database.Collection("c").UpdateByID(t.Context(), 1, bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: int32(3)}}}}); err != nil {
			t.Fatal(err)
		}
		if report := u.run(by, "undo", false, "last"); outcomeOf(t, report) != change.Undone || !strings.Contains(report, `"left"`) {
			t.Fatal(report)
		}
		plan, err := enforce.Plan(t.Context(), u.store, &next, enforce.Options{StateDatabase: undoState})
		if err != nil {
			t.Fatal(err)
		}
		text, err := view.JSON(plan)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(text), `"cause": "destination"`); got != 1 || strings.Count(string(text), `"cause"`) != 1 {
			t.Errorf("undone by %s: %d causes\n%s", by, got, text)
		}
	}
}
