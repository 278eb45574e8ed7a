package compare

// What of a list owned in part the digest binds: the elements of the weave that an
// update adds, changes or takes away, and of an element that stays what changes in it.
// In: the places where an update changes a document; out: the same ones, with one for
// each such list. Pure; the rules are docs/state.md, The plan's digest.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// boundLists puts one spot in place of those of a list owned in part; before is the
// document as it was, with the secrets that may be there.
func boundLists(c *Collection, spots []Spot, w *Write, before bson.Raw) []Spot {
	for n := range c.Lists {
		l := &c.Lists[n]
		inside := func(s Spot) bool { return doc.Path(s.At).HasPrefix(l.Path) }
		found, there := doc.Get(before, l.Path)
		list, _ := doc.Get(w.After, l.Path)
		first := slices.IndexFunc(spots, inside)
		if first < 0 || list.Type != bson.TypeArray || there && found.Type != bson.TypeArray {
			continue
		}
		wanted, _ := doc.Get(c.Raw(w.Wanted), l.Path)
		s := Spot{At: l.Path}
		s.Before, s.After = boundElements(l, wanted, found, list)
		spots = slices.Insert(slices.DeleteFunc(spots, inside), first, s)
	}
	return spots
}

// boundElements are the elements of the weave in which two arrays differ, in its order.
func boundElements(l *desired.List, wanted, before, after bson.RawValue) (was, is bson.RawValue) {
	olds, news := l.ByKey(before), l.ByKey(after)
	var old, now []bson.RawValue
	for _, key := range l.Owned(wanted) {
		b, a := olds.Of[key], news.Of[key]
		if slices.EqualFunc(b, a, doc.Identical) {
			continue
		}
		if len(b) == 1 && len(a) == 1 && len(l.By) > 0 {
			x, y := boundFields(l.By, b[0].Document(), a[0].Document())
			b, a = []bson.RawValue{doc.Value(x)}, []bson.RawValue{doc.Value(y)}
		}
		old, now = append(old, b...), append(now, a...)
	}
	return doc.Array(old...), doc.Array(now...)
}

// boundFields are two documents without the fields that both have alike, but for those
// that are kept: as a whole where they differ in the order of fields alone.
func boundFields(kept []string, before, after bson.Raw) (was, is bson.Raw) {
	differ := false
	side := func(d, other bson.Raw, old bool) bson.Raw {
		return doc.Edit(d, func(name string, v bson.RawValue) bson.RawValue {
			w, _ := doc.Get(other, doc.Path{name})
			switch {
			case !doc.Identical(v, w):
				differ = true
			case !slices.Contains(kept, name):
				return bson.RawValue{}
			}
			if !slices.Contains(kept, name) && doc.IsDocument(v) && doc.IsDocument(w) {
				if old {
					v.Value, _ = boundFields(nil, v.Document(), w.Document())
				} else {
					_, v.Value = boundFields(nil, w.Document(), v.Document())
				}
			}
			return v
		})
	}
	if was, is = side(before, after, true), side(after, before, false); !differ {
		return before, after
	}
	return was, is
}
