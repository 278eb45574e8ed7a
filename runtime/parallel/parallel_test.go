package parallel

import (
	"bytes"
	"errors"
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
