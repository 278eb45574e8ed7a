package promotion

// What was promoted, for people and as JSON. In: a Promotion; out: text, or a value.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/compiler/promote"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// promotedCollection is a collection of `promote --output json`.
type promotedCollection struct {
	Source     string `json:"source"`
	Collection string `json:"collection"`
	Documents  int    `json:"documents"`
	Added      int    `json:"added"`
	Changed    int    `json:"changed"`
	Removed    int    `json:"removed"`
	Structure  bool   `json:"structure"`
}

// promotedResult is the document of `promote --output json`.
type promotedResult struct {
	Format      int                  `json:"format"` // 1
	Command     string               `json:"command"`
	From        string               `json:"from"`
	To          string               `json:"to"`
	Folder      string               `json:"folder"`
	Written     bool                 `json:"written"`
	Along       []string             `json:"along"`
	Collections []promotedCollection `json:"collections"`
}

func promotedJSON(from string, p *promote.Promotion, written bool) promotedResult {
	r := promotedResult{Format: 1, Command: "promote", From: from, To: p.To, Folder: workspace.PinFolder(p.To), Written: written, Along: append([]string{}, p.Along...), Collections: []promotedCollection{}}
	for _, c := range p.Collections {
		r.Collections = append(r.Collections, promotedCollection{c.Source, c.Name, c.Documents, c.Added, c.Changed, c.Removed, c.Structure})
	}
	return r
}

func promotedText(from string, p *promote.Promotion, dryRun bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s gets from %s:\n", diag.Safe(p.To, 64), diag.Safe(from, 64))
	width := 0
	for _, c := range p.Collections {
		width = max(width, len(diag.Safe(c.Source+"."+c.Name, 200)))
	}
	for _, c := range p.Collections {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, diag.Safe(c.Source+"."+c.Name, 200), c.Text())
	}
	for _, s := range p.Along {
		fmt.Fprintf(&b, "taken along: %s\n", diag.Safe(s, 300))
	}
	folder := workspace.PinFolder(p.To)
	switch {
	case !p.Changes():
		fmt.Fprintf(&b, "nothing to do: %s/ has it already\n", folder)
	case dryRun:
		b.WriteString("nothing was written, as of --dry-run\n")
	default:
		fmt.Fprintf(&b, "%s/ is written; what it changes: mongocd diff --env %s\n", folder, diag.Safe(p.To, 64))
	}
	return b.String()
}
