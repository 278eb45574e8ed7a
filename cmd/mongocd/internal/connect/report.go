package main

// What extract says. In: results and progress; out: lines on stdout, or one
// JSON document; progress on a terminal only.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/lang/diag"
)

// extracted prints what was done, or with --check what differs.
func extracted(a *console.Console, results []extract.Result, o extractOptions) error {
	var differences []extract.Difference
	for _, r := range results {
		differences = append(differences, r.Differences...)
	}
	var err error
	switch {
	case o.output == "json":
		if results == nil {
			results = []extract.Result{}
		}
		err = a.WriteJSON(struct {
			Format      int              `json:"format"` // 1
			Collections []extract.Result `json:"collections"`
		}{1, results})
	case !o.check:
		var b strings.Builder
		for _, r := range results {
			b.WriteString(extractedLine(r) + "\n")
		}
		err = a.Print(b.String())
	case len(differences) == 0:
		err = a.Print(fmt.Sprintf("ok: %s as at the source\n", console.PluralOf(len(results), "collection is", "collections are")))
	default:
		var b strings.Builder
		for _, d := range differences {
			fmt.Fprintf(&b, "%-7s  %s", d.Kind, d.Path)
			if d.Detail != "" {
				b.WriteString(": " + d.Detail)
			}
			b.WriteByte('\n')
		}
		err = a.Print(b.String())
	}
	if err != nil {
		return console.Failf("%s", err)
	}
	if len(differences) > 0 {
		return console.ExitError{Code: console.ExitDifferences, Message: "the extracted files are not what the source gives: run `mongocd extract`, review what git shows, and commit it"}
	}
	return nil
}

// extractedLine says what was done with one collection.
func extractedLine(r extract.Result) string {
	if r.Layout == "" {
		return fmt.Sprintf("%s.%s: removed (%s)", diag.Safe(r.Source, 80), diag.Safe(r.Collection, 80), r.Note)
	}
	state := "unchanged"
	if r.Changed {
		state = "written"
	}
	line := fmt.Sprintf("%s.%s: %s, %s, layout %s, %s", diag.Safe(r.Source, 80), diag.Safe(r.Collection, 80),
		console.Plural(int(r.Documents), "document"), console.PluralOf(r.Indexes, "index", "indexes"), r.Layout, state)
	if r.Note != "" {
		line += " (" + r.Note + ")"
	}
	return line
}
