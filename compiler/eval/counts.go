package eval

// What a Run counted, as plain data. In: a Run; out: its Counts; and the other way round,
// for another Run of the same program.

import (
	"cmp"
	"slices"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/source"
)

// Counts are those of a Run. Equal programs have equal positions.
type Counts struct {
	Stats []StatCounts // as Run.Stats
	By    []int        // as Run.by
}

// StatCounts are the numbers of a Stat.
type StatCounts struct {
	Reached, Matched, Overwritten int
	Paths                         []int
	Types                         []TypeCount
	Branches                      []BranchCount
}

// TypeCount is an entry of Stat.TypeChanges, BranchCount one of Stat.Branches: the file of
// its place is one of those that AddCounts is given.
type TypeCount struct {
	value.TypeChange
	N int
}

type BranchCount struct {
	File       string
	Start, End int
	Type       string
	N          int
}

// Counts are what was counted so far.
func (r *Run) Counts() Counts {
	c := Counts{Stats: make([]StatCounts, len(r.stats)), By: slices.Clone(r.by)}
	for i, s := range r.stats {
		to := &c.Stats[i]
		to.Reached, to.Matched, to.Overwritten, to.Paths = s.Reached, s.Matched, s.Overwritten, slices.Clone(s.Paths)
		for change, n := range s.TypeChanges {
			to.Types = append(to.Types, TypeCount{change, n})
		}
		slices.SortFunc(to.Types, func(a, b TypeCount) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
		})
		for b, n := range s.Branches {
			count := BranchCount{Start: b.Span.Start, End: b.Span.End, Type: b.Type, N: n}
			if b.Span.File != nil {
				count.File = b.Span.File.Name
			}
			to.Branches = append(to.Branches, count)
		}
		slices.SortFunc(to.Branches, func(a, b BranchCount) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Type, b.Type))
		})
	}
	return c
}

// AddCounts adds the counts of another run of the same program; false: they are of another
// one, and nothing was added.
func (r *Run) AddCounts(c Counts, files []*source.File) bool {
	if len(c.Stats) != len(r.stats) || len(c.By) != len(r.by) {
		return false
	}
	more := r.program.NewRun()
	for i, s := range c.Stats {
		to := &more.stats[i]
		if len(s.Paths) != len(to.Paths) {
			return false
		}
		to.Reached, to.Matched, to.Overwritten = s.Reached, s.Matched, s.Overwritten
		copy(to.Paths, s.Paths)
		for _, t := range s.Types {
			to.addType(t.TypeChange, t.N)
		}
		for _, b := range s.Branches {
			n := slices.IndexFunc(files, func(f *source.File) bool { return f.Name == b.File })
			if n < 0 {
				return false
			}
			to.addBranch(Branched{Span: source.Span{File: files[n], Start: b.Start, End: b.End}, Type: b.Type}, b.N)
		}
	}
	for _, by := range c.By {
		if by < -1 || by >= len(r.stats) {
			return false
		}
	}
	copy(more.by, c.By)
	r.Add(more)
	return true
}
