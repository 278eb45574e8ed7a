// Package stores is what the enforcement engine needs of a destination: a
// small set of typed operations on BSON bytes, with two implementations,
// stores/mongo (a server, through the driver) and stores/dir (a directory in
// the extracted layout).
//
// In: namespaces, keys, operations with their guards as data. Out: documents
// and counts. Nothing here knows the desired state; update.go has the pure
// parts that both implementations and the engine share.
package stores

import (
	"context"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Store is a destination. Every method honours ctx. Errors say what was being
// done, to which namespace, and what to check; they never hold a password.
type Store interface {
	// Collections describes those of the named collections that exist, sorted
	// by name.
	Collections(ctx context.Context, database string, names []string) ([]CollectionInfo, error)
	// Indexes returns the indexes of an existing collection as listIndexes
	// does, `_id_` included.
	Indexes(ctx context.Context, ns Namespace) ([]bson.Raw, error)
	// Count returns the number of documents from metadata.
	Count(ctx context.Context, ns Namespace) (int64, error)
	// Find yields at least every document that the query asks for, in no
	// particular order; the caller matches again. Documents are the caller's
	// to keep. An error ends the sequence.
	Find(ctx context.Context, ns Namespace, query Query) iter.Seq2[bson.Raw, error]
	// CreateCollection creates a collection with options of the create command.
	CreateCollection(ctx context.Context, ns Namespace, options bson.Raw) error
	// CreateIndexes creates all indexes in one command.
	CreateIndexes(ctx context.Context, ns Namespace, specs []bson.Raw) error
	// DropIndex drops the index of this name.
	DropIndex(ctx context.Context, ns Namespace, name string) error
	// Modify changes options of an existing collection, or one of its indexes:
	// change has the fields of the collMod command beside the collection's name.
	// MongoDB manual: reference/command/collMod.
	Modify(ctx context.Context, ns Namespace, change bson.Raw) error
	// Size returns the number of documents and the bytes of BSON that they have.
	Size(ctx context.Context, ns Namespace) (documents, bytes int64, err error)
	// Write sends one unordered batch. Operations that were refused one by one
	// are in the Result; the error is for a batch that failed as a whole: then the
	// Result counts what is known to be done.
	Write(ctx context.Context, ns Namespace, ops []Op) (Result, error)
	// Transact carries out all of the operations, or none: the documents are read,
	// every guard has to hold for what was read, and the writes go by `_id` alone. A
	// Replace takes its document away before any of the documents of Insert and
	// Replace is put there, so that values of unique indexes can move in any way. A
	// result with fewer done than asked for means that nothing was done. The error
	// is an UnsureError when it is not known whether it was committed, and Retryable
	// when the server says that the whole may be tried again.
	Transact(ctx context.Context, ns Namespace, ops []Op) (Result, error)
	// Run sends a database command as it is. The error of a server that answered
	// with one is a RefusedError.
	Run(ctx context.Context, database string, command bson.Raw) error
	// Close releases connections, or writes what is pending.
	Close(ctx context.Context) error
}

// Server is a destination that carries commands out and answers them: what a
// run remembers (docs/state.md) is kept on one. A Store that is no Server, such
// as a directory, keeps none.
type Server interface {
	// Command sends a command as it is and returns the reply, which may hold
	// writeErrors. The error of a server that answered with one is a RefusedError,
	// that of a write concern which was not reached an UnsureError.
	Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error)
	// Concerns are those of the connection string, which it has put into every command.
	Concerns() Concerns
}

// Namespace names a collection.
type Namespace struct {
	Database, Collection string
}

// String returns "database.collection".
func (n Namespace) String() string { return n.Database + "." + n.Collection }

// CollectionInfo is one collection as listCollections describes it.
type CollectionInfo struct {
	Name string
	// Type is "collection", "view" or "timeseries".
	Type string
	// Options are those the collection was created with; empty when none.
	Options bson.Raw
	// UUID tells a collection from all others; empty where there is none.
	UUID []byte
}

// Query says which documents are wanted. Exactly one of All, Keys and Filter
// is used, in this order.
type Query struct {
	All bool
	// Keys are tuples of values of Paths; a document with one of them is wanted.
	Paths []doc.Path
	Keys  [][]bson.RawValue
	// Filter is a query of the server's language.
	Filter bson.Raw
	// Collation, when not nil, is how a server compares text. A directory does not.
	Collation bson.Raw
	// SimpleCollation asks for binary comparison on a collection that has a
	// collation of its own.
	SimpleCollation bool
}

// Action is what an Op does.
type Action int

// The actions.
const (
	Insert Action = iota
	Update
	Replace
	Delete
)

// Op is one guarded write of one document.
type Op struct {
	Action Action
	// Document is the whole document, `_id` first: Insert and Replace.
	Document bson.Raw
	// Set and Unset are the changes of an Update; no path is a prefix of
	// another, and every name in them can be addressed.
	Set   []Field
	Unset []doc.Path
	// Guard is what must still be so: Update, Replace and Delete.
	Guard Guard
}

// Field is a value at a path.
type Field struct {
	Path  doc.Path
	Value bson.RawValue
}

// Guard is the state of a document in which alone an Op may be done.
type Guard struct {
	ID bson.RawValue
	// Key is what the document has of its collection's shard key, beside ID and Present.
	Key []Field
	// Present and Absent say what was read at the written paths.
	Present []Field
	Absent  []doc.Path
	// Whole, when not nil, is the document that must be unchanged as a whole.
	Whole bson.Raw
}

// Result counts what a batch did.
type Result struct {
	Inserted, Matched, Deleted int
	// Refused are the operations that the store answered with an error, by
	// their index in the batch.
	Refused []Refusal
}

// Done is how many operations were done.
func (r Result) Done() int { return r.Inserted + r.Matched + r.Deleted }

// Refusal is one operation that failed.
type Refusal struct {
	Index int
	// Duplicate: a unique index has the value already (11000).
	Duplicate bool
	// Moved: the document no longer has the shape that the update needs (a
	// parent is no document any more); it counts as not matched.
	Moved bool
	// Retryable: the server says that it may take the operation later.
	Retryable bool
	Code      int // the server's
	Message   string
	// Details are the server's errInfo; empty when it gave none.
	Details bson.Raw
}
