package compare

// The leaves of documents that the weave owns. In: a collection and a document; out: their
// places and values. What is found of a place is kept for the documents that come after. Pure.

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Place is a path of documents of one collection, with what is known of it and of those below it:
// for one goroutine. The zero value is the document itself.
type Place struct {
	Path  doc.Path
	Text  string // of the path
	owned bool
	below map[string]*Place
	found *int // places below the first one
}

// Found is how many places were found below the one that it began with.
func (p *Place) Found() int {
	if p.found == nil {
		return 0
	}
	return *p.found
}

// PlaceAt is the place at a path.
func PlaceAt(p doc.Path) *Place { return &Place{Path: p, Text: p.String()} }

// Owned calls each for the leaves of a document at a place that the weave owns: documents are
// entered, arrays not, an empty document is a leaf. Lists owned in part are no leaves.
func (c *Collection) Owned(at *Place, d bson.Raw, each func(*Place, bson.RawValue)) {
	for name, v := range doc.Fields(d) {
		p := at.below[name]
		if p == nil {
			p = newPlace(c, at, strings.Clone(name))
		}
		switch {
		case !p.owned:
		case doc.IsDocument(v) && !doc.IsEmpty(v):
			c.Owned(p, v.Document(), each)
		default:
			each(p, v)
		}
	}
}

// newPlace is one below another one.
func newPlace(c *Collection, at *Place, name string) *Place {
	p := PlaceAt(at.Path.Child(name))
	p.owned = (len(at.Path) > 0 || name != "_id") && !covered(c.policy.preserve, p.Path) && !covered(c.policy.ignore, p.Path) && !covered(c.policy.lists, p.Path)
	if at.below == nil {
		at.below = map[string]*Place{}
	}
	if at.found == nil {
		at.found = new(int)
	}
	p.found = at.found
	*p.found++
	at.below[name] = p
	return p
}
