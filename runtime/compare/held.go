package compare

// What is held of documents, so that a collection takes the memory of its identities and of
// what differs, not of its documents. In: desired documents, writes and destination
// documents; out: their identities, writes that are made again when they are sent, and
// of a document the fields that others are held against, or what is other in it than in the
// desired one. Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Planned is a write that is planned: a move as it is, of others what is needed until they are
// sent, when they are made again.
type Planned struct {
	Wanted int      // -1: a delete
	after  bson.Raw // of what is made again what Fields keep of the document as it will be
	size   int      // of the operation, as Write.Size has it
	there  *there   // nil: an insert of what the destination has nothing of
}

// there is what is held of a write of a document that the destination has.
type there struct {
	write  *Write   // nil: it is made again
	before bson.Raw // of what is made again: of an update as after, of a delete the whole document
	patch  []byte   // of an update: what makes the whole document of the desired one
	bytes  int      // of the documents before and after
	alone  bool
	needs  []string
}

// Plan is a planned write of which all is held, or of an insert fields.
func Plan(w *Write, fields *Fields) Planned {
	p := Planned{Wanted: w.Wanted, size: w.Size()}
	if w.Before == nil {
		p.after = fields.Of(w.After)
		return p
	}
	p.there = &there{write: w, bytes: len(w.Before) + len(w.After), alone: w.Alone, needs: w.Needs()}
	return p
}

// PlanAgain is a planned update or delete that can be made again of the document that is there: of
// the desired document and a patch, which Fields.Patch gives.
func PlanAgain(w *Write, fields *Fields, patch []byte) Planned {
	p := Plan(w, fields)
	p.there.write = nil
	if w.Wanted < 0 {
		p.there.before = w.Before
		return p
	}
	p.there.before, p.after, p.there.patch = fields.Of(w.Before), fields.Of(w.After), patch
	return p
}

// Planning plans the inserts of desired documents, of which fields are kept; what it returns is for one goroutine.
func Planning(c *Collection, names []string) func(wanted int) Planned {
	fields, documents := NewFields(names), c.Reading()
	return func(wanted int) Planned {
		w := insertionOf(c, wanted, documents.Raw(wanted))
		return Plan(&w, fields)
	}
}

// Unplanned is the insert of a desired document, of which nothing is known yet.
func Unplanned(wanted int) Planned { return Planned{Wanted: wanted} }

// Planned reports whether it is planned.
func (p *Planned) Planned() bool { return p.size > 0 }

// New reports whether it is an insert of what the destination has nothing of.
func (p *Planned) New() bool { return p.there == nil }

// Again reports whether it is an update that is made again.
func (p *Planned) Again() bool { return p.there != nil && p.there.write == nil && p.Wanted >= 0 }

// Write is the write as it is; nil: it is made again.
func (p *Planned) Write() *Write {
	if p.there == nil {
		return nil
	}
	return p.there.write
}

// Live is the destination's document of an update or delete that is made again.
func (p *Planned) Live(c *Collection) bson.Raw {
	if p.Wanted < 0 {
		return p.there.before
	}
	return Patched(c, p.Wanted, p.there.patch)
}

// Patch is that of an update that is made again.
func (p *Planned) Patch() []byte { return p.there.patch }

// Inserts reports whether it is carried out as an insert.
func (p *Planned) Inserts() bool {
	return p.New() || p.there.write != nil && p.there.write.Op.Action == stores.Insert
}

// Move is what moves the document to its identity; nil of others.
func (p *Planned) Move() *desired.Move {
	if w := p.Write(); w != nil {
		return w.Move
	}
	return nil
}

// ID is Write.ID.
func (p *Planned) ID() bson.RawValue {
	switch w := p.Write(); {
	case w != nil:
		return w.ID()
	case p.Wanted < 0:
		return p.there.before.Lookup("_id")
	}
	return p.after.Lookup("_id")
}

// Key is Write.Key.
func (p *Planned) Key() string { return writeKey(p.Wanted, p.ID()) }

// Size is Write.Size, Alone is Write.Alone.
func (p *Planned) Size() int { return p.size }

// Alone is that of the write.
func (p *Planned) Alone() bool { return p.there != nil && p.there.alone }

// Needs are those of the write; an insert has none.
func (p *Planned) Needs() []string {
	if p.there == nil {
		return nil
	}
	return p.there.needs
}

// Sides are the document before and after, with at least the fields that Fields keep; bytes are
// those of the whole documents.
func (p *Planned) Sides() (before, after bson.Raw, bytes int) {
	switch {
	case p.there == nil:
		return nil, p.after, p.size - insertSize(0)
	case p.there.write != nil:
		return p.there.write.Before, p.there.write.After, p.there.bytes
	}
	return p.there.before, p.after, p.there.bytes
}

// Patched is the document that a patch makes of desired document i.
func Patched(c *Collection, i int, patch []byte) bson.Raw { return doc.Patched(c.Raw(i), patch) }

// Fields keep of documents the fields of some names, in memory that these share.
type Fields struct {
	names          []string
	memory, single []byte
}

// fieldsBytes are those of a piece of that memory.
const fieldsBytes = 64 << 10

// NewFields keep those of the names, which KeyNames gives.
func NewFields(names []string) *Fields { return &Fields{names: names} }

// Names are those of the fields.
func (f *Fields) Names() []string { return f.names }

// Of is a document with these fields alone.
func (f *Fields) Of(d bson.Raw) bson.Raw {
	f.single = doc.AppendOnly(f.single[:0], d, f.names)
	return f.kept()
}

// Patch is what makes a document of another one, in the same memory.
func (f *Fields) Patch(d, of bson.Raw) []byte {
	f.single = doc.AppendPatch(f.single[:0], d, of)
	return f.kept()
}

func (f *Fields) kept() []byte {
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
	return IndexNames(paths)
}

// IndexNames are the names of the fields at these paths, and `_id`. Sorted.
func IndexNames(paths []doc.Path) []string {
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
