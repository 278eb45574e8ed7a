package check

// Defaults: the statements of `defaults` and of `from` blocks, which hold for all
// of their syncs. In: the declarations. Out: what stands there and cannot, and
// warnings about what no sync uses.

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// defaultsDecl checks `defaults { … }`, which stands once in a weave.
func (c *checker) defaultsDecl(d *ast.DefaultsDecl) {
	if c.defaults != nil {
		e := c.report(diag.DuplicateDeclaration, d.Span, "the defaults of this weave are already declared")
		e.Related = []diag.Related{{Span: c.defaults.Span, Message: "declared here"}}
		e.Notes = []string{"write all of them in one block; those of some syncs stand in their `from` block"}
		return
	}
	c.defaults = d
	top := c.topScope()
	b := &block{scope: top, word: "defaults", defaultsOf: "defaults", selection: top, environments: c.module.Environments, policies: newPolicies()}
	b.stmts(d.Body.Stmts)
	c.emptyDecl("defaults", d.Span, len(d.Body.Stmts))
}

// isDefault reports a statement that is no policy where defaults stand.
func (b *block) isDefault(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.For, *ast.BadStmt:
		return true
	case *ast.Hook:
		if b.defaultsOf == "from" {
			return true
		}
		b.report(diag.MisplacedStatement, s.Place(), "`%s` cannot stand in `defaults`: it is of one database", Word(s)).Notes =
			[]string{"put it into a `from` block, where it runs once a run"}
		return false
	}
	if isPolicy(s) {
		return true
	}
	b.report(diag.MisplacedStatement, s.Place(), "`%s` cannot stand in `%s`", Word(s), b.defaultsOf).Notes =
		[]string{"put it into a `sync … { }` block"}
	return false
}

// hooks adds those of a `from` block, by the databases of the environments they run in.
func (m *Module) hooks(stmts []ast.Stmt, databases map[string]string, f *ast.FanOut) {
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.Hook:
			m.Hooks = append(m.Hooks, Hook{Stmt: s, Database: databases, FanOut: f})
		case *ast.For:
			here := maps.Clone(databases)
			maps.DeleteFunc(here, func(env, _ string) bool { return !m.Applies(s, env) })
			m.hooks(s.Body.Stmts, here, f)
		}
	}
}

// InForce yields the statements of a block that apply in an environment, those of
// its `for` blocks last: of policies that count once, the last one does.
func (m *Module) InForce(stmts []ast.Stmt, environment string) func(yield func(ast.Stmt) bool) {
	return func(yield func(ast.Stmt) bool) { m.inForce(stmts, environment, yield) }
}

func (m *Module) inForce(stmts []ast.Stmt, environment string, yield func(ast.Stmt) bool) bool {
	for _, s := range stmts {
		if _, block := s.(*ast.For); !block && !yield(s) {
			return false
		}
	}
	for _, s := range stmts {
		if f, ok := s.(*ast.For); ok && m.Applies(f, environment) && !m.inForce(f.Body.Stmts, environment, yield) {
			return false
		}
	}
	return true
}

// idle finds defaults that no sync uses.
type idle struct {
	forms
	module *Module
}

// idleDefaults are warnings of those of a weave without errors.
func idleDefaults(m *Module, all *ast.DefaultsDecl, froms []*ast.FromDecl) diag.List {
	c := &idle{module: m}
	if all != nil {
		c.judge(all.Body.Stmts, m.Syncs)
	}
	for _, f := range froms {
		var syncs []*Sync
		for _, s := range m.Syncs {
			if s.Span.File == f.Span.File && f.Span.Start <= s.Span.Start && s.Span.End <= f.Span.End {
				syncs = append(syncs, s)
			}
		}
		c.judge(f.Body, syncs)
	}
	return c.diags
}

// judge warns of those among the statements.
func (c *idle) judge(stmts []ast.Stmt, syncs []*Sync) {
	used := map[ast.Stmt]bool{}
	why := map[ast.Stmt]*idleness{}
	var all []ast.Stmt
	for _, env := range c.module.Environments {
		for s := range c.module.InForce(stmts, env) {
			if _, hook := s.(*ast.Hook); !hook && isPolicy(s) && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		for _, sync := range syncs {
			c.uses(sync, env, used, why)
		}
	}
	for _, s := range all {
		if used[s] {
			continue
		}
		e := c.report(diag.UnusedDefault, s.Place(), "no `sync` uses this default")
		e.Severity = diag.Warning
		e.Notes = []string{"remove it"}
		reason, known := why[s]
		switch {
		case !known:
			e.Message += ": there is none here"
			e.Notes = []string{"write the `sync` that it is for, or remove it"}
		case reason.mode && reason.overridden:
			e.Message += fmt.Sprintf(": all override it, or are in a mode in which `%s` has no meaning", Word(s))
		case reason.mode:
			e.Message += fmt.Sprintf(": `%s` has no meaning in their modes", Word(s))
		default:
			e.Message += ": all override it"
		}
		if known && reason.by != nil {
			e.Related = []diag.Related{{Span: reason.by.Place(), Message: "one of them"}}
		}
	}
}

// idleness is why a default does not count for syncs: their modes, which nobody need
// have written, or what counts instead. by is the first of these statements.
type idleness struct {
	mode, overridden bool
	by               ast.Stmt
}

// because adds a reason; by is a mode or, where overridden, any statement.
func because(why map[ast.Stmt]*idleness, s ast.Stmt, overridden bool, by ast.Stmt) {
	if why[s] == nil {
		why[s] = &idleness{}
	}
	r := why[s]
	r.mode, r.overridden = r.mode || !overridden, r.overridden || overridden
	if r.by == nil {
		r.by = by
	}
}

// uses marks the statements that count for a sync in an environment, and says of
// others which one counts instead.
func (c *idle) uses(sync *Sync, env string, used map[ast.Stmt]bool, why map[ast.Stmt]*idleness) {
	once := map[string]ast.Stmt{}
	var paths []treated
	for _, layer := range append(slices.Clone(sync.Defaults), sync.Stmts) {
		var here []treated
		for s := range c.module.InForce(layer, env) {
			switch s := s.(type) {
			case *ast.Mode, *ast.Prune, *ast.Backup, *ast.Drift, *ast.Indexes, *ast.Options:
				if other := once[Word(s)]; other != nil {
					because(why, other, true, s)
				}
				once[Word(s)] = s
			case *ast.PathPolicy:
				t := treated{Stmt: s, kind: s.Kind}
				for _, p := range s.Paths {
					t.paths = append(t.paths, p.Path)
				}
				here = append(here, t)
			case *ast.OwnedPart:
				here = append(here, treated{s, s.Kind, []*ast.Path{s.Path}})
			default:
				used[s] = true
			}
		}
		paths = slices.DeleteFunc(paths, func(t treated) bool { return t.overridden(here, why) })
		paths = append(paths, here...)
	}
	mode := "replace"
	if s, ok := once["mode"].(*ast.Mode); ok {
		mode = s.Name.Text
	}
	for _, s := range once {
		_, prune := s.(*ast.Prune)
		if _, drift := s.(*ast.Drift); prune && (mode == "update" || mode == "structure") || drift && mode == "structure" {
			because(why, s, false, once["mode"])
			continue
		}
		used[s] = true
	}
	for _, t := range paths {
		if t.idle(mode) {
			because(why, t.Stmt, false, once["mode"])
			continue
		}
		used[t.Stmt] = true
	}
}

// treated is a statement that says how paths are treated; nil is a path that stands for
// all of a source's.
type treated struct {
	ast.Stmt
	kind  ast.PathPolicyKind
	paths []*ast.Path
}

// idle reports whether it has no meaning in a mode.
func (t treated) idle(mode string) bool {
	switch t.kind {
	case ast.Absent:
		return mode != "merge" && mode != "update"
	case ast.Preserve, ast.Ignore, ast.Elements, ast.Ensure:
		return mode == "insert" || mode == "structure"
	}
	return false
}

// overridden reports whether each path has one of the narrower ones over it.
func (t treated) overridden(by []treated, why map[ast.Stmt]*idleness) bool {
	if t.kind.OfSource() {
		return false
	}
	for _, path := range t.paths {
		i := slices.IndexFunc(by, func(o treated) bool {
			return !o.kind.OfSource() && slices.ContainsFunc(o.paths, func(q *ast.Path) bool { return q != nil && path != nil && overlap(q, path) })
		})
		if i < 0 {
			return false
		}
		because(why, t.Stmt, true, by[i].Stmt)
	}
	return true
}
