package between

// Elements of arrays. In: two arrays; out: changes. An element of one side is that of
// the other which has the same key, where a field tells the elements of both apart,
// else the one with the same value; what is left between two of these may be as many
// as on the other side, and alike: then in order. The rules are docs/report.md,
// Elements of arrays.

import (
	"slices"
	"sort"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

//js:table
const (
	// maxMoved is how many elements may stand elsewhere before it is said of the array.
	maxMoved = 8
	// maxKeyText is the size of the longest text that is a key, in bytes.
	maxKeyText = 64
)

// keyNames are the names of fields that mean an identity, in order of preference.
//
//js:table
var keyNames = []string{"_id", "id", "key", "name", "code", "sku", "slug"}

// elements compares two arrays at the place.
func (w *walk) elements(a, b bson.RawValue) {
	before, after := elementsOf(a), elementsOf(b)
	key, certain := w.keyOf(before, after)
	same, alike := exact, mayBeOne
	if key != "" {
		same, alike = func(e bson.RawValue) string { v, _ := doc.Get(e.Value, doc.Path{key}); return doc.Key(v) }, halfSame
	}
	twin := pair(before, after, same) // of each element of after, its position before; -1: it is new
	kept := rising(twin)
	if !certain {
		between(before, after, twin, kept, alike)
	}
	n := len(w.found)
	elsewhere := 0
	for j, i := range twin {
		if i >= 0 && !kept[j] {
			elsewhere++
		}
	}
	if elsewhere > maxMoved {
		w.add(change.KindOrdered, a, b)
	}
	gone := make([]bool, len(before))
	for i := range gone {
		gone[i] = true
	}
	for j, i := range twin {
		if i < 0 {
			w.element(key, -1, j, bson.RawValue{}, after[j], change.KindAdded)
			continue
		}
		gone[i] = false
		if !kept[j] && elsewhere <= maxMoved {
			w.element(key, i, j, bson.RawValue{}, after[j], change.KindMoved)
		}
		if doc.Identical(before[i], after[j]) {
			continue
		}
		by := key
		if key != "" && same(before[i]) != same(after[j]) {
			by = ""
		}
		w.element(by, i, j, before[i], after[j], "")
	}
	for i, v := range before {
		if gone[i] {
			w.element(key, i, -1, v, bson.RawValue{}, change.KindRemoved)
		}
	}
	if len(w.found) == n { // in the names of the elements, which only a hostile client writes
		w.add(change.KindOrdered, a, b)
	}
}

// element is one at its positions, -1 where it is not; a kind: what is said of it,
// empty: its two values are compared.
func (w *walk) element(key string, i, j int, before, after bson.RawValue, kind string) {
	e := &change.Element{Key: key}
	position := func(n int) *int {
		if n < 0 {
			return nil
		}
		return &n
	}
	e.Before, e.After = position(i), position(j)
	if key != "" {
		of := after
		if j < 0 {
			of = before
		}
		v, _ := doc.Get(of.Value, doc.Path{key})
		e.Value = change.Value{RawValue: v}
	}
	if i < 0 {
		i = j
	}
	if j < 0 {
		j = i
	}
	w.enter(change.Step{Element: e}, desired.Element(strconv.Itoa(i)), desired.Element(strconv.Itoa(j)))
	if kind == "" {
		w.value(before, after)
	} else {
		w.add(kind, before, after)
	}
	w.leave()
}

func elementsOf(array bson.RawValue) (out []bson.RawValue) {
	for _, v := range doc.Fields(array.Value) {
		out = append(out, v)
	}
	return out
}

// exact is a map key of a value: its type and bytes.
func exact(v bson.RawValue) string {
	return string(append(append(make([]byte, 0, len(v.Value)+1), byte(v.Type)), v.Value...))
}

// pair finds of each element of after the one of before with the same key, the first
// of several the first; -1: there is none.
func pair(before, after []bson.RawValue, key func(bson.RawValue) string) []int {
	at := map[string][]int{}
	for i, v := range before {
		k := key(v)
		at[k] = append(at[k], i)
	}
	out := make([]int, len(after))
	for j, v := range after {
		k := key(v)
		out[j] = -1
		if left := at[k]; len(left) > 0 {
			out[j], at[k] = left[0], left[1:]
		}
	}
	return out
}

// rising marks a longest sequence of rising positions: these elements stay in their
// order, the others move. Those that are -1 are not in it.
func rising(positions []int) []bool {
	var tails []int // of each length, the index at which the smallest last one is
	previous := make([]int, len(positions))
	for j, n := range positions {
		if n < 0 {
			continue
		}
		k := sort.Search(len(tails), func(k int) bool { return positions[tails[k]] >= n })
		previous[j] = -1
		if k > 0 {
			previous[j] = tails[k-1]
		}
		if k == len(tails) {
			tails = append(tails, j)
		} else {
			tails[k] = j
		}
	}
	kept := make([]bool, len(positions))
	if len(tails) > 0 {
		for j := tails[len(tails)-1]; j >= 0; j = previous[j] {
			kept[j] = true
		}
	}
	return kept
}

// between pairs what has no twin between two elements that stay, where as many are
// on both sides and they are alike.
func between(before, after []bson.RawValue, twin []int, kept []bool, alike func(a, b bson.RawValue) bool) {
	taken := make([]bool, len(before))
	for _, i := range twin {
		if i >= 0 {
			taken[i] = true
		}
	}
	start, next := 0, 0 // behind the last one that stays, on both sides
	for j := 0; j <= len(after); j++ {
		if j < len(after) && !kept[j] {
			continue
		}
		end := len(before)
		if j < len(after) {
			end = twin[j]
		}
		var olds, news []int
		for i := start; i < end; i++ {
			if !taken[i] {
				olds = append(olds, i)
			}
		}
		for n := next; n < j; n++ {
			if twin[n] < 0 {
				news = append(news, n)
			}
		}
		if len(olds) == len(news) {
			for n, i := range olds {
				if alike(before[i], after[news[n]]) {
					twin[news[n]], kept[news[n]] = i, true
				}
			}
		}
		start, next = end+1, j+1
	}
}

// mayBeOne reports whether two elements may be one that has changed: containers,
// numbers, booleans and dates of one kind, what differs in its type alone, and texts of
// which half stays.
func mayBeOne(a, b bson.RawValue) bool {
	switch {
	case isNumber(a) && isNumber(b) || sameText(a, b):
		return true
	case a.Type != b.Type:
		return false
	case a.Type == bson.TypeString:
		return halfStays(a.Value[4:len(a.Value)-1], b.Value[4:len(b.Value)-1])
	}
	return a.Type == bson.TypeEmbeddedDocument || a.Type == bson.TypeArray || a.Type == bson.TypeBoolean || a.Type == bson.TypeDateTime
}

// halfSame reports whether two documents are the same in half of their fields.
func halfSame(a, b bson.RawValue) bool {
	olds, news := fieldsOf(a.Value), fieldsOf(b.Value)
	n := 0
	for name, v := range news {
		if old, ok := olds[name]; ok && doc.Identical(old, v) {
			n++
		}
	}
	return 2*n >= max(len(olds), len(news))
}

// halfStays reports whether what two texts begin and end with is half of the longer one.
func halfStays(a, b []byte) bool {
	start, end := 0, 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return 2*(start+end) >= max(len(a), len(b))
}

// keyOf is the field that tells the elements of both arrays apart, empty where none
// does: the one that the weave names; else one that means an identity by its name, and
// by which some element is on both sides; else any by which one is; else one of such a
// name. Of several it is the one by which most elements are on both sides, then the
// first by its name, then in the first element. It is certain where the weave or its
// name says so.
func (w *walk) keyOf(before, after []bson.RawValue) (key string, certain bool) {
	if len(before) == 0 || len(after) == 0 || !allDocuments(before) || !allDocuments(after) {
		return "", false
	}
	if w.Key != nil {
		if name := w.Key(w.now); name != "" {
			if _, ok := w.common(before, after, name, true); ok {
				return name, true
			}
		}
	}
	most, rank, class := -1, 0, -1
	for name := range doc.Fields(after[0].Value) {
		n, ok := w.common(before, after, name, false)
		r := slices.Index(keyNames, name)
		if r < 0 {
			r = len(keyNames)
		}
		if !ok || n == 0 && r == len(keyNames) {
			continue
		}
		named, of := r < len(keyNames), 0
		switch {
		case named && n > 0:
			of = 2
		case n > 0:
			of = 1
		}
		if of > class || of == class && (n > most || n == most && r < rank) {
			key, most, rank, class, certain = name, n, r, of, named
		}
	}
	return key, certain
}

func allDocuments(list []bson.RawValue) bool {
	return !slices.ContainsFunc(list, func(v bson.RawValue) bool { return !doc.IsDocument(v) })
}

// common is how many elements are on both sides by a field; not ok when it does not
// tell them apart, or may not be seen.
func (w *walk) common(before, after []bson.RawValue, name string, named bool) (n int, ok bool) {
	olds, ok := w.keys(before, name, named, false)
	if !ok {
		return 0, false
	}
	news, ok := w.keys(after, name, named, true)
	for key := range news {
		if olds[key] {
			n++
		}
	}
	return n, ok
}

func (w *walk) keys(list []bson.RawValue, name string, named, after bool) (map[string]bool, bool) {
	keys := make(map[string]bool, len(list))
	for i, e := range list {
		v, ok := doc.Get(e.Value, doc.Path{name})
		if !ok || !tellsApart(v, named) {
			return nil, false
		}
		key := doc.Key(v)
		if keys[key] {
			return nil, false
		}
		keys[key] = true
		if w.Seen != nil {
			at := w.old
			if after {
				at = w.now
			}
			if _, hidden := w.Seen(append(slices.Clone(at), desired.Element(strconv.Itoa(i)), name), v, after); len(hidden) > 0 {
				return nil, false
			}
		}
	}
	return keys, true
}

// tellsApart reports whether a value may be a key. Long texts are none, unless the
// weave names the field.
func tellsApart(v bson.RawValue, named bool) bool {
	switch v.Type {
	case bson.TypeString, bson.TypeSymbol:
		return named || len(v.Value)-5 <= maxKeyText
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128, bson.TypeObjectID, bson.TypeDateTime, bson.TypeBinary:
		return true
	}
	return false
}
