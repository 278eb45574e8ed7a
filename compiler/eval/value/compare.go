package value

// Comparison (docs/language-values.md, Comparison): equal, ordered, of one family.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Same compares two values as `==` does.
func Same(v, w Value) bool {
	switch {
	case v.Missing() || w.Missing():
		return false
	case v.loose == nil && w.loose == nil:
		return doc.Same(v.BSON, w.BSON)
	case v.IsNumber() && w.IsNumber():
		order, ok := compareLoose(v, w)
		return ok && order == 0
	case v.IsArray() && w.IsArray():
		return slices.EqualFunc(slices.Collect(v.Elements), slices.Collect(w.Elements), Same)
	}
	a, ok := v.Members()
	b, also := w.Members()
	return ok && also && slices.EqualFunc(a, b, func(x, y Field) bool { return x.Name == y.Name && Same(x.Value, y.Value) })
}

// Members gives the fields of an object.
func (v Value) Members() ([]Field, bool) {
	if v.loose != nil {
		return v.loose.fields, v.loose.num == nil && !v.loose.isList
	}
	if v.BSON.Type != bson.TypeEmbeddedDocument {
		return nil, false
	}
	var fields []Field
	for e := range raw.Elements(v.BSON.Value) {
		fields = append(fields, Field{e.NameIn(v.BSON.Value), Value{BSON: e.Value(v.BSON.Value)}})
	}
	return fields, true
}

// Compare orders two values; false when they are not of one family.
func Compare(v, w Value) (int, bool) {
	switch {
	case v.Missing() || w.Missing():
		return 0, false
	case v.loose == nil && w.loose == nil:
		return doc.CompareFamily(v.BSON, w.BSON)
	}
	return compareLoose(v, w)
}

// compareLoose orders two numbers of which one or both are untyped constants. A
// constant with a fraction meets a double as the double that is nearest to it
// (0.1 equals the double 0.1); all other pairs are compared exactly.
func compareLoose(v, w Value) (int, bool) {
	if !v.IsNumber() || !w.IsNumber() {
		return 0, false
	}
	return doc.CompareFamily(v.against(w), w.against(v))
}

func (v Value) against(w Value) bson.RawValue {
	switch {
	case v.loose == nil:
		return v.BSON
	case w.BSON.Type == bson.TypeDouble && !v.loose.num.integral:
		return v.loose.num.doubleRaw
	}
	return v.loose.num.exact
}

// Like is a constant that was chosen among values: it takes the numeric type
// that the others have, where they have one and it can.
func (v Value) Like(others []Value) Value {
	if v.loose == nil || v.loose.num == nil {
		return v
	}
	kind := ""
	for _, o := range others {
		if o.loose != nil || !o.IsNumber() {
			continue
		}
		if kind != "" && kind != o.TypeName() {
			return v
		}
		kind = o.TypeName()
	}
	return v.As(kind)
}

// NoOrder says of two values that `<` cannot order them.
func NoOrder(v, w Value) string {
	if v.TypeName() == w.TypeName() {
		return WithArticle(v.TypeName()) + " has no order"
	}
	return WithArticle(v.TypeName()) + " and " + WithArticle(w.TypeName()) + " have no order"
}

// Keys are the keys under which documents with an equal value are; none for missing,
// which equals nothing. It is false when the index does not help.
func Keys(v Value) ([]string, bool) {
	switch {
	case v.Missing():
		return nil, true
	case v.loose == nil:
		return []string{doc.Key(v.BSON)}, true
	case v.loose.num == nil:
		return nil, false
	}
	u := v.loose.num
	keys := []string{doc.Key(u.exact)}
	if !u.integral { // it equals the double that is nearest to it as well
		if k := doc.Key(u.doubleRaw); k != keys[0] {
			keys = append(keys, k)
		}
	}
	return keys, true
}
