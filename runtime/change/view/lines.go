package view

// Reports as JSON lines (docs/report.md, JSON lines): the items of a JSON report one a line,
// so that neither side holds all of them. In: reports; out: lines into a writer. What could act
// on a terminal stands in them as escapes.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
)

// Kinds of lines.
//
//js:table
const (
	LineHead       = "head"       // a report begins
	LineCollection = "collection" // one of its collections, without documents
	LineDocument   = "document"   // a document of the collection before
	LineConflict   = "conflict"
	LineEnd        = "end" // the report is whole
)

// LinesEndings are those of files that reports are written into as lines.
//
//js:table
var LinesEndings = []string{".jsonl", ".ndjson"}

// AsLines reports whether a report is written into a file of this name as lines.
func AsLines(name string) bool {
	for _, ending := range LinesEndings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// left out of a line that has the other fields of a value.
type left *struct{}

// Head is the first line of a report. Report counts those of the file from 1, Of is how many
// there are.
type Head struct {
	Line        string `json:"line"`
	Format      int    `json:"format"` // change.ReportFormat
	Report      int    `json:"report"`
	Of          int    `json:"of"`
	Command     string `json:"command"`
	Weave       string `json:"weave"`
	Environment string `json:"environment"`
}

type collectionLine struct {
	Line string `json:"line"`
	*change.CollectionReport
	Documents left `json:"documents,omitempty"`
}

type documentLine struct {
	Line       string `json:"line"`
	Database   string `json:"database"`
	Collection string `json:"collection"`
	*change.DocumentItem
}

type conflictLine struct {
	Line string `json:"line"`
	*change.Conflict
}

// End is the last line of a report: how many lines of each kind it has, the sums of the counts
// of its collections, and what else there is in the report.
type End struct {
	Line    string        `json:"line"`
	Lines   LineCounts    `json:"lines"`
	Counts  change.Counts `json:"counts"`
	Refusal string        `json:"refusal,omitempty"` // as in the JSON of mongocd
	*change.Report
	Format      left `json:"format,omitempty"` // these are in other lines
	Command     left `json:"command,omitempty"`
	Weave       left `json:"weave,omitempty"`
	Environment left `json:"environment,omitempty"`
	Collections left `json:"collections,omitempty"`
	Conflicts   left `json:"conflicts,omitempty"`
}

// LineCounts are numbers of lines before the last one.
type LineCounts struct {
	Collections int `json:"collections"`
	Documents   int `json:"documents"`
	Conflicts   int `json:"conflicts"`
}

// Lines writes reports as JSON lines, each document when it is made. refusal is why nothing was
// written that could have been; empty: there is none. The error is that of w.
func Lines(w io.Writer, reports []*change.Report, refusal string) error {
	out := newLineWriter(w)
	for n, r := range reports {
		out.put(Head{LineHead, change.ReportFormat, n + 1, len(reports), r.Command, r.Weave, r.Environment})
		end := End{Line: LineEnd, Report: r}
		if n == len(reports)-1 {
			end.Refusal = refusal
		}
		for i := range r.Collections {
			c := &r.Collections[i]
			out.put(collectionLine{Line: LineCollection, CollectionReport: c})
			end.Lines.Collections++
			end.Counts.Add(c.Counts)
			for d := range c.Items() {
				out.put(documentLine{LineDocument, c.Database, c.Collection, &d})
				if end.Lines.Documents++; out.err != nil {
					return out.err
				}
			}
		}
		for i := range r.Conflicts {
			out.put(conflictLine{LineConflict, &r.Conflicts[i]})
			end.Lines.Conflicts++
		}
		out.put(end)
	}
	return out.err
}

// lineWriter writes values as lines, up to the first error.
type lineWriter struct {
	w       io.Writer
	buffer  bytes.Buffer
	encoder *json.Encoder
	err     error
}

func newLineWriter(w io.Writer) *lineWriter {
	l := &lineWriter{w: w}
	l.encoder = json.NewEncoder(&l.buffer)
	l.encoder.SetEscapeHTML(false)
	return l
}

func (l *lineWriter) put(v any) {
	if l.err != nil {
		return
	}
	l.buffer.Reset()
	if err := l.encoder.Encode(v); err != nil {
		l.err = fmt.Errorf("writing JSON: %w", err)
		return
	}
	_, l.err = l.w.Write(EscapeJSON(l.buffer.Bytes()))
}
