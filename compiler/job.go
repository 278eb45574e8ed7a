package compiler

// One weave in one environment: prepare checks its rules against the data's
// shapes, run makes the documents, state puts everything together.

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// job is one weave in one environment.
type job struct {
	weave       *Weave
	environment string
	units       []*unit
	collections []*desired.Collection
}

// prepare compiles the rules and checks them against the shapes of the data.
func (j *job) prepare(data *snapshot) diag.List {
	var diags diag.List
	lets, errs := j.lets()
	if len(errs) > 0 {
		return diagnostics(errs)
	}
	for _, s := range j.weave.Module.Syncs {
		u := &unit{job: j, sync: s, data: data.collection(s.Source[j.environment], s.Collection), policy: policyOf(j.weave.Module, s, j.environment)}
		for _, p := range identity(s) {
			u.by = append(u.by, p)
		}
		found := u.wrongKind()
		if !found.HasErrors() {
			found = append(found, u.compile(lets)...)
		}
		diags = append(diags, found...)
		j.units = append(j.units, u)
	}
	return diags
}

// lets evaluates the constants of the top level.
func (j *job) lets() (map[string]eval.Value, []*eval.Error) {
	env := j.env(map[string]eval.Value{})
	for _, l := range j.weave.Module.Lets {
		v, errs := env.Constant(l.Value)
		if len(errs) > 0 {
			return nil, errs
		}
		env.Lets[l.Name.Text] = v
	}
	return env.Lets, nil
}

func (j *job) env(lets map[string]eval.Value) *eval.Env {
	env := &eval.Env{Name: j.environment, Lets: lets}
	for group, members := range j.weave.Module.Groups {
		if slices.Contains(members, j.environment) {
			env.Groups = append(env.Groups, group)
		}
	}
	slices.Sort(env.Groups)
	return env
}

// compile checks the unit's rules against its data's shape and compiles them.
func (u *unit) compile(lets map[string]eval.Value) diag.List {
	env := u.job.env(lets)
	u.static = &static{job: u.job, sync: u.sync, data: u.data, env: env, extracted: viewOf(u.data.shape), targets: map[*ast.Path]*view{}, clashed: map[string]bool{}}
	final := u.static.run(u.policy)
	diags := u.static.diags
	if u.data.count == 0 {
		diags = append(diags, diag.Diagnostic{Severity: diag.Warning, Code: diag.NoDocuments, Span: u.sync.NameSpan,
			Message: fmt.Sprintf("%s has no documents, so the fields of its rules are not checked", u.data.name),
			Notes:   []string{"extract again when the source has some"}})
	}
	if diags.HasErrors() {
		return diags
	}
	env.NumericTypes = u.static.numericTypes
	for _, f := range u.policy.filters {
		cond, errs := env.Condition(f.Cond)
		diags = append(diags, diagnostics(errs)...)
		u.filters = append(u.filters, filter{f, cond})
	}
	program, errs := env.Program(u.sync.Stmts)
	diags = append(diags, diagnostics(errs)...)
	u.program = program
	if u.policy.prune != nil {
		diags = append(diags, u.compilePrune(env, final)...)
	}
	return diags
}

// compilePrune compiles `prune`: as data for the engines, and as a condition
// for the warning of documents outside of their own scope.
func (u *unit) compilePrune(env *eval.Env, final *view) diag.List {
	stmt := u.policy.prune
	u.wantedPrune = &desired.Prune{Origin: stmt.Span.String(), AtMost: stmt.AtMost, Percent: stmt.Percent, Filter: emptyDocument}
	if stmt.Cond == nil {
		return nil
	}
	cond, errs := env.Condition(stmt.Cond)
	if len(errs) > 0 {
		return diagnostics(errs)
	}
	u.prune = cond
	p := &pruner{env: env, numbers: func(path *ast.Path) []string {
		return u.static.resolve(path, final, nil).numericTypes()
	}}
	where := p.cond(stmt.Cond)
	if len(p.errs) > 0 {
		return p.errs
	}
	filter, err := bson.Marshal(narrow(where))
	if err != nil {
		return diag.List{{Code: diag.InternalError, Span: stmt.Span, Message: "the condition cannot be made a query: " + diag.Safe(err.Error(), 200)}}
	}
	u.wantedPrune.Where, u.wantedPrune.Filter = where, filter
	return nil
}

var emptyDocument = bson.Raw{5, 0, 0, 0, 0}

// numericTypes is eval.Env.NumericTypes: the numeric types at a path as they
// are known where the statement stands.
func (s *static) numericTypes(at *ast.Path, steps []ast.Step) []string {
	v := s.targets[at]
	for _, step := range steps {
		if v == nil {
			return nil
		}
		if step.Kind == ast.FieldStep {
			v = v.field(step.Name)
		} else {
			v = v.element()
		}
	}
	return v.numericTypes()
}

// wrongKind reports collections that cannot be synced in the wanted mode (LANGUAGE.md 4.7).
func (u *unit) wrongKind() diag.List {
	kind, only := u.data.kind, ""
	switch {
	case kind == "view":
		only = "its definition can be promoted, which is not implemented yet"
	case kind == "timeseries" && u.policy.mode != desired.Insert:
		kind, only = "time series collection", "write `mode insert`"
	case u.data.capped && u.policy.mode != desired.Insert:
		kind, only = "capped collection", "write `mode insert`"
	default:
		return nil
	}
	return diag.List{{Code: diag.WrongKind, Span: u.sync.NameSpan, Message: fmt.Sprintf("%s is a %s: its documents cannot be updated", u.data.name, kind), Notes: []string{only}}}
}

// run makes the documents of every collection and reports what they show.
func (j *job) run(ctx context.Context) diag.List {
	var diags diag.List
	for _, u := range j.units {
		c, found := u.run(ctx)
		diags = append(diags, found...)
		if c != nil {
			j.collections = append(j.collections, c)
		}
	}
	return diags
}

// run makes the documents of one collection.
func (u *unit) run(ctx context.Context) (*desired.Collection, diag.List) {
	o, err := u.execute(ctx)
	if err != nil {
		return nil, nil // the caller looks at the context
	}
	name := u.documentName
	diags := o.errors.diagnostics(name)
	diags = append(diags, o.checks.diagnostics(name)...)
	diags = append(diags, u.filterCounts(o)...)
	if o.selected == o.kept { // else the counts of the statements are partial
		diags = append(diags, u.statementCounts(o)...)
		diags = append(diags, u.writes(o)...)
	}
	documents, found := u.freeze(o, name)
	diags = append(diags, found...)
	if !found.HasErrors() {
		diags = append(diags, u.duplicates(documents)...)
	}
	diags = append(diags, u.warnings(o, name)...)
	if diags.HasErrors() {
		return nil, diags
	}
	return u.collection(documents, o), diags
}

// warnings are what is legal and probably not meant.
func (u *unit) warnings(o *outcome, name func(int) string) diag.List {
	var out diag.List
	for _, d := range o.outside.diagnostics(name) {
		d.Severity = diag.Warning
		out = append(out, d)
	}
	for _, d := range o.reidentified.diagnostics(name) {
		d.Severity = diag.Hint
		out = append(out, d)
	}
	for _, field := range u.expiring(o.documents) {
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.ExpiringDocuments, Span: u.sync.NameSpan,
			Message: fmt.Sprintf("%s has a TTL index on %s: the server deletes promoted documents, and every run brings them back", u.data.name, backquote(field)),
			Notes:   []string{"leave such documents out, or remove the field: `remove " + diag.Safe(field, 64) + "`"}})
	}
	if u.policy.mode != desired.Insert && !u.coversIdentity() {
		by := u.sync.By[0].Span.To(u.sync.By[len(u.sync.By)-1].Span)
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.NoUniqueIndex, Span: by,
			Message: fmt.Sprintf("no unique index of %s covers %s", u.data.name, u.byText()),
			Notes:   []string{"two runs at once could insert a document twice; create a unique index at the source and extract again"}})
	}
	return out
}

// writes warns of `set` and `create` that change nothing or the type of a field.
func (u *unit) writes(o *outcome) diag.List {
	var out diag.List
	for _, stat := range o.stats {
		a, ok := stat.Stmt.(*ast.Assign)
		if !ok {
			continue
		}
		if stat.Overwritten > 0 && stat.Overwritten == stat.Matched {
			d := diag.Diagnostic{Severity: diag.Warning, Code: diag.NoEffect, Span: a.Path.Span, Message: "this has no effect: it is overwritten before anything reads it"}
			if stat.By != nil {
				d.Related = []diag.Related{{Span: stat.By.Place(), Message: "overwritten here"}}
			}
			out = append(out, d)
		}
		changes := make([]eval.TypeChange, 0, len(stat.TypeChanges))
		for c := range stat.TypeChanges {
			changes = append(changes, c)
		}
		slices.SortFunc(changes, func(a, b eval.TypeChange) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
		for _, c := range changes {
			out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.TypeChanged, Span: a.Path.Span,
				Message: fmt.Sprintf("this changes the type of %s from %s to %s in %s", backquote(a.Path.Span.Text()), c.From, c.To, ofDocuments(stat.TypeChanges[c], o.selected)),
				Notes:   []string{"programs that read the field may not expect that; to keep the type, write " + article([]string{c.From})}})
		}
	}
	return out
}

// documentName names an extracted document: by its identity as extracted, else by `_id`.
func (u *unit) documentName(i int) string {
	d := u.data.documents[i]
	text := u.resultName(d)
	if text == "" {
		if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
			return "_id " + doc.Show(id, 60)
		}
		return fmt.Sprintf("document %d", i+1)
	}
	return text
}

// collection puts together what is wanted of the destination collection.
func (u *unit) collection(documents []desired.Document, o *outcome) *desired.Collection {
	env := u.job.environment
	c := &desired.Collection{
		Database: u.sync.Database[env], Name: u.sync.Destination, Origin: u.sync.Span.String(),
		Options: u.data.options, Indexes: u.data.indexes, Identity: u.by, Mode: u.policy.mode,
		Known: shape.Paths(u.data.shape, o.names...), Prune: u.wantedPrune, Documents: documents,
	}
	for _, p := range u.policy.preserve {
		c.Preserve = append(c.Preserve, check.Fields(p))
	}
	slices.SortFunc(c.Preserve, doc.ComparePaths)
	return c
}

// state is the desired state, its collections sorted by database and name.
func (j *job) state(compiler string) *desired.State {
	slices.SortFunc(j.collections, func(a, b *desired.Collection) int {
		return cmp.Or(cmp.Compare(a.Database, b.Database), cmp.Compare(a.Name, b.Name))
	})
	return &desired.State{Weave: j.weave.Module.Name, Environment: j.environment, Compiler: compiler, Collections: j.collections}
}

// identity are the identity paths of a sync.
func identity(s *check.Sync) [][]string {
	if len(s.By) == 0 {
		return [][]string{{"_id"}}
	}
	out := make([][]string, len(s.By))
	for i, p := range s.By {
		out[i] = check.Fields(p)
	}
	return out
}

// diagnostics converts errors that concern no single document.
func diagnostics(errs []*eval.Error) diag.List {
	var out diag.List
	for _, e := range errs {
		out = append(out, e.Diagnostic())
	}
	return out
}
