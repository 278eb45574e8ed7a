// The texts of conflicts and of reasons, as in conflicts.go (a test compares the
// two). `{name}` is replaced by fill.

// CONFLICT_ORDER is the order in which conflicts are reported.
const CONFLICT_ORDER = [
  'secret-missing', 'newer-state', 'damaged-state', 'wrong-cluster', 'claim-mismatch', 'managed-elsewhere', 'held', 'own-source',
  'wrong-kind', 'view-source-missing', 'server-lacks', 'option-unchangeable', 'prune-empty', 'prune-bound', 'ambiguous-destination', 'link-missing', 'id-change', 'shard-key-change', 'destination-only-fields', 'preserved-inside',
  'cannot-guard', 'id-taken', 'unique-violation', 'unique-cycle', 'validator-violation', 'no-such-run', 'undo-newer-first', 'journal-mismatch', 'undo-outside', 'missing-privilege', 'lease-held', 'not-approved', 'lease-lost', 'changed-while-running',
  'verify-failed',
];

// TEXTS are message and fix of every conflict.
const TEXTS = {
  secretMissing: [
    'apply needs secrets that are not given: {names}',
    'Set the environment variable {name}, or {name}_FILE to the name of a file, or MONGOCD_SECRETS_DIR to a directory with a file {name}; so for each.',
  ],
  newerState: [
    'what earlier runs left in the database {database} was written by a newer mongocd: {record} has format {format}',
    'Compile with the newest version of mongocd that is used for this destination.',
  ],
  damagedState: [
    'the record {record} in {database}.{collection} is not as mongocd writes it: {why}',
    'Find out who else writes to the database {database}. {way}',
  ],
  wrongCluster: [
    'the destination is not the cluster that this environment is on: neither its replica set ({set}) nor a host ({hosts}) matches /{pattern}/{options}',
    'Check the connection string; if the cluster has another name now, change `cluster matches` and compile again.',
  ],
  claimEnvironment: [
    'the database {database} belongs to the environment {claimed}, and this artefact is for {environment}',
    'Check the connection string; to hand the database over, run `claim`.',
  ],
  claimCluster: [
    'the database {database} was first written to on the cluster {claimed}, and this is {found}',
    'Check the connection string; if this is the same data on a new cluster, run `claim`.',
  ],
  managedElsewhere: [
    'the weave {weave} (environment {environment}) manages this collection',
    'Take the collection out of one of the two weaves; to hand it over, run `claim`.',
  ],
  held: [
    'this artefact was undone (run {run}) and is held back: {artefact}',
    'Apply another artefact, or lift the hold with `release-hold`.',
  ],
  ownSource: [
    'this is a collection that the data was extracted from',
    'Check the connection string; if it is meant to be written to, run with --same-cluster (MONGOCD_SAME_CLUSTER=1).',
  ],
  leaseHeld: [
    'the run {run} is writing to the database {database}; its lease ends in {seconds} s unless it is renewed',
    'Wait for it (--wait, MONGOCD_WAIT); if it is not running any more, add --force-unlock {run} (MONGOCD_FORCE_UNLOCK).',
  ],
  leaseUnnamed: [
    'the lease of the database {database} does not say which run holds it, and until when: the record `{record}` of {state}.control',
    'Make sure that no run is writing to the database, then delete that record.',
  ],
  leaseLost: [
    'the lease of the database {database} was taken by another run while this one was writing',
    'Find out who took it; running again continues where this run stopped.',
  ],
  leaseLostLate: [
    'the lease of the database {database} was taken by another run while this one was writing; this may have been carried out since: {late}',
    'Find out who took it, and verify the state that it applied; running again continues where this run stopped.',
  ],
  notApproved: [
    'the plan is {found}, and {approved} was approved',
    'Review the plan again: the destination or the rules have changed since.',
  ],
  missingPrivilege: [
    '{users} may not {actions} on {namespace}, which this run needs',
    'Grant it: `mongocd privileges` prints the least role for each command, docs/privileges.md explains it.',
  ],
  wrongKind: [
    'the destination has a {kind} of this name',
    'Give the collection another name with `as`, or drop or rename what is there.',
  ],
  viewSourceMissing: [
    'the view reads what is neither at the destination nor in this weave: {collections}',
    'Sync these collections in this weave, or bring them there first; or take the view out for this environment.',
  ],
  serverLacks: [
    '{feature} needs MongoDB {version} or newer; the destination is older (wire version {wire})',
    'Take it out of the weave for this environment, or upgrade the destination first.',
  ],
  optionUnchangeable: [
    'the option {option} is {before} at the destination and {after} is wanted, which cannot be changed on an existing collection',
    'Take {option} out of `options`, or make the collection anew under another name and bring its documents over.',
  ],
  pruneEmpty: [
    'no document is wanted while `prune` is on: everything in its scope would be deleted',
    'Check the filters of the sync and the extracted data; leave `prune` out where nothing is to be managed.',
  ],
  pruneBound: [
    '{count} documents would be deleted, at most {bound} may be',
    'If all of them should go, raise the bound after `at most` in the weave and compile again; else narrow the scope of `prune`.',
  ],
  pruneBoundPercent: [
    '{count} documents would be deleted, at most {bound} may be ({percent}% of the {scope} in scope)',
    'If all of them should go, raise the bound after `at most` in the weave and compile again; else narrow the scope of `prune`.',
  ],
  ambiguousDestination: [
    '{count} destination documents have the identity {identity}: _id {ids}',
    'Remove or change all but one of them, or choose an identity (`by`) that tells them apart.',
  ],
  linkMissing: [
    '{path} of {identity} links to {target} of {collection}, which is not at the destination and is not inserted',
    'Bring that document there first (a sync in `mode update` inserts none), or take the `link` out.',
  ],
  idChange: [
    'the destination\'s _id {found} has another type than the wanted {wanted}, and an _id cannot be changed',
    'Give _id the destination\'s type in the weave, or remove the destination\'s document first.',
  ],
  idCollation: [
    'the destination\'s _id {found} is the wanted {wanted} by the collation of the collection, and an _id cannot be changed',
    'Write _id as the destination has it, or remove the destination\'s document first.',
  ],
  shardKeyChange: [
    '{path} of {identity} is to change from {before} to {after}, and it is part of the shard key: the document would have to move to another shard',
    "Keep it with `preserve {path}`, or remove the destination's document, so that it is inserted with the new value.",
  ],
  destinationOnlyFields: [
    '{identity} has fields at the destination that neither the extracted data nor a rule knows: {paths}',
    'Keep them with `preserve {paths}`, or have them removed with `mode exact`.',
  ],
  preservedInside: [
    '{path} of {identity} is to be {value}, which would remove the preserved {inside} inside it',
    'Preserve {path} as a whole, or leave it a document in the weave.',
  ],
  writeTooLarge: [
    'the write of {identity} has {size} bytes with its guard, more than the 16777216 of one operation',
    'Preserve the large field, or bring this document over by hand.',
  ],
  fieldTwice: [
    '{identity} has two fields of one name ({path}), which an update cannot tell apart',
    'Remove one of them, at the destination or in the weave.',
  ],
  cannotSend: [
    '{path} of {identity} has a value at the destination that mongosh cannot send back to check that it is unchanged ({type})',
    'Use the Go target for this collection.',
  ],
  idTaken: [
    '{identity} is to be inserted with _id {id}, which another destination document has',
    'Add `remove _id` to the sync so that the document gets an _id of its own, or identify documents by _id.',
  ],
  madeIDTaken: [
    '{identity} is to be inserted with the _id made for it, {id}, which another destination document has',
    'That document was inserted for this identity before and has been changed since: restore or remove it.',
  ],
  uniqueViolation: [
    '{identity} would have {key}, which the unique index {index} allows once; _id {other} has it too',
    'Change one of the two documents, or make both part of the sync.',
  ],
  uniqueCollation: [
    '{identity} would have {key}, which the unique index {index} allows once, compared by its collation {collation}; _id {other} has it too',
    'Leave one of the two out, or give them values that differ by this collation; where only the spelling differs, identify the documents by exactly the fields of {index}: they are then found by its collation.',
  ],
  uniqueUnmanaged: [
    'the unique index {index} cannot be created: _id {id} and _id {other} both have {key}',
    'Change one of the two documents at the destination first.',
  ],
  uniqueDelete: [
    '{identity} takes {key} of the unique index {index}, which only the deletion of _id {other} gives up; deletions come last, and {why}',
    'Remove that document at the destination first, or release in two steps.',
  ],
  uniqueCycle: [
    '{identity} takes {key} of the unique index {index} from _id {other}, and no order of the writes allows it; {why}',
    'Release in two steps: give one of the documents an interim value first.',
  ],
  validatorViolation: [
    "the collection's validator refuses {identity}: {rules}",
    'Change the rules so that the document satisfies it, or the validator: in `options` of the weave, or at the destination.',
  ],
  noSuchRun: [
    'there is no run {run} of {weave} for {environment}',
    '`runs` lists those that there are; the oldest are not kept (`backup keep`).',
  ],
  noRun: [
    'there is no run of {weave} for {environment} that could be undone',
    '`runs` lists those that there are.',
  ],
  undoNewerFirst: [
    'the run {run} cannot be undone before {newer}, which came after it and wrote to the same database',
    'Undo the newer runs first, from the newest on.',
  ],
  journalKeyMissing: [
    'the journal of the run {run} is sealed with a key, and none is given',
    'Set MONGOCD_JOURNAL_KEY to the key that the run had, or MONGOCD_JOURNAL_KEY_FILE to the name of a file that holds it.',
  ],
  journalKeyOther: [
    'the run {run} is not sealed with the key that is given',
    'Give the key that the run had; a run that had none is undone without MONGOCD_JOURNAL_KEY. If it had this key, somebody has changed its record: find out who writes to the database {database}.',
  ],
  journalUnsealed: [
    'the journal of the run {run} has no digest: the run is of an earlier version',
    'Undo it without --journal (MONGOCD_JOURNAL), after a look at what --plan shows.',
  ],
  journalOther: [
    'the journal of the run {run} is {found}, and {asked} was asked for',
    'Take the digest from the report of the run itself (run.journal). If it is from there, somebody has changed the journal: find out who writes to the database {database}.',
  ],
  journalChanged: [
    'the journal of the run {run} has changed since it was shown',
    'Run again: the run was still writing. If it was not, find out who writes to the database {database}.',
  ],
  undoOutside: [
    'the journal of the run {run} writes to {namespace}, which is no collection of the build at hand',
    'Name the build that the run was of (--from; its artefact is {artefact}), with --database as the run had it. If it never wrote there, somebody has changed the journal: find out who writes to the database {database}.',
  ],
  changedWhileRunning: [
    'documents changed three times between being read and being written; {count} writes are left to do',
    'Run again; if it happens again, find out who writes to the same fields.',
  ],
  changedDuplicate: [
    'the server refused writes three times for a duplicate key; {count} writes are left to do: {server}',
    'Look at the unique index that the server names: another document has the value, or another program writes it.',
  ],
  verifyFailed: [
    'after everything was written, {count} differences are left',
    'Run `plan` to see them: another program writes to the same fields, or the server does not keep what it is given.',
  ],
};

// Notes of a report on what may arrive late.
const NOTE_MAY_ARRIVE = 'sent without an answer, this may still be carried out: {late}; the next run waits {seconds} s for it';
const NOTE_OTHER = 'the run {run} is writing to the database {database}, or was broken off: what it sent may still be carried out';

// NOTE_HELD is a note of a report.
const NOTE_HELD = 'this artefact was undone (run {run}) and is held back: what undo took back counts as a difference';

// NOTE_STATE_UNREAD is a note of a report.
const NOTE_SHARD_KEYS_UNREAD = 'this user may not read the shard keys of the destination (find on config.collections): writes go by _id, and changes of a shard key are left to the server to refuse';
const NOTE_STATE_UNREAD = 'what earlier runs left in the database {database} may not be read by this user: claims, holds and causes are left out';

const VALUE_REMOVED = 'removed';
// why of uniqueDelete and uniqueCycle.
const WHY_NO_TRANSACTIONS = 'there are no transactions on this collection';
const WHY_TOO_MANY = 'more documents change at once than a transaction takes (1000, or 16777216 bytes)';
// Of a validator; parts: the first five by their paths in it, joined by ", ".
const NOTE_UNJUDGED = 'the validator of {namespace} has parts that only the server judges: {parts}';
const NOTE_VALIDATION_LOGGED = '{count} documents of {namespace} break its validator, which only logs that (validationAction warn)';
const REASON_NAME = 'another index has this name';
const REASON_OPTIONS = 'has other options at the destination ({options})';
const REASON_TTL = 'deletes documents and is not created on an existing collection';
const REASON_IN_PLACE = '{changes}'; // "option: before → after", joined by ", "
const REASON_REBUILT = '{changes}; dropped and created again';
const REASON_DROP_INDEX = 'drop index';
const REASON_EXACT = 'indexes exact';
const REASON_NAME_WANTED = 'another index is to have its name';

// Why undo leaves something.
const NOTE_UNSENT = 'the run is not marked as undone: undo it with the Go program, which can write what mongosh cannot send';
const LEFT_CHANGED = 'changed since the run: {paths}'; // the first ten, joined by ", ", then ", …"
const LEFT_DOCUMENT = 'changed since the run';
const LEFT_GONE = 'removed since the run';
const LEFT_TAKEN = 'another document has its _id';
const LEFT_TOO_LARGE = 'the write would be larger than one operation may be';
const LEFT_REFUSED = 'the server refused it: {server}';
const LEFT_CANNOT_SEND = 'mongosh cannot send {path} ({type}): use the Go program';
const LEFT_BUSY = 'it changed three times while it was being undone';
const LEFT_NO_COLLECTION = 'the collection is gone';
const LEFT_INDEX_CHANGED = 'it has other options now';
const LEFT_INDEX_TAKEN = 'another index has its name or its keys';
const LEFT_COLLECTION = 'a collection that a run created stays, as others may have written to it';
