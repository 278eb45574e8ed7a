package pushdown

// What of a document of the destination stands in the way of a write: fields that
// `mode replace` may not remove, and what is to be kept within what is written over.
// The counterpart of runtime/compare; docs/enforcement.md has the rules.

import (
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// fields are what is known of the fields of a document: by name, of each one.
type fields struct {
	// known: documents of the sample have it. kept: it is not the weave's to remove.
	known, kept bool
	inner       map[string]*fields
}

func (f *fields) at(path doc.Path) *fields {
	for _, name := range path {
		if f.inner == nil {
			f.inner = map[string]*fields{}
		}
		if f.inner[name] == nil {
			f.inner[name] = &fields{}
		}
		f = f.inner[name]
	}
	return f
}

// keeps is whether something below is kept.
func (f *fields) keeps() bool {
	for _, in := range f.inner {
		if in.kept || in.keeps() {
			return true
		}
	}
	return false
}

func (m *merger) fields() *fields {
	f := &fields{}
	for _, p := range m.Known {
		f.at(p).known = true
	}
	for _, paths := range [][]doc.Path{m.Preserve, m.Ignore, {{"_id"}}} {
		for _, p := range paths {
			f.at(p).kept = true
		}
	}
	return f
}

// some is whether a list has elements; nil for none.
func some(list any) any {
	if list == nil {
		return nil
	}
	return ne(list, literal(bson.A{}))
}

// beside are the paths below prefix that a document of the destination has, and that
// neither the wanted one nor the sample knows.
func (m *merger) beside(current, wanted any, known *fields, prefix bson.A, levels int) any {
	e := m.fresh()
	k, v := "$$"+e+".k", "$$"+e+".v"
	one := func(f *fields, name any, has, d any) any {
		path := append(slices.Clone(prefix), name)
		listed := bson.A{path}
		var both, alone any = bson.A{}, listed
		if levels > 0 {
			both = cond(and(eq(typeOf(d), "object"), eq(typeOf(v), "object")), m.beside(v, d, f, path, levels-1), bson.A{})
			switch {
			case f.known:
				alone = cond(eq(typeOf(v), "object"), m.beside(v, literal(bson.D{}), f, path, levels-1), bson.A{})
			case f.keeps():
				alone = cond(eq(typeOf(v), "object"), m.beside(v, literal(bson.D{}), f, path, levels-1), listed)
			}
		} else if f.known {
			alone = bson.A{}
		}
		return cond(has, both, alone)
	}
	lists := m.let(m.names(wanted), func(names string) any {
		return of("map", bson.D{{Key: "input", Value: of("objectToArray", current)}, {Key: "as", Value: e}, {Key: "in", Value: m.entry(wanted, k, func(d string) any {
			var kept, leaves bson.A
			var branches []branch
			for _, name := range slices.Sorted(maps.Keys(known.inner)) {
				switch f := known.inner[name]; {
				case f.kept:
					kept = append(kept, name)
				case f.inner == nil:
					leaves = append(leaves, name)
				default:
					branches = append(branches, branch{eq(k, literal(name)), one(f, literal(name), op("in", k, names), d)})
				}
			}
			if len(leaves) > 0 {
				branches = append([]branch{{op("in", k, literal(leaves)), one(&fields{known: true}, k, op("in", k, names), d)}}, branches...)
			}
			if len(kept) > 0 {
				branches = append([]branch{{op("in", k, literal(kept)), bson.A{}}}, branches...)
			}
			return choose(one(&fields{}, k, op("in", k, names), d), branches...)
		})}})
	})
	return of("reduce", bson.D{{Key: "input", Value: lists}, {Key: "initialValue", Value: bson.A{}}, {Key: "in", Value: op("concatArrays", "$$value", "$$this")}})
}

// inside is whether what would be written over, or removed, holds a field that is kept:
// the wanted document has another value than an object above it, or `absent` is above it.
func (m *merger) inside(current, wanted any) any {
	if !m.merges() {
		return nil // they keep fields at the top alone
	}
	var tests []any
	for _, p := range m.Preserve {
		var over []any
		for i := 1; i < len(p); i++ {
			if slices.ContainsFunc(m.Absent, func(a doc.Path) bool { return slices.Equal(a, p[:i]) }) {
				over = append(over, true)
			}
			over = append(over, m.valueAt(wanted, p[:i], func(v any) any { return not(among(typeOf(v), "object", "missing", "undefined")) }))
		}
		if len(over) > 0 {
			there := m.valueAt(current, p, func(v any) any { return not(among(typeOf(v), "missing", "undefined")) })
			tests = append(tests, and(there, or(over...)))
		}
	}
	if len(tests) == 0 {
		return nil
	}
	return or(tests...)
}

// valueAt gives an expression the value at a path that enters documents alone.
func (m *merger) valueAt(document any, path doc.Path, in func(v any) any) any {
	return m.let(cond(eq(typeOf(document), "object"), of("getField", bson.D{{Key: "field", Value: literal(path[0])}, {Key: "input", Value: document}}), "$$REMOVE"), func(v string) any {
		if len(path) == 1 {
			return in(v)
		}
		return m.valueAt(v, path[1:], in)
	})
}
