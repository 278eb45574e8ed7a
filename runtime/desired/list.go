package desired

// Lists of which a weave owns a part: `elements` and `ensure`. In: a list, and
// elements of it; out: what tells them apart. Pure; the rules are
// docs/enforcement.md, Lists owned in part.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// List is `elements PATH by …` or, with Only, `ensure PATH has …`: the destination
// keeps the elements of the array at Path that the weave does not own.
type List struct {
	Origin string
	Path   doc.Path
	// By are the fields that tell elements apart; none: an element is told by its value.
	By []string
	// Only: of a document that the destination has, Has and Without alone are looked
	// at; else the elements of the desired document are wanted, too.
	Only bool
	// Has are elements that are to be there.
	Has []bson.RawValue
	// Without are keys, with a value for each of By, of elements that are not to be there.
	Without [][]bson.RawValue
}

// Key is what tells an element apart: the values of By, or the element itself; false
// when one of them is missing, null or an array.
func (l *List) Key(e bson.RawValue) ([]bson.RawValue, bool) {
	if len(l.By) == 0 {
		return []bson.RawValue{e}, true
	}
	if !doc.IsDocument(e) {
		return nil, false
	}
	values := make([]bson.RawValue, len(l.By))
	for i, name := range l.By {
		v, ok := doc.Get(e.Value, doc.Path{name})
		if !ok || v.Type == bson.TypeNull || v.Type == bson.TypeArray {
			return nil, false
		}
		values[i] = v
	}
	return values, true
}

// KeyDocument is {field: value, …} of an element's key, for people; one that is told
// by its value has the name of none.
func (l *List) KeyDocument(key []bson.RawValue) bson.Raw {
	out := doc.NewBuilder(64)
	for i, name := range l.By {
		out.Append(name, key[i])
	}
	return out.Raw()
}

// Removes reports whether an element with the key is not to be there.
func (l *List) Removes(key string) bool {
	for _, k := range l.Without {
		if doc.Key(k...) == key {
			return true
		}
	}
	return false
}

// Wanted are the elements that are to be there: of the wanted array unless Only, and Has.
func (l *List) Wanted(array bson.RawValue) (out []bson.RawValue) {
	if !l.Only && array.Type == bson.TypeArray {
		for _, e := range doc.Fields(array.Value) {
			out = append(out, e)
		}
	}
	return append(out, l.Has...)
}

// Owned are the keys of the elements that are the weave's, each once: those that are to
// be there, of the wanted array unless Only, then those that are not to be there.
func (l *List) Owned(wanted bson.RawValue) []string {
	var keys []string
	add := func(key ...bson.RawValue) {
		if text := doc.Key(key...); !slices.Contains(keys, text) {
			keys = append(keys, text)
		}
	}
	for _, e := range l.Wanted(wanted) {
		if key, ok := l.Key(e); ok {
			add(key...)
		}
	}
	for _, key := range l.Without {
		add(key...)
	}
	return keys
}

// Elements are those of an array that have a key, by it.
type Elements struct {
	Keys []string // in the order of the array, each once
	Of   map[string][]bson.RawValue
}

// ByKey are the elements of an array by their keys; a missing one, or null, has none.
func (l *List) ByKey(array bson.RawValue) Elements {
	out := Elements{Of: map[string][]bson.RawValue{}}
	if array.Type != bson.TypeArray {
		return out
	}
	for _, e := range doc.Fields(array.Value) {
		key, ok := l.Key(e)
		if !ok {
			continue
		}
		k := doc.Key(key...)
		if out.Of[k] == nil {
			out.Keys = append(out.Keys, k)
		}
		out.Of[k] = append(out.Of[k], e)
	}
	return out
}

// ListAt is the list owned in part at a path; nil: there is none.
func (c *Collection) ListAt(p doc.Path) *List {
	for i := range c.Lists {
		if l := &c.Lists[i]; len(l.Path) == len(p) && l.Path.HasPrefix(p) {
			return l
		}
	}
	return nil
}
