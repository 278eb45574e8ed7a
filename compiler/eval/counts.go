package eval

// What a Run counted, as plain data. In: a Run; out: its Counts; and the other way round,
// for another Run of the same program.

import (
	"slices"

	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/lang/source"
)

// Counts are those of a Run. Equal programs have equal positions.
type Counts struct {
	Stats []stats.Counts // as Run.Stats
	By    []int          // as Run.by
}

// Counts are what was counted so far.
func (r *Run) Counts() Counts {
	c := Counts{Stats: make([]stats.Counts, len(r.stats)), By: slices.Clone(r.by)}
	for i := range r.stats {
		c.Stats[i] = r.stats[i].Counts()
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
	for i := range c.Stats {
		if !more.stats[i].AddCounts(c.Stats[i], files) {
			return false
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
