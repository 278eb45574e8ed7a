package describe

// Two documents compared field by field, for people and reviews. In: the
// documents; out: where they differ, by type and bytes. Pure.

import (
	"maps"
	"strconv"

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
	// Unknown are the names of secrets that the value is made of and that are not
	// known; then there are no values.
	Unknown []string
}

// elementKeys are the fields that elements of an array are told apart by, the
// first one counts that all have with distinct values.
var elementKeys = []string{"_id", "id", "key", "name", "code", "sku", "slug"}

// Changes compares two documents. Documents are entered, and arrays: their
// elements by a key where they have one, else by position. Fields of the first
// document come first, then those that only the second one has.
func Changes(before, after bson.Raw) []FieldChange {
	return ValueChanges("", bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: before}, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: after})
}

// ValueChanges compares the values that two documents have at a path; Type 0
// is a missing one.
func ValueChanges(path string, before, after bson.RawValue) []FieldChange {
	c := &comparison{}
	c.value(path, before, after)
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
	if sameElements(before, after) {
		c.found = append(c.found, FieldChange{Path: path, Before: a, After: b, Order: true})
		return
	}
	start, end := 0, 0 // what both begin and end with
	for start < min(len(before), len(after)) && doc.Identical(before[start], after[start]) {
		start++
	}
	for end < min(len(before), len(after))-start && doc.Identical(before[len(before)-1-end], after[len(after)-1-end]) {
		end++
	}
	if len(before) != len(after) && start+end == 0 {
		c.add(path, a, b) // nothing to line them up by
		return
	}
	for i := start; i < max(len(before), len(after))-end; i++ {
		var x, y bson.RawValue
		if i < len(before)-end {
			x = before[i]
		}
		if i < len(after)-end {
			y = after[i]
		}
		c.value(path+position(i), x, y)
	}
}

// sameElements reports whether two arrays have the same elements in any order.
func sameElements(before, after []bson.RawValue) bool {
	if len(before) != len(after) {
		return false
	}
	count := func(of []bson.RawValue) map[string]int {
		out := map[string]int{}
		for _, v := range of {
			out[exact(v)]++
		}
		return out
	}
	return maps.Equal(count(before), count(after))
}

// exact is a map key of a value: its type and bytes.
func exact(v bson.RawValue) string { return string(rune(v.Type)) + string(v.Value) }

// keyed compares elements that have a key.
func (c *comparison) keyed(path, key string, a, b bson.RawValue) {
	before, after := elements(a), elements(b)
	found := len(c.found)
	of := func(e bson.RawValue) bson.RawValue {
		v, _ := doc.Get(e.Value, doc.Path{key})
		return v
	}
	byKey := func(in []bson.RawValue) map[string]bson.RawValue {
		out := make(map[string]bson.RawValue, len(in))
		for _, e := range in {
			out[doc.Key(of(e))] = e
		}
		return out
	}
	olds, news := byKey(before), byKey(after)
	for _, e := range before {
		c.value(path+elementName(key, of(e)), e, news[doc.Key(of(e))])
	}
	for _, e := range after {
		if _, ok := olds[doc.Key(of(e))]; !ok {
			c.add(path+elementName(key, of(e)), bson.RawValue{}, e)
		}
	}
	if len(c.found) == found {
		c.found = append(c.found, FieldChange{Path: path, Before: a, After: b, Order: true})
	}
}

// keyOf is the field that tells apart the elements of both arrays; empty when none does.
func keyOf(before, after []bson.RawValue) string {
	if len(before) == 0 || len(after) == 0 {
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

// elementName is how a path names an element by its key: [sku: "a"].
func elementName(key string, v bson.RawValue) string {
	return "[" + doc.Path{key}.String() + ": " + doc.Show(v, 40) + "]"
}

func position(i int) string { return "[" + strconv.Itoa(i) + "]" }
