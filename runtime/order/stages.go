package order

// Stages of writes. In: how many writes there are, and which of them takes a
// unique value from which; out: stages, each of which comes after those before it.

import "slices"

// What one transaction may change (MongoDB manual,
// core/transactions-production-consideration: at most 1,000 documents).
//
//js:table
const (
	TransactionDocuments = 1000
	TransactionBytes     = 16 << 20
)

// Stage is writes that wait for nothing but the stages before.
type Stage struct {
	Writes []int // of Collection.Writes
	// Deletes, of Collection.Deletes, are only in a transaction: they give a value up.
	Deletes []int
	// Whole: all in one transaction.
	Whole bool
}

// Fits reports whether a transaction takes the stage: it reads and writes its
// documents.
func (s *Stage) Fits(c *Collection) bool {
	size := 0
	for _, i := range s.Writes {
		size += c.Writes[i].Bytes
	}
	for _, i := range s.Deletes {
		size += len(c.Deletes[i])
	}
	return len(s.Writes)+len(s.Deletes) <= TransactionDocuments && size <= TransactionBytes
}

// Free are the stages of n writes of which none waits for another one.
func Free(n int) []Stage {
	if n == 0 {
		return nil
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return []Stage{{Writes: all}}
}

// inStages orders n writes. Those that no order allows, and the deletions that
// they wait for, are in one stage that is whole, and stuck has them with those that
// wait behind them; deletion finds a delete.
func inStages(n int, waits []Wait, deletion func(Wait) int) (stages []Stage, stuck []int) {
	before, stuck := inWaves(n, waits)
	for _, wave := range before {
		stages = append(stages, Stage{Writes: wave})
	}
	if len(stuck) == 0 {
		return stages, nil
	}
	core := unordered(stuck, waits)
	together := Stage{Writes: core, Whole: true}
	for _, w := range waits {
		if w.Holder < 0 && slices.Contains(core, w.Write) {
			together.Deletes = append(together.Deletes, deletion(w))
		}
	}
	slices.Sort(together.Deletes)
	together.Deletes = slices.Compact(together.Deletes)
	stages = append(stages, together)

	rest := slices.DeleteFunc(slices.Clone(stuck), func(i int) bool { return slices.Contains(core, i) })
	var behind []Wait
	for _, w := range waits {
		at, holder := slices.Index(rest, w.Write), slices.Index(rest, w.Holder)
		if at >= 0 && holder >= 0 {
			behind = append(behind, Wait{Write: at, Holder: holder})
		}
	}
	after, _ := inWaves(len(rest), behind)
	for _, wave := range after {
		for k, i := range wave {
			wave[k] = rest[i]
		}
		stages = append(stages, Stage{Writes: wave})
	}
	return stages, stuck
}

// unordered are those of the stuck writes that have to be done at once: without
// those that only wait behind them.
func unordered(stuck []int, waits []Wait) []int {
	core := slices.Clone(stuck)
	for {
		needed := map[int]bool{}
		for _, w := range waits {
			if !slices.Contains(core, w.Write) {
				continue
			}
			if w.Holder < 0 {
				needed[w.Write] = true
			} else {
				needed[w.Holder] = true
			}
		}
		left := slices.DeleteFunc(slices.Clone(core), func(i int) bool { return !needed[i] })
		if len(left) == len(core) {
			return core
		}
		core = left
	}
}

// inWaves orders n writes so that each comes after those it waits for, as
// early as possible. Writes that no order allows are in stuck, ascending.
func inWaves(n int, waits []Wait) (waves [][]int, stuck []int) {
	after := make(map[int][]int)
	for _, w := range waits {
		after[w.Write] = append(after[w.Write], w.Holder)
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
