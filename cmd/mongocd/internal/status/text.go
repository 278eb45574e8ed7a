package status

// A Result for people. In: what was found; out: a table as text or Markdown, and below it
// what stands in the way.

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// Text is a result as text, or as Markdown.
func (r *Result) Text(markdown bool) string {
	rows := [][]string{{"environment", "weave", "build", "last run", "destination"}}
	for _, i := range r.States {
		rows = append(rows, []string{change.Clean(i.Environment), change.Clean(i.Weave), i.Build, i.lastText(), i.destinationText()})
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
		of := i.Environment + " " + i.Weave + ": "
		if i.Looked && i.Reason != "" {
			lines = append(lines, change.Clean(of+i.Reason))
		}
		for _, c := range i.Conflicts {
			line := of + c.Code + ": " + c.Message
			if c.Fix != "" {
				line += "; " + c.Fix
			}
			lines = append(lines, change.Clean(line))
		}
	}
	return lines
}

// lastText says which run changed the destination last.
func (i *Item) lastText() string {
	if i.Last == nil {
		if !i.Looked || i.Outcome == change.Failed {
			return "-"
		}
		return "none"
	}
	text := fmt.Sprintf("%d, %s", i.Last.N, change.Clean(i.Last.Started))
	for _, l := range i.Last.Labels {
		text += ", " + change.Clean(l.Name+"="+l.Value)
	}
	switch {
	case i.Last.Outcome != change.Applied:
		return text + ": " + change.Clean(i.Last.Outcome)
	case i.Applied:
		return text + ": this state"
	}
	return text + ": another state"
}

// destinationText says how the destination is.
func (i *Item) destinationText() string {
	switch {
	case !i.Looked:
		return change.Clean(i.Reason)
	case i.Reason != "":
		return "could not be looked at"
	}
	text := ""
	switch i.Outcome {
	case change.InSync:
		text = "in sync"
	case change.Unknown:
		text = "no difference found; secrets are not given and were not compared"
	default:
		text = console.PluralOf(i.Differences, "difference", "differences")
	}
	if i.Drifted > 0 {
		text += fmt.Sprintf(", %d of them its own doing", i.Drifted)
	}
	if len(i.Conflicts) > 0 {
		text += fmt.Sprintf("; apply would refuse: %s", console.Plural(len(i.Conflicts), "conflict"))
	}
	return text
}
