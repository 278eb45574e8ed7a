package describe

// What the rules change of what was extracted.

import (
	"context"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// Diff finds what the rules change. The result is nil exactly when there are errors.
func Diff(ctx context.Context, w *workspace.Workspace, o workspace.Options) (_ []CollectionChanges, diags diag.List) {
	doing := "comparing documents"
	defer mistake.Recovered(&doing, &diags)
	jobs, _, diags := compiler.Run(ctx, w, o)
	if diags.HasErrors() {
		return nil, diags
	}
	out := []CollectionChanges{}
	for _, j := range jobs {
		for _, u := range j.Units {
			if o := j.Done.Of(u); o != nil {
				out = append(out, changes(o))
			}
		}
	}
	return out, diags
}

// changes compares the documents of a unit that ran.
func changes(u *rules.Outcome) CollectionChanges {
	env := u.Job.Environment
	c := CollectionChanges{
		Weave: u.Job.Weave.Module.Name, Environment: env,
		From: diag.Safe(u.Key().Source+"."+u.Key().Name, 200), To: diag.Safe(u.Target.Database(env)+"."+u.Target.Destination, 200),
		Before: len(u.Data.Documents), After: len(u.Documents),
		Settings: Changes(Structure(u.Data.Options, u.Data.Indexes), Structure(u.Structure.Options, u.Structure.Indexes)),
	}
	redact, _ := u.Policy.LeftOutPatterns()
	for i, d := range u.Documents {
		position := u.Order[i]
		if position >= len(u.Data.Documents) {
			c.Documents = append(c.Documents, DocumentChanges{Action: MakeDocument, Document: u.DocumentName(position), Origin: d.Origin})
			continue
		}
		extracted := Mask(u.Data.Documents[position], redact, d.Secrets)
		if fields := Changes(extracted, Mask(WithWords(d, Namespace), redact, nil)); len(fields) > 0 {
			c.Documents = append(c.Documents, DocumentChanges{Action: ChangeDocument, Document: u.DocumentName(position), Fields: fields})
		} else {
			c.Same++
		}
	}
	for i := range u.Data.Documents {
		if u.Results[i] == nil {
			c.Documents = append(c.Documents, DocumentChanges{Action: LeaveOutExtract, Document: u.DocumentName(i)})
		}
	}
	return c
}
