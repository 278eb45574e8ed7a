// The ledger's records (docs/state.md, ledger). In: data, and the records of `control`
// that say in how many buckets a collection's ledger is; out: records written where
// they change, and entries read. Generators.

// writeLedger makes the ledger of a collection what entries say (ledgerPlaces), for a run; known
// is the ledger that it has, undefined for none. The entries are made a part at a time, as many
// as one command takes.
/** @param {Database} db */
function * writeLedger(db, known, run, namespace, entries) {
  const {places, buckets} = ledgerPlaces(entries), there = yield* ledgerDigests(db, known, namespace, buckets);
  let records = [], size = 0;
  for (let from = 0; from < places.length;) {
    const {bucket} = places[from], list = [];
    for (; from < places.length && places[from].bucket === bucket; from++) list.push(entries.entry(places[from].at));
    const r = ledgerRecord(ledgerID(namespace, bucket, buckets), encodeLedger(list));
    if (there.get(r.id) !== latin1(r.digest, 0, r.digest.length)) {
      if (records.length > 0 && size + r.data.length > LEDGER_COMMAND) {
        yield* replaceLedger(db, run, records);
        [records, size] = [[], 0];
      }
      records.push(r);
      size += r.data.length;
    }
    there.delete(r.id);
  }
  yield* replaceLedger(db, run, records);
  // Only now are the new records the ledger, and others are none of it.
  yield* db.write({update: 'control', updates: [{q: {_id: collectionID(namespace)}, u: {$set: {run, buckets: drive(int32Value(buckets))}}}]}, false);
  yield* deleteLedger(db, [...there.keys()].sort());
}

// ledgerRecord is what a bucket is to hold; the digest tells records apart without reading them.
function ledgerRecord(id, data) {
  return {id, data, digest: host.sha256(data).subarray(0, 16)};
}

// ledgerDigests are those of all records that a collection can have, by `_id`: of
// its ledger, and of the one that is about to be written.
function * ledgerDigests(db, known, namespace, buckets) {
  const ids = [];
  for (const n of new Set([buckets, ...(known === undefined ? [] : [known.buckets])])) {
    for (let bucket = 0; bucket < n; bucket++) ids.push(ledgerID(namespace, bucket, n));
  }
  const found = yield* db.find('ledger', {_id: {$in: ids}}, {projection: {digest: 1}, batchSize: LEDGER_IDS});
  return new Map(found.map(d => {
    const digest = field(d, 'digest');
    return [textOf(d, '_id'), digest !== undefined && digest.t === BINARY ? latin1(digest.b, digest.s + 5, digest.e) : ''];
  }));
}

// replaceLedger writes records in commands of a limited size.
function * replaceLedger(db, run, records) {
  for (let from = 0; from < records.length;) {
    const updates = [];
    let n = from, size = 0;
    for (; n < records.length && (size === 0 || size + records[n].data.length <= LEDGER_COMMAND); n++) {
      const r = records[n];
      size += r.data.length;
      updates.push({
        q: {_id: r.id}, upsert: true,
        u: {_id: r.id, format: drive(int32Value(STATE_FORMAT)), run, digest: drive(binaryValue(r.digest)), data: drive(binaryValue(r.data))},
      });
    }
    yield* db.write({update: 'ledger', updates}, false);
    from = n;
  }
}

function * deleteLedger(db, ids) {
  if (ids.length > 0) yield* db.write({delete: 'ledger', deletes: [{q: {_id: {$in: ids}}, limit: 0}]}, false);
}

// readLedger gives the entries of the buckets that keys are in, by their keys.
function * readLedger(db, namespace, buckets, keys) {
  const known = new Map();
  yield* eachBucket(db, namespace, buckets, keys, undefined, (_, entries) => {
    for (const e of entries) known.set(e.key, e);
  });
  return known;
}

// eachBucket calls use with the `_id` and the entries of each record of a ledger that keys are in.
// A damaged record is an error, or what bad is told of; one of a newer version always is an error.
function * eachBucket(db, namespace, buckets, keys, bad, use) {
  const ids = [...new Set(keys.map(k => ledgerID(namespace, ledgerBucket(k, buckets), buckets)))].sort();
  for (let from = 0; from < ids.length; from += LEDGER_FIND) {
    const some = ids.slice(from, from + LEDGER_FIND);
    for (const d of yield* db.find('ledger', {_id: {$in: some}}, {batchSize: some.length + 1})) {
      let entries;
      try {
        entries = readLedgerRecord(d);
      } catch (e) {
        if (!(e instanceof Damaged) || bad === undefined) throw e;
        bad(recordID(d));
        continue;
      }
      use(recordID(d), entries);
    }
  }
}

// isUndone: a run was undone. The user may read the ledger and so this as well.
/** @param {Run} run */
function * isUndone(db, run) {
  return (yield* db.find('runs', {_id: run, undone: {$exists: true}}, {projection: {_id: 1}, batchSize: 2})).length > 0;
}

// holding calls use with the records of a ledger that have documents with these keys, their `_id`s and
// entries, and gives the damaged ones. An undo that has written nothing yet reads them, too: a record of
// a newer version is an error.
function * holding(db, namespace, keys, use) {
  const bad = [];
  const [record] = yield* db.find('control', {_id: collectionID(namespace)}, {batchSize: 2});
  const wrong = record === undefined ? undefined : wrongRecord('collection', record);
  if (wrong instanceof Newer) throw wrong;
  const ledger = record === undefined || wrong !== undefined ? undefined : readLedgerOf(record); // of a damaged one, the next apply says what is wrong with it
  if (ledger !== undefined) yield* eachBucket(db, namespace, ledger.buckets, keys, id => bad.push(id), use);
  return bad;
}

// forget takes documents out of a collection's ledger, by their keys, for a run.
function * forget(db, run, namespace, keys) {
  // What was undone is written: a damaged bucket goes, and its documents count as not known.
  const gone = new Set(keys), change = [], empty = [], bad = yield* holding(db, namespace, keys, (id, entries) => {
    const rest = entries.filter(e => !gone.has(e.key));
    if (rest.length === entries.length) return;
    if (rest.length === 0) empty.push(id);
    else change.push(ledgerRecord(id, encodeLedger(rest)));
  });
  yield* replaceLedger(db, run, change.sort((a, b) => byText(a.id, b.id)));
  yield* deleteLedger(db, bad.concat(empty.sort()));
}

// readLedgerRecord reads a bucket: its entries are sorted and in it.
function readLedgerRecord(d) {
  checkRecord('ledger', d);
  const id = recordID(d), data = binaryOf(field(d, 'data')), {digest} = ledgerRecord(id, data), found = binaryOf(field(d, 'digest'));
  if (!sameBytes(digest, 0, digest.length, found, 0, found.length)) throw damaged('ledger', d, 'its digest is not that of its data');
  const entries = decodeLedger(data);
  if (entries === undefined || entries.length === 0) throw damaged('ledger', d, 'its data are no entries');
  for (let i = 1; i < entries.length; i++) if (entries[i - 1].key >= entries[i].key) throw damaged('ledger', d, 'its entries are not sorted');
  return entries;
}

// readLedgerOf reads a collection's record of `control`; undefined when it has no ledger.
function readLedgerOf(d) {
  const buckets = field(d, 'buckets');
  return buckets === undefined ? undefined : {run: textOf(d, 'run'), buckets: int32(buckets.b, buckets.s)};
}
