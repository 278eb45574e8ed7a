package query

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Accepting is the edit that accepts a message of the workspace; nil where it cannot
// be accepted. The reason is left to write.
func (s *Snapshot) Accepting(d diag.Diagnostic) *diag.Fix {
	if d.Span.File == nil || !slices.Contains(diag.Acceptable, d.Code) || d.Severity == diag.Accepted || d.Severity == diag.Error && d.Code != diag.LinkNeeded {
		return nil
	}
	var about ast.Node
	for _, n := range s.path(d.Span.File.Name, d.Span.Start) {
		switch n.(type) {
		case *ast.Block, *ast.Accept:
		case ast.Stmt, ast.Decl:
			if d.Span.Within(n.Place()) {
				about = n
			}
		}
	}
	if about == nil {
		return nil
	}
	text := `accept ` + string(d.Code) + ` "say why"`
	at := about.Place().End
	from, _ := about.Place().File.LineAt(about.Place().Start)
	line := about.Place().File.Text[from:about.Place().Start]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	if open := opening(about); open > 0 {
		at, indent = open, indent+"  "
	}
	return &diag.Fix{Span: source.Span{File: d.Span.File, Start: at, End: at}, Text: "\n" + indent + text}
}

// opening is the place behind the brace of what has a block; 0 for what has none.
func opening(n ast.Node) int {
	var body *ast.Block
	switch n := n.(type) {
	case *ast.FromDecl:
		text := n.Span.File.Text[n.Into.Span.End:n.Span.End]
		return n.Into.Span.End + strings.Index(text, "{") + 1
	case *ast.Sync:
		body = n.Body
	case *ast.Where:
		body = n.Body
	case *ast.Each:
		body = n.Body
	case *ast.For:
		body = n.Body
	case *ast.AmendDecl:
		body = n.Body
	case *ast.TestDecl:
		body = n.Body
	}
	if body == nil {
		return 0
	}
	return body.Span.Start + 1
}
