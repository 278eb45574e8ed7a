package infer

// What the documents of a collection look like at one point of a block: the
// shape of the extracted data with the writes so far laid over it.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/runtime/doc"
)

// view is immutable: a write gives a new one, so that a statement's view stays
// what it was there.
type view struct {
	// node is the shape as extracted; nil for what a rule made.
	node *shape.Node
	// documents is how many documents node is of.
	documents int
	// types are the type names a value here can have ("number" for an untyped
	// constant); nil: unknown, then anything may be below as well.
	types []string
	// made: a rule made the field, no extracted document has it.
	made bool
	// joined: it is one of several values.
	joined bool
	// fields differ from those of node; a nil one is removed.
	fields map[string]*view
	// rest are fields whose names are computed: any others; nil: there are none.
	rest *view
	// elements differ from those of node unless nil.
	elements *view
}

// anything is the view of a value of which nothing is known.
var anything = &view{}

// viewOf is the view of extracted documents.
func viewOf(s *shape.Shape) *view {
	if s.Documents == 0 {
		return anything
	}
	return nodeView(s.Root, s.Documents)
}

func nodeView(n *shape.Node, documents int) *view {
	if n == nil {
		return nil
	}
	v := &view{node: n, documents: documents, types: make([]string, len(n.Types))}
	for i, t := range n.Types {
		v.types[i] = t.Type
	}
	return v
}

// field is the view of a field; nil when there is none.
func (v *view) field(name string) *view {
	if f, ok := v.fields[name]; ok {
		return f
	}
	if v.types == nil {
		return anything
	}
	if f := v.node.Field(name); f != nil || v.rest == nil {
		return nodeView(f, v.documents)
	}
	return v.rest
}

// element is the view of an array's elements; nil when there are none.
func (v *view) element() *view {
	if v.types == nil {
		return anything
	}
	if v.elements != nil {
		return v.elements
	}
	if v.node == nil || v.node.Elements == nil {
		return nil
	}
	return nodeView(v.node.Elements, v.documents)
}

// along is the view at steps from here; nil when there is nothing.
func (v *view) along(steps []ast.Step) *view {
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
	return v
}

// NumericTypes are the numeric types of documents of a shape at a path.
func NumericTypes(s *shape.Shape, steps []ast.Step) []string {
	return nodeView(s.Root, s.Documents).along(steps).numericTypes()
}

// with is the view after a write of leaf at a path of fields and elements; nil
// removes it. Parents that are not there become objects.
func (v *view) with(path []ast.Step, leaf *view) *view {
	if len(path) == 0 {
		return leaf
	}
	out := *v
	if path[0].Kind != ast.FieldStep {
		sub := v.element()
		if sub == nil {
			sub = anything
		}
		if sub = sub.with(path[1:], leaf); sub != nil {
			out.elements = sub
		}
		return &out
	}
	name := path[0].Name
	out.fields = make(map[string]*view, len(v.fields)+1)
	for k, f := range v.fields {
		out.fields[k] = f
	}
	sub := v.field(name)
	if sub == nil {
		if leaf == nil {
			return v
		}
		sub = &view{types: []string{"object"}, made: true}
	}
	out.fields[name] = sub.with(path[1:], leaf)
	return &out
}

// unknown reports whether nothing is known of the value.
func (v *view) unknown() bool { return v.types == nil }

// is reports whether a value here may have one of the types.
func (v *view) is(types ...string) bool {
	return v.types == nil || slices.ContainsFunc(v.types, func(t string) bool { return slices.Contains(types, t) })
}

// names are the fields known here, sorted.
func (v *view) names() []string {
	var out []string
	if v.node != nil {
		for _, f := range v.node.Fields {
			if changed, ok := v.fields[f.Name]; !ok || changed != nil {
				out = append(out, f.Name)
			}
		}
	}
	for name, f := range v.fields {
		if f != nil && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// numericTypes are the numeric types here; none when unknown.
func (v *view) numericTypes() []string {
	if v == nil {
		return nil
	}
	var out []string
	for _, t := range []string{"int", "long", "double", "decimal"} {
		if slices.Contains(v.types, t) {
			out = append(out, t)
		}
	}
	return out
}

// evidence says what the data has here: "long, in 213 of 213 documents".
func (v *view) evidence() string {
	switch {
	case v == nil:
		return "not known"
	case v.joined && !v.made:
		return words.Article(v.types)
	case v.node == nil || v.made:
		return "made by a rule"
	case len(v.node.Types) == 1:
		return fmt.Sprintf("%s, in %s", v.node.Types[0].Type, words.OfDocuments(v.node.Count, v.documents))
	}
	parts := make([]string, len(v.node.Types))
	for i, t := range v.node.Types {
		parts[i] = fmt.Sprintf("%s in %d", t.Type, t.Count)
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(" of %d document%s", v.documents, words.Plural(v.documents))
}

// elsewhere finds the path that a field of this name has somewhere else, when
// there is exactly one such place; arrays are entered by `[]`.
func (v *view) elsewhere(name string) (path string, at *view) {
	found, visits := 0, 10_000 // rules like `set a = this` can nest a view in itself again and again
	var walk func(v *view, prefix string, depth int)
	walk = func(v *view, prefix string, depth int) {
		if depth == 0 || found > 1 {
			return
		}
		for _, n := range v.names() {
			if visits--; visits < 0 {
				return
			}
			sub := v.field(n)
			here := doc.Path{n}.String()
			if prefix != "" {
				here = prefix + "." + here
			}
			if n == name {
				found, path, at = found+1, here, sub
			}
			walk(sub, here, depth-1)
			if e := sub.element(); e != nil && !e.unknown() {
				walk(e, here+"[]", depth-1)
			}
		}
	}
	walk(v, "", 8)
	if found != 1 || visits < 0 {
		return "", nil
	}
	return path, at
}

// indexed follows a path as an index does, into the elements of arrays;
// where nothing is there it tells which name is missing in what.
func (v *view) indexed(p *ast.Path) (at, parent *view, missing string) {
	for _, name := range check.Fields(p) {
		next := v.field(name)
		if next == nil {
			if e := v.element(); e != nil {
				next = e.field(name)
			}
		}
		if next == nil {
			return nil, v, name
		}
		v = next
	}
	return v, nil, ""
}
