package query

// The tests that stand beside the rules. In: a snapshot; out: where they are, and
// what running them gives.

import (
	"context"
	"regexp"

	"github.com/hayone1/mongocd/compiler/weavetest"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Test is a test of a file.
type Test struct {
	Name string
	Span source.Span // its head
}

// Tests are those of a file.
func Tests(s *Snapshot, name string) []Test {
	p, i := s.parsed(name)
	if p == nil {
		return nil
	}
	var out []Test
	for _, d := range p.Trees[i].Decls {
		if d, ok := d.(*ast.TestDecl); ok {
			out = append(out, Test{d.Name.Text, source.Span{File: d.Span.File, Start: d.Span.Start, End: d.Name.Span.End}})
		}
	}
	return out
}

// RunTest runs the tests of a name in the weave of a file, in all their environments.
// The diagnostics keep them from running.
func RunTest(ctx context.Context, s *Snapshot, name, test string) ([]weavetest.Result, diag.List) {
	p, _ := s.parsed(name)
	w, found := s.Checked()
	if p == nil || p.Module == nil {
		return nil, found
	}
	o := weavetest.Options{Options: s.options, Named: regexp.MustCompile("^" + regexp.QuoteMeta(test) + "$")}
	o.Weaves = []string{p.Module.Name}
	report, diags := weavetest.Run(ctx, w, o)
	if report == nil {
		return nil, diags
	}
	return report.Results, diags
}
