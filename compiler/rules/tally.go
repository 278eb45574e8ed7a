package rules

// Names of documents for people, and their errors, grouped by the place and kind of error: one diagnostic
// with a count and up to five documents, never a line for each.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Shown is how many documents of a group are named.
const Shown = 5

// tally collects errors of the documents that one goroutine looks at.
type tally struct{ groups map[groupKey]*group }

type groupKey struct {
	code    diag.Code
	span    source.Span
	message string
}

type group struct {
	first *value.Error
	// count is of documents; last is the one that was counted last.
	count, last int
	// total is of how many documents, the same for all of a group.
	total *int
	shown []sample
}

// sample is one document of a group by its position in the extracted data.
type sample struct {
	document int
	evidence string
}

// shows reports whether the evidence of an error would be shown: it need not be
// looked for when it would not.
func (t *tally) shows(e *value.Error) bool {
	g := t.groups[groupKey{e.Code, e.Span, e.Message}]
	return g == nil || len(g.shown) < Shown
}

// add counts an error of one document; total is read when all documents are done.
func (t *tally) add(e *value.Error, document int, total *int) {
	if t.groups == nil {
		t.groups = map[groupKey]*group{}
	}
	k := groupKey{e.Code, e.Span, e.Message}
	g := t.groups[k]
	if g == nil {
		g = &group{first: e, total: total}
		t.groups[k] = g
	}
	if g.count == 0 || g.last != document { // a document may have several: its elements
		g.count++
		g.last = document
	}
	if len(g.shown) < Shown {
		g.shown = append(g.shown, sample{document, e.Evidence})
	}
}

// merge adds the errors of documents that come later.
func (t *tally) merge(o *tally) {
	for k, g := range o.groups {
		if t.groups == nil {
			t.groups = map[groupKey]*group{}
		}
		if mine := t.groups[k]; mine != nil {
			mine.count += g.count
			mine.shown = append(mine.shown, g.shown...)
			mine.shown = mine.shown[:min(len(mine.shown), Shown)]
		} else {
			t.groups[k] = g
		}
	}
}

// within reports whether some error has its place inside of a span.
func (t *tally) within(at source.Span) bool {
	for k := range t.groups {
		if k.span.File == at.File && k.span.Start >= at.Start && k.span.End <= at.End {
			return true
		}
	}
	return false
}

// diagnostics words the groups; name gives a document its name for people.
func (t *tally) diagnostics(name func(document int) string) diag.List {
	var out diag.List
	for _, g := range t.groups {
		d := g.first.Diagnostic()
		d.Message = fmt.Sprintf("%s in %s", g.first.Message, words.OfDocuments(g.count, max(g.count, *g.total)))
		d.Notes = append([]string{documentList(g.shown, g.count, name)}, g.first.Notes...)
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b diag.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return out
}

// documentList names documents: `name "a", name "b" and 3 more`.
func documentList(shown []sample, count int, name func(int) string) string {
	parts := make([]string, len(shown))
	for i, s := range shown {
		parts[i] = name(s.document)
		if s.evidence != "" {
			parts[i] += ": " + s.evidence
		}
	}
	separator := ", "
	if slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(p, ", ") || strings.Contains(p, ": ") }) {
		separator = "; "
	}
	text := strings.Join(parts, separator)
	named := 0
	for i, s := range shown {
		if i == 0 || shown[i-1].document != s.document {
			named++
		}
	}
	if more := count - named; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// DocumentName names an extracted document, by its identity as extracted, else
// by `_id`; those after them are the literals.
func (u *Unit) DocumentName(i int) string {
	if n := i - len(u.Data.Documents); n >= 0 {
		if text := u.ResultName(u.Literals[n].Raw); text != "" {
			return text
		}
		return "the `document` at " + u.Literals[n].Stmt.Span.String()
	}
	d := u.Data.Documents[i]
	text := u.ResultName(d)
	if text == "" {
		if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
			return "_id " + doc.Show(id, 60)
		}
		if i < len(u.Data.Read) {
			return fmt.Sprintf("the one in %s", u.Data.Place(i))
		}
		return fmt.Sprintf("document %d", i+1) // of a test
	}
	return text
}

// byText names the identity: "`country`, `day`".
func (u *Unit) byText() string {
	parts := make([]string, len(u.By))
	for i, p := range u.By {
		parts[i] = diag.Backquote(p.String())
	}
	return strings.Join(parts, ", ")
}

// ResultName names a finished document by its identity.
func (u *Unit) ResultName(d bson.Raw) string {
	parts := make([]string, 0, len(u.By))
	for _, p := range u.By {
		if v, ok := doc.Get(d, p); ok {
			parts = append(parts, p.String()+" "+doc.Show(v, 60))
		}
	}
	return strings.Join(parts, ", ")
}
