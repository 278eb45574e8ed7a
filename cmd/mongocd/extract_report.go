package main

// What extract says. In: results and progress; out: lines on stdout, or one
// JSON document; progress on a terminal only.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/lang/diag"
)

// extracted prints what was done, or with --check what differs.
func (a *app) extracted(results []extract.Result, o extractOptions) error {
	var differences []extract.Difference
	for _, r := range results {
		differences = append(differences, r.Differences...)
	}
	var err error
	switch {
	case o.output == "json":
		if results == nil {
			results = []extract.Result{}
		}
		err = a.writeJSON(struct {
			Format      int              `json:"format"` // 1
			Collections []extract.Result `json:"collections"`
		}{1, results})
	case !o.check:
		var b strings.Builder
		for _, r := range results {
			b.WriteString(extractedLine(r) + "\n")
		}
		err = a.print(b.String())
	case len(differences) == 0:
		err = a.print(fmt.Sprintf("ok: %s as at the source\n", pluralOf(len(results), "collection is", "collections are")))
	default:
		var b strings.Builder
		for _, d := range differences {
			fmt.Fprintf(&b, "%-7s  %s", d.Kind, d.Path)
			if d.Detail != "" {
				b.WriteString(": " + d.Detail)
			}
			b.WriteByte('\n')
		}
		err = a.print(b.String())
	}
	if err != nil {
		return failf("%s", err)
	}
	if len(differences) > 0 {
		return exitError{code: exitDifferences, message: "the extracted files are not what the source gives: run `mongocd extract`, review what git shows, and commit it"}
	}
	return nil
}

// extractedLine says what was done with one collection.
func extractedLine(r extract.Result) string {
	if r.Layout == "" {
		return fmt.Sprintf("%s.%s: removed (%s)", diag.Safe(r.Source, 80), diag.Safe(r.Collection, 80), r.Note)
	}
	state := "unchanged"
	if r.Changed {
		state = "written"
	}
	line := fmt.Sprintf("%s.%s: %s, %s, layout %s, %s", diag.Safe(r.Source, 80), diag.Safe(r.Collection, 80),
		plural(int(r.Documents), "document"), pluralOf(r.Indexes, "index", "indexes"), r.Layout, state)
	if r.Note != "" {
		line += " (" + r.Note + ")"
	}
	return line
}

// verboseLines says whole lines; said is nil unless that failed.
func (a *app) verboseLines() (say func(string), said func() error) {
	var mu sync.Mutex
	var failed error
	say = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		if a.logFormat != logJSON {
			line = "· " + line
		}
		failed = errors.Join(failed, a.log(levelInfo, line))
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

func (a *app) progressBar() *progressBar {
	b := &progressBar{start: time.Now(), now: map[string]extract.Progress{}}
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) && !a.quiet {
		b.out = f
	}
	if a.logFormat == logJSON && !a.quiet {
		b.out, b.last = nil, b.start
		b.log = func(line string) error { return a.log(levelProgress, line) }
	}
	return b
}

// How often the line changes, and how often there is one in a log.
const (
	progressEvery = 100 * time.Millisecond
	logEvery      = time.Second
)

func (b *progressBar) show(p extract.Progress) {
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
	return fmt.Sprintf("%s, %s done: %d of %d documents, %d a second, %.1f MB", pluralOf(len(b.now), "collection", "collections"), pluralOf(done, "is", "are"),
		documents, total, int64(float64(documents)/seconds), float64(bytes)/1e6)
}

// clear takes the line away.
func (b *progressBar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out != nil && b.shown {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
	b.out = nil
}
