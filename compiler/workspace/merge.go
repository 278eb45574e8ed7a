package workspace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
)

// Merge joins what the jobs found: a message that all environments of its
// weave share is said once, any other names its environments.
func Merge(jobs []*Job, found []diag.List) diag.List {
	type entry struct {
		d            diag.Diagnostic
		weave        *Weave
		environments []string
	}
	var entries []*entry
	byKey := map[string]*entry{}
	environments := map[*Weave]int{}
	for i, j := range jobs {
		environments[j.Weave]++
		for _, d := range found[i] {
			key := fmt.Sprintf("%s\x00%s\x00%d\x00%d\x00%s\x00%s\x00%s\x00%s", j.Weave.Dir, d.Span, d.Span.End, d.Severity, d.Code, d.Message, d.Label, strings.Join(d.Notes, "\x00"))
			e := byKey[key]
			if e == nil {
				e = &entry{d: d, weave: j.Weave}
				byKey[key] = e
				entries = append(entries, e)
			}
			if !slices.Contains(e.environments, j.Environment) {
				e.environments = append(e.environments, j.Environment)
			}
		}
	}
	out := make(diag.List, len(entries))
	for i, e := range entries {
		if len(e.environments) < environments[e.weave] {
			e.d.Message += " for " + strings.Join(e.environments, ", ")
		}
		out[i] = e.d
	}
	return out
}

// Settle sorts, makes the messages about one unknown name one, and drops warnings of unknown values inside filters that then
// matched nothing: the error there says it already.
func Settle(l diag.List) diag.List {
	l = slices.DeleteFunc(l, func(w diag.Diagnostic) bool {
		return w.Code == diag.UnknownValue && slices.ContainsFunc(l, func(e diag.Diagnostic) bool {
			return e.Code == diag.MatchesNothing && e.Span.File == w.Span.File && e.Span.Start <= w.Span.Start && w.Span.End <= e.Span.End
		})
	})
	l.Sort()
	l.Gather()
	return l
}
