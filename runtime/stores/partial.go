package stores

// Which documents a partial index has entries for. In: a partialFilterExpression
// and a document; out: whether the document is in the index. The operators are
// those that the MongoDB manual allows there (core/index-partial): equality,
// $exists: true, $gt, $gte, $lt, $lte, $type, $and, $or, $in. Pure.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// PartialFilter is a partialFilterExpression that is understood here.
type PartialFilter struct {
	conds []partialCond // all have to hold
	// Text: it compares with text, which a collation may equate with other text.
	Text bool
}

// partialCond is one field of a filter: a list of filters under $and or $or, or
// what must be so of a path.
type partialCond struct {
	any     bool
	filters []*PartialFilter // of $and and $or
	path    doc.Path
	tests   []partialTest
}

// partialTest is one operator: $in with the values of equality, too.
type partialTest struct {
	operator string
	values   []bson.RawValue
	types    []bson.Type
}

// ParsePartial reads a partialFilterExpression; false when something in it is
// left to the server: another operator, equality with an array or a regex, or
// with null below a path that may lead through arrays, and comparisons of other
// types than number, string, date, timestamp, bool and objectId.
func ParsePartial(filter bson.Raw) (*PartialFilter, bool) {
	f := &PartialFilter{}
	for name, v := range doc.Fields(filter) {
		var cond partialCond
		ok := false
		switch {
		case name == "$and" || name == "$or":
			cond, ok = f.list(name == "$or", v)
		case name != "" && name[0] != '$':
			cond, ok = f.field(strings.Split(name, "."), v)
		}
		if !ok {
			return nil, false
		}
		f.conds = append(f.conds, cond)
	}
	return f, true
}

func (f *PartialFilter) list(anyOf bool, list bson.RawValue) (partialCond, bool) {
	cond := partialCond{any: anyOf}
	if list.Type != bson.TypeArray {
		return cond, false
	}
	for _, element := range doc.Fields(bson.Raw(list.Value)) {
		d, ok := element.DocumentOK()
		if !ok {
			return cond, false
		}
		inner, ok := ParsePartial(d)
		if !ok {
			return cond, false
		}
		f.Text = f.Text || inner.Text
		cond.filters = append(cond.filters, inner)
	}
	return cond, true
}

func (f *PartialFilter) field(path doc.Path, v bson.RawValue) (partialCond, bool) {
	cond := partialCond{path: path}
	d, isDocument := v.DocumentOK()
	operators := false
	if isDocument {
		for name := range doc.Fields(d) {
			operators = operators || strings.HasPrefix(name, "$")
		}
	}
	if !operators {
		test, ok := f.test(path, "$eq", v)
		cond.tests = []partialTest{test}
		return cond, ok
	}
	for operator, operand := range doc.Fields(d) {
		test, ok := f.test(path, operator, operand)
		if !ok {
			return cond, false
		}
		cond.tests = append(cond.tests, test)
	}
	return cond, true
}

func (f *PartialFilter) test(path doc.Path, operator string, operand bson.RawValue) (partialTest, bool) {
	test := partialTest{operator: operator, values: []bson.RawValue{operand}}
	equal := func(v bson.RawValue) bool {
		f.Text = f.Text || HasText(v)
		switch v.Type {
		case bson.TypeArray, bson.TypeRegex, bson.TypeUndefined:
			return false
		case bson.TypeNull:
			return len(path) == 1
		}
		return true
	}
	switch operator {
	case "$eq":
		test.operator = "$in"
		return test, equal(operand)
	case "$in":
		if operand.Type != bson.TypeArray {
			return test, false
		}
		test.values = nil
		for _, v := range doc.Fields(bson.Raw(operand.Value)) {
			if !equal(v) {
				return test, false
			}
			test.values = append(test.values, v)
		}
		return test, true
	case "$exists":
		return test, Truthy(operand)
	case "$gt", "$gte", "$lt", "$lte":
		f.Text = f.Text || HasText(operand)
		_, ok := doc.CompareFamily(operand, operand)
		return test, ok
	case "$type":
		name, _ := operand.StringValueOK()
		test.types = typeNames[name]
		return test, test.types != nil
	}
	return test, false
}

// Paths are the paths that the filter looks at.
func (f *PartialFilter) Paths() []doc.Path {
	if f == nil {
		return nil
	}
	var paths []doc.Path
	for _, c := range f.conds {
		if c.path != nil {
			paths = append(paths, c.path)
		}
		for _, inner := range c.filters {
			paths = append(paths, inner.Paths()...)
		}
	}
	return paths
}

// Holds reports whether a document is in the index. A nil filter holds for all.
func (f *PartialFilter) Holds(d bson.Raw) bool {
	return f == nil || !slices.ContainsFunc(f.conds, func(c partialCond) bool { return !c.holds(d) })
}

func (c partialCond) holds(d bson.Raw) bool {
	if c.path == nil {
		if c.any {
			return slices.ContainsFunc(c.filters, func(f *PartialFilter) bool { return f.Holds(d) })
		}
		return !slices.ContainsFunc(c.filters, func(f *PartialFilter) bool { return !f.Holds(d) })
	}
	values := indexValues(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, c.path)
	return !slices.ContainsFunc(c.tests, func(t partialTest) bool { return !t.holds(values) })
}

// holds judges the values that a field has: one, or those of an array.
func (t partialTest) holds(values []bson.RawValue) bool {
	switch t.operator {
	case "$exists":
		return len(values) > 0
	case "$in":
		return slices.ContainsFunc(t.values, func(w bson.RawValue) bool { // null is met by a missing field too
			return w.Type == bson.TypeNull && len(values) == 0 || slices.ContainsFunc(values, func(v bson.RawValue) bool { return doc.Same(v, w) })
		})
	case "$type":
		return slices.ContainsFunc(values, func(v bson.RawValue) bool { return slices.Contains(t.types, v.Type) })
	}
	return slices.ContainsFunc(values, func(v bson.RawValue) bool {
		c, ok := doc.CompareFamily(v, t.values[0])
		switch {
		case !ok:
			return false
		case IsNaN(v) || IsNaN(t.values[0]): // below no number for a query
			return c == 0 && (t.operator == "$gte" || t.operator == "$lte")
		case t.operator == "$gt":
			return c > 0
		case t.operator == "$gte":
			return c >= 0
		case t.operator == "$lt":
			return c < 0
		}
		return c <= 0
	})
}

// IsNaN reports whether v is a number that is none.
func IsNaN(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeDouble:
		f := v.Double()
		return f != f
	case bson.TypeDecimal128:
		return v.Decimal128().IsNaN()
	}
	return false
}

// Truthy is how the server reads a flag: true or a number other than 0.
func Truthy(v bson.RawValue) bool {
	if b, ok := v.BooleanOK(); ok {
		return b
	}
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		return !doc.Same(v, bson.RawValue{Type: bson.TypeInt32, Value: make([]byte, 4)})
	}
	return false
}

// typeNames are the aliases of $type (MongoDB manual,
// reference/operator/query/type); "array" is left out: elements were entered.
//
//js:table
var typeNames = map[string][]bson.Type{
	"double": {bson.TypeDouble}, "string": {bson.TypeString}, "object": {bson.TypeEmbeddedDocument},
	"binData": {bson.TypeBinary}, "objectId": {bson.TypeObjectID}, "bool": {bson.TypeBoolean}, "date": {bson.TypeDateTime},
	"null": {bson.TypeNull}, "regex": {bson.TypeRegex}, "int": {bson.TypeInt32}, "timestamp": {bson.TypeTimestamp},
	"long": {bson.TypeInt64}, "decimal": {bson.TypeDecimal128},
	"number": {bson.TypeDouble, bson.TypeInt32, bson.TypeInt64, bson.TypeDecimal128},
}

// HasText reports whether a value is or holds text, which a collation may equate
// with other text.
func HasText(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeString, bson.TypeSymbol:
		return true
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		for _, w := range doc.Fields(bson.Raw(v.Value)) {
			if HasText(w) {
				return true
			}
		}
	}
	return false
}
