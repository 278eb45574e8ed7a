// What the server was seen to do (runtime/capability), as a record of `control`. In: the
// record, or what a probe found; out: the one from the other.

// readCapabilities reads the record.
function readCapabilities(d) {
  const texts = name => textsOf(field(d, name));
  return {server: {version: textOf(d, 'version'), build: textOf(d, 'build')}, has: texts('has'), lacks: texts('lacks'), untried: texts('untried')};
}

// putCapabilities writes what a probe found, in the place of what an earlier one did.
/** @param {Database} db */
function * putCapabilities(db, {server: {version, build}, has, lacks, untried}) {
  const u = {$set: {format: STATE_FORMAT, version, build, has, lacks, untried}, $currentDate: {probed: true}};
  yield* db.write({update: 'control', updates: [{q: {_id: SERVER_ID}, u, upsert: true}]}, false);
}

// probeServer finds what the server can do, in collections of its own in the state
// database, and writes it down, but for what is not known as the server took nothing.
/** @param {Database} db */
function * probeServer(db, server, cluster) {
  const now = yield* db.serverTime(), found = yield* new Probe(db, now, clusterTransacts(cluster)).go(server);
  if (found.refusal === '') yield* putCapabilities(db, found);
  return found;
}

// askServer asks who the server is.
/** @param {Database} db */
function * askServer(db) {
  return serverOf(yield* db.send('admin', {buildInfo: 1, comment: db.store.comment}, false));
}
