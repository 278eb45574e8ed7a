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
)

var scalars = []string{`1`, `{"$numberDouble": "1.0"}`, `{"$numberLong": "1"}`, `2`, `"a"`, `"b"`, `null`, `true`, `{"$numberDecimal": "1.10"}`, `[]`, `[1, 2]`, `[{"x": 1}]`, `{"$numberDouble": "NaN"}`, `{"$date": {"$numberLong": "5"}}`}

var fieldNames = []string{"a", "b", "k", "u", "n", "10", "2"}

var testPaths = []doc.Path{{"a"}, {"b"}, {"n"}, {"n", "a"}, {"n", "b"}, {"n", "n", "a"}, {"m", "a"}, {"u"}, {"10"}, {"a.b"}, {"$x"}}

// randomValue writes Extended JSON.
func (g gen) randomValue(depth int) string {
	if depth < 3 && g.IntN(4) == 0 {
		return g.randomFields(depth+1, g.IntN(4), "")
	}
	return pick(g, scalars)
}

func (g gen) randomFields(depth, n int, first string) string {
	out, seen := "{"+first, map[string]bool{"k": depth == 0}
	for range n {
		name := pick(g, fieldNames)
		if g.IntN(25) == 0 {
			name = pick(g, []string{"a.b", "$x", ""})
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if out != "{" {
			out += ", "
		}
		if (name == "n" || name == "m") && depth < 3 && g.IntN(3) > 0 {
			out += fmt.Sprintf("%q: %s", name, g.randomFields(depth+1, g.IntN(4), ""))
			continue
		}
		out += fmt.Sprintf("%q: %s", name, g.randomValue(depth))
	}
	return out + "}"
}

func (g gen) somePaths(n int) []doc.Path {
	var out []doc.Path
	for range n {
		out = append(out, pick(g, testPaths))
	}
	return out
}

// place is what is at the destination of one collection.
type place struct{ documents, indexes []bson.Raw }

// world makes a state and what is at its destination.
func (g gen) world(t testing.TB, database string) (s *desired.State, live, indexes []bson.Raw) {
	c, p := g.collection(t, database, "c")
	return state(c), p.documents, p.indexes
}

func (g gen) collection(t testing.TB, database, name string) (*desired.Collection, place) {
	var live, indexes []bson.Raw
	c := &desired.Collection{Database: database, Name: name, Origin: "w.weave:1:1", Identity: []doc.Path{{"_id"}}}
	c.Mode = pick(g, []desired.Mode{desired.Replace, desired.Replace, desired.Exact, desired.Exact, desired.Merge, desired.Merge, desired.Insert, desired.Update, desired.Structure})
	byKey := g.IntN(2) == 0
	if byKey {
		c.Identity = []doc.Path{{"k"}}
	}
	c.Preserve, c.Ignore = g.somePaths(g.IntN(3)*g.IntN(2)), g.somePaths(g.IntN(3)*g.IntN(2))
	if g.IntN(4) == 0 {
		c.Redact = []desired.Pattern{{Leaf: pick(g, append([]string{"x"}, fieldNames...))}, {Path: pick(g, testPaths)}}[g.IntN(2):]
	}
	if g.IntN(4) == 0 {
		c.Omit = []desired.Pattern{{Leaf: pick(g, append([]string{"x"}, fieldNames...))}}
	}
	if c.Mode == desired.Merge || c.Mode == desired.Update {
		c.Absent = g.somePaths(g.IntN(3))
	}
	for range g.IntN(8) {
		c.Known = append(c.Known, pick(g, testPaths))
	}
	var texts []string
	for i := range g.IntN(7) {
		first := fmt.Sprintf(`"_id": %d, "k": "k%d"`, i, i)
		if byKey && g.IntN(3) == 0 {
			first = fmt.Sprintf(`"k": "k%d"`, i)
		}
		text := g.randomFields(0, g.IntN(6), first)
		texts = append(texts, text)
		origin := ""
		if g.IntN(3) == 0 {
			origin = "w.weave:5:3"
		}
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, text), Origin: origin})
	}
	for i := range g.IntN(9) {
		id := fmt.Sprintf(`"_id": %d`, i)
		if g.IntN(8) == 0 {
			id = fmt.Sprintf(`"_id": {"$numberLong": "%d"}`, i)
		}
		key := i
		if byKey && g.IntN(6) == 0 {
			key = g.IntN(9)
		}
		text := g.randomFields(0, g.IntN(6), fmt.Sprintf(`%s, "k": "k%d"`, id, key))
		if i < len(texts) && g.IntN(3) == 0 {
			d := parse(t, texts[i])
			if _, ok := doc.Get(d, doc.Path{"_id"}); ok {
				text = texts[i]
			}
		}
		live = append(live, parse(t, text))
	}
	if g.IntN(3) == 0 { // so many that documents are found by key
		for i := range 20 {
			live = append(live, parse(t, g.randomFields(0, g.IntN(3), fmt.Sprintf(`"_id": %d, "k": "x%d"`, 100+i, i))))
		}
	}
	if g.IntN(6) == 0 {
		c.Identity = append(c.Identity, doc.Path{"n", "a"})
		c.Documents = slices.DeleteFunc(c.Documents, func(d desired.Document) bool {
			v, ok := doc.Get(d.Raw, doc.Path{"n", "a"})
			return !ok || v.Type == bson.TypeNull || v.Type == bson.TypeArray
		})
	}
	if g.IntN(2) == 0 {
		// The test engine keeps the entry of a missing field when the field is set: only `k`, which is never missing, does without sparse.
		spec := pick(g, []string{
			`{"key": {"u": 1}, "name": "ix", "unique": true, "sparse": true}`, `{"key": {"n.a": 1}, "name": "ix", "unique": true, "sparse": true}`,
			`{"key": {"k": 1}, "name": "ix", "unique": true, "sparse": true}`, `{"key": {"k": 1}, "name": "ix", "unique": true}`,
		})
		if g.IntN(2) == 0 {
			indexes = append(indexes, parse(t, spec))
		}
		if g.IntN(2) == 0 {
			c.Indexes = append(c.Indexes, parse(t, spec))
		}
	}
	if g.IntN(2) == 0 {
		c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: int64(g.IntN(5)), Percent: g.IntN(3) == 0}
		if c.Prune.Percent {
			c.Prune.AtMost *= 20
		}
		if g.IntN(2) == 0 {
			c.Prune.Filter = parse(t, `{}`)
			v, err := doc.ParseExtJSONValue([]byte(pick(g, scalars)))
			if err != nil {
				t.Fatal(err)
			}
			c.Prune.Where = &desired.Cond{Op: pick(g, []desired.CondOp{desired.CondEq, desired.CondNe, desired.CondLt, desired.CondGe, desired.CondIn, desired.CondContains}), Path: pick(g, testPaths), Values: []bson.RawValue{v}}
			if g.IntN(3) == 0 {
				c.Prune.Where = &desired.Cond{Op: desired.CondNot, Args: []*desired.Cond{c.Prune.Where}}
			}
			if g.IntN(3) == 0 {
				c.Prune.Where = &desired.Cond{Op: desired.CondIs, Path: pick(g, testPaths), Word: pick(g, []string{"missing", "number", "string", "array", "null", "present"})}
			}
		}
	}
	for i := range c.Documents {
		if g.IntN(3) == 0 {
			d := &c.Documents[i]
			d.Raw = bson.Raw(g.hide(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, nil, d).Value)
		}
	}
	if c.Mode == desired.Structure {
		c.Documents, c.Prune = nil, nil
		if g.IntN(3) == 0 {
			c.Options, c.Indexes = parse(t, `{"viewOn": "base", "pipeline": [{"$match": {"a": 1}}]}`), nil
			if g.IntN(2) == 0 {
				live, indexes = nil, nil
			}
		}
	}
	return c, place{live, indexes}
}

// hooks adds commands, one of which changes what the first look saw.
func (g gen) hooks(t testing.TB, s *desired.State) {
	c := s.Collections[0]
	command := func(origin, database, text string) []desired.Command {
		return []desired.Command{{Origin: origin, Database: database, Command: parse(t, text)}}
	}
	if g.IntN(4) == 0 {
		s.Before = command("w.weave:1:2", c.Database, `{"ping": 1}`)
	}
	if g.IntN(4) == 0 {
		c.Before = command("w.weave:1:3", c.Database, `{"update": "c", "updates": [{"q": {"_id": 0}, "u": {"$set": {"b": 5}}}]}`)
	}
	if g.IntN(4) == 0 {
		c.After = command("w.weave:1:4", c.Database, `{"ping": 1}`)
		s.After = command("w.weave:1:5", "admin", `{"ping": 1}`)
	}
}

// hide makes secrets of some values of a document, which become null.
func (g gen) hide(v bson.RawValue, at []string, d *desired.Document) bson.RawValue {
	if len(at) > 0 && (at[0] == "_id" || at[0] == "k" || slices.Equal(at, []string{"n", "a"})) {
		return v
	}
	if len(at) > 0 && !slices.Equal(at, []string{"n"}) && g.IntN(6) == 0 { // n.a may be in the identity
		secret := desired.Secret{Path: at, Parts: []desired.SecretPart{{Name: pick(g, []string{"A", "B", "C"})}}}
		if g.IntN(3) == 0 {
			secret.Parts = append(secret.Parts, desired.SecretPart{Text: "-"}, desired.SecretPart{Name: "B"})
		}
		d.Secrets = append(d.Secrets, secret)
		return bson.RawValue{Type: bson.TypeNull}
	}
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
		return v
	}
	out := doc.NewBuilder(64)
	for name, w := range doc.Fields(bson.Raw(v.Value)) {
		out.Append(name, g.hide(w, append(slices.Clip(at), name), d))
	}
	return bson.RawValue{Type: v.Type, Value: out.Raw()}
}

// TestEnginesAgree runs a sample; MONGOCD_SOAK=N runs N cases with a seed of their own.
func TestEnginesAgree(t *testing.T) {
	cases, number := 150, uint64(8)
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
		got := runState(e.t, e.js, s, mode, secrets)
		for _, form := range []struct{ what, js, golang string }{
			{"report", runItem.ReplaceAllString(got.JSON, ""), runItem.ReplaceAllString(string(want), "")}, {"text", got.Text, view.Text(report, false)},
			{"Markdown", got.Markdown, view.Report(report, view.Form{Markdown: true})}, {"quiet text", got.Quiet, view.Report(report, view.Form{Quiet: true})},
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
