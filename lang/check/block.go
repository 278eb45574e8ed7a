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

// policies are those of one sync as they apply in each environment.
type policies struct {
	mode, prune map[policyKey]source.Span
	preserved   []preserved
}

// policyKey is where a policy counts: one given in a `for` overrides that of the sync.
type policyKey struct {
	environment string
	depth       int
}

type preserved struct {
	path         *ast.Path
	environments []string
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

func newPolicies() *policies {
	return &policies{mode: map[policyKey]source.Span{}, prune: map[policyKey]source.Span{}}
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
		b.report(diag.NeverApplies, s.Span, "this never applies: the block around it is for %s", strings.Join(b.environments, ", "))
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

// mode checks `mode NAME`, once for every environment and layer; the parser
// knows the modes of the language.
func (b *block) mode(s *ast.Mode) {
	if !slices.Contains([]string{"replace", "exact", "merge", "insert"}, s.Name.Text) {
		b.notImplemented(s, "mode "+s.Name.Text)
	}
	b.once(b.policies.mode, s, "mode")
}

// once reports a policy that an environment gets twice from one layer.
func (b *block) once(given map[policyKey]source.Span, s ast.Stmt, what string) {
	depth := 0
	if len(b.environments) < len(b.module.Environments) || b.word == "for" {
		depth = 1
	}
	reported := false
	for _, env := range b.environments {
		key := policyKey{env, depth}
		if at, ok := given[key]; ok && !reported {
			e := b.report(diag.DuplicatePolicy, s.Place(), "`%s` is given twice", what)
			if depth > 0 {
				e.Message += " for " + env
			}
			e.Related = []diag.Related{{Span: at, Message: "first here"}}
			reported = true
		}
		given[key] = s.Place()
	}
}

// preserve checks `preserve P, …`; its kin are refused before.
func (b *block) preserve(s *ast.PathPolicy) {
	for _, pattern := range s.Paths {
		p := pattern.Path
		if p == nil {
			b.report(diag.BadPath, pattern.Span, "`*` cannot stand in `%s`", s.Kind)
			continue
		}
		if slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind != ast.FieldStep }) {
			e := b.report(diag.PolicyThroughArray, p.Span, "`%s` cannot go into an array", s.Kind)
			e.Notes = []string{"an array is one value at the destination", fmt.Sprintf("write `%s %s`", s.Kind, beforeArray(p))}
			continue
		}
		if !b.fieldPath(p, "`"+string(s.Kind)+"`") {
			continue
		}
		for _, q := range b.policies.preserved {
			if overlap(p, q.path) && slices.ContainsFunc(q.environments, func(e string) bool { return slices.Contains(b.environments, e) }) {
				e := b.report(diag.DuplicatePolicy, p.Span, "%s is already preserved", backquote(p.Span.Text()))
				e.Related = []diag.Related{{Span: q.path.Span, Message: "here"}}
			}
		}
		b.policies.preserved = append(b.policies.preserved, preserved{path: p, environments: b.environments})
	}
}

// beforeArray is the text of a path up to where it enters an array.
func beforeArray(p *ast.Path) string {
	for i, s := range p.Steps {
		if s.Kind != ast.FieldStep {
			end := p.HeadSpan.End
			if i > 0 {
				end = p.Steps[i-1].Span.End
			}
			return diag.Safe(p.Span.File.Text[p.Span.Start:end], 64)
		}
	}
	return diag.Safe(p.Span.Text(), 64)
}

// identityKept reports a preserved path that is part of the identity.
func (b *block) identityKept(s *ast.Sync, defaults []ast.Stmt) {
	paths := slices.Clone(b.policies.preserved)
	for _, d := range defaults {
		if d, ok := d.(*ast.PathPolicy); ok {
			for _, p := range d.Paths {
				if p.Path != nil {
					paths = append(paths, preserved{path: p.Path})
				}
			}
		}
	}
	for _, by := range s.By {
		for _, q := range paths {
			if overlap(by, q.path) {
				e := b.report(diag.PreservedIdentity, q.path.Span, "%s identifies the documents, so it is the same at the destination",
					backquote(q.path.Span.Text()))
				e.Related = []diag.Related{{Span: by.Span, Message: "identity"}}
				e.Notes = []string{"remove it from `preserve`"}
			}
		}
	}
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

// target checks a path that is written: a field of the document.
func (b *block) target(p *ast.Path) {
	if at, ok := b.lookup(p.Head); ok {
		e := b.report(diag.NotAField, p.HeadSpan, "%s is a constant here, not a field", backquote(p.Head))
		e.Related = []diag.Related{{Span: at, Message: "its value"}}
		e.Notes = []string{"a field of this name is `this." + diag.Safe(p.Head, 64) + "`"}
		return
	}
	b.writable(p)
}

// writable checks the form of a path that is written or that policies name.
func (c *checker) writable(p *ast.Path) bool {
	if p.Head == "this" && (len(p.Steps) == 0 || p.Steps[0].Kind != ast.FieldStep) {
		c.report(diag.BadPath, p.Span, "name a field: `this` is the whole document").Notes = []string{"write `this.name`"}
		return false
	}
	names := []string{p.Head}
	for _, s := range p.Steps {
		switch s.Kind {
		case ast.AllStep:
			c.report(diag.BadPath, s.Span, "`[]` is for reading: all elements cannot be written at once").Notes =
				[]string{"edit them one by one: `each x in … { }`"}
			return false
		case ast.FieldStep:
			names = append(names, s.Name)
		}
	}
	for _, n := range names {
		if n == "" || strings.ContainsRune(n, 0) {
			c.report(diag.BadName, p.Span, "the name of a field is not empty and has no NUL")
			return false
		}
	}
	return true
}

// fieldPath checks a path of policies and identities: fields only.
func (c *checker) fieldPath(p *ast.Path, where string) bool {
	if !c.writable(p) {
		return false
	}
	for _, s := range p.Steps {
		if s.Kind != ast.FieldStep {
			c.report(diag.BadPath, s.Span, "%s takes fields, not elements of an array", where)
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

// laterStatement names a statement of the language that this version does not
// implement; it is empty for the others.
func laterStatement(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.Lookup, *ast.Add, *ast.Each, *ast.Document, *ast.Link, *ast.Backup, *ast.DropIndex, *ast.Hook, *ast.Index, *ast.Indexes, *ast.Options:
		return word(s)
	case *ast.PathPolicy:
		if s.Kind != ast.Preserve {
			return string(s.Kind)
		}
	}
	return ""
}

// word is the statement as it begins.
func word(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.Sync:
		return "sync"
	case *ast.Filter:
		if s.Except {
			return "except where"
		}
		return "only where"
	case *ast.Lookup:
		return "lookup"
	case *ast.Let:
		return "let"
	case *ast.Assign:
		if s.Create {
			return "create"
		}
		return "set"
	case *ast.Remove:
		return "remove"
	case *ast.Rename:
		return "rename"
	case *ast.Add:
		return "add"
	case *ast.Each:
		return "each"
	case *ast.Where:
		return "where"
	case *ast.For:
		return "for"
	case *ast.Document:
		return "document"
	case *ast.Check:
		return "check"
	case *ast.Mode:
		return "mode"
	case *ast.PathPolicy:
		return string(s.Kind)
	case *ast.Link:
		return "link"
	case *ast.Prune:
		return "prune"
	case *ast.Backup:
		return "backup"
	case *ast.Indexes:
		return "indexes"
	case *ast.Index:
		return "index on"
	case *ast.DropIndex:
		return "drop index"
	case *ast.Options:
		return "options"
	case *ast.Hook:
		if s.After {
			return "after"
		}
		return "before"
	}
	return "statement"
}
