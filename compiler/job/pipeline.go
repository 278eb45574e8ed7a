package job

// A job as pipelines that a cluster runs by itself.
//
// In: a job that ran without errors over its extracted data, which is a sample here. Out:
// its collections (compiler/pushdown), or what of the rules cannot be said by a pipeline.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Pipelines are the collections of a job, sorted by database and name.
func Pipelines(j *Finished) ([]pushdown.Collection, diag.List) {
	var out []pushdown.Collection
	var diags diag.List
	if len(j.state.Before)+len(j.state.After) > 0 {
		diags = append(diags, notPushed(j.Weave.Module.Hooks[0].Stmt.Span, "`before` and `after`", "a run of pipelines has no commands of a weave: run them before and after it"))
	}
	if j.Pinned() {
		diags = append(diags, notPushed(j.Weave.Module.Span, "an environment with pinned data", "the pipeline reads the source as it is when it runs: name an environment that is not pinned, with `--env`"))
	}
	if c := j.Weave.Module.Clusters[j.Environment]; c != nil {
		diags = append(diags, notPushed(c.Span, "`cluster matches`", "a run of pipelines does not ask what cluster it is on: leave it out, and look at what `plan` says of the source"))
	}
	for _, u := range j.Units {
		c, found := j.pipeline(u)
		out, diags = append(out, c), append(diags, found...)
	}
	slices.SortFunc(out, func(a, b pushdown.Collection) int {
		return cmp.Or(cmp.Compare(a.Into[0], b.Into[0]), cmp.Compare(a.Into[1], b.Into[1]))
	})
	return out, diags
}

// Sampled are the collections of the job whose data is a sample: not what is wanted.
func (j *Finished) Sampled() diag.List {
	var diags diag.List
	for _, u := range j.Units {
		if u.Data != nil && u.Data.Sample > 0 {
			diags = append(diags, diag.Diagnostic{Code: diag.SampledData, Span: u.Target.NameSpan,
				Message: fmt.Sprintf("%s is a sample of at most %d documents, and not all that is wanted", diag.Quote(u.Data.Folder, 200), u.Data.Sample),
				Notes:   []string{"compile it with `--target pipeline`, which reads the source itself, or run `mongocd extract` without `--sample`"}})
		}
	}
	return diags
}

func notPushed(at source.Span, construct, why string) diag.Diagnostic {
	return diag.Diagnostic{Code: diag.NotInPipeline, Span: at, Message: construct + " cannot be part of a pipeline", Notes: []string{why}}
}

func (j *Finished) pipeline(u *rules.Unit) (pushdown.Collection, diag.List) {
	var diags diag.List
	refuse := func(at source.Span, construct, why string) { diags = append(diags, notPushed(at, construct, why)) }
	from := u.Target.Source[j.Environment]
	c := pushdown.Collection{Source: [2]string{j.databaseOf(from), u.Target.Collection}, Into: [2]string{u.Target.Database(j.Environment), u.Target.Destination}, Origin: u.Target.Span.String()}
	p := pushdown.Policies{Mode: u.Policy.Mode, Prune: u.Prune}
	at := u.Target.NameSpan
	outcome := j.Done.Of(u)
	if outcome == nil {
		refuse(at, "`mode "+string(p.Mode)+"`", "it has no documents")
		return c, diags
	}
	p.Known = outcome.Paths()
	for _, path := range u.By {
		if len(path) != 1 || strings.HasPrefix(path[0], "$") || strings.Contains(path[0], ".") {
			refuse(at, "an identity that is not a field at the top", "`$merge` names fields, and compares their values: name a field at the top in `by`")
			continue
		}
		p.On = append(p.On, path[0])
	}
	whole := p.Mode == desired.Exact || p.Mode == desired.Replace
	within := "outside of `mode merge` and `mode update` a pipeline writes fields at the top as a whole: name that field, or write `mode merge`"
	for _, q := range u.Policy.Paths {
		path := doc.Path(check.Fields(q.Path))
		switch q.Kind {
		case ast.Preserve:
			if whole && len(path) > 1 {
				refuse(q.Path.Span, "`preserve` of a field within another, in `mode "+string(p.Mode)+"`,", within)
			}
			p.Preserve = append(p.Preserve, path)
		case ast.Ignore:
			p.Ignore = append(p.Ignore, path)
		case ast.Absent:
			p.Absent = append(p.Absent, path)
		default:
			refuse(q.Path.Span, "`"+string(q.Kind)+"`", "a pipeline owns lists as a whole: `preserve` the list, or let the weave own all of it")
		}
	}
	if p.Prune != nil && asksForUUID(p.Prune.Where) {
		refuse(u.Policy.Prune.Span, "`is uuid`", "`$type` does not tell the kinds of binary values apart: write `is binary`, or name other fields")
	}
	if s := u.Policy.Drift; s != nil && s.Name.Text != string(desired.DriftRepair) {
		refuse(s.Span, "`drift "+s.Name.Text+"`", "nothing remembers what a pipeline wrote last: write `drift repair`, or compile it with `--target mongosh` or `go`")
	}
	for _, l := range u.Policy.LeftOut {
		if l.Pattern.Leaf != nil {
			refuse(l.Pattern.Span, "`"+string(l.Kind)+"` of every field of a name", "no expression goes to any depth: name the paths")
			continue
		}
		path := doc.Path(check.Fields(l.Pattern.Path))
		if whole && len(path) > 1 {
			refuse(l.Pattern.Span, "`"+string(l.Kind)+"` of a field within another, in `mode "+string(p.Mode)+"`,", within)
		}
		p.LeftOut = append(p.LeftOut, path)
	}
	for _, paths := range []*[]doc.Path{&p.Preserve, &p.Ignore, &p.Absent, &p.LeftOut} {
		slices.SortFunc(*paths, doc.ComparePaths)
		*paths = slices.CompactFunc(*paths, slices.Equal)
	}
	for _, l := range u.Policy.Links {
		refuse(l.Span, "`link`", "the `_id`s of the destination are looked up one by one: keep the `_id`s of the source, and leave out the `link`, or compile another target")
	}
	for _, m := range u.Policy.Moves {
		refuse(m.Span, "`moved`", "`$merge` may not change what it finds documents by: let another target make the move first")
	}
	if len(u.Literals) > 0 {
		refuse(u.Literals[0].Stmt.Span, "`document`", "a pipeline has the documents of its source alone: insert it there, or write it by a weave of its own")
	}
	if len(u.Target.Blocks) > 1 {
		refuse(at, "`amend`", "that two of them do not write one field is not seen by a stage: move its rules into the `sync`")
	}
	filters := make([]*ast.Filter, len(u.Filters))
	for i, f := range u.Filters {
		filters[i] = f.Stmt
	}
	program, refusals, errs := pushdown.CompileRules(u.Env, func(l *ast.Lookup) pushdown.Other { return j.other(u, l, c.Source[0]) }, filters, u.Target.Blocks[0])
	diags = append(diags, value.Diagnostics(errs)...)
	for _, r := range refusals {
		refuse(r.At, r.Construct, r.Why)
	}
	if diags.HasErrors() {
		return c, diags
	}
	c.Merge(program, p)
	return c, nil
}

// databaseOf is the database of a source.
func (j *Finished) databaseOf(source string) string {
	if d := j.Weave.Module.Sources[source]; d != nil && d.Database != nil {
		return d.Database.Text
	}
	return source
}

// other is the collection that a lookup names, read as it is extracted: without what any
// `sync` of the weave leaves out of it.
func (j *Finished) other(u *rules.Unit, l *ast.Lookup, database string) pushdown.Other {
	key := workspace.LookedUp(l, u.Target.Source[j.Environment])
	out := pushdown.Other{Collection: key.Name}
	if there := j.databaseOf(key.Source); there != database {
		out.Refused = "`$lookup` reads the database of the source, and " + key.Name + " is in " + there + ": bring it beside the source under its name, or compile another target"
		return out
	}
	for _, of := range j.Units {
		if of.Key() != key {
			continue
		}
		for _, left := range of.Policy.LeftOut {
			if left.Pattern.Leaf != nil {
				out.Refused = "`" + string(left.Kind) + "` leaves every field of a name out of what is looked up, and no expression goes to any depth: name the paths"
				return out
			}
			out.LeftOut = append(out.LeftOut, doc.Path(check.Fields(left.Pattern.Path)))
		}
	}
	slices.SortFunc(out.LeftOut, doc.ComparePaths)
	out.LeftOut = slices.CompactFunc(out.LeftOut, slices.Equal)
	return out
}

func asksForUUID(c *desired.Cond) bool {
	return c != nil && (c.Word == "uuid" || slices.ContainsFunc(c.Args, asksForUUID))
}
