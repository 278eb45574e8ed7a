package compiler

// What the rules change of what was extracted.

import (
	"context"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// Diff finds what the rules change. The result is nil exactly when there are errors.
func Diff(ctx context.Context, w *workspace.Workspace, o workspace.Options) (_ []describe.CollectionChanges, diags diag.List) {
	doing := "comparing documents"
	defer mistake.Recovered(&doing, &diags)
	jobs, _, diags := run(ctx, w, o)
	if diags.HasErrors() {
		return nil, diags
	}
	out := []describe.CollectionChanges{}
	for _, j := range jobs {
		for _, u := range j.units {
			if o := j.done.Of(u); o != nil {
				out = append(out, changes(o))
			}
		}
	}
	return out, diags
}

// changes compares the documents of a unit that ran.
func changes(u *rules.Outcome) describe.CollectionChanges {
	env := u.Job.Environment
	c := describe.CollectionChanges{
		Weave: u.Job.Weave.Module.Name, Environment: env,
		From: diag.Safe(u.Key().Source+"."+u.Key().Name, 200), To: diag.Safe(u.Target.Database[env]+"."+u.Target.Destination, 200),
		Before: len(u.Data.Documents), After: len(u.Documents),
		Settings: describe.Changes(describe.Structure(u.Data.Options, u.Data.Indexes), describe.Structure(u.Structure.Options, u.Structure.Indexes)),
	}
	redact, _ := u.Policy.LeftOutPatterns()
	for i, d := range u.Documents {
		position := u.Order[i]
		if position >= len(u.Data.Documents) {
			c.Documents = append(c.Documents, describe.DocumentChanges{Action: describe.MakeDocument, Document: u.DocumentName(position), Origin: d.Origin})
			continue
		}
		extracted := describe.Mask(u.Data.Documents[position], redact, d.Secrets)
		if fields := describe.Changes(extracted, describe.Mask(describe.WithWords(d, describe.Namespace), redact, nil)); len(fields) > 0 {
			c.Documents = append(c.Documents, describe.DocumentChanges{Action: describe.ChangeDocument, Document: u.DocumentName(position), Fields: fields})
		} else {
			c.Same++
		}
	}
	for i := range u.Data.Documents {
		if u.Results[i] == nil {
			c.Documents = append(c.Documents, describe.DocumentChanges{Action: describe.LeaveOutExtract, Document: u.DocumentName(i)})
		}
	}
	return c
}
