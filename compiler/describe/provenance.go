package describe

// Provenance: where the values of one document come from.
//
// In: a Workspace and a Selector. Out: what was extracted, what the filters
// said, every statement that changed the document, and the result. The rules
// are compiled and run as Compile does it, over this document alone.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/weavetest"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Provenance is where the values of one document in one environment come from.
type Provenance struct {
	Weave, Environment string
	// Source and Destination are DATABASE.COLLECTION; Document is what
	// identifies the document, for people.
	Source, Destination, Document string
	// File is where it was extracted, relative to the workspace, with Line from
	// 1, 0 where the file has no lines. Empty for a document that a rule makes.
	File string
	Line int
	// Path is the wanted one; empty: the whole document.
	Path string
	// Extracted and Result are the values there, for people. Result is empty
	// when the document is left out or in error.
	Extracted, Result string
	Filters           []FilterVerdict
	// Steps are the statements that changed something, in order.
	Steps []ProvenanceStep
	// Policies are what the destination does with the value: `preserve stats`, and how its
	// document gets the identity: `moved "old" to "new"`.
	Policies []PolicyVerdict
	// Made is the `document` statement that makes the document; zero for others.
	Made source.Span
	// Problems are errors of this document.
	Problems diag.List
}

// FilterVerdict is what a filter says to a document.
type FilterVerdict struct {
	Span source.Span
	// Kept is false when it leaves the document out.
	Kept bool
}

// PolicyVerdict is a policy of the destination that concerns the value.
type PolicyVerdict struct {
	Span source.Span
	// Text is the policy: `mode merge (a default)`, `preserve stats`.
	Text string
}

// ProvenanceStep is a statement with what it changed.
type ProvenanceStep struct {
	Span    source.Span
	Changes []value.Change
}

// LeftOut reports whether some filter leaves the document out.
func (p *Provenance) LeftOut() bool {
	return slices.ContainsFunc(p.Filters, func(f FilterVerdict) bool { return !f.Kept })
}

// Explain tells where the document comes from in every environment and weave
// that the options choose; path narrows it to one value.
func Explain(ctx context.Context, w *workspace.Workspace, o workspace.Options, s Selector, path []ast.Step) (_ []Provenance, diags diag.List) {
	doing := "following a document"
	defer mistake.Recovered(&doing, &diags)
	jobs, diags := w.Jobs(o)
	if diags.HasErrors() {
		return nil, diags
	}
	o.WithEdits = true // it tells what is there
	data, found := w.Read(ctx, jobs, o)
	if diags = append(diags, found...); diags.HasErrors() {
		return nil, diags
	}
	var out []Provenance
	var known []string
	faults := make([]diag.List, len(jobs))
	anywhere := false
	for i, chosen := range jobs {
		t := &tracer{path: path, outcomes: map[*rules.Unit]*rules.Outcome{}}
		j, found := weavetest.Prepare(chosen, data.For(chosen.Environment), t.note)
		if faults[i] = found.Errors(); len(faults[i]) > 0 {
			continue
		}
		t.units = j.Units
		for _, u := range j.Units {
			src, dst := u.Key().Source+"."+u.Key().Name, u.Target.Database(j.Environment)+"."+u.Target.Destination
			known = append(known, u.Key().Name, u.Target.Destination)
			if !slices.Contains([]string{u.Key().Name, src, u.Target.Destination, dst}, s.Collection) {
				continue
			}
			anywhere = true
			p, found := t.explain(ctx, u, s)
			faults[i] = append(faults[i], found...)
			if p != nil {
				p.Weave, p.Environment = j.Weave.Module.Name, j.Environment
				p.Source, p.Destination = diag.Safe(src, 200), diag.Safe(dst, 200)
				out = append(out, *p)
			}
		}
	}
	diags = workspace.Settle(workspace.Merge(jobs, faults))
	if len(out) > 0 { // another weave or environment does not have it
		diags = slices.DeleteFunc(diags, func(d diag.Diagnostic) bool { return d.Code == diag.MatchesNothing && d.Span.IsZero() })
	}
	if len(diags) == 0 && !anywhere {
		slices.Sort(known)
		return nil, diag.List{workspace.Unknown(diag.UnknownCollection, "collection", s.Collection, slices.Compact(known))}
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return out, diags
}

// tracer collects what statements change while it is on.
type tracer struct {
	path  []ast.Step
	on    bool
	steps []ProvenanceStep
	// units are those of the job; outcomes is what was run of them all.
	units    []*rules.Unit
	outcomes map[*rules.Unit]*rules.Outcome
}

func (t *tracer) note(s ast.Stmt, before, after bson.Raw) {
	if !t.on {
		return
	}
	if changes := eval.Changes(before, after, t.path); len(changes) > 0 {
		t.steps = append(t.steps, ProvenanceStep{Span: s.Place(), Changes: changes})
	}
}

// explain finds the document and goes its way with it.
func (t *tracer) explain(ctx context.Context, u *rules.Unit, s Selector) (*Provenance, diag.List) {
	var found []int
	for i, d := range u.Data.Documents {
		if s.Matches(d) {
			found = append(found, i)
		}
	}
	if len(found) == 0 { // by what it becomes
		o, err := u.Run(ctx)
		if err != nil {
			return nil, stopped(err)
		}
		for i := range u.Data.Documents {
			if o.Results[i] != nil && s.Matches(o.Results[i]) {
				found = append(found, i)
			}
		}
	}
	switch len(found) {
	case 0:
		if i := slices.IndexFunc(u.Literals, func(l rules.Literal) bool { return s.Matches(l.Raw) }); i >= 0 {
			return t.made(ctx, u, u.Literals[i])
		}
		return nil, diag.List{noSuchDocument(u, s)}
	case 1:
		return t.follow(ctx, u, found[0])
	}
	d := diag.Diagnostic{Code: diag.WrongCount, Message: fmt.Sprintf("%d documents of %s match; name one", len(found), u.Data.Name)}
	for i, n := range found {
		if i == rules.Shown {
			d.Notes = append(d.Notes, fmt.Sprintf("and %d more", len(found)-i))
			break
		}
		d.Notes = append(d.Notes, u.DocumentName(n))
	}
	return nil, diag.List{d}
}

// follow runs the rules over the one document.
func (t *tracer) follow(ctx context.Context, u *rules.Unit, n int) (*Provenance, diag.List) {
	extracted := u.Data.Documents[n]
	p := &Provenance{Document: u.DocumentName(n), Path: eval.ShowPath(t.path), Extracted: eval.ShowAt(extracted, nil, t.path, maxShown)}
	if len(t.path) == 0 {
		p.Path = ""
	}
	if n < len(u.Data.Read) {
		p.File, p.Line = u.Data.Folder+"/"+u.Data.Read[n].File, u.Data.Read[n].Line
	}
	for _, policy := range u.Policy.InForce() {
		about := policy.Word == "mode" || policy.Word == "drift" || policy.Word == "prune" && len(t.path) == 0
		if policy.Path != nil {
			about = concerns(check.Fields(policy.Path), t.path)
		}
		if !about {
			continue
		}
		text := policy.Word + " " + policy.Rest
		if policy.Default {
			text += " (a default)"
		}
		p.Policies = append(p.Policies, PolicyVerdict{policy.Span, text})
	}
	for _, f := range u.Filters {
		holds, err := f.Cond.Test(extracted)
		p.Filters = append(p.Filters, FilterVerdict{Span: f.Stmt.Span, Kept: err == nil && holds != f.Stmt.Except})
	}
	t.on, t.steps = true, nil
	defer func() { t.on = false }()
	o, err := u.One(n).Run(ctx)
	if err != nil {
		return nil, stopped(err)
	}
	name := func(int) string { return u.DocumentName(n) }
	p.Problems = o.Problems(name)
	if d := o.Results[0]; d != nil {
		if name := u.ResultName(d); name != "" {
			p.Document = name
		}
		t.moved(p, u, d)
		if d, err = t.linked(ctx, u, d); err != nil {
			return nil, stopped(err)
		}
		p.Result = eval.ShowAt(d, o.Secrets[0], t.path, maxShown)
	}
	p.Steps = t.steps
	return p, nil
}

// moved adds the statement by which the destination's document gets the identity of the
// result.
func (t *tracer) moved(p *Provenance, u *rules.Unit, d bson.Raw) {
	if len(t.path) > 0 && !slices.ContainsFunc(u.By, func(by doc.Path) bool { return concerns(by, t.path) }) {
		return
	}
	if s := u.MoveTo(d); s != nil {
		p.Policies = append(p.Policies, PolicyVerdict{s.Span, diag.Safe(s.Span.Text(), 160)})
	}
}

func stopped(err error) diag.List {
	return diag.List{{Code: diag.Interrupted, Message: "stopped: " + err.Error()}}
}

// concerns reports whether one path of names is at or above the other; positions do not matter.
func concerns(policy []string, path []ast.Step) bool {
	i := 0
	for _, step := range path {
		if i == len(policy) {
			break
		}
		if step.Kind != ast.FieldStep {
			continue
		}
		if step.Name != policy[i] {
			return false
		}
		i++
	}
	return true
}

// made tells of a document that a `document` statement makes.
func (t *tracer) made(ctx context.Context, u *rules.Unit, l rules.Literal) (*Provenance, diag.List) {
	p := &Provenance{Document: u.ResultName(l.Raw), Path: eval.ShowPath(t.path), Made: l.Stmt.Span}
	t.moved(p, u, l.Raw)
	if len(t.path) == 0 {
		p.Path = ""
	}
	t.on, t.steps = true, nil
	defer func() { t.on = false }()
	d, err := t.linked(ctx, u, l.Raw)
	if err != nil {
		return nil, stopped(err)
	}
	p.Steps, p.Result = t.steps, eval.ShowAt(d, l.Secrets, t.path, maxShown)
	return p, nil
}

// maxShown is the length that a shown value may have.
const maxShown = 2000

// noSuchDocument says which documents there are.
func noSuchDocument(u *rules.Unit, s Selector) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.MatchesNothing, Message: fmt.Sprintf("no document of %s is like that", u.Data.Name)}
	for _, f := range s.Fields {
		var texts []string
		met := false
		for _, e := range u.Data.Documents {
			v := eval.ValueAt(e, f.Path).BSON
			met = met || v.Type != 0
			if v.Type == bson.TypeString && len(texts) < 10_000 {
				texts = append(texts, v.StringValue())
			}
		}
		if !met {
			d.Notes = append(d.Notes, fmt.Sprintf("none has a field %s", diag.Backquote(eval.ShowPath(f.Path))))
		} else if near := diag.Suggest(f.Text, texts); near != "" {
			d.Notes = append(d.Notes, fmt.Sprintf("did you mean %s %s?", eval.ShowPath(f.Path), diag.Quote(near, 64)))
		}
	}
	if n := len(u.Data.Documents); n > 0 && len(d.Notes) == 0 {
		var names []string
		for i := range min(n, rules.Shown) {
			names = append(names, u.DocumentName(i))
		}
		if n > rules.Shown {
			names = append(names, fmt.Sprintf("and %d more", n-rules.Shown))
		}
		d.Notes = append(d.Notes, "there are: "+strings.Join(names, "; "))
	}
	return d
}

// linked shows what `link` makes of one finished document, whose rules alone
// were run: words in place of the ids, as diff has them, statement by
// statement. Links to documents that are not promoted stay as they are.
func (t *tracer) linked(ctx context.Context, u *rules.Unit, d bson.Raw) (bson.Raw, error) {
	for _, l := range u.Policy.Links {
		at := u.Job.Named(u.Target, l.Collection.Text, nil)
		if at < 0 {
			continue // reported when the weave was prepared
		}
		other := t.units[at]
		o := t.outcomes[other]
		if o == nil {
			t.on = false // its documents are not the one to tell of
			ran, err := other.Run(ctx)
			t.on = true
			if err != nil {
				return nil, err
			}
			o, t.outcomes[other] = ran, ran // two documents of one identity: check says it, here either will do
		}
		after := WithWords(desired.Document{Raw: d, Links: o.Linked(l, d)}, Namespace)
		t.note(l, d, after)
		d = after
	}
	return d, nil
}
