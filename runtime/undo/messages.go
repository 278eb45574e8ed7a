package undo

// Reasons why undo leaves something.
//
//js:table
const (
	noteUnsent = "the run is not marked as undone: undo it with the Go program, which can write what mongosh cannot send" // only in JavaScript

	noteSealed = "its journal is encrypted: MONGOCD_JOURNAL_KEY shows what it wrote, document by document"

	leftChanged      = "changed since the run: {paths}" // the first ten, joined by ", ", then ", …"
	leftDocument     = "changed since the run"
	leftGone         = "removed since the run"
	leftTaken        = "another document has its _id"
	leftTooLarge     = "the write would be larger than one operation may be"
	leftRefused      = "the server refused it: {server}"
	leftCannotSend   = "mongosh cannot send {path} ({type}): use the Go program" // only in JavaScript
	leftBusy         = "it changed three times while it was being undone"
	leftNoCollection = "the collection is gone"
	leftIndexChanged = "it has other options now"
	leftIndexTaken   = "another index has its name or its keys"
	leftCollection   = "a collection that a run created stays, as others may have written to it"
)

var _, _ = noteUnsent, leftCannotSend // the driver sends every value; the texts stand here with the others
