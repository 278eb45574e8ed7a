package status

// A Result for people. In: what was found; out: a table as text or Markdown, and below it
// what stands in the way.

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// Text is a result as text, or as Markdown.
func (r *Result) Text(markdown bool) string {
	rows := [][]string{{"environment", "weave", "build", "last run", "destination"}}
	for _, i := range r.States {
		rows = append(rows, []string{change.Clean(i.Environment), change.Clean(i.Weave), i.Build, view.LastRun(&i), view.StatusText(&i)})
	}
	var b strings.Builder
	if markdown {
		for n, row := range rows {
			for at := range row {
				if n > 0 {
					row[at] = view.Cell(row[at])
				}
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
			if n == 0 {
				b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
			}
		}
	} else {
		widths := make([]int, len(rows[0]))
		for _, row := range rows {
			for at, cell := range row {
				widths[at] = max(widths[at], runewidth.StringWidth(cell))
			}
		}
		for _, row := range rows {
			for at, cell := range row[:len(row)-1] {
				b.WriteString(cell + strings.Repeat(" ", widths[at]-runewidth.StringWidth(cell)+2))
			}
			b.WriteString(row[len(row)-1] + "\n")
		}
	}
	for _, line := range r.below() {
		if markdown {
			line = "* " + view.Cell(line)
		}
		b.WriteString("\n" + line + "\n")
	}
	return b.String()
}

// below are the lines on what does not fit into the table.
func (r *Result) below() (lines []string) {
	for _, i := range r.States {
		for _, line := range view.StatusReasons(&i) {
			lines = append(lines, change.Clean(i.Environment+" "+i.Weave+": ")+line)
		}
	}
	for _, p := range r.Pinned {
		if len(p.Behind) == 0 {
			lines = append(lines, change.Clean(p.Environment)+": its data is pinned, and is what is extracted")
		}
		for _, b := range p.Behind {
			lines = append(lines, change.Clean(p.Environment+": its data is pinned; promoting what is extracted would bring "+b.Source+"."+b.Name)+": "+b.text)
		}
	}
	return lines
}
