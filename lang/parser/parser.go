// Package parser turns the text of a .weave file into its syntax tree.
//
// In: a source.File. Out: an ast.File with everything that could be parsed,
// and all syntax errors of the file, one a statement.
package parser

import (
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Parse parses a file. It never panics and always returns a File; the tree has
// BadStmt and BadExpr nodes only where the list has errors.
func Parse(f *source.File) (*ast.File, diag.List) {
	return &ast.File{Source: f}, diag.List{{Severity: diag.Error, Code: diag.InternalError, Message: "the parser is being built"}}
}
