package compare

// Links. In: collections that were read, and desired documents with null where
// the `_id` of another one goes; out: the documents with those `_id`s in place,
// or what is missing. Pure; the rules are docs/enforcement.md, Links.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Links are those between the collections of a state.
type Links struct {
	state     *desired.State
	positions map[collectionName]int // in the state, counted from 1
	namespace func(*desired.Collection) stores.Namespace
}

// collectionName is a collection as the state names it.
type collectionName struct{ database, name string }

// NewLinks are the links of a state; namespace says where a collection of it is at
// the destination.
func NewLinks(state *desired.State, namespace func(*desired.Collection) stores.Namespace) *Links {
	k := &Links{state: state, positions: make(map[collectionName]int, len(state.Collections)), namespace: namespace}
	for i, c := range state.Collections {
		k.positions[collectionName{c.Database, c.Name}] = i + 1
	}
	return k
}

// Position is that of a collection in the state, -1 of one that is not in it.
func (k *Links) Position(database, name string) int {
	return k.positions[collectionName{database, name}] - 1
}

// Concerned are the collections, by their positions, with those that they link
// to, ascending.
func (k *Links) Concerned(which []int) []int {
	out := slices.Clone(which)
	for _, i := range which {
		for _, d := range k.state.Collections[i].Documents {
			for _, l := range d.Links {
				if n := k.Position(l.Database, l.Collection); n >= 0 {
					out = append(out, n)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Target is what is known of a collection that links lead to.
type Target struct {
	C      *Collection
	Wanted *desired.Collection // as the state has it, without links in place
	NS     stores.Namespace
	Closed bool // its documents were not read, as they cannot be compared
	Keys   *Keys
	Twins  *Twins       // the destination's documents with a desired one's identity
	Moved  map[int]bool // desired documents whose twin has another identity
	Gone   map[int]bool // desired documents that were deleted at the destination, and stay so
	Live   []bson.Raw   // what was read
	All    bool         // that is every document of the collection

	behind map[string]bson.Raw // the identity by the key of an `_id`, once it was asked for
}

// linkState says whether the links of a desired document are in place.
type linkState struct {
	// open: what a link points to cannot be told, as its collection or the document
	// itself is in conflict; nothing is done and nothing more is said.
	open bool
	// missing are the links to documents that are not there and not inserted.
	missing []missingLink
}

// missingLink is a link to a document that is not there and is not inserted.
type missingLink struct {
	path               []string
	target, collection string // as texts
}

// Resolve is the collection with the `_id`s that links stand for in its documents;
// read has every collection that they link to, by its position in the state.
func (k *Links) Resolve(c *Collection, read map[int]*Target) *Collection {
	if !slices.ContainsFunc(c.Documents, func(d desired.Document) bool { return len(d.Links) > 0 }) {
		return c
	}
	with, resolved := *c.Collection, *c
	with.Documents = slices.Clone(c.Documents)
	resolved.Collection, resolved.links = &with, make([]linkState, len(with.Documents))
	resolved.linking = &linking{read, k.places(c.Collection)}
	for i := range with.Documents {
		d, state := &with.Documents[i], &resolved.links[i]
		for _, l := range d.Links {
			id, open := read[k.Position(l.Database, l.Collection)].linkedID(l)
			switch {
			case open:
				state.open = true
			case id.Type == 0:
				state.missing = append(state.missing, k.missing(l))
			default:
				d.Raw = doc.Replace(with.Raw(i), l.Path, id)
			}
		}
	}
	return &resolved
}

// linkedID is the `_id` that the destination has, or will have, of a document; zero
// when it will have none, open when that cannot be told.
func (to *Target) linkedID(l desired.LinkedID) (id bson.RawValue, open bool) {
	if to == nil {
		return bson.RawValue{}, false
	}
	if to.Closed {
		return bson.RawValue{}, true
	}
	i, ok := to.Keys.Find(l.Identity...)
	if !ok {
		return bson.RawValue{}, false
	}
	twins := to.Twins.Of(i)
	switch {
	case len(twins) > 1:
		return bson.RawValue{}, true
	case len(twins) == 1 && !(to.Moved[i] && (Moves{to.C}).Rekeys(i, twins[0])):
		return twins[0].Lookup("_id"), false
	case len(twins) == 0 && (to.Wanted.Mode == desired.Update || to.Gone[i]):
		return bson.RawValue{}, false
	}
	id, _ = insertedID(to.C.state, to.Wanted, to.Wanted.Raw(i))
	return id, false
}

func (k *Links) missing(l desired.LinkedID) missingLink {
	to := &desired.Collection{Database: l.Database, Name: l.Collection}
	if n := k.Position(l.Database, l.Collection); n >= 0 {
		to = k.state.Collections[n]
	}
	identity := doc.NewBuilder(64)
	for n, p := range to.Identity {
		if n < len(l.Identity) {
			identity.Append(p.String(), l.Identity[n])
		}
	}
	return missingLink{path: l.Path, target: change.ShowDocument(identity.Raw()), collection: change.Clean(k.namespace(to).String())}
}

// LostLink is a link of a desired document that forbids to write it.
type LostLink struct {
	Path               doc.Path // as far as documents go
	Place              string   // for people
	Rule               string   // of the state, which has its origin
	Target, Collection string   // as texts
}

// Lost are the links of document i to documents that are not there and not inserted,
// but for those that do not matter; there: the destination has document i. open: it
// cannot be told whether the links are in place.
func (c *Collection) Lost(i int, there bool) (lost []LostLink, open bool) {
	if c.links == nil || there && c.Mode == desired.Insert {
		return nil, false
	}
	raw := c.Raw(i)
	for _, m := range c.links[i].missing {
		at := documentPath(raw, m.path)
		if there && covered(c.Preserve, at) { // what is preserved is not looked at
			continue
		}
		lost = append(lost, LostLink{at, placeText(raw, m.path), desired.LinkRule(linkSteps(raw, m.path)), m.target, m.collection})
	}
	return lost, c.links[i].open
}

// linkSteps are the steps of the link that a place in a document is of.
func linkSteps(d bson.Raw, path []string) []string {
	steps := slices.Clone(path)
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for i, name := range path {
		if v.Type == bson.TypeArray {
			steps[i] = desired.AnyElement
		}
		v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
	}
	return steps
}

// placeText is a place in a document for a message: `lines[0].product`.
func placeText(d bson.Raw, path []string) string {
	text := ""
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for _, name := range path {
		switch {
		case v.Type == bson.TypeArray:
			text += "[" + name + "]"
		case text == "":
			text = doc.Path{name}.String()
		default:
			text += "." + doc.Path{name}.String()
		}
		v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
	}
	return text
}
