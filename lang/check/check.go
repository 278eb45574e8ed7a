package check

import (
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// Check checks the files of one weave. The module is nil exactly when there
// are errors.
func Check(files []*ast.File) (*Module, diag.List) {
	c := checker{module: &Module{Groups: map[string][]string{}}}
	c.run(files)
	if c.diags.HasErrors() {
		return nil, c.diags
	}
	return c.module, c.diags
}

// checker collects what is found while walking the files.
type checker struct {
	module *Module
	diags  diag.List
}

// run makes the checks in the order a reader would: what the weave is called,
// which environments there are, constants, then the blocks.
func (c *checker) run(files []*ast.File) {
}
