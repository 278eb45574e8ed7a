// Package status says where a release stands: what is built, what was applied, and how
// each destination differs now, for `mongocd status`.
//
// In: the wanted states, the folder of builds, connection strings of the environment.
// Out: a Result; text.go writes it for people, metrics.go for monitoring. Nothing is
// written to a destination.
package status

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/compiler/promote"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// What a build is to the workspace.
const (
	Current = "current" // it has the state that the workspace compiles to
	Stale   = "stale"   // it has another one
	Missing = "missing"
	Edited  = "edited" // somebody changed its files
)

// Result is what was found, by environment and weave.
type Result struct {
	change.Status
	// Pinned are the environments whose data is pinned, in the order of States.
	Pinned  []Pinned         `json:"pinned,omitempty"`
	reports []*change.Report // what plan says of each
}

// Pinned says how the data that is pinned for an environment differs from what is
// extracted now: what promoting all of it would bring.
type Pinned struct {
	Environment string   `json:"environment"`
	Behind      []Behind `json:"behind"`
}

// Behind counts documents of a collection, which Source and Name are at the source.
type Behind struct {
	Source  string `json:"source"`
	Name    string `json:"collection"`
	Added   int    `json:"added"`
	Changed int    `json:"changed"`
	Removed int    `json:"removed"`
	// Structure: its options or indexes are others.
	Structure bool `json:"structure"`
	text      string
}

// pins looks at the pins of environments.
func (r *Result) pins(ctx context.Context, w *workspace.Workspace, environments []string, o workspace.Options) diag.List {
	for _, environment := range environments {
		found, diags := promote.Behind(ctx, w, environment, o)
		if diags.HasErrors() {
			return diags
		}
		if found == nil {
			continue
		}
		p := Pinned{Environment: environment, Behind: []Behind{}}
		for _, c := range found {
			p.Behind = append(p.Behind, Behind{c.Source, c.Name, c.Added, c.Changed, c.Removed, c.Structure, c.Text()})
		}
		r.Pinned = append(r.Pinned, p)
	}
	return nil
}

// Look looks at all of them.
func Look(ctx context.Context, states []*desired.State, dir, build string, flags *cli.Flags, lookup func(string) (string, bool)) (_ *Result, err error) {
	out, err := outputs.Open(dir, build)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	several := false
	for _, s := range states {
		several = several || s.Environment != states[0].Environment
	}
	r := &Result{Status: change.Status{Format: 1, Command: "status", States: []change.StatusItem{}}}
	for _, s := range states {
		item := change.StatusItem{Environment: s.Environment, Weave: s.Weave}
		var report *change.Report
		variable, own := cli.OwnDestination(lookup, s.Environment)
		if several && !own { // one server for all of them would be somebody's mistake
			item.Reason = "no connection string: " + variable + " is not set"
			if cli.CommonDestination(lookup) {
				item.Reason += "; MONGOCD_DESTINATION_URI counts with one --env alone"
			}
			item.Artefact, err = s.Digest()
		} else {
			f := *flags
			f.Databases = map[string]string{}
			item, report, err = cli.Status(ctx, s, &f, lookup)
		}
		if err != nil {
			return nil, console.Usagef("%s", view.Printable(err.Error()))
		}
		if item.Build, err = built(out, s, item.Artefact); err != nil {
			return nil, err
		}
		if item.Failed() {
			r.Exit = console.ExitFailed
		}
		r.States, r.reports = append(r.States, item), append(r.reports, paged(&item, report))
	}
	return r, nil
}

// paged is the report of plan as the page of status has it; nil: the destination was not
// looked at.
func paged(i *change.StatusItem, plan *change.Report) *change.Report {
	r := change.NewReport(i.Weave, i.Environment, "status")
	r.Outcome = change.Skipped
	if plan != nil {
		*r = *plan
		r.Command, r.Digest, r.Engine = "status", "", "" // nobody approves this
	}
	r.Notes = slices.Concat([]string{"destination: " + view.StatusText(i), "build: " + i.Build, "last run: " + view.LastRun(i)}, view.Leases(i), r.Notes)
	return r
}

// built says what is in the folder of a state's build.
func built(out *outputs.Place, s *desired.State, digest string) (string, error) {
	folder, err := fs.Sub(out, path.Join(out.Way, outputs.StateFolder(s)))
	var there *desired.State
	if err == nil {
		there, err = desired.Read(folder)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	case err != nil:
		return Edited, nil // its manifest says other digests than its files have
	}
	if found, err := there.Digest(); err != nil || found != digest {
		return Stale, nil //nolint:nilerr // what cannot be rendered is not what is wanted
	}
	return Current, nil
}

// differs reports whether a destination is not as it is wanted, or may not be written to.
func (r *Result) differs() bool {
	return slices.ContainsFunc(r.States, func(i change.StatusItem) bool { return i.Differs() })
}
