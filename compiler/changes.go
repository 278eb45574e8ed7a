package compiler

// Two documents compared field by field, for people and reviews. In: the
// documents; out: where they differ, by type and bytes. Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// FieldChange is one place where two documents differ.
type FieldChange struct {
	// Path is for people: limits.users, items[2].price, items[sku: "a"].price.
	Path string
	// Before and After are the values; Type 0 where there is none.
	Before, After bson.RawValue
	// Order: the fields, or the elements, are the same in another order.
	Order bool
}

// elementKeys are the fields that elements of an array are told apart by, the
// first one counts that all have with distinct values.
var elementKeys = []string{"_id", "id", "key", "name", "code", "sku"}

// Changes compares two documents. Documents are entered; so are arrays whose
// elements have a key, and arrays of one length. Fields of the first document
// come first, then those that only the second one has.
func Changes(before, after bson.Raw) []FieldChange {
	c := &comparison{}
	c.value("", doc.Embed(before), doc.Embed(after))
	return c.found
}

type comparison struct{ found []FieldChange }

func (c *comparison) add(path string, before, after bson.RawValue) {
	c.found = append(c.found, FieldChange{Path: path, Before: before, After: after})
}

func (c *comparison) value(path string, a, b bson.RawValue) {
	switch {
	case a.Type != 0 && b.Type != 0 && doc.Identical(a, b):
	case a.Type == bson.TypeEmbeddedDocument && b.Type == a.Type && distinctFields(a) && distinctFields(b):
		found := len(c.found)
		c.fields(path, a, b)
		if len(c.found) == found {
			c.found = append(c.found, FieldChange{Path: path, Before: a, After: b, Order: true})
		}
	case a.Type == bson.TypeArray && b.Type == a.Type:
		c.array(path, a, b)
	default:
		c.add(path, a, b)
	}
}

func (c *comparison) fields(path string, a, b bson.RawValue) {
	within := func(name string) string {
		if path == "" {
			return doc.Path{name}.String()
		}
		return path + "." + doc.Path{name}.String()
	}
	for name, v := range doc.Fields(a.Value) {
		other, _ := doc.Get(b.Value, doc.Path{name})
		c.value(within(name), v, other)
	}
	for name, v := range doc.Fields(b.Value) {
		if _, ok := doc.Get(a.Value, doc.Path{name}); !ok {
			c.value(within(name), bson.RawValue{}, v)
		}
	}
}

func (c *comparison) array(path string, a, b bson.RawValue) {
	before, after := elements(a), elements(b)
	if key := keyOf(before, after); key != "" {
		c.keyed(path, key, a, b)
		return
	}
	if len(before) != len(after) {
		c.add(path, a, b)
		return
	}
	for i := range before {
		c.value(path+position(i), before[i], after[i])
	}
}

// keyed compares elements that have a key.
func (c *comparison) keyed(path, key string, a, b bson.RawValue) {
	before, after := elements(a), elements(b)
	found := len(c.found)
	index := func(in []bson.RawValue, e bson.RawValue) int {
		want, _ := doc.Get(e.Value, doc.Path{key})
		return slices.IndexFunc(in, func(o bson.RawValue) bool {
			v, _ := doc.Get(o.Value, doc.Path{key})
			return doc.Same(v, want)
		})
	}
	name := func(e bson.RawValue) string {
		v, _ := doc.Get(e.Value, doc.Path{key})
		return path + elementName(key, v)
	}
	for _, e := range before {
		if i := index(after, e); i >= 0 {
			c.value(name(e), e, after[i])
		} else {
			c.add(name(e), e, bson.RawValue{})
		}
	}
	for _, e := range after {
		if index(before, e) < 0 {
			c.add(name(e), bson.RawValue{}, e)
		}
	}
	if len(c.found) == found {
		c.found = append(c.found, FieldChange{Path: path, Before: a, After: b, Order: true})
	}
}

// keyOf is the field that tells apart the elements of both arrays; empty when
// none does, or when they are more than are worth comparing with one another.
func keyOf(before, after []bson.RawValue) string {
	if len(before) == 0 || len(after) == 0 || len(before)+len(after) > 2000 {
		return ""
	}
	for _, key := range elementKeys {
		if hasKey(before, key) && hasKey(after, key) {
			return key
		}
	}
	return ""
}

func hasKey(of []bson.RawValue, key string) bool {
	seen := map[string]bool{}
	for _, e := range of {
		if e.Type != bson.TypeEmbeddedDocument {
			return false
		}
		v, ok := doc.Get(e.Value, doc.Path{key})
		if !ok || v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray || v.Type == bson.TypeNull {
			return false
		}
		k := doc.Key(v)
		if seen[k] {
			return false
		}
		seen[k] = true
	}
	return true
}

func elements(array bson.RawValue) []bson.RawValue {
	var out []bson.RawValue
	for _, v := range doc.Fields(array.Value) {
		out = append(out, v)
	}
	return out
}

func distinctFields(d bson.RawValue) bool {
	seen := map[string]bool{}
	for name := range doc.Fields(d.Value) {
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}
