package workspace

// Which collections a weave is about in an environment: `sync` statements with
// the collections that were extracted, amendments with the collections they add
// to, and what lookups read.

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Target is one collection of one job: what a unit is made of.
type Target struct {
	*check.Target
	// Blocks are the statements of the sync, then those of its amendments that
	// apply in the environment.
	Blocks [][]ast.Stmt
	// Member is the document of a fan-out that the target is for; nil in any other
	// `from`, and until the data is there.
	Member *Member
}

// Member is a document of a fan-out, and the database that it gives.
type Member struct {
	Document bson.Raw
	Database string
}

// Database is that of the target in the environment; of a fan-out whose data is not
// there, what stands for all of its databases.
func (t *Target) Database(environment string) string {
	switch {
	case t.Member != nil:
		return t.Member.Database
	case t.FanOut != nil:
		return "for each " + t.FanOut.Span.String()
	}
	return t.Sync.Database[environment]
}

// Meets reports whether rules of one target can be about the other: not where one is
// of a fan-out and the other is of another database.
func (t *Target) Meets(other *Target) bool {
	return t.Member == other.Member && t.FanOut == other.FanOut
}

// expand finds the targets of every job, and reports patterns that match
// nothing, collections of two syncs, and amendments of what is not synced.
func (w *Workspace) expand(jobs []*Job) diag.List {
	var diags diag.List
	found := make([]diag.List, len(jobs))
	for i, j := range jobs {
		found[i] = w.targets(j)
	}
	diags = append(diags, Merge(jobs, found)...)
	if !diags.HasErrors() {
		diags = append(diags, overlaps(jobs)...)
	}
	return diags
}

// targets finds those of one job.
func (w *Workspace) targets(j *Job) diag.List {
	var diags diag.List
	m := j.Weave.Module
	for _, s := range m.Syncs {
		var names []string
		if s.ByPattern() {
			var err error
			if names, err = w.extractedNames(j.pin, s.Source[j.Environment]); err != nil && !errors.Is(err, fs.ErrNotExist) {
				diags = append(diags, unusable(err)...)
				continue
			}
		}
		targets, idle := s.Targets(names)
		if !s.Expect.AllowsNone() {
			for _, p := range idle {
				d := diag.Diagnostic{Code: diag.MatchesNothing, Span: p.Span, Message: fmt.Sprintf("no extracted collection of %s matches this pattern", diag.Quote(s.Source[j.Environment], 64))}
				if slices.ContainsFunc(s.Except, func(e ast.CollPattern) bool { return e.Span == p.Span }) {
					d.Message = "this excepts nothing: no collection of the statement matches it"
				}
				d.Notes = []string{"run `mongocd extract` when the source has got new collections", "if that is fine, write `expect any` after the statement"}
				diags = append(diags, d)
			}
			if len(targets) == 0 && len(idle) == 0 {
				diags = append(diags, diag.Diagnostic{Code: diag.MatchesNothing, Span: s.Span, Message: "this `sync` is about no collection",
					Notes: []string{fmt.Sprintf("no collection of %s was extracted, or all are excepted", diag.Quote(s.Source[j.Environment], 64)), "run `mongocd extract`"}})
			}
		}
		for _, t := range targets {
			j.Targets = append(j.Targets, &Target{Target: t, Blocks: [][]ast.Stmt{s.Stmts}})
		}
	}
	for _, a := range m.Amends {
		diags = append(diags, j.amend(a)...)
	}
	return diags
}

// amend adds a block to the collection that it is about.
func (j *Job) amend(a *ast.AmendDecl) diag.List {
	m := j.Weave.Module
	var about []*Target
	var known []string
	for _, t := range j.Targets {
		known = append(known, t.Collection)
		if t.Collection == a.Collection.Text && (a.Source == nil || a.Source.Text == t.Source[j.Environment]) {
			about = append(about, t)
		}
	}
	switch {
	case len(about) == 0:
		d := diag.Diagnostic{Code: diag.UnknownCollection, Span: a.Collection.Span,
			Message: fmt.Sprintf("no `sync` of this weave is about the collection %s", diag.Quote(a.Collection.Text, 64)),
			Notes:   []string{"`amend` adds to the rules of a collection that is synced, by its name at the source"}}
		if near := diag.Suggest(a.Collection.Text, known); near != "" {
			d.Label = fmt.Sprintf("did you mean %s?", diag.Quote(near, 64))
			d.Fix = &diag.Fix{Span: d.Span, Text: ast.WrittenName(near)}
		}
		return diag.List{d}
	case len(about) > 1 && !slices.ContainsFunc(about, func(t *Target) bool { return t.Source[j.Environment] != about[0].Source[j.Environment] }):
		d := diag.Diagnostic{Code: diag.DuplicateName, Span: a.Collection.Span,
			Message: fmt.Sprintf("the collection %s is synced into several databases", diag.Quote(a.Collection.Text, 64)),
			Notes:   []string{"write the statements into the `sync` that they are for"}}
		for _, t := range about {
			d.Related = append(d.Related, diag.Related{Span: t.NameSpan, Message: "synced here"})
		}
		return diag.List{d}
	case len(about) > 1:
		return diag.List{{Code: diag.DuplicateName, Span: a.Collection.Span,
			Message: fmt.Sprintf("two sources have a collection %s that is synced", diag.Quote(a.Collection.Text, 64)),
			Notes:   []string{fmt.Sprintf("say which: `amend %s from %s`", diag.Safe(a.Collection.Text, 64), diag.Safe(about[0].Source[j.Environment], 64))}}}
	}
	if m.In(a.Environments, j.Environment) {
		about[0].Blocks = append(about[0].Blocks, a.Body.Stmts)
	}
	return nil
}

// overlaps reports collections that two syncs read or write where one was
// matched by a pattern: without data nothing was known of it.
func overlaps(jobs []*Job) diag.List {
	var diags diag.List
	type key struct{ environment, kind, into, source, name string }
	seen := map[key]*Target{}
	for _, j := range jobs {
		for _, t := range j.Targets {
			to := key{j.Environment, "to", t.Database(j.Environment), "", t.Destination}
			from := key{j.Environment, "from " + j.Weave.Dir, t.Database(j.Environment), t.Source[j.Environment], t.Collection}
			other := seen[to]
			if other == nil {
				other = seen[from]
			}
			if other != nil && (t.Matched || other.Matched) {
				d := diag.Diagnostic{Code: diag.OverlappingSync, Span: t.NameSpan,
					Message: fmt.Sprintf("the collection %s is part of two `sync` statements", diag.Quote(t.Collection, 64)),
					Related: []diag.Related{{Span: other.NameSpan, Message: "the other one"}},
					Notes:   []string{fmt.Sprintf("leave it out of the pattern: `except %s`", diag.Safe(t.Collection, 64))}}
				if !slices.ContainsFunc(diags, func(o diag.Diagnostic) bool { return o.Span == d.Span && o.Message == d.Message }) {
					diags = append(diags, d)
				}
			}
			seen[to], seen[from] = t, t
		}
	}
	return diags
}

// Collisions reports collections of fan-outs that another weave writes, too. The jobs
// have the databases of theirs.
func Collisions(jobs []*Job) diag.List {
	var diags diag.List
	type key struct{ environment, database, name string }
	type writer struct {
		job    *Job
		target *Target
	}
	seen := map[key]writer{}
	for _, j := range jobs {
		said := map[*check.Sync]bool{}
		for _, t := range j.Targets {
			k := key{j.Environment, t.Database(j.Environment), t.Destination}
			other, taken := seen[k]
			seen[k] = writer{j, t}
			if !taken || other.job == j || t.Member == nil && other.target.Member == nil || said[t.Sync] {
				continue
			}
			said[t.Sync] = true
			diags = append(diags, diag.Diagnostic{Code: diag.OverlappingSync, Span: t.NameSpan,
				Message: fmt.Sprintf("two weaves write %s.%s in %s", diag.Safe(k.database, 64), diag.Safe(k.name, 64), k.environment),
				Related: []diag.Related{{Span: other.target.NameSpan, Message: "the other one"}},
				Notes:   []string{"a collection belongs to one weave: move the rules into one of them"}})
		}
	}
	return diags
}

// Key is the collection of a target at its source.
func (t *Target) Key(environment string) Key { return Key{t.Source[environment], t.Collection} }

// Named finds the target that a rule of t names, by its name at the source;
// without a source, that of t, else the only other one of the name. One of the same
// database comes first, and of a fan-out no other is meant: its databases are written
// apart. It is the position in Targets, -1 when there is none.
func (j *Job) Named(t *Target, name string, from *ast.Name) int {
	var others []int
	found := -1
	for i, other := range j.Targets {
		if other.Collection != name || !t.Meets(other) {
			continue
		}
		here := t.Database(j.Environment) == other.Database(j.Environment)
		source := other.Source[j.Environment]
		if from != nil && source == from.Text || from == nil && source == t.Source[j.Environment] {
			if here {
				return i
			}
			if found < 0 {
				found = i
			}
		}
		others = append(others, i)
	}
	if found < 0 && from == nil && len(others) == 1 {
		return others[0]
	}
	return found
}

// need is a collection that a job reads, with the place that names it.
type need struct {
	Key Key
	At  source.Span
}

// Needs are the collections that a job reads, each once.
func (j *Job) Needs() []need {
	var out []need
	add := func(k Key, at source.Span) {
		if !slices.ContainsFunc(out, func(n need) bool { return n.Key == k }) {
			out = append(out, need{k, at})
		}
	}
	for _, t := range j.Targets {
		add(Key{t.Source[j.Environment], t.Collection}, t.NameSpan)
	}
	for _, t := range j.Targets {
		if f := t.FanOut; f != nil {
			add(FannedOut(f, t.Source[j.Environment]), f.Collection.Span)
		}
		for _, block := range t.Blocks {
			for _, l := range Lookups(j.Weave.Module, block, j.Environment) {
				add(LookedUp(l, t.Source[j.Environment]), l.Collection.Span)
			}
		}
	}
	return out
}

// FannedOut is the collection of the documents of a fan-out from the source.
func FannedOut(f *ast.FanOut, source string) Key {
	if f.Source != nil {
		source = f.Source.Text
	}
	return Key{source, f.Collection.Text}
}

// LookedUp is the collection of a lookup in a sync from the source.
func LookedUp(l *ast.Lookup, source string) Key {
	if l.Source != nil {
		source = l.Source.Text
	}
	return Key{source, l.Collection.Text}
}

// Lookups are those of a block that apply in the environment.
func Lookups(m *check.Module, stmts []ast.Stmt, environment string) []*ast.Lookup {
	var out []*ast.Lookup
	for s := range Statements(m, stmts, environment) {
		if l, ok := s.(*ast.Lookup); ok {
			out = append(out, l)
		}
	}
	return out
}

// Statements yields the statements of a block that apply in the environment,
// those of inner blocks after the statement they belong to.
func Statements(m *check.Module, stmts []ast.Stmt, environment string) func(func(ast.Stmt) bool) {
	var walk func(stmts []ast.Stmt, yield func(ast.Stmt) bool) bool
	walk = func(stmts []ast.Stmt, yield func(ast.Stmt) bool) bool {
		for _, s := range stmts {
			if !yield(s) {
				return false
			}
			var body *ast.Block
			switch s := s.(type) {
			case *ast.For:
				if m.Applies(s, environment) {
					body = s.Body
				}
			case *ast.Where:
				body = s.Body
			case *ast.Each:
				body = s.Body
			}
			if body != nil && !walk(body.Stmts, yield) {
				return false
			}
			if where, ok := s.(*ast.Where); ok && !walk(where.Else.Stmts(), yield) {
				return false
			}
		}
		return true
	}
	return func(yield func(ast.Stmt) bool) { walk(stmts, yield) }
}
