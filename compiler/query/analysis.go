package query

// The rules run over the extracted data. In: a snapshot; out: everything that is
// wrong with it, and what the rules did where nothing is.

import (
	"context"
	"slices"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// Analysis is what running the rules gave.
type Analysis struct {
	// Diagnostics are those of `mongocd check` when there is one weave or nothing is
	// wrong. What is wrong in one weave does not hide what the data shows of others.
	Diagnostics diag.List
	// jobs are the weaves without errors, by environment.
	jobs []*job.Finished
}

// Analyse runs the rules, once for a snapshot; the error is the context's.
func (s *Snapshot) Analyse(ctx context.Context) (*Analysis, error) {
	select {
	case s.analysing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.analysing }()
	if s.analysis != nil {
		return s.analysis, nil
	}
	a := &Analysis{Diagnostics: s.Static()}
	if w, found := s.good(); len(w.Weaves) > 0 && !(len(w.Weaves) == len(s.weaves) && found.HasErrors()) {
		a.jobs, found = s.run(ctx, w, nil)
		if a.jobs == nil && len(w.Weaves) > 1 {
			for _, weave := range w.Weaves {
				if slices.ContainsFunc(found, func(d diag.Diagnostic) bool {
					return d.Severity == diag.Error && slices.Contains(weave.Files, d.Span.File)
				}) {
					continue
				}
				jobs, more := s.run(ctx, w, []string{weave.Module.Name})
				a.jobs = append(a.jobs, jobs...)
				found = append(found, more...)
			}
		}
		a.Diagnostics = append(a.Diagnostics, found...)
		a.Diagnostics.Sort()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.analysis = a
	return a, nil
}

// run runs the rules of weaves by name; nil: all.
func (s *Snapshot) run(ctx context.Context, w *workspace.Workspace, weaves []string) ([]*job.Finished, diag.List) {
	o := s.workspace.options
	o.Weaves = weaves
	jobs, _, diags := compiler.RunAgain(ctx, w, o, &s.workspace.rules)
	if len(jobs) > 0 && weaves == nil {
		var units []*rules.Unit
		for _, j := range jobs {
			units = append(units, j.Units...)
		}
		s.workspace.rules.Keep(units)
	}
	return jobs, diags
}

// outcomes yields what became of each collection, with its job.
func (a *Analysis) outcomes() func(func(*job.Finished, *rules.Outcome) bool) {
	return func(yield func(*job.Finished, *rules.Outcome) bool) {
		for _, j := range a.jobs {
			for _, u := range j.Units {
				if o := j.Done.Of(u); o != nil && !yield(j, o) {
					return
				}
			}
		}
	}
}
