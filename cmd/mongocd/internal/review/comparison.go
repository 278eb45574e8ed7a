// Package review shows what differs between two sides, for people who approve it.
//
// In: reports of a comparison of wanted documents; out: text that is safe on a terminal,
// Markdown for a pull request, or plain values for JSON. Pure.
package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// Comparison is what differs, and what belongs to it.
type Comparison struct {
	Reports []*change.Report
	// Accepted are the messages that the weaves of the second side accept.
	Accepted diag.List
}

// Differs reports whether there is any difference, or a conflict in the way.
func (c *Comparison) Differs() bool {
	return slices.ContainsFunc(c.Reports, func(r *change.Report) bool { return r.Outcome != change.InSync })
}

// Text is the comparison for people.
func (c *Comparison) Text(f view.Form) string {
	if len(c.Reports) == 0 {
		return "nothing differs: no weave is on either side\n"
	}
	accepted := c.accepted(f)
	if f.MaxSize > 0 { // what is accepted is never left out, but for what would leave no room
		if most := f.MaxSize / 3; len(accepted) > most {
			accepted = fmt.Sprintf("\n%d messages are accepted by the weaves.\n", len(c.Accepted))
		}
		f.MaxSize -= len(accepted)
	}
	return view.Reports(c.Reports, f) + accepted
}

// accepted are the messages that the weaves accept.
func (c *Comparison) accepted(f view.Form) string {
	var b strings.Builder
	if len(c.Accepted) > 0 && f.Markdown {
		b.WriteString("\n#### accepted by the weaves\n\n")
	} else if len(c.Accepted) > 0 {
		b.WriteString("\naccepted by the weaves:\n")
	}
	for _, d := range c.Accepted {
		by := d.Related[len(d.Related)-1]
		message := fmt.Sprintf("%s at %s: %s", d.Code, diag.Safe(d.Span.String(), 200), d.Message)
		reason := fmt.Sprintf("%s (%s)", by.Message, diag.Safe(by.Span.String(), 200))
		if f.Markdown {
			fmt.Fprintf(&b, "- %s — **%s**\n", view.Code(message), view.Code(reason))
		} else {
			fmt.Fprintf(&b, "  %s\n      %s\n", message, reason)
		}
	}
	return b.String()
}

// reportsJSON is what `diff --output json` writes (docs/report.schema.json, reports).
type reportsJSON struct {
	Format      int              `json:"format"` // change.ReportFormat
	Command     string           `json:"command"`
	Environment string           `json:"environment"` // the one that was named, or ""
	Exit        int              `json:"exit"`
	Reports     []*change.Report `json:"reports"`
	Accepted    []diag.JSON      `json:"accepted,omitempty"`
}

// JSON is the comparison as data; environment is the one that was named.
func (c *Comparison) JSON(environment string, exit int) any {
	out := reportsJSON{Format: change.ReportFormat, Command: "diff", Environment: environment, Exit: exit, Reports: append([]*change.Report{}, c.Reports...)}
	if len(c.Accepted) > 0 {
		out.Accepted = diag.ToJSON(c.Accepted)
	}
	return out
}
