package query

// The rules run over the extracted data. In: a snapshot; out: everything that is
// wrong with it, and what the rules did where nothing is.

import (
	"context"
	"maps"
	"slices"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
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
	if w, found := s.Checked(); len(w.Weaves) > 0 && !(len(w.Weaves) == len(s.weaves) && found.HasErrors()) {
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
		a.Diagnostics = append(append(a.Diagnostics, found...), s.workspace.furtherIn(a.jobs)...)
		a.Diagnostics.Sort()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.analysis = a
	s.workspace.keep(a.jobs)
	return a, nil
}

// furtherIn is what else is found in the documents of jobs.
func (w *Workspace) furtherIn(jobs []*job.Finished) diag.List {
	if w.further == nil {
		return nil
	}
	plain, found := make([]*workspace.Job, len(jobs)), make([]diag.List, len(jobs))
	for i, j := range jobs {
		plain[i] = j.Job
		for _, o := range outcomes(jobs[i : i+1]) {
			found[i] = append(found[i], w.rules.Further(o, func() diag.List { return w.further(o) })...)
		}
	}
	return workspace.Merge(plain, found)
}

// keep remembers what became of weaves, for when they have errors.
func (w *Workspace) keep(jobs []*job.Finished) {
	byDir := map[string][]*job.Finished{}
	for _, j := range jobs {
		byDir[j.Weave.Dir] = append(byDir[j.Weave.Dir], j)
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	maps.Copy(w.last, byDir)
}

// jobsOf are the jobs of a weave; stale: it has errors now, and they are those of the
// last time that it had none.
func (s *Snapshot) jobsOf(a *Analysis, dir string) (jobs []*job.Finished, stale bool) {
	for _, j := range a.jobs {
		if j.Weave.Dir == dir {
			jobs = append(jobs, j)
		}
	}
	if len(jobs) > 0 {
		return jobs, false
	}
	s.workspace.mutex.Lock()
	defer s.workspace.mutex.Unlock()
	return s.workspace.last[dir], true
}

// moved is where a span of an earlier text of a file is now; nowhere when an edit is
// within it. The text before and behind all edits is what both begin and end with.
func moved(at source.Span, now *source.File) source.Span {
	if at.File == now || now == nil || at.File == nil {
		return at
	}
	old, text := at.File.Text, now.Text
	begin := 0
	for begin < min(len(old), len(text)) && old[begin] == text[begin] {
		begin++
	}
	end := 0
	for end < min(len(old), len(text))-begin && old[len(old)-1-end] == text[len(text)-1-end] {
		end++
	}
	switch {
	case at.End <= begin:
		return source.Span{File: now, Start: at.Start, End: at.End}
	case at.Start >= len(old)-end:
		by := len(text) - len(old)
		return source.Span{File: now, Start: at.Start + by, End: at.End + by}
	}
	return source.Span{}
}

// Compilable is what the compiler takes of a workspace: nil, with what is
// wrong, while texts have errors.
func Compilable(s *Snapshot) (*workspace.Workspace, workspace.Options, diag.List) {
	if found := s.Static(); found.HasErrors() {
		return nil, workspace.Options{}, found
	}
	w, found := s.Checked()
	return w, s.options, found
}

// run runs the rules of weaves by name; nil: all.
func (s *Snapshot) run(ctx context.Context, w *workspace.Workspace, weaves []string) ([]*job.Finished, diag.List) {
	o := s.options
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
func outcomes(jobs []*job.Finished) func(func(*job.Finished, *rules.Outcome) bool) {
	return func(yield func(*job.Finished, *rules.Outcome) bool) {
		for _, j := range jobs {
			for _, u := range j.Units {
				if o := j.Done.Of(u); o != nil && !yield(j, o) {
					return
				}
			}
		}
	}
}
