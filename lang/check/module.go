// Package check finds every error that a weave shows without its data.
//
// In: the parsed files of one weave (all .weave files of one directory). Out:
// a Module, plain data with names resolved and environments expanded, and the
// diagnostics. check.go has the declarations and the order of the checks,
// declare.go inputs, sources, clusters and amendments · defaults.go what
// nothing of `defaults` and `from` uses · sync.go which
// collections a `sync` is about · block.go statements and where they may stand,
// words.go what they are called · policy.go policies, prune.go the condition of `prune
// where` · path.go paths that are written · names.go names in expressions,
// functions.go and regex.go their functions and regular expressions, pointless.go
// arguments that mean nothing · mistaken.go what means something else than it
// seems to, bare.go names without quotes, unused.go names that nothing reads ·
// test.go tests, accept.go what is accepted · mongo.go MongoDB's own naming rules.
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
	// Clusters are per environment; none for most.
	Clusters map[string]*ast.ClusterDecl
	// Sources are the declared ones by name; others are the database of their name.
	Sources map[string]*ast.SourceDecl
	// Inputs are sorted by name.
	Inputs []*ast.InputDecl
	// Lets are the constants of the top level, in the order they are declared
	// (file by file in name order): each one sees those before it.
	Lets []*ast.Let
	// Syncs are the `sync` statements, Amends the `amend` blocks, in source order.
	Syncs  []*Sync
	Amends []*ast.AmendDecl
	// Hooks are the `before` and `after` of `from` blocks, in source order.
	Hooks []Hook
	// Tests in source order.
	Tests []*Test
	// Accepts in source order.
	Accepts []Accept
}

// Accept is one `accept` with the place that it is about: a statement, or a
// block with what it belongs to.
type Accept struct {
	Stmt  *ast.Accept
	About source.Span
}

// Sync is one `sync` statement.
type Sync struct {
	// Span is the head of the statement, without its block.
	Span source.Span
	// Source and Database are per environment: key is an environment's name.
	Source, Database map[string]string
	// Into is the database as written.
	Into ast.NameOrPerEnv
	// FanOut is `for each` behind it: a database for each of its documents, which only
	// the data shows; Database is empty then. nil: one database.
	FanOut *ast.FanOut
	// All, Collections and Except say which collections, as written.
	All                 bool
	Collections, Except []ast.CollPattern
	// As is the name to write; nil: that at the source.
	As *ast.Name
	// By are the identity paths as written; empty: `_id`.
	By     []*ast.Path
	Expect *ast.Expect // nil: at least one document
	// Stmts are the statements of the block as written.
	Stmts []ast.Stmt
	// Defaults are the policies of `defaults`, then those of the enclosing `from` block.
	Defaults [][]ast.Stmt
}

// Target is one collection of a `sync` statement.
type Target struct {
	*Sync
	// NameSpan is the collection's name in the statement, or the pattern that matched it.
	NameSpan source.Span
	// Matched: by a pattern or `all`, not by its name.
	Matched bool
	// Collection is the name at the source, Destination the one to write.
	Collection, Destination string
}

// into is the database in an environment; in a fan-out what stands for all of them.
func (s *Sync) into(environment string) string {
	if s.FanOut != nil {
		return "for each " + s.FanOut.Span.String()
	}
	return s.Database[environment]
}

// Hook is a `before` or `after` with the databases it is for when it names
// none, by environment: those in which it runs; FanOut is as that of a Sync.
type Hook struct {
	Stmt     *ast.Hook
	Database map[string]string
	FanOut   *ast.FanOut
}

// Applies reports whether the statement is for the environment, by its own
// name or that of a group it belongs to.
func (m *Module) Applies(f *ast.For, environment string) bool {
	return m.In(f.Environments, environment)
}

// Covered are the environments that the list behind `for` covers, in the order they are declared.
func (m *Module) Covered(list ast.Environments) []string {
	var out []string
	for _, environment := range m.Environments {
		if m.In(list, environment) {
			out = append(out, environment)
		}
	}
	return out
}

// In reports whether the list behind `for` covers the environment.
func (m *Module) In(list ast.Environments, environment string) bool {
	named := slices.ContainsFunc(list.Names, func(n ast.Name) bool {
		return n.Text == environment || slices.Contains(m.Groups[n.Text], environment)
	})
	return named != list.Except || len(list.Names) == 0
}
