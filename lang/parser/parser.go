// Package parser turns the text of a .weave file into its syntax tree.
//
// In: a source.File. Out: an ast.File with everything that could be parsed,
// and all syntax errors of the file, one a statement.
//
// lang/token makes tokens, machine.go holds what a parse shares, grammar.go and
// grammarstmt.go have participle's productions, names.go, expr.go and
// primary.go the custom ones, block.go drives lists of statements and recovers,
// slip words the errors. Nothing outside this package knows participle.
package parser

import (
	"fmt"
	"slices"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// maxErrors is how many errors of one file are worth reading.
const maxErrors = 100

// Parse parses a file. It never panics and always returns a File; the tree has
// BadStmt nodes only where the list, which is sorted, has errors.
func Parse(f *source.File) (*ast.File, diag.List) {
	file := &ast.File{Source: f}
	if d := token.NoText(f); d != nil {
		return file, diag.List{*d}
	}
	m := machines.Get().(*machine)
	errs := m.parse(file)
	errs.Sort()
	if len(errs) > maxErrors {
		more := len(errs) - maxErrors
		errs = append(errs[:maxErrors:maxErrors], diag.Diagnostic{
			Code: diag.SyntaxError, Span: errs[maxErrors].Span, Message: fmt.Sprintf("%d more errors follow in this file", more),
		})
	}
	return file, errs
}

// Keywords are the words that declarations and statements begin with, in the order
// of the language's reference.
func Keywords() []*keyword.Keyword {
	m := machines.Get().(*machine)
	defer machines.Put(m)
	return slices.Clone(m.Keywords.Ordered)
}

// parse fills the file and returns the errors. After a panic, which is a
// mistake of ours, the machine is not used again.
func (m *machine) parse(file *ast.File) (errs diag.List) {
	defer func() {
		if p := recover(); p != nil {
			errs = append(append(m.lexical, m.errs...), diag.Diagnostic{
				Code: diag.InternalError, Span: source.Span{File: file.Source},
				Message: "mongocd failed while parsing this file: " + diag.Safe(fmt.Sprint(p), 200),
				Notes:   []string{"this is a mistake in mongocd; please report it with the file"},
			})
			return
		}
		machines.Put(m)
	}()
	if !m.begin(file.Source) {
		return append(m.lexical, m.errs...)
	}
	lex, err := lexer.Upgrade(&tokenStream{machine: m})
	if err != nil {
		panic(err)
	}
	file.Decls, file.Accepts = statements{input{m, lex}}.declarations()
	return append(m.lexical, m.errs...)
}
