package parser

// The grammar of `prune` with its bound, of `moved`, of `elements` and `ensure`, and the
// environments behind `for`; see grammar.go.

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/token"
)

type pruneStmt struct {
	Cond   expr   `parser:"'prune' ( 'all' | 'where' @@ )"`
	Bounds bounds `parser:"'at' 'most' @@"`
}

func (g *pruneStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Prune{At: at, Cond: as[ast.Expr](g.Cond), Bounds: as[ast.Bounds](g.Bounds)}
}

type movedStmt struct {
	From expr `parser:"'moved' @@ 'to'"`
	To   expr `parser:"@@"`
}

func (g *movedStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Moved{At: at, From: as[ast.Expr](g.From), To: as[ast.Expr](g.To)}
}

type elementsStmt struct {
	Path    path   `parser:"'elements' @@"`
	By      []path `parser:"('by' @@ (',' @@)*)?"`
	Without []expr `parser:"('without' @@ (',' @@)*)?"`
}

func (g *elementsStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.OwnedPart{At: at, Kind: ast.Elements, Path: as[*ast.Path](g.Path), By: list[*ast.Path](g.By), Values: list[ast.Expr](g.Without)}
}

type ensureStmt struct {
	Path   path   `parser:"'ensure' @@ 'has'"`
	No     bool   `parser:"@'no'?"`
	Values []expr `parser:"@@ (',' @@)*"`
}

func (g *ensureStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.OwnedPart{At: at, Kind: ast.Ensure, Path: as[*ast.Path](g.Path), No: g.No, Values: list[ast.Expr](g.Values)}
}

// parseForList parses the environments behind `for`: names, or `all except` names.
func (m *machine) parseForList(lex *lexer.PeekingLexer) (forList, error) {
	in := input{m, lex}
	start := in.peek()
	if in.Is(start, "not") {
		return nil, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.Span(start, start), Message: "environments are excepted by `for all except`", Label: "write `all except`",
			Fix: &diag.Fix{Span: in.Span(start, start), Text: "all except"},
		}}
	}
	list := ast.Environments{Except: in.Is(start, "all") && in.Is(in.ahead(1), "except")}
	if list.Except {
		in.next()
		in.next()
	}
	for {
		n, err := m.parseName(lex)
		if err != nil {
			return nil, err
		}
		list.Names = append(list.Names, as[ast.Name](n))
		if !in.Is(in.peek(), ",") {
			list.At = in.since(start)
			return list, nil
		}
		in.next()
	}
}

// parseBounds parses what stands behind `at most`.
func (m *machine) parseBounds(lex *lexer.PeekingLexer) (bounds, error) {
	in := values{input{m, lex}}
	start := in.peek()
	if !in.accept("per") {
		b, err := m.bound(in.input)
		if err != nil {
			return nil, err
		}
		return ast.Bounds{At: b.At, Entries: []ast.Bound{b}}, nil
	}
	list := ast.Bounds{PerEnv: true}
	err := in.perEnvironment(func(first token.Token, env ast.Name, others bool) error {
		b, err := m.bound(in.input)
		b.At, b.Env, b.Else = in.since(first), env, others
		list.Entries = append(list.Entries, b)
		return err
	})
	list.At = in.since(start)
	return list, err
}

// bound parses one bound: `any`, or a number that may be a percentage.
func (m *machine) bound(in input) (ast.Bound, error) {
	start := in.peek()
	if in.accept("any") {
		return ast.Bound{At: in.since(start), Any: true}, nil
	}
	n, err := m.parseNumber(in.lex)
	if err != nil {
		return ast.Bound{}, err
	}
	b := ast.Bound{AtMost: m.whole(as[*ast.Number](n), 0), Percent: in.accept("%")}
	b.At = in.since(start)
	return b, nil
}
