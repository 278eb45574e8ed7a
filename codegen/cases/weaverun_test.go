package cases

// The compiler, the engines and the stores against an independent model of what a
// weave means: random workspaces (weave_test.go) are compiled; the state must be the
// model's, or what is wrong be found; both engines bring destinations to it, and what
// these hold must be what the model expects. Where a unique key is there twice, the
// compiler must refuse, and so must both engines what it would have made.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// TestRandomWeaves runs 100 cases, MONGOCD_SOAK=n ten times n, each of the seed after
// the one before: MONGOCD_SEED=s MONGOCD_SOAK=1 shows one that was wrong. It ends
// after the fifth.
func TestRandomWeaves(t *testing.T) {
	first, n := seed(t), 10*soak(t, 10)
	m := &againstModel{t: t, tally: map[string]int{}, server: newMemory()}
	m.js = jsvm.NewServed(t, m.server)
	wrong := 0
	for i := range n {
		w := weaveOf(t, first+uint64(i))
		if problem := m.weave(w, first+uint64(i), i%4 == 0); problem != "" {
			t.Errorf("seed %d: %s\n%s", first+uint64(i), problem, w)
			if wrong++; wrong == 5 {
				break
			}
		}
		if (i+1)%1000 == 0 {
			t.Logf("%d cases so far, %d wrong", i+1, wrong)
		}
	}
	t.Logf("%d cases: %v", n, m.tally)
	for _, outcome := range []string{"compiled", "duplicate-key", model.Applied, model.Refused} {
		if n >= 200 && m.tally[outcome] == 0 {
			t.Errorf("no case is %s", outcome)
		}
	}
}

// weave says what is not as the model says of a workspace; empty when all is.
func (m *againstModel) weave(w *weaveCase, seed uint64, twice bool) string {
	state, found := compileFiles(m.t, w)
	if len(w.wrong) > 0 {
		m.tally[w.wrong[0]]++
		if len(found) == 0 {
			return fmt.Sprintf("it compiles, the model says %v", w.wrong)
		}
		if others := slices.DeleteFunc(slices.Clone(found), func(code string) bool { return slices.Contains(w.wrong, code) }); len(others) > 0 {
			return fmt.Sprintf("the compiler says %v, the model %v", found, w.wrong)
		}
		updates := slices.ContainsFunc(w.state.Collections, func(c *desired.Collection) bool { return c.Mode == desired.Update }) // and inserts none
		if w.server || updates || !slices.Equal(w.wrong, []string{"duplicate-key"}) {
			return ""
		}
		refused := false
		for _, part := range w.state.Parts() {
			refused = refused || model.Apply(part, randomSecrets, nil).Outcome == model.Refused
			if problem := m.run(part, nil, false); problem != "" {
				return problem
			}
		}
		if !refused {
			return "the model finds a key twice, and does not say that a run is refused"
		}
		return ""
	}
	m.tally["compiled"]++
	if len(found) > 0 {
		return fmt.Sprintf("the compiler says %v, the model nothing", found)
	}
	if got, want := described(m.t, state), described(m.t, w.state); got != want {
		return "the state is not the model's, + the compiler's\n" + lineDiff(want, got)
	}
	if w.server {
		return ""
	}
	g := newGenerator(m.t, seed^1<<63)
	parts := state.Parts()
	for i, meant := range w.state.Parts() {
		world := g.destination(meant)
		if problem := m.hold(meant, parts[i], world, twice); problem != "" {
			return problem + "\nbefore: " + show(world, itself)
		}
	}
	return ""
}

// described is a state as text, without what the model says nothing of.
func described(t *testing.T, state *desired.State) string {
	var plain desired.State
	for _, c := range state.Collections {
		p := *c
		if c.Prune != nil {
			prune := *c.Prune
			p.Prune = &prune
		}
		p.Known, p.Documents = nil, slices.Clone(c.Documents)
		for i := range p.Documents {
			links := slices.Clone(p.Documents[i].Links)
			slices.SortFunc(links, func(a, b desired.LinkedID) int { return slices.Compare(a.Path, b.Path) })
			p.Documents[i].Links = links
		}
		plain.Collections = append(plain.Collections, &p)
	}
	text, _, _ := strings.Cut(describe(t, &plain, nil), "before: ")
	text += fmt.Sprintf("apart %q\n", state.Apart)
	for _, c := range state.Collections {
		links := slices.SortedFunc(slices.Values(c.Links), func(a, b desired.Link) int { return slices.Compare(a.Steps, b.Steps) })
		for _, l := range links {
			text += fmt.Sprintf("link %s %q to %s.%s\n", c.Name, l.Steps, l.Database, l.Collection)
		}
		text += fmt.Sprintf("%s.%s knows %v\n", c.Database, c.Name, c.Known)
	}
	return text
}

// compileFiles compiles a workspace in memory for prod, or gives the codes of its errors.
func compileFiles(t *testing.T, w *weaveCase) (*desired.State, []string) {
	t.Helper()
	loaded, found := workspace.Load(w.files)
	var state *desired.State
	if !found.HasErrors() {
		var result *compiler.Result
		var more diag.List
		if result, more = compiler.Compile(t.Context(), loaded, workspace.Options{Environments: []string{"prod"}, Compiler: "mongocd test"}); result != nil {
			state = result.States[0]
		}
		found = append(found, more...)
	}
	var codes []string
	for _, d := range found {
		if d.Severity == diag.Error {
			codes = append(codes, string(d.Code))
		}
	}
	slices.Sort(codes)
	return state, slices.Compact(codes)
}

// destination is one that a state meets: documents like the wanted ones, and others.
func (g *generator) destination(state *desired.State) []collection {
	var world []collection
	for _, c := range state.Collections {
		if g.chance(25) {
			continue
		}
		there, ids := collection{database: c.Database, name: c.Name}, map[string]bool{}
		add := func(d bson.D) {
			for _, name := range []string{"livelihood", "old", "hushed"} {
				if g.chance(20) && !has(d, name) {
					d = append(d, bson.E{Key: name, Value: int32(1)})
				}
			}
			raw := g.beside(c, g.raw(d))
			if id := doc.Key(raw.Lookup("_id")); !ids[id] {
				ids[id] = true
				there.documents = append(there.documents, raw)
			}
		}
		for i, wanted := range c.Documents {
			var d bson.D
			if err := bson.Unmarshal(wanted.Raw, &d); err != nil {
				g.t.Fatal(err)
			}
			if !g.chance(70) {
				continue
			}
			if g.chance(60) {
				d = g.mutate(d, []string{"_id", "k"})
			}
			if !c.IdentityIsID() && (!has(d, "_id") || g.chance(40)) {
				d = model.Set(d, fmt.Sprintf("live-%d", i), "_id")
			}
			if len(c.Moves) > 0 {
				d = g.before(c, d)
			}
			add(d)
		}
		for i := range g.IntN(3) {
			add(bson.D{{Key: "_id", Value: fmt.Sprintf("more-%d", i)}, {Key: "k", Value: int32(900 + i)}, {Key: "a", Value: int32(g.IntN(9))}})
		}
		for _, spec := range c.Indexes {
			if g.chance(60) && model.CanBeUnique(spec, there.documents) {
				there.indexes = append(there.indexes, spec)
			}
		}
		if g.chance(20) {
			there.indexes = append(there.indexes, g.raw(bson.D{{Key: "key", Value: bson.D{{Key: "z", Value: int32(1)}}}, {Key: "name", Value: "gone"}}))
		}
		world = append(world, there)
	}
	sortWorld(world)
	return world
}
