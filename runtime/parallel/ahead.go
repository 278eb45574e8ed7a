package parallel

import (
	"iter"
	"runtime/debug"
	"sync"
)

// Ahead yields what a sequence yields, which runs on a goroutine of its own meanwhile. What it
// is ahead by is at most so large in sum as room, or one value. When the caller stops, it waits
// for the sequence to see that at its next value. A panic of it is a panic of the caller.
func Ahead[T any](room int, size func(T) int, seq iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		values, taken, stopped := make(chan T, room), make(chan int, room), make(chan struct{})
		var failed *Panic
		go func() {
			defer close(values)
			defer func() {
				if value := recover(); value != nil {
					failed = &Panic{Value: value, Stack: debug.Stack()}
				}
			}()
			held := 0
			seq(func(v T) bool {
				n := min(max(size(v), 1), room)
				for held+n > room {
					select {
					case m := <-taken:
						held -= m
					case <-stopped:
						return false
					}
				}
				held += n
				values <- v // there is room: each takes one at least
				return true
			})
		}()
		stop := sync.OnceFunc(func() { close(stopped) })
		defer stop() // the caller may panic
		wanted := true
		for v := range values {
			if !wanted {
				continue
			}
			taken <- min(max(size(v), 1), room)
			if wanted = yield(v); !wanted {
				stop()
			}
		}
		if failed != nil {
			panic(failed)
		}
	}
}
