package validator

// Values of which parts are not known. In: a document and its Holes; out: its
// fields, each with whether it is there.

import (
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Verdict is what can be said of a rule; the order makes "and" the least and
// "or" the greatest of several.
type Verdict int

// The verdicts.
const (
	Broken Verdict = iota
	Unknown
	Holds
)

func (v Verdict) not() Verdict { return Holds - v }

func verdict(is bool) Verdict {
	if is {
		return Holds
	}
	return Broken
}

// Kind says what is known of the value at a place.
type Kind int

// The kinds.
const (
	Known Kind = iota // the document's own
	Any               // there is one
	Text              // there is a text
	Maybe             // there may be one
	Gone              // there is none
)

// Holes are the places of a document where its own value is not what counts;
// nil: there are none. In has the names of fields and the positions of elements.
type Holes struct {
	Kind Kind
	In   map[string]*Holes
}

// Add makes a hole at a path.
func (h *Holes) Add(path []string, kind Kind) {
	for _, name := range path {
		if h.Kind != Known { // a hole already
			return
		}
		next := h.In[name]
		if next == nil {
			next = &Holes{}
			if h.In == nil {
				h.In = map[string]*Holes{}
			}
			h.In[name] = next
		}
		h = next
	}
	h.Kind, h.In = kind, nil
}

// value is a value as far as it is known. open: fields that the document lacks
// may be there.
type value struct {
	v    bson.RawValue
	kind Kind
	in   map[string]*Holes
	open bool
}

// under is a value at a place with holes.
func under(v bson.RawValue, h *Holes, open bool) value {
	x := value{v: v, open: open && v.Type == bson.TypeEmbeddedDocument}
	if h != nil {
		x.kind, x.in = h.Kind, h.In
	}
	return x
}

// exact reports whether all of the value is known.
func (x value) exact() bool { return x.kind == Known && !x.open && len(x.in) == 0 }

// is reports whether the value has one of the types.
func (x value) is(types []bson.Type) Verdict {
	switch x.kind {
	case Known:
		return isType(x.v.Type, types)
	case Text:
		return isType(bson.TypeString, types)
	}
	return Unknown
}

func isType(t bson.Type, types []bson.Type) Verdict {
	for _, other := range types {
		if t == other {
			return Holds
		}
	}
	return Broken
}

// field is that of a document, and whether it is there.
func (x value) field(name string) (value, Verdict) {
	h := x.in[name]
	if h != nil {
		switch h.Kind {
		case Any, Text:
			return value{kind: h.Kind}, Holds
		case Maybe:
			return value{kind: Any}, Unknown
		case Gone:
			return value{}, Broken
		}
	}
	if v, ok := doc.Get(bson.Raw(x.v.Value), doc.Path{name}); ok {
		return under(v, h, x.open), Holds
	}
	if x.open {
		return value{kind: Any}, Unknown
	}
	return value{}, Broken
}

// entry is one field of a document or element of an array.
type entry struct {
	name  string
	value value
	there Verdict // Holds or Unknown
}

// entries are the fields of a document that are or may be there: its own in
// order, then other holes by name. Those of an open document are not all.
func (x value) entries() []entry {
	var out []entry
	seen := map[string]bool{}
	for name, v := range doc.Fields(bson.Raw(x.v.Value)) {
		h := x.in[name]
		seen[name] = true
		if h != nil && h.Kind != Known {
			if f, there := x.field(name); there != Broken {
				out = append(out, entry{name, f, there})
			}
			continue
		}
		out = append(out, entry{name, under(v, h, x.open), Holds})
	}
	for _, name := range sortedNames(x.in) {
		if !seen[name] && x.in[name].Kind != Known {
			if f, there := x.field(name); there != Broken {
				out = append(out, entry{name, f, there})
			}
		}
	}
	return out
}

// elements are those of an array.
func (x value) elements() []value {
	var out []value
	for _, v := range doc.Fields(bson.Raw(x.v.Value)) {
		out = append(out, under(v, x.in[strconv.Itoa(len(out))], false))
	}
	return out
}
