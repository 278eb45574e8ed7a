package capture

// An edit of the statement that made a value. In: what statements did to a document, and
// for how many documents of each environment they were run; out: a form that changes a
// constant of the rules where it makes this value for these documents in this environment
// alone.

import (
	"context"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// step is what a statement did to a document.
type step struct {
	by            ast.Stmt
	before, after bson.Raw
}

// tracer is the rules of all environments once more, telling what each statement does.
type tracer struct {
	environment string // that is captured
	base        *compiled
	lock        sync.Mutex
	note        func(s ast.Stmt, before, after bson.Raw)
	traced      map[string]*job.Prepared // of the environment, by weave
	// counts are for how many documents each statement is run, by its place and the environment.
	counts map[string]map[string]int
}

// count runs the rules of all environments, and counts for how many documents each
// statement is run, by its place and the environment.
func (c *capturer) count(ctx context.Context) error {
	c.tracer = &tracer{environment: c.o.Environment, base: c.base, traced: map[string]*job.Prepared{}, counts: map[string]map[string]int{}}
	if c.o.Structure {
		return nil
	}
	w, _ := c.query.Now().Checked()
	jobs, found := w.Jobs(c.o.Workspace)
	if found.HasErrors() {
		return nil // it was compiled just now
	}
	data, found := w.Read(ctx, jobs, c.o.Workspace)
	if found.HasErrors() {
		return nil
	}
	for _, chosen := range jobs {
		if err := c.tracer.countIn(ctx, chosen, data); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (c *tracer) countIn(ctx context.Context, chosen *workspace.Job, data *workspace.Snapshot) error {
	environment := chosen.Environment
	p, found := job.Prepare(chosen, data, func(s ast.Stmt, before, after bson.Raw) {
		c.lock.Lock()
		defer c.lock.Unlock()
		if c.note != nil {
			c.note(s, before, after)
		}
	})
	if found.HasErrors() {
		return nil
	}
	if environment == c.environment {
		c.traced[chosen.Weave.Module.Name] = p
	}
	c.note = func(s ast.Stmt, _, _ bson.Raw) {
		at := s.Place().String()
		if c.counts[at] == nil {
			c.counts[at] = map[string]int{}
		}
		c.counts[at][environment]++
	}
	defer func() { c.note = nil }()
	for _, u := range p.Units {
		if u.Policy.StructureOnly() {
			continue
		}
		if _, err := u.Run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stepsOf is what statements did to the extracted document of an item, in order.
func (c *tracer) stepsOf(t *target, i *item) []step {
	at, ok := t.positions[i.key]
	p := c.traced[t.weave]
	if !ok || p == nil {
		return nil
	}
	n := t.outcome.Order[at]
	if known, ok := t.steps[n]; ok || n >= len(t.unit.Data.Documents) {
		return known
	}
	var out []step
	for _, u := range p.Units {
		if database, collection := u.Destination(); database != t.database || collection != t.ns.Collection {
			continue
		}
		c.note = func(s ast.Stmt, before, after bson.Raw) {
			out = append(out, step{s, slices.Clone(before), slices.Clone(after)})
		}
		_, err := u.One(n).Run(context.Background())
		if c.note = nil; err != nil {
			out = nil
		}
	}
	t.steps[n] = out
	return out
}

// writers are the statements that changed a document at, above or below a path, in order.
func (c *tracer) writers(t *target, i *item) []ast.Stmt {
	var steps []ast.Step
	for _, name := range i.path {
		steps = append(steps, ast.Step{Kind: ast.FieldStep, Name: name})
	}
	var out []ast.Stmt
	for _, s := range c.stepsOf(t, i) {
		if len(eval.Changes(s.before, s.after, steps)) > 0 {
			out = append(out, s.by)
		}
	}
	return out
}

// writtenIn is the amendment that last wrote at the path of an item, or was run for it
// without a change; nil: none.
func (c *tracer) writtenIn(t *target, i *item) *ast.AmendDecl {
	var found *ast.AmendDecl
	for _, s := range c.stepsOf(t, i) {
		path := written(s.by)
		if path == nil || !path.Overlaps(i.path) {
			continue
		}
		for _, a := range t.module.Amends {
			if t.amendedBy(a) && s.by.Place().Within(a.Body.Span) {
				found = a
			}
		}
	}
	return found
}

// written is the path of fields that a statement writes; nil: it is of an element.
func written(s ast.Stmt) doc.Path {
	var p *ast.Path
	switch s := s.(type) {
	case *ast.Assign:
		p = s.Path
	case *ast.Add:
		p = s.Path
	case *ast.Rename:
		p = s.To
	case *ast.Remove:
		if len(s.Paths) > 0 {
			p = s.Paths[0]
		}
	}
	if p == nil {
		return nil
	}
	return check.Fields(p)
}

// ruleForm is the edit of the constant that is the value of an item, if there is one.
func (c *tracer) ruleForm(t *target, i *item) (form, bool) {
	if t.literalOf(i.key) != nil {
		return c.documentForm(t, i)
	}
	writers := c.writers(t, i)
	if len(writers) == 0 || i.value.Type == 0 {
		return form{}, false
	}
	assign, ok := writers[len(writers)-1].(*ast.Assign)
	if !ok || !assign.Path.OnlyFields() || !slices.Equal(doc.Path(check.Fields(assign.Path)), i.path) {
		return form{}, false
	}
	x, alone := c.constant(assign.Value)
	if x == nil {
		return form{}, false
	}
	counts := c.counts[assign.Span.String()]
	for environment, n := range counts {
		if n > 0 && environment != c.environment && !alone {
			return form{}, false
		}
	}
	text, err := t.writer(true).literal(i.value)
	if err != nil {
		return form{}, false
	}
	return form{how: ByRule, exact: true, edit: x.Place(), text: text}, true
}

// constant is the constant that an expression is in the environment; alone: in it only. nil: it is none.
func (c *tracer) constant(x ast.Expr) (_ ast.Expr, alone bool) {
	if per, ok := ast.Unparen(x).(*ast.PerEnv); ok {
		at := slices.IndexFunc(per.Entries, func(e ast.EnvEntry) bool { return !e.Else && e.Env.Text == c.environment })
		if at < 0 {
			return nil, false
		}
		x, alone = per.Entries[at].Value, true
	}
	if !isConstant(x) {
		return nil, false
	}
	return x, alone
}

// isConstant reports whether an expression is a value as it is written.
func isConstant(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Number, *ast.Bool, *ast.Null, *ast.Regex:
		return true
	case *ast.Unary:
		return x.Op == ast.Minus && isConstant(x.X)
	case *ast.Text:
		return !slices.ContainsFunc(x.Parts, func(p ast.TextPart) bool { return p.Expr != nil })
	case *ast.List:
		return !slices.ContainsFunc(x.Elems, func(e ast.Expr) bool { return !isConstant(e) })
	case *ast.Object:
		return !slices.ContainsFunc(x.Fields, func(f ast.ObjectField) bool { return f.Key != nil || !isConstant(f.Value) })
	case *ast.Call:
		makes := []string{"int", "long", "double", "decimal", "date", "objectId", "uuid", "binary", "timestamp", "minKey", "maxKey"}
		return slices.Contains(makes, x.Func.Text) && !slices.ContainsFunc(x.Args, func(e ast.Expr) bool { return !isConstant(e) })
	}
	return false
}

// documentForm edits the field of a `document` of the rules.
func (c *tracer) documentForm(t *target, i *item) (form, bool) {
	stmt := t.literalOf(i.key).Stmt
	o, last := stmt.Object, len(i.path)-1
	for n, name := range i.path {
		at := slices.IndexFunc(o.Fields, func(f ast.ObjectField) bool { return f.Key == nil && f.Name.Text == name })
		if at < 0 || n < last && !isObject(o.Fields[at].Value) {
			return form{}, false
		}
		if n < last {
			o = o.Fields[at].Value.(*ast.Object)
			continue
		}
		if i.value.Type == 0 {
			return form{}, false
		}
		text, err := t.writer(true).literal(i.value)
		if err != nil {
			return form{}, false
		}
		x := o.Fields[at].Value
		if known, alone := c.constant(x); known != nil && alone {
			return form{how: ByRule, exact: true, edit: known.Place(), text: text}, true
		}
		if environments := c.environmentsOf(t, stmt); len(environments) > 1 {
			if _, per := x.(*ast.PerEnv); per {
				return form{}, false
			}
			text = "per environment { " + ast.WrittenName(c.environment) + ": " + text + ", else: " + x.Place().Text() + " }"
		}
		return form{how: ByRule, exact: true, edit: x.Place(), text: text}, true
	}
	return form{}, false
}

func isObject(x ast.Expr) bool {
	_, ok := x.(*ast.Object)
	return ok
}

// wholeLines is a place with what stands around it on its lines, where that is nothing but spaces.
func wholeLines(s source.Span) source.Span {
	text := s.File.Text
	from, to := s.Start, s.End
	for from > 0 && (text[from-1] == ' ' || text[from-1] == '\t') {
		from--
	}
	rest := strings.TrimLeft(text[to:], " \t\r")
	if (from == 0 || text[from-1] == '\n') && strings.HasPrefix(rest, "\n") {
		s.Start, s.End = from, len(text)-len(rest)+1
	}
	return s
}

// environmentsOf are those of the weave in which a statement of `document` counts.
func (c *tracer) environmentsOf(t *target, stmt *ast.Document) []string {
	var out []string
	for _, j := range c.base.jobs {
		if j.Weave.Module.Name != t.weave {
			continue
		}
		for _, u := range j.Units {
			if slices.ContainsFunc(u.Literals, func(l rules.Literal) bool { return l.Stmt == stmt || l.Stmt.Span == stmt.Span }) && !slices.Contains(out, j.Environment) {
				out = append(out, j.Environment)
			}
		}
	}
	return out
}
