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
	return insertion(s.path(d.Span.File.Name, d.Span.Start), d, `accept `+string(d.Code)+` "say why"`)
}

// Mending are the edits that write each of a message's statements where it belongs; none
// where the message has no statements, or there is no place for them.
func (s *Snapshot) Mending(d diag.Diagnostic) []*diag.Fix {
	if d.Span.File == nil {
		return nil
	}
	var out []*diag.Fix
	for _, statement := range d.Statements {
		if fix := insertion(s.path(d.Span.File.Name, d.Span.Start), d, statement); fix != nil {
			out = append(out, fix)
		}
	}
	return out
}

// insertion is the edit that writes a statement into the block of what a message is
// about, or behind it; nil where the message is about no statement. path is what
// encloses the message's place.
func insertion(path []ast.Node, d diag.Diagnostic, statement string) *diag.Fix {
	var about ast.Node
	for _, n := range path {
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
	at := about.Place().End
	from, _ := about.Place().File.LineAt(about.Place().Start)
	line := about.Place().File.Text[from:about.Place().Start]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	if open := opening(about); open > 0 {
		at, indent = open, indent+"  "
	}
	text := "\n" + indent + statement
	if sync, ok := about.(*ast.Sync); ok && sync.Body == nil && !strings.HasPrefix(statement, "accept ") {
		text = " {\n" + indent + "  " + statement + "\n" + indent + "}" // accept stands behind a sync as well
	}
	return &diag.Fix{Span: source.Span{File: d.Span.File, Start: at, End: at}, Text: text}
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
