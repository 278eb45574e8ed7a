package infer

// The paths of destination statements, which the extracted data need not have.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// bareFields reports a bare name of the destination that is also a text field
// of the documents: who writes `into region` may mean the value of each document.
func (c *checker) bareFields() {
	type bare struct {
		clause string
		name   *ast.Name
	}
	names := []bare{{"into ", c.Target.Into.Name}, {"as ", c.Target.As}}
	if p := c.Target.Into.PerEnv; p != nil {
		if x, ok := c.choose(p).(*ast.Path); ok && len(x.Steps) == 0 {
			names = append(names, bare{"", &ast.Name{At: x.At, Text: x.Head}})
		}
	}
	for _, b := range names {
		n := b.name
		if n == nil || check.Quoted(*n) || c.extracted.unknown() {
			continue
		}
		f := c.extracted.field(n.Text)
		if f == nil || len(f.types) != 1 || f.types[0] != "string" {
			continue
		}
		e := c.report(diag.BareName, n.Span, "%s is a field of %s too, and a bare word is the name of the destination itself", diag.Backquote(n.Text), c.Data.Name)
		e.Label = fmt.Sprintf("for that name write `%s\"%s\"`", b.clause, diag.Safe(n.Text, 64))
		e.Fix = &diag.Fix{Span: n.Span, Text: `"` + n.Text + `"`}
		e.Notes = []string{"the field is " + f.evidence(), "all documents of a `sync` go to one collection: where the field decides, write a `sync` for each value, with `only where`"}
	}
}

// policies checks the paths of destination statements.
func (c *checker) policies(top *names) {
	p := c.Policy
	done := map[ast.PathPolicyKind]string{ast.Preserve: "preserved", ast.Ignore: "ignored", ast.Redact: "redacted", ast.Omit: "omitted",
		ast.Elements: "owned by its elements", ast.Ensure: "owned by named values"}
	for _, q := range p.Paths {
		if q.Kind != ast.Absent { // what is to be absent is expected to be unknown here
			c.destinationPath(q.Path, done[q.Kind], q.Own)
		}
		if q.Kind == ast.Ensure && q.Part != nil {
			c.listsInList(q.Part)
		}
	}
	for _, q := range p.LeftOut {
		if q.Pattern.Path != nil { // job.slips keeps only the slips
			c.destinationPath(q.Pattern.Path, done[q.Kind], q.Own)
		}
	}
	for _, q := range p.NotSecret {
		if q.Own && !c.extracted.unknown() {
			c.notSecret(q.Pattern)
		}
	}
	for _, l := range p.Links {
		c.path(l.Path, c.at(c.now))
		for _, by := range c.Target.Sync.By {
			if fields := ast.FieldNames(l.Path.FromRoot()); doc.Path(check.Fields(by)).Overlaps(fields) {
				e := c.report(diag.BadPath, l.Path.Span, "%s identifies the documents, and the `_id` that the destination has is only known when the artefact runs", diag.Backquote(l.Path.Span.Text()))
				e.Related = []diag.Related{{Span: by.Span, Message: "identity"}}
				e.Notes = []string{"identify the documents by other fields"}
			}
		}
	}
	for _, i := range p.Index {
		own := !slices.ContainsFunc(slices.Concat(c.Target.Defaults...), func(d ast.Stmt) bool {
			return d.Place().File == i.Span.File && d.Place().Start <= i.Span.Start && i.Span.End <= d.Place().End
		})
		for _, k := range i.Keys {
			if c.now.unknown() {
				continue
			}
			if at, parent, missing := c.now.indexed(k.Path); at == nil && !(own && c.nearElement(k.Path, parent, missing)) {
				c.destinationPath(k.Path, "part of an index", own)
			}
		}
	}
	if p.Prune != nil {
		for q := range check.Paths(p.Prune.Cond) {
			if top.binding(q.Head) == nil {
				c.destinationPath(q, "used", p.OwnPrune)
			}
		}
	}
}

// notSecret checks a pattern that says of nothing that it is none.
func (c *checker) notSecret(pattern ast.PathPattern) {
	var e *diag.Diagnostic
	if leaf := pattern.Leaf; leaf != nil {
		names := fieldNamesIn(c.extracted.node, nil)
		if slices.Contains(names, leaf.Text) {
			return
		}
		e = c.report(diag.UnknownField, pattern.Span, "no document of %s has a field %s, at any depth", c.Data.Name, diag.Quote(leaf.Text, 64))
		if near := diag.Suggest(leaf.Text, names); near != "" {
			e.Label = fmt.Sprintf("did you mean `*.%s`?", doc.Path{near})
		}
	} else if c.at(c.extracted).resolve(pattern.Path) == nil {
		e = c.unknownField(pattern.Path, c.at(c.extracted))
	} else {
		return
	}
	e.Notes = append(e.Notes, "a `not secret` is about what is extracted: remove it when the field is gone")
}

// fieldNamesIn adds the names of the fields at any depth of documents.
func fieldNamesIn(n *shape.Node, names []string) []string {
	if n == nil {
		return names
	}
	for _, f := range n.Fields {
		names = fieldNamesIn(f, append(names, f.Name))
	}
	return fieldNamesIn(n.Elements, names)
}

// nearElement reports the last name of an index's path where the elements of
// the array have one that is nearly the same.
func (c *checker) nearElement(p *ast.Path, array *view, missing string) bool {
	e := array.element()
	if e == nil || e.unknown() {
		return false
	}
	near := diag.Suggest(missing, e.names())
	if near == "" {
		return false
	}
	c.report(diag.UnknownField, p.Span, "no document of %s has a field %s", c.Data.Name, diag.Quote(p.Span.Text(), 64)).Label =
		fmt.Sprintf("did you mean `%s` there (%s)?", doc.Path{near}, e.field(near).evidence())
	return true
}

// listsInList warns of lists that are written where elements belong, unless the elements
// of the data are lists.
func (c *checker) listsInList(s *ast.OwnedPart) {
	node := c.Data.Shape.Root
	for _, name := range check.Fields(s.Path) {
		node = node.Field(name)
	}
	if node != nil && node.Elements.Is("array") {
		return
	}
	for _, v := range s.Values {
		list, ok := v.(*ast.List)
		if !ok || len(list.Elems) == 0 {
			continue
		}
		e := c.report(diag.BadList, v.Place(), "this is one element of %s, which is a list", diag.Backquote(s.Path.Span.Text()))
		e.Severity = diag.Warning
		inside := source.Span{File: list.Span.File, Start: list.Elems[0].Place().Start, End: list.Elems[len(list.Elems)-1].Place().End}
		e.Fix = &diag.Fix{Span: list.Span, Text: inside.Text()}
		e.Label = fmt.Sprintf("for %d element%s write `%s`", len(list.Elems), words.Plural(len(list.Elems)), diag.Safe(inside.Text(), 80))
	}
}

// destinationPath checks a path that only the destination may have: a near
// miss of a known one is an error where the sync itself (own) names it, anything
// else a hint.
func (c *checker) destinationPath(p *ast.Path, word string, own bool) {
	if c.now.unknown() || c.at(c.now).resolve(p) != nil || c.at(c.extracted).resolve(p) != nil {
		return
	}
	e := c.unknownField(p, c.at(c.now))
	if array := c.arrayBefore(p); array != "" && own {
		e.Message, e.Fix = fmt.Sprintf("%s is an array, which is %s as one value", diag.Backquote(array), word), nil
		e.Label, e.Notes = fmt.Sprintf("write %s, for all of it", diag.Backquote(array)), nil
		return
	}
	if e.Label == "" || !own {
		e.Severity, e.Label, e.Fix = diag.Hint, "", nil
		e.Code = diag.DestinationOnlyField
		e.Message = fmt.Sprintf("the field %s is %s, and no document of %s has it", diag.Backquote(p.Span.Text()), word, c.Data.Name)
		e.Notes = []string{"that is right when only the destination has it"}
	}
}
