// Package parallel runs a function on several goroutines.
//
// In: how many, and the function. Out: nothing, when all are done; a panic in
// one of them is a panic of the caller, who can recover from it.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Panic is what Run panics with when the function did on another goroutine.
type Panic struct {
	// Value is the argument of panic.
	Value any
	// Stack is that of the goroutine, as runtime/debug.Stack writes it.
	Stack []byte
}

// Error returns the value as text.
func (p *Panic) Error() string { return fmt.Sprint(p.Value) }

// Run calls do with 0 to workers-1, each on a goroutine of its own, and waits.
func Run(workers int, do func(worker int)) {
	var wait sync.WaitGroup
	var once sync.Once
	var failed *Panic
	for w := range workers {
		wait.Go(func() {
			defer func() {
				if value := recover(); value != nil {
					stack := debug.Stack()
					once.Do(func() { failed = &Panic{Value: value, Stack: stack} })
				}
			}()
			do(w)
		})
	}
	wait.Wait()
	if failed != nil {
		panic(failed)
	}
}

// Each calls a function for 0 to n-1, on at most so many goroutines, each of which takes the next number.
func Each(workers, n int, do func(i int)) {
	var next atomic.Int64
	Run(min(workers, n), func(int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(i)
		}
	})
}

// Parts calls functions for 0 to n-1, at most size of them at a time, on all processors; begin makes the function
// of each goroutine.
func Parts(n, size int, begin func() func(from, to int)) {
	parts := (n + size - 1) / size
	var next atomic.Int64
	Run(min(parts, runtime.GOMAXPROCS(0)), func(int) {
		do := begin()
		for part := int(next.Add(1)) - 1; part < parts; part = int(next.Add(1)) - 1 {
			do(part*size, min((part+1)*size, n))
		}
	})
}
