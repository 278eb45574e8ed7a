package console

// How far the work is. In: what was read so far, from several goroutines; out: a line
// that changes on a terminal, or lines of a log.

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// VerboseLines says whole lines; said is nil unless that failed.
func (c *Console) VerboseLines() (say func(string), said func() error) {
	var mu sync.Mutex
	var failed error
	say = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		if c.LogFormat != LogJSON {
			line = "· " + line
		}
		failed = errors.Join(failed, c.Log(LevelInfo, line))
	}
	return say, func() error {
		mu.Lock()
		defer mu.Unlock()
		return failed
	}
}

// progressBar shows one line that changes; without a terminal, nothing, but
// with --log-format json a line a second.
type progressBar struct {
	mu    sync.Mutex
	out   io.Writer          // nil: nothing is shown
	log   func(string) error // instead of out; nil: no lines
	start time.Time
	last  time.Time
	now   map[string]extract.Progress // by source and collection
	shown bool
}

func (c *Console) ProgressBar() *progressBar {
	b := &progressBar{start: time.Now(), now: map[string]extract.Progress{}}
	if c.Terminal(c.Stderr) && !c.Quiet {
		b.out = c.Stderr
	}
	if c.LogFormat == LogJSON && !c.Quiet {
		b.out, b.last = nil, b.start
		b.log = func(line string) error { return c.Log(levelProgress, line) }
	}
	return b
}

// How often the line changes, and how often there is one in a log.
const (
	progressEvery = 100 * time.Millisecond
	logEvery      = time.Second
)

func (b *progressBar) Show(p extract.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now[p.Source+"\x00"+p.Collection] = p
	if b.log != nil && time.Since(b.last) >= logEvery {
		b.last = time.Now()
		if err := b.log(b.line(time.Since(b.start))); err != nil {
			b.log = nil // as below
		}
	}
	if b.out == nil || time.Since(b.last) < progressEvery {
		return
	}
	b.last = time.Now()
	// What cannot be shown is not worth stopping for: the result comes on stdout.
	if _, err := fmt.Fprintf(b.out, "\r\x1b[K%s", b.line(time.Since(b.start))); err != nil {
		b.out = nil
	}
	b.shown = true
}

// line sums up: 2 collections done, 12000 of 20000 documents (4000 a second).
func (b *progressBar) line(elapsed time.Duration) string {
	var documents, bytes, total int64
	done := 0
	for _, p := range b.now {
		documents, bytes, total = documents+p.Documents, bytes+p.Bytes, total+max(p.Total, p.Documents)
		if p.Done {
			done++
		}
	}
	seconds := max(elapsed.Seconds(), 0.001)
	return fmt.Sprintf("%s, %s done: %d of %d documents, %d a second, %.1f MB", PluralOf(len(b.now), "collection", "collections"), PluralOf(done, "is", "are"),
		documents, total, int64(float64(documents)/seconds), float64(bytes)/1e6)
}

// Clear takes the line away.
func (b *progressBar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out != nil && b.shown {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
	b.out = nil
}

// LiveProgress shows how far a run is: on a terminal, or with --log-format json
// in a line a second; else it is nil.
func (c *Console) LiveProgress() func(enforce.Progress) {
	switch {
	case c.Quiet:
		return nil
	case c.LogFormat != LogJSON:
		return cli.ProgressLine(c.Stderr)
	}
	last, broken := time.Now(), false
	return func(p enforce.Progress) {
		if broken || p == (enforce.Progress{}) || time.Since(last) < logEvery {
			return
		}
		last = time.Now()
		// What cannot be shown is not worth stopping for: the result comes on stdout.
		broken = c.Log(levelProgress, cli.ProgressText(p)) != nil
	}
}
