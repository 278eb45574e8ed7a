package enforce

// The texts of conflicts and of reasons, in one place because runtime/prelude
// has the same ones. `{name}` is replaced by fill; values by their short form
// (text.go, show), paths by doc.Path.String.

import "strings"

// Codes of conflicts, in the order they are reported (docs/enforcement.md);
// conflictinfo.go has which texts belong to each.
const (
	SecretMissing         = "secret-missing"
	NewerState            = "newer-state"
	DamagedState          = "damaged-state"
	WrongCluster          = "wrong-cluster"
	ClaimMismatch         = "claim-mismatch"
	ManagedElsewhere      = "managed-elsewhere"
	Held                  = "held"
	OwnSource             = "own-source"
	WrongKind             = "wrong-kind"
	ViewSourceMissing     = "view-source-missing"
	ServerLacks           = "server-lacks"
	OptionUnchangeable    = "option-unchangeable"
	PruneEmpty            = "prune-empty"
	PruneBound            = "prune-bound"
	AmbiguousDestination  = "ambiguous-destination"
	LinkMissing           = "link-missing"
	IDChange              = "id-change"
	ShardKeyChange        = "shard-key-change"
	DestinationOnlyFields = "destination-only-fields"
	PreservedInside       = "preserved-inside"
	CannotGuard           = "cannot-guard"
	IDTaken               = "id-taken"
	UniqueViolation       = "unique-violation"
	UniqueCycle           = "unique-cycle"
	ValidatorViolation    = "validator-violation"
	LeaseHeld             = "lease-held"
	NotApproved           = "not-approved"
	MissingPrivilege      = "missing-privilege"
	LeaseLost             = "lease-lost"
	NoSuchRun             = "no-such-run"
	UndoNewerFirst        = "undo-newer-first"
	JournalMismatch       = "journal-mismatch"
	UndoOutside           = "undo-outside"
	ChangedWhileRunning   = "changed-while-running"
	VerifyFailed          = "verify-failed"
)

var conflictOrder = []string{
	SecretMissing, NewerState, DamagedState, WrongCluster, ClaimMismatch, ManagedElsewhere, Held, OwnSource, WrongKind, ViewSourceMissing, ServerLacks, OptionUnchangeable,
	PruneEmpty, PruneBound, AmbiguousDestination, LinkMissing, IDChange, ShardKeyChange, DestinationOnlyFields, PreservedInside, CannotGuard, IDTaken, UniqueViolation, UniqueCycle, ValidatorViolation,
	NoSuchRun, UndoNewerFirst, JournalMismatch, UndoOutside, MissingPrivilege, LeaseHeld, NotApproved, LeaseLost, ChangedWhileRunning, VerifyFailed,
}

// text is what a conflict says, and the edit to make.
type text struct{ message, fix string }

var (
	// Of a whole state, before anything is read; names: all that are missing, sorted.
	textSecretMissing = text{
		"apply needs secrets that are not given: {names}",
		"Set the environment variable {name}, or {name}_FILE to the name of a file, or MONGOCD_SECRETS_DIR to a directory with a file {name}; so for each.",
	}
	// Of what runs remember (docs/state.md). record: the `_id`.
	textNewerState = text{
		"what earlier runs left in the database {database} was written by a newer mongocd: {record} has format {format}",
		"Compile with the newest version of mongocd that is used for this destination.",
	}
	// why: what is wrong with the record; way: what to do about this kind of record.
	textDamagedState = text{
		"the record {record} in {database}.{collection} is not as mongocd writes it: {why}",
		"Find out who else writes to the database {database}. {way}",
	}
	// set, hosts: as hello gave them, "none" when there are none.
	textWrongCluster = text{
		"the destination is not the cluster that this environment is on: neither its replica set ({set}) nor a host ({hosts}) matches /{pattern}/{options}",
		"Check the connection string; if the cluster has another name now, change `cluster matches` and compile again.",
	}
	textClaimEnvironment = text{
		"the database {database} belongs to the environment {claimed}, and this artefact is for {environment}",
		"Check the connection string; to hand the database over, run `claim`.",
	}
	// claimed, found: the replica set, or the hosts where there is none.
	textClaimCluster = text{
		"the database {database} was first written to on the cluster {claimed}, and this is {found}",
		"Check the connection string; if this is the same data on a new cluster, run `claim`.",
	}
	textManagedElsewhere = text{
		"the weave {weave} (environment {environment}) manages this collection",
		"Take the collection out of one of the two weaves; to hand it over, run `claim`.",
	}
	textHeld = text{
		"this artefact was undone (run {run}) and is held back: {artefact}",
		"Apply another artefact, or lift the hold with `release-hold`.",
	}
	textOwnSource = text{
		"this is a collection that the data was extracted from",
		"Check the connection string; if it is meant to be written to, run with --same-cluster (MONGOCD_SAME_CLUSTER=1).",
	}
	textLeaseHeld = text{
		"the run {run} is writing to the database {database}; its lease ends in {seconds} s unless it is renewed",
		"Wait for it (--wait, MONGOCD_WAIT); if it is not running any more, add --force-unlock {run} (MONGOCD_FORCE_UNLOCK).",
	}
	textLeaseUnnamed = text{
		"the lease of the database {database} does not say which run holds it, and until when: the record `{record}` of {state}.control",
		"Make sure that no run is writing to the database, then delete that record.",
	}
	textLeaseLost = text{
		"the lease of the database {database} was taken by another run while this one was writing",
		"Find out who took it; running again continues where this run stopped.",
	}
	textLeaseLostLate = text{
		"the lease of the database {database} was taken by another run while this one was writing; this may have been carried out since: {late}",
		"Find out who took it, and verify the state that it applied; running again continues where this run stopped.",
	}
	textNotApproved = text{
		"the plan is {found}, and {approved} was approved",
		"Review the plan again: the destination or the rules have changed since.",
	}
	// users: NAME@DATABASE; actions: MongoDB's names.
	textMissingPrivilege = text{
		"{users} may not {actions} on {namespace}, which this run needs",
		"Grant it: `mongocd privileges` prints the least role for each command, docs/privileges.md explains it.",
	}
	// kind: view, time series collection, capped collection, collection.
	textWrongKind = text{
		"the destination has a {kind} of this name",
		"Give the collection another name with `as`, or drop or rename what is there.",
	}
	// collections: DATABASE.COLLECTION, sorted.
	textViewSourceMissing = text{
		"the view reads what is neither at the destination nor in this weave: {collections}",
		"Sync these collections in this weave, or bring them there first; or take the view out for this environment.",
	}
	// feature, version: what and since when; wire: the server's wire version.
	textServerLacks = text{
		"{feature} needs MongoDB {version} or newer; the destination is older (wire version {wire})",
		"Take it out of the weave for this environment, or upgrade the destination first.",
	}
	// before, after: short forms, or "(missing)".
	textOptionUnchangeable = text{
		"the option {option} is {before} at the destination and {after} is wanted, which cannot be changed on an existing collection",
		"Take {option} out of `options`, or make the collection anew under another name and bring its documents over.",
	}
	textPruneEmpty = text{
		"no document is wanted while `prune` is on: everything in its scope would be deleted",
		"Check the filters of the sync and the extracted data; leave `prune` out where nothing is to be managed.",
	}
	textPruneBound = text{
		"{count} documents would be deleted, at most {bound} may be",
		"If all of them should go, raise the bound after `at most` in the weave and compile again; else narrow the scope of `prune`.",
	}
	textPruneBoundPercent = text{
		"{count} documents would be deleted, at most {bound} may be ({percent}% of the {scope} in scope)",
		textPruneBound.fix,
	}
	// ids: the first five, joined by ", ", then ", …".
	textAmbiguous = text{
		"{count} destination documents have the identity {identity}: _id {ids}",
		"Remove or change all but one of them, or choose an identity (`by`) that tells them apart.",
	}
	// target: the identity; collection: the destination's namespace.
	textLinkMissing = text{
		"{path} of {identity} links to {target} of {collection}, which is not at the destination and is not inserted",
		"Bring that document there first (a sync in `mode update` inserts none), or take the `link` out.",
	}
	textIDChange = text{
		"the destination's _id {found} has another type than the wanted {wanted}, and an _id cannot be changed",
		"Give _id the destination's type in the weave, or remove the destination's document first.",
	}
	textIDCollation = text{
		"the destination's _id {found} is the wanted {wanted} by the collation of the collection, and an _id cannot be changed",
		"Write _id as the destination has it, or remove the destination's document first.",
	}
	// Of a part of the shard key; before, after: "(missing)" when there is none.
	textShardKeyChange = text{
		"{path} of {identity} is to change from {before} to {after}, and it is part of the shard key: the document would have to move to another shard",
		"Keep it with `preserve {path}`, or remove the destination's document, so that it is inserted with the new value.",
	}
	// paths: the first ten, joined by ", ", then ", …".
	textDestinationOnly = text{
		"{identity} has fields at the destination that neither the extracted data nor a rule knows: {paths}",
		"Keep them with `preserve {paths}`, or have them removed with `mode exact`.",
	}
	textPreservedInside = text{
		"{path} of {identity} is to be {value}, which would remove the preserved {inside} inside it",
		"Preserve {path} as a whole, or leave it a document in the weave.",
	}
	// value of textPreservedInside when the path is to be absent.
	valueRemoved = "removed"

	textTooLarge = text{
		"the write of {identity} has {size} bytes with its guard, more than the 16777216 of one operation",
		"Preserve the large field, or bring this document over by hand.",
	}
	textTwice = text{
		"{identity} has two fields of one name ({path}), which an update cannot tell apart",
		"Remove one of them, at the destination or in the weave.",
	}
	// Only in runtime/prelude: type is the language's name of the type, or "duplicate keys".
	textCannotSend = text{
		"{path} of {identity} has a value at the destination that mongosh cannot send back to check that it is unchanged ({type})",
		"Use the Go target for this collection.",
	}
	textIDTaken = text{
		"{identity} is to be inserted with _id {id}, which another destination document has",
		"Add `remove _id` to the sync so that the document gets an _id of its own, or identify documents by _id.",
	}
	textMadeIDTaken = text{
		"{identity} is to be inserted with the _id made for it, {id}, which another destination document has",
		"That document was inserted for this identity before and has been changed since: restore or remove it.",
	}
	// key: an object, index path -> value.
	textUnique = text{
		"{identity} would have {key}, which the unique index {index} allows once; _id {other} has it too",
		"Change one of the two documents, or make both part of the sync.",
	}
	// collation: the index's.
	textUniqueCollation = text{
		"{identity} would have {key}, which the unique index {index} allows once, compared by its collation {collation}; _id {other} has it too",
		"Leave one of the two out, or give them values that differ by this collation; where only the spelling differs, identify the documents by exactly the fields of {index}: they are then found by its collation.",
	}
	textUniqueUnmanaged = text{
		"the unique index {index} cannot be created: _id {id} and _id {other} both have {key}",
		"Change one of the two documents at the destination first.",
	}
	textUniqueDelete = text{
		"{identity} takes {key} of the unique index {index}, which only the deletion of _id {other} gives up; deletions come last, and {why}",
		"Remove that document at the destination first, or release in two steps.",
	}
	textUniqueCycle = text{
		"{identity} takes {key} of the unique index {index} from _id {other}, and no order of the writes allows it; {why}",
		"Release in two steps: give one of the documents an interim value first.",
	}
	// rules: the first five that are broken, joined by "; ", then "; …".
	textValidator = text{
		"the collection's validator refuses {identity}: {rules}",
		"Change the rules so that the document satisfies it, or the validator: in `options` of the weave, or at the destination.",
	}
	// Of undo, of the whole run; run as it was named.
	textNoSuchRun = text{
		"there is no run {run} of {weave} for {environment}",
		"`runs` lists those that there are; the oldest are not kept (`backup keep`).",
	}
	textNoRun = text{
		"there is no run of {weave} for {environment} that could be undone",
		"`runs` lists those that there are.",
	}
	textUndoNewerFirst = text{
		"the run {run} cannot be undone before {newer}, which came after it and wrote to the same database",
		"Undo the newer runs first, from the newest on.",
	}
	textJournalKeyMissing = text{
		"the journal of the run {run} is sealed with a key, and none is given",
		"Set MONGOCD_JOURNAL_KEY to the key that the run had, or MONGOCD_JOURNAL_KEY_FILE to the name of a file that holds it.",
	}
	textJournalKeyOther = text{
		"the run {run} is not sealed with the key that is given",
		"Give the key that the run had; a run that had none is undone without MONGOCD_JOURNAL_KEY. If it had this key, somebody has changed its record: find out who writes to the database {database}.",
	}
	textJournalUnsealed = text{
		"the journal of the run {run} has no digest: the run is of an earlier version",
		"Undo it without --journal (MONGOCD_JOURNAL), after a look at what --plan shows.",
	}
	// found, asked: sha256:…
	textJournalDigest = text{
		"the journal of the run {run} is {found}, and {asked} was asked for",
		"Take the digest from the report of the run itself (run.journal). If it is from there, somebody has changed the journal: find out who writes to the database {database}.",
	}
	textJournalChanged = text{
		"the journal of the run {run} has changed since it was shown",
		"Run again: the run was still writing. If it was not, find out who writes to the database {database}.",
	}
	textUndoOutside = text{
		"the journal of the run {run} writes to {namespace}, which is no collection of the build at hand",
		"Name the build that the run was of (--from; its artefact is {artefact}), with --database as the run had it. If it never wrote there, somebody has changed the journal: find out who writes to the database {database}.",
	}
	// why of textUniqueDelete and textUniqueCycle.
	whyNoTransactions = "there are no transactions on this collection"
	whyTooMany        = "more documents change at once than a transaction takes (1000, or 16777216 bytes)"

	textChanged = text{
		"documents changed three times between being read and being written; {count} writes are left to do",
		"Run again; if it happens again, find out who writes to the same fields.",
	}
	// Refused: the server's last message, when it refused for a duplicate key.
	textChangedDuplicate = text{
		"the server refused writes three times for a duplicate key; {count} writes are left to do: {server}",
		"Look at the unique index that the server names: another document has the value, or another program writes it.",
	}
	textVerify = text{
		"after everything was written, {count} differences are left",
		"Run `plan` to see them: another program writes to the same fields, or the server does not keep what it is given.",
	}
)

// noteShardKeysUnread is a note of a report.
const noteShardKeysUnread = "this user may not read the shard keys of the destination (find on config.collections): writes go by _id, and changes of a shard key are left to the server to refuse"

// noteHeld is a note of a report.
const noteHeld = "this artefact was undone (run {run}) and is held back: what undo took back counts as a difference"

// Notes of a report on what may arrive late.
const (
	noteMayArrive = "sent without an answer, this may still be carried out: {late}; the next run waits {seconds} s for it"
	noteOther     = "the run {run} is writing to the database {database}, or was broken off: what it sent may still be carried out"
)

// noteNoCollations is a note of a report.
const noteNoCollations = "a directory compares texts byte for byte, and {collection} has a collation for what identifies its documents: a server may find documents there that are inserts here"

// noteStateUnread is a note of a report.
const noteStateUnread = "what earlier runs left in the database {database} may not be read by this user: claims, holds and causes are left out"

// Of a validator; parts: the first five by their paths in it, joined by ", ".
const (
	noteUnjudged         = "the validator of {namespace} has parts that only the server judges: {parts}"
	noteValidationLogged = "{count} documents of {namespace} break its validator, which only logs that (validationAction warn)"
)

// Reasons of index items.
const (
	reasonName    = "another index has this name"
	reasonOptions = "has other options at the destination ({options})" // names of options, sorted, joined by ", "
	reasonTTL     = "deletes documents and is not created on an existing collection"
	// changes: "option: before → after", joined by ", ".
	reasonInPlace    = "{changes}"
	reasonRebuilt    = "{changes}; dropped and created again"
	reasonDropIndex  = "drop index"
	reasonExact      = "indexes exact"
	reasonNameWanted = "another index is to have its name"
)

// fill replaces each {name} by the value after it.
func fill(template string, pairs ...string) string {
	var b strings.Builder
	for template != "" {
		open := strings.IndexByte(template, '{')
		end := strings.IndexByte(template[max(open, 0):], '}')
		if open < 0 || end < 0 {
			break
		}
		b.WriteString(template[:open])
		name := template[open+1 : open+end]
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				b.WriteString(pairs[i+1])
			}
		}
		template = template[open+end+1:]
	}
	b.WriteString(template)
	return b.String()
}

// Reasons why undo leaves something.
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
