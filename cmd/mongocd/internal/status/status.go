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
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Result is what was found.
type Result struct {
	Format  int    `json:"format"` // 1
	Command string `json:"command"`
	Exit    int    `json:"exit"`
	States  []Item `json:"states"` // by environment and weave
}

// What a build is to the workspace.
const (
	Current = "current" // it has the state that the workspace compiles to
	Stale   = "stale"   // it has another one
	Missing = "missing"
	Edited  = "edited" // somebody changed its files
)

// Item is a weave in an environment.
type Item struct {
	Environment string `json:"environment"`
	Weave       string `json:"weave"`
	Build       string `json:"build"`
	// Artefact is the digest of the state that the workspace compiles to.
	Artefact string `json:"artefact"`
	// Looked: the destination was looked at. Reason says why it was not.
	Looked bool   `json:"looked"`
	Reason string `json:"reason,omitempty"`
	// Last is the newest run that changed the destination and was not undone; nil: none is remembered.
	Last *change.RunRecord `json:"last,omitempty"`
	// Applied: that run was of this very state.
	Applied bool `json:"applied"`
	// Outcome is that of plan: in-sync, unknown, changes, refused or failed.
	Outcome string `json:"outcome,omitempty"`
	// Differences are how many documents, indexes, options and collections differ; Drifted how many documents of them
	// the destination changed by itself since a run, where the ledger can tell.
	Differences int `json:"differences"`
	Drifted     int `json:"drifted"`
	// Conflicts are why apply would write nothing.
	Conflicts []change.Conflict `json:"conflicts,omitempty"`
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
	r := &Result{Format: 1, Command: "status", States: []Item{}}
	for _, s := range states {
		item := Item{Environment: s.Environment, Weave: s.Weave}
		if item.Artefact, err = s.Digest(); err != nil {
			return nil, console.Failf("write the state of %s: %s", view.Printable(s.Weave), err)
		}
		if item.Build, err = built(out, s, item.Artefact); err != nil {
			return nil, err
		}
		variable, own := cli.OwnDestination(lookup, s.Environment)
		if several && !own { // one server for all of them would be somebody's mistake
			item.Reason = "no connection string: " + variable + " is not set"
		} else if err := item.look(ctx, s, flags, lookup); err != nil {
			return nil, err
		}
		if item.Looked && (item.Outcome == change.Failed || item.Reason != "") {
			r.Exit = console.ExitFailed
		}
		r.States = append(r.States, item)
	}
	return r, nil
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

// look looks at the destination.
func (i *Item) look(ctx context.Context, s *desired.State, flags *cli.Flags, lookup func(string) (string, bool)) error {
	f := *flags
	f.Databases = map[string]string{}
	report, closing, err := cli.Run(ctx, "plan", s, &f, nil, lookup)
	if err != nil {
		return console.Usagef("%s", view.Printable(err.Error()))
	}
	i.Looked, i.Outcome, i.Conflicts = true, report.Outcome, report.Conflicts
	i.count(report)
	if report.Failure != nil {
		i.Reason = report.Failure.Message
		return nil
	}
	if uri, err := cli.Destination(lookup, s.Environment); err == nil && strings.HasPrefix(uri, "dir:") {
		return nil // a directory remembers no runs: git does
	}
	list, closed, err := cli.Runs(ctx, s, &f, lookup)
	if err != nil {
		return console.Usagef("%s", view.Printable(err.Error()))
	}
	if list.Failure != nil {
		i.Reason = list.Failure.Message
	}
	if closing := errors.Join(closing, closed); closing != nil && i.Reason == "" {
		i.Reason = closing.Error()
	}
	for _, run := range list.Runs {
		if run.Undone == "" {
			i.Last, i.Applied = &run, run.Outcome == change.Applied && run.Artefact == i.Artefact
			break
		}
	}
	return nil
}

// count counts what a report says differs.
func (i *Item) count(r *change.Report) {
	for _, c := range r.Collections {
		i.Differences += c.Counts.Insert + c.Counts.Update + c.Counts.Delete + len(c.Options)
		if c.Missing {
			i.Differences++
		}
		for _, index := range c.Indexes {
			if slices.Contains([]string{"create", "change", "drop"}, index.Action) { // the others are no difference
				i.Differences++
			}
		}
		for _, d := range c.Documents {
			drifted := theDestinations(d.Cause)
			for _, at := range d.Changes {
				drifted = drifted || theDestinations(at.Cause)
			}
			if drifted {
				i.Drifted++
			}
		}
	}
}

// theDestinations: a cause says that the destination changed, whatever the rules did.
func theDestinations(cause string) bool { return cause == "destination" || cause == "both" }

// differs reports whether a destination is not as it is wanted, or may not be written to.
func (r *Result) differs() bool {
	for _, i := range r.States {
		if i.Looked && i.Outcome != change.InSync {
			return true
		}
	}
	return false
}
