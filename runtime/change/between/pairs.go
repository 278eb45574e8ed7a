package between

// Keys of several fields: a pair that tells the elements of both sides apart where no
// field does alone, or not as well, and those that the weave names. In: the elements of
// both sides; out: their keys.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// valuesOf are what an element has in the fields; nil: it is no document, or lacks one.
func valuesOf(e bson.RawValue, names []string) []bson.RawValue {
	if len(names) == 0 || !doc.IsDocument(e) {
		return nil
	}
	out := make([]bson.RawValue, len(names))
	for i, name := range names {
		v, ok := doc.Get(e.Value, doc.Path{name})
		if !ok {
			return nil
		}
		out[i] = v
	}
	return out
}

// namedKeys are the keys of one side by the fields that the weave names. An element
// that lacks one of them has its value as key, and each that comes again its number.
// Not ok: something of them may not be seen.
func (w *walk) namedKeys(list []bson.RawValue, names []string, after bool) (keys []string, ok bool) {
	times := map[string]int{}
	bare := exact(list, 0)
	for i, e := range list {
		key := "value " + bare[i]
		if values := valuesOf(e, names); values != nil {
			key = "key " + doc.Key(values...)
			for n, v := range values {
				if w.hidesIn(i, names[n], v, after) {
					return nil, false
				}
			}
		}
		times[key]++
		keys = append(keys, strconv.Itoa(times[key])+" "+key)
	}
	return keys, true
}

// pairOf is the pair of fields of the first wanted element by which most elements are
// on both sides, and how many are; of several it is the first.
func (w *walk) pairOf(before, after []bson.RawValue) (key elementKey, most int) {
	var names []string
	for name := range doc.Fields(after[0].Value) {
		if len(names) < maxPaired && !slices.Contains(names, name) && w.pairable(before, name, false) && w.pairable(after, name, true) {
			names = append(names, name)
		}
	}
	for i, a := range names {
		for _, b := range names[i+1:] {
			pair := []string{a, b}
			olds, ok := pairKeys(before, pair)
			if !ok {
				continue
			}
			if news, ok := pairKeys(after, pair); ok {
				if n := olds.common(news); n > most {
					key, most = elementKey{names: pair, olds: olds.list, news: news.list}, n
				}
			}
		}
	}
	return key, most
}

// pairable reports whether each element has the field with a value that may be part of a key.
func (w *walk) pairable(list []bson.RawValue, name string, after bool) bool {
	for i, e := range list {
		if v, ok := doc.Get(e.Value, doc.Path{name}); !ok || !tellsApart(v) || w.hidesIn(i, name, v, after) {
			return false
		}
	}
	return true
}

// pairKeys are the keys of one side by a pair of fields; false: it does not tell them apart.
func pairKeys(list []bson.RawValue, pair []string) (keySet, bool) {
	keys := keySet{list: make([]string, 0, len(list))}
	for _, e := range list {
		if !keys.add(doc.Key(valuesOf(e, pair)...)) {
			return keySet{}, false
		}
	}
	return keys, true
}
