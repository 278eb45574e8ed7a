// Package change is what a run finds and says, as plain data: the report, with the
// differences of documents, indexes and options, counts, conflicts and their codes;
// the list of runs; and the short form of a value that messages have.
//
// In: what a run found, and values. Out: reports, and texts of conflicts. No I/O.
//
//	report.go         the report and all in it; outcomes and exit codes
//	runs.go           the list of runs
//	conflicts.go      what each conflict says, and the edit to make
//	conflictcodes.go  the codes of conflicts in order, and where their rules stand
//	show.go           values, names and paths in messages
//
// Package view writes a report for people.
package change

// The texts of conflicts: what each says, and the edit to make. `{name}` is
// replaced by a value in its short form (show.go), or by a path as
// doc.Path.String writes it.

import "strings"

// ConflictText is what a conflict says and the edit to make; `{name}` stands
// for what a run fills in.
type ConflictText struct{ Code, Message, Fix string }

// Conflict makes a conflict of the text with the values after each name.
func (t ConflictText) Conflict(pairs ...string) Conflict {
	return Conflict{Code: t.Code, Message: Fill(t.Message, pairs...), Fix: Fill(t.Fix, pairs...)}
}

// Fill replaces each {name} by the value after it.
func Fill(template string, pairs ...string) string {
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

// DriftField is one field in a conflict about drift, DriftFieldBoth one of which the rules want
// another value now, too.
//
//js:table
const (
	DriftField     = "{path} is {found}, and {wanted} was applied and is wanted"
	DriftFieldBoth = "{path} is {found}, {wanted} is wanted, and neither is what was applied"
)

// Texts of conflicts, by code in the order of reports.
//
//js:table
var (
	// Of a whole state, before anything is read; names: all that are missing, sorted.
	SecretMissing = ConflictText{"secret-missing",
		"apply needs secrets that are not given: {names}",
		"Set the environment variable {name}, or {name}_FILE to the name of a file, or MONGOCD_SECRETS_DIR to a directory with a file {name}; so for each."}
	// Of what runs remember (docs/state.md). record: the `_id`.
	NewerState = ConflictText{"newer-state",
		"what earlier runs left in the database {database} was written by a newer mongocd: {record} has format {format}",
		"Compile with the newest version of mongocd that is used for this destination."}
	// why: what is wrong with the record; way: what to do about this kind of record.
	DamagedState = ConflictText{"damaged-state",
		"the record {record} in {database}.{collection} is not as mongocd writes it: {why}",
		"Find out who else writes to the database {database}. {way}"}
	// set, hosts: as hello gave them, "none" when there are none.
	WrongCluster = ConflictText{"wrong-cluster",
		"the destination is not the cluster that this environment is on: neither its replica set ({set}) nor a host ({hosts}) matches /{pattern}/{options}",
		"Check the connection string; if the cluster has another name now, change `cluster matches` and compile again."}
	ClaimEnvironment = ConflictText{"claim-mismatch",
		"the database {database} belongs to the environment {claimed}, and this artefact is for {environment}",
		"Check the connection string; to hand the database over, run `claim`."}
	// claimed, found: the replica set, or the hosts where there is none.
	ClaimCluster = ConflictText{"claim-mismatch",
		"the database {database} was first written to on the cluster {claimed}, and this is {found}",
		"Check the connection string; if this is the same data on a new cluster, run `claim`."}
	ManagedElsewhere = ConflictText{"managed-elsewhere",
		"the weave {weave} (environment {environment}) manages this collection",
		"Take the collection out of one of the two weaves; to hand it over, run `claim`."}
	Held = ConflictText{"held",
		"this artefact was undone (run {run}) and is held back: {artefact}",
		"Apply another artefact, or lift the hold with `release-hold`."}
	OwnSource = ConflictText{"own-source",
		"this is a collection that the data was extracted from",
		"Check the connection string; if it is meant to be written to, run with --same-cluster (MONGOCD_SAME_CLUSTER=1)."}
	// kind: view, time series collection, capped collection, collection.
	WrongKind = ConflictText{"wrong-kind",
		"the destination has a {kind} of this name",
		"Give the collection another name with `as`, or drop or rename what is there."}
	// collections: DATABASE.COLLECTION, sorted.
	ViewSourceMissing = ConflictText{"view-source-missing",
		"the view reads what is neither at the destination nor in this weave: {collections}",
		"Sync these collections in this weave, or bring them there first; or take the view out for this environment."}
	// feature, version: what and since when; wire: the server's wire version.
	ServerLacks = ConflictText{"server-lacks",
		"{feature} needs MongoDB {version} or newer; the destination is older (wire version {wire})",
		"Take it out of the weave for this environment, or upgrade the destination first."}
	// version: of buildInfo; feature: in words.
	ServerCannot = ConflictText{"server-lacks",
		"the destination (version {version}) was tried, and has not what this takes: {feature}",
		"Take it out of the weave for this environment (a validator of the source by an empty one in `options`), or use a server that has it: `mongocd doctor` lists what this one lacks."}
	// before, after: short forms, or "(missing)".
	OptionUnchangeable = ConflictText{"option-unchangeable",
		"the option {option} is {before} at the destination and {after} is wanted, which cannot be changed on an existing collection",
		"Take {option} out of `options`, or make the collection anew under another name and bring its documents over."}
	PruneEmpty = ConflictText{"prune-empty",
		"no document is wanted while `prune` is on: everything in its scope would be deleted",
		"Check the filters of the sync and the extracted data; leave `prune` out where nothing is to be managed."}
	PruneBound = ConflictText{"prune-bound",
		"{count} documents would be deleted, at most {bound} may be",
		"If all of them should go, raise the bound after `at most` in the weave and compile again; else narrow the scope of `prune`."}
	PruneBoundPercent = ConflictText{"prune-bound",
		"{count} documents would be deleted, at most {bound} may be ({percent}% of the {scope} in scope)",
		PruneBound.Fix}
	// ids: the first five, joined by ", ", then ", …".
	AmbiguousDestination = ConflictText{"ambiguous-destination",
		"{count} destination documents have the identity {identity}: _id {ids}",
		"Remove or change all but one of them, or choose an identity (`by`) that tells them apart."}
	// from, to: the identities; ids: of the documents that have them.
	MoveBoth = ConflictText{"cannot-move",
		"{from} is to move to {to}, and both are at the destination: _id {ids}",
		"Remove the one that is not wanted there, or take the `moved` out when it has done its work."}
	MoveUnclear = ConflictText{"cannot-move",
		"{from} is to move to {to} in a chain of moves, and it cannot be told which of them were made: _id {ids}",
		"Take those of the chain out that this destination has behind it: `for` says where a `moved` holds."}
	// why: one of the reasons of unique-cycle.
	MoveTogether = ConflictText{"cannot-move",
		"{from} is to move to {identity}, which takes a transaction, as its _id changes: {why}",
		"Use a destination that is a replica set, or move fewer documents at once."}
	// target: the identity; collection: the destination's namespace.
	LinkMissing = ConflictText{"link-missing",
		"{path} of {identity} links to {target} of {collection}, which is not at the destination and is not inserted",
		"Bring that document there first (a sync in `mode update` inserts none), or take the `link` out."}
	IDChange = ConflictText{"id-change",
		"the destination's _id {found} has another type than the wanted {wanted}, and an _id cannot be changed",
		"Give _id the destination's type in the weave, or remove the destination's document first."}
	IDCollation = ConflictText{"id-change",
		"the destination's _id {found} is the wanted {wanted} by the collation of the collection, and an _id cannot be changed",
		"Write _id as the destination has it, or remove the destination's document first."}
	// Of a part of the shard key; before, after: "(missing)" when there is none.
	ShardKeyChange = ConflictText{"shard-key-change",
		"{path} of {identity} is to change from {before} to {after}, and it is part of the shard key: the document would have to move to another shard",
		"Keep it with `preserve {path}`, or remove the destination's document, so that it is inserted with the new value."}
	// Of drift. run: that wrote the ledger last; changes: DriftField or DriftFieldBoth of the first ten paths.
	DriftFound = ConflictText{"drift-found",
		"{identity} was changed at the destination since {run}: {changes}",
		"Take it into the weave (`mongocd capture`), leave it to the destination with `preserve {paths}` or `drift keep`, or write over it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1)."}
	DriftDeleted = ConflictText{"drift-found",
		"{identity} was deleted at the destination since {run}",
		"Take it out of the weave (`except where …`, or `mongocd capture`), leave it deleted with `drift keep`, or insert it again in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1)."}
	DriftInserted = ConflictText{"drift-found",
		"{identity} was inserted at the destination, and `prune` would delete it",
		"Take it into the weave (`document { … }`), leave it there with `drift keep`, or delete it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1)."}
	DriftFoundBoth = ConflictText{"drift-conflict",
		"{identity} was changed at the destination since {run}, and the rules want another value now: {changes}",
		"Take what is there into the weave (`mongocd capture`), leave it to the destination with `preserve {paths}`, or write over it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1)."}
	DriftDeletedBoth = ConflictText{"drift-conflict",
		"{identity} was deleted at the destination since {run}, and the rules want it otherwise now",
		"Take it out of the weave (`except where …`), or insert it again in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1)."}
	DriftGone = ConflictText{"drift-conflict",
		"{identity} was changed at the destination since {run}, and `prune` would delete it",
		"Keep it in the weave, or delete it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1)."}
	DriftUntold = ConflictText{"drift-conflict",
		"{identity} is not in the ledger that {run} wrote, which was undone or has too many fields to tell: nobody can tell what was changed at the destination",
		"Look at what `plan --repair-drift` would write over, then apply with --repair-drift (MONGOCD_REPAIR_DRIFT=1)."}
	// paths: the first ten, joined by ", ", then ", …".
	DestinationOnlyFields = ConflictText{"destination-only-fields",
		"{identity} has fields at the destination that neither the extracted data nor a rule knows: {paths}",
		"Keep them with `preserve {paths}`, or have them removed with `mode exact`."}
	PreservedInside = ConflictText{"preserved-inside",
		"{path} of {identity} is to be {value}, which would remove the preserved {inside} inside it",
		"Preserve {path} as a whole, or leave it a document in the weave."}
	// key: of the elements, {field: value, …}.
	UnclearElement = ConflictText{"unclear-list",
		"{count} elements of {path} of {identity} have {key} at the destination, and one of them is the weave's",
		"Remove all but one of them there, or name more fields that tell the elements of {path} apart: `elements {path} by …`."}
	// type: the language's name.
	UnclearList = ConflictText{"unclear-list",
		"{path} of {identity} is a value of the type {type} at the destination, and the weave owns elements of a list there",
		"Remove or change it there, or take the statement about {path} out of the weave: the list is then written as a whole."}
	WriteTooLarge = ConflictText{"cannot-guard",
		"the write of {identity} has {size} bytes with its guard, more than the 16777216 of one operation",
		"Preserve the large field, or bring this document over by hand."}
	FieldTwice = ConflictText{"cannot-guard",
		"{identity} has two fields of one name ({path}), which an update cannot tell apart",
		"Remove one of them, at the destination or in the weave."}
	// Only in JavaScript: type is the language's name of the type, or "duplicate keys".
	CannotSend = ConflictText{"cannot-guard",
		"{path} of {identity} has a value at the destination that mongosh cannot send back to check that it is unchanged ({type})",
		"Use the Go target for this collection."}
	IDTaken = ConflictText{"id-taken",
		"{identity} is to be inserted with _id {id}, which another destination document has",
		"Add `remove _id` to the sync so that the document gets an _id of its own, or identify documents by _id."}
	MadeIDTaken = ConflictText{"id-taken",
		"{identity} is to be inserted with the _id made for it, {id}, which another destination document has",
		"That document was inserted for this identity before and has been changed since: restore or remove it."}
	// key: an object, index path -> value.
	UniqueViolation = ConflictText{"unique-violation",
		"{identity} would have {key}, which the unique index {index} allows once; _id {other} has it too",
		"Change one of the two documents, or make both part of the sync."}
	// collation: the index's.
	UniqueCollation = ConflictText{"unique-violation",
		"{identity} would have {key}, which the unique index {index} allows once, compared by its collation {collation}; _id {other} has it too",
		"Leave one of the two out, or give them values that differ by this collation; where only the spelling differs, identify the documents by exactly the fields of {index}: they are then found by its collation."}
	UniqueUnmanaged = ConflictText{"unique-violation",
		"the unique index {index} cannot be created: _id {id} and _id {other} both have {key}",
		"Change one of the two documents at the destination first."}
	UniqueDelete = ConflictText{"unique-cycle",
		"{identity} takes {key} of the unique index {index}, which only the deletion of _id {other} gives up; deletions come last, and {why}",
		"Remove that document at the destination first, or release in two steps."}
	UniqueCycle = ConflictText{"unique-cycle",
		"{identity} takes {key} of the unique index {index} from _id {other}, and no order of the writes allows it; {why}",
		"Release in two steps: give one of the documents an interim value first."}
	// rules: the first five that are broken, joined by "; ", then "; …".
	ValidatorViolation = ConflictText{"validator-violation",
		"the collection's validator refuses {identity}: {rules}",
		"Change the rules so that the document satisfies it, or the validator: in `options` of the weave, or at the destination."}
	// Of undo, of the whole run; run as it was named.
	NoSuchRun = ConflictText{"no-such-run",
		"there is no run {run} of {weave} for {environment}",
		"`runs` lists those that there are; the oldest are not kept (`backup keep`)."}
	NoRun = ConflictText{"no-such-run",
		"there is no run of {weave} for {environment} that could be undone",
		"`runs` lists those that there are."}
	UndoNewerFirst = ConflictText{"undo-newer-first",
		"the run {run} cannot be undone before {newer}, which came after it and wrote to the same database",
		"Undo the newer runs first, from the newest on."}
	JournalKeyMissing = ConflictText{"journal-mismatch",
		"the journal of the run {run} is sealed with a key, and none is given",
		"Set MONGOCD_JOURNAL_KEY to the key that the run had, or MONGOCD_JOURNAL_KEY_FILE to the name of a file that holds it."}
	JournalKeyOther = ConflictText{"journal-mismatch",
		"the run {run} is not sealed with the key that is given",
		"Give the key that the run had; a run that had none is undone without MONGOCD_JOURNAL_KEY. If it had this key, somebody has changed its record: find out who writes to the database {database}."}
	JournalUnsealed = ConflictText{"journal-mismatch",
		"the journal of the run {run} has no digest: the run is of an earlier version",
		"Undo it without --journal (MONGOCD_JOURNAL), after a look at what --plan shows."}
	// found, asked: sha256:…
	JournalOther = ConflictText{"journal-mismatch",
		"the journal of the run {run} is {found}, and {asked} was asked for",
		"Take the digest from the report of the run itself (run.journal). If it is from there, somebody has changed the journal: find out who writes to the database {database}."}
	JournalChanged = ConflictText{"journal-mismatch",
		"the journal of the run {run} has changed since it was shown",
		"Run again: the run was still writing. If it was not, find out who writes to the database {database}."}
	UndoOutside = ConflictText{"undo-outside",
		"the journal of the run {run} writes to {namespace}, which is no collection of the build at hand",
		"Name the build that the run was of (--from; its artefact is {artefact}), with --database as the run had it. If it never wrote there, somebody has changed the journal: find out who writes to the database {database}."}
	// users: NAME@DATABASE; actions: MongoDB's names.
	MissingPrivilege = ConflictText{"missing-privilege",
		"{users} may not {actions} on {namespace}, which this run needs",
		"Grant it: `mongocd privileges` prints the least role for each command, docs/privileges.md explains it."}
	LeaseHeld = ConflictText{"lease-held",
		"the run {run} is writing to the database {database}; its lease ends in {seconds} s unless it is renewed",
		"Wait for it (--wait, MONGOCD_WAIT); if it is not running any more, add --force-unlock {run} (MONGOCD_FORCE_UNLOCK)."}
	LeaseUnnamed = ConflictText{"lease-held",
		"the lease of the database {database} does not say which run holds it, and until when: the record `{record}` of {state}.control",
		"Make sure that no run is writing to the database, then delete that record."}
	NotApproved = ConflictText{"not-approved",
		"the plan is {found}, and {approved} was approved",
		"Review the plan again: the destination or the rules have changed since."}
	LeaseLost = ConflictText{"lease-lost",
		"the lease of the database {database} was taken by another run while this one was writing",
		"Find out who took it; running again continues where this run stopped."}
	LeaseLostLate = ConflictText{"lease-lost",
		"the lease of the database {database} was taken by another run while this one was writing; this may have been carried out since: {late}",
		"Find out who took it, and verify the state that it applied; running again continues where this run stopped."}
	ChangedWhileRunning = ConflictText{"changed-while-running",
		"documents changed three times between being read and being written; {count} writes are left to do",
		"Run again; if it happens again, find out who writes to the same fields."}
	// Refused: the server's last message, when it refused for a duplicate key.
	ChangedDuplicate = ConflictText{"changed-while-running",
		"the server refused writes three times for a duplicate key; {count} writes are left to do: {server}",
		"Look at the unique index that the server names: another document has the value, or another program writes it."}
	// Of a database of a fan-out that apply left as it is wanted.
	WaveDiffers = ConflictText{"verify-failed",
		"at the end of its wave the database {database} is not as it is wanted any more",
		"Run `plan` to see the differences: another program writes to the same fields."}
	// parts: what is otherwise, joined by "; ".
	NotKept = ConflictText{"verify-failed",
		"the server answered that this was done, and lists it otherwise: {parts}",
		"Take it out of the weave for this environment, or use a server that keeps it: `mongocd doctor` lists what this one lacks."}
	VerifyFailed = ConflictText{"verify-failed",
		"after everything was written, {count} differences are left",
		"Run `plan` to see them: another program writes to the same fields, or the server does not keep what it is given."}
)
