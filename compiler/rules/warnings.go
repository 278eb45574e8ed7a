package rules

// What is legal and probably not meant.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// warnings are what is legal and probably not meant.
func (o *Outcome) warnings() diag.List {
	name := o.DocumentName
	var out diag.List
	for _, d := range o.warned.diagnostics(name) {
		d.Severity = diag.Warning
		out = append(out, d)
	}
	for _, d := range o.outside.diagnostics(name) {
		d.Severity = diag.Warning
		out = append(out, d)
	}
	for _, d := range o.reidentified.diagnostics(name) {
		d.Severity = diag.Hint
		out = append(out, d)
	}
	for _, l := range o.Literals {
		out = append(out, o.Inferred.LiteralTypes(l.Stmt.Object, l.Raw)...)
	}
	for _, field := range o.expiring() {
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.ExpiringDocuments, Span: o.Target.NameSpan,
			Message: fmt.Sprintf("%s has a TTL index on %s: the server deletes promoted documents, and every run brings them back", o.Data.Name, diag.Backquote(field)),
			Notes:   []string{"leave such documents out, or remove the field: `remove " + diag.Safe(field, 64) + "`"}})
	}
	if o.Policy.Mode != desired.Insert && !o.coversIdentity() {
		by := o.Target.By[0].Span.To(o.Target.By[len(o.Target.By)-1].Span)
		edit := "create one at the source and extract again"
		if text := by.Text(); !strings.ContainsAny(text, "\n") {
			edit = "write `index on " + diag.Safe(text, 64) + " { unique: true }`, or " + edit
		}
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.NoUniqueIndex, Span: by,
			Message: fmt.Sprintf("no unique index of %s covers %s", o.Data.Name, o.byText()),
			Notes:   []string{"two runs at once could insert a document twice", edit}})
	}
	return out
}
