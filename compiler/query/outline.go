package query

// What a file is made of. In: a file; out: its declarations and statements as
// symbols, the parts that fold, and the block that a brace closes.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// Symbol is something that a file declares.
type Symbol struct {
	Name string
	// Kind is weave, environments, environment, source, input, let, from, sync, amend,
	// defaults, test, lookup or index.
	Kind string
	// Span is all of it, Selection its name.
	Span, Selection source.Span
	Children        []Symbol
}

// Symbols are what a file declares, as they are nested.
func (s *Snapshot) Symbols(name string) []Symbol {
	p, i := s.parsed(name)
	if p == nil {
		return nil
	}
	var out []Symbol
	for _, d := range p.Trees[i].Decls {
		out = append(out, symbols(d)...)
	}
	return out
}

// Find are the symbols of all files whose names have the letters of a query, in
// their order, without those of the others in between.
func (s *Snapshot) Find(query string) []Symbol {
	var out []Symbol
	var walk func(list []Symbol)
	walk = func(list []Symbol) {
		for _, sym := range list {
			if subsequence(strings.ToLower(query), strings.ToLower(sym.Name)) {
				flat := sym
				flat.Children = nil
				out = append(out, flat)
			}
			walk(sym.Children)
		}
	}
	for _, name := range s.Files() {
		walk(s.Symbols(name))
	}
	return out
}

func subsequence(part, of string) bool {
	for _, r := range of {
		if part == "" {
			return true
		}
		if strings.HasPrefix(part, string(r)) {
			part = part[len(string(r)):]
		}
	}
	return part == ""
}

// symbols are those of a declaration or statement.
func symbols(n ast.Node) []Symbol {
	one := func(kind, name string, selection source.Span, children []Symbol) []Symbol {
		if name == "" {
			name = kind
		}
		return []Symbol{{Name: name, Kind: kind, Span: n.Place(), Selection: selection, Children: children}}
	}
	inside := func(stmts []ast.Stmt) []Symbol {
		var out []Symbol
		for _, s := range stmts {
			out = append(out, symbols(s)...)
		}
		return out
	}
	block := func(b *ast.Block) []Symbol {
		if b == nil {
			return nil
		}
		return inside(b.Stmts)
	}
	switch n := n.(type) {
	case *ast.WeaveDecl:
		return one("weave", n.Name.Text, n.Name.Span, nil)
	case *ast.EnvironmentsDecl:
		var children []Symbol
		for _, e := range n.Entries {
			children = append(children, Symbol{Name: e.Name.Text, Kind: "environment", Span: e.Span, Selection: e.Name.Span})
		}
		return one("environments", "environments", n.Span, children)
	case *ast.ClusterDecl:
		return one("environment", n.Environment.Text, n.Environment.Span, nil)
	case *ast.SourceDecl:
		return one("source", n.Name.Text, n.Name.Span, nil)
	case *ast.InputDecl:
		return one("input", n.Name.Text, n.Name.Span, nil)
	case *ast.Let:
		return one("let", n.Name.Text, n.Name.Span, nil)
	case *ast.FromDecl:
		return one("from", head(n.Span.Text()), n.Source.Span.To(n.Into.Span), inside(n.Body))
	case *ast.Sync:
		at := source.Span{File: n.Span.File, Start: n.Span.Start, End: n.Span.Start + len("sync")}
		var names []string
		for _, c := range n.Collections {
			names = append(names, c.Span.Text())
			at = n.Collections[0].Span.To(c.Span)
		}
		if n.All {
			names = []string{"all"}
		}
		return one("sync", strings.Join(names, ", "), at, block(n.Body))
	case *ast.AmendDecl:
		return one("amend", n.Collection.Text, n.Collection.Span, block(n.Body))
	case *ast.DefaultsDecl:
		return one("defaults", "defaults", source.Span{File: n.Span.File, Start: n.Span.Start, End: n.Span.Start + len("defaults")}, nil)
	case *ast.TestDecl:
		return one("test", n.Name.Text, n.Name.Span, nil)
	case *ast.Lookup:
		return one("lookup", n.Name.Text, n.Name.Span, nil)
	case *ast.Index:
		return one("index", head(n.Span.Text()), n.Span, nil)
	case *ast.For:
		return block(n.Body)
	}
	return nil
}

// Folds are the parts of a file that fold: what stands in brackets over several
// lines, and comments of several lines.
func (s *Snapshot) Folds(name string) (blocks, comments []source.Span) {
	f := s.File(name)
	if f == nil {
		return nil, nil
	}
	all, _ := token.Scan(f)
	m := token.Matched{File: f}
	var run source.Span
	end := func() {
		if run.File != nil && strings.Contains(run.Text(), "\n") {
			comments = append(comments, run)
		}
		run = source.Span{}
	}
	for _, t := range all {
		at := m.Span(t, t)
		switch {
		case t.Kind != token.Comment:
			m.Tokens = append(m.Tokens, t)
			end()
		case t.First && run.File != nil && f.Position(run.End).Line+1 == f.Position(t.Start).Line:
			run = run.To(at)
		default:
			end()
			if run = at; !t.First {
				end()
			}
		}
	}
	if m.Match() != nil { // nested too deeply: a message says so
		return nil, comments
	}
	for i, pair := range m.Pair {
		if pair > i && m.LineOf(i) < m.LineOf(pair) {
			blocks = append(blocks, m.Span(m.Tokens[i], m.Tokens[pair]))
		}
	}
	return blocks, comments
}

// Closed is the statement whose block the `}` before an offset closes; nowhere when
// there is none.
func (s *Snapshot) Closed(name string, offset int) source.Span {
	p, i := s.parsed(name)
	if p == nil || offset < 1 || p.Files[i].Text[offset-1] != '}' {
		return source.Span{}
	}
	var out source.Span
	for _, n := range s.path(name, offset-1) {
		switch n.(type) {
		case ast.Stmt, ast.Decl:
			if n.Place().End == offset {
				out = n.Place()
			}
		}
	}
	return out
}

// path are the nodes that hold an offset, outermost first.
func (s *Snapshot) path(name string, offset int) []ast.Node {
	p, i := s.parsed(name)
	if p == nil {
		return nil
	}
	var out []ast.Node
	for _, d := range p.Trees[i].Decls {
		ast.Walk(d, func(n ast.Node) bool {
			at := n.Place()
			if at.File == nil || offset < at.Start || at.End < offset {
				return false
			}
			out = append(out, n)
			return true
		})
	}
	return out
}

// Enclosing are the ranges that hold an offset, innermost first, each in the next.
func (s *Snapshot) Enclosing(name string, offset int) []source.Span {
	f := s.File(name)
	if f == nil {
		return nil
	}
	out := []source.Span{{File: f, Start: 0, End: len(f.Text)}}
	add := func(at source.Span) {
		if last := out[len(out)-1]; at.Within(last) && at != last {
			out = append(out, at)
		}
	}
	for _, n := range s.path(name, offset) {
		if b, ok := n.(*ast.Block); ok && b.Span.End-b.Span.Start >= 2 && b.Span.Start < offset && offset < b.Span.End {
			add(b.Span)
			add(source.Span{File: f, Start: b.Span.Start + 1, End: b.Span.End - 1})
			continue
		}
		add(n.Place())
		if p, ok := n.(*ast.Path); ok && offset <= p.HeadSpan.End {
			add(p.HeadSpan)
		}
	}
	slices.Reverse(out)
	return out
}

// Inputs are the `input` declarations of all files, in their order.
func Inputs(s *Snapshot) []*ast.InputDecl {
	var out []*ast.InputDecl
	for _, p := range s.weaves {
		for d := range decls(p) {
			if d, ok := d.(*ast.InputDecl); ok {
				out = append(out, d)
			}
		}
	}
	return out
}
