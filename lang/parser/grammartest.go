// The grammar of tests; see grammar.go.
package parser

import (
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

type testDecl struct {
	Name         name    `parser:"'test' @@"`
	Environments forList `parser:"('for' @@)?"`
	Body         block   `parser:"@@"`
}

func (g *testDecl) build(m *machine, at ast.At) ast.Node {
	t := &ast.TestDecl{At: at, Name: as[ast.Name](g.Name), Environments: as[ast.Environments](g.Environments), Body: as[*ast.Block](g.Body)}
	if text := t.Name.Span.Text(); !strings.HasPrefix(text, `"`) && !strings.HasPrefix(text, "'") {
		m.report(diag.Diagnostic{
			Code: diag.SyntaxError, Span: t.Name.Span, Message: "the name of a test is a text", Label: "put it in quotes",
			Fix: &diag.Fix{Span: t.Name.Span, Text: `"` + text + `"`},
		})
	}
	return t
}

type givenStmt struct {
	Collection name   `parser:"'given' @@"`
	Source     name   `parser:"('from' @@)?"`
	Document   object `parser:"@@"`
}

func (g *givenStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Given{At: at, Collection: as[ast.Name](g.Collection), Source: optional(g.Source), Document: as[*ast.Object](g.Document)}
}

type expectStmt struct {
	Error   code               `parser:"'expect' ( 'error' @@"`
	Warning code               `parser:"| 'warning' @@"`
	None    *countedDocuments  `parser:"| 'no' @@"`
	Count   number             `parser:"| @@"`
	Some    *countedDocuments  `parser:"  @@"`
	One     *expectedDocuments `parser:"| @@ )"`
}

type countedDocuments struct {
	Collection name   `parser:"@@"`
	Source     name   `parser:"('from' @@)?"`
	With       object `parser:"('with' @@)?"`
}

type expectedDocuments struct {
	Collection name   `parser:"@@"`
	Source     name   `parser:"('from' @@)?"`
	Exactly    object `parser:"( 'exactly' @@"`
	With       object `parser:"| 'with' @@"`
	Without    []path `parser:"  ('without' @@ (',' @@)*)? )"`
}

func (g *expectStmt) build(m *machine, at ast.At) ast.Node {
	e := &ast.Expected{At: at}
	switch {
	case g.Error != nil:
		e.Message = &ast.ExpectedMessage{Code: as[ast.Name](g.Error)}
	case g.Warning != nil:
		e.Message = &ast.ExpectedMessage{Code: as[ast.Name](g.Warning), Warning: true}
	case g.None != nil:
		g.None.build(e, 0)
	case g.Some != nil:
		g.Some.build(e, m.whole(as[*ast.Number](g.Count), 0))
	default:
		d := g.One
		e.Collection, e.Source = as[ast.Name](d.Collection), optional(d.Source)
		e.Document, e.Without = as[*ast.Object](d.With), list[*ast.Path](d.Without)
		if d.Exactly != nil {
			e.Exactly, e.Document = true, as[*ast.Object](d.Exactly)
		}
	}
	return e
}

func (g *countedDocuments) build(e *ast.Expected, count int64) {
	e.Collection, e.Source, e.Document = as[ast.Name](g.Collection), optional(g.Source), as[*ast.Object](g.With)
	e.Counted, e.Count = true, count
}

// bareDocument is the failure of `expect flags { … }` at its brace.
func (in input) bareDocument(i int) *failure {
	open := in.Tokens[i]
	at := source.Span{File: in.File, Start: open.Start, End: open.Start}
	return &failure{index: i, diag: diag.Diagnostic{
		Code: diag.SyntaxError, Span: in.Span(open, open), Message: "say how the document is compared",
		Label: "`with { … }` looks at these fields only, `exactly { … }` wants these and no others",
		Fix:   &diag.Fix{Span: at, Text: "with "},
	}}
}
