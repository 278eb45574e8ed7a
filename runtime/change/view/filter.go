package view

// What people ask to see of a report. In: names of collections, and a path; out: whether
// something is shown. A filter is about what is shown alone: the digest of a plan covers
// all of it, and so does the result. Pure.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Filter says what is shown; a zero value is everything.
type Filter struct {
	Collections []string // NAME or DATABASE.NAME
	Path        string   // limits.users, prices[].amount; what is above it and below it, too
}

// any reports whether something may be left out.
func (f Filter) any() bool { return len(f.Collections) > 0 || f.Path != "" }

// text is the filter in words.
func (f Filter) text() []span {
	var out []span
	if n := len(f.Collections); n > 0 {
		out = line(plural(n, "collection ", "collections "), names(f.Collections))
	}
	if f.Path != "" {
		if out != nil {
			out = line(out, ", ")
		}
		out = line(out, "path ", name(f.Path))
	}
	return out
}

// picks reports whether a path is asked for.
func (f Filter) picks(path string) bool {
	if f.Path == "" {
		return true
	}
	if !strings.Contains(f.Path, "[") {
		path = strings.ReplaceAll(anyElement(path), "[]", "")
	} else if strings.Contains(f.Path, "[]") {
		path = anyElement(path)
	}
	return path == f.Path || isBelow(path, f.Path) || isBelow(f.Path, path)
}

// isBelow reports whether a path leads on from another one.
func isBelow(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

// Of is a report with what is asked for alone.
func (f Filter) Of(r *change.Report) *change.Report {
	if !f.any() {
		return r
	}
	less := *r
	less.Collections = nil
	for _, c := range r.Collections {
		if len(f.Collections) > 0 && !slices.Contains(f.Collections, c.Collection) && !slices.Contains(f.Collections, c.Database+"."+c.Collection) {
			continue
		}
		if f.Path != "" {
			c = f.below(c)
		}
		less.Collections = append(less.Collections, c)
	}
	return &less
}

// below is a collection with what has the path alone.
func (f Filter) below(c change.CollectionReport) change.CollectionReport {
	has := func(changes []change.Change) bool {
		return slices.ContainsFunc(changes, func(x change.Change) bool { return f.picks(x.Path) })
	}
	c.Missing, c.Gone = false, false
	c.Indexes = slices.DeleteFunc(slices.Clone(c.Indexes), func(x change.IndexItem) bool { return !f.picks("indexes") && !has(x.Changes) })
	c.Options = slices.DeleteFunc(slices.Clone(c.Options), func(x change.OptionItem) bool { return !f.picks(x.Name) && !has(x.Changes) })
	c.Settings = slices.DeleteFunc(slices.Clone(c.Settings), func(x change.Change) bool { return !f.picks(x.Path) })
	c.Documents = slices.DeleteFunc(slices.Clone(c.Documents), func(d change.DocumentItem) bool { return !f.document(d) })
	return c
}

// document reports whether a document has the path, or changes at it.
func (f Filter) document(d change.DocumentItem) bool {
	if slices.ContainsFunc(d.Changes, func(x change.Change) bool { return f.picks(x.Path) }) {
		return true
	}
	for field := range doc.Fields(d.Document.Value) {
		if f.picks(doc.Path{field}.String()) {
			return true
		}
	}
	return false
}

// size is how many changes a report has.
func size(r *change.Report) int {
	n := 0
	for _, c := range r.Collections {
		n += len(c.Documents) + c.Untold.Inserts + c.Untold.Updates + c.Untold.Deletes + len(c.Indexes) + len(c.Options) + len(c.Settings)
	}
	return n
}
