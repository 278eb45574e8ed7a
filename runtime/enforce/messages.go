package enforce

// Notes of reports and reasons of their items. `{name}` is replaced by
// change.Fill; the texts of conflicts are in runtime/change.

//js:table
const (
	// value of change.PreservedInside when the path is to be absent.
	valueRemoved = "removed"

	// why of change.UniqueDelete and change.UniqueCycle.
	whyNoTransactions = "there are no transactions on this collection"
	whyTooMany        = "more documents change at once than a transaction takes (1000, or 16777216 bytes)"
)

// noteShardKeysUnread is a note of a report.
//
//js:table
const noteShardKeysUnread = "this user may not read the shard keys of the destination (find on config.collections): writes go by _id, and changes of a shard key are left to the server to refuse"

// noteNoCollations is a note of a report.
const noteNoCollations = "a directory compares texts byte for byte, and {collection} has a collation for what identifies its documents: a server may find documents there that are inserts here"

// Of a validator; parts: the first five by their paths in it, joined by ", ".
//
//js:table
const (
	noteUnjudged         = "the validator of {namespace} has parts that only the server judges: {parts}"
	noteValidationLogged = "{count} documents of {namespace} break its validator, which only logs that (validationAction warn)"
)

// Reasons why undo leaves something.
//
//js:table
const (
	noteUnsent = "the run is not marked as undone: undo it with the Go program, which can write what mongosh cannot send" // only in runtime/prelude

	leftChanged      = "changed since the run: {paths}" // the first ten, joined by ", ", then ", …"
	leftDocument     = "changed since the run"
	leftGone         = "removed since the run"
	leftTaken        = "another document has its _id"
	leftTooLarge     = "the write would be larger than one operation may be"
	leftRefused      = "the server refused it: {server}"
	leftCannotSend   = "mongosh cannot send {path} ({type}): use the Go program" // only in runtime/prelude
	leftBusy         = "it changed three times while it was being undone"
	leftNoCollection = "the collection is gone"
	leftIndexChanged = "it has other options now"
	leftIndexTaken   = "another index has its name or its keys"
	leftCollection   = "a collection that a run created stays, as others may have written to it"
)

var _, _ = noteUnsent, leftCannotSend // the driver sends every value; the texts stand here with the others
