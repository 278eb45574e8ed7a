package cases

// The engines against an independent model (codegen/cases/model): random states
// and destinations, the Go engine on the directory store and the JavaScript
// engine in goja on a server in memory. Reports of the two must be equal byte for
// byte, and what the destinations hold must be what the model expects.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// TestRandomStatesAgainstTheModel runs 100 cases, MONGOCD_SOAK=n ten times n; it
// ends after the fifth that is wrong.
func TestRandomStatesAgainstTheModel(t *testing.T) {
	first, n := seed(t), 10*soak(t, 10)
	m := &againstModel{t: t, tally: map[string]int{}, server: newMemory()}
	m.js = jsvm.NewServed(t, m.server)
	wrong := 0
	for i := range n {
		g := newGenerator(t, first+uint64(i))
		g.moving = true
		state, world := g.world()
		g.patterns(state.Collections[0])
		if g.chance(25) {
			world = g.structure(state.Collections[0], world)
		}
		if problem := m.run(state, world, i%4 == 0); problem != "" {
			t.Errorf("seed %d: %s\n%s", first+uint64(i), problem, describe(t, state, world))
			if wrong++; wrong == 5 {
				break
			}
		}
		if (i+1)%1000 == 0 {
			t.Logf("%d cases so far, %d wrong", i+1, wrong)
		}
	}
	t.Logf("%d cases: %v", n, m.tally)
	for _, outcome := range []string{model.InSync, model.Applied, model.Refused} {
		if n >= 200 && m.tally[outcome] == 0 {
			t.Errorf("no case is %s", outcome)
		}
	}
}

// TestNameOfAnotherIndex: an index that a line is for, and whose name is not free,
// is not dropped for it (found by the random cases).
func TestNameOfAnotherIndex(t *testing.T) {
	c := &desired.Collection{Database: "db", Name: "items", Origin: "random.weave:1:1", Mode: desired.Structure, Identity: []doc.Path{{"_id"}}, Declared: []string{"ix"},
		Indexes: raws(`{"key": {"a": 1}, "name": "b_1"}`, `{"key": {"d": 1}, "name": "ix"}`)}
	world := []collection{{database: "db", name: "items", indexes: raws(`{"key": {"a": 1}, "name": "ix"}`, `{"key": {"b": 1}, "name": "b_1"}`, `{"key": {"d": 1}, "name": "ix_d", "hidden": true}`)}}
	m := &againstModel{t: t, tally: map[string]int{}, server: newMemory()}
	m.js = jsvm.NewServed(t, m.server)
	state := &desired.State{Weave: "random", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{c}}
	if problem := m.run(state, world, true); problem != "" {
		t.Error(problem)
	}
	if m.tally[model.InSync] != 1 {
		t.Errorf("%v, want one in sync", m.tally)
	}
}

// againstModel runs cases with both engines.
type againstModel struct {
	t      *testing.T
	js     jsvm.VM
	server *memory
	tally  map[string]int
}

// run says what is not as the model says; empty when all is. twice: the JavaScript
// engine, which takes most of the time, runs a second time as well.
func (m *againstModel) run(state *desired.State, world []collection, twice bool) (problem string) {
	return m.hold(state, state, world, twice)
}

// hold says what is not as the model says of the state `meant` when the engines are given `state`.
func (m *againstModel) hold(meant, state *desired.State, world []collection, twice bool) (problem string) {
	t := m.t
	expected := model.Apply(meant, randomSecrets, toModel(world))
	want := show(plainly(fromModel(expected.World)), itself)

	if expected.Outcome == model.Applied && !stillApproved(t, state, world) {
		return "elements that an application has pushed void an approval"
	}
	root := t.TempDir()
	writeDirectory(t, root, world)
	report := applyOnDirectory(t, root, state)
	if difference := agrees(expected, report); difference != "" {
		return fmt.Sprintf("the Go engine: %s\n%s", difference, view.Text(report, true))
	}
	if got := show(plainly(readDirectory(t, root)), itself); got != want {
		return fmt.Sprintf("the directory is not as the model expects it\n%s\n%s", lineDiff(want, got), view.Text(report, true))
	}

	m.server.load(world)
	data := stateText(t, state)
	byScript := m.js.RunState(data, "apply", randomSecrets)
	byGo, err := view.JSON(report)
	if err != nil {
		t.Fatal(err)
	}
	schema.Report(t, byGo)
	for _, form := range [][2]string{{string(byGo), byScript.JSON}, {view.Text(report, false), byScript.Text}, {view.Report(report, view.Form{Markdown: true}), byScript.Markdown},
		{view.Text(report, true), byScript.Verbose}, {view.Report(report, jsvm.Small), byScript.Small}} {
		if form[0] != form[1] {
			return "the reports differ, + by the prelude\n" + lineDiff(form[0], form[1])
		}
	}
	if got := show(plainly(m.server.dump()), itself); got != want {
		return fmt.Sprintf("what the prelude leaves is not as the model expects it\n%s\n%s", lineDiff(want, got), view.Text(report, true))
	}
	m.tally[expected.Outcome]++
	for _, c := range slices.Compact(slices.Clone(expected.Conflicts)) {
		m.tally[strings.Fields(c)[1]]++
	}
	if expected.Outcome == model.Refused {
		return ""
	}
	// A second run has nothing to do, by the model itself, too.
	if again := model.Apply(meant, randomSecrets, expected.World); again.Outcome != model.InSync {
		return fmt.Sprintf("the model's second run is %s %v", again.Outcome, again.Conflicts)
	}
	if again := applyOnDirectory(t, root, state); again.Outcome != change.InSync {
		return fmt.Sprintf("the Go engine's second run is %s\n%s", again.Outcome, view.Text(again, true))
	}
	if !twice {
		return ""
	}
	m.server.writes = nil
	if again := m.js.RunState(data, "apply", randomSecrets); !strings.HasSuffix(again.Text, "result: in-sync, exit 0\n") || len(m.server.writes) > 0 {
		return fmt.Sprintf("the prelude's second run wrote %v\n%s", m.server.writes, again.Text)
	}
	return ""
}

// agrees holds a report against the model; empty when it is as expected.
func agrees(e model.Expected, report *change.Report) string {
	if report.Outcome != e.Outcome {
		return fmt.Sprintf("it is %s, the model says %s %v", report.Outcome, e.Outcome, e.Conflicts)
	}
	var conflicts []string
	for _, c := range report.Conflicts {
		conflicts = append(conflicts, c.Database+"."+c.Collection+" "+c.Code)
	}
	if !slices.Equal(conflicts, e.Conflicts) {
		return fmt.Sprintf("conflicts are %v, the model says %v", conflicts, e.Conflicts)
	}
	for _, c := range report.Collections {
		n := c.Counts
		got, want := model.Counts{Desired: n.Desired, InSync: n.InSync, Insert: n.Insert, Update: n.Update, Delete: n.Delete, Absent: n.Absent, Unmanaged: n.Unmanaged}, e.Counts[c.Database+"."+c.Collection]
		if got != want {
			return fmt.Sprintf("counts are %+v, the model says %+v", got, want)
		}
	}
	return ""
}

func toModel(world []collection) model.World {
	out := model.World{}
	for _, c := range world {
		out[c.namespace()] = &model.Collection{Options: c.options, Indexes: c.indexes, Documents: c.documents}
	}
	return out
}

func fromModel(world model.World) []collection {
	var out []collection
	for name, c := range world {
		database, rest, _ := strings.Cut(name, ".")
		out = append(out, collection{database: database, name: rest, options: c.Options, indexes: slices.Clone(c.Indexes), documents: slices.Clone(c.Documents)})
	}
	sortWorld(out)
	return out
}

const stateStart = "const mongocdState = "

// stateText is the statement of a generated script that holds the state.
func stateText(t *testing.T, state *desired.State) string {
	t.Helper()
	_, data := scriptParts(t, state)
	return stateStart + data
}

// enginePart is a generated script up to its state.
func enginePart(t *testing.T, state *desired.State) string {
	t.Helper()
	engine, _ := scriptParts(t, state)
	return engine
}

func scriptParts(t *testing.T, state *desired.State) (engine, data string) {
	t.Helper()
	files, err := mongosh.Generate(render(t, state))
	if err != nil {
		t.Fatal(err)
	}
	engine, after, ok := strings.Cut(string(files[0].Data), stateStart)
	data, _, found := strings.Cut(after, "\nquit(")
	if !ok || !found {
		t.Fatal("the script is not engine, state and call any more")
	}
	return engine, data
}

// plainly writes indexes and options in one order, without defaults.
func plainly(world []collection) []collection {
	var out []collection
	plain := func(d bson.Raw) bson.Raw {
		fields := map[string]bson.RawValue{}
		for name, v := range doc.Fields(d) {
			text := string(doc.AppendCanonicalValue(nil, v))
			if text != "false" && text != "{}" && text != `"strict"` && text != `"error"` {
				fields[name] = v
			}
		}
		b := doc.NewBuilder(len(d))
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			b.Append(name, fields[name])
		}
		return b.Raw()
	}
	for _, c := range world {
		c.options, c.indexes = plain(c.options), slices.Clone(c.indexes)
		for i := range c.indexes {
			c.indexes[i] = plain(c.indexes[i])
		}
		out = append(out, c)
	}
	sortWorld(out)
	return out
}

// structure gives a collection other indexes and options than it has at the
// destination, and lines of the weave for some of them.
func (g *generator) structure(c *desired.Collection, world []collection) []collection {
	if c.IsView() || len(c.Indexes) > 0 {
		return world
	}
	at := slices.IndexFunc(world, func(w collection) bool { return w.namespace() == c.Namespace() })
	fields := []string{"a", "b", "d"}
	index := func(field string) bson.Raw {
		spec := bson.D{{Key: "key", Value: bson.D{{Key: field, Value: int32(1)}}}, {Key: "name", Value: pick(g, []string{field + "_1", field + "_1", "ix_" + field, "ix"})}}
		for _, option := range []string{"unique", "sparse", "hidden"} {
			if g.chance(25) {
				spec = append(spec, bson.E{Key: option, Value: true})
			}
		}
		if g.chance(20) {
			spec = append(spec, bson.E{Key: "expireAfterSeconds", Value: int32(60 + g.IntN(2))})
		}
		return marshal(spec)
	}
	indexes := func() []bson.Raw {
		var out []bson.Raw
		for _, field := range fields {
			spec := index(field)
			named := slices.ContainsFunc(out, func(o bson.Raw) bool { return o.Lookup("name").StringValue() == spec.Lookup("name").StringValue() })
			if g.chance(60) && !named {
				out = append(out, spec)
			}
		}
		return out
	}
	c.Indexes, c.IndexesExact = indexes(), g.chance(20)
	for _, spec := range c.Indexes {
		if g.chance(60) {
			c.Declared = append(c.Declared, spec.Lookup("name").StringValue())
		}
	}
	slices.Sort(c.Declared)
	options := func() bson.Raw {
		var d bson.D
		validator := bson.D{{Key: "a", Value: bson.D{{Key: "$not", Value: bson.D{{Key: "$type", Value: "string"}}}}}}
		if g.chance(25) {
			validator[0].Value = int32(g.IntN(2))
		}
		for _, o := range []bson.E{{Key: "validator", Value: validator}, {Key: "validationLevel", Value: pick(g, []string{"off", "strict"})}, {Key: "validationAction", Value: pick(g, []string{"warn", "error"})}} {
			if g.chance(50) {
				d = append(d, o)
			}
		}
		if d == nil {
			return nil
		}
		return marshal(d)
	}
	if g.chance(50) {
		c.Options = options()
		for _, name := range []string{"validationAction", "validationLevel", "validator"} {
			if g.chance(50) {
				c.SetOptions = append(c.SetOptions, name)
			}
		}
	}
	if at < 0 || len(world[at].options) > 0 {
		return world
	}
	there := &world[at]
	there.options = options()
	for _, spec := range indexes() {
		if unique, ok := spec.Lookup("unique").BooleanOK(); !ok || !unique || model.CanBeUnique(spec, there.documents) {
			there.indexes = append(there.indexes, spec)
		}
	}
	for _, spec := range there.indexes {
		wanted := slices.ContainsFunc(c.Indexes, func(w bson.Raw) bool { return w.Lookup("name").Equal(spec.Lookup("name")) })
		if g.chance(20) && !wanted {
			c.DropIndexes = append(c.DropIndexes, spec.Lookup("name").StringValue())
		}
	}
	slices.Sort(c.DropIndexes)
	sortWorld(world)
	return world
}

// patterns adds fields that extraction left out: mostly the wanted documents lack them.
func (g *generator) patterns(c *desired.Collection) {
	pattern := func() []desired.Pattern {
		if g.chance(50) {
			return []desired.Pattern{{Leaf: pick(g, plainNames)}}
		}
		return []desired.Pattern{{Path: g.path()}}
	}
	if g.chance(12) {
		c.Redact = pattern()
	}
	if g.chance(12) {
		c.Omit = pattern()
	}
}
