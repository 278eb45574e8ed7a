package compiler

import (
	"testing"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/lang/check"
)

// TestFunctionTables holds that lang/check, which must not import
// compiler/eval, knows the forms of its functions.
func TestFunctionTables(t *testing.T) {
	ready := map[string]bool{}
	for _, s := range eval.Functions() {
		ready[s.Name] = true
		want := check.Function{Form: s.String(), Max: len(s.Params)}
		for _, p := range s.Params {
			if !p.Optional {
				want.Min++
			}
		}
		if s.Variadic {
			want.Max = -1
		}
		got := check.Functions[s.Name]
		if got != want {
			t.Errorf("lang/check has %s as %+v, compiler/eval as %+v", s.Name, got, want)
		}
	}
	for name := range check.Functions {
		if !ready[name] {
			t.Errorf("lang/check lets %s pass, compiler/eval does not have it", name)
		}
	}
}
