package outputs

import (
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/runtime/desired"
)

// A program never has the name of something else in its folder, whatever its weave is called.
func TestProgramName(t *testing.T) {
	for _, weave := range []string{"shop", "internal", "desired", "vendor", "artefact", "main", "go"} {
		state := &desired.State{Weave: weave, Environment: "prod"}
		folders, err := Generate(t.Context(), &compiler.Result{States: []*desired.State{state}}, codegen.Targets, Program{})
		if err != nil || len(folders) != 1 {
			t.Fatal(err)
		}
		taken := []string{"vendor"}
		for _, f := range folders[0].Files {
			first, _, _ := strings.Cut(f.Path, "/")
			taken = append(taken, first)
		}
		for _, platform := range []string{"", "windows/amd64"} {
			if name := ProgramName(weave, platform); slices.Contains(taken, name) || !slices.Contains(programs(weave), name) {
				t.Errorf("the program of %s is named %s", weave, name)
			}
		}
	}
}
