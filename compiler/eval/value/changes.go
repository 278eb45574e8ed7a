package value

// What of a value changed, place by place.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
)

// Change is what a statement did at one place of a document.
type Change struct {
	// Path is written as the language writes it: limits.users, items[2].sku.
	Path string
	// Before and After are short, for people, safe for terminals; "missing" when
	// there is no value.
	Before, After string
}

// Changes are the places at which the value of a path changed.
func Changes(path string, before, after Value) []Change {
	c := changes{}
	c.value(path, before, after)
	return c.found
}

type changes struct{ found []Change }

func (c *changes) value(path string, a, b Value) {
	switch {
	case a.BSON.Type == b.BSON.Type && string(a.BSON.Value) == string(b.BSON.Value):
	case a.BSON.Type == bson.TypeEmbeddedDocument && b.BSON.Type == bson.TypeEmbeddedDocument:
		c.fields(path, a.BSON.Value, b.BSON.Value)
	case a.BSON.Type == bson.TypeArray && b.BSON.Type == bson.TypeArray && count(a) == count(b):
		i := 0
		others := slices.Collect(b.Elements)
		for e := range a.Elements {
			c.value(path+"["+strconv.Itoa(i)+"]", e, others[i])
			i++
		}
	default:
		before, after := shown(a), shown(b)
		if before == after {
			before, after = before+" ("+a.TypeName()+")", after+" ("+b.TypeName()+")"
		}
		c.found = append(c.found, Change{Path: path, Before: before, After: after})
	}
}

func count(v Value) int {
	n := 0
	for range v.Elements {
		n++
	}
	return n
}

func (c *changes) fields(path string, a, b []byte) {
	for e := range raw.Elements(a) {
		name := e.NameIn(a)
		other := Value{}
		if o, ok := raw.Member(b, name); ok {
			other.BSON = o.Value(b)
		}
		c.value(within(path, name), Value{BSON: e.Value(a)}, other)
	}
	for e := range raw.Elements(b) {
		name := e.NameIn(b)
		if _, ok := raw.Member(a, name); !ok {
			c.value(within(path, name), Value{}, Value{BSON: e.Value(b)})
		}
	}
}
