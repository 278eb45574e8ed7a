package watch

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
)

// running is a command that is run again and again: a value a run.
type running struct {
	t      *testing.T
	runs   chan struct{}
	ended  chan error
	stderr bytes.Buffer // to be read when it ended
	stop   context.CancelFunc
}

func start(t *testing.T, dir string, others []string, fails error) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{t: t, runs: make(chan struct{}), ended: make(chan error, 1), stop: stop}
	c := &console.Console{Stdout: &bytes.Buffer{}, Stderr: &r.stderr}
	go func() {
		r.ended <- again(ctx, c, dir, others, func() error {
			select {
			case r.runs <- struct{}{}:
				return fails
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	return r
}

func (r *running) next(why string) {
	r.t.Helper()
	select {
	case <-r.runs:
	case err := <-r.ended:
		r.t.Fatalf("%s: it ended: %v", why, err)
	case <-time.After(20 * time.Second):
		r.t.Fatalf("%s: it is not run again", why)
	}
}

// end interrupts it, and says whether it was to be run once more.
func (r *running) end() (more bool) {
	r.t.Helper()
	select {
	case <-r.runs:
		more = true
	case <-time.After(10 * settled):
	}
	r.stop()
	if err := <-r.ended; err != nil {
		r.t.Errorf("it ends with %v", err)
	}
	return more
}

func write(t *testing.T, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte("x"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWatch changes files as authors, editors and `extract` do: each change is one run
// more, and what a command does not read is none.
func TestWatch(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	write(t, dir, "a.weave")
	write(t, dir, "extracted", "db", "c", "documents.jsonl")
	write(t, dir, "build", "prod", "w.weave")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	r := start(t, link, []string{other}, console.Failf("the rules are wrong"))
	r.next("at first")
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	for _, change := range []struct {
		what string
		do   func()
	}{
		{"a weave is written", func() { write(t, dir, "a.weave") }},
		{"a weave is replaced", func() {
			write(t, dir, ".a.weave.new")
			must(os.Rename(filepath.Join(dir, ".a.weave.new"), filepath.Join(dir, "a.weave")))
		}},
		{"a weave in a new folder", func() { write(t, dir, "deep", "er", "b.weave") }},
		{"and once more there", func() { write(t, dir, "deep", "er", "b.weave") }},
		{"a folder gets another name", func() { must(os.Rename(filepath.Join(dir, "deep"), filepath.Join(dir, "deeper"))) }},
		{"a weave in what was renamed", func() { write(t, dir, "deeper", "er", "b.weave") }},
		{"a folder is removed", func() { must(os.RemoveAll(filepath.Join(dir, "deeper"))) }},
		{"extracted data", func() { write(t, dir, "extracted", "db", "c", "documents.jsonl") }},
		{"all of it is put in its place", func() {
			write(t, dir, ".new", "db", "d", "documents.jsonl")
			must(os.RemoveAll(filepath.Join(dir, "extracted")))
			must(os.Rename(filepath.Join(dir, ".new"), filepath.Join(dir, "extracted")))
		}},
		{"and then changes", func() { write(t, dir, "extracted", "db", "d", "documents.jsonl") }},
		{"the other directory", func() { write(t, other, "db", "c", "documents.jsonl") }},
	} {
		change.do()
		r.next(change.what)
	}
	if r.end() {
		t.Error("one run too many")
	}
	if n := strings.Count(r.stderr.String(), "error: the rules are wrong\nwaiting for a change"); n != 12 {
		t.Errorf("%d runs said how they failed:\n%s", n, &r.stderr)
	}

	r = start(t, dir, nil, nil)
	r.next("at first")
	write(t, dir, "build", "prod", "w.weave")
	write(t, dir, "diff.html")
	write(t, dir, ".git", "x.weave")
	write(t, dir, "a.weave~")
	write(t, other, "db", "c", "documents.jsonl")
	must(os.Remove(filepath.Join(dir, "a.weave~")))
	if r.end() {
		t.Error("it runs again for files that it does not read")
	}
}

// TestWatchEnds: wrong usage and what is no error of a command end it at once.
func TestWatchEnds(t *testing.T) {
	for _, fails := range []error{console.Usagef("--output is wrong"), errors.New("some other error")} {
		r := start(t, t.TempDir(), nil, fails)
		r.next("at first")
		if err := <-r.ended; !errors.Is(err, fails) {
			t.Errorf("it ends with %v, not %v", err, fails)
		}
	}
	r := start(t, filepath.Join(t.TempDir(), "none"), nil, nil)
	if err := <-r.ended; err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a directory that is not there: %v", err)
	}
}
