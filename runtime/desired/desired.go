// Package desired is the wanted state of a destination as plain data: the
// hinge between the compiler, which makes one State per environment and weave,
// and the two engines (in Go and in JavaScript),
// which bring a destination to it.
//
// In: nothing but values. Out: State and its parts; policy.go has its
// policies, cond.go the conditions of `prune where`; parts.go what is enforced by runs of their own; file.go, render.go, split.go and read.go are the file
// format (manifest.json and desired/), filepolicy.go and readpolicy.go its policies, outputs.go the digests of a build folder. A State is immutable once made.
package desired

import (
	"crypto/sha256"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Format is the version of the file format that this package writes, 1 where no collection
// lies in several files. A newer one is refused with a message that names it.
const Format = 2

// State is what one weave wants of one environment.
type State struct {
	Weave       string
	Environment string
	// Compiler is "mongocd VERSION", as `mongocd version` prints it.
	Compiler string
	// Commit is that of the workspace in git, with "-dirty" where files were changed since; empty: not known. It is in
	// the manifest of a build folder and for the record of runs, and no part of the state: Digest does not depend on it.
	Commit string
	// TimeZones is the release of the IANA Time Zone Database that dates were
	// calculated with; empty when no rule needs one.
	TimeZones string
	// Inputs are the values of `input` declarations, sorted by name: for the record.
	Inputs []InputValue
	// Cluster is what the destination must be; nil: any.
	Cluster *Cluster
	// Sources are the collections that the data was extracted from, as
	// layout.SourceID names them, sorted. No destination collection may be one of them.
	Sources []string
	// Before and After run once a run, and only when something will be written.
	Before, After []Command
	// Apart are the databases of fan-outs, sorted: each is enforced by a run of its own
	// (Parts).
	Apart []string
	// Collections are in the order they are written; prune runs in reverse.
	Collections []*Collection
}

// Mode says what the weave owns of a document (docs/enforcement.md, Modes).
type Mode string

// The modes.
const (
	Replace   Mode = "replace"
	Exact     Mode = "exact"
	Merge     Mode = "merge"
	Update    Mode = "update"
	Insert    Mode = "insert"
	Structure Mode = "structure"
)

// Drift says what becomes of what the destination changed by itself since a run wrote it
// (docs/enforcement.md, Drift). Empty is DriftRepair.
type Drift string

// What becomes of it.
const (
	DriftRepair Drift = "repair" // it is written over
	DriftKeep   Drift = "keep"   // it stays
	DriftStop   Drift = "stop"   // nothing is written
)

// DriftRule is the name of the rule about it.
//
//js:table
const DriftRule = "drift"

// Collection is what is wanted of one destination collection.
type Collection struct {
	Database string
	Name     string
	// Origin is the place of the `sync` statement, "flags.weave:6:3".
	Origin string
	// Options are those of the create command (capped, collation, validator, …),
	// used only when the collection is missing. Empty when there are none.
	Options bson.Raw
	// Indexes as listIndexes gives them, without `v` and `ns`, without `_id_`.
	Indexes []bson.Raw
	// Identity are the paths whose values identify a document: at least one.
	Identity []doc.Path
	Mode     Mode
	Drift    Drift
	Preserve []doc.Path
	Ignore   []doc.Path
	Absent   []doc.Path
	// Lists are those of which the weave owns a part, by path.
	Lists []List
	// Redact and Omit are fields that extraction left out: never owned.
	Redact, Omit []Pattern
	// Moves are documents that get another identity; those of a chain stand one after
	// the other, each with the identity that the one before moves to.
	Moves []Move
	// Links are the paths that hold identities of other collections' documents.
	Links []Link
	// IndexesExact: indexes that are not in Indexes go, `_id_` apart.
	IndexesExact bool
	// Declared are the names of those of Indexes that the weave has a line for,
	// DropIndexes those of indexes that go. Both sorted.
	Declared, DropIndexes []string
	// SetOptions are the names of options that are enforced on a collection that
	// exists already, sorted: those of Options, or absent there.
	SetOptions []string
	// Reads are the names of what a view reads, in its database, sorted.
	Reads []string
	// BackupKeep is how many changing runs the journal keeps; 0: not said.
	BackupKeep int64
	// Before and After run once, around the writes of this collection.
	Before, After []Command
	// Rules are the destination statements in force, for messages.
	Rules []Rule
	// Known are the paths of fields, arrays not entered, that an extracted
	// document has or a rule writes: in mode replace the destination's fields
	// outside of Known are never removed. Sorted.
	Known []doc.Path
	Prune *Prune // nil: nothing is deleted
	// Documents are sorted by identity in BSON comparison order. Of those that were read
	// from files Raw is nil: the method Raw has it.
	Documents []Document
	stored    *stored // what their BSON is read from, where Raw is nil
}

// Namespace returns "database.collection".
func (c *Collection) Namespace() string { return c.Database + "." + c.Name }

// IsView reports whether the collection is a view: it has no documents and no
// indexes of its own.
func (c *Collection) IsView() bool {
	_, ok := doc.Get(c.Options, doc.Path{"viewOn"})
	return ok
}

// IdentityIsID reports whether documents are identified by `_id` alone.
func (c *Collection) IdentityIsID() bool {
	return len(c.Identity) == 1 && len(c.Identity[0]) == 1 && c.Identity[0][0] == "_id"
}

// Document is one wanted document.
type Document struct {
	Raw bson.Raw
	// Sum is the SHA-256 of Raw, where who made it knows that; else nil.
	Sum *[sha256.Size]byte `json:"-"`
	// Origin is the place of the rule that made it; empty: its collection's Origin.
	Origin string
	// Secrets and Links are what the artefact fills in; Raw has null there.
	Secrets []Secret
	Links   []LinkedID
}

// Prune is `prune all|where E at most N[%]`.
type Prune struct {
	// Origin is the place of the statement.
	Origin string
	// Where is the scope; nil: every document of the collection.
	Where *Cond
	// Filter is a query that finds at least every document for which Where
	// holds: it only narrows what is read. Empty document: no narrowing.
	Filter  bson.Raw
	AtMost  int64
	Percent bool
}
