package check

// Statements: which may stand where, what their paths may be, which policies
// exclude each other.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// block is where statements stand: a `sync`, or a `where` or `for` inside of one.
type block struct {
	*scope
	word string // from, defaults, sync, where, each, for, amend
	// defaultsOf is the `from` or `defaults` whose statements these are, as
	// defaults: nothing but policies may stand there. Empty: none.
	defaultsOf string
	// changesOnly is the `where` or `each` around: what concerns the whole
	// collection cannot stand in it. Empty: there is none.
	changesOnly string
	// visited are the names of the elements of the `each` blocks around, the innermost last.
	visited []ast.Name
	// selection is the scope of `only where` and `except where`: top-level lets only.
	selection *scope
	// environments are those that can come here.
	environments []string
	policies     *policies
}

// stmts checks the statements of a block in order.
func (b *block) stmts(stmts []ast.Stmt) {
	b.later, b.local = map[string]source.Span{}, map[string]*ast.Let{}
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.Let:
			b.later[s.Name.Text] = s.Name.Span
		case *ast.Lookup:
			b.later[s.Name.Text] = s.Name.Span
		}
	}
	for i, s := range stmts {
		b.stmt(s)
		var before ast.Stmt
		if i > 0 {
			before = stmts[i-1]
		}
		switch s := s.(type) {
		case *ast.Where:
			b.emptyBlock(s, s.Body, before)
			for e := s.Else; e != nil; e = e.Where.Else {
				if e.Where == nil {
					b.emptyBlock(e, e.Body, nil)
					break
				}
				b.emptyBlock(e.Where, e.Where.Body, nil)
			}
		case *ast.Each:
			b.emptyBlock(s, s.Body, before)
		case *ast.For:
			b.emptyBlock(s, s.Body, before)
		}
	}
}

// stmt checks one statement.
func (b *block) stmt(s ast.Stmt) {
	if b.defaultsOf != "" && !b.isDefault(s) {
		return
	}
	_, filter := s.(*ast.Filter)
	_, document := s.(*ast.Document)
	_, moved := s.(*ast.Moved)
	if (filter || document || moved || isPolicy(s)) && b.changesOnly != "" {
		b.report(diag.MisplacedStatement, s.Place(), "`%s` concerns the whole collection: it cannot stand in `%s`", Word(s), b.changesOnly).Notes =
			[]string{"put it directly into the `sync … { }` or a `for … { }` block of it"}
		return
	}
	switch s := s.(type) {
	case *ast.BadStmt:
	case *ast.Filter:
		b.selection.condition(s.Cond)
		b.expect(s.Expect)
	case *ast.Let:
		b.expr(s.Value)
		delete(b.later, s.Name.Text)
		b.bind(s.Name, "the constant")
		b.local[s.Name.Text] = s
	case *ast.Assign:
		b.target(s.Path)
		b.exprFor(s.Path, s.Value)
	case *ast.Remove:
		for i, p := range s.Paths {
			b.target(p)
			for _, q := range s.Paths[:i] {
				if overlap(p, q) {
					e := b.report(diag.DuplicateName, p.Span, "this is already removed")
					e.Related = []diag.Related{{Span: q.Span, Message: "here"}}
					e.Notes = []string{"name it once"}
				}
			}
		}
		b.expect(s.Expect)
	case *ast.Rename:
		b.target(s.From)
		b.target(s.To)
		if overlap(s.From, s.To) {
			b.report(diag.BadPath, s.To.Span, "a field cannot be renamed to itself or into itself")
		}
	case *ast.Where:
		b.condition(s.Cond)
		b.expect(s.Expect)
		b.nested("where", s.Body, b.environments)
		switch e := s.Else; {
		case e == nil:
		case e.Where != nil:
			b.stmt(e.Where)
		default:
			b.expect(e.Expect)
			b.nested("where", e.Body, b.environments)
		}
	case *ast.Each:
		b.each(s)
	case *ast.Add:
		b.target(s.Path)
		b.exprFor(s.Path, s.Value)
	case *ast.Lookup:
		b.lookupStmt(s)
	case *ast.Document:
		b.selection.documentObject(s.Object)
	case *ast.Moved:
		b.moved(s)
	case *ast.For:
		b.forBlock(s)
	case *ast.Check:
		b.check(s)
	default:
		if !isPolicy(s) {
			b.report(diag.MisplacedStatement, s.Place(), "`%s` cannot stand in `%s`", Word(s), b.word)
			return
		}
		b.policy(s)
	}
}

// each checks `each x in P [where E] { … }`.
func (b *block) each(s *ast.Each) {
	value := false
	if at, ok := b.lookup(s.Path.Head); ok && !b.element(s.Path.Head) {
		b.used[at], value = true, true
		if s.Deep {
			e := b.report(diag.NotAField, s.Path.HeadSpan, "`at any depth of` visits what is in the document, and %s is a value here", diag.Backquote(s.Path.Head))
			e.Related = []diag.Related{{Span: at, Message: "named here"}}
			e.Notes = []string{"write the field that the value is of"}
			value = false
		}
	} else if whole := s.Path.Head == "this" && len(s.Path.Steps) == 0; s.Deep && s.Path.Head == "_id" || s.Deep && s.Path.Head == "this" && !whole && s.Path.Steps[0].Name == "_id" {
		b.report(diag.BadPath, s.Path.Span, "`_id` is one value: nothing inside of it is visited").Notes = []string{"write its fields one by one, or name another field"}
	} else if !s.Deep || !whole {
		b.target(s.Path)
	}
	b.expect(s.Expect)
	b.nestedEach(s, value)
}

// lookupStmt checks `lookup x in C where E`: the condition sees the name.
func (b *block) lookupStmt(s *ast.Lookup) {
	b.collectionName(s.Collection)
	b.bareName(s.Collection, place{what: "a collection", clause: "in"})
	b.bareSource(s.Source)
	delete(b.later, s.Name.Text)
	b.bind(s.Name, "the document of `lookup`")
	b.expr(s.Cond)
	b.used[s.Name.Span] = false // its own condition says nothing about it
	b.expect(s.Expect)
	reads := false
	for p := range Paths(s.Cond) {
		reads = reads || p.Head == s.Name.Text
	}
	if _, bad := s.Cond.(*ast.BadExpr); !reads && !bad {
		e := b.report(diag.BadLookup, s.Cond.Place(), "the condition does not look at %s", diag.Backquote(s.Name.Text))
		e.Notes = []string{fmt.Sprintf("write something like `%s.code == code`: the first is of the collection %s, the second of this document", diag.Safe(s.Name.Text, 64), diag.Quote(s.Collection.Text, 64))}
	}
}

// nestedEach checks the block of an `each`, which binds names there; value: it goes
// through a value that has a name, whose elements cannot be written.
func (b *block) nestedEach(s *ast.Each, value bool) {
	in := *b
	in.scope = b.inner()
	if s.Key != nil {
		in.bind(*s.Key, "the name of a field")
		b.used[s.Key.Span] = true // without it, elements are meant
	}
	in.bind(s.Name, "the element")
	if !value {
		in.elements = map[string]bool{s.Name.Text: true}
		in.visited = append(slices.Clone(b.visited), s.Name)
	}
	in.expr(s.Cond)
	in.nested("each", s.Body, b.environments)
}

// nested checks a block within b.
func (b *block) nested(word string, body *ast.Block, environments []string) {
	in := *b
	in.scope, in.word, in.environments = b.inner(), word, environments
	if word != "for" && in.changesOnly == "" {
		in.changesOnly = word
	}
	if body != nil {
		in.stmts(body.Stmts)
	}
}

// forBlock checks `for e, … { }`: inside another one it must still apply somewhere.
func (b *block) forBlock(s *ast.For) {
	before := len(b.diags)
	covered := b.covered(s.Environments)
	known := len(b.diags) == before
	var here []string
	for _, e := range covered {
		if slices.Contains(b.environments, e) {
			here = append(here, e)
		}
	}
	if known && len(here) == 0 && len(covered) > 0 {
		b.report(diag.NeverApplies, s.Span, "this never applies: the block around it is for %s", strings.Join(b.environments, ", ")).Notes =
			[]string{"put it beside that block, or remove it"}
	}
	b.nested("for", s.Body, here)
}

// check checks `check` and `warn`.
func (b *block) check(s *ast.Check) {
	b.condition(s.Cond)
	b.expr(s.Else)
	switch {
	case s.Unique != nil:
		b.unique(s)
	case s.RefersTo != nil:
		b.collectionName(s.RefersTo.Collection)
		b.bareName(s.RefersTo.Collection, place{what: "a collection", clause: "refers to"})
		b.bareSource(s.RefersTo.Source)
		if _, ok := s.Cond.(*ast.Path); !ok && !isBad(s.Cond) {
			b.report(diag.BadPath, s.Cond.Place(), "`refers to` goes with a field, not with a calculated value").Notes =
				[]string{"write the value into a field first, or check it with `lookup`"}
		}
		b.readPath(s.RefersTo.Path)
	}
}

func isBad(x ast.Expr) bool {
	_, bad := x.(*ast.BadExpr)
	return bad
}

// unique checks `check unique P, …`: over the documents of the collection, or,
// with `[]`, over the elements of one array of each document.
func (b *block) unique(s *ast.Check) {
	if b.changesOnly != "" {
		b.report(diag.MisplacedStatement, s.Span, "`%s unique` concerns the whole collection: it cannot stand in `%s`", Word(s), b.changesOnly).Notes =
			[]string{"put it directly into the `sync … { }` or a `for … { }` block of it"}
		return
	}
	within := 0
	for i, p := range s.Unique {
		b.readPath(p)
		if slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
			within++
		}
		for _, q := range s.Unique[:i] {
			if overlap(p, q) {
				b.report(diag.DuplicateName, p.Span, "one of %s and %s is part of the other", diag.Backquote(q.Span.Text()), diag.Backquote(p.Span.Text())).Notes = []string{"name one of them"}
			}
		}
	}
	if within > 0 && len(s.Unique) > 1 {
		b.report(diag.BadPath, s.Span, "with `[]`, `unique` takes one path: elements are compared within each document").Notes =
			[]string{"write one `check unique` for each path"}
	}
}

// readPath checks a path that is read and cannot be a binding.
func (b *block) readPath(p *ast.Path) {
	if p.Head == "this" && (len(p.Steps) == 0 || p.Steps[0].Kind != ast.FieldStep) {
		b.report(diag.BadPath, p.Span, "name a field: `this` is the whole document").Notes = []string{"write `this.name`"}
	}
}

// expect checks the numbers of an expectation.
func (f *forms) expect(e *ast.Expect) {
	if e == nil || e.Any {
		return
	}
	if e.Max >= 0 && e.Max < e.Min {
		f.report(diag.BadNumber, e.Span, "%d is more than %d", e.Min, e.Max).Notes = []string{fmt.Sprintf("write `expect %d to %d`", e.Max, e.Min)}
	}
}
