// Diagnostics as JSON, for machines.
package diag

import (
	"encoding/json"
	"io"

	"github.com/hayone1/mongocd/lang/source"
)

// JSON is one diagnostic as `--output json` gives it. Lines and columns count
// from 1, columns in code points, and End is the place after the last one.
type JSON struct {
	Severity string        `json:"severity"`
	Code     Code          `json:"code"`
	File     string        `json:"file,omitempty"`
	Start    *JSONPosition `json:"start,omitempty"`
	End      *JSONPosition `json:"end,omitempty"`
	Message  string        `json:"message"`
	Label    string        `json:"label,omitempty"`
	Notes    []string      `json:"notes,omitempty"`
	Related  []JSONRelated `json:"related,omitempty"`
	Fix      *JSONFix      `json:"fix,omitempty"`
}

// JSONPosition is a place in a file.
type JSONPosition struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// JSONRelated is another place that matters.
type JSONRelated struct {
	File    string        `json:"file,omitempty"`
	Start   *JSONPosition `json:"start,omitempty"`
	End     *JSONPosition `json:"end,omitempty"`
	Message string        `json:"message"`
}

// JSONFix is an edit: the text between Start and End becomes Text.
type JSONFix struct {
	File  string        `json:"file"`
	Start *JSONPosition `json:"start"`
	End   *JSONPosition `json:"end"`
	Text  string        `json:"text"`
}

// ToJSON returns the list as plain values, never nil, for a larger document to embed.
func ToJSON(l List) []JSON {
	out := make([]JSON, 0, len(l))
	for _, d := range l {
		j := JSON{Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Label: d.Label, Notes: d.Notes}
		j.File, j.Start, j.End = place(d.Span)
		for _, r := range d.Related {
			k := JSONRelated{Message: r.Message}
			k.File, k.Start, k.End = place(r.Span)
			j.Related = append(j.Related, k)
		}
		if d.Fix != nil {
			f := JSONFix{Text: d.Fix.Text}
			f.File, f.Start, f.End = place(d.Fix.Span)
			j.Fix = &f
		}
		out = append(out, j)
	}
	return out
}

// WriteJSON writes the list as one JSON array.
func WriteJSON(w io.Writer, l List) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(ToJSON(l))
}

func place(s source.Span) (file string, start, end *JSONPosition) {
	if s.IsZero() {
		return "", nil, nil
	}
	p, q := s.File.Position(s.Start), s.File.Position(s.End)
	return s.File.Name, &JSONPosition{Line: p.Line, Column: p.Column}, &JSONPosition{Line: q.Line, Column: q.Column}
}
