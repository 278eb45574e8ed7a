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
