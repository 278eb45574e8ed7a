// What the pure part offers to the shell part and to tests.

const engine = {
  // run starts a run: next() gives a request, next(answer) the one after it, and in the end {done: true, value: report}.
  run: (state, settings) => new Run(state, settings.command, settings).go(),
  failedToConnect: (state, settings, message) => {
    const run = new Run(state, settings.command, settings);
    run.report.failure = {stage: 'connect', message};
    return run.finish();
  },
  readState, readSettings, reportJSON, reportText, hidePasswords, clean,
  document, fields, field, get, build, identical, typeName, same, key, compare, compareFamily, comparePaths, holds,
  parseLine, canonical, pathText, quote, short, unsendable, drive, fromBase64, toBase64, Reader, Writer, TEXTS, CONFLICT_ORDER,
  readJournal, journalRecords, ownedDigest, reverse,
  LEFT: {
    LEFT_CHANGED, LEFT_DOCUMENT, LEFT_GONE, LEFT_TAKEN, LEFT_TOO_LARGE, LEFT_REFUSED, LEFT_BUSY, LEFT_NO_COLLECTION, LEFT_INDEX_CHANGED, LEFT_INDEX_TAKEN,
    LEFT_CANNOT_SEND, LEFT_COLLECTION,
  },
  NOTE_STATE_UNREAD, REASON_NAME, REASON_OPTIONS, REASON_TTL, VALUE_REMOVED, WHY_NO_TRANSACTIONS, WHY_TOO_MANY,
};
