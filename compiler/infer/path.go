package infer

// Paths against the shape of the data: what is known of the value there, and
// what an unknown one may have meant (docs/language-values.md, Paths).

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// throughArray reports a path that takes a field of what is always an array.
func (c *checker) throughArray(p *ast.Path, in scope, write bool) bool {
	for i, step := range p.Steps {
		if step.Kind != ast.FieldStep {
			continue
		}
		before := *p
		before.Steps = p.Steps[:i]
		v := in.resolve(&before)
		if v == nil || v.types == nil || !v.is("array") || v.is("object") {
			continue
		}
		end := p.HeadSpan
		if i > 0 {
			end = p.Steps[i-1].Span
		}
		array := diag.Safe(source.Span{File: p.Span.File, Start: p.Span.Start, End: end.End}.Text(), 64)
		e := c.report(diag.PathThroughArray, p.Span, "`%s` is an array: say which of its elements is meant", array)
		field := diag.Safe(step.Name, 64)
		e.Notes = []string{fmt.Sprintf("all of them: `%s[].%s`; the first: `%s[0].%s`; a condition: `any x in %s has x.%s == …`", array, field, array, field, array, field)}
		if write {
			e.Notes = []string{fmt.Sprintf("each of them: `each x in %s { … x.%s … }`; the first: `%s[0].%s`", array, field, array, field)}
		}
		return true
	}
	return false
}

// unknownField reports a path that the data does not have and says what it may have meant.
func (c *checker) unknownField(p *ast.Path, in scope) *diag.Diagnostic {
	e := c.report(diag.UnknownField, p.Span, "no document of %s has a field %s", c.Data.Name, diag.Quote(p.Span.Text(), 64))
	if b := in.names.binding(p.Head); b == nil || b.at != nil {
		steps, _ := in.names.target(p)
		if l := c.Policy.LeavesOut(steps); l != nil && l.Pattern.Span != p.Span {
			e.Message = fmt.Sprintf("%s is in `%s`: extracted documents do not have it, so rules cannot use it", diag.Backquote(p.Span.Text()), l.Kind)
			e.Related = []diag.Related{{Span: l.Pattern.Span, Message: "here"}}
			return e
		}
	}
	if p.Head != "this" && in.names.binding(p.Head) != nil {
		e.Message = fmt.Sprintf("%s has no value: nothing of that name is in %s", diag.Backquote(p.Span.Text()), diag.Backquote(p.Head))
	}
	if in.names.binding(p.Head) == nil && in.document != c.extracted && (scope{c.facts, c.extracted, in.names}).resolve(p) != nil {
		e.Message = fmt.Sprintf("%s is gone here: a statement above removes or renames it", diag.Backquote(p.Span.Text()))
		return e
	}
	if found := c.boundLater(p); found != nil && in.names.binding(p.Head) == nil && !c.now.unknown() {
		c.beforeBound(e, p, found)
		return e
	}
	if field := c.collectionField(p, in.names); field != "" {
		e.Message = fmt.Sprintf("%s is a collection, not a field", diag.Backquote(p.Head))
		e.Notes = []string{fmt.Sprintf("that a value is in one of its documents is `check PATH refers to %s`", field)}
		return e
	}
	if c.meantPath(e, p, in) {
		return e
	}
	_, found := in.follow(p)
	at, parent, prefix, missing := p.HeadSpan, in.document, "", p.Head
	switch {
	case found >= 0:
		before := *p
		before.Steps = p.Steps[:found]
		parent = in.resolve(&before)
		at, missing = p.Steps[found].Span, p.Steps[found].Name
		prefix = p.Span.File.Text[p.Span.Start:at.Start]
		if p.Steps[found].Kind != ast.FieldStep {
			e.Message = fmt.Sprintf("%s is no array in any document of %s", diag.Backquote(prefix), c.Data.Name)
			e.Notes = []string{"it is " + parent.evidence()}
			return e
		}
		if parent.field(missing) == nil && !parent.is("object") {
			e.Notes = append(e.Notes, fmt.Sprintf("%s is %s", diag.Backquote(prefix), parent.evidence()))
		}
	case p.Head == "this":
		return e
	}
	near := diag.Suggest(missing, parent.names())
	if near != "" {
		text := doc.Path{near}.String()
		if prefix == "" {
			text = ast.Written(text)
		}
		e.Label = fmt.Sprintf("did you mean `%s%s` (%s)?", dotted(prefix), text, parent.field(near).evidence())
		switch {
		case found < 0:
			e.Fix = &diag.Fix{Span: at, Text: text}
		case strings.HasPrefix(at.Text(), "."):
			e.Fix = &diag.Fix{Span: at, Text: "." + text}
		}
		return e
	}
	if path, other := in.document.elsewhere(missing); path != "" && (found < 0 || parent.node != nil) {
		e.Label = fmt.Sprintf("did you mean `%s` (%s)?", path, other.evidence())
	} else if names := parent.names(); len(names) > 0 {
		of := "the fields there are "
		if found < 0 {
			of = "its fields are "
		}
		e.Notes = append(e.Notes, of+shownNames(names))
	}
	return e
}

// collectionField is an unknown path that begins with another collection of
// the weave and goes on with a field; "" when it is none.
func (c *checker) collectionField(p *ast.Path, n *names) string {
	if p.Head == "this" || len(p.Steps) == 0 || c.now.field(p.Head) != nil || n.binding(p.Head) != nil ||
		!slices.ContainsFunc(c.Job.Targets, func(t *workspace.Target) bool { return t.Collection == p.Head }) {
		return ""
	}
	return diag.Safe(p.Span.Text(), 64)
}

// shownNames lists up to twelve names of fields.
func shownNames(names []string) string {
	shown := make([]string, 0, 13)
	for i, name := range names {
		if i == 12 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, doc.Path{name}.String())
	}
	return strings.Join(shown, ", ")
}

func dotted(prefix string) string {
	if prefix == "" || strings.HasSuffix(prefix, ".") {
		return diag.Safe(prefix, 64)
	}
	return diag.Safe(prefix, 64) + "."
}

// beforeBound says of a name of a `lookup` or `let` that it has no value yet.
func (c *checker) beforeBound(e *diag.Diagnostic, p *ast.Path, bound ast.Stmt) {
	e.Related = []diag.Related{{Span: bound.Place(), Message: "here"}}
	selects := slices.ContainsFunc(c.Policy.Filters, func(f *ast.Filter) bool { return p.Span.Within(f.Cond.Place()) })
	if _, isLet := bound.(*ast.Let); isLet {
		e.Message = fmt.Sprintf("%s has no value yet: its `let` comes behind it", diag.Backquote(p.Head))
		e.Notes = []string{"move the `let` before this statement"}
		if selects {
			e.Message = fmt.Sprintf("%s has no value here: documents are selected before any `let` of the `sync`", diag.Backquote(p.Head))
			e.Notes = []string{"write the value itself, or a `let` at the top of the file, which can be a constant"}
		}
		return
	}
	e.Message = fmt.Sprintf("%s has no value yet: its `lookup` comes behind it", diag.Backquote(p.Head))
	e.Notes = []string{"move the `lookup` before this statement"}
	if selects {
		e.Message = fmt.Sprintf("%s has no value here: documents are selected before anything is looked up", diag.Backquote(p.Head))
		e.Notes = []string{"select by fields of the document itself, with the values that the other collection's documents have: `only where FIELD in [VALUE, VALUE]`"}
	}
}
