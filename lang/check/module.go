// Package check finds every error that a weave shows without its data.
//
// In: the parsed files of one weave (all .weave files of one directory). Out:
// a Module, plain data with names resolved and environments expanded, and the
// diagnostics. check.go has the declarations and the order of the checks ·
// block.go statements and where they may stand, words.go what this version
// does not implement · policy.go policies, prune.go the condition of `prune
// where` · path.go paths that are written · names.go names in expressions,
// functions.go and regex.go their functions and regular expressions · mongo.go
// MongoDB's own naming rules.
package check

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
)

// Module is one weave after checking: plain data, changed by nobody.
type Module struct {
	// Name is the weave's name; Span is where it is declared.
	Name string
	Span source.Span
	// Environments in the order they are declared, groups replaced by their members.
	Environments []string
	// Groups maps the name of each group to its members.
	Groups map[string][]string
	// Lets are the constants of the top level, in the order they are declared
	// (file by file in name order): each one sees those before it.
	Lets []*ast.Let
	// Syncs are the collections to sync, in source order.
	Syncs []*Sync
}

// Sync is one collection of a `sync` statement.
type Sync struct {
	// Span is the head of the statement, without its block; NameSpan the collection's name in it.
	Span, NameSpan source.Span
	// Source and Database are per environment: key is an environment's name.
	Source, Database map[string]string
	// Collection is the name at the source, Destination the one to write.
	Collection, Destination string
	// By are the identity paths as written; empty: `_id`.
	By     []*ast.Path
	Expect *ast.Expect // nil: at least one document
	// Stmts are the statements of the block as written.
	Stmts []ast.Stmt
	// Defaults are the policies of the enclosing `from` block.
	Defaults []ast.Stmt
}

// Applies reports whether the statement is for the environment, by its own
// name or that of a group it belongs to.
func (m *Module) Applies(f *ast.For, environment string) bool {
	return m.In(f.Environments, environment)
}

// In reports whether the names, of environments or groups, cover the environment.
func (m *Module) In(names []ast.Name, environment string) bool {
	return slices.ContainsFunc(names, func(n ast.Name) bool {
		return n.Text == environment || slices.Contains(m.Groups[n.Text], environment)
	})
}
