package check

// `accept`: which message it names, and what it is about.

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// accepts collects those of a file.
func (c *checker) accepts(f *ast.File) {
	for _, a := range f.Accepts {
		if a.About == nil {
			c.report(diag.MisplacedStatement, a.Span, "`accept` is about what stands before it, and nothing does").Notes =
				[]string{"put it behind the statement that the message is about, or first in a block"}
			continue
		}
		c.accept(a, a.About)
	}
	for _, d := range f.Decls {
		var owner ast.Node // what the block at hand belongs to
		ast.Walk(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Block:
				for _, a := range n.Accepts {
					c.accept(a, owner)
				}
			case *ast.Accept:
				return false
			case *ast.FromDecl:
				owner = n
				for _, a := range n.Accepts {
					c.accept(a, owner)
				}
			case ast.Stmt:
				owner = n
			case ast.Decl:
				owner = n
			}
			return true
		})
	}
}

// accept checks one; first in its block, it is about the block's owner.
func (c *checker) accept(a *ast.Accept, owner ast.Node) {
	if a.About != nil {
		owner = a.About
	}
	if code := diag.Code(a.Code.Text); !slices.Contains(diag.Acceptable, code) {
		if c.knownCode(a.Code, diag.Acceptable) {
			c.report(diag.NotAcceptable, a.Code.Span, "`%s` is an error: it cannot be accepted", code).Notes =
				[]string{"correct what the message is about; `mongocd explain " + a.Code.Text + "` says how"}
		}
		return
	}
	c.module.Accepts = append(c.module.Accepts, Accept{Stmt: a, About: owner.Place()})
}
