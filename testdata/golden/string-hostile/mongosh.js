// 'c' for environment 'prod', made by 'mongocd test'.
// Brings a MongoDB database to the state below, and changes nothing where it is there already.
//
//   mongosh URI --file mongosh.js                       shows what would change
//   MONGOCD_MODE=apply mongosh URI --file mongosh.js    changes it, and verifies
//   MONGOCD_MODE=verify mongosh URI --file mongosh.js   exits with 2 when something differs
//   MONGOCD_MODE=status mongosh URI --file mongosh.js   says which run changed it last, and how it differs now
//   MONGOCD_MODE=runs mongosh URI --file mongosh.js     lists what was applied
//   MONGOCD_MODE=runs MONGOCD_RUN=N|last                shows what a run wrote; without MONGOCD_RUN lists all
//   MONGOCD_MODE=undo MONGOCD_RUN=N mongosh URI --file mongosh.js
//                                                       takes run N, or the last one (MONGOCD_RUN=last), back;
//                                                       with MONGOCD_PLAN=1 it only shows what it would do, with
//                                                       MONGOCD_JOURNAL=DIGEST it keeps to the journal that its report had
//   MONGOCD_MODE=release-hold, claim                    allow what was undone; claim the databases for this environment
//   MONGOCD_MODE=doctor mongosh URI --file mongosh.js   says what the destination is, what it can do, and what this state needs of
//                                                       that; MONGOCD_PROBE=auto|always|never: when the server is tried
//
// Other settings: MONGOCD_OUTPUT=text|markdown|json, MONGOCD_DATABASE=OLD=NEW,… to use another database
// (or NAME,… of the databases of a fan-out these alone),
// MONGOCD_DETAILED_EXITCODE=1 for exit code 2 of plan and status, MONGOCD_ALLOW_UNKNOWN=1 for exit code 0 when nothing but
// secrets that are not given could not be compared, MONGOCD_BATCH_SIZE=1…1000, MONGOCD_VERBOSE=1 to leave
// nothing out, MONGOCD_QUIET=1 for the result, conflicts and a failure alone, MONGOCD_COLLECTION=NAME,… and
// MONGOCD_PATH=PATH to show less, MONGOCD_MAX_SIZE=BYTES for Markdown of at most so many, MONGOCD_REPORT=FILE for the JSON too,
// or for JSON lines, one a document, where FILE ends with .jsonl or .ndjson.
// MONGOCD_METRICS=FILE: verify writes what it found into FILE as metrics (OpenMetrics), too.
// What runs remember is kept at the destination, in the database mongocd, or that of MONGOCD_STATE_DATABASE.
// Settings of apply: MONGOCD_APPROVED=DIGEST refuses any other plan, MONGOCD_LABELS=NAME=VALUE,… for the record of the run,
// MONGOCD_CANARY=NAME,… to begin with these databases of a fan-out, MONGOCD_WAVES=N,N to go through them in waves of these sizes,
// MONGOCD_STOP_ON_FAILURE=1 to begin no other after one that failed,
// MONGOCD_WAIT=DURATION to wait for another run that is writing, MONGOCD_FORCE_UNLOCK=RUN to take over from one that is not any more.
// MONGOCD_JOURNAL_KEY (16 bytes or more; given as a secret is) seals and encrypts what undo writes back, and undo needs the same one.
// MONGOCD_REPAIR_DRIFT=1 writes over what the destination changed by itself, whatever the weave says of drift.
// MONGOCD_SAME_CLUSTER=1 writes even to the collections that the data was extracted from.
// A secret NAME is read from the environment variable NAME, the file that NAME_FILE names, or the file
// NAME in the directory MONGOCD_SECRETS_DIR; showing and verifying work without, and say what they could not compare.
// Exit codes: 0 done or nothing to do, 1 failed before anything was written, 2 differences found,
// 3 refused with nothing written, 4 stopped after writing something, 64 wrong usage.
//
// mongosh copies the text of scripts that it runs into its log files, this one with all its data, unless
// its configuration has "disableLogging": true.
//
// sha256 of everything after the next empty line: (digest)

// (the engine)

// The desired state. Documents are Extended JSON, one a line; a line in double quotes is the base64 of BSON.
const mongocdState = {
  weave: 'c',
  environment: 'prod',
  compiler: 'mongocd test',
  artefact: '(digest)',
  collections: [{
    database: 'dst',
    name: 'items',
    origin: 'rules.weave:5:3',
    mode: 'replace',
    options: '{}',
    indexes: '',
    identity: [['_id']],
    preserve: [],
    ignore: [],
    absent: [],
    known: [['_id'], ['v']],
    prune: null,
    // [the rule that made the next documents; empty: the collection's, how many]
    origins: [['', 13]],
    documents: '\
{"_id":"backslash","v":"\\\\ \\\\\\\\ \\\\u0041 \\\\n"}\n\
{"_id":"backtick","v":"\x60\x24{process.exit(9)}\x60 \x60"}\n\
{"_id":"bidi","v":"\\u202eabc\\u202c \\u2066x\\u2069"}\n\
{"_id":"combining","v":"é"}\n\
{"_id":"control","v":"\\t\\r\\n\\u0008\\u000c\\u0001\\u007f\\u001b[31m"}\n\
{"_id":"dollar","v":"\x24{x} $\x24{y} $$ROOT"}\n\
{"_id":"emoji","v":"🛒 🇩🇪 𐍈"}\n\
{"_id":"empty","v":""}\n\
{"_id":"html","v":"\x3c/script>\x3c!-- ]]> --%>"}\n\
{"_id":"line-separators","v":"a\\u2028b\\u2029c"}\n\
{"_id":"nul","v":"a\\u0000b\\u0000"}\n\
{"_id":"quotes","v":"\\"double\\" \'single\' “both”"}\n\
{"_id":"replacement","v":"� \\ufeff"}\n\
',
  }],
};

quit(mongocdMain(mongocdSource, mongocdState));
