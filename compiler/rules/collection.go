package rules

// Checks over all finished documents of a collection: aggregates and `unique`.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// checkCollection evaluates the checks that are about the collection as a whole.
func (d *Done) checkCollection(ctx context.Context, o *Outcome) diag.List {
	raws := make([]bson.Raw, len(o.Documents))
	secrets := make([][]value.Secret, len(o.Documents))
	for i, at := range o.Order {
		raws[i], secrets[i] = o.Documents[i].Raw, o.Secrets[at]
	}
	var out diag.List
	var errors tally
	failed := &Outcome{}
	total := len(raws)
	for _, f := range o.program.CheckCollection(raws, secrets) {
		switch {
		case f.Err != nil && f.Document < 0:
			out = append(out, f.Err.Diagnostic())
		case f.Err != nil:
			errors.add(f.Err, o.Order[f.Document], &total)
		case f.Document < 0:
			e := diag.Diagnostic{Code: diag.CheckFailed, Span: f.Check.Cond.Place(), Message: fmt.Sprintf("this does not hold for the %d documents of the collection", total)}
			if f.Check.Warn {
				e.Severity = diag.Warning
			}
			if f.Message != "" {
				e.Notes = []string{f.Message}
			}
			e.Notes = append(e.Notes, evidence(f.Check, raws)...)
			out = append(out, e)
		default:
			failed.fail(f.CheckFailure, o.Order[f.Document], &total)
		}
	}
	out = append(append(out, errors.diagnostics(o.DocumentName)...), failed.checks.diagnostics(o.DocumentName)...)
	for _, w := range failed.warned.diagnostics(o.DocumentName) {
		w.Severity = diag.Warning
		out = append(out, w)
	}
	out = d.about.judged(out)
	for _, c := range o.uniqueChecks() {
		out = append(out, o.unique(c)...)
	}
	return append(out, d.refers(ctx, o)...)
}

// evidence says what the aggregates of a check are.
func evidence(c *ast.Check, raws []bson.Raw) []string {
	var out []string
	ast.Walk(c.Cond, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok && call.Func.Text == "count" {
			if note := fmt.Sprintf("count() is %d", len(raws)); !slices.Contains(out, note) {
				out = append(out, note)
			}
		}
		return true
	})
	return out
}

// unique is `check unique`: over the documents, or within each one when the path has `[]`.
func (o *Outcome) unique(c *ast.Check) diag.List {
	var t tally
	total := len(o.Documents)
	text := make([]string, len(c.Unique))
	steps := make([][]ast.Step, len(c.Unique))
	within := false
	for i, p := range c.Unique {
		text[i] = diag.Safe(p.Span.Text(), 64)
		steps[i] = p.FromRoot()
		within = within || slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep })
	}
	e := value.Error{Code: diag.NotUnique, Span: c.Unique[0].Span.To(c.Unique[len(c.Unique)-1].Span), Message: "`" + strings.Join(text, "`, `") + "` is not unique"}
	if within {
		e.Message = "`" + text[0] + "` has a value twice"
	}
	message := o.message(c)
	first := map[string]int{}
	for i, d := range o.Documents {
		root := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}
		if within {
			seen := map[string]bool{}
			for p := range places(root, steps[0], nil) {
				k := doc.Key(p.value)
				if p.value.Type != bson.TypeNull && seen[k] {
					e := e
					e.Evidence = doc.Show(p.value, 60)
					if m := message(d.Raw); m != "" {
						e.Evidence += ": " + m
					}
					t.add(&e, o.Order[i], &total)
					break
				}
				seen[k] = true
			}
			continue
		}
		values := make([]bson.RawValue, len(steps))
		present := false
		for k := range steps {
			values[k] = bson.RawValue{Type: bson.TypeNull}
			for p := range places(root, steps[k], nil) {
				values[k] = p.value
				present = present || p.value.Type != bson.TypeNull
			}
		}
		if !present {
			continue // what is missing or null is no value
		}
		key := doc.Key(values...)
		at, ok := first[key]
		if !ok {
			first[key] = i
			continue
		}
		e := e
		shown := make([]string, len(values))
		for k, v := range values {
			shown[k] = doc.Show(v, 60)
		}
		e.Evidence = strings.Join(shown, ", ") + ", as " + o.DocumentName(o.Order[at])
		if m := message(d.Raw); m != "" {
			e.Evidence += ": " + m
		}
		t.add(&e, o.Order[i], &total)
	}
	out := t.diagnostics(o.DocumentName)
	for i := range out {
		if c.Warn {
			out[i].Severity = diag.Warning
		}
	}
	return out
}

// message evaluates the text of `else`, which sees fields and top-level constants here.
func (u *Unit) message(c *ast.Check) func(bson.Raw) string {
	none := func(bson.Raw) string { return "" }
	if c.Else == nil {
		return none
	}
	x, errs := u.Env.Expression(c.Else)
	if len(errs) > 0 {
		return none
	}
	return func(d bson.Raw) string {
		v, err := x.Eval(d)
		if err != nil {
			return ""
		}
		raw, err := v.Raw()
		if err != nil {
			return ""
		}
		if s, ok := raw.StringValueOK(); ok {
			return diag.Safe(s, 200)
		}
		return doc.Show(raw, 60)
	}
}
