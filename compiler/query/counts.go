package query

// How many documents statements concern, from the last run of the rules. In: a file;
// out: for each of its statements that select or look for something, how many
// documents came to it and how many it matched, in each environment.

import (
	"cmp"
	"context"
	"slices"

	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
)

// Count is what a statement matched.
type Count struct {
	// Kind is sync, where, else, each, lookup, or only and except of filters.
	Kind string
	// Span is the statement, Head its part before the block.
	Span, Head source.Span
	// In are the numbers in each environment, sorted by name.
	In []InEnvironment
	// Stale: they are from before the weave had errors.
	Stale bool
}

// InEnvironment are numbers of one environment: of Of documents Matched.
type InEnvironment struct {
	Environment string
	Matched, Of int
}

// Counts are those of a file, in order of its text. While its weave has errors they are
// those from before, of the statements that are as they were.
func (s *Snapshot) Counts(ctx context.Context, name string) ([]Count, error) {
	a, err := s.Analyse(ctx)
	if err != nil {
		return nil, err
	}
	p, n := s.parsed(name)
	if p == nil {
		return nil, nil
	}
	jobs, stale := s.jobsOf(a, p.Dir)
	var out []Count
	at := map[source.Span]int{}
	add := func(kind string, span, head source.Span, environment string, matched, of int) {
		if span.File == nil || span.File.Name != name {
			return
		}
		if span, head = moved(span, p.Files[n]), moved(head, p.Files[n]); kind != "sync" && span.File == nil {
			span = head // its block is being edited
		}
		if span.File == nil || head.File == nil {
			return
		}
		i, ok := at[span]
		if !ok {
			i = len(out)
			at[span] = i
			out = append(out, Count{Kind: kind, Span: span, Head: head, Stale: stale})
		}
		c := &out[i]
		k := slices.IndexFunc(c.In, func(e InEnvironment) bool { return e.Environment == environment })
		if k < 0 {
			k = len(c.In)
			c.In = append(c.In, InEnvironment{Environment: environment})
		}
		c.In[k].Matched += matched
		c.In[k].Of += of
	}
	for j, o := range outcomes(jobs) {
		t := o.Target
		add("sync", t.Span, t.Span, j.Environment, len(o.Documents), o.Data.Count)
		for i, f := range o.Filters {
			kind := "only"
			if f.Stmt.Except {
				kind = "except"
			}
			add(kind, f.Stmt.Span, f.Stmt.Cond.Place(), j.Environment, o.Matched[i], o.Data.Count)
		}
		for _, st := range o.Stats {
			if kind, head := counted(st); kind != "" {
				add(kind, st.Stmt.Place(), head, j.Environment, st.Matched, st.Reached)
			}
		}
	}
	for i := range out {
		slices.SortFunc(out[i].In, func(a, b InEnvironment) int { return cmp.Compare(a.Environment, b.Environment) })
	}
	slices.SortStableFunc(out, func(a, b Count) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return out, nil
}

// counted says which statements are counted, and their part before the block.
func counted(st stats.Stat) (kind string, head source.Span) {
	upTo := func(whole source.Span, body *ast.Block) source.Span {
		return source.Span{File: whole.File, Start: whole.Start, End: body.Span.Start}
	}
	switch s := st.Stmt.(type) {
	case *ast.Where:
		return "where", upTo(s.Span, s.Body)
	case *ast.Else:
		if s.Body != nil {
			return "else", upTo(s.Span, s.Body)
		}
	case *ast.Each:
		return "each", upTo(s.Span, s.Body)
	case *ast.Lookup:
		return "lookup", s.Span
	}
	return "", source.Span{}
}
