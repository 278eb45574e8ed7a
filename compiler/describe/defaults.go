package describe

// Values that nobody wrote. In: desired states, and the workspace that they
// were compiled from when there is one; out: what a default supplied, and the
// words that would say otherwise. docs/language.md has the statements.

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Default is a value that a default supplied; all texts are safe to print.
type Default struct {
	// Of is the statement or declaration: "sync flags at flags.weave:5:3".
	Of string
	// Name is what is set, Value to what, Where what to write to set it otherwise.
	Name, Value, Where string
	// Environments are those for which it holds; nil: all that were asked for.
	Environments []string
}

// backupKeep is how many runs are kept where no `backup keep` says it (docs/state.md).
const backupKeep = 20

// Defaults are the defaults in force, in order of the statements' places, of
// one statement as listed here. The workspace may be nil; given are the inputs
// that were given.
func Defaults(states []*desired.State, w *workspace.Workspace, given map[string]string) []Default {
	var out []Default
	all := map[string]bool{}
	add := func(environment, of, name, value, where string) {
		all[environment] = true
		for i := range out {
			d := &out[i]
			if d.Of == of && d.Name == name && d.Value == value {
				if !slices.Contains(d.Environments, environment) {
					d.Environments = append(d.Environments, environment)
				}
				return
			}
		}
		at := len(out)
		for at > 0 && out[at-1].Of != of {
			at--
		}
		if at == 0 {
			at = len(out)
		}
		out = slices.Insert(out, at, Default{Of: of, Name: name, Value: value, Where: where, Environments: []string{environment}})
	}
	for _, s := range states {
		of := "weave " + diag.Safe(s.Weave, 64)
		if s.Cluster == nil {
			add(s.Environment, of, "cluster", "any", "write `environment "+diag.Safe(s.Environment, 64)+" { cluster matches /…/ }`")
		}
		for _, in := range s.Inputs {
			if _, ok := given[in.Name]; !ok && w != nil {
				add(s.Environment, of, "input "+diag.Safe(in.Name, 64), doc.Show(in.Value, 60), "give --input "+diag.Safe(in.Name, 64)+"=…")
			}
		}
		for _, c := range s.Collections {
			of := "sync " + diag.Safe(c.Name, 64) + " at " + diag.Safe(c.Origin, 200)
			m, sync := syncAt(w, s.Weave, c.Origin)
			for _, d := range append(declaredDefaults(m, sync, c, s.Environment), collectionDefaults(c, sync)...) {
				add(s.Environment, of, d.Name, d.Value, d.Where)
			}
		}
	}
	for i := range out {
		if len(out[i].Environments) == len(all) {
			out[i].Environments = nil
		}
	}
	return out
}

// declaredDefaults are those of one collection that stand in `defaults` and `from`
// blocks; none where the sync is not known.
func declaredDefaults(m *check.Module, sync *check.Sync, c *desired.Collection, environment string) []Default {
	if sync == nil {
		return nil
	}
	t := &workspace.Target{Target: &check.Target{Sync: sync, Collection: c.Name, Destination: c.Name}, Blocks: [][]ast.Stmt{sync.Stmts}}
	if sync.As != nil {
		t.Collection = sync.Collections[0].Name.Text
	}
	for _, a := range m.Amends {
		if slices.Contains(policy.Amended(m, a, t), environment) {
			t.Blocks = append(t.Blocks, a.Body.Stmts)
		}
	}
	var out []Default
	for _, s := range policy.Of(m, t, environment).InForce() {
		if s.Default {
			out = append(out, Default{Name: s.Word, Value: s.Rest, Where: "the default at " + diag.Safe(s.Span.String(), 200)})
		}
	}
	return out
}

// collectionDefaults are those of one collection; the sync may be unknown.
func collectionDefaults(c *desired.Collection, sync *check.Sync) []Default {
	var out []Default
	unless := func(rule, name, value, where string) {
		if !slices.ContainsFunc(c.Rules, func(r desired.Rule) bool { return strings.HasPrefix(r.Name, rule) }) {
			out = append(out, Default{Name: name, Value: value, Where: "write " + where})
		}
	}
	if c.IsView() {
		return nil
	}
	if sync != nil && len(sync.By) == 0 {
		out = append(out, Default{Name: "identity", Value: "_id", Where: "write `sync … by FIELD`"})
	}
	unless("mode ", "mode", string(c.Mode), "`mode merge`, `update`, `insert`, `exact` or `structure`")
	if c.Prune == nil && c.Mode != desired.Structure {
		out = append(out, Default{Name: "prune", Value: "nothing is deleted", Where: "write `prune all at most N`"})
	}
	if c.Mode != desired.Structure {
		unless(desired.DriftRule, "drift", "what was changed by hand is repaired", "`drift keep` or `drift stop`")
	}
	unless("indexes ", "indexes", "those of the source; others stay", "`indexes exact` or `indexes none`")
	unless("options", "options", "those of the source, when the collection is created", "`options from source` or `options { … }`")
	unless("backup ", "backup", "keeps "+strconv.Itoa(backupKeep)+" runs", "`backup keep N`")
	return out
}

// syncAt is the statement at a place, with its weave; nil when it is not known.
func syncAt(w *workspace.Workspace, weave, origin string) (*check.Module, *check.Sync) {
	if w == nil {
		return nil, nil
	}
	for _, other := range w.Weaves {
		if other.Module.Name != weave {
			continue
		}
		for _, s := range other.Module.Syncs {
			if s.Span.String() == origin {
				return other.Module, s
			}
		}
	}
	return nil, nil
}
