// Package stats counts what the statements of a program did.
//
// In: documents that a statement came past, wrote, overwrote. Out: a Stat for each statement, and
// the same as plain data (Counts), from which it is read again where the program is the same.
package stats

import (
	"cmp"
	"slices"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
)

// Stat says what one statement did over all documents of a Run. A statement
// inside an `each` runs several times for a document and counts it once.
type Stat struct {
	Stmt ast.Stmt
	// Reached counts the documents that came to the statement.
	Reached int
	// Matched counts the documents for which a Where held, in which an Each found
	// a matching element, a Remove removed, a Rename moved or an Add added
	// something, a Lookup found a document, to which an Assign wrote.
	//
	// An `expect` with a number is judged here (an Error with WrongCount or
	// LookupCount) for Each, by the elements of each visited document, and for
	// Lookup, by the documents found; in both Matched is still to be judged as
	// for other statements: with `expect any` it may be 0, otherwise not. All
	// other expectations are the caller's.
	Matched int
	// Paths counts, for each path of a Remove, the documents that had it.
	Paths []int
	// Overwritten counts the documents in which what an Assign wrote was
	// overwritten or removed by a later statement of its layer before anything read it.
	// A write has no effect when Overwritten == Matched > 0.
	Overwritten int
	// By is the last statement that did so.
	By ast.Stmt
	// TypeChanges counts the documents in which an Assign or Add wrote a value of a
	// type that was not there before (null left out).
	TypeChanges map[value.TypeChange]int
	// Branches counts, for each part of what an Assign or Add wrote that has
	// branches (branch.go), the documents in which it was of a numeric type.
	Branches map[Branched]int
}

// Branched is a part of a written value that has branches, by its place.
type Branched struct {
	Span source.Span
	// Type is a numeric type that it had.
	Type string
}

// AddType counts a change of type.
func (s *Stat) AddType(c value.TypeChange, n int) {
	if s.TypeChanges == nil {
		s.TypeChanges = map[value.TypeChange]int{}
	}
	s.TypeChanges[c] += n
}

// AddBranch counts a numeric type of a part that has branches.
func (s *Stat) AddBranch(b Branched, n int) {
	if s.Branches == nil {
		s.Branches = map[Branched]int{}
	}
	s.Branches[b] += n
}

// Add adds the counts of the same statement of another run.
func (s *Stat) Add(other *Stat) {
	s.Reached += other.Reached
	s.Matched += other.Matched
	s.Overwritten += other.Overwritten
	for i := range s.Paths {
		s.Paths[i] += other.Paths[i]
	}
	for change, n := range other.TypeChanges {
		s.AddType(change, n)
	}
	for b, n := range other.Branches {
		s.AddBranch(b, n)
	}
}

// Counts are the numbers of a Stat as plain data.
type Counts struct {
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
func (s *Stat) Counts() Counts {
	c := Counts{Reached: s.Reached, Matched: s.Matched, Overwritten: s.Overwritten, Paths: slices.Clone(s.Paths)}
	for change, n := range s.TypeChanges {
		c.Types = append(c.Types, TypeCount{change, n})
	}
	slices.SortFunc(c.Types, func(a, b TypeCount) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for b, n := range s.Branches {
		count := BranchCount{Start: b.Span.Start, End: b.Span.End, Type: b.Type, N: n}
		if b.Span.File != nil {
			count.File = b.Span.File.Name
		}
		c.Branches = append(c.Branches, count)
	}
	slices.SortFunc(c.Branches, func(a, b BranchCount) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Type, b.Type))
	})
	return c
}

// AddCounts adds counts of the same statement; false: they are of another one, and some may be added.
func (s *Stat) AddCounts(c Counts, files []*source.File) bool {
	if len(c.Paths) != len(s.Paths) {
		return false
	}
	more := Stat{Reached: c.Reached, Matched: c.Matched, Overwritten: c.Overwritten, Paths: c.Paths}
	for _, t := range c.Types {
		more.AddType(t.TypeChange, t.N)
	}
	for _, b := range c.Branches {
		n := slices.IndexFunc(files, func(f *source.File) bool { return f.Name == b.File })
		if n < 0 {
			return false
		}
		more.AddBranch(Branched{Span: source.Span{File: files[n], Start: b.Start, End: b.End}, Type: b.Type}, b.N)
	}
	s.Add(&more)
	return true
}
