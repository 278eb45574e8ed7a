package view

// The list of runs as text and Markdown.

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
)

// Runs returns the list of `runs` for people: a line a run, with its databases when not
// all wrote to the same. Of the form, Markdown counts.
func Runs(l *change.RunList, f Form) string {
	n := len(l.Runs)
	title := line("runs of ", name(l.Weave), " for ", name(l.Environment), ": "+cmp.Or(present(number{n, plural(n, "run", "runs")}), "none"))
	others := slices.ContainsFunc(l.Runs, func(r change.RunRecord) bool { return !slices.Equal(r.Databases, l.Runs[0].Databases) })
	var lines [][]span
	for _, r := range l.Runs {
		of := line(strconv.FormatInt(r.N, 10) + "  " + change.Clean(r.Outcome) + "  " + r.Started + "  " + countsText(r.Counts))
		if others {
			of = line(of, "  in ", names(r.Databases))
		}
		for _, label := range r.Labels {
			of = line(of, "  ", name(label.Name+"="+label.Value))
		}
		if r.Undone != "" {
			of = line(of, "  undone "+r.Undone)
		}
		lines = append(lines, of)
	}
	var failures []complaint
	if l.Failure != nil {
		failures = append(failures, complaint{head: line("failure in stage " + change.Clean(l.Failure.Stage)), message: l.Failure.Message})
	}
	p := &page{title: title, failures: failures, outlines: []*outline{{lists: []list{{"runs", lines}}}}}
	return strings.TrimPrefix(p.write(f), "\n")
}

// countsText is what a run wrote.
func countsText(c change.RunCounts) string {
	return cmp.Or(present(number{int(c.Inserted), "inserted"}, number{int(c.Updated), "updated"}, number{int(c.Deleted), "deleted"},
		number{int(c.Collections), plural(int(c.Collections), "collection created", "collections created")},
		number{int(c.Indexes), plural(int(c.Indexes), "index", "indexes")}, number{int(c.Options), plural(int(c.Options), "option", "options")}), "nothing")
}

// recordLines are the lines on a run that is shown.
func recordLines(r *change.RunRecord) [][]span {
	lines := [][]span{
		line(name(r.ID), ": "+change.Clean(r.Outcome)+" by the "+change.Clean(r.Engine)+" engine, "+change.Clean(r.Started)+" to "+change.Clean(cmp.Or(r.Ended, "?"))),
		line("written: " + countsText(r.Counts)),
		line("artefact: ", name(r.Artefact), ", made by ", name(r.Compiler)),
		line("databases: ", names(r.Databases)),
	}
	for _, label := range r.Labels {
		lines = append(lines, line("label: ", name(label.Name+"="+label.Value)))
	}
	if r.Group != "" {
		lines = append(lines, line("one of the apply over a fan-out: ", name(r.Group)))
	}
	if r.Undone != "" {
		lines = append(lines, line("undone: "+change.Clean(r.Undone)))
	}
	return lines
}

// RecordLines are the same for a page.
func RecordLines(r *change.RunRecord) (lines []string) {
	for _, l := range recordLines(r) {
		lines = append(lines, plain(l))
	}
	return lines
}
