package policy

// `elements` and `ensure`: lists owned in part. In: the statements in force; out: the
// lists as the engines have them, one a path, and errors of what contradicts itself.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// List is a list owned in part, with the statements that say so.
type List struct {
	desired.List
	// At is the first of them.
	At *ast.OwnedPart
}

// Lists are those of the policy, by path.
func (p *Policy) Lists(env *eval.Env) ([]List, diag.List) {
	var out []List
	var diags diag.List
	for _, q := range p.Paths {
		if q.Part == nil {
			continue
		}
		at := doc.Path(check.Fields(q.Path))
		l := slices.IndexFunc(out, func(l List) bool { return slices.Equal(l.Path, at) })
		switch {
		case l < 0:
			l = len(out)
			out = append(out, List{desired.List{Origin: q.Part.Span.String(), Path: at, Only: q.Kind == ast.Ensure}, q.Part})
		case q.Kind == ast.Elements: // an amendment says it anew
			out[l] = List{desired.List{Origin: q.Part.Span.String(), Path: at}, q.Part}
		}
		diags = append(diags, out[l].add(q.Part, env)...)
	}
	slices.SortFunc(out, func(a, b List) int { return doc.ComparePaths(a.Path, b.Path) })
	return out, diags
}

// add takes in a statement.
func (l *List) add(s *ast.OwnedPart, env *eval.Env) (diags diag.List) {
	for _, by := range s.By {
		l.By = append(l.By, check.Fields(by)...)
	}
	for _, x := range s.Values {
		key, d := l.constants(x, env)
		if d != nil {
			diags = append(diags, d...)
			continue
		}
		text := doc.Key(key...)
		removed := l.Removes(text)
		wanted := slices.ContainsFunc(l.Has, func(v bson.RawValue) bool { return doc.Key(v) == text })
		report := func(message, note string) {
			diags = append(diags, diag.Diagnostic{Code: diag.BadList, Span: x.Place(), Message: message, Notes: []string{note}})
		}
		has := s.Kind == ast.Ensure && !s.No
		switch {
		case has && removed || !has && wanted:
			report(fmt.Sprintf("%s is to be in %s and not to be in it", doc.Show(key[0], 60), diag.Backquote(l.Path.String())), "keep one of the two")
		case has && wanted || !has && removed:
			report("this is named twice", "name it once")
		case has:
			l.Has = append(l.Has, key[0])
		default:
			l.Without = append(l.Without, key)
		}
	}
	return diags
}

// constants are the values of an element's key: one, or a list with one for each field.
func (l *List) constants(x ast.Expr, env *eval.Env) ([]bson.RawValue, diag.List) {
	elems := []ast.Expr{x}
	if len(l.By) > 1 {
		list, isList := ast.Unparen(x).(*ast.List)
		if !isList || len(list.Elems) != len(l.By) {
			return nil, diag.List{{Code: diag.BadList, Span: x.Place(), Message: fmt.Sprintf("the elements of %s are told apart by %d fields", diag.Backquote(l.Path.String()), len(l.By)),
				Notes: []string{fmt.Sprintf("write a list of %d values, in the order of `by`: `[…, …]`", len(l.By))}}}
		}
		elems = list.Elems
	}
	out := make([]bson.RawValue, len(elems))
	for i, e := range elems {
		v, errs := env.Constant(e)
		if len(errs) > 0 {
			return nil, value.Diagnostics(errs)
		}
		raw, err := v.Raw()
		if err != nil {
			return nil, diag.List{err.Diagnostic()}
		}
		if len(l.By) > 0 && (raw.Type == bson.TypeNull || raw.Type == bson.TypeArray || raw.Type == bson.TypeEmbeddedDocument) {
			return nil, diag.List{{Code: diag.BadList, Span: e.Place(), Message: fmt.Sprintf("%s tells no element apart", doc.Show(raw, 60)),
				Notes: []string{"write the value that the element has in `" + l.By[i] + "`"}}}
		}
		out[i] = raw
	}
	return out, nil
}
