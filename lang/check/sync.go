package check

// `from` and `sync`: which collections, from which source into which database.

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// from checks a `from … into … { }` block.
func (c *checker) from(d *ast.FromDecl) {
	sources := c.nameForAll(d.Source, "from")
	top := c.topScope()
	databases := map[string]string{}
	if d.FanOut != nil {
		top = c.fanOut(d)
		for _, env := range c.module.Environments {
			databases[env] = "" // only the data shows which
		}
	} else {
		databases = c.nameForAll(d.Into, "into")
	}
	defaults := &block{
		scope: top, word: "from", defaultsOf: "from", selection: top, environments: c.module.Environments, policies: newPolicies(),
	}
	var policy []ast.Stmt
	for _, s := range d.Body {
		switch s.(type) {
		case *ast.Sync, *ast.BadStmt:
		case *ast.Hook:
			defaults.stmt(s)
		default:
			policy = append(policy, s)
			defaults.stmt(s)
		}
	}
	c.module.hooks(d.Body, databases, d.FanOut)
	layers := [][]ast.Stmt{policy}
	if c.defaults != nil {
		layers = [][]ast.Stmt{c.defaults.Body.Stmts, policy}
	}
	c.emptyDecl("from", d.Span, len(d.Body))
	for _, s := range d.Body {
		if s, ok := s.(*ast.Sync); ok {
			c.sync(s, d, top, sources, databases, layers)
		}
	}
}

// nameForAll gives the name for every environment, checked as a database's.
func (c *checker) nameForAll(n ast.NameOrPerEnv, clause string) map[string]string {
	out := map[string]string{}
	if n.PerEnv == nil {
		if n.Name == nil {
			return out
		}
		c.databaseName(*n.Name)
		c.topScope().bareName(*n.Name, place{what: "a database", clause: clause, text: true, environment: true})
		for _, env := range c.module.Environments {
			out[env] = n.Name.Text
		}
		return out
	}
	c.perEnv(n.PerEnv.At, n.PerEnv.Entries)
	other := ""
	for _, e := range n.PerEnv.Entries {
		text, ok := constantText(e.Value)
		if !ok {
			c.report(diag.BadName, e.Value.Place(), "the name of a database is a text without `${…}`")
			continue
		}
		name := ast.Name{At: ast.At{Span: e.Value.Place()}, Text: text}
		c.databaseName(name)
		c.topScope().bareName(name, place{what: "a database", clause: entryClause(e), text: true})
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

// entryClause is the head of an entry of `per environment`: "prod:".
func entryClause(e ast.EnvEntry) string {
	if e.Else {
		return "else:"
	}
	return diag.Safe(e.Env.Text, 64) + ":"
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

// topScope sees the constants of the top level and the inputs.
func (c *checker) topScope() *scope {
	s := &scope{checker: c, names: map[string]source.Span{}}
	for name, l := range c.lets {
		s.names[name] = l.Name.Span
	}
	for name, in := range c.inputs {
		s.names[name] = in.Name.Span
	}
	return s
}

// sync checks one `sync` statement and adds it to the module.
// top is what its block sees.
func (c *checker) sync(s *ast.Sync, of *ast.FromDecl, top *scope, sources, databases map[string]string, defaults [][]ast.Stmt) {
	if !s.All && len(s.Collections) == 0 {
		return // a syntax error, reported
	}
	for _, patterns := range [][]ast.CollPattern{s.Collections, s.Except} {
		seen := map[string]source.Span{}
		for _, p := range patterns {
			if p.Name == nil {
				c.matchRegex(p.Regex)
				continue
			}
			c.collectionName(*p.Name)
			c.topScope().bareName(*p.Name, place{what: "a collection", clause: "sync"})
			if at, ok := seen[p.Name.Text]; ok {
				c.report(diag.DuplicateName, p.Span, "the collection %s is named twice", diag.Quote(p.Name.Text, 64)).Related =
					[]diag.Related{{Span: at, Message: "first here"}}
			}
			seen[p.Name.Text] = p.Span
		}
	}
	if s.As != nil {
		c.collectionName(*s.As)
		c.topScope().bareName(*s.As, place{what: "a collection", clause: "as"})
		if s.All || len(s.Collections) != 1 || s.Collections[0].Name == nil {
			c.report(diag.BadName, s.As.Span, "`as` gives one collection another name, and this `sync` can have several").Notes =
				[]string{"give the collection a `sync` of its own"}
			return
		}
	}
	for i, p := range s.By {
		c.fieldPath(p, "`by`")
		for _, q := range s.By[:i] {
			if overlap(p, q) {
				c.report(diag.DuplicateName, p.Span, "`by` names %s and %s: one is part of the other",
					diag.Backquote(q.Span.Text()), diag.Backquote(p.Span.Text())).Notes = []string{"name one of them"}
			}
		}
	}
	c.expect(s.Expect)
	b := &block{scope: top.inner(), word: "sync", selection: top, environments: c.module.Environments, policies: newPolicies()}
	var stmts []ast.Stmt
	if s.Body != nil {
		stmts = s.Body.Stmts
		b.stmts(stmts)
	}
	b.identityKept(s.By, defaults)
	c.module.Syncs = append(c.module.Syncs, &Sync{
		Span: head(s), Source: sources, Database: databases, Into: of.Into, FanOut: of.FanOut, All: s.All, Collections: s.Collections, Except: s.Except,
		As: s.As, By: s.By, Expect: s.Expect, Stmts: stmts, Defaults: defaults,
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

// Named are the collections that the statement names: what is known without data.
func (s *Sync) Named() []*Target {
	var out []*Target
	for _, p := range s.Collections {
		if p.Name != nil && !slices.ContainsFunc(out, func(t *Target) bool { return t.Collection == p.Name.Text }) {
			out = append(out, s.target(p.Name.Text, p.Span, false))
		}
	}
	return out
}

func (s *Sync) target(collection string, at source.Span, matched bool) *Target {
	t := &Target{Sync: s, NameSpan: at, Matched: matched, Collection: collection, Destination: collection}
	if s.As != nil {
		t.Destination = s.As.Text
	}
	return t
}

// ByPattern reports whether the names of the source's collections must be known.
func (s *Sync) ByPattern() bool {
	return s.All || slices.ContainsFunc(s.Collections, func(p ast.CollPattern) bool { return p.Regex != nil })
}

// Several reports whether the statement may be about more than one collection.
func (s *Sync) Several() bool { return s.ByPattern() || len(s.Collections) > 1 }

// Targets are the collections of the statement when the source has those
// names, sorted by name, and the patterns (of Collections and Except) that match
// none. The server's own collections and mongocd's are never matched.
func (s *Sync) Targets(names []string) (targets []*Target, idle []ast.CollPattern) {
	found := map[string]*Target{}
	for _, t := range s.Named() {
		found[t.Collection] = t
	}
	take := func(at source.Span, matches func(string) bool) bool {
		any := false
		for _, n := range names {
			if !ownCollection(n) && matches(n) {
				any = true
				if found[n] == nil {
					found[n] = s.target(n, at, true)
				}
			}
		}
		return any
	}
	if s.All {
		take(s.Span, func(string) bool { return true })
	}
	for _, p := range s.Collections {
		if p.Regex != nil && !take(p.Span, MatchRegex(p.Regex).MatchString) {
			idle = append(idle, p)
		}
	}
	for _, p := range s.Except {
		before := len(found)
		maps.DeleteFunc(found, func(name string, _ *Target) bool {
			return p.Name != nil && p.Name.Text == name || p.Regex != nil && MatchRegex(p.Regex).MatchString(name)
		})
		if len(found) == before {
			idle = append(idle, p)
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *Target) int { return cmp.Compare(a.Collection, b.Collection) }), idle
}

// ownCollection reports whether a collection is the server's or mongocd's own.
func ownCollection(name string) bool {
	return strings.HasPrefix(name, "system.") || strings.HasPrefix(name, "_mongocd")
}

// MatchRegex compiles a regular expression that has been checked.
func MatchRegex(r *ast.Regex) *regexp.Regexp {
	pattern := r.Pattern
	if r.Options != "" {
		pattern = "(?" + r.Options + ")" + pattern
	}
	return regexp.MustCompile(pattern)
}
