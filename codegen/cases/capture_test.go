package cases

// Random drift of random workspaces, captured. In: a seed; a destination in the state that
// the workspace wants is changed at random. Out: whether the proposal, compiled again,
// comes to exactly that: what differs afterwards is listed as left, nothing else of the
// workspace has changed, and what is in the one style stays in it.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/capture"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/fanout"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/dir"
)

// TestRandomDriftCaptured runs 150 cases, MONGOCD_SOAK=n n: MONGOCD_SEED=s MONGOCD_SOAK=1
// shows one that was wrong. It ends after the third.
func TestRandomDriftCaptured(t *testing.T) {
	first, n := seed(t), soak(t, 150)
	tally := map[string]int{}
	wrong := 0
	for i := range n {
		s := first + uint64(i)
		w := weaveOf(t, s)
		if len(w.wrong) > 0 || w.server {
			tally["(no state)"]++
			continue
		}
		if problem := captured(t, w, s, tally); problem != "" {
			t.Errorf("seed %d: %s\n%s", s, problem, w)
			if wrong++; wrong == 3 {
				break
			}
		}
	}
	t.Logf("%d cases: %v", n, tally)
	for how, least := range map[string]int{capture.ByAmend: 100, capture.ByExclude: 200, capture.ByPreserve: 250, capture.ByRule: 1000, capture.ByDocument: 1500} {
		if n >= least && tally[how] == 0 {
			t.Errorf("no difference of %d cases is said by %s: %v", n, how, tally)
		}
	}
}

// captured says what is wrong with the proposal for a random drift; empty: nothing.
func captured(t *testing.T, w *weaveCase, s uint64, tally map[string]int) string {
	g := newGenerator(t, s^1<<62)
	ctx := t.Context()
	before, problem := allStates(ctx, w.files)
	if problem != "" {
		tally["(no state)"]++ // for the environment of which the model says nothing
		return ""
	}
	state := before["prod"]
	root := t.TempDir()
	if problem := brought(ctx, root, state); problem != "" {
		tally["(not applied)"]++ // what it refuses is no matter of this test
		return ""
	}
	world := g.drifted(state, readDirectory(t, root))
	root = t.TempDir()
	writeDirectory(t, root, world)
	planned := func(ctx context.Context, s *desired.State) (report *change.Report, err error) {
		err = on(root, func(store stores.Store) error {
			report, err = fanout.Enforce(ctx, store, s, "plan", fanout.Options{}, enforce.Options{Secrets: randomSecrets, BatchSize: 100})
			return err
		})
		return report, err
	}
	var r *capture.Result
	err := on(root, func(store stores.Store) error {
		var err error
		made, found, err := capture.Make(ctx, w.files, capture.Options{Workspace: workspace.Options{Compiler: "mongocd test"}, Environment: "prod", All: true}, capture.Destination{Store: store, Plan: planned})
		if found.HasErrors() {
			return fmt.Errorf("%s", found.Errors()[0].Message)
		}
		r = made
		return err
	})
	if err != nil {
		return "capturing failed: " + err.Error()
	}
	for _, c := range r.Captured {
		tally[c.How]++
	}
	for _, l := range r.Left {
		reason, _, _ := strings.Cut(l.Reason, ":")
		tally["left: "+reason]++
		t.Logf("seed %d left: %s.%s (%s) %s: %s", s, l.Database, l.Collection, l.Document, l.Path, l.Reason)
	}
	files := maps.Clone(w.files)
	text := ""
	for _, f := range r.Files {
		if string(w.files[f.Name].Data) != f.Before {
			return f.Name + " is not what it was made of"
		}
		files[f.Name] = &fstest.MapFile{Data: []byte(f.After)}
		text += format.Diff(f.Name, f.Before, f.After)
		if again, wrong := format.Format(source.NewFile(f.Name, f.After)); len(wrong) > 0 || isStyled(f.Before) && again != f.After {
			return "the proposal is not in the one style\n" + text
		}
	}
	after, problem := allStates(ctx, files)
	if problem != "" {
		return "the proposal does not compile: " + problem + "\n" + text
	}
	if a, b := described(t, before["test"]), described(t, after["test"]); a != b {
		return "another environment has changed\n" + lineDiff(a, b) + text
	}
	report, err := planned(ctx, after["prod"])
	if err != nil || report.Failure != nil {
		return fmt.Sprintf("the plan failed: %v %v", err, report.Failure)
	}
	left := map[string]bool{}
	for _, l := range r.Left {
		left[l.Database+"."+l.Collection+" "+l.Document] = true
	}
	for about, what := range differences(report) {
		if !left[about] {
			return fmt.Sprintf("%s still differs (%s), and is not listed as left\nleft: %v\n%s\n%s", about, what, r.Left, text, show(world, itself))
		}
	}
	if len(r.Left) == 0 {
		tally["(in sync)"]++
	}
	return others(t, before["prod"], after["prod"], r, text)
}

// others says which documents have changed that were not captured.
func others(t *testing.T, before, after *desired.State, r *capture.Result, text string) string {
	about := map[string]bool{}
	for _, c := range r.Captured {
		about[c.Database+"."+c.Collection+" "+c.Document] = true
	}
	for i, c := range before.Collections {
		now := map[string]string{}
		for _, d := range after.Collections[i].Documents {
			now[identityText(c, d.Raw)] = string(d.Raw)
		}
		for _, d := range c.Documents {
			name := identityText(c, d.Raw)
			if !about[c.Namespace()+" "+name] && now[name] != string(d.Raw) {
				return fmt.Sprintf("%s %s has changed, and was not captured\n%s", c.Namespace(), name, text)
			}
		}
	}
	return ""
}

// identityText is an identity as capture writes it.
func identityText(c *desired.Collection, d bson.Raw) string {
	var parts []string
	for _, p := range c.Identity {
		if v, ok := doc.Get(d, p); ok {
			parts = append(parts, p.String()+" "+doc.Show(v, 120))
		}
	}
	return strings.Join(parts, ", ")
}

// differences are the documents that a plan is about, with what is said of them.
func differences(r *change.Report) map[string]string {
	out := map[string]string{}
	name := func(identity change.Value) string {
		d, _ := identity.DocumentOK()
		var parts []string
		for name, v := range doc.Fields(d) {
			parts = append(parts, name+" "+doc.Show(v, 120))
		}
		return strings.Join(parts, ", ")
	}
	for _, c := range r.Collections {
		for _, d := range c.Documents {
			if d.Action == "update" || d.Action == "insert" || d.Action == "delete" || d.Action == "move" {
				out[c.Database+"."+c.Collection+" "+name(d.Identity)] = d.Action
			}
		}
	}
	for _, c := range r.Conflicts {
		if !c.Identity.Missing() {
			out[c.Database+"."+c.Collection+" "+name(c.Identity)] = c.Message
		}
	}
	return out
}

func isStyled(text string) bool {
	styled, wrong := format.Format(source.NewFile("w.weave", text))
	return len(wrong) == 0 && styled == text
}

// allStates are those of the weave, by environment.
func allStates(ctx context.Context, files fstest.MapFS) (map[string]*desired.State, string) {
	loaded, found := workspace.Load(files)
	if found.HasErrors() {
		return nil, found.Errors()[0].Message
	}
	result, found := compiler.Compile(ctx, loaded, workspace.Options{Compiler: "mongocd test"})
	if result == nil {
		return nil, found.Errors()[0].Message
	}
	out := map[string]*desired.State{}
	for _, s := range result.States {
		out[s.Environment] = s
	}
	return out, ""
}

func on(root string, do func(stores.Store) error) error {
	store, err := dir.Open(root)
	if err != nil {
		return err
	}
	if err := do(store); err != nil {
		return err
	}
	return store.Close(context.Background())
}

// brought applies a state to an empty directory.
func brought(ctx context.Context, root string, state *desired.State) string {
	var report *change.Report
	err := on(root, func(store stores.Store) (err error) {
		report, err = fanout.Enforce(ctx, store, state, "apply", fanout.Options{}, enforce.Options{Secrets: randomSecrets, BatchSize: 100})
		return err
	})
	switch {
	case err != nil:
		return err.Error()
	case report.Exit != change.ExitDone:
		return report.Outcome
	}
	return ""
}

// drifted changes documents of a destination by hand.
func (g *generator) drifted(state *desired.State, world []collection) []collection {
	for n := range world {
		at := slices.IndexFunc(state.Collections, func(c *desired.Collection) bool {
			return c.Database == world[n].database && c.Name == world[n].name
		})
		if at < 0 {
			continue
		}
		c := state.Collections[at]
		keep := []string{"_id"}
		for _, p := range c.Identity {
			keep = append(keep, p[0])
		}
		var out []bson.Raw
		bulk := g.chance(15)
		for _, raw := range world[n].documents {
			var d bson.D
			if err := bson.Unmarshal(raw, &d); err != nil {
				g.t.Fatal(err)
			}
			switch {
			case g.chance(4):
				continue
			case bulk:
				d = withField(d, "a", int32(77))
			case g.chance(6):
				d = renamed(d, c.Identity)
			case g.chance(45):
				d = g.byHand(d, keep)
			}
			for _, l := range c.Links {
				if len(l.Steps) == 1 && g.chance(25) {
					d = g.linkedAnew(d, l, world)
				}
			}
			out = append(out, g.raw(d))
		}
		if g.chance(30) {
			d := append(bson.D{{Key: "_id", Value: bson.ObjectID{11: 0xee}}, {Key: "k", Value: int32(4711)}}, g.byHand(bson.D{{Key: "a", Value: int32(1)}, {Key: "b", Value: "x"}}, nil)...)
			out = append(out, g.raw(d))
		}
		world[n].documents = out
	}
	return world
}

// renamed gives a document another identity, where this is one text that is not its `_id`.
func renamed(d bson.D, identity []doc.Path) bson.D {
	if len(identity) != 1 || len(identity[0]) != 1 || identity[0][0] == "_id" {
		return d
	}
	for i := range d {
		switch v := d[i].Value.(type) {
		case string:
			if d[i].Key == identity[0][0] {
				d[i].Value = v + " renamed"
			}
		case int32:
			if d[i].Key == identity[0][0] {
				d[i].Value = v + 100_000
			}
		}
	}
	return d
}

// linkedAnew lets a link lead to another document, or to none.
func (g *generator) linkedAnew(d bson.D, l desired.Link, world []collection) bson.D {
	at := slices.IndexFunc(world, func(c collection) bool { return c.database == l.Database && c.name == l.Collection })
	for i := range d {
		switch {
		case d[i].Key != l.Steps[0]:
		case at < 0 || len(world[at].documents) == 0 || g.chance(10):
			d[i].Value = bson.ObjectID{11: 0xdd}
		default:
			d[i].Value = pick(g, world[at].documents).Lookup("_id")
		}
	}
	return d
}

func withField(d bson.D, name string, v any) bson.D {
	for i := range d {
		if d[i].Key == name {
			d[i].Value = v
			return d
		}
	}
	return append(d, bson.E{Key: name, Value: v})
}

// byHand changes a document as people do: often a value of the same type, now and then
// anything at all.
func (g *generator) byHand(d bson.D, keep []string) bson.D {
	out := bson.D{}
	for _, e := range d {
		switch v := e.Value.(type) {
		case int32:
			if !slices.Contains(keep, e.Key) && g.chance(30) {
				e.Value = v + 1000
			}
		case string:
			if !slices.Contains(keep, e.Key) && g.chance(30) {
				e.Value = v + pick(g, []string{" by hand", "${x}", "\"\n", "'"})
			}
		case bson.D:
			if !slices.Contains(keep, e.Key) && g.chance(40) {
				e.Value = g.byHand(v, nil)
			}
		case bson.A:
			if !slices.Contains(keep, e.Key) && g.chance(40) {
				e.Value = g.byHandIn(v)
			}
		}
		out = append(out, e)
	}
	if g.chance(25) {
		return g.mutate(out, keep)
	}
	return out
}

// byHandIn changes a list by hand.
func (g *generator) byHandIn(list bson.A) bson.A {
	out := slices.Clone(list)
	for i := range out {
		if d, ok := out[i].(bson.D); ok && g.chance(40) {
			out[i] = g.byHand(slices.Clone(d), nil)
		}
	}
	if len(out) > 0 && g.chance(30) {
		out = slices.Delete(out, 0, 1)
	}
	if g.chance(30) {
		out = append(out, pick(g, []any{"new", bson.D{{Key: "b", Value: int32(5000)}}}))
	}
	return out
}
