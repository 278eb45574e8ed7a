package compiler

// The paths of destination statements, which the extracted data need not have.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// policies checks the paths of destination statements.
func (s *static) policies(p *policy.Policy, top *names) {
	done := map[ast.PathPolicyKind]string{ast.Preserve: "preserved", ast.Ignore: "ignored", ast.Redact: "redacted", ast.Omit: "omitted"}
	for _, q := range p.Paths {
		if q.Kind != ast.Absent { // what is to be absent is expected to be unknown here
			s.destinationPath(q.Path, done[q.Kind], q.Own)
		}
	}
	for _, q := range p.LeftOut {
		if q.Pattern.Path != nil { // job.slips keeps only the slips
			s.destinationPath(q.Pattern.Path, done[q.Kind], q.Own)
		}
	}
	for _, q := range p.NotSecret {
		if q.Own && !s.extracted.unknown() {
			s.notSecret(q.Pattern)
		}
	}
	for _, l := range p.Links {
		s.path(l.Path, s.now, nil)
		for _, by := range s.sync.Sync.By {
			if fields := linkFields(l.Path); doc.Path(check.Fields(by)).Overlaps(fields) {
				e := s.report(diag.BadPath, l.Path.Span, "%s identifies the documents, and the `_id` that the destination has is only known when the artefact runs", diag.Backquote(l.Path.Span.Text()))
				e.Related = []diag.Related{{Span: by.Span, Message: "identity"}}
				e.Notes = []string{"identify the documents by other fields"}
			}
		}
	}
	for _, i := range p.Index {
		own := !slices.ContainsFunc(s.sync.Defaults, func(d ast.Stmt) bool {
			return d.Place().File == i.Span.File && d.Place().Start <= i.Span.Start && i.Span.End <= d.Place().End
		})
		for _, k := range i.Keys {
			if s.now.unknown() {
				continue
			}
			if at, parent, missing := s.resolveIndexed(k.Path); at == nil && !(own && s.nearElement(k.Path, parent, missing)) {
				s.destinationPath(k.Path, "part of an index", own)
			}
		}
	}
	if p.Prune != nil {
		for q := range check.Paths(p.Prune.Cond) {
			if top.binding(q.Head) == nil {
				s.destinationPath(q, "used", p.OwnPrune)
			}
		}
	}
}

// notSecret checks a pattern that says of nothing that it is none.
func (s *static) notSecret(pattern ast.PathPattern) {
	var e *diag.Diagnostic
	if leaf := pattern.Leaf; leaf != nil {
		names := fieldNamesIn(s.extracted.node, nil)
		if slices.Contains(names, leaf.Text) {
			return
		}
		e = s.report(diag.UnknownField, pattern.Span, "no document of %s has a field %s, at any depth", s.data.Name, diag.Quote(leaf.Text, 64))
		if near := diag.Suggest(leaf.Text, names); near != "" {
			e.Label = fmt.Sprintf("did you mean `*.%s`?", doc.Path{near})
		}
	} else if s.resolve(pattern.Path, s.extracted, nil) == nil {
		e = s.unknownField(pattern.Path, s.extracted, nil)
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

// linkFields are the names of a path up to the first array.
func linkFields(p *ast.Path) []string {
	fields := []string{p.Head}
	for _, step := range p.Steps {
		if step.Kind != ast.FieldStep {
			break
		}
		fields = append(fields, step.Name)
	}
	return fields
}

// resolveIndexed follows a path as an index does, into the elements of arrays;
// where nothing is there it tells which name is missing in what.
func (s *static) resolveIndexed(p *ast.Path) (at, parent *view, missing string) {
	v := s.now
	for _, name := range check.Fields(p) {
		next := v.field(name)
		if next == nil {
			if e := v.element(); e != nil {
				next = e.field(name)
			}
		}
		if next == nil {
			return nil, v, name
		}
		v = next
	}
	return v, nil, ""
}

// nearElement reports the last name of an index's path where the elements of
// the array have one that is nearly the same.
func (s *static) nearElement(p *ast.Path, array *view, missing string) bool {
	e := array.element()
	if e == nil || e.unknown() {
		return false
	}
	near := diag.Suggest(missing, e.names())
	if near == "" {
		return false
	}
	s.report(diag.UnknownField, p.Span, "no document of %s has a field %s", s.data.Name, diag.Quote(p.Span.Text(), 64)).Label =
		fmt.Sprintf("did you mean `%s` there (%s)?", doc.Path{near}, e.field(near).evidence())
	return true
}

// destinationPath checks a path that only the destination may have: a near
// miss of a known one is an error where the sync itself (own) names it, anything
// else a hint.
func (s *static) destinationPath(p *ast.Path, word string, own bool) {
	if s.now.unknown() || s.resolve(p, s.now, nil) != nil || s.resolve(p, s.extracted, nil) != nil {
		return
	}
	e := s.unknownField(p, s.now, nil)
	if e.Label == "" || !own {
		e.Severity, e.Label, e.Fix = diag.Hint, "", nil
		e.Code = diag.DestinationOnlyField
		e.Message = fmt.Sprintf("the field %s is %s, and no document of %s has it", diag.Backquote(p.Span.Text()), word, s.data.Name)
		e.Notes = []string{"that is right when only the destination has it"}
	}
}
