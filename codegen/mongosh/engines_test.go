package mongosh

// The two engines against each other: random states and destinations, the same
// reports byte for byte and the same documents after.

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
	"github.com/hayone1/mongocd/runtime/undo"
)

var scalars = []string{`1`, `{"$numberDouble": "1.0"}`, `{"$numberLong": "1"}`, `2`, `"a"`, `"b"`, `null`, `true`, `{"$numberDecimal": "1.10"}`, `[]`, `[1, 2]`, `[{"x": 1}]`, `{"$numberDouble": "NaN"}`, `{"$date": {"$numberLong": "5"}}`}

var fieldNames = []string{"a", "b", "k", "u", "n", "10", "2"}

var testPaths = []doc.Path{{"a"}, {"b"}, {"n"}, {"n", "a"}, {"n", "b"}, {"n", "n", "a"}, {"m", "a"}, {"u"}, {"10"}, {"a.b"}, {"$x"}}

// TestEnginesAgree runs a sample; MONGOCD_SOAK=N runs N cases with a seed of their own.
func TestEnginesAgree(t *testing.T) {
	cases, number := 60, uint64(8)
	if soak := os.Getenv("MONGOCD_SOAK"); soak != "" {
		n, err := strconv.Atoi(soak)
		if err != nil {
			t.Fatalf("MONGOCD_SOAK: %v", err)
		}
		cases, number = n, rand.Uint64()
	}
	t.Logf("%d cases, seed 7 %d", cases, number)
	e := newEngines(t, "f_engines")
	g := gen{rand.New(rand.NewPCG(7, number))}
	outcomes := map[string]int{}
	for i := range cases {
		c, at := g.collection(t, "f_engines", "c")
		s, places := state(c), []place{at}
		if g.IntN(3) == 0 {
			c, at := g.collection(t, "f_engines", "d")
			s.Collections, places = append(s.Collections, c), append(places, at)
		}
		g.hooks(t, s)
		given := map[string]string{"A": "1", "B": "a", "C": `"x\`}
		if g.IntN(6) == 0 {
			delete(given, pick(g, []string{"A", "B", "C"}))
		}
		report := e.agreeWith(fmt.Sprintf("case %d", i), s, places, given)
		outcomes[report.Outcome]++
	}
	t.Log(outcomes)
}

// TestUniqueMoves: values that move from document to document.
func TestUniqueMoves(t *testing.T) {
	e := newEngines(t, "f_moves")
	unique := []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u", "unique": true}`)}
	for _, test := range []struct {
		name, outcome string
		wanted, live  []string
	}{
		{"chain", change.Applied, []string{`{"_id": 1, "u": 2}`, `{"_id": 2, "u": 3}`, `{"_id": 3, "u": 4}`, `{"_id": 4, "u": 9}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 2, "u": 2}`, `{"_id": 3, "u": 3}`}},
		{"cycle", change.Applied, []string{`{"_id": 1, "u": 2}`, `{"_id": 2, "u": 1}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 2, "u": 2}`}},
		{"deleted", change.Applied, []string{`{"_id": 1, "u": 2}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 9, "u": 2}`}},
		{"array", change.Applied, []string{`{"_id": 1, "u": [5, 6]}`, `{"_id": 2, "u": [7]}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 2, "u": [5, 8]}`}},
		{"empty array", change.Refused, []string{`{"_id": 1, "u": []}`, `{"_id": 2, "u": []}`}, []string{`{"_id": 1, "u": 1}`, `{"_id": 2, "u": 2}`}},
	} {
		for _, others := range []int{0, 20} { // with others, documents and rivals are found by key
			c := collection(t, "f_moves", "c", desired.Exact, test.wanted...)
			at := place{indexes: unique}
			for _, text := range test.live {
				at.documents = append(at.documents, parse(t, text))
			}
			for i := range others {
				at.documents = append(at.documents, parse(t, fmt.Sprintf(`{"_id": %d, "u": %d}`, 100+i, 100+i)))
			}
			want := test.outcome
			c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 1, Filter: parse(t, `{}`), Where: &desired.Cond{Op: desired.CondLt, Path: doc.Path{"_id"}, Values: []bson.RawValue{int32Raw(50)}}}
			if report := e.agree(test.name, state(c), []place{at}); report.Outcome != want {
				t.Errorf("%s: %s, want %s\n%s", test.name, report.Outcome, want, view.Text(report, true))
			}
		}
	}
}

// engines are the two engines on one server.
type engines struct {
	t        testing.TB
	js       vm
	store    *storemongo.Store
	database *mongo.Database
}

func newEngines(t testing.TB, database string) *engines {
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
	return &engines{t, serverVM(t, client), store, freshDatabase(t, client, database)}
}

// agree plans and applies a state with both engines, from the same places, and
// compares their reports and what they leave.
func (e *engines) agree(name string, s *desired.State, places []place) *change.Report {
	e.t.Helper()
	return e.agreeWith(name, s, places, nil)
}

// agreeWith is agree with secrets that are given.
func (e *engines) agreeWith(name string, s *desired.State, places []place, secrets map[string]string) *change.Report {
	e.t.Helper()
	seedAll := func() {
		for i, p := range places {
			seed(e.t, e.database.Collection(s.Collections[i].Name), p.documents, p.indexes)
		}
	}
	all := func() (found []bson.Raw) {
		for _, c := range s.Collections {
			found = append(found, stored(e.t, e.database.Collection(c.Name))...)
			if !c.IsView() {
				found = append(found, e.indexes(c.Name)...)
			}
		}
		return found
	}
	compare := func(mode string, secrets map[string]string, report *change.Report, err error) {
		if err != nil {
			e.t.Fatal(err)
		}
		want, err := view.JSON(report)
		if err != nil {
			e.t.Fatal(err)
		}
		schema.Report(e.t, want)
		var lines bytes.Buffer
		if err := view.Lines(&lines, []*change.Report{report}, ""); err != nil {
			e.t.Fatal(err)
		}
		schema.Lines(e.t, lines.Bytes())
		got := runState(e.t, e.js, s, mode, secrets)
		for _, form := range []struct{ what, js, golang string }{
			{"report", runItem.ReplaceAllString(got.JSON, ""), runItem.ReplaceAllString(string(want), "")}, {"text", got.Text, view.Text(report, false)},
			{"Markdown", got.Markdown, view.Report(report, view.Form{Markdown: true})}, {"quiet text", got.Quiet, view.Report(report, view.Form{Quiet: true})},
			{"verbose text", got.Verbose, view.Report(report, view.Form{Verbose: true})}, {"small Markdown", got.Small, view.Report(report, jsvm.Small)},
			{"lines", runInLine.ReplaceAllString(got.Lines, ""), runInLine.ReplaceAllString(lines.String(), "")},
		} {
			if form.js != form.golang {
				e.t.Fatalf("%s, %s: the JavaScript engine's %s\n%s\nthe Go engine's\n%s\n%s", name, mode, form.what, form.js, form.golang, describe(s, places))
			}
		}
	}
	seedAll()
	report, err := enforce.Plan(e.t.Context(), e.store, s, enforce.Options{Secrets: secrets})
	compare("plan", secrets, report, err)
	e.unknownToo(name, s, report, compare)
	e.ledger(true)
	report, err = enforce.Apply(e.t.Context(), e.store, s, enforce.Options{Secrets: secrets})
	want, ledger := all(), e.ledger(true)
	seedAll()
	compare("apply", secrets, report, err)
	if report.Outcome == change.Applied {
		if got := e.ledger(false); got != ledger {
			e.t.Fatalf("%s: the engines left different ledgers\nthe Go engine's\n%s\nthe JavaScript engine's\n%s\n%s", name, ledger, got, describe(s, places))
		}
	}
	if got := all(); !slices.EqualFunc(want, got, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
		e.t.Fatalf("%s: the engines left different documents\n%s\n%s", name, want, got)
	}
	return report
}

// unknownToo plans and verifies a state without its secrets: what can be approved
// is what can be approved with them, and nothing unknown is called in sync.
func (e *engines) unknownToo(name string, s *desired.State, known *change.Report, compare func(string, map[string]string, *change.Report, error)) {
	e.t.Helper()
	if len(s.SecretNames()) == 0 {
		return
	}
	plan, err := enforce.Plan(e.t.Context(), e.store, s, enforce.Options{})
	compare("plan", nil, plan, err)
	if known.Digest != "" && plan.Digest != "" && plan.Digest != known.Digest {
		e.t.Fatalf("%s: the plan without secrets has another digest\n%s\nwith them\n%s", name, view.Text(plan, true), view.Text(known, true))
	}
	verified, err := enforce.Verify(e.t.Context(), e.store, s, enforce.Options{})
	compare("verify", nil, verified, err)
	if unknown := slices.ContainsFunc(verified.Collections, func(c change.CollectionReport) bool { return c.Counts.Unknown > 0 }); unknown && verified.Exit == change.ExitDone {
		e.t.Fatalf("%s: verified, though not all was compared\n%s", name, view.Text(verified, true))
	}
}

// indexes are those of a collection as listIndexes gives them.
func (e *engines) indexes(name string) []bson.Raw {
	e.t.Helper()
	cursor, err := e.database.Collection(name).Indexes().List(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	var found []bson.Raw
	if err := cursor.All(e.t.Context(), &found); err != nil {
		e.t.Fatal(err)
	}
	return found
}

// ledger shows the ledger's records of the test's database; with take they are removed.
func (e *engines) ledger(take bool) string {
	e.t.Helper()
	c := e.database.Client().Database(enforce.DefaultStateDatabase).Collection("ledger")
	mine := bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: e.database.Name() + "."}, {Key: "$lt", Value: e.database.Name() + "/"}}}}
	cursor, err := c.Find(e.t.Context(), mine, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "run", Value: 0}}))
	if err != nil {
		e.t.Fatal(err)
	}
	var found []bson.Raw
	if err := cursor.All(e.t.Context(), &found); err != nil {
		e.t.Fatal(err)
	}
	if take {
		if _, err := c.DeleteMany(e.t.Context(), mine); err != nil {
			e.t.Fatal(err)
		}
	}
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintf(&b, "%s\n", doc.Line(d))
	}
	return b.String()
}

func describe(s *desired.State, places []place) string {
	var b bytes.Buffer
	for i, c := range s.Collections {
		fmt.Fprintf(&b, "mode %s identity %v preserve %v ignore %v absent %v known %v prune %+v indexes %v\n", c.Mode, c.Identity, c.Preserve, c.Ignore, c.Absent, c.Known, c.Prune, c.Indexes)
		for _, d := range c.Documents {
			fmt.Fprintf(&b, "  wanted %s\n", d.Raw)
		}
		for _, d := range places[i].documents {
			fmt.Fprintf(&b, "  live %s\n", d)
		}
	}
	return b.String()
}

// TestLedgersAgree: many documents are in many records (agreeWith compares them).
func TestLedgersAgree(t *testing.T) {
	e := newEngines(t, "f_ledger")
	c := collection(t, "f_ledger", "c", desired.Exact)
	c.Ignore, c.Preserve = []doc.Path{{"i"}}, []doc.Path{{"n", "p"}}
	for i := range 600 {
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, fmt.Sprintf(`{"_id": %d, "n": {"p": 1, "q": {}, "é.x": [%d]}, "i": 1, "d": {"$date": {"$numberLong": "%d"}}}`, i, i, i))})
	}
	report := e.agree("many", state(c), []place{{documents: []bson.Raw{parse(t, `{"_id": 1, "n": {"p": 5}}`)}}})
	if got := strings.Count(e.ledger(false), "\n"); report.Outcome != change.Applied || got != 64 {
		t.Errorf("%d records\n%s", got, view.Text(report, false))
	}
}

// TestUntoldAgree: of many inserts, updates and deletes the first ones have an item where text is
// all that is shown, and it says how many there are, and what they have in common.
func TestUntoldAgree(t *testing.T) {
	e := newEngines(t, "f_untold")
	c := collection(t, "f_untold", "c", desired.Exact)
	for i := range view.Inserts + 100 {
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, fmt.Sprintf(`{"_id": %d}`, i))})
	}
	s, limited := state(c), enforce.Options{Items: view.Inserts}
	seed(t, e.database.Collection("c"), []bson.Raw{parse(t, `{"_id": 1, "n": 5}`)}, nil)
	agree := func(mode string, settings map[string]string, report *change.Report, err error, more string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if of := &report.Collections[0]; len(of.Documents) > view.Inserts+1 || of.Untold == (change.Untold{}) {
			t.Errorf("%s: %d items", mode, len(of.Documents))
		}
		got, want := e.js.RunText(stateText(t, s), mode, settings), view.Text(report, false)
		if got != want || !strings.Contains(got, more) {
			t.Errorf("%s: the JavaScript engine says\n%s\nthe Go engine\n%s", mode, got, want)
		}
	}
	report, err := enforce.Plan(t.Context(), e.store, s, limited)
	agree("plan", nil, report, err, fmt.Sprintf("… and %d more to insert", view.Inserts+79))
	if report, err = enforce.Apply(t.Context(), e.store, s, limited); err != nil || report.Outcome != change.Applied {
		t.Fatal(report, err)
	}
	report, err = undo.Undo(t.Context(), e.store, s, undo.Options{Plan: true}, limited)
	last := map[string]string{"MONGOCD_RUN": "last", "MONGOCD_PLAN": "1"}
	agree("undo", last, report, err, fmt.Sprintf("… and %d more to delete", view.Inserts+79))

	for i := range c.Documents { // most have something of their own, some in common, some both
		text := fmt.Sprintf(`{"_id": %d, "n": %d, "many": %d, "list": [{"k": 1, "v": 2}]}`, i, i, i%9)
		if i%5 == 0 {
			text = fmt.Sprintf(`{"_id": %d, "many": %d}`, i, i%9)
		}
		c.Documents[i].Raw = parse(t, text)
	}
	s = state(c)
	report, err = enforce.Plan(t.Context(), e.store, s, limited)
	agree("plan", nil, report, err, "… and 230 more to update")
	if report, err = enforce.Apply(t.Context(), e.store, s, limited); err != nil || report.Outcome != change.Applied {
		t.Fatal(report, err)
	}
	report, err = undo.Undo(t.Context(), e.store, s, undo.Options{Plan: true}, limited)
	agree("undo", last, report, err, "~ 240 documents: - n: …")

	// Somebody changed what was written, and the rules some of the same documents.
	if _, err := e.database.Collection("c").UpdateMany(t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: 20}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "many", Value: -1}}}}); err != nil {
		t.Fatal(err)
	}
	for i := 250; i < len(c.Documents); i++ {
		c.Documents[i].Raw = parse(t, fmt.Sprintf(`{"_id": %d, "n": %d, "many": 77}`, i, i))
	}
	s = state(c)
	report, err = enforce.Plan(t.Context(), e.store, s, limited)
	agree("plan", nil, report, err, "(destination, since ")

	c.Documents = c.Documents[:1]
	c.Prune = &desired.Prune{AtMost: 1000, Filter: parse(t, `{}`)}
	report, err = enforce.Plan(t.Context(), e.store, s, limited)
	agree("plan", nil, report, err, fmt.Sprintf("… and %d more to delete", view.Inserts+79))
	if report, err = enforce.Apply(t.Context(), e.store, s, limited); err != nil || report.Outcome != change.Applied {
		t.Fatal(report, err)
	}
	report, err = undo.Undo(t.Context(), e.store, s, undo.Options{Plan: true}, limited)
	agree("undo", last, report, err, fmt.Sprintf("… and %d more to insert", view.Inserts+79))
}

// TestApproved: both engines refuse what was not approved, in the same words.
func TestApproved(t *testing.T) {
	e := newEngines(t, "f_approved")
	s := state(collection(t, "f_approved", "c", desired.Exact, `{"_id": 1, "n": 2}`, `{"_id": 2}`))
	seed(t, e.database.Collection("c"), []bson.Raw{parse(t, `{"_id": 1, "n": 1}`)}, nil)
	plan, err := enforce.Plan(t.Context(), e.store, s, enforce.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := "sha256:" + strings.Repeat("0", 64)
	refused, err := enforce.Apply(t.Context(), e.store, s, enforce.Options{Approved: other})
	if err != nil {
		t.Fatal(err)
	}
	if got := runState(t, e.js, s, "apply", map[string]string{"MONGOCD_APPROVED": other}).Text; got != view.Text(refused, false) || refused.Exit != change.ExitRefused {
		t.Errorf("the JavaScript engine says\n%s\nthe Go engine\n%s", got, view.Text(refused, false))
	}
	if got := runState(t, e.js, s, "apply", map[string]string{"MONGOCD_APPROVED": plan.Digest}).Text; !strings.HasSuffix(got, "\nresult: applied, exit 0\n") {
		t.Errorf("approved, and\n%s", got)
	}
}

// granted answers what the user may, to both engines.
type granted struct {
	atServer
	answer bson.Raw
}

func (s granted) asked(command bson.Raw) bool {
	_, err := command.LookupErr("connectionStatus")
	return err == nil
}

// grantedServer is the JavaScript engine's side.
type grantedServer struct{ granted }

func (s grantedServer) Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error) {
	if s.asked(command) {
		return s.answer, nil
	}
	return s.atServer.Command(ctx, database, command)
}

// grantedStore is the Go engine's.
type grantedStore struct {
	*storemongo.Store
	granted granted
}

func (s grantedStore) Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error) {
	if s.granted.asked(command) {
		return s.granted.answer, nil
	}
	return s.Store.Command(ctx, database, command)
}

// TestMissingPrivileges: both engines find what the user may not, in the same words.
func TestMissingPrivileges(t *testing.T) {
	e := newEngines(t, "f_privileges")
	client, _ := connect(t)
	s := state(collection(t, "f_privileges", "c", desired.Exact, `{"_id": 1}`), collection(t, "f_privileges", "system.x", desired.Exact, `{"_id": 1}`))
	seed(t, e.database.Collection("c"), []bson.Raw{parse(t, `{"_id": 1, "n": 1}`)}, nil)
	for _, privileges := range []string{
		`{"resource": {"cluster": true}, "actions": ["update"]}`,
		`{"resource": {"db": "f_privileges", "collection": ""}, "actions": ["update", "insert", "createCollection"]}, {"resource": {"db": "mongocd", "collection": ""}, "actions": ["find", "insert", "update"]}`,
		`{"resource": {"db": "", "collection": ""}, "actions": ["anyAction"]}`,
	} {
		g := granted{atServer: atServer{client}, answer: parse(t, `{"authInfo": {"authenticatedUsers": [{"user": "a\u001b", "db": "admin"}, {"user": "b", "db": "x"}], "authenticatedUserPrivileges": [`+privileges+`]}, "ok": 1}`)}
		report, err := enforce.Apply(t.Context(), grantedStore{e.store, g}, s, enforce.Options{})
		if err != nil || report.Exit != change.ExitRefused || report.Conflicts[0].Code != change.MissingPrivilege.Code {
			t.Fatalf("%v\n%s", err, view.Text(report, true))
		}
		if got := runState(t, jsvm.NewServed(t, grantedServer{g}), s, "apply", nil).Text; got != view.Text(report, false) {
			t.Errorf("the JavaScript engine says\n%s\nthe Go engine\n%s", got, view.Text(report, false))
		}
	}
}

// runItem is what a report says of the run's record: the number of a run and the
// digest of its journal are not the same when two engines run after each other.
var runItem = regexp.MustCompile(`(?s)  "run": \{.*?\},\n`)

// runInLine is the same of a report as JSON lines.
var runInLine = regexp.MustCompile(`,"run":\{"id":[^{}]*\}`)
