package live

// Reports that were written as JSON lines (docs/report.md). In: the text of a file; out: reports.
// What is not whole is none: a report's last line says that it is.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

var errNotWhole = errors.New("the report in it is not whole: it has not all lines up to its last one, `end`. The run was killed or could not write it, or the file was cut: make it again")

// isLines reports whether a text is JSON lines, by its first one.
func isLines(data []byte) bool {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	var head view.Head
	return json.Unmarshal(first, &head) == nil && head.Line == view.LineHead
}

// lineReader is what was read of the lines so far.
type lineReader struct {
	reports []*change.Report
	of      int             // how many reports the first line announced
	open    *change.Report  // the one that is being read; nil: none
	lines   view.LineCounts // of it
}

// readLines reads reports that were written as lines.
func readLines(data []byte) ([]*change.Report, error) {
	var r lineReader
	n := 0
	for text := range bytes.Lines(data) {
		n++
		if !bytes.HasSuffix(text, []byte("\n")) {
			return nil, errNotWhole
		}
		if err := r.read(text); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if r.open != nil || len(r.reports) < r.of {
		return nil, errNotWhole
	}
	return r.reports, nil
}

func (r *lineReader) read(text []byte) error {
	var kind struct{ Line string }
	if err := unmarshal(text, &kind); err != nil {
		return err
	}
	if (kind.Line == view.LineHead) != (r.open == nil) {
		return errNotWhole
	}
	switch kind.Line {
	case view.LineHead:
		return r.head(text)
	case view.LineCollection:
		c := change.CollectionReport{Documents: []change.DocumentItem{}}
		r.lines.Collections++
		err := unmarshal(text, &c)
		r.open.Collections = append(r.open.Collections, c)
		return err
	case view.LineDocument:
		var d change.DocumentItem
		if r.lines.Documents++; len(r.open.Collections) == 0 {
			return errNotWhole
		}
		c := &r.open.Collections[len(r.open.Collections)-1]
		err := unmarshal(text, &d)
		c.Documents = append(c.Documents, d)
		return err
	case view.LineConflict:
		var c change.Conflict
		r.lines.Conflicts++
		err := unmarshal(text, &c)
		r.open.Conflicts = append(r.open.Conflicts, c)
		return err
	case view.LineEnd:
		return r.end(text)
	}
	return fmt.Errorf("a line %s is not known", diag.Quote(kind.Line, 40))
}

func (r *lineReader) head(text []byte) error {
	var head view.Head
	if err := unmarshal(text, &head); err != nil {
		return err
	}
	if err := checkFormat(head.Format); err != nil {
		return err
	}
	if head.Report != len(r.reports)+1 {
		return errNotWhole
	}
	r.open, r.of, r.lines = change.NewReport(head.Weave, head.Environment, head.Command), head.Of, view.LineCounts{}
	return nil
}

func (r *lineReader) end(text []byte) error {
	var end struct{ Lines view.LineCounts }
	if err := unmarshal(text, &end); err != nil {
		return err
	}
	if end.Lines != r.lines {
		return errNotWhole
	}
	err := unmarshal(text, r.open) // the fields that are in other lines are not in this one
	r.reports, r.open = append(r.reports, r.open), nil
	return err
}

// unmarshal reads a line.
func unmarshal(text []byte, to any) error {
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("it cannot be read (%s)", diag.Safe(err.Error(), 200))
	}
	return nil
}
