package compiler_test

// A workspace that is run again with what was found before has the same states. In: a
// weave whose phases leave something in the outcome.

import (
	"slices"
	"testing"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
)

func TestRunAgain(t *testing.T) {
	dir := newWorkspace(t, `from src into dst {
  sync flags by name {
    remove _id
    moved "z" to "a"
    moved "y" to "z2"
    document { name: "z2", n: 1, stage: "live", on: true }
  }
}`, flags)
	w, diags := workspace.LoadDir(dir)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	cache := &rules.Cache{}
	w = w.With(&workspace.Cache{})
	run := func() (digests []string) {
		t.Helper()
		jobs, _, diags := compiler.RunAgain(t.Context(), w, workspace.Options{}, cache)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, j := range jobs {
			s := j.State("")
			if moves := s.Collections[0].Moves; len(moves) != 2 {
				t.Errorf("%s: moves: %v", s.Environment, moves)
			}
			digest, err := s.Digest()
			if err != nil {
				t.Fatal(err)
			}
			digests = append(digests, digest)
		}
		return digests
	}
	first := run()
	for range 2 {
		if again := run(); !slices.Equal(first, again) {
			t.Errorf("the states are others: %q and %q", first, again)
		}
	}
}
