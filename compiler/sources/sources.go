// Package sources is what `extract` has to fetch, and what must not reach the
// files: the collections that the weaves sync and look up, with the fields that
// are left out, and fields of extracted data that look like secrets.
//
// In: a Workspace, for secrets with the data that was extracted. Out: each Source and
// the collections that are Wanted of it; and diagnostics.
package sources

// What `extract` has to fetch: the collections that the weaves sync and look up.

import (
	"cmp"
	"slices"

	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Source is a source of some weave.
type Source struct {
	// Name is what the weaves call it, Database the real one.
	Name, Database string
	// Patterns: some `sync` names collections by a pattern, so that Of needs
	// the names of all of them.
	Patterns bool
}

// Wanted is a source collection that the weaves read.
type Wanted struct {
	Collection string
	// By are the identity paths if all weaves that sync the collection agree on
	// them; extracted files are named by them.
	By [][]string
	// Redact and Omit are fields that never reach the extracted files: those of
	// all weaves and environments together.
	Redact, Omit []desired.Pattern
	// NotSecret are fields that look like secrets and are none.
	NotSecret []desired.Pattern
	// Span is where the first sync names it; zero for one that is looked up only.
	Span source.Span
}

// All lists the sources of all weaves, sorted by name. It needs no data.
func All(w *workspace.Workspace) []Source {
	found := map[string]*Source{}
	add := func(m *check.Module, name string) *Source {
		s := found[name]
		if s == nil {
			s = &Source{Name: name, Database: name}
			found[name] = s
		}
		if d := m.Sources[name]; d != nil && d.Database != nil {
			s.Database = d.Database.Text
		}
		return s
	}
	for _, weave := range w.Weaves {
		m := weave.Module
		for _, env := range m.Environments {
			for _, s := range m.Syncs {
				source := add(m, s.Source[env])
				source.Patterns = source.Patterns || s.ByPattern()
			}
			for _, l := range lookupsOf(weave, env) {
				add(m, l.Source)
			}
		}
	}
	out := make([]Source, 0, len(found))
	for _, s := range found {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// lookupsOf are the collections that lookups and fan-outs of a weave read in an environment.
func lookupsOf(w *workspace.Weave, env string) []workspace.Key {
	var out []workspace.Key
	for _, s := range w.Module.Syncs {
		if s.FanOut != nil {
			out = append(out, workspace.FannedOut(s.FanOut, s.Source[env]))
		}
		for _, l := range workspace.Lookups(w.Module, s.Stmts, env) {
			out = append(out, workspace.LookedUp(l, s.Source[env]))
		}
	}
	for _, a := range w.Module.Amends {
		for _, l := range workspace.Lookups(w.Module, a.Body.Stmts, env) {
			if a.Source != nil {
				out = append(out, workspace.LookedUp(l, a.Source.Text))
				continue
			}
			for _, s := range w.Module.Syncs {
				if slices.ContainsFunc(s.Named(), func(t *check.Target) bool { return t.Collection == a.Collection.Text }) {
					out = append(out, workspace.LookedUp(l, s.Source[env]))
				}
			}
		}
	}
	return out
}

// Of lists what is read of a source, sorted by name. names are the
// collections that it has; they are needed where a pattern is used.
func Of(w *workspace.Workspace, from string, names []string) []Wanted {
	type wanted struct {
		Wanted
		synced bool
	}
	found := map[string]*wanted{}
	for _, weave := range w.Weaves {
		m := weave.Module
		for _, env := range m.Environments {
			for _, s := range m.Syncs {
				if s.Source[env] != from {
					continue
				}
				targets, _ := s.Targets(names)
				for _, t := range targets {
					by := workspace.Identity(t.Sync)
					f := found[t.Collection]
					if f == nil || !f.synced {
						f = &wanted{Wanted{Collection: t.Collection, By: by, Span: t.NameSpan}, true}
						found[t.Collection] = f
					} else if !slices.EqualFunc(f.By, by, slices.Equal) {
						f.By = nil
					}
					f.leaveOut(weave, t, env)
				}
			}
			for _, l := range lookupsOf(weave, env) {
				if l.Source == from && found[l.Name] == nil {
					found[l.Name] = &wanted{Wanted: Wanted{Collection: l.Name}}
				}
			}
		}
	}
	for _, f := range found {
		if !f.synced {
			f.leaveOutOfSource(w, from)
		}
	}
	out := make([]Wanted, 0, len(found))
	for _, f := range found {
		out = append(out, f.Wanted)
	}
	slices.SortFunc(out, func(a, b Wanted) int { return cmp.Compare(a.Collection, b.Collection) })
	return out
}

// Unnamed is a collection of a source that no weave names.
func Unnamed(w *workspace.Workspace, from, name string) Wanted {
	f := Wanted{Collection: name}
	f.leaveOutOfSource(w, from)
	return f
}

// leaveOutOfSource is leaveOut for a collection without a `sync`: what is said of its
// source counts, by its declaration and by each `from` block.
func (f *Wanted) leaveOutOfSource(w *workspace.Workspace, from string) {
	for _, weave := range w.Weaves {
		for _, env := range weave.Module.Environments {
			about := []*check.Sync{{Source: map[string]string{env: from}}}
			for _, s := range weave.Module.Syncs {
				if s.Source[env] == from {
					about = append(about, &check.Sync{Source: s.Source, Defaults: s.Defaults})
				}
			}
			for _, s := range about {
				f.leaveOut(weave, &check.Target{Sync: s, Collection: f.Collection}, env)
			}
		}
	}
}

// leaveOut adds the patterns of `redact`, `omit` and `not secret` of a collection in an environment.
func (f *Wanted) leaveOut(weave *workspace.Weave, t *check.Target, env string) {
	about := &workspace.Target{Target: t, Blocks: [][]ast.Stmt{t.Stmts}}
	for _, a := range weave.Module.Amends {
		if a.Collection.Text == t.Collection && (a.Source == nil || a.Source.Text == t.Source[env]) {
			about.Blocks = append(about.Blocks, a.Body.Stmts)
		}
	}
	p := policy.Of(weave.Module, about, env)
	redact, omit := p.LeftOutPatterns()
	add := func(to *[]desired.Pattern, patterns []desired.Pattern) {
		for _, p := range patterns {
			if !slices.ContainsFunc(*to, func(q desired.Pattern) bool { return p.Leaf == q.Leaf && slices.Equal(p.Path, q.Path) }) {
				*to = append(*to, p)
			}
		}
	}
	add(&f.Redact, redact)
	add(&f.Omit, omit)
	add(&f.NotSecret, p.NotSecretPatterns())
}
