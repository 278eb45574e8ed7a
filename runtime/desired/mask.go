package desired

// What nobody may see. In: a value, where it stands in its document, the places
// of secrets and the patterns of redact and omit; out: the value with words in
// place of exactly these. Pure; the rules are docs/enforcement.md, Secrets.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// What stands in place of a value that nobody may see.
//
//js:table
const (
	MaskedSecret   = "(secret)"
	MaskedRedacted = "(redacted)"
)

// Mask says what nobody may see of a document.
type Mask struct {
	LeftOut []Pattern
	// Secrets are places: names of fields, and positions in decimal.
	Secrets []doc.Path
	// Names are those of the secrets at each of the places; nil: nobody can tell.
	Names [][]string
	// Exact: a secret is where its place says and nowhere else, as in a wanted
	// document. Otherwise one may have stood in any element of the array, and
	// where an element or a document is now something else.
	Exact bool
}

// Empty reports whether the mask hides nothing.
func (m *Mask) Empty() bool { return len(m.LeftOut)+len(m.Secrets) == 0 }

// Element is the step of a path to an element of an array, by its name, which is
// its position; other steps are names of fields, which never have NUL in them.
func Element(name string) string { return "\x00" + name }

// IsElement reports whether a step goes to an element, and by which name.
func IsElement(step string) (name string, ok bool) { return strings.CutPrefix(step, "\x00") }

// Document is a whole document that may be shown; the same one where nothing in it
// is hidden.
func (m *Mask) Document(d bson.Raw) bson.Raw {
	if len(m.Hidden(nil, doc.Value(d))) == 0 {
		return d
	}
	return m.within(nil, doc.Value(d)).Value
}

// Hidden is a place within a value that nobody may see: names, and positions in
// decimal. Names are those of the secrets that go there; nil: it is none, or nobody
// can tell.
type Hidden struct{ At, Names []string }

// Hidden are the places in a value at a place that nobody may see.
func (m *Mask) Hidden(at []string, v bson.RawValue) []Hidden {
	if v.Type == 0 || m.Empty() {
		return nil
	}
	return m.hidden(nil, slices.Clip(at), v, nil)
}

func (m *Mask) hidden(out []Hidden, at []string, v bson.RawValue, within []string) []Hidden {
	container := v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray
	switch {
	case m.secret(at, container):
		return append(out, Hidden{slices.Clone(within), m.names(at, container)})
	case m.redacted(at):
		return append(out, Hidden{slices.Clone(within), nil})
	case !container:
		return out
	}
	for name, e := range doc.Fields(v.Value) {
		step := name
		if v.Type == bson.TypeArray {
			step = Element(name)
		}
		out = m.hidden(out, append(at, step), e, append(within, name))
	}
	return out
}

// names are those of the secrets that a place is hidden for, where these agree.
func (m *Mask) names(at []string, container bool) (names []string) {
	if len(m.Names) == 0 {
		return nil
	}
	first := true
	for i, place := range m.Secrets {
		if !m.covers(place, at, container) {
			continue
		}
		if !first && !slices.Equal(names, m.Names[i]) {
			return nil
		}
		names, first = m.Names[i], false
	}
	return names
}

// Value is a value at a place that may be shown.
func (m *Mask) Value(at []string, v bson.RawValue) bson.RawValue {
	if v.Type == 0 || m.Empty() {
		return v
	}
	container := v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray
	switch {
	case m.secret(at, container):
		return doc.String(MaskedSecret)
	case m.redacted(at):
		return doc.String(MaskedRedacted)
	}
	return m.within(at, v)
}

func (m *Mask) within(at []string, v bson.RawValue) bson.RawValue {
	return doc.EditValue(v, func(name string, w bson.RawValue) bson.RawValue {
		if v.Type == bson.TypeArray {
			name = Element(name)
		}
		return m.Value(append(slices.Clip(at), name), w)
	})
}

// redacted reports whether a place is one that the patterns name, or below one.
func (m *Mask) redacted(at []string) bool {
	return slices.ContainsFunc(m.LeftOut, func(p Pattern) bool {
		if p.Leaf != "" {
			return slices.Contains(at, p.Leaf) && !(len(at) == 1 && p.Leaf == "_id")
		}
		return doc.Path(at).HasPrefix(p.Path)
	})
}

// secret reports whether a place is that of a secret or below it; and, unless
// exact, whether it is above one and has no container, which one was in.
func (m *Mask) secret(at []string, container bool) bool {
	return slices.ContainsFunc(m.Secrets, func(place doc.Path) bool { return m.covers(place, at, container) })
}

// covers is secret for one of the places.
func (m *Mask) covers(place doc.Path, at []string, container bool) bool {
	if m.Exact {
		return len(at) >= len(place) && slices.EqualFunc(at[:len(place)], place, func(step, name string) bool {
			element, _ := IsElement(step)
			return element == name
		})
	}
	found := meets(place, at)
	return found == inSecret || found == aboveSecret && !container
}

// Touches reports whether a place is that of a secret, above it or below it,
// wherever in its array it stands.
func (m *Mask) Touches(at []string) bool {
	return slices.ContainsFunc(m.Secrets, func(place doc.Path) bool { return meets(place, at) != elsewhere })
}

type meeting int

const (
	elsewhere meeting = iota
	aboveSecret
	inSecret
)

// meets says where a place is, seen from that of a secret. A name that is a
// number may be a position: then it stands for every position, for a name where
// a document is in place of the array, and for nothing where that is missing.
func meets(place, at []string) meeting {
	switch {
	case len(place) == 0:
		return inSecret
	case len(at) == 0:
		return aboveSecret
	}
	_, element := IsElement(at[0])
	found := elsewhere
	if element && IsPosition(place[0]) || place[0] == at[0] {
		found = meets(place[1:], at[1:])
	}
	if found == elsewhere && element {
		found = meets(place, at[1:]) // an array where none is wanted
	}
	if found == elsewhere && IsPosition(place[0]) {
		found = meets(place[1:], at)
		if found == elsewhere && meets(place[1:], at[1:]) == inSecret {
			found = inSecret
		}
	}
	return found
}

// IsPosition reports whether a name may be a position in an array.
func IsPosition(name string) bool { return name != "" && strings.Trim(name, "0123456789") == "" }
