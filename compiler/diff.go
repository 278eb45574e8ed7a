package compiler

// What the rules change of what was extracted.

import (
	"context"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/mistake"
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
			if u.done != nil {
				out = append(out, u.changes())
			}
		}
	}
	return out, diags
}

// changes compares the documents of a unit that ran.
func (u *unit) changes() describe.CollectionChanges {
	env := u.job.Environment
	c := describe.CollectionChanges{
		Weave: u.job.Weave.Module.Name, Environment: env,
		From: diag.Safe(u.key().Source+"."+u.key().Name, 200), To: diag.Safe(u.sync.Database[env]+"."+u.sync.Destination, 200),
		Before: len(u.data.Documents), After: len(u.frozen),
		Settings: describe.Changes(describe.Structure(u.data.Options, u.data.Indexes), describe.Structure(u.structure.Options, u.structure.Indexes)),
	}
	redact, _ := u.policy.LeftOutPatterns()
	for i, d := range u.frozen {
		position := u.done.order[i]
		if position >= len(u.data.Documents) {
			c.Documents = append(c.Documents, describe.DocumentChanges{Action: describe.MakeDocument, Document: u.documentName(position), Origin: d.Origin})
			continue
		}
		extracted := describe.Mask(u.data.Documents[position], redact, d.Secrets)
		if fields := describe.Changes(extracted, describe.Mask(describe.WithWords(d, describe.Namespace), redact, nil)); len(fields) > 0 {
			c.Documents = append(c.Documents, describe.DocumentChanges{Action: describe.ChangeDocument, Document: u.documentName(position), Fields: fields})
		} else {
			c.Same++
		}
	}
	for i := range u.data.Documents {
		if u.done.documents[i] == nil {
			c.Documents = append(c.Documents, describe.DocumentChanges{Action: describe.LeaveOutExtract, Document: u.documentName(i)})
		}
	}
	return c
}
