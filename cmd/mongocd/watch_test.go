package main

// --watch of the commands that have it, in a real workspace: in JSON a document for
// each change, until a signal.

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWatching(t *testing.T) {
	for _, args := range [][]string{{"check"}, {"test"}, {"diff"}} {
		t.Run(args[0], func(t *testing.T) {
			dir := t.TempDir()
			none := func(string) (string, bool) { return "", false }
			var said bytes.Buffer
			if code := run([]string{"init", dir}, strings.NewReader(""), io.Discard, &said, none); code != 0 {
				t.Fatal(said.String())
			}
			weaves, err := filepath.Glob(filepath.Join(dir, "*", "*.weave"))
			if more, _ := filepath.Glob(filepath.Join(dir, "*.weave")); len(more) > 0 {
				weaves = append(weaves, more...)
			}
			if err != nil || len(weaves) == 0 {
				t.Fatal(weaves, err)
			}
			right, err := os.ReadFile(weaves[0])
			if err != nil {
				t.Fatal(err)
			}
			out, stdout := io.Pipe()
			var stderr bytes.Buffer
			ended := make(chan int, 1)
			go func() {
				code := run(append(args, "--watch", "--output", "json", "--workspace", dir), strings.NewReader(""), stdout, &stderr, none)
				_ = stdout.Close() // never fails
				ended <- code
			}()
			documents := make(chan any)
			go func() {
				defer close(documents)
				for decoder := json.NewDecoder(out); ; {
					var d any
					if decoder.Decode(&d) != nil {
						return
					}
					documents <- d
				}
			}()
			next := func() string {
				t.Helper()
				select {
				case d := <-documents:
					text, err := json.Marshal(d)
					if err != nil {
						t.Fatal(err)
					}
					return string(text)
				case <-time.After(30 * time.Second):
					t.Fatalf("it is not run again: %s", &stderr)
					return ""
				}
			}
			write := func(text string) {
				t.Helper()
				if err := os.WriteFile(weaves[0], []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			first := next()
			if strings.Contains(first, `"error"`) {
				t.Errorf("at first: %s", first)
			}
			write(string(right) + "\nthis is wrong\n")
			if got := next(); !strings.Contains(got, `"error"`) || !strings.Contains(got, "unknown-statement") {
				t.Errorf("with a mistake: %s", got)
			}
			write(string(right))
			if got := next(); got != first {
				t.Errorf("mended:\n%s\nat first:\n%s", got, first)
			}
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Signal(os.Interrupt)
			}
			if err != nil {
				t.Fatal(err)
			}
			if code := <-ended; code != 0 {
				t.Errorf("it ends with %d: %s", code, &stderr)
			}
		})
	}
}
