package compiler

// The rules of one collection against the shape of its data, before any
// document is looked at: unknown fields, names that clash, comparisons that
// can never hold (LANGUAGE.md 3.3 to 3.5).

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// static walks the statements of one sync in one environment.
type static struct {
	job       *job
	sync      *target
	data      *collection
	env       *eval.Env
	diags     diag.List
	extracted *view
	policy    *policy
	// others gives the extracted data of a collection that a lookup names.
	others func(collectionKey) *collection
	// now is the view at the statement that is being walked.
	now *view
	// targets has the view in which each written path was walked: what an
	// untyped constant becomes there.
	targets map[*ast.Path]*view
	// clashed are the names that were reported to have two meanings.
	clashed map[string]bool
	// checks are walked when the documents are finished.
	checks []pendingCheck
}

type pendingCheck struct {
	check *ast.Check
	names *names
}

// names are the bindings that an expression sees, with what is known of their
// values: a view, or for an element that an `each` visits where it is in the document.
type names struct {
	outer *names
	name  string
	value *view
	at    []ast.Step
}

// find is what is known of a name's value; nil when it is no binding.
func (s *static) find(n *names, name string, document *view) *view {
	b := n.binding(name)
	switch {
	case b == nil:
		return nil
	case b.at == nil:
		return b.value
	}
	v := document
	for _, step := range b.at {
		if step.Kind == ast.FieldStep {
			v = v.field(step.Name)
		} else {
			v = v.element()
		}
		if v == nil {
			return anything
		}
	}
	return v
}

func (n *names) binding(name string) *names {
	for ; n != nil; n = n.outer {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (n *names) bind(name string, v *view) *names {
	return &names{outer: n, name: name, value: v}
}

// target is the path from the document's root that a written path means, and
// whether it is fields only, of the document or of elements that an `each` visits.
func (n *names) target(p *ast.Path) (steps []ast.Step, fields bool) {
	if b := n.binding(p.Head); b != nil && b.at != nil {
		steps = slices.Clone(b.at)
	} else if p.Head != "this" {
		steps = []ast.Step{{At: ast.At{Span: p.HeadSpan}, Kind: ast.FieldStep, Name: p.Head}}
	}
	return append(steps, p.Steps...), isFields(p)
}

// run walks everything; final is then what is known of the finished documents.
func (s *static) run(p *policy) {
	top := s.constants()
	s.now, s.policy = s.extracted, p
	if !p.structureOnly() {
		for _, f := range p.filters {
			s.expr(f.Cond, s.extracted, top, true)
		}
		for _, block := range s.sync.blocks {
			s.stmts(block, top, false)
		}
		for _, c := range s.checks {
			s.check(c)
		}
		for _, by := range s.sync.By {
			if s.resolve(by, s.now, nil) == nil {
				s.unknownField(by, s.now, nil)
			}
		}
	}
	s.policies(p, top)
}

// check walks a check over the finished documents.
func (s *static) check(c pendingCheck) {
	s.expr(c.check.Cond, s.now, c.names, false)
	for _, p := range c.check.Unique {
		s.path(p, s.now, nil)
	}
	s.expr(c.check.Else, s.now, c.names, false)
}

// policies checks the paths of destination statements.
func (s *static) policies(p *policy, top *names) {
	done := map[ast.PathPolicyKind]string{ast.Preserve: "preserved", ast.Ignore: "ignored", ast.Redact: "redacted", ast.Omit: "omitted"}
	for _, q := range p.paths {
		if q.kind != ast.Absent { // what is to be absent is expected to be unknown here
			s.destinationPath(q.path, done[q.kind], q.own)
		}
	}
	for _, q := range p.leftOut {
		if q.pattern.Path != nil { // job.slips keeps only the slips
			s.destinationPath(q.pattern.Path, done[q.kind], q.own)
		}
	}
	for _, l := range p.links {
		s.path(l.Path, s.now, nil)
	}
	for _, i := range p.index {
		for _, k := range i.Keys {
			if s.now.unknown() {
				continue
			}
			if at, parent, missing := s.resolveIndexed(k.Path); at == nil && !s.nearElement(k.Path, parent, missing) {
				s.destinationPath(k.Path, "part of an index", true)
			}
		}
	}
	if p.prune != nil {
		for q := range check.Paths(p.prune.Cond) {
			if top.binding(q.Head) == nil {
				s.destinationPath(q, "used", p.ownPrune)
			}
		}
	}
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
	s.report(diag.UnknownField, p.Span, "no document of %s has a field %s", s.data.name, diag.Quote(p.Span.Text(), 64)).Label =
		fmt.Sprintf("did you mean `%s` there (%s)?", doc.Path{near}, e.field(near).evidence(s.data.shape.Documents))
	return true
}

// constants are the inputs and top-level lets with the types of their values.
func (s *static) constants() *names {
	var n *names
	s.now = anything
	for _, in := range s.job.weave.Module.Inputs {
		n = n.bind(in.Name.Text, &view{types: []string{in.Type.Text}, made: true})
	}
	for _, l := range s.job.weave.Module.Lets {
		n = n.bind(l.Name.Text, s.viewOfExpr(l.Value, n))
	}
	return n
}

// report adds an error.
func (s *static) report(code diag.Code, at source.Span, format string, args ...any) *diag.Diagnostic {
	s.diags = append(s.diags, diag.Diagnostic{Code: code, Span: at, Message: fmt.Sprintf(format, args...)})
	return &s.diags[len(s.diags)-1]
}

// stmts walks statements in order. In a conditional block a write may or may
// not have happened afterwards.
func (s *static) stmts(stmts []ast.Stmt, n *names, conditional bool) {
	for _, stmt := range stmts {
		switch stmt := stmt.(type) {
		case *ast.Let:
			s.expr(stmt.Value, s.now, n, false)
			v := s.viewOfExpr(stmt.Value, n)
			n = n.bind(stmt.Name.Text, v)
		case *ast.Assign:
			s.expr(stmt.Value, s.now, n, false)
			s.assign(stmt, n, conditional)
		case *ast.Remove:
			for _, p := range stmt.Paths {
				s.remove(p, stmt, n, conditional)
			}
		case *ast.Rename:
			s.rename(stmt, n, conditional)
		case *ast.Add:
			s.expr(stmt.Value, s.now, n, false)
			s.add(stmt, n)
		case *ast.Where:
			s.expr(stmt.Cond, s.now, n, true)
			s.stmts(stmt.Body.Stmts, n, true)
		case *ast.Each:
			s.each(stmt, n)
		case *ast.Lookup:
			n = s.lookup(stmt, n)
		case *ast.Document:
			s.document(stmt, n)
		case *ast.For:
			if s.job.weave.Module.Applies(stmt, s.job.environment) {
				s.stmts(stmt.Body.Stmts, n, conditional)
			}
		case *ast.Check:
			s.checks = append(s.checks, pendingCheck{stmt, n})
		}
	}
}

// each walks the block of an `each`: its name stands for an element of the array.
func (s *static) each(e *ast.Each, n *names) {
	s.path(e.Path, s.now, n)
	steps, _ := n.target(e.Path)
	inner := &names{outer: n, name: e.Name.Text, at: append(steps, ast.Step{At: e.Name.At, Kind: ast.AllStep})}
	s.clash(e.Name.Text, e.Name, s.now, n)
	s.expr(e.Cond, s.now, inner, true)
	s.stmts(e.Body.Stmts, inner, true)
}

// lookup binds the name of a document of another collection, which the condition sees.
func (s *static) lookup(l *ast.Lookup, n *names) *names {
	other := s.others(lookedUp(l, s.sync.Source[s.job.environment]))
	v := anything
	if other != nil {
		v = viewOf(other.shape)
	}
	n = n.bind(l.Name.Text, v)
	s.expr(l.Cond, s.now, n, true)
	return n
}

// document checks the values and the fields of a `document`.
func (s *static) document(d *ast.Document, n *names) {
	for _, f := range d.Object.Fields {
		s.expr(f.Value, anything, n, false)
	}
	if !s.extracted.unknown() {
		s.diags = append(s.diags, s.data.misspelt(d.Object, s.data.shape.Root)...)
	}
}

// add checks the array that is added to.
func (s *static) add(a *ast.Add, n *names) {
	s.targets[a.Path] = s.now
	steps, fields := n.target(a.Path)
	s.written(a.Path, steps, a.Value)
	at := s.resolve(a.Path, s.now, n)
	switch {
	case s.now.unknown() || at != nil || s.throughArray(a.Path, s.now, n, true):
	default:
		e := s.unknownField(a.Path, s.now, n)
		e.Notes = append(e.Notes, fmt.Sprintf("to add a new array, write `create %s = […]`", diag.Safe(a.Path.Span.Text(), 64)))
		return
	}
	if fields && at != nil && !at.is("array") {
		s.now = s.now.with(steps, anything)
	}
}

// assign checks the target of `set` or `create` and notes what is there afterwards.
func (s *static) assign(a *ast.Assign, n *names, conditional bool) {
	s.targets[a.Path] = s.now
	steps, fields := n.target(a.Path)
	left := s.written(a.Path, steps, a.Value)
	at := s.resolve(a.Path, s.now, n)
	value := s.viewOfExpr(a.Value, n)
	switch {
	case s.now.unknown():
	case s.throughArray(a.Path, s.now, n, true):
		return
	case at == nil && left: // no extracted document can have it
	case at == nil && !a.Create:
		e := s.unknownField(a.Path, s.now, n)
		if s.creatable(a.Path) {
			e.Notes = append(e.Notes, fmt.Sprintf("to add a new field, write `create %s`", strings.TrimSpace(strings.TrimPrefix(diag.Safe(a.Span.Text(), 80), "set"))))
		}
		return
	case at != nil && !at.made && !at.unknown() && a.Create && fields:
		e := s.report(diag.FieldExists, a.Path.Span, "%s is a field already", backquote(a.Path.Span.Text()))
		e.Notes = []string{"it is " + at.evidence(s.data.shape.Documents),
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
		value = &view{types: value.types, node: value.node, fields: value.fields, made: at.made}
	} else {
		value = &view{types: value.types, node: value.node, fields: value.fields, made: true}
	}
	s.now = s.now.with(steps, value)
}

// remove checks a path that is removed.
func (s *static) remove(p *ast.Path, stmt *ast.Remove, n *names, conditional bool) {
	steps, fields := n.target(p)
	if b := n.binding(p.Head); b != nil && b.at != nil && len(p.Steps) == 0 {
		return // an element goes
	}
	if s.now.unknown() || s.throughArray(p, s.now, n, true) {
		return
	}
	if s.resolve(p, s.now, n) == nil {
		if stmt.Expect == nil || !stmt.Expect.Any {
			e := s.unknownField(p, s.now, n)
			e.Notes = append(e.Notes, "if that is fine, write `expect any` after it")
		}
		return
	}
	merging := s.policy.mode == desired.Merge || s.policy.mode == desired.Update
	if merging && !(p.Head == "_id" && len(p.Steps) == 0) && n.binding(p.Head) == nil && !s.givenUp(steps) {
		e := s.report(diag.RemovedInMerge, p.Span, "in `mode %s` this does not remove %s at the destination", s.policy.mode, backquote(p.Span.Text()))
		e.Severity = diag.Warning
		e.Notes = []string{fmt.Sprintf("the field is only no longer enforced; write `absent %s` as well to remove it", diag.Safe(p.Span.Text(), 64))}
	}
	if !conditional && fields {
		s.now = s.now.with(steps, nil)
	}
}

// rename checks the field that is moved.
func (s *static) rename(r *ast.Rename, n *names, conditional bool) {
	s.targets[r.To] = s.now
	from, fields := n.target(r.From)
	to, also := n.target(r.To)
	s.written(r.To, to, nil)
	if s.now.unknown() || s.throughArray(r.From, s.now, n, true) || s.throughArray(r.To, s.now, n, true) {
		return
	}
	at := s.resolve(r.From, s.now, n)
	if at == nil {
		s.unknownField(r.From, s.now, n)
		return
	}
	if !fields || !also {
		return
	}
	moved := *at
	if conditional {
		if there := s.resolve(r.To, s.now, n); there != nil {
			moved = view{}
		}
	} else {
		s.now = s.now.with(from, nil)
	}
	moved.made = true
	s.now = s.now.with(to, &moved)
}

// written reports a write of a field that is left out of extracted data, unless
// a secret is written to a redacted one, and hints at one that the destination
// keeps. It tells whether the field is left out.
func (s *static) written(p *ast.Path, steps []ast.Step, value ast.Expr) (left bool) {
	fields := fieldNames(steps)
	for _, l := range s.policy.leftOut {
		path := l.pattern.Path
		switch {
		case path != nil && !related(check.Fields(path), fields):
			continue
		case path == nil && !slices.ContainsFunc(steps, func(s ast.Step) bool { return s.Kind == ast.FieldStep && s.Name == l.pattern.Leaf.Text }):
			continue
		}
		left = true
		if l.kind == ast.Redact && secretValue(value) {
			continue
		}
		e := s.report(diag.RedactedWrite, p.Span, "%s is in `%s`, so the destination keeps its own", backquote(p.Span.Text()), l.kind)
		e.Related = []diag.Related{{Span: l.pattern.Span, Message: "here"}}
		e.Notes = []string{"only `secret(\"…\")` may be written to a redacted field"}
		if l.kind == ast.Omit {
			e.Notes = []string{"remove one of the two statements"}
		}
	}
	for _, q := range s.policy.of(ast.Preserve) {
		if path := check.Fields(q.path); len(path) <= len(fields) && related(path, fields) {
			e := s.report(diag.PreservedWrite, p.Span, "%s is preserved: this counts when the document is inserted, never afterwards", backquote(p.Span.Text()))
			e.Severity = diag.Hint
			e.Related = []diag.Related{{Span: q.path.Span, Message: "preserved here"}}
			e.Notes = []string{"that is right for the value that new documents begin with"}
		}
	}
	return left
}

// givenUp reports whether a removed path is one that `absent` names, or is left out.
func (s *static) givenUp(steps []ast.Step) bool {
	return slices.ContainsFunc(s.policy.of(ast.Absent), func(q policyPath) bool { return slices.Equal(check.Fields(q.path), fieldNames(steps)) })
}

// fieldNames are the names of the leading fields of a path.
func fieldNames(steps []ast.Step) []string {
	var out []string
	for _, s := range steps {
		if s.Kind != ast.FieldStep {
			break
		}
		out = append(out, s.Name)
	}
	return out
}

// secretValue reports whether an expression gives a secret, whole or in a text, in every case.
func secretValue(x ast.Expr) bool {
	switch x := unparen(x).(type) {
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
		e.Message = fmt.Sprintf("the field %s is %s, and no document of %s has it", backquote(p.Span.Text()), word, s.data.name)
		e.Notes = []string{"that is right when only the destination has it"}
	}
}

// resolve follows a path; nil when the data has nothing there.
func (s *static) resolve(p *ast.Path, document *view, n *names) *view {
	v, _ := s.follow(p, document, n)
	return v
}

// follow returns the view at the path and how many steps were found: -1 when
// already the first word was not.
func (s *static) follow(p *ast.Path, document *view, n *names) (*view, int) {
	v := document
	if p.Head != "this" {
		if bound := s.find(n, p.Head, document); bound != nil {
			v = bound
		} else if v = document.field(p.Head); v == nil {
			return nil, -1
		}
	}
	for i, step := range p.Steps {
		if step.Kind == ast.FieldStep {
			v = v.field(step.Name)
		} else {
			v = v.element()
			if v == nil && s.isArrayAt(p, i, document, n) {
				v = anything // arrays that are all empty: nothing is known of elements
			}
		}
		if v == nil {
			return nil, i
		}
	}
	return v, len(p.Steps)
}

// isArrayAt reports whether the value before step i can be an array.
func (s *static) isArrayAt(p *ast.Path, i int, document *view, n *names) bool {
	before := *p
	before.Steps = p.Steps[:i]
	v, _ := s.follow(&before, document, n)
	return v != nil && v.is("array")
}

// throughArray reports a path that takes a field of what is always an array.
func (s *static) throughArray(p *ast.Path, document *view, n *names, write bool) bool {
	for i, step := range p.Steps {
		if step.Kind != ast.FieldStep {
			continue
		}
		before := *p
		before.Steps = p.Steps[:i]
		v := s.resolve(&before, document, n)
		if v == nil || v.types == nil || !v.is("array") || v.is("object") {
			continue
		}
		end := p.HeadSpan
		if i > 0 {
			end = p.Steps[i-1].Span
		}
		array := diag.Safe(source.Span{File: p.Span.File, Start: p.Span.Start, End: end.End}.Text(), 64)
		e := s.report(diag.PathThroughArray, p.Span, "`%s` is an array: say which of its elements is meant", array)
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
func (s *static) unknownField(p *ast.Path, document *view, n *names) *diag.Diagnostic {
	e := s.report(diag.UnknownField, p.Span, "no document of %s has a field %s", s.data.name, diag.Quote(p.Span.Text(), 64))
	if b := n.binding(p.Head); s.policy != nil && (b == nil || b.at != nil) {
		steps, _ := n.target(p)
		if l := s.policy.leavesOut(steps); l != nil && l.pattern.Span != p.Span {
			e.Message = fmt.Sprintf("%s is in `%s`: extracted documents do not have it, so rules cannot use it", backquote(p.Span.Text()), l.kind)
			e.Related = []diag.Related{{Span: l.pattern.Span, Message: "here"}}
			return e
		}
	}
	if p.Head != "this" && n.binding(p.Head) != nil {
		e.Message = fmt.Sprintf("%s has no value: nothing of that name is in %s", backquote(p.Span.Text()), backquote(p.Head))
	}
	if n.binding(p.Head) == nil && document != s.extracted && s.resolve(p, s.extracted, n) != nil {
		e.Message = fmt.Sprintf("%s is gone here: a statement above removes or renames it", backquote(p.Span.Text()))
		return e
	}
	_, found := s.follow(p, document, n)
	at, parent, prefix, missing := p.HeadSpan, document, "", p.Head
	switch {
	case found >= 0:
		before := *p
		before.Steps = p.Steps[:found]
		parent = s.resolve(&before, document, n)
		at, missing = p.Steps[found].Span, p.Steps[found].Name
		prefix = p.Span.File.Text[p.Span.Start:at.Start]
		if p.Steps[found].Kind != ast.FieldStep {
			e.Message = fmt.Sprintf("%s is no array in any document of %s", backquote(prefix), s.data.name)
			e.Notes = []string{"it is " + parent.evidence(s.data.shape.Documents)}
			return e
		}
		if parent.field(missing) == nil && !parent.is("object") {
			e.Notes = append(e.Notes, fmt.Sprintf("%s is %s", backquote(prefix), parent.evidence(s.data.shape.Documents)))
		}
	case p.Head == "this":
		return e
	}
	near := diag.Suggest(missing, parent.names())
	if near != "" {
		text := doc.Path{near}.String()
		e.Label = fmt.Sprintf("did you mean `%s%s` (%s)?", dotted(prefix), text, parent.field(near).evidence(s.data.shape.Documents))
		if found < 0 {
			e.Fix = &diag.Fix{Span: at, Text: text}
		}
		return e
	}
	if path, other := document.elsewhere(missing); path != "" {
		e.Label = fmt.Sprintf("did you mean `%s` (%s)?", path, other.evidence(s.data.shape.Documents))
	} else if names := parent.names(); len(names) > 0 {
		of := "the fields there are "
		if found < 0 {
			of = "its fields are "
		}
		e.Notes = append(e.Notes, of+shownNames(names))
	}
	return e
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

// creatable reports whether `create` could write a path that is not there: it
// has names only, and what is known of its parents may be an object.
func (s *static) creatable(p *ast.Path) bool {
	if !isFields(p) {
		return false
	}
	_, found := s.follow(p, s.now, nil)
	if found < 0 {
		return true
	}
	before := *p
	before.Steps = p.Steps[:found]
	parent := s.resolve(&before, s.now, nil)
	return parent == nil || parent.types == nil || parent.is("object")
}

func dotted(prefix string) string {
	if prefix == "" || strings.HasSuffix(prefix, ".") {
		return diag.Safe(prefix, 64)
	}
	return diag.Safe(prefix, 64) + "."
}

// isFields reports whether a path has no positions and no `[]`.
func isFields(p *ast.Path) bool {
	for _, s := range p.Steps {
		if s.Kind != ast.FieldStep {
			return false
		}
	}
	return true
}

// union is a and what only b has.
func union(a, b []string) []string {
	out := append([]string(nil), a...)
	for _, t := range b {
		found := false
		for _, o := range out {
			found = found || o == t
		}
		if !found {
			out = append(out, t)
		}
	}
	return out
}

func backquote(text string) string { return "`" + diag.Safe(text, 64) + "`" }
