package console

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/compiler/extract"
)

func TestProgressLine(t *testing.T) {
	b := (&Console{Stderr: &bytes.Buffer{}}).ProgressBar()
	b.Show(extract.Progress{Source: "s", Collection: "a", Documents: 10, Bytes: 1e6, Total: 20})
	b.Show(extract.Progress{Source: "s", Collection: "b", Documents: 5, Bytes: 1e6, Total: 4, Done: true})
	if got, want := b.line(3*time.Second), "2 collections, 1 is done: 15 of 25 documents, 5 a second, 2.0 MB"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if b.out != nil {
		t.Error("progress is shown where there is no terminal")
	}
}

// In a log there is a line a second, not one a batch.
func TestProgressInLog(t *testing.T) {
	var stderr bytes.Buffer
	b := (&Console{Stderr: &stderr, LogFormat: LogJSON}).ProgressBar()
	b.Show(extract.Progress{Source: "s", Collection: "a", Documents: 10})
	b.last = b.last.Add(-2 * logEvery)
	b.Show(extract.Progress{Source: "s", Collection: "a", Documents: 20, Bytes: 1e6, Total: 40})
	b.Show(extract.Progress{Source: "s", Collection: "a", Documents: 30})
	if got := stderr.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, `{"level":"progress","message":"1 collection, 0 are done: 20 of 40 documents, `) {
		t.Errorf("%q", got)
	}
	stderr.Reset()
	b = (&Console{Stderr: &stderr, LogFormat: LogJSON, Quiet: true}).ProgressBar()
	b.last = b.last.Add(-2 * logEvery)
	b.Show(extract.Progress{Source: "s", Collection: "a", Documents: 10})
	if stderr.Len() > 0 {
		t.Errorf("%q", &stderr)
	}
}
