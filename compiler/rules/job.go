package rules

// The collections of a job together. In: their units; out: what became of each,
// and what one says of another.

import (
	"context"
	"slices"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// About is what a test is about, in place of the real data.
type About struct {
	// Collections are those that it gives or expects something of: no others run.
	Collections map[workspace.Key]bool
	// Expects reports whether it expects a message.
	Expects func(diag.Code) bool
}

// judged drops what a test does not judge unless it expects it: findings about
// the collection as a whole, which are about real data.
func (a *About) judged(found diag.List) diag.List {
	if a == nil {
		return found
	}
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return !a.Expects(d.Code) })
}

// runs reports whether the rules of a unit are part of what is run.
func (a *About) runs(u *Unit) bool { return a == nil || a.Collections[u.Key()] }

// Done is what running the rules of a job gave.
type Done struct {
	// Units are those of the job, in the order of its targets.
	Units []*Unit
	// NotJudged are rules that refer to collections that a test is not about.
	NotJudged []NotJudged

	about    *About
	outcomes map[*Unit]*Outcome
}

// NotJudged is a `refers to` or `link` that a test says nothing about.
type NotJudged struct {
	Span source.Span
	// Collection is what it refers to, as at the source.
	Collection string
}

// Of is what became of a unit; nil where its rules were not run.
func (d *Done) Of(u *Unit) *Outcome {
	if d == nil {
		return nil
	}
	return d.outcomes[u]
}

// named is the collection that a rule of u names.
func (d *Done) named(u *Unit, name string, from *ast.Name) *Unit {
	if i := u.Job.Named(u.Target, name, from); i >= 0 {
		return d.Units[i]
	}
	return nil
}

// skip notes that a rule refers to a collection that the test is not about.
func (d *Done) skip(at source.Span, u *Unit) {
	if n := (NotJudged{at, u.Target.Collection}); !slices.Contains(d.NotJudged, n) {
		d.NotJudged = append(d.NotJudged, n)
	}
}

// Phases of Run of which an error does not keep the next one from running, and that
// write what the next ones read.
const checking, linking, further = 1, 2, 4

// Run makes the documents of every collection and reports what they show. Without
// errors Documents of each are what the state holds. When the context ends nothing
// is reported: the caller looks at it. cache may be nil, and is for real data.
func Run(ctx context.Context, units []*Unit, about *About, cache *Cache) (*Done, diag.List) {
	d := &Done{Units: units, about: about, outcomes: map[*Unit]*Outcome{}}
	var diags diag.List
	var ran []*Outcome
	var problems []diag.List
	for _, u := range units {
		if !about.runs(u) || u.Policy.StructureOnly() {
			continue
		}
		o, err := cache.run(ctx, u)
		if err != nil {
			return d, nil
		}
		if u.Job.Budget.Spent() { // what else was found depends on which documents came first
			return d, diag.List{u.Job.Budget.Diagnostic(u.Target.NameSpan)}
		}
		d.outcomes[u], ran = o, append(ran, o)
		problems = append(problems, o.Problems(u.DocumentName))
	}
	diags = append(diags, PerDatabase(targetsOf(ran), problems)...)
	groups := d.counted()
	for _, c := range groups {
		diags = append(diags, about.judged(c.counts())...)
		if c.complete {
			diags = append(diags, c.writes()...)
		}
	}
	diags = append(diags, about.judged(inEachDatabase(groups))...)
	for n, phase := range []func(*Outcome) diag.List{
		func(o *Outcome) diag.List {
			found := append(o.Inferred.UnlikeBranches(o.Stats), o.ambiguous...)
			if !o.ambiguous.HasErrors() {
				found = append(found, o.duplicates()...)
				if about == nil && len(o.errors.groups) == 0 { // else what is wanted may lack one of these documents
					found = append(found, o.moved()...)
				}
			}
			return append(found, o.warnings()...)
		},
		func(o *Outcome) diag.List { return d.checkCollection(ctx, o) },
		func(o *Outcome) diag.List { return o.Job.Weave.Accept(d.link(o, cache)) },
		func(o *Outcome) diag.List {
			if about != nil {
				return nil
			}
			return o.validated(ctx)
		},
	} {
		found := make([]diag.List, len(ran))
		for i, o := range ran {
			if ctx.Err() != nil {
				return d, nil
			}
			if n == linking { // it writes into the documents
				found[i] = phase(o)
				continue
			}
			found[i] = cache.findings(o, n, d.reads(o), func() diag.List { return phase(o) })
		}
		diags = append(diags, PerDatabase(targetsOf(ran), found)...)
		if n != checking && diags.HasErrors() {
			return d, diags
		}
	}
	return d, diags
}

// Problems are the errors of documents; name gives a document its name for people.
func (o *Outcome) Problems(name func(document int) string) diag.List {
	return append(o.errors.diagnostics(name), o.checks.diagnostics(name)...)
}
