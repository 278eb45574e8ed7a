package compiler

import (
	"context"

	"github.com/hayone1/mongocd/compiler/workspace"
)

// Recalled is how many of the jobs of a workspace its cache has.
func Recalled(ctx context.Context, w *workspace.Workspace, o workspace.Options) (known, all int) {
	jobs, _ := w.Jobs(o)
	m := recall(ctx, w, jobs, o)
	for i := range jobs {
		if m.of(i) != nil {
			known++
		}
	}
	return known, len(jobs)
}
