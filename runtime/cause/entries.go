package cause

// The entries of what is wanted, and the causes of elements of lists owned in part. In:
// desired documents, and writes; out: leaves of the ledger, and causes. Pure.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Entries are those of all desired documents of a collection but the
// absent ones.
func Entries(c *compare.Collection, absent []int) control.LedgerEntries {
	at := make([]int32, 0, len(c.Documents))
	for i := range c.Documents {
		if len(absent) > 0 && absent[0] == i { // they are ascending
			absent = absent[1:]
			continue
		}
		at = append(at, int32(i))
	}
	return control.LedgerEntries{Count: len(at), Making: func() control.LedgerMaking { return making(c, at) }}
}

// manyPaths are places beyond which they are found anew: what documents have in common is less, and
// names of fields may be data.
const manyPaths = 10_000

// making makes the entries of the documents at some positions.
func making(c *compare.Collection, at []int32) control.LedgerMaking {
	top, paths, documents := &compare.Place{}, map[*compare.Place]control.LedgerPath{}, c.Reading()
	var leaves []control.LedgerLeaf
	few := func() *compare.Place {
		if top.Found() > manyPaths {
			top, paths = &compare.Place{}, map[*compare.Place]control.LedgerPath{}
		}
		return top
	}
	return control.LedgerMaking{
		About: func(i int) (control.LedgerKey, int) {
			leaves := 0
			if c.Mode != desired.Insert {
				d := documents.Raw(int(at[i]))
				leaves = len(listLeaves(c, d))
				c.Owned(few(), d, func(*compare.Place, bson.RawValue) { leaves++ })
			}
			return control.KeyOf(c.IdentityAt(int(at[i]))), leaves
		},
		Entry: func(i int) control.LedgerEntry {
			leaves = leaves[:0]
			if c.Mode != desired.Insert {
				d := documents.Raw(int(at[i]))
				c.Owned(few(), d, func(p *compare.Place, v bson.RawValue) {
					path, ok := paths[p]
					if !ok {
						path = control.PathOf(p.Text)
						paths[p] = path
					}
					leaves = append(leaves, path.Leaf(v))
				})
				leaves = append(leaves, listLeaves(c, d)...)
			}
			return control.NewLedgerEntry(control.KeyOf(c.IdentityAt(int(at[i]))), leaves)
		},
	}
}

// What the ledger has at the place of an element.
//
//js:table
const (
	elementWanted = "wanted" // it was to be there
	elementAbsent = "absent" // it was not to be there
)

// listLeaves are the leaves of the lists of a document of which the weave owns a part.
func listLeaves(c *compare.Collection, d bson.Raw) (out []control.LedgerLeaf) {
	add := func(place string, v bson.RawValue) { out = append(out, control.PathOf(place).Leaf(v)) }
	for n := range c.Lists {
		l := &c.Lists[n]
		add(listPlace(l), doc.Strings(l.By))
		array, _ := doc.Get(d, l.Path)
		for _, e := range l.Wanted(array) {
			key, ok := l.Key(e)
			if !ok {
				continue
			}
			place := elementPlace(l, key)
			add(place, doc.String(elementWanted))
			if len(l.By) > 0 {
				leavesWithin(place, e.Document(), add)
			}
		}
		for _, key := range l.Without {
			add(elementPlace(l, key), doc.String(elementAbsent))
		}
	}
	return out
}

// leavesWithin are those of an element: documents are entered, arrays not.
func leavesWithin(place string, d bson.Raw, add func(string, bson.RawValue)) {
	for name, v := range doc.Fields(d) {
		at := place + "." + doc.Path{name}.String()
		if doc.IsDocument(v) && !doc.IsEmpty(v) {
			leavesWithin(at, v.Document(), add)
		} else {
			add(at, v)
		}
	}
}

func listPlace(l *desired.List) string { return l.Path.String() + "[]" }

func elementPlace(l *desired.List, key []bson.RawValue) string {
	return l.Path.String() + "[" + string(doc.CanonicalValue(doc.Array(key...))) + "]"
}

// elementCause is the cause where an element of a list owned in part is not as wanted;
// empty when it cannot be told.
func elementCause(c *compare.Collection, l *desired.List, e *control.LedgerEntry, w *compare.Write, ch *change.Change) string {
	element := ch.At[len(ch.Fields)].Element
	if element == nil || !e.Known() || !e.Has(listPlace(l), doc.Strings(l.By)) || ch.Kind == change.KindMoved || ch.Kind == change.KindOrdered {
		return ""
	}
	was, is := elementAt(w.Before, l.Path, element.Before), elementAt(w.After, l.Path, element.After)
	wanted, _ := doc.Get(c.Raw(w.Wanted), l.Path)
	place, ok := placeOf(l, wanted, was, is)
	if !ok {
		return ""
	}
	switch {
	case was.Type == 0:
		return oneOf(!e.Has(place, doc.String(elementWanted)))
	case is.Type == 0:
		return oneOf(!e.Has(place, doc.String(elementAbsent)))
	case len(l.By) == 0:
		return ""
	}
	var path doc.Path
	for _, step := range ch.At[len(ch.Fields)+1:] {
		if step.Element != nil {
			break
		}
		path = append(path, step.Field)
	}
	at := place
	for _, name := range path {
		at += "." + doc.Path{name}.String()
	}
	inLedger := func(v bson.RawValue) bool {
		switch {
		case v.Type == 0:
			return !e.HasPath(at)
		case !doc.IsDocument(v) || doc.IsEmpty(v):
			return e.Has(at, v)
		}
		all := true
		leavesWithin(at, v.Document(), func(place string, v bson.RawValue) { all = all && e.Has(place, v) })
		return all
	}
	before, _ := doc.Get(was.Document(), path)
	after, _ := doc.Get(is.Document(), path)
	switch {
	case inLedger(before):
		return ByRules
	case inLedger(after) || after.Type == 0 && doc.IsDocument(before): // as of a field
		return ByDestination
	}
	return ByBoth
}

// elementAt is the element at a position; zero: there is none.
func elementAt(d bson.Raw, path doc.Path, position *int) (out bson.RawValue) {
	array, _ := doc.Get(d, path)
	if position == nil || array.Type != bson.TypeArray {
		return out
	}
	n := 0
	for _, e := range doc.Fields(array.Value) {
		if n == *position {
			return e
		}
		n++
	}
	return out
}

// placeOf is the place of an element in the ledger: by the key that is wanted, if some
// element is that has it; the same number may be of another type at the destination.
func placeOf(l *desired.List, wanted, was, is bson.RawValue) (string, bool) {
	e := was
	if e.Type == 0 {
		e = is
	}
	key, ok := l.Key(e)
	if !ok {
		return "", false
	}
	for _, w := range l.Wanted(wanted) {
		if k, ok := l.Key(w); ok && doc.Key(k...) == doc.Key(key...) {
			return elementPlace(l, k), true
		}
	}
	for _, k := range l.Without {
		if doc.Key(k...) == doc.Key(key...) {
			return elementPlace(l, k), true
		}
	}
	return elementPlace(l, key), true
}
