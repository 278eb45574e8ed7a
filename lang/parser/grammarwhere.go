// The grammar of statements that choose what others apply to; see grammar.go.
package parser

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
)

type eachStmt struct {
	First  ident   `parser:"'each' @@"`
	Second ident   `parser:"(',' @@)?"`
	Deep   bool    `parser:"( 'in' | @'at' 'any' 'depth' 'of' )"`
	Path   path    `parser:"@@"`
	Cond   expr    `parser:"('where' @@)?"`
	Expect *expect `parser:"@@?"`
	Body   block   `parser:"@@"`
}

func (g *eachStmt) build(m *machine, at ast.At) ast.Node {
	name, key := as[ast.Name](g.First), (*ast.Name)(nil)
	if g.Second != nil {
		first := name
		key, name = &first, as[ast.Name](g.Second)
	}
	return &ast.Each{
		At: at, Key: key, Name: name, Deep: g.Deep, Path: as[*ast.Path](g.Path), Cond: as[ast.Expr](g.Cond),
		Expect: g.Expect.build(m), Body: as[*ast.Block](g.Body),
	}
}

type whereStmt struct {
	Tokens []lexer.Token
	Cond   expr      `parser:"'where' @@"`
	Expect *expect   `parser:"@@?"`
	Body   block     `parser:"@@"`
	Else   *elseStmt `parser:"@@?"`
}

type elseStmt struct {
	Tokens []lexer.Token
	Where  *whereStmt `parser:"'else' ( @@"`
	Expect *expect    `parser:"| @@?"`
	Body   block      `parser:"@@ )"`
}

func (g *whereStmt) build(m *machine, at ast.At) ast.Node { return g.node(m, at) }

func (g *whereStmt) node(m *machine, at ast.At) *ast.Where {
	s := &ast.Where{At: at, Cond: as[ast.Expr](g.Cond), Expect: g.Expect.build(m), Body: as[*ast.Block](g.Body)}
	switch e := g.Else; {
	case e == nil:
	case e.Where != nil:
		s.Else = &ast.Else{At: m.at(e.Tokens), Where: e.Where.node(m, m.at(e.Where.Tokens))}
	default:
		s.Else = &ast.Else{At: m.at(e.Tokens), Expect: e.Expect.build(m), Body: as[*ast.Block](e.Body)}
	}
	return s
}
