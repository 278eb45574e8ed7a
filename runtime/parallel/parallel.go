// Package parallel runs a function on several goroutines.
//
// In: how many, and the function. Out: nothing, when all are done; a panic in
// one of them is a panic of the caller, who can recover from it.
package parallel

import (
	"fmt"
	"runtime/debug"
	"sync"
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
