package connect

// What extract and import say. In: results; out: lines on stdout, or one JSON document.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Extracted prints what was done, or with check what differs; output is text or json.
func Extracted(a *console.Console, results []extract.Result, output string, check bool) error {
	var differences []extract.Difference
	for _, r := range results {
		differences = append(differences, r.Differences...)
	}
	var err error
	switch {
	case output == "json":
		if results == nil {
			results = []extract.Result{}
		}
		err = a.WriteJSON(struct {
			Format      int              `json:"format"` // 1
			Collections []extract.Result `json:"collections"`
		}{1, results})
	case !check:
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

// Faults are the lines about files that cannot be read, or the error as it is.
func Faults(err error) error {
	var list []string
	for _, e := range layout.Errors(err) {
		list = append(list, diag.Safe(e.Error(), 400))
		if e.Hint != "" {
			list = append(list, "  "+diag.Safe(e.Hint, 400))
		}
	}
	if len(list) == 0 {
		list = []string{diag.Safe(err.Error(), 400)}
	}
	return console.Failf("%s", strings.Join(list, "\n"))
}
