package enforce

// The order of a collection's writes. In: planned writes and which of them
// takes a unique value from which; out: stages, each of which comes after those
// before it. Pure; the rules are docs/enforcement.md, Unique values that move.

import (
	"slices"

	"github.com/hayone1/mongocd/runtime/stores"
)

// What one transaction may change (MongoDB manual,
// core/transactions-production-consideration: at most 1,000 documents).
const (
	transactionDocuments = 1000
	transactionBytes     = 16 << 20
)

// stage is writes that wait for nothing but the stages before.
type stage struct {
	writes []int // of look.writes
	// deletes, of look.deletes, are only in a transaction: they give a value up.
	deletes []int
	// whole: all in one transaction.
	whole bool
}

// inStages orders n writes. Those that no order allows, and the deletions that
// they wait for, are in one stage that is whole; deletion finds a delete.
func inStages(n int, waits []wait, deletion func(wait) int) []stage {
	before, stuck := inWaves(n, waits)
	var stages []stage
	for _, wave := range before {
		stages = append(stages, stage{writes: wave})
	}
	if len(stuck) == 0 {
		return stages
	}
	core := unordered(stuck, waits)
	together := stage{writes: core, whole: true}
	for _, w := range waits {
		if w.holder < 0 && slices.Contains(core, w.write) {
			together.deletes = append(together.deletes, deletion(w))
		}
	}
	slices.Sort(together.deletes)
	together.deletes = slices.Compact(together.deletes)
	stages = append(stages, together)

	rest := slices.DeleteFunc(slices.Clone(stuck), func(i int) bool { return slices.Contains(core, i) })
	var behind []wait
	for _, w := range waits {
		at, holder := slices.Index(rest, w.write), slices.Index(rest, w.holder)
		if at >= 0 && holder >= 0 {
			behind = append(behind, wait{write: at, holder: holder})
		}
	}
	after, _ := inWaves(len(rest), behind)
	for _, wave := range after {
		for k, i := range wave {
			wave[k] = rest[i]
		}
		stages = append(stages, stage{writes: wave})
	}
	return stages
}

// unordered are those of the stuck writes that have to be done at once: without
// those that only wait behind them.
func unordered(stuck []int, waits []wait) []int {
	core := slices.Clone(stuck)
	for {
		needed := map[int]bool{}
		for _, w := range waits {
			if !slices.Contains(core, w.write) {
				continue
			}
			if w.holder < 0 {
				needed[w.write] = true
			} else {
				needed[w.holder] = true
			}
		}
		left := slices.DeleteFunc(slices.Clone(core), func(i int) bool { return !needed[i] })
		if len(left) == len(core) {
			return core
		}
		core = left
	}
}

// transacted is the operation of a write as a transaction carries it out: on
// the condition that the document is as it was read, and to what an update would
// make of it.
func (w *write) transacted() stores.Op {
	op := w.op
	if op.Action == stores.Insert {
		return op
	}
	op.Guard = stores.Guard{ID: op.Guard.ID, Whole: w.before}
	if op.Action == stores.Update {
		op = stores.Op{Action: stores.Replace, Document: stores.Updated(w.before, op.Set, op.Unset), Guard: op.Guard}
	}
	return op
}

// inWaves orders n writes so that each comes after those it waits for, as
// early as possible. Writes that no order allows are in stuck, ascending.
func inWaves(n int, waits []wait) (waves [][]int, stuck []int) {
	after := make(map[int][]int)
	for _, w := range waits {
		after[w.write] = append(after[w.write], w.holder)
	}
	at := make([]int, n) // wave + 1; 0: not placed
	var rest []int
	for i := range n {
		if len(after[i]) == 0 {
			at[i] = 1
			continue
		}
		rest = append(rest, i)
	}
	for len(rest) > 0 {
		var left []int
		placed := map[int]int{}
		for _, i := range rest {
			wave := 0
			for _, h := range after[i] {
				if h < 0 || at[h] == 0 {
					wave = -1
					break
				}
				wave = max(wave, at[h]+1)
			}
			if wave < 0 {
				left = append(left, i)
			} else {
				placed[i] = wave
			}
		}
		if len(placed) == 0 {
			stuck = left
			break
		}
		for _, i := range rest {
			if wave, ok := placed[i]; ok {
				at[i] = wave
			}
		}
		rest = left
	}
	for i, wave := range at {
		if wave == 0 {
			continue
		}
		for len(waves) < wave {
			waves = append(waves, nil)
		}
		waves[wave-1] = append(waves[wave-1], i)
	}
	return waves, stuck
}
