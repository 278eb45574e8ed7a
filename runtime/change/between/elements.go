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
	// maxPaired is how many fields are looked at for a pair that tells elements apart.
	maxPaired = 6
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
	key := w.keyOf(before, after)
	alike, start := halfSame, 0 // elements up to start are the same
	olds, news, certain := key.olds, key.news, key.certain
	if key.names == nil {
		alike, start = mayBeOne, sameStart(before, after)
		olds, news = exact(before, start), exact(after, start)
	}
	twin := pair(olds, news, start) // of each element of after, its position before; -1: it is new
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
			w.element(key.names, -1, j, bson.RawValue{}, after[j], change.KindAdded)
			continue
		}
		gone[i] = false
		if !kept[j] && elsewhere <= maxMoved {
			w.element(key.names, i, j, bson.RawValue{}, after[j], change.KindMoved)
		}
		if doc.Identical(before[i], after[j]) {
			continue
		}
		by := key.names
		if by != nil && olds[i] != news[j] {
			by = nil
		}
		w.element(by, i, j, before[i], after[j], "")
	}
	for i, v := range before {
		if gone[i] {
			w.element(key.names, i, -1, v, bson.RawValue{}, change.KindRemoved)
		}
	}
	if len(w.found) == n { // in the names of the elements, which only a hostile client writes
		w.add(change.KindOrdered, a, b)
	}
}

// element is one at its positions, -1 where it is not; a kind: what is said of it,
// empty: its two values are compared.
func (w *walk) element(by []string, i, j int, before, after bson.RawValue, kind string) {
	at := &struct { // in one allocation
		change.Element
		before, after int
	}{before: i, after: j}
	e := &at.Element
	if i >= 0 {
		e.Before = &at.before
	}
	if j >= 0 {
		e.After = &at.after
	}
	of := after
	if j < 0 {
		of = before
	}
	if values := valuesOf(of, by); values != nil {
		e.Key, e.Value = by[0], change.Value{RawValue: values[0]}
		for n, v := range values[1:] {
			e.And = append(e.And, change.ElementField{Key: by[n+1], Value: change.Value{RawValue: v}})
		}
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

func elementsOf(array bson.RawValue) []bson.RawValue {
	out := make([]bson.RawValue, 0, min(len(array.Value)/8, few))
	for _, v := range doc.Fields(array.Value) {
		out = append(out, v)
	}
	return out
}

// sameStart is how many elements two arrays begin with that are the same.
func sameStart(before, after []bson.RawValue) (n int) {
	for n < min(len(before), len(after)) && doc.Identical(before[n], after[n]) {
		n++
	}
	return n
}

// exact are keys of values by their type and bytes; of those before start, none.
func exact(list []bson.RawValue, start int) []string {
	out := make([]string, len(list))
	for i, v := range list[start:] {
		out[start+i] = string(append(append(make([]byte, 0, len(v.Value)+1), byte(v.Type)), v.Value...))
	}
	return out
}

// pair finds of each element of after the one of before with the same key, the first
// of several the first; -1: there is none. Those before start are known to be the same.
func pair(before, after []string, start int) []int {
	for start < min(len(before), len(after)) && before[start] == after[start] {
		start++
	}
	out := make([]int, len(after))
	for j := range start {
		out[j] = j
	}
	if start == len(after) {
		return out
	}
	at := map[string][]int{}
	for i, key := range before[start:] {
		at[key] = append(at[key], start+i)
	}
	for j := start; j < len(after); j++ {
		out[j] = -1
		if left := at[after[j]]; len(left) > 0 {
			out[j], at[after[j]] = left[0], left[1:]
		}
	}
	return out
}

// rising marks a longest sequence of rising positions: these elements stay in their
// order, the others move. Those that are -1 are not in it.
func rising(positions []int) []bool {
	tails := make([]int, 0, len(positions)) // of each length, the index at which the smallest last one is
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
	if !slices.Contains(twin, -1) {
		return
	}
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
