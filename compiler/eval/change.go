package eval

// Statements compiled to operations on one document (LANGUAGE.md 3.1, 3.5, 3.6).
//
// In: statements of a block. Out: a Program; program.go runs it.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// operation changes the document of a Run, or notes a check.
type operation func(r *Run) *Error

// writeSite is a statement that writes one path.
type writeSite struct {
	stat  int // its statement
	steps []ast.Step
	layer []int // the `for` blocks around it
	// covers are the earlier sites whose path is this one or below it.
	covers []int
}

// writeState is what became of a site's write in the document at hand.
type writeState uint8

const (
	notWritten writeState = iota
	unread
	wasRead
	overwritten
)

func (s *writeState) read() {
	if *s == unread {
		*s = wasRead
	}
}

// programmer compiles statements.
type programmer struct {
	compiler
	stmts  []ast.Stmt // of the stats
	checks []check
	layer  []int
	layers int
}

// check is a compiled check statement; message is nil without `else`.
type check struct {
	stmt    *ast.Check
	cond    *node // nil for those that the caller evaluates
	message *node
}

// Program compiles statements: the changes (Assign, Remove, Rename, Where, For,
// Let) in order, and the Checks between them. Selection, policies and documents
// are the caller's and skipped. Blocks of other environments are left out.
func (e *Env) Program(stmts []ast.Stmt) (*Program, []*Error) {
	p := programmer{compiler: compiler{env: e}}
	ops := p.block(stmts)
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return &Program{ops: ops, stmts: p.stmts, sites: p.writes, checks: p.checks, slots: p.slots}, nil
}

func (p *programmer) block(stmts []ast.Stmt) []operation {
	var ops []operation
	mark := len(p.bindings)
	for _, s := range stmts {
		if op := p.statement(s); op != nil {
			ops = append(ops, op)
		}
	}
	p.release(mark)
	return ops
}

// statement compiles one statement; nil for those that are not run.
func (p *programmer) statement(s ast.Stmt) operation {
	switch s := s.(type) {
	case *ast.Assign:
		return p.assign(s)
	case *ast.Remove:
		return p.remove(s)
	case *ast.Rename:
		return p.rename(s)
	case *ast.Let:
		return p.let(s)
	case *ast.Where:
		return p.where(s)
	case *ast.For:
		return p.forBlock(s)
	case *ast.Check:
		return p.check(s)
	case *ast.Each:
		p.unknown(s, "each")
	case *ast.Add:
		p.unknown(s, "add")
	case *ast.Lookup:
		p.unknown(s, "lookup")
	}
	return nil
}

func (p *programmer) unknown(s ast.Stmt, word string) {
	p.fail(&Error{Code: diag.NotImplemented, Span: s.Place(), Message: "`" + word + "` is not implemented yet"})
}

// stat numbers a statement that is counted.
func (p *programmer) stat(s ast.Stmt) int {
	p.stmts = append(p.stmts, s)
	return len(p.stmts) - 1
}

func (p *programmer) where(s *ast.Where) operation {
	stat := p.stat(s)
	cond := p.expr(s.Cond)
	ops := p.block(s.Body.Stmts)
	return func(r *Run) *Error {
		r.stats[stat].Reached++
		ok, err := cond.test(&r.frame)
		if err != nil || !ok {
			return err
		}
		r.stats[stat].Matched++
		return r.all(ops)
	}
}

func (p *programmer) forBlock(s *ast.For) operation {
	if !slices.ContainsFunc(s.Environments, func(n ast.Name) bool { return p.env.Is(n.Text) }) {
		return nil
	}
	p.layers++
	outer := p.layer
	p.layer = append(slices.Clone(outer), p.layers)
	ops := p.block(s.Body.Stmts)
	p.layer = outer
	return func(r *Run) *Error { return r.all(ops) }
}

// let keeps a value; what is constant needs no place in the frame.
func (p *programmer) let(s *ast.Let) operation {
	n := p.expr(s.Value)
	if n.constant {
		v, err := n.eval(nil)
		if err != nil {
			p.fail(err)
		}
		p.bindings = append(p.bindings, binding{name: s.Name.Text, value: &v})
		return nil
	}
	slot := p.bind(s.Name.Text)
	return func(r *Run) *Error {
		v, err := n.eval(&r.frame)
		if err != nil {
			return err
		}
		r.frame.vars[slot] = v.clone() // the document's bytes are written over
		return nil
	}
}

func (p *programmer) check(s *ast.Check) operation {
	c := check{stmt: s}
	if s.Cond != nil && s.RefersTo == nil {
		c.cond = p.expr(s.Cond)
	}
	if s.Else != nil {
		c.message = p.expr(s.Else)
	}
	p.checks = append(p.checks, c)
	n := len(p.checks) - 1
	return func(r *Run) *Error {
		r.reached = append(r.reached, n)
		return nil
	}
}

// target checks that a path can be written and gives it from the document's root.
func (p *programmer) target(path *ast.Path) (*walker, bool) {
	bad := func(span source.Span, message string, notes ...string) (*walker, bool) {
		p.fail(&Error{Code: diag.BadPath, Span: span, Message: message, Notes: notes})
		return nil, false
	}
	bound := slices.ContainsFunc(p.bindings, func(b binding) bool { return b.name == path.Head })
	if _, let := p.env.Lets[path.Head]; bound || let {
		return bad(path.HeadSpan, "`"+doc.Path{path.Head}.String()+"` is a value, not a field", "the field of that name is `this."+doc.Path{path.Head}.String()+"`")
	}
	w := &walker{steps: documentSteps(path)}
	w.shown = func(n int) string { return showSteps(w.steps[:n]) }
	if len(w.steps) == 0 {
		return bad(path.Span, "the whole document cannot be written", "write its fields one by one")
	}
	for _, s := range w.steps {
		switch {
		case s.Kind == ast.AllStep:
			return bad(s.Span, "`[]` is for reading only", "change elements one by one: `each item in "+showSteps(w.steps[:slices.IndexFunc(w.steps, isAll)])+" { … }`")
		case strings.ContainsRune(s.Name, 0):
			return bad(s.Span, "a field name cannot contain the character NUL")
		}
	}
	return w, true
}

func isAll(s ast.Step) bool { return s.Kind == ast.AllStep }

// site makes a write site of a statement.
func (p *programmer) site(stat int, steps []ast.Step) int {
	s := &writeSite{stat: stat, steps: steps, layer: p.layer}
	for i, earlier := range p.writes {
		if len(steps) <= len(earlier.steps) && related(steps, earlier.steps) {
			s.covers = append(s.covers, i)
		}
	}
	p.writes = append(p.writes, s)
	return len(p.writes) - 1
}

// readsOf gives the write sites so far that a read of the path sees.
func (c *compiler) readsOf(steps []ast.Step) []int {
	var sites []int
	for i, s := range c.writes {
		if related(steps, s.steps) {
			sites = append(sites, i)
		}
	}
	return sites
}

// related reports whether one path may lie at or above the other.
func related(a, b []ast.Step) bool {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if (x.Kind == ast.FieldStep) != (y.Kind == ast.FieldStep) || x.Name != y.Name ||
			x.Kind == ast.PositionStep && y.Kind == ast.PositionStep && x.Position != y.Position {
			return false
		}
	}
	return true
}

func (p *programmer) assign(s *ast.Assign) operation {
	stat := p.stat(s)
	value := p.expr(s.Value)
	w, ok := p.target(s.Path)
	if !ok {
		return nil
	}
	site := p.site(stat, w.steps)
	to := &target{at: s.Path, env: p.env, steps: slices.Clone(w.steps)}
	for i := range to.steps {
		if to.steps[i].Kind == ast.PositionStep {
			to.steps[i].Kind, to.steps[i].Position = ast.AllStep, 0
		}
	}
	settle := func(f *frame) (bson.RawValue, *Error) {
		v, err := value.present(f)
		if err != nil {
			return bson.RawValue{}, err
		}
		r, err := v.settle(to, nil)
		if err == nil && len(w.steps)+depth(r, doc.MaxDepth) > doc.MaxDepth {
			err = &Error{Code: diag.ResultTooDeep, Message: "the result is nested more than 100 levels deep"}
		}
		return r, err.at(s.Value.Place())
	}
	if value.constant && len(p.errs) == 0 {
		r, err := settle(nil)
		if err != nil {
			p.fail(err)
			return nil
		}
		settle = func(*frame) (bson.RawValue, *Error) { return r, nil }
	}
	return func(r *Run) *Error {
		r.stats[stat].Reached++
		v, err := settle(&r.frame)
		if err != nil {
			return err
		}
		buf, old, err := w.put(r.spare(), r.frame.doc, 0, v)
		if err != nil {
			return err.at(s.Path.Span)
		}
		if s.Create && old.Type != 0 {
			return &Error{Code: diag.FieldExists, Span: s.Path.Span, Message: "`" + showPath(s.Path) + "` exists already", Evidence: doc.Show(old, 60),
				Notes: []string{"`set` changes a field, `create` makes a new one"}}
		}
		if old.Type != 0 && old.Type != bson.TypeNull && v.Type != bson.TypeNull {
			if change := (TypeChange{doc.TypeName(old), doc.TypeName(v)}); change.From != change.To {
				r.stats[stat].countType(change)
			}
		}
		r.wrote(site)
		return r.become(buf, s.Span)
	}
}

func (p *programmer) remove(s *ast.Remove) operation {
	stat := p.stat(s)
	paths := make([]*walker, len(s.Paths))
	sites := make([]int, len(s.Paths))
	for i, path := range s.Paths {
		var ok bool
		if paths[i], ok = p.target(path); ok {
			sites[i] = p.site(stat, paths[i].steps)
		}
	}
	return func(r *Run) *Error {
		st := &r.stats[stat]
		st.Reached++
		any := false
		for i, w := range paths {
			buf, ok, err := w.cut(r.spare(), r.frame.doc, 0)
			if err != nil {
				return err.at(s.Paths[i].Span)
			}
			if !ok {
				continue
			}
			any = true
			st.Paths[i]++
			r.wrote(sites[i])
			if err := r.become(buf, s.Span); err != nil {
				return err
			}
		}
		if any {
			st.Matched++
		}
		return nil
	}
}

func (p *programmer) rename(s *ast.Rename) operation {
	stat := p.stat(s)
	reads := p.readsOf(documentSteps(s.From))
	from, ok := p.target(s.From)
	to, also := p.target(s.To)
	if !ok || !also {
		return nil
	}
	n, m := len(from.steps), len(to.steps)
	for i, w := range []*walker{from, to} {
		if last := w.steps[len(w.steps)-1]; last.Kind != ast.FieldStep {
			p.fail(&Error{Code: diag.BadPath, Span: []source.Span{s.From.Span, s.To.Span}[i], Message: "an element of an array has no name that could change"})
			return nil
		}
	}
	if n <= m && slices.EqualFunc(from.steps, to.steps[:n], sameStep) {
		p.fail(&Error{Code: diag.BadPath, Span: s.To.Span, Message: "`" + showPath(s.From) + "` cannot be renamed to itself or into itself"})
		return nil
	}
	sibling := n == m && slices.EqualFunc(from.steps[:n-1], to.steps[:m-1], sameStep)
	site := p.site(stat, to.steps)
	return func(r *Run) *Error {
		st := &r.stats[stat]
		st.Reached++
		v, err := from.get(r.root(), 0)
		if err != nil {
			return err.at(s.From.Span)
		}
		if v.Type == 0 {
			return nil
		}
		there, err := to.get(r.root(), 0)
		if err != nil {
			return err.at(s.To.Span)
		}
		if there.Type != 0 {
			return &Error{Code: diag.FieldExists, Span: s.To.Span, Message: "`" + showPath(s.To) + "` exists already", Evidence: doc.Show(there, 60),
				Notes: []string{"remove it first, or rename only where it is missing: `where " + showPath(s.To) + " is missing { … }`"}}
		}
		st.Matched++
		for _, i := range reads {
			r.frame.writes[i].read()
		}
		r.wrote(site)
		if sibling {
			return r.become(from.retitle(r.spare(), r.frame.doc, 0, to.steps[m-1].Name), s.Span)
		}
		v.Value = slices.Clone(v.Value) // two edits: the second one writes over its bytes
		if depth(v, doc.MaxDepth)+m > doc.MaxDepth {
			return &Error{Code: diag.ResultTooDeep, Span: s.To.Span, Message: "the result is nested more than 100 levels deep"}
		}
		buf, _, err := from.cut(r.spare(), r.frame.doc, 0)
		if err != nil {
			return err.at(s.From.Span)
		}
		if err := r.become(buf, s.Span); err != nil {
			return err
		}
		if buf, _, err = to.put(r.spare(), r.frame.doc, 0, v); err != nil {
			return err.at(s.To.Span)
		}
		return r.become(buf, s.Span)
	}
}

func sameStep(a, b ast.Step) bool {
	return a.Kind == b.Kind && a.Name == b.Name && a.Position == b.Position
}
