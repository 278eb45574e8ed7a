package compare

// What is held of documents, so that a collection in sync takes the memory of its
// identities, not of its documents. In: desired documents, writes and destination
// documents; out: their identities, inserts that are made again when they are sent, and
// of a document the fields that others are held against. Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Planned is a write that is planned: an update, move or delete as it is, of an insert
// what is needed until it is sent.
type Planned struct {
	Wanted int
	Write  *Write   // nil: an insert, which the desired document gives again
	after  bson.Raw // of an insert what Fields keep
	size   int      // of an insert the bytes of the document
}

// Plan is a planned write; fields are kept of an insert.
func Plan(w *Write, fields *Fields) Planned {
	if w.Before == nil {
		return Planned{Wanted: w.Wanted, after: fields.Of(w.After), size: len(w.After)}
	}
	return Planned{Wanted: w.Wanted, Write: w}
}

// New reports whether it is an insert of what the destination has nothing of.
func (p *Planned) New() bool { return p.Write == nil }

// Inserts reports whether it is carried out as an insert.
func (p *Planned) Inserts() bool { return p.New() || p.Write.Op.Action == stores.Insert }

// ID is Write.ID, Size is Write.Size, Alone is Write.Alone.
func (p *Planned) ID() bson.RawValue {
	if p.New() {
		return p.after.Lookup("_id")
	}
	return p.Write.ID()
}

// Size is that of the write.
func (p *Planned) Size() int {
	if p.New() {
		return insertSize(p.size)
	}
	return p.Write.Size()
}

// Alone is that of the write.
func (p *Planned) Alone() bool { return !p.New() && p.Write.Alone }

// Sides are the document before and after, of an insert with the fields alone that
// Fields keep; bytes are those of the whole documents.
func (p *Planned) Sides() (before, after bson.Raw, bytes int) {
	if p.New() {
		return nil, p.after, p.size
	}
	return p.Write.Before, p.Write.After, len(p.Write.Before) + len(p.Write.After)
}

// Whole is the write of a document of c with all that it sends; what a server can do is as for Adapt.
func (p *Planned) Whole(c *Collection, capabilities *capability.Capabilities, transacts bool) *Write {
	if !p.New() {
		return p.Write
	}
	w := c.Insertion(p.Wanted)
	w.Adapt(capabilities, transacts)
	return &w
}

// Fields keep of documents the fields of some names, in memory that these share.
type Fields struct {
	names          []string
	memory, single []byte
}

// fieldsBytes are those of a piece of that memory.
const fieldsBytes = 64 << 10

// NewFields keep those of the names, which KeyNames gives.
func NewFields(names []string) *Fields { return &Fields{names: names} }

// Of is a document with these fields alone.
func (f *Fields) Of(d bson.Raw) bson.Raw {
	f.single = doc.AppendOnly(f.single[:0], d, f.names)
	if len(f.single) > cap(f.memory)-len(f.memory) {
		f.memory = make([]byte, 0, max(len(f.single), fieldsBytes))
	}
	start := len(f.memory)
	f.memory = append(f.memory, f.single...)
	return f.memory[start:len(f.memory):len(f.memory)]
}

// KeyNames are the names of the fields at these paths, and of those that documents are
// held against one another by: `_id`, the identity, the scope of prune. Sorted.
func KeyNames(c *Collection, paths []doc.Path) []string {
	paths = slices.Concat(paths, c.Identity)
	if c.Prune != nil && c.Prune.Where != nil {
		paths = append(paths, c.Prune.Where.Paths()...)
	}
	names := []string{"_id"}
	for _, p := range paths {
		names = append(names, p[0])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// OneByOne reports whether each document can be told to be in sync before the others are
// known: nothing links from them, and none is moved.
func OneByOne(c *Collection) bool {
	return len(c.Collection.Moves) == 0 && !slices.ContainsFunc(c.Documents, func(d desired.Document) bool { return len(d.Links) > 0 })
}

// AsWanted reports whether the destination's document is known to be desired document i byte
// for byte, so that they need no comparing: nothing is put into it, no list is owned in part.
func AsWanted(c *Collection, i int, live bson.Raw) bool {
	return len(c.Lists) == 0 && len(c.secrets.of(i)) == 0 && len(c.Documents[i].Links) == 0 && c.IsStored(i, live)
}
