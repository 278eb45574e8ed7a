// Package model says what is expected of a run, independently of the engines:
// small, slow and obviously right. Tests hold the Go engine and the JavaScript
// engine against it.
//
// In: a desired state, the texts of its secrets, and a world (the destination as
// it is). Out: Expected: the world as it is to be, the outcome, the conflicts'
// codes and the counts. It is written from docs/enforcement.md and works on
// decoded, ordered documents; of this module it imports the plain data of
// runtime/desired and nothing else (a test holds it to that).
//
// value.go decodes values and says which are the same, condition.go has the
// conditions of `prune where`, owned.go what the weave owns of a document,
// compare.go what differs in a document, lists.go lists owned in part, apply.go what a server makes of a
// write, links.go the links, unique.go the unique indexes, structure.go
// collections and indexes, server.go a server's side of filters and updates.
package model

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
)

// World is what is at a destination, by "database.collection".
type World map[string]*Collection

// Collection is one collection of a World.
type Collection struct {
	Options   bson.Raw // of the create command; nil: none
	Indexes   []bson.Raw
	Documents []bson.Raw
}

// Outcomes, in the report's words.
const (
	InSync  = "in-sync"
	Applied = "applied"
	Refused = "refused"
)

// Expected is what is to be seen after a run of apply.
type Expected struct {
	Outcome string
	World   World
	// Conflicts are "database.collection code", in the order of the report.
	Conflicts []string
	// Counts are by "database.collection".
	Counts map[string]Counts
}

// Counts are the numbers of documents in a report.
type Counts struct{ Desired, InSync, Insert, Update, Delete, Absent, Unmanaged int }

// order is that of conflicts in a report (docs/enforcement.md, Conflicts).
var order = []string{
	"wrong-kind", "prune-empty", "prune-bound", "ambiguous-destination", "cannot-move", "link-missing", "id-change", "destination-only-fields",
	"preserved-inside", "unclear-list", "cannot-guard", "id-taken", "unique-violation", "validator-violation",
}

// Apply says what is expected of `apply`.
func Apply(state *desired.State, secrets map[string]string, world World) Expected {
	e := Expected{World: World{}, Counts: map[string]Counts{}}
	for name, c := range world {
		e.World[name] = c
	}
	var runs []*run
	for _, c := range state.Collections {
		runs = append(runs, newRun(state, c, secrets, world[c.Namespace()]))
	}
	for _, r := range runs {
		r.link(runs)
	}
	changes := 0
	for _, r := range runs {
		c := r.c
		after, changed := r.look()
		if changed {
			changes++
			e.World[c.Namespace()] = after
		}
		e.Counts[c.Namespace()] = r.counts
		for _, code := range order {
			for range r.conflicts[code] {
				e.Conflicts = append(e.Conflicts, c.Namespace()+" "+code)
			}
		}
	}
	switch {
	case len(e.Conflicts) > 0:
		e.Outcome, e.World = Refused, world
	case changes > 0:
		e.Outcome = Applied
	default:
		e.Outcome = InSync
	}
	return e
}

// run is what is known of one collection.
type run struct {
	state     *desired.State
	c         *desired.Collection
	wanted    []Value     // in identity order
	live      *Collection // nil: there is none
	documents []Value     // of live
	// passed says of which wanted documents nothing is done, as what they link to is not known.
	passed map[int]bool
	// given are the twins of identities that documents move to, away the identities
	// that they move from, stuck those of moves that cannot be told, leaving the
	// `_id`s that become others.
	given     map[string][]Value
	away      map[string]bool
	stuck     map[string]bool
	leaving   map[string]bool
	conflicts map[string]int
	counts    Counts
	writes    []write // in identity order
}

func newRun(state *desired.State, c *desired.Collection, secrets map[string]string, live *Collection) *run {
	r := &run{state: state, c: c, live: live, passed: map[int]bool{}, conflicts: map[string]int{}}
	r.counts.Desired = len(c.Documents)
	for _, d := range c.Documents {
		r.wanted = append(r.wanted, withSecrets(d, secrets))
	}
	switch {
	case live != nil && kind(live.Options) != kind(c.Options):
		r.conflicts["wrong-kind"]++
	case c.Prune != nil && len(r.wanted) == 0:
		r.conflicts["prune-empty"]++
	case live != nil:
		for _, raw := range live.Documents {
			r.documents = append(r.documents, Decode(raw))
		}
	}
	r.moves()
	return r
}

// inConflict: as a whole, so that nothing more is said of the collection.
func (r *run) inConflict() bool { return r.conflicts["wrong-kind"]+r.conflicts["prune-empty"] > 0 }

// write is one document that changes: before has no fields of an insert, after none of a delete.
type write struct{ before, after Value }

func (w write) isInsert() bool { return w.before.Type == 0 }

// look gives the collection as it is to be, and whether that is a change.
func (r *run) look() (*Collection, bool) {
	if r.inConflict() {
		return nil, false
	}
	if kind(r.c.Options) == "view" {
		return &Collection{Options: r.c.Options}, r.live == nil
	}
	documents, after := r.documents, &Collection{Options: r.c.Options, Indexes: r.c.Indexes}
	plan, changes := indexPlan{there: r.c.Indexes}, true // those of a new collection are made before its documents
	if r.live != nil {
		plan = r.indexes()
		after.Indexes = plan.after
		after.Options, changes = r.options()
	}
	rest := r.match(documents)
	deleted := r.prune(documents, rest)
	gone := len(deleted) > 0
	if deleted == nil {
		deleted = map[string]bool{}
	}
	for id := range r.leaving {
		deleted[id], gone = true, true
	}
	r.takenIDs(documents)
	r.unique(plan.there, plan.build, documents, deleted)
	r.validate(after.Options)

	for _, d := range documents {
		switch i := slices.IndexFunc(r.writes, func(w write) bool { return !w.isInsert() && w.before.id() == d.id() }); {
		case i >= 0:
			after.Documents = append(after.Documents, r.writes[i].after.Encode())
		case !deleted[d.id()]:
			after.Documents = append(after.Documents, d.Encode())
		}
	}
	for _, w := range r.writes {
		if w.isInsert() {
			after.Documents = append(after.Documents, w.after.Encode())
		}
	}
	return after, changes || plan.changed || len(r.writes) > 0 || gone
}

// match compares each wanted document with its twin and gives the documents that are nobody's.
func (r *run) match(documents []Value) (rest []Value) {
	if r.c.Mode == desired.Structure {
		return nil
	}
	for _, d := range documents {
		k, ok := r.identity(d)
		if !ok || !r.away[k] && !slices.ContainsFunc(r.wanted, func(w Value) bool { wk, _ := r.identity(w); return wk == k }) {
			rest = append(rest, d)
		}
	}
	for i, wanted := range r.wanted {
		k, _ := r.identity(wanted)
		switch found := r.twins(k); {
		case r.stuck[k]:
		case len(found) > 1:
			r.conflicts["ambiguous-destination"]++
		case r.passed[i]:
		case len(found) == 0 && r.c.Mode == desired.Update:
			r.counts.Absent++
		case len(found) == 0:
			r.counts.Insert++
			r.writes = append(r.writes, write{after: r.inserted(wanted)})
		case r.given[k] != nil:
			r.move(wanted, found[0])
		case r.c.Mode == desired.Insert:
			if !r.idChanges(wanted, found[0]) {
				r.counts.InSync++
			}
		default:
			r.compare(wanted, found[0], &r.c.Documents[i])
		}
	}
	return rest
}

// compare adds the update of a document, counts it as in sync, or finds conflicts.
func (r *run) compare(wanted, live Value, d *desired.Document) {
	difference := compare(r.c, wanted, live)
	if !difference.unclear && r.idChanges(wanted, live) {
		return
	}
	switch {
	case refuse(r, difference):
	case !difference.reason():
		r.counts.InSync++
	default:
		r.counts.Update++
		r.writes = append(r.writes, write{before: live, after: difference.apply(live)})
	}
}

// refuse notes the conflicts of a document, if there are some.
func refuse(r *run, d *difference) bool {
	for code, found := range map[string]bool{"destination-only-fields": d.destinationOnly, "preserved-inside": d.preservedInside, "unclear-list": d.unclear} {
		if found {
			r.conflicts[code]++
		}
	}
	return d.refused()
}

// idChanges finds that `_id`, which identifies, is the same number in another type.
func (r *run) idChanges(wanted, live Value) bool {
	if !r.c.IdentityIsID() {
		return false
	}
	w, _ := wanted.get("_id")
	l, _ := live.get("_id")
	if identical(w, l) {
		return false
	}
	r.conflicts["id-change"]++
	return true
}

// identity is the key of a document; false when it has none.
func (r *run) identity(d Value) (string, bool) {
	key := ""
	for _, path := range r.c.Identity {
		v, ok := d.get(path...)
		if !ok || v.Type == bson.TypeNull || v.Type == bson.TypeArray {
			return "", false
		}
		key += v.key()
	}
	return key, true
}

// inserted is a document with an `_id`, in front.
func (r *run) inserted(d Value) Value {
	id, ok := d.get("_id")
	if !ok {
		id = Value{Type: bson.TypeObjectID, Bytes: r.madeID(d)}
	}
	out := Value{Type: bson.TypeEmbeddedDocument, Fields: []Field{{Name: "_id", Value: id}}}
	for _, f := range d.Fields {
		if f.Name != "_id" {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// madeID is the `_id` of an insert without one (docs/enforcement.md, Writes of
// one document). Names of identity paths are plain ones in tests.
func (r *run) madeID(d Value) []byte {
	identity := Value{Type: bson.TypeEmbeddedDocument}
	for _, path := range r.c.Identity {
		v, _ := d.get(path...)
		identity.Fields = append(identity.Fields, Field{Name: strings.Join(path, "."), Value: v})
	}
	h := sha256.New()
	for _, s := range []string{r.state.Weave, r.state.Environment, r.c.Database, r.c.Name} {
		h.Write([]byte(s + "\x00"))
	}
	h.Write(identity.Encode())
	return h.Sum(nil)[:12]
}

// prune gives the `_id`s of the documents that go.
func (r *run) prune(documents, rest []Value) map[string]bool {
	p := r.c.Prune
	if r.c.Mode == desired.Structure {
		return nil
	}
	if p == nil {
		r.counts.Unmanaged = len(rest)
		return nil
	}
	scope, deleted := 0, map[string]bool{}
	for _, d := range documents {
		if p.Where == nil || holds(p.Where, d) {
			scope++
		}
	}
	for _, d := range rest {
		if p.Where != nil && !holds(p.Where, d) {
			continue
		}
		if _, ok := r.identity(d); ok {
			deleted[d.id()] = true
		} else {
			r.counts.Unmanaged++
		}
	}
	bound := int(p.AtMost)
	if p.Percent {
		bound = scope * bound / 100
	}
	if len(deleted) > bound {
		r.conflicts["prune-bound"]++
	}
	r.counts.Delete = len(deleted)
	return deleted
}

// takenIDs finds inserts whose `_id` another document has.
func (r *run) takenIDs(documents []Value) {
	if r.c.IdentityIsID() {
		return
	}
	for _, w := range r.writes {
		if w.isInsert() && slices.ContainsFunc(documents, func(d Value) bool { return d.id() == w.after.id() && !r.leaving[d.id()] }) {
			r.conflicts["id-taken"]++
		}
	}
}

// withSecrets decodes a wanted document with its secrets filled in.
func withSecrets(d desired.Document, secrets map[string]string) Value {
	out := Decode(d.Raw)
	for _, s := range d.Secrets {
		text := ""
		for _, part := range s.Parts {
			text += part.Text + secrets[part.Name]
		}
		put(&out, s.Path, stringValue(text))
	}
	return out
}

// put replaces the value at a path of names and, in arrays, positions.
func put(v *Value, path []string, by Value) {
	if len(path) == 0 {
		*v = by
		return
	}
	for i := range v.Fields {
		name := v.Fields[i].Name
		if v.Type == bson.TypeArray {
			name = strconv.Itoa(i)
		}
		if name == path[0] {
			put(&v.Fields[i].Value, path[1:], by)
			return
		}
	}
}
