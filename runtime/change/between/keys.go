package between

// Keys of the elements of arrays. In: the elements of both sides; out: the field that
// tells them apart, and their keys by it. What cannot win is not looked at, few keys
// need no map, and an element that both sides have at its position has one key: of most
// arrays one element differs.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// few is how many keys are compared one by one.
const few = 16

// elementKey are the fields that tell the elements of both arrays apart, none where
// nothing does, and the keys of both sides by them, in order. It is certain where the
// weave says so, or the name.
type elementKey struct {
	names      []string
	olds, news []string
	certain    bool
}

// keyOf finds what tells the elements of both arrays apart: the fields that the weave
// names; else one that means an identity by its name, and by which some element is on
// both sides; else any by which one is; else one of such a name. Of several it is the
// one by which most elements are on both sides, then the first by its name, then in
// the first element. A pair of fields is in the place of another one, and of none, where
// more elements are on both sides by it.
func (w *walk) keyOf(before, after []bson.RawValue) (key elementKey) {
	if w.Key != nil {
		if names := w.Key(w.now); len(names) > 0 {
			olds, ok := w.namedKeys(before, names, false)
			news, too := w.namedKeys(after, names, true)
			if ok && too {
				return elementKey{names, olds, news, true}
			}
		}
	}
	if len(before) == 0 || len(after) == 0 || !allDocuments(before) || !allDocuments(after) {
		return elementKey{}
	}
	most, rank, class := -1, 0, -1
	for name := range doc.Fields(after[0].Value) {
		r, best := slices.Index(keyNames, name), 2
		if r < 0 {
			r, best = len(keyNames), 1
		}
		if best < class || best == class && most == min(len(before), len(after)) && r >= rank {
			continue // another one is better, whatever the elements have
		}
		old, now, ok := w.keys(before, after, name)
		if !ok {
			continue
		}
		n, of := old.common(now), 0
		switch {
		case n > 0:
			of = best
		case best == 1:
			continue
		}
		if of > class || of == class && (n > most || n == most && r < rank) {
			key, most, rank, class = elementKey{[]string{name}, old.list, now.list, best == 2}, n, r, of
		}
	}
	if !key.certain && most < min(len(before), len(after)) {
		if pair, n := w.pairOf(before, after); n > max(most, 0) {
			return pair
		}
	}
	return key
}

func allDocuments(list []bson.RawValue) bool {
	return !slices.ContainsFunc(list, func(v bson.RawValue) bool { return !doc.IsDocument(v) })
}

// keys are those of both sides by a field; not ok when it does not tell the elements
// apart, or may not be seen.
func (w *walk) keys(before, after []bson.RawValue, name string) (olds, news keySet, ok bool) {
	if olds, ok = w.keysOf(before, nil, nil, name, false); ok {
		news, ok = w.keysOf(after, before, olds.list, name, true)
	}
	return olds, news, ok
}

// keysOf are the keys of one side; of the other one, the elements and their keys.
func (w *walk) keysOf(list, other []bson.RawValue, known []string, name string, after bool) (keySet, bool) {
	keys := keySet{list: make([]string, 0, len(list))}
	for i, e := range list {
		var v bson.RawValue
		key, same := "", i < len(other) && doc.Identical(e, other[i])
		if same {
			key = known[i]
		}
		if !same || w.Seen != nil {
			var ok bool
			if v, ok = doc.Get(e.Value, doc.Path{name}); !ok || !tellsApart(v) {
				return keySet{}, false
			}
		}
		if !same {
			key = doc.Key(v)
		}
		if !keys.add(key) {
			return keySet{}, false
		}
		if w.hidesIn(i, name, v, after) {
			return keySet{}, false
		}
	}
	return keys, true
}

// hidesIn reports whether a field of the element at a position may not be seen.
func (w *walk) hidesIn(i int, name string, v bson.RawValue, after bool) bool {
	if w.Seen == nil {
		return false
	}
	at := w.old
	if after {
		at = w.now
	}
	_, hidden := w.Seen(append(slices.Clone(at), desired.Element(strconv.Itoa(i)), name), v, after)
	return len(hidden) > 0
}

// keySet are keys in order, each once.
type keySet struct {
	list []string
	all  map[string]bool // of more than few
}

func (s *keySet) has(key string) bool {
	if s.all != nil {
		return s.all[key]
	}
	return slices.Contains(s.list, key)
}

// add adds a key; false: it is there.
func (s *keySet) add(key string) bool {
	if s.has(key) {
		return false
	}
	s.list = append(s.list, key)
	switch {
	case s.all != nil:
		s.all[key] = true
	case len(s.list) > few:
		s.all = make(map[string]bool, cap(s.list))
		for _, k := range s.list {
			s.all[k] = true
		}
	}
	return true
}

// common is how many keys are in both.
func (s *keySet) common(other keySet) (n int) {
	for i, key := range other.list {
		if i < len(s.list) && s.list[i] == key || s.has(key) {
			n++
		}
	}
	return n
}

// tellsApart reports whether a value may be a key. Long texts are none.
func tellsApart(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeString, bson.TypeSymbol:
		return len(v.Value)-5 <= maxKeyText
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128, bson.TypeObjectID, bson.TypeDateTime, bson.TypeBinary:
		return true
	}
	return false
}
