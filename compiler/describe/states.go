// Package describe tells people what states and documents have: what differs
// between two sides (states.go; changes.go document by document), where the
// values of one document come from, and what nobody wrote (defaults.go).
//
// In: states of two environments or revisions. Out: collection by collection
// what is changed, added and left out. Values of secrets and of redacted fields
// are in none of it (masks.go).
package describe

import (
	"cmp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// CollectionChanges is how one collection differs between two sides, or, with
// no collection on either, what a weave says of the whole run.
type CollectionChanges struct {
	Weave string
	// Environment is that of both sides; empty when they have different ones.
	Environment string
	// From and To are DATABASE.COLLECTION on each side, safe for terminals; empty
	// on a side that has no such collection.
	From, To string
	// Before and After are numbers of documents, Same of those without a difference.
	Before, After, Same int
	// Settings are what differs besides documents: of Diff, options and indexes;
	// of DiffStates, everything that desired.Collection.Settings has.
	Settings []FieldChange
	// Documents are those changed or added, by identity, then those left out.
	Documents []DocumentChanges
	// Notes are what else there is to say, Conflicts what apply would refuse for;
	// safe for terminals.
	Notes, Conflicts []string
}

// Differs reports whether there is any difference.
func (c *CollectionChanges) Differs() bool {
	return len(c.Settings)+len(c.Documents)+len(c.Conflicts) > 0 || (c.From == "") != (c.To == "")
}

// What happens to a document between two sides.
const (
	ChangeDocument  = "change"
	MakeDocument    = "make"      // by a `document` statement
	LeaveOutExtract = "leave-out" // by a filter
	AddDocument     = "add"       // the first side has not got it
	RemoveDocument  = "remove"    // the second side has not got it
	UnknownDocument = "unknown"   // nothing but secrets that are not known may differ
)

// DocumentChanges is one document that is not the same on both sides.
type DocumentChanges struct {
	Action string
	// Document is what identifies it, for people.
	Document string
	// Origin is the place of the rule that makes it.
	Origin string
	// Fields are the differing ones of a changed document, and the unknown ones.
	Fields []FieldChange
}

// Structure is the structure of a collection as one document.
func Structure(options bson.Raw, indexes []bson.Raw) bson.Raw {
	b := doc.NewBuilder(256)
	if len(options) > 0 {
		b.AppendDocument("options", options)
	}
	values := make([]bson.RawValue, len(indexes))
	for i, index := range indexes {
		values[i] = bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: index}
	}
	return b.AppendArray("indexes", values...).Raw()
}

// DiffStates compares what is wanted by states of two revisions, or with
// across of two environments. Collections come in the order of the second
// side's, then those that only the first has. A weave stands before them where
// it says something else of the whole run.
func DiffStates(before, after []*desired.State, across bool) []CollectionChanges {
	out := []CollectionChanges{}
	of := func(in []*desired.State, s *desired.State) *desired.State {
		i := slices.IndexFunc(in, func(o *desired.State) bool {
			return o.Weave == s.Weave && (across || o.Environment == s.Environment)
		})
		if i < 0 {
			return nil
		}
		return in[i]
	}
	for _, s := range after {
		out = append(out, diffState(of(before, s), s, across)...)
	}
	for _, s := range before {
		if of(after, s) == nil {
			out = append(out, diffState(s, nil, across)...)
		}
	}
	return out
}

// diffState compares two states of one weave; one of them may be nil.
func diffState(before, after *desired.State, across bool) []CollectionChanges {
	empty := &desired.State{}
	a, b := cmp.Or(before, empty), cmp.Or(after, empty)
	head := CollectionChanges{Weave: cmp.Or(b.Weave, a.Weave), Settings: Changes(a.Settings(), b.Settings())}
	if !across {
		head.Environment = cmp.Or(b.Environment, a.Environment)
	}
	var out []CollectionChanges
	if head.Differs() {
		out = append(out, head)
	}
	head.Settings = nil
	// In two environments the databases differ, the statement is the same one.
	same := func(c, d *desired.Collection) bool {
		if across {
			return c.Name == d.Name && c.Origin == d.Origin
		}
		return c.Namespace() == d.Namespace()
	}
	// So do those of the collections that are linked to.
	target := Namespace
	if across {
		target = func(l desired.LinkedID) string { return targetAcross(a, b, l) }
	}
	other := func(in *desired.State, c *desired.Collection) *desired.Collection {
		if i := slices.IndexFunc(in.Collections, func(d *desired.Collection) bool { return same(c, d) }); i >= 0 {
			return in.Collections[i]
		}
		return nil
	}
	for _, c := range b.Collections {
		out = append(out, diffCollection(head, other(a, c), c, target))
	}
	for _, c := range a.Collections {
		if other(b, c) == nil {
			out = append(out, diffCollection(head, c, nil, target))
		}
	}
	return out
}

// targetAcross names a link's collection without its database, which is another
// one in each environment; with it where a state has two collections of the name.
func targetAcross(a, b *desired.State, l desired.LinkedID) string {
	for _, s := range []*desired.State{a, b} {
		n := 0
		for _, c := range s.Collections {
			if c.Name == l.Collection {
				n++
			}
		}
		if n > 1 {
			return Namespace(l)
		}
	}
	return l.Collection
}

// diffCollection compares what two states want of a collection; one of them may
// be nil. target names the collections that are linked to.
func diffCollection(c CollectionChanges, before, after *desired.Collection, target func(desired.LinkedID) string) CollectionChanges {
	a, b := cmp.Or(before, &desired.Collection{}), cmp.Or(after, &desired.Collection{})
	left, right := new(doc.Builder).Raw(), new(doc.Builder).Raw()
	if before != nil {
		c.From, left = diag.Safe(before.Namespace(), 200), before.Settings()
	}
	if after != nil {
		c.To, right = diag.Safe(after.Namespace(), 200), after.Settings()
	}
	c.Before, c.After, c.Settings = len(a.Documents), len(b.Documents), Changes(left, right)
	redact := slices.Concat(a.Redact, b.Redact)
	identity := b.Identity
	if after == nil {
		identity = a.Identity
	}
	key := func(d desired.Document) string {
		var values []bson.RawValue
		for _, p := range identity {
			v, _ := doc.Get(d.Raw, p)
			values = append(values, v)
		}
		return doc.Key(values...)
	}
	olds := make(map[string]*desired.Document, len(a.Documents))
	for i := range a.Documents {
		olds[key(a.Documents[i])] = &a.Documents[i]
	}
	news := make(map[string]bool, len(b.Documents))
	for _, d := range b.Documents {
		k := key(d)
		news[k] = true
		old := olds[k]
		if old == nil {
			c.Documents = append(c.Documents, DocumentChanges{Action: AddDocument, Document: identityText(identity, d.Raw), Origin: d.Origin})
			continue
		}
		fields := Changes(Mask(WithWords(*old, target), redact, d.Secrets), Mask(WithWords(d, target), redact, old.Secrets))
		if len(fields) == 0 {
			c.Same++
			continue
		}
		c.Documents = append(c.Documents, DocumentChanges{Action: ChangeDocument, Document: identityText(identity, d.Raw), Fields: fields})
	}
	for _, d := range a.Documents {
		if !news[key(d)] {
			c.Documents = append(c.Documents, DocumentChanges{Action: RemoveDocument, Document: identityText(identity, d.Raw)})
		}
	}
	return c
}

// identityText names a document by its identity: name "a", region "eu".
func identityText(identity []doc.Path, d bson.Raw) string {
	var parts []string
	for _, p := range identity {
		if v, ok := doc.Get(d, p); ok {
			parts = append(parts, p.String()+" "+doc.Show(v, 60))
		}
	}
	return strings.Join(parts, ", ")
}
