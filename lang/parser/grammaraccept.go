// The grammar of `accept`; see grammar.go.
package parser

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

type acceptStmt struct {
	Code   code   `parser:"'accept' @@"`
	Reason reason `parser:"@@"`
}

func (g *acceptStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Accept{At: at, Code: as[ast.Name](g.Code), Reason: as[ast.Name](g.Reason)}
}

// parseReason parses a text that says something.
func (m *machine) parseReason(lex *lexer.PeekingLexer) (reason, error) {
	in := input{m, lex}
	start, index := in.peek(), in.index()
	if start.First && in.BeginsStatement(index) || start.Kind != token.Raw && start.Kind != token.TextStart {
		f := in.unexpected(index, "a reason in quotes")
		f.outside = true
		return nil, f
	}
	text, err := values{in}.textLiteral()
	if err != nil {
		return nil, err
	}
	said := ""
	for _, p := range text.Parts {
		if p.Expr != nil {
			return nil, &failure{index: index, diag: diag.Diagnostic{
				Code: diag.BadName, Span: text.Span, Message: "a reason is constant and cannot hold `${ }`", Label: "to write `${` itself, use `\\${`",
			}}
		}
		said += p.Literal
	}
	if strings.TrimSpace(said) == "" {
		return nil, &failure{index: index, diag: diag.Diagnostic{
			Code: diag.MissingValue, Span: text.Span, Message: "the reason of `accept` is empty", Label: "say why the message is as it should be",
		}}
	}
	return ast.Name{At: in.since(start), Text: said}, nil
}

// acceptsBlock reports an `accept` behind a block, which would be read as being
// about what follows it, or what is around it.
func (m *machine) acceptsBlock(a *ast.Accept) {
	var body *ast.Block
	open := source.Span{}
	switch s := a.About.(type) {
	case nil:
	case *ast.Sync:
		body = s.Body
	case *ast.Where:
		body = s.Body
		for e := s.Else; e != nil && body != nil; e = e.Where.Else {
			if body = e.Body; e.Where == nil {
				break
			}
			body = e.Where.Body
		}
	case *ast.Each:
		body = s.Body
	case *ast.For:
		body = s.Body
	case *ast.DefaultsDecl:
		body = s.Body
	case *ast.AmendDecl:
		body = s.Body
	case *ast.TestDecl:
		body = s.Body
	case *ast.FromDecl:
		open = s.Span
	}
	if body != nil {
		open = body.Span
	}
	if open.IsZero() {
		return
	}
	m.report(diag.Diagnostic{
		Code: diag.MisplacedStatement, Span: a.Span, Message: "`accept` cannot stand behind a block",
		Label:   "what is it about?",
		Notes:   []string{"about a block and all that is in it: put it first in the block; about one statement: behind that statement"},
		Related: []diag.Related{{Span: source.Span{File: open.File, Start: a.About.Place().Start, End: a.About.Place().Start}, Message: "the block before it"}},
	})
}
