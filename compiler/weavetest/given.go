package weavetest

// The documents of a test: constants in, collections out that stand in for the
// extracted ones. Numbers without a type take the one that the field has in the
// extracted data; where nothing was extracted, that of `create`.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// given makes the data of a test: the given documents, and no others.
func (j *run) given(data *workspace.Snapshot) (*workspace.Snapshot, diag.List) {
	lets, errs := j.Lets()
	if len(errs) > 0 {
		return nil, value.Diagnostics(errs)
	}
	out := without(data, j.Job)
	var diags diag.List
	for _, g := range j.test.Given {
		k, found := j.givenKey(g)
		if len(found) > 0 {
			diags = append(diags, found...)
			continue
		}
		j.collections[k] = true
		c := out.Collections[k]
		env := j.Env(lets)
		env.NumericTypes = func(_ *ast.Path, steps []ast.Step) []string { return infer.NumericTypes(c.Shape, steps) }
		raw, errs := env.Literal(g.Document)
		if len(errs) > 0 {
			diags = append(diags, value.Diagnostics(errs)...)
			continue
		}
		c.Documents = append(c.Documents, raw)
		c.Count++
		diags = append(diags, infer.Given(g, c, policy.LeftOutOf(j.Job, k))...)
	}
	return out, diags
}

// without gives the collections that a job reads with what is known of them
// and without their documents. Of those that were not extracted nothing is
// known, so any field of theirs may be meant.
func without(s *workspace.Snapshot, j *workspace.Job) *workspace.Snapshot {
	out := &workspace.Snapshot{Collections: map[workspace.Key]*workspace.Collection{}}
	for _, n := range j.Needs() {
		c := &workspace.Collection{Name: diag.Safe(n.Key.Source+"."+n.Key.Name, 200), Kind: layout.KindCollection, Shape: shape.Infer(nil, 1)}
		if real := s.Collections[n.Key]; real != nil {
			*c = *real
			c.Documents, c.Read, c.Count = nil, nil, 0
		}
		out.Collections[n.Key] = c
	}
	return out
}

// known gives the collections that a job reads; those that were not extracted are empty.
func known(s *workspace.Snapshot, j *workspace.Job) *workspace.Snapshot {
	out := without(s, j)
	for k := range out.Collections {
		if extracted := s.Collections[k]; extracted != nil {
			out.Collections[k] = extracted
		}
	}
	return out
}

// givenKey finds the collection that a `given` names: one that the rules sync or look up.
func (j *run) givenKey(g *ast.Given) (workspace.Key, diag.List) {
	var keys []workspace.Key
	var known []string
	for _, n := range j.Needs() {
		known = append(known, n.Key.Name)
		if n.Key.Name == g.Collection.Text && (g.Source == nil || g.Source.Text == n.Key.Source) {
			keys = append(keys, n.Key)
		}
	}
	switch len(keys) {
	case 0:
		return workspace.Key{}, diag.List{j.noCollection(g.Collection, g.Source, known, "no `sync` and no `lookup` of this weave is about")}
	case 1:
		return keys[0], nil
	}
	return workspace.Key{}, diag.List{severalSources("given", g.Collection, keys[0].Source)}
}

// expectedFields judges the fields of an `expect`.
func (j *run) expectedFields(e *ast.Expected, inferred []*infer.Result) diag.List {
	target, _ := j.expectedTarget(e)
	if target == nil {
		return nil
	}
	k := target.Key(j.Environment)
	at := slices.IndexFunc(j.Targets, func(t *workspace.Target) bool { return t.Key(j.Environment) == k })
	if at < 0 || inferred[at] == nil {
		return nil
	}
	var given []*ast.Given
	for _, g := range j.test.Given {
		if of, _ := j.givenKey(g); of == k {
			given = append(given, g)
		}
	}
	return inferred[at].Expected(e, given, policy.LeftOutOf(j.Job, k))
}

// expectedTarget finds the collection that an `expect` names: one that the rules sync.
func (j *run) expectedTarget(e *ast.Expected) (*workspace.Target, diag.List) {
	var found []*workspace.Target
	var known []string
	for _, t := range j.Targets {
		known = append(known, t.Collection)
		if t.Collection == e.Collection.Text && (e.Source == nil || e.Source.Text == t.Source[j.Environment]) &&
			!slices.ContainsFunc(found, func(o *workspace.Target) bool { return o.Sync == t.Sync }) { // of a fan-out one stands for all
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return nil, diag.List{j.noCollection(e.Collection, e.Source, known, "no `sync` of this weave is about")}
	case 1:
		return found[0], nil
	}
	return nil, diag.List{severalSources("expect", e.Collection, found[0].Source[j.Environment])}
}

func (j *run) noCollection(n ast.Name, source *ast.Name, known []string, what string) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.UnknownCollection, Span: n.Span, Message: fmt.Sprintf("%s the collection %s", what, diag.Quote(n.Text, 64))}
	if source != nil {
		d.Message += fmt.Sprintf(" of %s", diag.Quote(source.Text, 64))
	}
	slices.Sort(known)
	if near := diag.Suggest(n.Text, slices.Compact(known)); near != "" {
		d.Label = fmt.Sprintf("did you mean %s?", diag.Quote(near, 64))
		d.Fix = &diag.Fix{Span: d.Span, Text: ast.WrittenName(near)}
	}
	for _, t := range j.Targets {
		if t.Destination == n.Text && t.Collection != n.Text {
			d.Notes = []string{fmt.Sprintf("collections go by their name at the source: %s is written as %s", diag.Quote(t.Collection, 64), diag.Quote(n.Text, 64))}
		}
	}
	return d
}

func severalSources(word string, n ast.Name, source string) diag.Diagnostic {
	return diag.Diagnostic{Code: diag.DuplicateName, Span: n.Span, Message: fmt.Sprintf("two sources have a collection %s", diag.Quote(n.Text, 64)),
		Notes: []string{fmt.Sprintf("say which: `%s %s from %s …`", word, diag.Safe(n.Text, 64), diag.Safe(source, 64))}}
}

// wanted is the value of an expected document of a collection.
func (j *run) wanted(e *ast.Expected, t *workspace.Target) (value.Value, diag.List) {
	if e.Document == nil {
		return value.Value{}, nil
	}
	if errs := eval.MisplacedLinks(e.Document); len(errs) > 0 {
		return value.Value{}, value.Diagnostics(errs)
	}
	lets, errs := j.Lets()
	if len(errs) > 0 {
		return value.Value{}, value.Diagnostics(errs)
	}
	env := j.Env(lets)
	env.Link = func(collection string, identity []bson.RawValue) (string, string, *value.Error) {
		return j.expectedLink(t, collection, identity)
	}
	v, errs := env.Constant(e.Document)
	return v, value.Diagnostics(errs)
}

// expectedLink is what link(…) stands for where documents of t are expected:
// the collection is named as in `link` of a rule of t.
func (j *run) expectedLink(t *workspace.Target, collection string, identified []bson.RawValue) (key, shown string, err *value.Error) {
	var found []*workspace.Target
	var known []string
	for _, other := range j.Targets {
		known = append(known, other.Collection)
		if other.Collection == collection {
			found = append(found, other)
		}
	}
	if at := slices.IndexFunc(found, func(other *workspace.Target) bool { return other.Source[j.Environment] == t.Source[j.Environment] }); at >= 0 {
		found = found[at : at+1]
	}
	if len(found) != 1 {
		err := &value.Error{Code: diag.UnknownCollection, Message: fmt.Sprintf("no `sync` of this weave is about the collection %s", diag.Quote(collection, 64))}
		slices.Sort(known)
		if near := diag.Suggest(collection, slices.Compact(known)); near != "" {
			err.Notes = []string{fmt.Sprintf("did you mean %s?", diag.Quote(near, 64))}
		}
		return "", "", err
	}
	to := found[0]
	by := workspace.Identity(to.Sync)
	if len(by) != len(identified) {
		var names []string
		for _, p := range by {
			names = append(names, doc.Path(p).String())
		}
		return "", "", &value.Error{Code: diag.IncompleteIdentity, Message: fmt.Sprintf("which document is meant? those of %s go by %s", diag.Quote(collection, 64), diag.Backquote(strings.Join(names, ", "))),
			Notes: []string{"write the values of these fields, in this order, behind the collection"}}
	}
	return linkKey(to.Database(j.Environment), to.Destination, identified), shownLink(collection, identified), nil
}

// identified reports an expected document that lacks its identity.
func (j *run) identified(e *ast.Expected, t *workspace.Target) diag.List {
	want, diags := j.wanted(e, t)
	if len(diags) > 0 || e.Counted {
		return diags
	}
	for _, p := range workspace.Identity(t.Sync) {
		if _, ok := wantedAt(want, p); !ok {
			name := doc.Path(p).String()
			d := diag.Diagnostic{Code: diag.IncompleteIdentity, Span: e.Document.Span,
				Message: fmt.Sprintf("which document is meant? %s identifies the documents of %s and is not given here", diag.Backquote(name), diag.Quote(t.Collection, 64)),
				Notes:   []string{fmt.Sprintf("add %s; to say only that such a document exists, write `expect 1 %s with { … }`", diag.Backquote(name), diag.Safe(t.Collection, 64))}}
			return diag.List{d}
		}
	}
	return nil
}
