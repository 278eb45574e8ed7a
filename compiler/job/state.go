package job

// The desired state of a job that ran without errors.

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// compileState evaluates what concerns the whole run: cluster and commands.
func (j *Prepared) compileState(lets map[string]value.Value) diag.List {
	m := j.Weave.Module
	if d := m.Clusters[j.Environment]; d != nil {
		j.state.Cluster = &desired.Cluster{Origin: d.Span.String(), Pattern: d.Matches.Pattern, Options: d.Matches.Options}
	}
	var diags diag.List
	add := func(h check.Hook, env *eval.Env, database, of string) diag.List {
		commands, found := policy.Commands(env, h.Stmt, database)
		for i := range commands {
			commands[i].For = of
		}
		if h.Stmt.After {
			j.state.After = append(j.state.After, commands...)
		} else {
			j.state.Before = append(j.state.Before, commands...)
		}
		return found
	}
	for _, h := range m.Hooks {
		if _, here := h.Database[j.Environment]; !here {
			continue
		}
		if h.FanOut == nil {
			diags = append(diags, add(h, j.Env(lets), h.Database[j.Environment], "")...)
			continue
		}
		var members []*workspace.Target
		var found []diag.List
		for _, t := range j.Targets {
			if t.FanOut == h.FanOut && !slices.ContainsFunc(members, func(o *workspace.Target) bool { return o.Member == t.Member }) {
				members, found = append(members, t), append(found, add(h, j.Env(given(t, lets)), t.Member.Database, t.Member.Database))
			}
		}
		diags = append(diags, rules.PerDatabase(members, found)...)
	}
	return diags
}

// State is the desired state. Its collections are sorted by database and name,
// but those that others refer or link to come before them.
func (j *Finished) State(compiler string) *desired.State {
	state := j.state
	for _, t := range j.Targets {
		if t.Member != nil {
			state.Apart = append(state.Apart, t.Member.Database)
		}
	}
	slices.Sort(state.Apart)
	state.Apart = slices.Compact(state.Apart)
	state.Weave, state.Environment, state.Compiler, state.TimeZones, state.Inputs = j.Weave.Module.Name, j.Environment, compiler, j.timeZones(), j.Inputs
	collections := map[*rules.Unit]*desired.Collection{}
	for _, u := range j.Units {
		collections[u] = collectionOf(u, j.Done.Of(u))
		state.Collections = append(state.Collections, collections[u])
	}
	slices.SortFunc(state.Collections, func(a, b *desired.Collection) int {
		return cmp.Or(cmp.Compare(a.Database, b.Database), cmp.Compare(a.Name, b.Name))
	})
	state.Collections = referencedFirst(state.Collections, referenced(j.Units, collections))
	return &state
}

// timeZones is the release of the time zone database if a rule needs it.
func (j *Prepared) timeZones() string {
	m := j.Weave.Module
	uses := slices.ContainsFunc(m.Lets, func(l *ast.Let) bool { return eval.UsesZones(l) }) ||
		slices.ContainsFunc(m.Amends, func(a *ast.AmendDecl) bool { return eval.UsesZones(a) })
	for _, s := range m.Syncs {
		uses = uses || slices.ContainsFunc(s.Stmts, func(s ast.Stmt) bool { return eval.UsesZones(s) })
	}
	if !uses {
		return ""
	}
	return builtin.ZoneDatabase
}

// collectionOf puts together what is wanted of the destination collection; o is
// nil where no documents are.
func collectionOf(u *rules.Unit, o *rules.Outcome) *desired.Collection {
	env, s, p := u.Job.Environment, u.Structure, u.Policy
	c := &desired.Collection{
		Database: u.Target.Database(env), Name: u.Target.Destination, Origin: u.Target.Span.String(),
		Options: s.Options, Indexes: s.Indexes, Identity: u.By, Mode: p.Mode,
		IndexesExact: s.Exact, Declared: s.Declared, DropIndexes: s.Dropped, SetOptions: s.SetOptions, Reads: s.Reads,
		Before: s.Before, After: s.After, Rules: p.Rules(),
	}
	for _, l := range u.Lists {
		c.Lists = append(c.Lists, l.List.List)
	}
	if o != nil {
		c.Known, c.Prune, c.Moves, c.Links, c.Documents = o.Paths(), u.Prune, o.Moves, o.Links, o.Documents
		c.Rules = append(c.Rules, secretRules(u, o.Documents)...)
	}
	for _, q := range p.Paths {
		path := doc.Path(check.Fields(q.Path))
		switch q.Kind {
		case ast.Preserve:
			c.Preserve = append(c.Preserve, path)
		case ast.Ignore:
			c.Ignore = append(c.Ignore, path)
		case ast.Absent:
			c.Absent = append(c.Absent, path)
		}
	}
	c.Redact, c.Omit = p.LeftOutPatterns()
	for _, paths := range []*[]doc.Path{&c.Preserve, &c.Ignore, &c.Absent} {
		slices.SortFunc(*paths, doc.ComparePaths)
		*paths = slices.CompactFunc(*paths, slices.Equal)
	}
	if p.Backup != nil {
		c.BackupKeep = p.Backup.Keep
	}
	if p.Drift != nil && p.Drift.Name.Text != string(desired.DriftRepair) { // which need not be said
		c.Drift = desired.Drift(p.Drift.Name.Text)
	}
	return c
}

// mayGive reports whether a computed text may be a name: the written parts of it are there, in order.
func mayGive(x ast.Expr, name string) bool {
	text, ok := x.(*ast.Text)
	if !ok {
		return true
	}
	for i, p := range text.Parts {
		if p.Expr != nil {
			continue
		}
		at := strings.Index(name, p.Literal)
		last := i == len(text.Parts)-1
		if at < 0 || i == 0 && at > 0 || last && !strings.HasSuffix(name, p.Literal) {
			return false
		}
		name = name[at+len(p.Literal):]
	}
	return true
}

// secretRules are the places of `secret(…)` for the secrets that documents have:
// the first of each in the statements of the collection, else in a `let`; that of
// a computed name where no other gives it.
func secretRules(u *rules.Unit, documents []desired.Document) []desired.Rule {
	needed := map[string]bool{}
	for _, d := range documents {
		for _, s := range d.Secrets {
			for _, p := range s.Parts {
				needed[p.Name] = p.Name != ""
			}
		}
	}
	var rules []desired.Rule
	var computed []*ast.Call
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			return u.Job.Weave.Module.Applies(n, u.Job.Environment)
		case *ast.Call:
			if n.Func.Text != "secret" || len(n.Args) != 1 {
				return true
			}
			name, ok := n.Args[0].(*ast.Text)
			if !ok || len(name.Parts) != 1 || name.Parts[0].Expr != nil {
				computed = append(computed, n)
			} else if needed[name.Parts[0].Literal] {
				needed[name.Parts[0].Literal] = false // the first is enough
				rules = append(rules, desired.Rule{Name: desired.SecretRule(name.Parts[0].Literal), Origin: n.Span.String()})
			}
		}
		return true
	}
	for _, block := range slices.Concat(u.Target.Blocks, u.Target.Defaults) {
		for _, s := range block {
			ast.Walk(s, visit)
		}
	}
	for _, l := range u.Job.Weave.Module.Lets {
		ast.Walk(l, visit)
	}
	for _, call := range computed {
		for name := range needed {
			if needed[name] && mayGive(call.Args[0], name) {
				needed[name] = false
				rules = append(rules, desired.Rule{Name: desired.SecretRule(name), Origin: call.Span.String()})
			}
		}
	}
	slices.SortStableFunc(rules, func(a, b desired.Rule) int { return strings.Compare(a.Name, b.Name) })
	return rules
}

// referenced are the collections that each one refers or links to, or reads as a view.
func referenced(units []*rules.Unit, of map[*rules.Unit]*desired.Collection) map[*desired.Collection][]*desired.Collection {
	out := map[*desired.Collection][]*desired.Collection{}
	for _, u := range units {
		var to []*rules.Unit
		for _, l := range u.Policy.Links {
			to = append(to, named(units, u, l.Collection.Text, nil))
		}
		for _, c := range u.Inferred.Checks {
			if ref := c.Check.RefersTo; ref != nil {
				to = append(to, named(units, u, ref.Collection.Text, ref.Source))
			}
		}
		for _, other := range units { // what a view reads
			if other.Target.Database(u.Job.Environment) == u.Target.Database(u.Job.Environment) && slices.Contains(u.Structure.Reads, other.Target.Destination) {
				to = append(to, other)
			}
		}
		for _, other := range to {
			if other != nil && other != u {
				out[of[u]] = append(out[of[u]], of[other])
			}
		}
	}
	return out
}

// referencedFirst orders collections so that what one refers to comes before
// it; within a cycle, and otherwise, the order stays. These are the strongly
// connected components in the order in which Tarjan's algorithm finds them.
func referencedFirst(list []*desired.Collection, to map[*desired.Collection][]*desired.Collection) []*desired.Collection {
	var out, open []*desired.Collection
	found, low := map[*desired.Collection]int{}, map[*desired.Collection]int{}
	var visit func(c *desired.Collection)
	visit = func(c *desired.Collection) {
		found[c] = len(found) + 1
		low[c] = found[c]
		open = append(open, c)
		for _, other := range list { // in the order of the list
			switch {
			case !slices.Contains(to[c], other):
			case found[other] == 0:
				visit(other)
				low[c] = min(low[c], low[other])
			case slices.Contains(open, other):
				low[c] = min(low[c], found[other])
			}
		}
		if low[c] < found[c] {
			return
		}
		at := slices.Index(open, c)
		cycle := open[at:]
		for _, member := range list {
			if slices.Contains(cycle, member) {
				out = append(out, member)
			}
		}
		open = open[:at]
	}
	for _, c := range list {
		if found[c] == 0 {
			visit(c)
		}
	}
	return out
}

// named is the collection that a rule of u names; nil when there is none.
func named(units []*rules.Unit, u *rules.Unit, name string, from *ast.Name) *rules.Unit {
	if i := u.Job.Named(u.Target, name, from); i >= 0 {
		return units[i]
	}
	return nil
}
