package main

// `diff --destination`: what is wanted beside a copy of the destination in a
// directory. In: the compiled states, the directory; out: what the engine of
// plan finds, as a comparison.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/review"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/dir"
)

func compareDestination(ctx context.Context, a *console.Console, workspace string, options workspace.Options, o diffOptions) (*review.Comparison, error) {
	if info, err := os.Stat(o.destination); err != nil || !info.IsDir() {
		return nil, console.Usagef("--destination %q is no directory; extract the destination into one, or name a folder in the extracted layout", o.destination)
	}
	if len(o.Environments) > 1 {
		return nil, console.Usagef("--destination is of one environment: name it with --env")
	}
	if len(o.Environments) == 0 {
		var err error
		if options.Environments, err = compiled.OneEnvironment(a, ""); err != nil {
			return nil, err
		}
	}
	states, accepted, err := wanted(ctx, a, workspace, options, o.Output)
	if err != nil {
		return nil, err
	}
	if members := compiled.EnvironmentsOf(states); len(members) > 1 {
		return nil, compiled.GroupError(o.Environments[0], members, "--destination is of one environment")
	}
	c := &review.Comparison{Kind: "destination", From: "there", To: "wanted", Accepted: accepted}
	for _, state := range states {
		store, err := dir.Open(o.destination)
		if err != nil {
			return nil, console.Failf("%s", view.Printable(err.Error()))
		}
		// Without secrets: what may be one is unknown, and nothing of it can be shown.
		report, err := enforce.Plan(ctx, store, state, enforce.Options{})
		if err = errors.Join(err, store.Close(ctx)); err != nil {
			return nil, console.Failf("%s", view.Printable(err.Error()))
		}
		if report.Failure != nil {
			return nil, console.Failf("%s", view.Printable(report.Failure.Message))
		}
		c.Found = append(c.Found, changesOf(report)...)
	}
	return c, nil
}

// changesOf is a plan's report as changes of collections.
func changesOf(report *change.Report) []describe.CollectionChanges {
	var out []describe.CollectionChanges
	for _, r := range report.Collections {
		namespace := diag.Safe(r.Database+"."+r.Collection, 200)
		c := describe.CollectionChanges{
			Weave: report.Weave, Environment: report.Environment, From: namespace, To: namespace,
			Before: r.Counts.InSync + r.Counts.Update + r.Counts.Unknown + r.Counts.Delete + r.Counts.Unmanaged, After: r.Counts.Desired,
			Same: r.Counts.InSync,
		}
		if r.Missing {
			c.From = ""
		}
		c.Settings = settingsOf(&r)
		for _, ix := range r.Indexes {
			if ix.Action == "differs" {
				c.Notes = append(c.Notes, fmt.Sprintf("index %s: %s", view.Printable(ix.Name), view.Printable(ix.Reason)))
			}
		}
		for _, d := range r.Documents {
			if changed := documentOf(d); changed != nil {
				c.Documents = append(c.Documents, *changed)
			}
		}
		for _, n := range []struct {
			count int
			text  string
		}{
			{r.Counts.Absent, "not there, and not inserted by this mode"},
			{r.Counts.Unmanaged, "there, not wanted, and not removed"},
		} {
			if n.count > 0 {
				c.Notes = append(c.Notes, console.Plural(n.count, "document")+" "+n.text)
			}
		}
		for _, conflict := range report.Conflicts {
			if conflict.Database == r.Database && conflict.Collection == r.Collection {
				c.Conflicts = append(c.Conflicts, conflictText(conflict))
			}
		}
		out = append(out, c)
	}
	rest := describe.CollectionChanges{Weave: report.Weave, Environment: report.Environment}
	for _, conflict := range report.Conflicts { // of the whole run, or from before anything was read
		if !slices.ContainsFunc(report.Collections, func(r change.CollectionReport) bool {
			return conflict.Database == r.Database && conflict.Collection == r.Collection
		}) {
			rest.Conflicts = append(rest.Conflicts, conflictText(conflict))
		}
	}
	if len(rest.Conflicts) > 0 {
		out = append(out, rest)
	}
	return out
}

func conflictText(c change.Conflict) string {
	return fmt.Sprintf("apply would refuse: %s: %s", view.Printable(c.Code), diag.Safe(c.Message, 1000))
}

// settingsOf is what differs besides documents.
func settingsOf(r *change.CollectionReport) (out []describe.FieldChange) {
	add := func(path string, before, after change.Value) {
		out = append(out, describe.ValueChanges(path, before.RawValue, after.RawValue)...)
	}
	for _, o := range r.Options {
		add("options."+doc.Path{o.Name}.String(), o.Before, o.After)
	}
	for _, ix := range r.Indexes {
		path := "indexes[name: " + diag.Quote(ix.Name, 80) + "]"
		switch ix.Action {
		case "create":
			add(path, change.Value{}, ix.Spec)
		case "change":
			add(path, ix.Before, ix.Spec)
		case "drop":
			add(path, ix.Spec, change.Value{})
		}
	}
	return out
}

// documentOf is one item of a report; nil when it is no difference.
func documentOf(item change.DocumentItem) *describe.DocumentChanges {
	action := map[string]string{"insert": describe.AddDocument, "update": describe.ChangeDocument, "delete": describe.RemoveDocument, "unknown": describe.UnknownDocument}[item.Action]
	if action == "" {
		return nil
	}
	name := ""
	for path, v := range doc.Fields(item.Identity.Document()) {
		if name != "" {
			name += ", "
		}
		name += diag.Safe(path, 200) + " " + doc.Show(v, 60) // the path is written as doc.Path.String does already
	}
	d := &describe.DocumentChanges{Action: action, Document: name}
	if action != describe.ChangeDocument && action != describe.UnknownDocument {
		return d
	}
	for _, change := range item.Changes {
		before, after := change.Before.RawValue, change.After.RawValue
		if change.Unknown != nil || before.Type == after.Type && doc.Identical(before, after) { // both masked
			d.Fields = append(d.Fields, describe.FieldChange{Path: change.Path, Before: before, After: after, Unknown: change.Unknown})
			continue
		}
		d.Fields = append(d.Fields, describe.ValueChanges(change.Path, before, after)...)
	}
	return d
}
