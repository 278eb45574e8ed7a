package view

// The list of runs as text and Markdown.

import (
	"cmp"
	"github.com/hayone1/mongocd/runtime/change"
	"slices"
	"strings"
)

// Runs returns the list of `runs` for people: a line a run, with its databases when not
// all wrote to the same. Of the form, Markdown counts.
func Runs(l *change.RunList, f Form) string {
	t, n := &texter{markdown: f.Markdown}, len(l.Runs)
	t.title("runs of %s for %s: %s", t.name(l.Weave), t.name(l.Environment), cmp.Or(present(part{n, plural(n, "run", "runs")}), "none"))
	if n > 0 {
		t.part("runs")
	}
	others := slices.ContainsFunc(l.Runs, func(r change.RunRecord) bool { return !slices.Equal(r.Databases, l.Runs[0].Databases) })
	for _, r := range l.Runs {
		c := r.Counts
		written := present(part{int(c.Inserted), "inserted"}, part{int(c.Updated), "updated"}, part{int(c.Deleted), "deleted"},
			part{int(c.Collections), plural(int(c.Collections), "collection created", "collections created")},
			part{int(c.Indexes), plural(int(c.Indexes), "index", "indexes")}, part{int(c.Options), plural(int(c.Options), "option", "options")})
		var databases, labels, undone string
		if others {
			var names []string
			for _, name := range r.Databases {
				names = append(names, t.name(name))
			}
			databases = "  in " + strings.Join(names, ", ")
		}
		for _, label := range r.Labels {
			labels += "  " + t.name(label.Name+"="+label.Value)
		}
		if r.Undone != "" {
			undone = "  undone " + r.Undone
		}
		t.entry("%d  %s  %s  %s%s%s%s", r.N, change.Clean(r.Outcome), r.Started, cmp.Or(written, "nothing"), databases, labels, undone)
	}
	if l.Failure != nil {
		t.head("failure in stage %s", change.Clean(l.Failure.Stage))
		t.block(l.Failure.Message)
	}
	return t.b.String()
}
