package parallel

import (
	"bytes"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
)

func TestRun(t *testing.T) {
	var seen [5]atomic.Bool
	Run(len(seen), func(w int) { seen[w].Store(true) })
	for w := range seen {
		if !seen[w].Load() {
			t.Errorf("worker %d did not run", w)
		}
	}
	Run(0, func(int) { t.Error("nobody was to run") })
}

// A panic is that of the caller, after all others are done.
func TestPanic(t *testing.T) {
	var done atomic.Int32
	defer func() {
		var p *Panic
		err, _ := recover().(error)
		if !errors.As(err, &p) || p.Error() != "of one worker" || !bytes.Contains(p.Stack, []byte("TestPanic")) || done.Load() != 3 {
			t.Errorf("recovered %v, %d done", err, done.Load())
		}
	}()
	Run(4, func(w int) {
		if w == 1 {
			panic("of one worker")
		}
		done.Add(1)
	})
}

// What is yielded ahead is all of it, in order, and never more than there is room for.
func TestAhead(t *testing.T) {
	sizes := []int{1, 3, 0, 9, 2, 2, 1, 4, 1}
	for room := 1; room < 6; room++ {
		for stop := range len(sizes) + 1 {
			var began, ended atomic.Int64
			size := func(n int) int64 { return int64(min(max(n, 1), room)) }
			of := func(yield func(int) bool) {
				for _, n := range sizes {
					if !yield(n) {
						return
					}
					began.Add(size(n))
				}
			}
			var got []int
			for n := range Ahead(room, func(n int) int { return n }, of) {
				ended.Add(size(n))
				if ahead := began.Load() - ended.Load(); ahead > int64(room) {
					t.Fatalf("room %d: ahead by %d", room, ahead)
				}
				if got = append(got, n); len(got) == stop {
					break
				}
			}
			want := sizes
			if stop > 0 {
				want = sizes[:stop]
			}
			if !slices.Equal(got, want) {
				t.Errorf("room %d, %d wanted: %v", room, stop, got)
			}
		}
	}
}

func TestAheadPanics(t *testing.T) {
	defer func() {
		if p, ok := recover().(*Panic); !ok || p.Error() != "of the sequence" {
			t.Errorf("recovered %v", p)
		}
	}()
	for range Ahead(1, func(int) int { return 1 }, func(yield func(int) bool) {
		yield(1)
		panic("of the sequence")
	}) {
	}
}

// Each number is in one part, and no part is larger than it may be.
func TestParts(t *testing.T) {
	for _, test := range []struct{ n, size int }{{0, 5}, {1, 5}, {5, 5}, {6, 5}, {1000, 7}} {
		seen := make([]atomic.Int32, test.n)
		Parts(test.n, test.size, func() func(from, to int) {
			return func(from, to int) {
				if to <= from || to-from > test.size {
					t.Errorf("%d to %d of %d", from, to, test.n)
				}
				for i := from; i < to; i++ {
					seen[i].Add(1)
				}
			}
		})
		for i := range seen {
			if n := seen[i].Load(); n != 1 {
				t.Errorf("%d of %d was in %d parts", i, test.n, n)
			}
		}
	}
}

// Each calls for every number once, however many goroutines there are, and for none where there is none.
func TestEach(t *testing.T) {
	for _, workers := range []int{1, 3, 50} {
		for _, n := range []int{0, 1, 2, 17} {
			calls := make([]int, n)
			Each(workers, n, func(i int) { calls[i]++ })
			for i, times := range calls {
				if times != 1 {
					t.Errorf("%d goroutines: %d of %d was called %d times", workers, i, n, times)
				}
			}
		}
	}
}
