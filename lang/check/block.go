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
	word string // sync, where, for
	// changesOnly: the block is part of a `where`: what concerns the whole
	// collection cannot stand in it.
	changesOnly bool
	// selection is the scope of `only where` and `except where`: top-level lets only.
	selection *scope
	// environments are those that can come here.
	environments []string
	policies     *policies
}

// from checks a `from … into … { }` block.
func (c *checker) from(d *ast.FromDecl) {
	sources := c.nameForAll(d.Source)
	databases := c.nameForAll(d.Into)
	top := c.topScope()
	defaults := &block{
		scope: top, word: "from", selection: top, environments: c.module.Environments, policies: newPolicies(),
	}
	var policy []ast.Stmt
	for _, s := range d.Body {
		switch s := s.(type) {
		case *ast.Sync, *ast.BadStmt:
		case *ast.Mode, *ast.PathPolicy, *ast.Prune:
			policy = append(policy, s)
			defaults.stmt(s)
		default:
			if what := laterStatement(s); what != "" {
				c.notImplemented(s, what)
			} else {
				c.report(diag.MisplacedStatement, s.Place(), "`%s` cannot stand in `from`", word(s)).Notes =
					[]string{"put it into a `sync … { }` block"}
			}
		}
	}
	for _, s := range d.Body {
		if s, ok := s.(*ast.Sync); ok {
			c.sync(s, sources, databases, policy)
		}
	}
}

// nameForAll gives the name for every environment, checked as a database's.
func (c *checker) nameForAll(n ast.NameOrPerEnv) map[string]string {
	out := map[string]string{}
	if n.PerEnv == nil {
		if n.Name == nil {
			return out
		}
		c.databaseName(*n.Name)
		for _, env := range c.module.Environments {
			out[env] = n.Name.Text
		}
		return out
	}
	c.perEnv(n.PerEnv)
	other := ""
	for _, e := range n.PerEnv.Entries {
		text, ok := constantText(e.Value)
		if !ok {
			c.report(diag.BadName, e.Value.Place(), "the name of a database is a text without `${…}`")
			continue
		}
		c.databaseName(ast.Name{At: ast.At{Span: e.Value.Place()}, Text: text})
		if e.Else {
			other = text
			continue
		}
		for _, env := range c.members(e.Env.Text) {
			out[env] = text
		}
	}
	for _, env := range c.module.Environments {
		if _, ok := out[env]; !ok {
			out[env] = other
		}
	}
	return out
}

// constantText is the value of a text without interpolation, or a bare word.
func constantText(x ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.Text:
		var b strings.Builder
		for _, p := range x.Parts {
			if p.Expr != nil {
				return "", false
			}
			b.WriteString(p.Literal)
		}
		return b.String(), true
	case *ast.Path:
		return x.Head, len(x.Steps) == 0
	}
	return "", false
}

// topScope sees the constants of the top level.
func (c *checker) topScope() *scope {
	s := &scope{checker: c, names: map[string]source.Span{}}
	for name, l := range c.lets {
		s.names[name] = l.Name.Span
	}
	return s
}

// sync checks one `sync` statement and adds it to the module.
func (c *checker) sync(s *ast.Sync, sources, databases map[string]string, defaults []ast.Stmt) {
	switch {
	case s.All:
		c.notImplemented(ast.At{Span: head(s)}, "sync all")
		return
	case len(s.Except) > 0:
		c.notImplemented(ast.At{Span: head(s)}, "sync … except")
		return
	case len(s.Collections) > 1:
		c.notImplemented(ast.At{Span: head(s)}, "sync").Message = "`sync` of several collections is not implemented yet"
		return
	case len(s.Collections) == 0:
		return // a syntax error, reported
	case s.Collections[0].Regex != nil:
		c.notImplemented(s.Collections[0], "sync").Message = "`sync` of collections by a regular expression is not implemented yet"
		return
	}
	name := *s.Collections[0].Name
	to := name
	c.collectionName(name)
	if s.As != nil {
		c.collectionName(*s.As)
		to = *s.As
	}
	for i, p := range s.By {
		c.fieldPath(p, "`by`")
		for _, q := range s.By[:i] {
			if overlap(p, q) {
				c.report(diag.DuplicateName, p.Span, "`by` names %s and %s: one is part of the other",
					backquote(q.Span.Text()), backquote(p.Span.Text()))
			}
		}
	}
	c.expect(s.Expect)
	top := c.topScope()
	b := &block{scope: top.inner(), word: "sync", selection: top, environments: c.module.Environments, policies: newPolicies()}
	var stmts []ast.Stmt
	if s.Body != nil {
		stmts = s.Body.Stmts
		b.stmts(stmts)
	}
	b.identityKept(s, defaults)
	c.module.Syncs = append(c.module.Syncs, &Sync{
		Span: head(s), NameSpan: s.Collections[0].Place(), Source: sources, Database: databases,
		Collection: name.Text, Destination: to.Text, By: s.By, Expect: s.Expect, Stmts: stmts, Defaults: defaults,
	})
}

// head is the span of a sync without its block.
func head(s *ast.Sync) source.Span {
	span := s.Span
	if s.Body != nil {
		text := strings.TrimRight(span.File.Text[span.Start:s.Body.Span.Start], " \t\r\n")
		span.End = span.Start + len(text)
	}
	return span
}

// stmts checks the statements of a block in order.
func (b *block) stmts(stmts []ast.Stmt) {
	b.later = map[string]source.Span{}
	for _, s := range stmts {
		if l, ok := s.(*ast.Let); ok {
			b.later[l.Name.Text] = l.Name.Span
		}
	}
	for _, s := range stmts {
		b.stmt(s)
	}
}

// stmt checks one statement.
func (b *block) stmt(s ast.Stmt) {
	if what := laterStatement(s); what != "" {
		b.notImplemented(s, what)
		return
	}
	switch s.(type) {
	case *ast.Filter, *ast.Mode, *ast.PathPolicy, *ast.Prune:
		if b.changesOnly {
			b.report(diag.MisplacedStatement, s.Place(), "`%s` concerns the whole collection: it cannot stand in `where`", word(s)).Notes =
				[]string{"put it directly into the `sync … { }` or a `for … { }` block of it"}
			return
		}
	}
	switch s := s.(type) {
	case *ast.BadStmt:
	case *ast.Filter:
		b.selection.expr(s.Cond)
		b.expect(s.Expect)
	case *ast.Let:
		b.expr(s.Value)
		delete(b.later, s.Name.Text)
		b.bind(s.Name)
	case *ast.Assign:
		b.target(s.Path)
		b.expr(s.Value)
	case *ast.Remove:
		for i, p := range s.Paths {
			b.target(p)
			for _, q := range s.Paths[:i] {
				if overlap(p, q) {
					b.report(diag.DuplicateName, p.Span, "this is already removed").Related = []diag.Related{{Span: q.Span, Message: "here"}}
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
		b.expr(s.Cond)
		b.expect(s.Expect)
		b.nested("where", s.Body, true, b.environments)
	case *ast.For:
		b.forBlock(s)
	case *ast.Check:
		b.check(s)
	case *ast.Mode:
		b.mode(s)
	case *ast.PathPolicy:
		b.preserve(s)
	case *ast.Prune:
		b.prune(s)
	default:
		b.report(diag.MisplacedStatement, s.Place(), "`%s` cannot stand in `%s`", word(s), b.word)
	}
}

func (b *block) nested(word string, body *ast.Block, changesOnly bool, environments []string) {
	if body == nil {
		return
	}
	in := *b
	in.scope, in.word, in.environments = b.inner(), word, environments
	in.changesOnly = b.changesOnly || changesOnly
	in.stmts(body.Stmts)
}

// forBlock checks `for e, … { }`: inside another one it must still apply somewhere.
func (b *block) forBlock(s *ast.For) {
	var covered []string
	known := true
	for _, n := range s.Environments {
		if !b.environmentName(n) {
			known = false
			continue
		}
		for _, e := range b.members(n.Text) {
			if slices.Contains(covered, e) {
				b.report(diag.DuplicateName, n.Span, "the environment %s is named twice", diag.Quote(e, 64))
			} else {
				covered = append(covered, e)
			}
		}
	}
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
	b.nested("for", s.Body, false, here)
}

// check checks `check E [else M]`.
func (b *block) check(s *ast.Check) {
	statement := "check"
	if s.Warn {
		statement = "warn"
	}
	if s.Unique != nil {
		b.notImplemented(s, statement+" unique")
		return
	}
	if s.RefersTo != nil {
		b.notImplemented(s, statement+" … refers to")
		return
	}
	if s.Warn {
		b.notImplemented(s, "warn")
		return
	}
	b.expr(s.Cond)
	b.expr(s.Else)
}

// expect checks the numbers of an expectation.
func (c *checker) expect(e *ast.Expect) {
	if e == nil || e.Any {
		return
	}
	if e.Max >= 0 && e.Max < e.Min {
		c.report(diag.BadNumber, e.Span, "%d is more than %d", e.Min, e.Max).Notes = []string{fmt.Sprintf("write `expect %d to %d`", e.Max, e.Min)}
	}
}
