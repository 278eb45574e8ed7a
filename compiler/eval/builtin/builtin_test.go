package builtin

import (
	"slices"
	"testing"

	"github.com/hayone1/mongocd/lang/function"
)

// TestFunctions holds that the table of lang/function and what is here agree.
func TestFunctions(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range function.All() {
		call, ok := implementations[f.Name]
		if aggregate := f.Name == "count" || f.Name == "total"; seen[f.Name] || !ok || (call == nil) != aggregate {
			t.Errorf("%s is not implemented once", f)
		}
		seen[f.Name] = true
		if f.Summary == "" || f.Result == "" {
			t.Errorf("%s is not described", f)
		}
		for _, p := range f.Params {
			if len(p.Types) == 0 || p.Types[0] == "" || p.Name == "" {
				t.Errorf("%s: parameter %+v", f, p)
			}
		}
	}
	if len(implementations) != len(seen) {
		t.Errorf("%d implementations of %d functions", len(implementations), len(seen))
	}
	for name := range constantChecks {
		if !slices.ContainsFunc(function.All(), func(f *function.Function) bool {
			return slices.ContainsFunc(f.Params, func(p function.Param) bool { return p.Name == name })
		}) {
			t.Errorf("no function has a parameter %s to check", name)
		}
	}
}
