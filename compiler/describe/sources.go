package describe

// Where the values of changes come from. In: the workspace, and reports of runs for
// what was compiled of it; out: the same reports, with what only mongocd knows: the
// place and the value of the source, the statements that made it what is wanted, and
// of an update the whole document that is wanted.

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// wholeBytes is how much of wanted documents one report has beside its changes.
const wholeBytes = 8 << 20

// Sources fills in Source, File and Rules of what the reports list, and Document of
// updates. Errors are those that compiling gives.
func Sources(ctx context.Context, w *workspace.Workspace, o workspace.Options, reports []*change.Report) (diags diag.List) {
	doing := "following documents"
	defer mistake.Recovered(&doing, &diags)
	jobs, diags := w.Jobs(o)
	if diags.HasErrors() {
		return diags
	}
	data, found := w.Read(ctx, jobs, o)
	if diags = append(diags, found...); diags.HasErrors() {
		return diags
	}
	for _, r := range reports {
		at := slices.IndexFunc(jobs, func(j *workspace.Job) bool { return j.Weave.Module.Name == r.Weave && j.Environment == r.Environment })
		if at < 0 || !slices.ContainsFunc(r.Collections, func(c change.CollectionReport) bool { return len(c.Documents) > 0 }) {
			continue
		}
		f := &follower{whole: wholeBytes}
		j, found := job.Prepare(jobs[at], data.For(r.Environment), f.note)
		if found.HasErrors() {
			return found
		}
		finished, found := j.Run(ctx, nil, nil)
		if found.HasErrors() {
			return found
		}
		for i := range r.Collections {
			c := &r.Collections[i]
			of := func(u *rules.Unit) bool {
				return u.Target.Destination == c.Collection && u.Target.Span.String() == c.Origin
			}
			// One statement can be about several databases; a run can be led to another one.
			u := slices.IndexFunc(j.Units, func(u *rules.Unit) bool { return of(u) && u.Target.Database(r.Environment) == c.Database })
			if u < 0 {
				u = slices.IndexFunc(j.Units, of)
			}
			if u < 0 || len(c.Documents) == 0 {
				continue
			}
			if err := f.follow(ctx, finished.Done.Of(j.Units[u]), c); err != nil {
				return stopped(err)
			}
		}
	}
	return nil
}

// follower goes the way of documents.
type follower struct {
	on    bool
	steps []step
	whole int // bytes that are left
}

// step is what a statement did to a document.
type step struct {
	by            ast.Stmt
	before, after bson.Raw
}

func (f *follower) note(s ast.Stmt, before, after bson.Raw) {
	if f.on {
		f.steps = append(f.steps, step{s, slices.Clone(before), slices.Clone(after)})
	}
}

// follow fills in one collection.
func (f *follower) follow(ctx context.Context, o *rules.Outcome, c *change.CollectionReport) error {
	if o == nil { // it has no documents
		return nil
	}
	u := o.Unit
	items := map[string]*change.DocumentItem{}
	for i := range c.Documents {
		if d := &c.Documents[i]; d.Action != "delete" && d.Action != "left" {
			items[string(d.Identity.Value)] = d
		}
	}
	redact, _ := u.Policy.LeftOutPatterns()
	for i, wanted := range o.Documents {
		item := items[string(identityOf(u.By, wanted.Raw))]
		if item == nil {
			continue
		}
		if item.Document.Missing() && f.whole > len(wanted.Raw) {
			f.whole -= len(wanted.Raw)
			item.Document = change.DocumentValue(Mask(WithWords(wanted, Namespace), redact, nil))
		}
		n := o.Order[i]
		if n >= len(u.Data.Documents) {
			l := u.Literals[n-len(u.Data.Documents)]
			item.Rules = []change.RuleItem{ruleOf(l.Stmt.Span)}
			continue
		}
		if n < len(u.Data.Read) {
			item.File = u.Data.Place(n)
		}
		f.on, f.steps = true, nil
		_, err := u.One(n).Run(ctx)
		if f.on = false; err != nil {
			return err
		}
		extracted := Mask(u.Data.Documents[n], redact, wanted.Secrets)
		for k := range item.Changes {
			f.changeOf(&item.Changes[k], u, wanted, extracted)
		}
		if item.Action == "insert" { // every statement that touched it
			for _, s := range f.steps {
				if !slices.Equal(s.before, s.after) {
					item.Rules = append(item.Rules, ruleOf(s.by.Place()))
				}
			}
		}
	}
	return nil
}

// changeOf fills in one change: the statements that wrote at its place, above or below it.
func (f *follower) changeOf(c *change.Change, u *rules.Unit, wanted desired.Document, extracted bson.Raw) {
	var path doc.Path // up to the first array, whose elements may stand elsewhere
	var steps []ast.Step
	for _, s := range c.At {
		if s.Element != nil {
			break
		}
		path, steps = append(path, s.Field), append(steps, ast.Step{Kind: ast.FieldStep, Name: s.Field})
	}
	if len(path) == 0 {
		return
	}
	if v, ok := doc.Get(extracted, path); ok && len(path) == len(c.At) && !(c.After.Type != 0 && doc.Identical(v, c.After.RawValue)) {
		c.Source = change.Value{RawValue: v}
	}
	for _, s := range f.steps {
		if len(eval.Changes(s.before, s.after, steps)) > 0 {
			c.Rules = append(c.Rules, ruleOf(s.by.Place()))
		}
	}
	for _, l := range u.Policy.Links { // after all statements
		if slices.ContainsFunc(wanted.Links, func(l desired.LinkedID) bool {
			return len(l.Path) >= len(path) && slices.Equal(l.Path[:len(path)], path)
		}) && strings.HasPrefix(l.Path.Span.Text(), path[0]) {
			c.Rules = append(c.Rules, ruleOf(l.Span))
		}
	}
}

// identityOf is the identity of a document as reports have it.
func identityOf(by []doc.Path, d bson.Raw) bson.Raw {
	b := new(doc.Builder)
	for _, p := range by {
		if v, ok := doc.Get(d, p); ok {
			b.Append(p.String(), v)
		}
	}
	return b.Raw()
}

// ruleOf is a statement, on one line.
func ruleOf(s source.Span) change.RuleItem {
	return change.RuleItem{Origin: s.String(), Statement: diag.Safe(strings.Join(strings.Fields(s.Text()), " "), 200)}
}
