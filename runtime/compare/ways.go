package compare

// Another way to write where a server lacks what a write takes. In: a planned write, and
// what the server was seen to lack; out: the write in the way that is left. Pure; the
// rules are docs/enforcement.md, What a server lacks.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Adapt changes how a document is written, never to what: an update that only gives
// values other types or forms becomes a replacement where a server takes that for no
// change; what a server's filters and updates cannot do goes in a transaction where there
// are some.
func (w *Write) Adapt(capabilities *capability.Capabilities, transacts bool) {
	if w.Op.Action == stores.Update && capabilities.Lacking(capability.CanSetType) && w.setsSame() {
		guard := stores.Guard{ID: w.Op.Guard.ID, Key: w.Op.Guard.Key, Whole: w.Before}
		w.Op = stores.Op{Action: stores.Replace, Document: stores.Updated(w.Before, w.Op.Set, w.Op.Unset), Guard: guard}
	}
	if transacts && slices.ContainsFunc(w.Needs(), capabilities.Lacking) {
		w.Alone = true
	}
}

// setsSame reports whether a value that is set is no other one to some servers.
func (w *Write) setsSame() bool {
	return slices.ContainsFunc(w.Op.Set, func(f stores.Field) bool {
		v, ok := doc.Get(w.Before, f.Path)
		return ok && NoChange(v, f.Value)
	})
}

// NoChange reports whether a value that differs from another one may be taken for the same
// by a server: it is another one by its type or form alone, in a number within it, say. The
// scope of code, which is compared by its bytes here, may be such a value.
func NoChange(before, after bson.RawValue) bool {
	return doc.Same(before, after) || before.Type == bson.TypeCodeWithScope && after.Type == before.Type
}

// Needs are the features beyond the core dialect that the write takes.
func (w *Write) Needs() []string {
	if w.Alone {
		return []string{capability.CanTransactions}
	}
	var out []string
	if w.Op.Action == stores.Update && w.setsSame() {
		out = append(out, capability.CanSetType)
	}
	if w.Op.Guard.Whole != nil {
		out = append(out, capability.CanWholeGuard)
	}
	if w.Op.Action == stores.Replace && !stores.Replaceable(w.Op.Document) {
		out = append(out, capability.CanUpdatePipeline)
	}
	return out
}
