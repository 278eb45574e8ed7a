// Tables that both engines have: made of the declarations in Go that `//js:table`
// marks, by UPDATE_GOLDEN=1 go test ./runtime/prelude.

const ADVICE_NETWORK = 'Check the network and the server; running again continues where this run stopped.';
const ADVICE_OTHER = 'Check what the server says against its version and its log.';
const ADVICE_REFUSED = 'Check the collection\'s validator and the user\'s rights; running again continues where this run stopped';
const ALIKE_EXAMPLES = 3;
const ALIKE_FROM = 3;
const AMBIGUOUS_DESTINATION = {
  code: 'ambiguous-destination',
  message: '{count} destination documents have the identity {identity}: _id {ids}',
  fix: 'Remove or change all but one of them, or choose an identity (`by`) that tells them apart.',
};
const ARRAY_TYPES = [4];
const ATTEMPT_BETWEEN = 250;
const BUCKET_SPANS = {seconds: 3600, minutes: 86400, hours: 2592000};
const BUILD_FIELDS = ['gitVersion', 'ferretdb'];
const BY_BOTH = 'both';
const BY_DESTINATION = 'destination';
const BY_RULES = 'rules';
const CANNOT_SEND = {
  code: 'cannot-guard',
  message: '{path} of {identity} has a value at the destination that mongosh cannot send back to check that it is unchanged ({type})',
  fix: 'Use the Go target for this collection.',
};
const CAN_CHANGE_TTL = 'change-ttl';
const CAN_CHANGE_VALIDATOR = 'change-validator';
const CAN_COLLATED_INDEX = 'collated-index';
const CAN_COLLATION = 'collation';
const CAN_HIDDEN_INDEX = 'hidden-index';
const CAN_PARTIAL_INDEX = 'partial-index';
const CAN_READ_MAJORITY = 'majority-reads';
const CAN_SET_TYPE = 'set-type';
const CAN_TRANSACTIONS = 'transactions';
const CAN_TTL_INDEX = 'ttl-index';
const CAN_UNIQUE_INDEX = 'unique-index';
const CAN_UPDATE_PIPELINE = 'update-pipeline';
const CAN_VALIDATOR = 'validator';
const CAN_VALIDATOR_HOLDS = 'validator-holds';
const CAN_WHOLE_GUARD = 'whole-guard';
const CAPABILITY_FEATURES = [
  {name: 'majority-reads', words: 'reading with read concern majority'},
  {name: 'type-numbers', words: 'int32, int64 and double apart, with NaN, infinity and -0.0'},
  {name: 'type-decimal', words: 'decimal128 with its exponent'},
  {name: 'type-binary', words: 'binary data of every subtype'},
  {name: 'type-rare', words: 'regular expressions, code, timestamps, minKey and maxKey'},
  {name: 'type-date-range', words: 'dates before the year 1 and after 9999'},
  {name: 'dotted-names', words: 'names of fields with dots, and empty ones'},
  {name: 'dollar-names', words: 'names of fields that begin with $, below the top level'},
  {name: 'set-type', words: 'a change of nothing but a value\'s type ($set of 1.0 over 1)'},
  {name: 'set-order', words: 'new fields of one $set sorted by name'},
  {name: 'replacement', words: 'replacing a document by another one'},
  {name: 'update-pipeline', words: 'replacing a document by a pipeline ($replaceWith)'},
  {name: 'whole-guard', words: 'a guard over the whole document ($expr, $$ROOT and $literal in the filter of a write)'},
  {name: 'transactions', words: 'transactions'},
  {name: 'unique-index', words: 'unique indexes'},
  {name: 'partial-index', words: 'unique indexes with a partialFilterExpression'},
  {name: 'collated-index', words: 'unique indexes with a collation'},
  {name: 'hidden-index', words: 'hidden indexes'},
  {name: 'ttl-index', words: 'TTL indexes'},
  {name: 'change-ttl', words: 'changing a TTL index (collMod)'},
  {name: 'collation', words: 'collections with a collation'},
  {name: 'validator', words: 'validators of collections'},
  {name: 'validator-holds', words: 'refusing documents that a validator forbids'},
  {name: 'change-validator', words: 'changing a validator (collMod)'},
  {name: 'capped', words: 'capped collections'},
  {name: 'clustered', words: 'clustered collections'},
  {name: 'pre-images', words: 'changeStreamPreAndPostImages'},
  {name: 'view', words: 'views'},
  {name: 'time-series', words: 'time series collections'},
];
const CAPPED_BY_COLL_MOD = {name: 'another size of a capped collection', version: '6.0', wire: 17};
const CHANGED_DUPLICATE = {
  code: 'changed-while-running',
  message: 'the server refused writes three times for a duplicate key; {count} writes are left to do: {server}',
  fix: 'Look at the unique index that the server names: another document has the value, or another program writes it.',
};
const CHANGED_WHILE_RUNNING = {
  code: 'changed-while-running',
  message: 'documents changed three times between being read and being written; {count} writes are left to do',
  fix: 'Run again; if it happens again, find out who writes to the same fields.',
};
const CHANGE_NEEDS = [
  {option: 'validator', feature: 'change-validator'},
  {option: 'viewOn', feature: 'view'},
  {option: 'changeStreamPreAndPostImages', feature: 'pre-images'},
];
const CLAIM_CLUSTER = {
  code: 'claim-mismatch',
  message: 'the database {database} was first written to on the cluster {claimed}, and this is {found}',
  fix: 'Check the connection string; if this is the same data on a new cluster, run `claim`.',
};
const CLAIM_ENVIRONMENT = {
  code: 'claim-mismatch',
  message: 'the database {database} belongs to the environment {claimed}, and this artefact is for {environment}',
  fix: 'Check the connection string; to hand the database over, run `claim`.',
};
const CLUSTERED = {name: 'a clustered collection', version: '5.3', wire: 16};
const CODE_DOCUMENT_VALIDATION_FAILURE = 121;
const CODE_DUPLICATE_KEY = 11000;
const CODE_INDEX_NOT_FOUND = 27;
const CODE_NAMESPACE_EXISTS = 48;
const CODE_PATH_NOT_VIABLE = 28;
const CODE_UNAUTHORIZED = 13;
const COLLATION_DEFAULTS = '{"caseLevel":false,"strength":{"$numberInt":"3"},"numericOrdering":false,"maxVariable":"punct"}';
const COLLATION_FIELDS = [
  'locale',
  'caseLevel',
  'caseFirst',
  'strength',
  'numericOrdering',
  'alternate',
  'maxVariable',
  'normalization',
  'backwards',
];
const COLLECTION_TRIALS = [
  {feature: 'validator', name: 'SCRATCH.validated', options: '{"validator":{"a":{"$gt":{"$numberInt":"1"}}}}', listed: '{"options":{"validator":{"a":{}}}}'},
  {feature: 'collation', name: 'SCRATCH.collated', options: '{"collation":{"locale":"en","strength":{"$numberInt":"2"}}}', listed: '{"options":{"collation":{"locale":"en"}}}'},
  {feature: 'capped', name: 'SCRATCH.capped', options: '{"capped":true,"size":{"$numberInt":"4096"}}', listed: '{"options":{"capped":true}}'},
  {feature: 'clustered', name: 'SCRATCH.clustered', options: '{"clusteredIndex":{"key":{"_id":{"$numberInt":"1"}},"unique":true}}', listed: '{"options":{"clusteredIndex":{"unique":true}}}'},
  {feature: 'pre-images', name: 'SCRATCH.images', options: '{"changeStreamPreAndPostImages":{"enabled":true}}', listed: '{"options":{"changeStreamPreAndPostImages":{"enabled":true}}}'},
  {feature: 'time-series', name: 'SCRATCH.series', options: '{"timeseries":{"timeField":"t"}}', listed: '{"type":"timeseries"}'},
  {feature: 'view', name: 'SCRATCH.view', options: '{"viewOn":"SCRATCH","pipeline":[]}', listed: '{"type":"view","options":{"viewOn":"SCRATCH"}}'},
];
const COMMIT_LABEL = 'commit';
const COMMIT_VARIABLES = [
  'GITHUB_SHA',
  'CI_COMMIT_SHA',
  'BUILD_SOURCEVERSION',
  'CIRCLE_SHA1',
  'BITBUCKET_COMMIT',
  'BUILDKITE_COMMIT',
  'GIT_COMMIT',
  'TRAVIS_COMMIT',
  'DRONE_COMMIT_SHA',
  'CODEBUILD_RESOLVED_SOURCE_VERSION',
  'SEMAPHORE_GIT_SHA',
  'APPVEYOR_REPO_COMMIT',
];
const COMPOUND_WILDCARD = {name: 'a compound wildcard index', version: '7.0', wire: 21};
const DAMAGED_STATE = {
  code: 'damaged-state',
  message: 'the record {record} in {database}.{collection} is not as mongocd writes it: {why}',
  fix: 'Find out who else writes to the database {database}. {way}',
};
const DEFAULT_KEEP = 20;
const DESTINATION_ONLY_FIELDS = {
  code: 'destination-only-fields',
  message: '{identity} has fields at the destination that neither the extracted data nor a rule knows: {paths}',
  fix: 'Keep them with `preserve {paths}`, or have them removed with `mode exact`.',
};
const DOCUMENT_TRIALS = [
  {feature: 'type-numbers', insert: '{"_id":"numbers","i":{"$numberInt":"1"},"l":{"$numberLong":"1"},"d":{"$numberDouble":"1.0"},"z":{"$numberDouble":"-0.0"},"n":{"$numberDouble":"NaN"},"f":{"$numberDouble":"Infinity"},"b":{"$numberLong":"9007199254740993"}}'},
  {feature: 'type-decimal', insert: '{"_id":"decimal","a":{"$numberDecimal":"1.10"},"b":{"$numberDecimal":"1.1"},"c":{"$numberDecimal":"1E+3"},"n":{"$numberDecimal":"NaN"}}'},
  {feature: 'type-binary', insert: '{"_id":"binary","a":{"$binary":{"base64":"AAH/","subType":"00"}},"b":{"$binary":{"base64":"AAECAwQFBgcICQoLDA0ODw==","subType":"04"}},"c":{"$binary":{"base64":"AAH/","subType":"80"}}}'},
  {feature: 'type-rare', insert: '{"_id":"rare","r":{"$regularExpression":{"pattern":"a","options":"i"}},"c":{"$code":"x"},"t":{"$timestamp":{"t":5,"i":1}},"a":{"$minKey":1},"z":{"$maxKey":1}}'},
  {feature: 'type-date-range', insert: '{"_id":"dates","a":{"$date":{"$numberLong":"-62198755200000"}},"z":{"$date":{"$numberLong":"253402300800000"}}}'},
  {feature: 'dotted-names', insert: '{"_id":"dotted","a.b":"x","":"y","o":{"c.d":"z","":"w"}}'},
  {feature: 'dollar-names', insert: '{"_id":"dollar","o":{"$x":"y"}}'},
  {feature: 'set-type', insert: '{"_id":"type 1","a":{"$numberInt":"1"}}', guard: '', update: '{"$set":{"a":{"$numberDouble":"1.0"}}}', after: '{"_id":"type 1","a":{"$numberDouble":"1.0"}}'},
  {feature: 'set-type', insert: '{"_id":"type 2","a":{"$numberDecimal":"9.90"}}', guard: '', update: '{"$set":{"a":{"$numberDecimal":"9.9"}}}', after: '{"_id":"type 2","a":{"$numberDecimal":"9.9"}}'},
  {feature: 'set-type', insert: '{"_id":"type 3","a":{"$numberDouble":"0.0"}}', guard: '', update: '{"$set":{"a":{"$numberDouble":"-0.0"}}}', after: '{"_id":"type 3","a":{"$numberDouble":"-0.0"}}'},
  {feature: 'set-type', insert: '{"_id":"type 4","a":[{"$numberInt":"1"}]}', guard: '', update: '{"$set":{"a":[{"$numberLong":"1"}]}}', after: '{"_id":"type 4","a":[{"$numberLong":"1"}]}'},
  {feature: 'set-type', insert: '{"_id":"type 5","a":{"x":{"$numberInt":"1"}}}', guard: '', update: '{"$set":{"a":{"x":{"$numberDouble":"1.0"}}}}', after: '{"_id":"type 5","a":{"x":{"$numberDouble":"1.0"}}}'},
  {feature: 'set-type', insert: '{"_id":"type 6","a":"x"}', guard: '', update: '{"$set":{"a":{"$code":"x"}}}', after: '{"_id":"type 6","a":{"$code":"x"}}'},
  {feature: 'set-order', insert: '{"_id":"order"}', guard: '', update: '{"$set":{"z":"z","a":"a","m":"m"}}', after: '{"_id":"order","a":"a","m":"m","z":"z"}'},
  {feature: 'replacement', insert: '{"_id":"replace","a":{"$numberInt":"1"},"b":"b"}', guard: '', update: '{"_id":"replace","c":"c","a":{"$numberDouble":"1.0"}}', after: '{"_id":"replace","c":"c","a":{"$numberDouble":"1.0"}}'},
  {feature: 'update-pipeline', insert: '{"_id":"pipeline","$x":"a"}', guard: '', update: '[{"$replaceWith":{"$literal":{"$x":"b","":"c"}}}]', after: '{"_id":"pipeline","$x":"b","":"c"}'},
  {feature: 'whole-guard', insert: '{"_id":"guard 1","a":{"b":"c"}}', guard: '{"$expr":{"$eq":["$$ROOT",{"$literal":{"_id":"guard 1","a":{"b":"c"}}}]}}', update: '{"$set":{"d":"e"}}', after: '{"_id":"guard 1","a":{"b":"c"},"d":"e"}'},
  {feature: 'whole-guard', insert: '{"_id":"guard 2","a":"b","c":"d"}', guard: '{"$expr":{"$eq":["$$ROOT",{"$literal":{"_id":"guard 2","a":"b"}}]}}', update: '{"$set":{"d":"e"}}', after: '{"_id":"guard 2","a":"b","c":"d"}'},
  {feature: 'whole-guard', insert: '{"_id":"guard 3","a":"b"}', guard: '{"$expr":{"$eq":["$$ROOT",{"$literal":{"_id":"guard 3","a":"c"}}]}}', update: '{"$set":{"d":"e"}}', after: '{"_id":"guard 3","a":"b"}'},
];
const DOCUMENT_TYPES = [3];
const DRIFT_DELETED = {
  code: 'drift-found',
  message: '{identity} was deleted at the destination since {run}',
  fix: 'Take it out of the weave (`except where …`, or `mongocd capture`), leave it deleted with `drift keep`, or insert it again in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1).',
};
const DRIFT_DELETED_BOTH = {
  code: 'drift-conflict',
  message: '{identity} was deleted at the destination since {run}, and the rules want it otherwise now',
  fix: 'Take it out of the weave (`except where …`), or insert it again in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1).',
};
const DRIFT_FIELD = '{path} is {found}, and {wanted} was applied and is wanted';
const DRIFT_FIELD_BOTH = '{path} is {found}, {wanted} is wanted, and neither is what was applied';
const DRIFT_FOUND = {
  code: 'drift-found',
  message: '{identity} was changed at the destination since {run}: {changes}',
  fix: 'Take it into the weave (`mongocd capture`), leave it to the destination with `preserve {paths}` or `drift keep`, or write over it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1).',
};
const DRIFT_FOUND_BOTH = {
  code: 'drift-conflict',
  message: '{identity} was changed at the destination since {run}, and the rules want another value now: {changes}',
  fix: 'Take what is there into the weave (`mongocd capture`), leave it to the destination with `preserve {paths}`, or write over it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1).',
};
const DRIFT_GONE = {
  code: 'drift-conflict',
  message: '{identity} was changed at the destination since {run}, and `prune` would delete it',
  fix: 'Keep it in the weave, or delete it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1).',
};
const DRIFT_INSERTED = {
  code: 'drift-found',
  message: '{identity} was inserted at the destination, and `prune` would delete it',
  fix: 'Take it into the weave (`document { … }`), leave it there with `drift keep`, or delete it in this run with --repair-drift (MONGOCD_REPAIR_DRIFT=1).',
};
const DRIFT_RULE = 'drift';
const DRIFT_SHOWN = 10;
const DRIFT_UNTOLD = {
  code: 'drift-conflict',
  message: '{identity} is not in the ledger that {run} wrote, which was undone or has too many fields to tell: nobody can tell what was changed at the destination',
  fix: 'Look at what `plan --repair-drift` would write over, then apply with --repair-drift (MONGOCD_REPAIR_DRIFT=1).',
};
const ELEMENT_ABSENT = 'absent';
const ELEMENT_WANTED = 'wanted';
const END_OF_DATES = 253402300800000;
const FAILURE_BYTES = 60000;
const FIELD_TWICE = {
  code: 'cannot-guard',
  message: '{identity} has two fields of one name ({path}), which an update cannot tell apart',
  fix: 'Remove one of them, at the destination or in the weave.',
};
const HELD = {
  code: 'held',
  message: 'this artefact was undone (run {run}) and is held back: {artefact}',
  fix: 'Apply another artefact, or lift the hold with `release-hold`.',
};
const HIDDEN_INDEXES = {name: 'a hidden index', version: '4.4', wire: 9};
const ID_CHANGE = {
  code: 'id-change',
  message: 'the destination\'s _id {found} has another type than the wanted {wanted}, and an _id cannot be changed',
  fix: 'Give _id the destination\'s type in the weave, or remove the destination\'s document first.',
};
const ID_COLLATION = {
  code: 'id-change',
  message: 'the destination\'s _id {found} is the wanted {wanted} by the collation of the collection, and an _id cannot be changed',
  fix: 'Write _id as the destination has it, or remove the destination\'s document first.',
};
const ID_TAKEN = {
  code: 'id-taken',
  message: '{identity} is to be inserted with _id {id}, which another destination document has',
  fix: 'Add `remove _id` to the sync so that the document gets an _id of its own, or identify documents by _id.',
};
const INDEX_CHANGE_NEEDS = [
  {option: 'expireAfterSeconds', feature: 'change-ttl'},
  {option: 'hidden', feature: 'hidden-index'},
];
const INDEX_DEFAULTS = '{"text":{"default_language":"english","language_override":"language"},"2d":{"bits":{"$numberInt":"26"},"min":{"$numberInt":"-180"},"max":{"$numberInt":"180"}}}';
const INDEX_OPTIONS = [
  '2dsphereIndexVersion',
  'bits',
  'bucketSize',
  'collation',
  'default_language',
  'expireAfterSeconds',
  'hidden',
  'language_override',
  'max',
  'min',
  'partialFilterExpression',
  'sparse',
  'textIndexVersion',
  'unique',
  'weights',
  'wildcardProjection',
];
const INDEX_SIGNS = {create: '+', change: '~', drop: '-', differs: '!', left: '!'};
const INDEX_TRIALS = [
  {feature: 'unique-index', spec: '{"key":{"u":{"$numberInt":"1"}},"name":"u","unique":true,"sparse":true}', listed: '{"unique":true}', documents: ['{"u":"a"}', '{"u":"b"}', '{"u":"a"}']},
  {feature: 'partial-index', spec: '{"key":{"p":{"$numberInt":"1"}},"name":"p","unique":true,"partialFilterExpression":{"on":true}}', listed: '{"partialFilterExpression":{"on":true}}', documents: ['{"p":"a","on":true}', '{"p":"a"}', '{"p":"a","on":true}']},
  {feature: 'collated-index', spec: '{"key":{"c":{"$numberInt":"1"}},"name":"c","unique":true,"sparse":true,"collation":{"locale":"en","strength":{"$numberInt":"2"}}}', listed: '{"collation":{"locale":"en"}}', documents: ['{"c":"a"}', '{"c":"A"}']},
  {feature: 'hidden-index', spec: '{"key":{"h":{"$numberInt":"1"}},"name":"h","hidden":true}', listed: '{"hidden":true}', documents: []},
  {feature: 'ttl-index', spec: '{"key":{"t":{"$numberInt":"1"}},"name":"t","expireAfterSeconds":{"$numberInt":"3600"}}', listed: '{"name":"t"}', documents: []},
];
const INTERRUPTED = 'interrupted: the run ended before its next write\nRunning again continues where this run stopped';
const JOURNAL_BYTES = 8388608;
const JOURNAL_CHANGED = {
  code: 'journal-mismatch',
  message: 'the journal of the run {run} has changed since it was shown',
  fix: 'Run again: the run was still writing. If it was not, find out who writes to the database {database}.',
};
const JOURNAL_CIPHER = 'aes-256-gcm';
const JOURNAL_COMMAND = 15728640;
const JOURNAL_ITEMS = 1000;
const JOURNAL_KEY = 'MONGOCD_JOURNAL_KEY';
const JOURNAL_KEY_MISSING = {
  code: 'journal-mismatch',
  message: 'the journal of the run {run} is sealed with a key, and none is given',
  fix: 'Set MONGOCD_JOURNAL_KEY to the key that the run had, or MONGOCD_JOURNAL_KEY_FILE to the name of a file that holds it.',
};
const JOURNAL_KEY_OTHER = {
  code: 'journal-mismatch',
  message: 'the run {run} is not sealed with the key that is given',
  fix: 'Give the key that the run had; a run that had none is undone without MONGOCD_JOURNAL_KEY. If it had this key, somebody has changed its record: find out who writes to the database {database}.',
};
const JOURNAL_KEY_SIZE = 16;
const JOURNAL_OTHER = {
  code: 'journal-mismatch',
  message: 'the journal of the run {run} is {found}, and {asked} was asked for',
  fix: 'Take the digest from the report of the run itself (run.journal). If it is from there, somebody has changed the journal: find out who writes to the database {database}.',
};
const JOURNAL_READ = 4194304;
const JOURNAL_UNSEALED = {
  code: 'journal-mismatch',
  message: 'the journal of the run {run} has no digest: the run is of an earlier version',
  fix: 'Undo it without --journal (MONGOCD_JOURNAL), after a look at what --plan shows.',
};
const KEPT_DELETED = 'deleted at the destination, not inserted';
const KEPT_DROPPED = 'the index {name} is still there';
const KEPT_INDEX = 'the index {name} is not there';
const KEPT_INDEX_OPTION = '{option} of the index {name} is {listed} instead of {sent}';
const KEPT_INSERTED = 'inserted at the destination, not deleted';
const KEPT_KIND = 'it is a {kind}';
const KEPT_OPTION = '{option} is {listed} instead of {sent}';
const KEY_NAMES = ['_id', 'id', 'key', 'name', 'code', 'sku', 'slug'];
const KEY_SIZE = 16;
const KIND_ADDED = 'added';
const KIND_CHANGED = 'changed';
const KIND_MOVED = 'moved';
const KIND_OPEN = 'unknown';
const KIND_ORDERED = 'order';
const KIND_REMOVED = 'removed';
const KIND_RETYPED = 'type';
const LATE_NAMES = 5;
const LEAF_SIZE = 16;
const LEASE_ATTEMPTS = 20;
const LEASE_HELD = {
  code: 'lease-held',
  message: 'the run {run} is writing to the database {database}; its lease ends in {seconds} s unless it is renewed',
  fix: 'Wait for it (--wait, MONGOCD_WAIT); if it is not running any more, add --force-unlock {run} (MONGOCD_FORCE_UNLOCK).',
};
const LEASE_LOST = {
  code: 'lease-lost',
  message: 'the lease of the database {database} was taken by another run while this one was writing',
  fix: 'Find out who took it; running again continues where this run stopped.',
};
const LEASE_LOST_LATE = {
  code: 'lease-lost',
  message: 'the lease of the database {database} was taken by another run while this one was writing; this may have been carried out since: {late}',
  fix: 'Find out who took it, and verify the state that it applied; running again continues where this run stopped.',
};
const LEASE_SECONDS = 60;
const LEASE_UNNAMED = {
  code: 'lease-held',
  message: 'the lease of the database {database} does not say which run holds it, and until when: the record `{record}` of {state}.control',
  fix: 'Make sure that no run is writing to the database, then delete that record.',
};
const LEDGER_BUCKET_SIZE = 1048576;
const LEDGER_COMMAND = 1048576;
const LEDGER_FEWEST = 500;
const LEDGER_FIND = 8;
const LEDGER_IDS = 5000;
const LEFT_BUSY = 'it changed three times while it was being undone';
const LEFT_CANNOT_SEND = 'mongosh cannot send {path} ({type}): use the Go program';
const LEFT_CHANGED = 'changed since the run: {paths}';
const LEFT_COLLECTION = 'a collection that a run created stays, as others may have written to it';
const LEFT_DOCUMENT = 'changed since the run';
const LEFT_GONE = 'removed since the run';
const LEFT_INDEX_CHANGED = 'it has other options now';
const LEFT_INDEX_TAKEN = 'another index has its name or its keys';
const LEFT_NO_COLLECTION = 'the collection is gone';
const LEFT_REFUSED = 'the server refused it: {server}';
const LEFT_TAKEN = 'another document has its _id';
const LEFT_TOO_LARGE = 'the write would be larger than one operation may be';
const LEVEL_LINEARIZABLE = 'linearizable';
const LEVEL_MAJORITY = 'majority';
const LINES_ENDINGS = ['.jsonl', '.ndjson'];
const LINE_COLLECTION = 'collection';
const LINE_CONFLICT = 'conflict';
const LINE_DOCUMENT = 'document';
const LINE_END = 'end';
const LINE_HEAD = 'head';
const LINK_MISSING = {
  code: 'link-missing',
  message: '{path} of {identity} links to {target} of {collection}, which is not at the destination and is not inserted',
  fix: 'Bring that document there first (a sync in `mode update` inserts none), or take the `link` out.',
};
const LOOK_ALIKE_NOTES = 3;
const LOOK_ALIKE_PAIRS = 400;
const MADE_ID_TAKEN = {
  code: 'id-taken',
  message: '{identity} is to be inserted with the _id made for it, {id}, which another destination document has',
  fix: 'That document was inserted for this identity before and has been changed since: restore or remove it.',
};
const MANAGED_ELSEWHERE = {
  code: 'managed-elsewhere',
  message: 'the weave {weave} (environment {environment}) manages this collection',
  fix: 'Take the collection out of one of the two weaves; to hand it over, run `claim`.',
};
const MANY_LEAVES = 4294967295;
const MASKED_REDACTED = '(redacted)';
const MASKED_SECRET = '(secret)';
const MAX_ATTEMPTS = 3;
const MAX_BREACHES = 20;
const MAX_DEPTH = 100;
const MAX_GROUPS = 100;
const MAX_KEYS = 1000;
const MAX_KEY_BYTES = 1048576;
const MAX_KEY_TEXT = 64;
const MAX_LEAVES = 65536;
const MAX_MOVED = 8;
const MAX_PAIRED = 6;
const MAX_REPEAT = 1000;
const MAX_RULES = 5;
const MAX_TABLE = 1048576;
const MAX_TUPLES = 200;
const MIN_SIZE = 2000;
const MISSING_PRIVILEGE = {
  code: 'missing-privilege',
  message: '{users} may not {actions} on {namespace}, which this run needs',
  fix: 'Grant it: `mongocd privileges` prints the least role for each command, docs/privileges.md explains it.',
};
const MISSING_TEXT = '(missing)';
const MOST_RECORDS = 9007199254740991;
const MOVE_BOTH = {
  code: 'cannot-move',
  message: '{from} is to move to {to}, and both are at the destination: _id {ids}',
  fix: 'Remove the one that is not wanted there, or take the `moved` out when it has done its work.',
};
const MOVE_TOGETHER = {
  code: 'cannot-move',
  message: '{from} is to move to {identity}, which takes a transaction, as its _id changes: {why}',
  fix: 'Use a destination that is a replica set, or move fewer documents at once.',
};
const MOVE_UNCLEAR = {
  code: 'cannot-move',
  message: '{from} is to move to {to} in a chain of moves, and it cannot be told which of them were made: _id {ids}',
  fix: 'Take those of the chain out that this destination has behind it: `for` says where a `moved` holds.',
};
const NETWORK_TROUBLES = [
  {name: 'certificate of an unknown authority', says: ['certificate signed by unknown authority', 'self-signed certificate', 'self signed certificate', 'unable to verify the first certificate', 'unable to get local issuer certificate'], means: 'the server\'s certificate is of an authority that this machine does not know', fix: 'Name the authority\'s file with tlsCAFile=FILE in the connection string (mongosh: --tlsCAFile FILE).'},
  {name: 'certificate that has expired', says: ['certificate has expired'], means: 'the server\'s certificate has expired, or a clock is wrong', fix: 'Renew the server\'s certificate; check the date of this machine.'},
  {name: 'certificate of another name', says: ['certificate is valid for', 'does not match certificate\'s altnames', 'cannot validate certificate for', 'certificate is not valid for any names'], means: 'the server\'s certificate is for another name than the connection string has', fix: 'Use a name that the certificate has in the connection string.'},
  {name: 'client certificate', says: ['tls: certificate required', 'tls: bad certificate', 'alert certificate required', 'alert bad certificate', 'handshake failure'], means: 'the server wants a certificate of the client, or has no version of TLS in common with it', fix: 'Name the client\'s certificate with tlsCertificateKeyFile=FILE in the connection string; check the versions of TLS that the server takes.'},
  {name: 'no TLS', says: ['first record does not look like a tls handshake', 'wrong version number', 'packet length too long'], means: 'the server does not speak TLS on this port', fix: 'Take tls=true out of the connection string, or use the port with TLS.'},
  {name: 'cut connection', says: ['incomplete read of', 'connection reset by peer', 'econnreset', 'broken pipe', 'epipe'], means: 'the connection was closed before the server answered, in signing in where the message says so; nothing is known of the user', fix: 'Look at the server\'s log, and at what stands between (a proxy, a firewall, a limit of connections, TLS), and run it again.'},
  {name: 'authentication', says: ['auth error', 'authentication failed', 'bad auth', 'unable to authenticate'], means: 'the user was not accepted', fix: 'Check user, password and authSource of the connection string; with authMechanism, the token, certificate or role that it signs in with.'},
  {name: 'name not found', says: ['no such host', 'enotfound', 'eai_again', 'querysrv', 'name resolution'], means: 'the name of the server is not found (of mongodb+srv: its SRV or TXT record)', fix: 'Check the name in the connection string, and that this machine asks a name server that knows it.'},
  {name: 'connection refused', says: ['connection refused', 'econnrefused'], means: 'nothing answers on this address and port', fix: 'Check host and port, that the server runs, and that it listens on that address (bindIp).'},
  {name: 'no server to select', says: ['server selection error', 'server selection timeout', 'no primary'], means: 'no server of the kind that is needed was found in time: a primary', fix: 'Check the members of the replica set, the name of it (replicaSet=NAME), the network and its list of allowed addresses; directConnection=true reaches a single member.'},
  {name: 'time limit', says: ['context deadline exceeded', 'i/o timeout', 'etimedout', 'timed out'], means: 'no answer came in time', fix: 'Check that the address is right, that the network lets this machine reach it, and that the server is not overloaded; raise the time limit (--timeout) if the work is large.'},
];
const NEWER_STATE = {
  code: 'newer-state',
  message: 'what earlier runs left in the database {database} was written by a newer mongocd: {record} has format {format}',
  fix: 'Compile with the newest version of mongocd that is used for this destination.',
};
const NOTE_HELD = 'this artefact was undone (run {run}) and is held back: what undo took back counts as a difference';
const NOTE_LOOK_ALIKE = 'in {namespace} {from} is deleted and {to} inserted, which is the same but for that: to keep the document with what is its own, write `moved {old} to {new}` in its `sync`';
const NOTE_MAY_ARRIVE = 'sent without an answer, this may still be carried out: {late}; the next run waits {seconds} s for it';
const NOTE_OTHER = 'the run {run} is writing to the database {database}, or was broken off: what it sent may still be carried out';
const NOTE_SEALED = 'its journal is encrypted: MONGOCD_JOURNAL_KEY shows what it wrote, document by document';
const NOTE_SHARD_KEYS_UNREAD = 'this user may not read the shard keys of the destination (find on config.collections): writes go by _id, and changes of a shard key are left to the server to refuse';
const NOTE_STATE_UNREAD = 'what earlier runs left in the database {database} may not be read by this user: claims, holds and causes are left out';
const NOTE_UNJUDGED = 'the validator of {namespace} has parts that only the server judges: {parts}';
const NOTE_UNSENT = 'the run is not marked as undone: undo it with the Go program, which can write what mongosh cannot send';
const NOTE_UNTRIED = 'what the server can do was not tried ({why}): it is taken to have, as MongoDB has: {features}';
const NOTE_VALIDATION_LOGGED = '{count} documents of {namespace} break its validator, which only logs that (validationAction warn)';
const NOT_APPROVED = {
  code: 'not-approved',
  message: 'the plan is {found}, and {approved} was approved',
  fix: 'Review the plan again: the destination or the rules have changed since.',
};
const NOT_KEPT = {
  code: 'verify-failed',
  message: 'the server answered that this was done, and lists it otherwise: {parts}',
  fix: 'Take it out of the weave for this environment, or use a server that keeps it: `mongocd doctor` lists what this one lacks.',
};
const NO_RUN = {
  code: 'no-such-run',
  message: 'there is no run of {weave} for {environment} that could be undone',
  fix: '`runs` lists those that there are.',
};
const NO_SUCH_RUN = {
  code: 'no-such-run',
  message: 'there is no run {run} of {weave} for {environment}',
  fix: '`runs` lists those that there are; the oldest are not kept (`backup keep`).',
};
const NUMBER_TYPES = [1, 16, 18, 19];
const OPEN_LINES = 25;
const OPERATION_BYTES = 16777216;
const OPTION_DEFAULTS = '{"validator":{},"validationLevel":"strict","validationAction":"error","changeStreamPreAndPostImages":{"enabled":false},"expireAfterSeconds":"off","max":{"$numberInt":"0"},"pipeline":[]}';
const OPTION_NEEDS = [
  {option: 'viewOn', feature: 'view'},
  {option: 'timeseries', feature: 'time-series'},
  {option: 'clusteredIndex', feature: 'clustered'},
  {option: 'capped', feature: 'capped'},
  {option: 'validator', feature: 'validator'},
  {option: 'changeStreamPreAndPostImages', feature: 'pre-images'},
];
const OPTION_UNCHANGEABLE = {
  code: 'option-unchangeable',
  message: 'the option {option} is {before} at the destination and {after} is wanted, which cannot be changed on an existing collection',
  fix: 'Take {option} out of `options`, or make the collection anew under another name and bring its documents over.',
};
const OTHER_COMMANDS = [
  {word: 'status', is: 'plan'},
  {word: 'preview', is: 'plan'},
  {word: 'dry-run', is: 'plan'},
  {word: 'drift', is: 'verify'},
  {word: 'deploy', is: 'apply'},
  {word: 'release', is: 'apply'},
  {word: 'sync', is: 'apply'},
  {word: 'push', is: 'apply'},
  {word: 'run', is: 'apply'},
  {word: 'rollback', is: 'undo'},
  {word: 'revert', is: 'undo'},
  {word: 'validate', is: 'check'},
  {word: 'lint', is: 'check'},
  {word: 'build', is: 'compile'},
  {word: 'generate', is: 'compile'},
  {word: 'pull', is: 'extract'},
  {word: 'fetch', is: 'extract'},
  {word: 'dump', is: 'extract'},
  {word: 'export', is: 'extract'},
  {word: 'new', is: 'init'},
  {word: 'format', is: 'fmt'},
  {word: 'history', is: 'runs'},
  {word: 'log', is: 'runs'},
  {word: 'unlock', is: 'release-hold'},
  {word: 'resume', is: 'release-hold'},
];
const OUTCOMES = [
  'in-sync',
  'unknown',
  'kept',
  'changes',
  'applied',
  'undone',
  'refused',
  'failed',
  'stopped',
  'skipped',
];
const OUTCOME_INTERRUPTED = 'broken-off';
const OUTCOME_RUNNING = 'running';
const OWN_SOURCE = {
  code: 'own-source',
  message: 'this is a collection that the data was extracted from',
  fix: 'Check the connection string; if it is meant to be written to, run with --same-cluster (MONGOCD_SAME_CLUSTER=1).',
};
const PLAIN_COLLECTION = 'SCRATCH.plain';
const PRESERVED_INSIDE = {
  code: 'preserved-inside',
  message: '{path} of {identity} is to be {value}, which would remove the preserved {inside} inside it',
  fix: 'Preserve {path} as a whole, or leave it a document in the weave.',
};
const PRE_IMAGES = {name: 'changeStreamPreAndPostImages', version: '6.0', wire: 17};
const PRUNE_BOUND = {
  code: 'prune-bound',
  message: '{count} documents would be deleted, at most {bound} may be',
  fix: 'If all of them should go, raise the bound after `at most` in the weave and compile again; else narrow the scope of `prune`.',
};
const PRUNE_BOUND_PERCENT = {
  code: 'prune-bound',
  message: '{count} documents would be deleted, at most {bound} may be ({percent}% of the {scope} in scope)',
  fix: 'If all of them should go, raise the bound after `at most` in the weave and compile again; else narrow the scope of `prune`.',
};
const PRUNE_EMPTY = {
  code: 'prune-empty',
  message: 'no document is wanted while `prune` is on: everything in its scope would be deleted',
  fix: 'Check the filters of the sync and the extracted data; leave `prune` out where nothing is to be managed.',
};
const REASON_DROP_INDEX = 'drop index';
const REASON_EXACT = 'indexes exact';
const REASON_IN_PLACE = '{changes}';
const REASON_NAME = 'another index has this name';
const REASON_NAME_WANTED = 'another index is to have its name';
const REASON_OPTIONS = 'has other options at the destination ({options})';
const REASON_REBUILT = '{changes}; dropped and created again';
const REASON_TTL = 'deletes documents and is not created on an existing collection';
const RECORD_FIELDS = {
  claim: '_id text, format format, environment text, cluster cluster, run text?',
  cluster: 'set string, hosts [string]',
  collection: '_id text, format format, weave text, environment text, run text?, buckets buckets?',
  hold: '_id text, format format, held [held]',
  held: 'artefact text, run text, databases [text]?',
  lease: '_id text, format format, run text?, token text?, taken date?, expires date',
  server: '_id text, format format, version string, build string, has [text], lacks [text], untried [text], probed date',
  run: '_id text, format format, token text, weave text, environment text, n number, artefact text, compiler string, databases [text], labels [label], engine engine, started date, ended date?, outcome outcome, counts counts?, undone date?, collections [text]?, seal seal?, chain digest?, records count?, journal digest?, group text?',
  label: 'name text, value string',
  counts: 'inserted count, updated count, deleted count, collections count, indexes count, options count',
  journal: '_id text, format format, run text, database text, collection text, action action, keep [path], keepNames [string], data binary, more true?, together text?, cipher cipher?, chain digest?',
  insert: '_id any, key key, identity document?, digest digest, secretId true?',
  update: '_id any, key key, identity document?, links [link]?, fields [field], masked masked?, secretId true?',
  field: 'path path, before any?, place position?, after any?, by [string]?, secret true?',
  masked: 'secrets [path], paths [path], names [string]',
  replace: '_id any, key key, identity document?, links [link]?, before document, after document, masked masked?, secret true?, secretId true?',
  delete: '_id any, key key, identity document?, links [link]?, before document, masked masked?, secret true?, secretId true?',
  link: 'path path, _id any, database text?, collection text, identity document',
  create: '',
  'create-index': 'after index',
  'drop-index': 'before index',
  'change-index': 'before index, after index',
  options: 'before document?, after document?',
  ledger: '_id text, format format, run text, digest key, data binary',
};
const RECORD_PLACES = {
  claim: 'control',
  collection: 'control',
  hold: 'control',
  lease: 'control',
  server: 'control',
  run: 'runs',
  journal: 'journal',
  ledger: 'ledger',
};
const RECORD_WAYS = {
  claim: '`claim` writes it anew, after it has shown what it says.',
  collection: '`claim` writes it anew, after it has shown what it says.',
  hold: '`release-hold` deletes it, after it has shown what it says.',
  lease: 'When no run is writing, delete it: the next run makes it again.',
  server: 'Delete it: the next run that needs it makes it again.',
  run: 'Delete it with its journal: the run cannot be undone any more, and git has what is wanted.',
  journal: 'Nothing was written back. Undo by hand what is to be undone, or apply an older build; then delete the run\'s record and its journal.',
  ledger: 'Delete it: the next apply that writes to the collection makes it again.',
};
const RECORD_WORDS = {
  engine: ['go', 'mongosh'],
  outcome: ['running', 'applied', 'stopped', 'broken-off'],
  seal: ['sha256', 'hmac-sha256'],
  cipher: ['aes-256-gcm'],
  action: ['insert', 'update', 'replace', 'delete', 'create', 'create-index', 'drop-index', 'change-index', 'options'],
};
const REFUSAL_LISTS = [
  'schemaRulesNotSatisfied',
  'propertiesNotSatisfied',
  'clausesNotSatisfied',
  'schemasNotSatisfied',
  'failingDependencies',
  'details',
];
const RENEW_AFTER = 20000;
const REPORT_FORMAT = 2;
const RESERVE = 200;
const RETRYABLE_CODES = [6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 16500];
const RETRYABLE_LABELS = ['RetryableWriteError', 'RetryableError'];
const RETRY_WAITS = [250, 500, 1000, 2000, 4000];
const SCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf'];
const SCHEMA_OF_NAMES = ['properties', 'patternProperties', 'dependencies'];
const SCHEMA_SCHEMAS = ['items', 'additionalItems', 'additionalProperties', 'not'];
const SCHEMA_SETS = ['required', 'enum', 'bsonType', 'type'];
const SCRATCH_AGE = 600000;
const SCRATCH_PREFIX = 'probe.';
const SCREEN = 40;
const SEAL_KEYED = 'hmac-sha256';
const SEAL_PLAIN = 'sha256';
const SEAL_SIZE = 32;
const SECRETS_DIR = 'MONGOCD_SECRETS_DIR';
const SECRET_MISSING = {
  code: 'secret-missing',
  message: 'apply needs secrets that are not given: {names}',
  fix: 'Set the environment variable {name}, or {name}_FILE to the name of a file, or MONGOCD_SECRETS_DIR to a directory with a file {name}; so for each.',
};
const SERVER_ANSWERS = [
  {code: 1, name: 'InternalError', means: 'the server failed at this, without a code of its own', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 2, name: 'BadValue', means: 'the server does not take a value of the command', fix: 'Compare the server\'s version with what the weave asks for: `mongocd doctor` shows both.'},
  {code: 6, name: 'HostUnreachable', means: 'a member of the cluster cannot be reached from the one that answered', fix: 'Check the members of the replica set, then run again.'},
  {code: 7, name: 'HostNotFound', means: 'a member of the cluster has a name that the one that answered does not find', fix: 'Check the members of the replica set, then run again.'},
  {code: 9, name: 'FailedToParse', means: 'the server does not understand a part of the command', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 11, name: 'UserNotFound', means: 'the user is not in the database that was asked', fix: 'Check user, password and authSource of the connection string; with authMechanism, the token, certificate or role that it signs in with.'},
  {code: 13, name: 'Unauthorized', means: 'the user may not do this', fix: 'Check the user\'s rights: docs/privileges.md and `mongocd privileges` have the least role for each command.'},
  {code: 14, name: 'TypeMismatch', means: 'the server wants another type at a place of the command', fix: 'Compare the server\'s version with what the weave asks for: `mongocd doctor` shows both.'},
  {code: 18, name: 'AuthenticationFailed', means: 'the user was not accepted', fix: 'Check user, password and authSource of the connection string; with authMechanism, the token, certificate or role that it signs in with.'},
  {code: 20, name: 'IllegalOperation', means: 'this kind of server or collection does not do this', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 24, name: 'LockTimeout', means: 'another operation held the collection for too long', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 26, name: 'NamespaceNotFound', means: 'the collection or database is not there any more', fix: 'Find out who drops it; run again: what is missing is created.'},
  {code: 27, name: 'IndexNotFound', means: 'the index is not there any more', fix: 'Find out who else changes the indexes; run again.'},
  {code: 28, name: 'PathNotViable', means: 'a path leads through a value that is no document', fix: 'Look at the document at the destination: a parent of the path is a number, a text or an array there.'},
  {code: 43, name: 'CursorNotFound', means: 'the server gave up reading in the middle', fix: 'Run again; where reading takes longer than 10 minutes, raise cursorTimeoutMillis, or read less at once.'},
  {code: 48, name: 'NamespaceExists', means: 'the collection is there already', fix: 'Another program has created the collection meanwhile: run again.'},
  {code: 50, name: 'MaxTimeMSExpired', means: 'the time limit of the call was reached', fix: 'Check that the address is right, that the network lets this machine reach it, and that the server is not overloaded; raise the time limit (--timeout) if the work is large.'},
  {code: 52, name: 'DollarPrefixedFieldName', means: 'the server takes no name that begins with $ here', fix: 'Rename the field in the weave, or use a server that takes such names (MongoDB 5.0).'},
  {code: 57, name: 'DottedFieldName', means: 'the server takes no name with a dot here', fix: 'Rename the field in the weave, or use a server that takes such names (MongoDB 5.0).'},
  {code: 59, name: 'CommandNotFound', means: 'the server does not know the command', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 64, name: 'WriteConcernTimeout', means: 'the write was made, and not enough members confirmed it in time', fix: 'Check the members of the replica set, then run again.'},
  {code: 66, name: 'ImmutableField', means: 'a field cannot be changed: _id, or one of the shard key', fix: 'Insert the document anew with the value, and take the old one out.'},
  {code: 67, name: 'CannotCreateIndex', means: 'the server cannot make such an index', fix: 'Look at the line of the index in the weave: its kind, its options, and how many the collection may have.'},
  {code: 72, name: 'InvalidOptions', means: 'options do not go together, or are unknown to this server', fix: 'Compare the server\'s version with what the weave asks for: `mongocd doctor` shows both.'},
  {code: 73, name: 'InvalidNamespace', means: 'the name of a database or collection cannot be used', fix: 'Give it another name with `as` in the weave: without $ and NUL, and no longer than 255 bytes with the database.'},
  {code: 79, name: 'UnknownReplWriteConcern', means: 'the write concern of the connection string names a mode that the replica set has not', fix: 'Name a mode of the replica set as `w` of the connection string, or take it out: mongocd writes with majority in any case.'},
  {code: 85, name: 'IndexOptionsConflict', means: 'an index with these keys or this name is there with other options', fix: 'Compare `indexes` of the weave with the indexes at the destination: `mongocd plan` shows both; drop or rename one of them.'},
  {code: 86, name: 'IndexKeySpecsConflict', means: 'an index of this name is there with other keys', fix: 'Compare `indexes` of the weave with the indexes at the destination: `mongocd plan` shows both; drop or rename one of them.'},
  {code: 89, name: 'NetworkTimeout', means: 'a member of the cluster did not answer another one in time', fix: 'Check the members of the replica set, then run again.'},
  {code: 91, name: 'ShutdownInProgress', means: 'the server is being shut down', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 96, name: 'OperationFailed', means: 'the server could not carry the operation out', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 100, name: 'UnsatisfiableWriteConcern', means: 'the replica set has fewer members than the write concern asks for', fix: 'Check the members of the replica set, then run again.'},
  {code: 112, name: 'WriteConflict', means: 'another operation wrote the same document at that moment', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 115, name: 'CommandNotSupported', means: 'the server knows the command, and does not carry it out', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 121, name: 'DocumentValidationFailure', means: 'the collection\'s validator forbids the document', fix: 'Change the document by the weave\'s rules, or the validator (`options`).'},
  {code: 125, name: 'CommandFailed', means: 'the server could not carry the command out', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 133, name: 'FailedToSatisfyReadPreference', means: 'no member of the cluster fits the read preference', fix: 'Check the members of the replica set, then run again.'},
  {code: 134, name: 'ReadConcernMajorityNotAvailableYet', means: 'the server has no majority to read from yet', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 136, name: 'CappedPositionLost', means: 'a capped collection was overwritten while it was read', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 146, name: 'ExceededMemoryLimit', means: 'the server would need more memory for this than it may use', fix: 'Make the filters of the sync narrower, or give the server more memory.'},
  {code: 166, name: 'CommandNotSupportedOnView', means: 'what has this name at the destination is a view', fix: 'Give the collection another name with `as`, or drop the view.'},
  {code: 168, name: 'InvalidPipelineOperator', means: 'the server does not know an operator', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 189, name: 'PrimarySteppedDown', means: 'the primary stepped down', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 197, name: 'InvalidIndexSpecificationOption', means: 'the server does not know an option of the index', fix: 'Compare the server\'s version with what the weave asks for: `mongocd doctor` shows both.'},
  {code: 202, name: 'NetworkInterfaceExceededTimeLimit', means: 'a member of the cluster did not answer another one in time', fix: 'Check the members of the replica set, then run again.'},
  {code: 225, name: 'TransactionTooOld', means: 'a newer transaction of the session began', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 238, name: 'NotImplemented', means: 'the server has not built this yet', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 239, name: 'SnapshotTooOld', means: 'the server keeps the moment no longer that was to be read', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 246, name: 'SnapshotUnavailable', means: 'the server has not the moment that was to be read', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 251, name: 'NoSuchTransaction', means: 'the server ended the transaction: it took too long, or the primary changed', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 261, name: 'TooManyLogicalSessions', means: 'the server has as many sessions as it takes', fix: 'Find out which programs open sessions and do not end them; run again in half an hour.'},
  {code: 262, name: 'ExceededTimeLimit', means: 'the operation took longer than the server lets it', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 263, name: 'OperationNotSupportedInTransaction', means: 'the server does not do this in a transaction', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 292, name: 'QueryExceededMemoryLimitNoDiskUseAllowed', means: 'sorting or grouping took more memory than the server gives without its disk', fix: 'Add an index, or let the server use its disk (allowDiskUseByDefault).'},
  {code: 303, name: 'FeatureNotSupported', means: 'the service does not have this feature', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 323, name: 'APIStrictError', means: 'the connection asks for the Stable API alone, which has not this command', fix: 'Take apiStrict out of what opens the connection.'},
  {code: 334, name: 'MechanismUnavailable', means: 'the server does not know this way of authentication', fix: 'Check authMechanism of the connection string.'},
  {code: 391, name: 'ReauthenticationRequired', means: 'the login has expired', fix: 'Get a new token or password, and run again.'},
  {code: 8000, name: 'AtlasError', means: 'Atlas refuses this: bad authentication, a limit of the cluster\'s tier (storage, connections, operations a second), or a command that the tier has not', fix: 'Read what it says; in Atlas look at Database Access, Network Access and the cluster\'s tier. A free or shared tier has 512 MB to 5 GB, and 100 to 500 operations a second.'},
  {code: 9001, name: 'SocketException', means: 'the connection between members, or to this machine, broke', fix: 'Check the members of the replica set, then run again.'},
  {code: 10107, name: 'NotWritablePrimary', means: 'the member that was asked is not the primary any more', fix: 'Run again: the driver looks for the new primary. Name all members, or the replica set (replicaSet=NAME), in the connection string, and take directConnection out.'},
  {code: 10334, name: 'BSONObjectTooLarge', means: 'a document would have more than 16 MiB', fix: 'Split the document, or leave large fields out (`omit`, `preserve`).'},
  {code: 11000, name: 'DuplicateKey', means: 'a unique index has this value already', fix: 'Look for documents with the same values at the destination.'},
  {code: 11600, name: 'InterruptedAtShutdown', means: 'the server is being shut down', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 11601, name: 'Interrupted', means: 'somebody ended the operation (killOp)', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 11602, name: 'InterruptedDueToReplStateChange', means: 'the member that was asked stopped being the primary', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 13388, name: 'StaleConfig', means: 'the router did not know yet where the collection lies', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 13435, name: 'NotPrimaryNoSecondaryOk', means: 'the member that was asked is not the primary', fix: 'Name all members, or the replica set (replicaSet=NAME), in the connection string, and take directConnection out.'},
  {code: 13436, name: 'NotPrimaryOrSecondary', means: 'the member that was asked is just starting, or catching up', fix: 'Run again; if it stays, look at the server\'s log.'},
  {code: 14031, name: 'OutOfDiskSpace', means: 'the server\'s disk is full', fix: 'Free some of the disk, or make it larger, and run again.'},
  {code: 16500, name: 'RequestRateTooLarge', means: 'the service limits requests to what was paid for', fix: 'Raise the throughput (RU/s), or send less at once (--batch-size), and run again.'},
  {code: 17280, name: 'KeyTooLong', means: 'a value is too long for an index', fix: 'Shorten the value, or leave it out of the index; MongoDB 4.2 and newer have no such limit.'},
  {code: 17419, name: 'ResultingDocumentTooLarge', means: 'a document would have more than 16 MiB after the update', fix: 'Split the document, or leave large fields out (`omit`, `preserve`).'},
  {code: 40324, name: 'UnrecognizedStage', means: 'the server does not know a stage of a pipeline', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
  {code: 40415, name: 'UnknownField', means: 'the server does not know a field of the command', fix: 'Compare the server\'s version with what the weave asks for: `mongocd doctor` shows both.'},
  {code: 50768, name: 'NotSupportedOnThisTier', means: 'the service does not have this on this tier', fix: '`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server.'},
];
const SERVER_CANNOT = {
  code: 'server-lacks',
  message: 'the destination (version {version}) was tried, and has not what this takes: {feature}',
  fix: 'Take it out of the weave for this environment (a validator of the source by an empty one in `options`), or use a server that has it: `mongocd doctor` lists what this one lacks.',
};
const SERVER_ID = 'server capabilities';
const SERVER_LACKS = {
  code: 'server-lacks',
  message: '{feature} needs MongoDB {version} or newer; the destination is older (wire version {wire})',
  fix: 'Take it out of the weave for this environment, or upgrade the destination first.',
};
const SETTLE_SECONDS = 60;
const SETTLE_STEP = 10000;
const SHARD_KEY_CHANGE = {
  code: 'shard-key-change',
  message: '{path} of {identity} is to change from {before} to {after}, and it is part of the shard key: the document would have to move to another shard',
  fix: 'Keep it with `preserve {path}`, or remove the destination\'s document, so that it is inserted with the new value.',
};
const SHOW_WIDTH = 80;
const SPANS_OF_BUCKETS = {name: 'bucketMaxSpanSeconds other than that of a granularity', version: '6.3', wire: 20};
const STATE_ACTIONS = ['find', 'insert', 'remove', 'update'];
const STATE_COLLECTIONS = ['control', 'runs', 'journal', 'ledger'];
const STATE_FORMAT = 1;
const STRING_TYPES = [2];
const SYSTEM_DATABASES = ['admin', 'config', 'local'];
const TEXT_FIELDS = 8;
const TEXT_ITEMS = 20;
const TEXT_LINES = 40;
const TEXT_RENAMES = 200;
const TEXT_WHOLE = 5;
const TIME_SERIES = {name: 'a time series collection', version: '5.0', wire: 13};
const TRANSACTION_BYTES = 16777216;
const TRANSACTION_DOCUMENTS = 1000;
const TRIALS_TOGETHER = [['together 1', 'together 2'], ['together 3', 'together 1']];
const TRIAL_FORBIDDEN = '{"a":{"$numberInt":"0"}}';
const TRIAL_OF_TTL = '{"index":{"name":"t","expireAfterSeconds":{"$numberInt":"7200"}}}';
const TRIAL_OF_VALIDATOR = '{"validator":{"a":{"$gt":{"$numberInt":"2"}}}}';
const TRIAL_TTL_AFTER = '{"expireAfterSeconds":{"$numberInt":"7200"}}';
const TRIAL_VALIDATOR_AFTER = '{"options":{"validator":{"a":{"$gt":{"$numberInt":"2"}}}}}';
const TTL_BY_COLL_MOD = {name: 'a TTL index made of another one', version: '5.1', wire: 14};
const TYPE_NAMES = {
  double: [1],
  string: [2],
  object: [3],
  binData: [5],
  objectId: [7],
  bool: [8],
  date: [9],
  null: [10],
  regex: [11],
  int: [16],
  timestamp: [17],
  long: [18],
  decimal: [19],
  number: [1, 16, 18, 19],
};
const UNCLEAR_ELEMENT = {
  code: 'unclear-list',
  message: '{count} elements of {path} of {identity} have {key} at the destination, and one of them is the weave\'s',
  fix: 'Remove all but one of them there, or name more fields that tell the elements of {path} apart: `elements {path} by …`.',
};
const UNCLEAR_LIST = {
  code: 'unclear-list',
  message: '{path} of {identity} is a value of the type {type} at the destination, and the weave owns elements of a list there',
  fix: 'Remove or change it there, or take the statement about {path} out of the weave: the list is then written as a whole.',
};
const UNDO_NEWER_FIRST = {
  code: 'undo-newer-first',
  message: 'the run {run} cannot be undone before {newer}, which came after it and wrote to the same database',
  fix: 'Undo the newer runs first, from the newest on.',
};
const UNDO_OUTSIDE = {
  code: 'undo-outside',
  message: 'the journal of the run {run} writes to {namespace}, which is no collection of the build at hand',
  fix: 'Name the build that the run was of (--from; its artefact is {artefact}), with --database as the run had it. If it never wrote there, somebody has changed the journal: find out who writes to the database {database}.',
};
const UNIQUE_BY_COLL_MOD = {name: 'an index made unique', version: '6.0', wire: 17};
const UNIQUE_COLLATION = {
  code: 'unique-violation',
  message: '{identity} would have {key}, which the unique index {index} allows once, compared by its collation {collation}; _id {other} has it too',
  fix: 'Leave one of the two out, or give them values that differ by this collation; where only the spelling differs, identify the documents by exactly the fields of {index}: they are then found by its collation.',
};
const UNIQUE_CYCLE = {
  code: 'unique-cycle',
  message: '{identity} takes {key} of the unique index {index} from _id {other}, and no order of the writes allows it; {why}',
  fix: 'Release in two steps: give one of the documents an interim value first.',
};
const UNIQUE_DELETE = {
  code: 'unique-cycle',
  message: '{identity} takes {key} of the unique index {index}, which only the deletion of _id {other} gives up; deletions come last, and {why}',
  fix: 'Remove that document at the destination first, or release in two steps.',
};
const UNIQUE_UNMANAGED = {
  code: 'unique-violation',
  message: 'the unique index {index} cannot be created: _id {id} and _id {other} both have {key}',
  fix: 'Change one of the two documents at the destination first.',
};
const UNIQUE_VIOLATION = {
  code: 'unique-violation',
  message: '{identity} would have {key}, which the unique index {index} allows once; _id {other} has it too',
  fix: 'Change one of the two documents, or make both part of the sync.',
};
const VALIDATOR_VIOLATION = {
  code: 'validator-violation',
  message: 'the collection\'s validator refuses {identity}: {rules}',
  fix: 'Change the rules so that the document satisfies it, or the validator: in `options` of the weave, or at the destination.',
};
const VALUE_REMOVED = 'removed';
const VERIFY_FAILED = {
  code: 'verify-failed',
  message: 'after everything was written, {count} differences are left',
  fix: 'Run `plan` to see them: another program writes to the same fields, or the server does not keep what it is given.',
};
const VIEW_SOURCE_MISSING = {
  code: 'view-source-missing',
  message: 'the view reads what is neither at the destination nor in this weave: {collections}',
  fix: 'Sync these collections in this weave, or bring them there first; or take the view out for this environment.',
};
const WAIT_BETWEEN = 1000;
const WAVE_DIFFERS = {
  code: 'verify-failed',
  message: 'at the end of its wave the database {database} is not as it is wanted any more',
  fix: 'Run `plan` to see the differences: another program writes to the same fields.',
};
const WHY_NOTHING_TAKEN = 'it took nothing: {message}';
const WHY_NOT_ALLOWED = 'this user may not: `mongocd privileges` lists the rights on the database {database}';
const WHY_NO_TRANSACTIONS = 'there are no transactions on this collection';
const WHY_TOO_MANY = 'more documents change at once than a transaction takes (1000, or 16777216 bytes)';
const WINDOW_FROM = 60;
const WINDOW_LINES = 2;
const WINDOW_PARTS = 6;
const WINDOW_ROW = 160;
const WINDOW_TEXT = 30;
const WRITE_BATCH = 1000;
const WRITE_TOO_LARGE = {
  code: 'cannot-guard',
  message: 'the write of {identity} has {size} bytes with its guard, more than the 16777216 of one operation',
  fix: 'Preserve the large field, or bring this document over by hand.',
};
const WRONG_CLUSTER = {
  code: 'wrong-cluster',
  message: 'the destination is not the cluster that this environment is on: neither its replica set ({set}) nor a host ({hosts}) matches /{pattern}/{options}',
  fix: 'Check the connection string; if the cluster has another name now, change `cluster matches` and compile again.',
};
const WRONG_KIND = {
  code: 'wrong-kind',
  message: 'the destination has a {kind} of this name',
  fix: 'Give the collection another name with `as`, or drop or rename what is there.',
};
const BSON_TYPES = {
  double: [1],
  string: [2],
  object: [3],
  array: [4],
  binData: [5],
  undefined: [6],
  objectId: [7],
  bool: [8],
  date: [9],
  null: [10],
  regex: [11],
  dbPointer: [12],
  javascript: [13],
  symbol: [14],
  javascriptWithScope: [15],
  int: [16],
  timestamp: [17],
  long: [18],
  decimal: [19],
  minKey: [255],
  maxKey: [127],
  number: NUMBER_TYPES,
};
const CONFLICT_CODES = [
  {rules: 'docs/enforcement.md, Secrets', texts: [SECRET_MISSING]},
  {rules: 'docs/state.md', texts: [NEWER_STATE]},
  {rules: 'docs/state.md, Records', texts: [DAMAGED_STATE]},
  {rules: 'docs/state.md, control', texts: [WRONG_CLUSTER]},
  {rules: 'docs/state.md, control', texts: [CLAIM_ENVIRONMENT, CLAIM_CLUSTER]},
  {rules: 'docs/state.md, control', texts: [MANAGED_ELSEWHERE]},
  {rules: 'docs/state.md, undo', texts: [HELD]},
  {rules: 'docs/state.md, control', texts: [OWN_SOURCE]},
  {rules: 'docs/enforcement.md, Reading', texts: [WRONG_KIND]},
  {rules: 'docs/enforcement.md, Reading', texts: [VIEW_SOURCE_MISSING]},
  {rules: 'docs/enforcement.md, Structure', texts: [SERVER_LACKS, SERVER_CANNOT]},
  {rules: 'docs/enforcement.md, Structure', texts: [OPTION_UNCHANGEABLE]},
  {rules: 'docs/enforcement.md, Prune', texts: [PRUNE_EMPTY]},
  {rules: 'docs/enforcement.md, Prune', texts: [PRUNE_BOUND, PRUNE_BOUND_PERCENT]},
  {rules: 'docs/enforcement.md, Reading', texts: [AMBIGUOUS_DESTINATION]},
  {rules: 'docs/enforcement.md, Moves', texts: [MOVE_BOTH, MOVE_UNCLEAR, MOVE_TOGETHER]},
  {rules: 'docs/enforcement.md, Links', texts: [LINK_MISSING]},
  {rules: 'docs/enforcement.md, Modes', texts: [ID_CHANGE, ID_COLLATION]},
  {rules: 'docs/enforcement.md, Writes of one document', texts: [SHARD_KEY_CHANGE]},
  {rules: 'docs/enforcement.md, Modes', texts: [DESTINATION_ONLY_FIELDS]},
  {rules: 'docs/enforcement.md, Drift', texts: [DRIFT_FOUND, DRIFT_DELETED, DRIFT_INSERTED]},
  {rules: 'docs/enforcement.md, Drift', texts: [DRIFT_FOUND_BOTH, DRIFT_DELETED_BOTH, DRIFT_GONE, DRIFT_UNTOLD]},
  {rules: 'docs/enforcement.md, Modes', texts: [PRESERVED_INSIDE]},
  {rules: 'docs/enforcement.md, Lists owned in part', texts: [UNCLEAR_ELEMENT, UNCLEAR_LIST]},
  {rules: 'docs/enforcement.md, Writes of one document', texts: [WRITE_TOO_LARGE, FIELD_TWICE, CANNOT_SEND]},
  {rules: 'docs/enforcement.md, Writes of one document', texts: [ID_TAKEN, MADE_ID_TAKEN]},
  {rules: 'docs/enforcement.md, Writes of one document', texts: [UNIQUE_VIOLATION, UNIQUE_COLLATION, UNIQUE_UNMANAGED]},
  {rules: 'docs/enforcement.md, Writes of one document', texts: [UNIQUE_DELETE, UNIQUE_CYCLE]},
  {rules: 'docs/enforcement.md, Validators', texts: [VALIDATOR_VIOLATION]},
  {rules: 'docs/state.md, undo', texts: [NO_SUCH_RUN, NO_RUN]},
  {rules: 'docs/state.md, undo', texts: [UNDO_NEWER_FIRST]},
  {rules: 'docs/state.md, Seal', texts: [JOURNAL_KEY_MISSING, JOURNAL_KEY_OTHER, JOURNAL_UNSEALED, JOURNAL_OTHER, JOURNAL_CHANGED]},
  {rules: 'docs/state.md, undo', texts: [UNDO_OUTSIDE]},
  {rules: 'docs/privileges.md', texts: [MISSING_PRIVILEGE]},
  {rules: 'docs/state.md, control', texts: [LEASE_HELD, LEASE_UNNAMED]},
  {rules: 'docs/state.md, The plan\'s digest', texts: [NOT_APPROVED]},
  {rules: 'docs/state.md, control', texts: [LEASE_LOST, LEASE_LOST_LATE]},
  {rules: 'docs/enforcement.md, Writes of one document', texts: [CHANGED_WHILE_RUNNING, CHANGED_DUPLICATE]},
  {rules: 'docs/enforcement.md, Conflicts', texts: [VERIFY_FAILED, NOT_KEPT, WAVE_DIFFERS]},
];
const JSON_TYPES = {
  object: DOCUMENT_TYPES,
  array: ARRAY_TYPES,
  number: NUMBER_TYPES,
  boolean: [8],
  string: STRING_TYPES,
  null: [10],
};
const KEYWORD_TYPES = {
  minimum: NUMBER_TYPES,
  maximum: NUMBER_TYPES,
  multipleOf: NUMBER_TYPES,
  minLength: STRING_TYPES,
  maxLength: STRING_TYPES,
  pattern: STRING_TYPES,
  items: ARRAY_TYPES,
  minItems: ARRAY_TYPES,
  maxItems: ARRAY_TYPES,
  uniqueItems: ARRAY_TYPES,
  required: DOCUMENT_TYPES,
  properties: DOCUMENT_TYPES,
  patternProperties: DOCUMENT_TYPES,
  additionalProperties: DOCUMENT_TYPES,
  minProperties: DOCUMENT_TYPES,
  maxProperties: DOCUMENT_TYPES,
  dependencies: DOCUMENT_TYPES,
};
const OPTION_CHANGES = {
  validator: {of: 'collection'},
  validationLevel: {of: 'collection'},
  validationAction: {of: 'collection'},
  changeStreamPreAndPostImages: {of: 'collection', needs: PRE_IMAGES},
  viewOn: {of: 'view'},
  pipeline: {of: 'view'},
  expireAfterSeconds: {of: 'expiring'},
  size: {of: 'capped', sent: 'cappedSize', needs: CAPPED_BY_COLL_MOD},
  max: {of: 'capped', sent: 'cappedMax', needs: CAPPED_BY_COLL_MOD},
  timeseries: {of: 'buckets'},
};
