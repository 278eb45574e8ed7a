package undo

// Lists of which a run wrote a part. In: the array before and after the run, and as it
// is now; out: the array with the elements put back that are still as the run left
// them. Pure; the rules are docs/state.md, undo.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// listBack is an array on its way back. Put: some element is put back; left: some
// element that the run wrote is not as it left it.
type listBack struct {
	list      bson.RawValue
	put, left bool
}

// elementsBack puts elements back that are told apart by the fields; of none, by
// themselves. A missing array, or null, has none.
func elementsBack(by []string, before, after, now bson.RawValue) listBack {
	l := &desired.List{By: by}
	olds, news, found := l.ByKey(before), l.ByKey(after), l.ByKey(now)
	back := map[string][]bson.RawValue{} // keys that are put back, with their elements
	out := listBack{}
	for _, keys := range [][]string{news.Keys, olds.Keys} {
		for _, k := range keys {
			was, is := olds.Of[k], found.Of[k]
			if _, done := back[k]; done || sameElements(was, news.Of[k]) || sameElements(was, is) {
				continue
			}
			if sameElements(is, news.Of[k]) {
				back[k], out.put = was, true
			} else {
				out.left = true
			}
		}
	}
	var list []bson.RawValue
	next := map[string]int{}
	for _, e := range elementsOf(now) {
		k, ok := keyOf(l, e)
		was, goes := back[k]
		switch {
		case !ok || !goes:
			list = append(list, e)
		case next[k] < len(was):
			list = append(list, was[next[k]])
			next[k]++
		}
	}
	for place, e := range elementsOf(before) { // those that the run took away, where they stood
		k, ok := keyOf(l, e)
		if was, goes := back[k]; ok && goes && next[k] < len(was) {
			list = slices.Insert(list, min(place, len(list)), was[next[k]])
			next[k]++
		}
	}
	out.list = doc.Array(list...)
	return out
}

func keyOf(l *desired.List, e bson.RawValue) (string, bool) {
	key, ok := l.Key(e)
	return doc.Key(key...), ok
}

func elementsOf(array bson.RawValue) (out []bson.RawValue) {
	if array.Type == bson.TypeArray {
		for _, e := range doc.Fields(array.Value) {
			out = append(out, e)
		}
	}
	return out
}

func sameElements(a, b []bson.RawValue) bool { return slices.EqualFunc(a, b, doc.Identical) }
