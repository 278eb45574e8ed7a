package infer

// Statements that write, against the shape of the data.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// add checks the array that is added to.
func (w *walker) add(a *ast.Add, n *names) {
	w.branched(a.Value, n)
	w.targets[a.Path] = w.check.now
	steps, fields := n.target(a.Path)
	if n.isDeep(a.Path) {
		return
	}
	w.written(a.Path, steps, a.Value)
	at := w.at(n).resolve(a.Path)
	switch {
	case w.check.now.unknown() || at != nil || w.check.throughArray(a.Path, w.at(n), true):
	default:
		e := w.check.unknownField(a.Path, w.at(n))
		e.Notes = append(e.Notes, fmt.Sprintf("to add a new array, write `create %s = […]`", diag.Safe(a.Path.Span.Text(), 64)))
		return
	}
	if fields && at != nil && !at.is("array") {
		w.check.now = w.check.now.with(steps, anything)
	}
}

// assign checks the target of `set` or `create` and notes what is there afterwards.
func (w *walker) assign(a *ast.Assign, n *names, conditional bool) {
	w.branched(a.Value, n)
	w.targets[a.Path] = w.check.now
	steps, fields := n.target(a.Path)
	if n.isDeep(a.Path) {
		return // nothing is known of where it is
	}
	left := w.written(a.Path, steps, a.Value)
	at := w.at(n).resolve(a.Path)
	value := w.at(n).view(a.Value)
	switch {
	case w.check.now.unknown():
	case w.check.throughArray(a.Path, w.at(n), true):
		return
	case at == nil && left: // no extracted document can have it
	case at == nil && !a.Create:
		e := w.check.unknownField(a.Path, w.at(n))
		if w.creatable(a.Path) {
			e.Notes = append(e.Notes, fmt.Sprintf("to add a new field, write `create %s`", strings.TrimSpace(strings.TrimPrefix(diag.Safe(a.Span.Text(), 80), "set"))))
		}
		return
	case at != nil && !at.made && !at.unknown() && a.Create && fields:
		e := w.check.report(diag.FieldExists, a.Path.Span, "%s is a field already", diag.Backquote(a.Path.Span.Text()))
		e.Notes = []string{"it is " + at.evidence(),
			fmt.Sprintf("`create` is for fields that no document has; write `set %s`, which also adds it where it is missing",
				strings.TrimSpace(strings.TrimPrefix(diag.Safe(a.Span.Text(), 80), "create")))}
		return
	}
	if !fields {
		return // the elements of the array stay what they are known as
	}
	if at != nil {
		// An untyped constant takes the type that is there; where a write is
		// conditional, both the old and the new can be there.
		if len(value.types) == 1 && value.types[0] == "number" && len(at.numericTypes()) == 1 {
			value = &view{types: at.numericTypes()}
		}
		if conditional {
			if at.types == nil || value.types == nil || value.is("object", "array") || at.is("object", "array") {
				value = anything
			} else {
				value = &view{types: union(at.types, value.types)}
			}
		}
		value = &view{types: value.types, node: value.node, documents: value.documents, fields: value.fields, rest: value.rest, elements: value.elements, made: at.made}
	} else {
		value = &view{types: value.types, node: value.node, documents: value.documents, fields: value.fields, rest: value.rest, elements: value.elements, made: true}
	}
	w.check.now = w.check.now.with(steps, value)
}

// remove checks a path that is removed.
func (w *walker) remove(p *ast.Path, stmt *ast.Remove, n *names, conditional bool) {
	steps, fields := n.target(p)
	if b := n.binding(p.Head); b != nil && b.at != nil && (b.field || len(p.Steps) == 0) {
		if b.field && w.merging() {
			e := w.check.report(diag.RemovedInMerge, p.Span, "in `mode %s` a field that is removed here stays at the destination", w.check.Policy.Mode)
			e.Severity = diag.Warning
			e.Notes = []string{"it is only no longer enforced; write `absent PATH` as well for a field that must go"}
		}
		if len(p.Steps) == 0 {
			return // an element goes
		}
	}
	if n.isDeep(p) || w.check.now.unknown() || w.check.throughArray(p, w.at(n), true) {
		return
	}
	if w.at(n).resolve(p) == nil {
		if !stmt.Expect.AllowsNone() {
			e := w.check.unknownField(p, w.at(n))
			e.Notes = append(e.Notes, "if that is fine, write `expect any` after it")
		}
		return
	}
	if w.merging() && !(p.Head == "_id" && len(p.Steps) == 0) && n.binding(p.Head) == nil && !w.givenUp(steps) {
		e := w.check.report(diag.RemovedInMerge, p.Span, "in `mode %s` this does not remove %s at the destination", w.check.Policy.Mode, diag.Backquote(p.Span.Text()))
		e.Severity = diag.Warning
		e.Notes = []string{fmt.Sprintf("the field is only no longer enforced; write `absent %s` as well to remove it", diag.Safe(p.Span.Text(), 64))}
	}
	if !conditional && fields {
		w.check.now = w.check.now.with(steps, nil)
	}
}

// merging reports whether the destination keeps fields that are not wanted.
func (w *walker) merging() bool {
	return w.check.Policy.Mode == desired.Merge || w.check.Policy.Mode == desired.Update
}

// rename checks the field that is moved.
func (w *walker) rename(r *ast.Rename, n *names, conditional bool) {
	w.targets[r.To] = w.check.now
	from, fields := n.target(r.From)
	to, also := n.target(r.To)
	if n.isDeep(r.From) || n.isDeep(r.To) {
		return
	}
	w.written(r.To, to, nil)
	if w.check.now.unknown() || w.check.throughArray(r.From, w.at(n), true) || w.check.throughArray(r.To, w.at(n), true) {
		return
	}
	at := w.at(n).resolve(r.From)
	if at == nil {
		w.check.unknownField(r.From, w.at(n))
		return
	}
	if !fields || !also {
		return
	}
	moved := *at
	if conditional {
		if there := w.at(n).resolve(r.To); there != nil {
			moved = view{}
		}
	} else {
		w.check.now = w.check.now.with(from, nil)
	}
	moved.made = true
	w.check.now = w.check.now.with(to, &moved)
}

// written reports a write of a field that is left out of extracted data, unless
// a secret is written to a redacted one, and hints at one that the destination
// keeps. It tells whether the field is left out.
func (w *walker) written(p *ast.Path, steps []ast.Step, value ast.Expr) (left bool) {
	fields := ast.FieldNames(steps)
	w.secretsAt(namesOf(steps), value)
	for _, l := range w.check.Policy.LeftOut {
		path := l.Pattern.Path
		switch {
		case path != nil && !doc.Path(check.Fields(path)).Overlaps(fields):
			continue
		case path == nil && !slices.ContainsFunc(steps, func(s ast.Step) bool { return s.Kind == ast.FieldStep && s.Name == l.Pattern.Leaf.Text }):
			continue
		}
		left = true
		if l.Kind == ast.Redact && secretValue(value) {
			continue
		}
		e := w.check.report(diag.RedactedWrite, p.Span, "%s is in `%s`, so the destination keeps its own", diag.Backquote(p.Span.Text()), l.Kind)
		e.Related = []diag.Related{{Span: l.Pattern.Span, Message: "here"}}
		e.Notes = []string{"only `secret(\"…\")` may be written to a redacted field"}
		if l.Kind == ast.Omit {
			e.Notes = []string{"remove one of the two statements"}
		}
	}
	for _, q := range w.check.Policy.PathsOf(ast.Preserve) {
		if path := check.Fields(q.Path); len(path) <= len(fields) && doc.Path(path).Overlaps(fields) {
			e := w.check.report(diag.PreservedWrite, p.Span, "%s is preserved: this counts when the document is inserted, never afterwards", diag.Backquote(p.Span.Text()))
			e.Severity = diag.Hint
			e.Related = []diag.Related{{Span: q.Path.Span, Message: "preserved here"}}
			e.Notes = []string{"that is right for the value that new documents begin with"}
			if w.check.Policy.Mode == desired.Update {
				e.Severity, e.Code = diag.Error, diag.PolicyNotInMode
				e.Message = fmt.Sprintf("%s is preserved, and `mode update` inserts no documents: this is never written", diag.Backquote(p.Span.Text()))
				e.Notes = []string{"remove one of the two statements, or choose another mode"}
			}
		}
	}
	return left
}

// secretsAt notes where a value has secrets.
func (w *walker) secretsAt(at []string, value ast.Expr) {
	if value == nil {
		return
	}
	if secretValue(value) {
		w.secrets = append(w.secrets, at)
	}
	if o, ok := ast.Unparen(value).(*ast.Object); ok {
		for _, f := range o.Fields {
			if f.Key != nil {
				continue
			}
			w.secretsAt(append(slices.Clone(at), f.Name.Text), f.Value)
		}
	}
}

// givenUp reports whether a removed path is one that `absent` names, or is left out.
func (w *walker) givenUp(steps []ast.Step) bool {
	return slices.ContainsFunc(w.check.Policy.PathsOf(ast.Absent), func(q policy.Path) bool { return slices.Equal(check.Fields(q.Path), ast.FieldNames(steps)) })
}

// secretValue reports whether an expression gives a secret, whole or in a text, in every case.
func secretValue(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Call:
		return x.Func.Text == "secret"
	case *ast.Text:
		return slices.ContainsFunc(x.Parts, func(p ast.TextPart) bool { return p.Expr != nil && secretValue(p.Expr) })
	case *ast.If:
		return secretValue(x.Then) && secretValue(x.Else)
	case *ast.PerEnv:
		return !slices.ContainsFunc(x.Entries, func(e ast.EnvEntry) bool { return !secretValue(e.Value) })
	}
	return false
}

// creatable reports whether `create` could write a path that is not there: it
// has names only, and what is known of its parents may be an object.
func (w *walker) creatable(p *ast.Path) bool {
	if !p.OnlyFields() {
		return false
	}
	_, found := w.at(nil).follow(p)
	if found < 0 {
		return true
	}
	before := *p
	before.Steps = p.Steps[:found]
	parent := w.at(nil).resolve(&before)
	return parent == nil || parent.types == nil || parent.is("object")
}
