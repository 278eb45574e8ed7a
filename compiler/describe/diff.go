package describe

// What the rules change of what was extracted. In: a workspace; out: reports of diff
// (docs/report.md), one of each weave in each environment.

import (
	"cmp"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Diff finds what the rules change. The result is nil exactly when there are errors.
func Diff(ctx context.Context, w *workspace.Workspace, o workspace.Options) (_ []*change.Report, diags diag.List) {
	doing := "comparing documents"
	defer mistake.Recovered(&doing, &diags)
	jobs, _, diags := compiler.Run(ctx, w, o)
	if diags.HasErrors() {
		return nil, diags
	}
	out := []*change.Report{}
	for _, j := range jobs {
		r := newReport(j.Weave.Module.Name, j.Environment, change.Comparison{Kind: "rules", From: "extracted", To: "wanted"})
		for _, u := range j.Units {
			if o := j.Done.Of(u); o != nil {
				r.Collections = append(r.Collections, changes(o, func(l desired.LinkedID) []doc.Path { return identifiedBy(j.Units, l) }))
			}
		}
		settle(r)
		var apart []string
		for _, t := range j.Targets {
			if t.Member != nil {
				apart = append(apart, t.Member.Database)
			}
		}
		fanOut(r, apart)
		out = append(out, r)
	}
	return out, diags
}

// fanOut says which databases of fan-outs differ, so that views say once what they have alike.
func fanOut(r *change.Report, apart []string) {
	differs := map[string]bool{}
	for _, c := range r.Collections {
		differs[c.Database] = differs[c.Database] || c.Missing || c.Gone || len(c.Settings)+len(c.Documents) > 0
	}
	slices.Sort(apart)
	for _, name := range slices.Compact(apart) {
		item := change.DatabaseItem{Database: name, Outcome: change.InSync}
		if differs[name] {
			item.Outcome = change.Changes
		}
		r.Databases = append(r.Databases, item)
	}
}

func newReport(weave, environment string, c change.Comparison) *change.Report {
	r := change.NewReport(weave, environment, "diff")
	r.Comparison = &c
	return r
}

// settle counts what differs, and sets the outcome.
func settle(r *change.Report) {
	differs := len(r.Settings) > 0
	for i := range r.Collections {
		c := &r.Collections[i]
		for _, d := range c.Documents {
			switch d.Action {
			case "insert":
				c.Counts.Insert++
			case "update":
				c.Counts.Update++
			case "delete":
				c.Counts.Delete++
			}
		}
		differs = differs || c.Missing || c.Gone || len(c.Settings)+len(c.Documents) > 0
	}
	r.Settle(change.Result{Differs: differs})
}

// identifiedBy are the paths that identify the document that a link goes to.
func identifiedBy(units []*rules.Unit, l desired.LinkedID) []doc.Path {
	for _, u := range units {
		if database, collection := u.Destination(); database == l.Database && collection == l.Collection {
			return u.By
		}
	}
	return nil
}

// changes compares the documents of a unit that ran; by says what identifies the
// documents that links go to.
func changes(u *rules.Outcome, by func(desired.LinkedID) []doc.Path) change.CollectionReport {
	env := u.Job.Environment
	c := change.CollectionReport{
		Database: u.Target.Database(env), Collection: u.Target.Destination, Origin: u.Target.Span.String(), From: u.Key().Source + "." + u.Key().Name,
		Counts:   change.Counts{Desired: len(u.Documents)},
		Settings: settingsBetween(Structure(u.Data.Options, u.Data.Indexes), Structure(u.Structure.Options, u.Structure.Indexes)),
		Indexes:  []change.IndexItem{}, Documents: []change.DocumentItem{},
	}
	redact, _ := u.Policy.LeftOutPatterns()
	secrets := allSecrets(u.Documents)
	links := linked{target: Namespace, by: by, database: c.Database, shown: c.Database}
	for i, d := range u.Documents {
		item := documentItem("insert", u.By, d.Raw, cmp.Or(d.Origin, c.Origin))
		wanted := WithWords(d, Namespace)
		if position := u.Order[i]; position >= len(u.Data.Documents) {
			putDocument(&item, wanted, maskOf(redact, without(secrets, d.Secrets)))
			links.putLinks(&item, d)
		} else {
			item.Action, item.Changes = "update", between.Documents(u.Data.Documents[position], wanted, withLinks(sides(redact, nil, d.Secrets), links, links, desired.Document{}, d))
			if len(item.Changes) == 0 {
				c.Counts.InSync++
				continue
			}
		}
		c.Documents = append(c.Documents, item)
	}
	for i, d := range u.Data.Documents {
		if u.Results[i] == nil {
			item := documentItem("delete", u.By, d, c.Origin)
			putDocument(&item, d, maskOf(redact, secrets))
			c.Documents = append(c.Documents, item)
		}
	}
	return c
}

// documentItem is one without changes.
func documentItem(action string, by []doc.Path, d bson.Raw, origin string) change.DocumentItem {
	item := change.DocumentItem{Action: action, Identity: change.DocumentValue(identityOf(by, d)), Origin: origin, Changes: []change.Change{}}
	if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
		item.ID = change.Value{RawValue: id}
		if doc.IsEmpty(item.Identity.RawValue) {
			item.Identity = change.DocumentValue(new(doc.Builder).Append("_id", id).Raw())
		}
	}
	return item
}
