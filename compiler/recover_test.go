package compiler_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/weavetest"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// A mistake of the compiler is a diagnostic that names functions of it and no
// directory of who built it.
func TestMistakesAreReported(t *testing.T) {
	w := &workspace.Workspace{Weaves: []*workspace.Weave{{Dir: "."}}} // without a module: every phase fails
	calls := map[string]func() diag.List{
		"Compile": func() diag.List {
			r, diags := compiler.Compile(context.Background(), w, workspace.Options{})
			_ = r
			return diags
		},
		"Diff": func() diag.List {
			_, diags := describe.Diff(context.Background(), w, workspace.Options{})
			return diags
		},
		"Test": func() diag.List {
			_, diags := weavetest.Run(context.Background(), w, weavetest.Options{})
			return diags
		},
		"Explain": func() diag.List {
			_, diags := describe.Explain(context.Background(), w, workspace.Options{}, describe.Selector{}, nil)
			return diags
		},
	}
	for name, call := range calls {
		diags := call()
		if len(diags) != 1 || diags[0].Code != diag.InternalError || !diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		notes := strings.Join(diags[0].Notes, "\n")
		if !strings.Contains(notes, ".(*Workspace).chosen jobs.go:") || strings.Contains(notes, "/compiler/") || !strings.Contains(diags[0].Message, "nil pointer") {
			t.Errorf("%s: %s\n%s", name, diags[0].Message, notes)
		}
	}
}
