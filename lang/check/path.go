package check

// Paths that are written or that policies and identities name.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// target checks a path that is written: of the document, or of an element that an `each` visits.
func (b *block) target(p *ast.Path) {
	at, ok := b.lookup(p.Head)
	if ok {
		b.used[at] = true
	}
	if ok && !b.element(p.Head) {
		e := b.report(diag.NotAField, p.HeadSpan, "%s is a value here, not a field", diag.Backquote(p.Head))
		e.Related = []diag.Related{{Span: at, Message: "named here"}}
		e.Notes = []string{"a field of this name is `this." + diag.Safe(p.Head, 64) + "`"}
		return
	}
	if !b.elementTarget(p) {
		b.writable(p)
	}
}

// writable checks the form of a path that is written or that policies name.
func (f *forms) writable(p *ast.Path) bool {
	if p.Head == "this" && (len(p.Steps) == 0 || p.Steps[0].Kind != ast.FieldStep) {
		f.report(diag.BadPath, p.Span, "name a field: `this` is the whole document").Notes = []string{"write `this.name`"}
		return false
	}
	names := []string{p.Head}
	for _, s := range p.Steps {
		switch s.Kind {
		case ast.AllStep:
			f.report(diag.BadPath, s.Span, "`[]` is for reading: all elements cannot be written at once").Notes =
				[]string{"edit them one by one: `each x in … { }`"}
			return false
		case ast.FieldStep:
			names = append(names, s.Name)
		}
	}
	for _, n := range names {
		if n == "" || strings.ContainsRune(n, 0) {
			f.report(diag.BadName, p.Span, "the name of a field is not empty and has no NUL")
			return false
		}
	}
	return true
}

// fieldPath checks a path of policies and identities: fields only.
func (f *forms) fieldPath(p *ast.Path, where string) bool {
	if !f.writable(p) {
		return false
	}
	for _, s := range p.Steps {
		if s.Kind != ast.FieldStep {
			f.report(diag.BadPath, s.Span, "%s takes fields, not elements of an array", where)
			return false
		}
	}
	return true
}

// Fields returns the field names of a path of fields, without `this`.
func Fields(p *ast.Path) []string {
	var out []string
	if p.Head != "this" {
		out = append(out, p.Head)
	}
	for _, s := range p.Steps {
		out = append(out, s.Name)
	}
	return out
}

// overlap reports whether one of two paths of fields is, or is part of, the other.
func overlap(p, q *ast.Path) bool {
	for _, x := range []*ast.Path{p, q} {
		if slices.ContainsFunc(x.Steps, func(s ast.Step) bool { return s.Kind != ast.FieldStep }) {
			return false
		}
	}
	a, b := Fields(p), Fields(q)
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}
