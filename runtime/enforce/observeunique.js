// Unique values of an observation. In: its writes, and documents that have a value that they
// take; out: conflicts, and the writes in stages. Generators.

// uniqueIndexes are the unique indexes to check: existing ones, then those to
// be created. Those of a missing collection are there before its documents.
// options are the collection's: an index that is made has its collation, where it
// has none of its own (MongoDB manual: reference/collation).
/** @param {Observation} l */
function uniqueIndexes(l, existing, options) {
  const v = indexOption(options, 'collation');
  const made = spec => v === undefined || field(spec, 'collation') !== undefined ? spec : withField(spec, 'collation', v);
  return existing.map(spec => checkedUnique(spec, false))
    .concat(l.indexPlan.built().map(spec => checkedUnique(made(spec), !l.missing))).filter(ix => ix !== undefined)
    .map(ix => ({...ix, leaving: !ix.build && l.indexPlan.drops(ix.name)}));
}

// takenIDs finds inserts whose `_id` the destination has.
/** @param {Observation} l */
function * takenIDs(l) {
  if (l.missing || l.c.identityIsID) return;
  const inserts = l.writes.filter(w => w.before === undefined || w.rekeyed);
  if (inserts.length === 0) return;
  if (!l.all) yield* findKeys(l, [['_id']], inserts.map(w => [idOf(w)]), MAX_KEYS);
  const there = new Set(l.live.map(d => key([field(d, '_id')])));
  for (const d of l.deletes.slice(0, l.leaving)) there.delete(idKey(d.before)); // it goes in the same transaction
  for (const w of inserts) {
    if (!there.has(key([idOf(w)]))) continue;
    l.conflict(w.made ? MADE_ID_TAKEN : ID_TAKEN, w.wanted, [],
      {identity: l.identity(w.wanted), id: shownValue(l.c, w.wanted, true, ['_id'], idOf(w))});
  }
}

// uniqueConflicts finds unique conflicts and puts the writes in stages.
/** @param {Observation} l */
function * uniqueConflicts(l, indexes) {
  if (indexes.length + l.indexPlan.drop.length + l.leaving === 0) { // nothing is in the way of anything
    l.stages = inStages(l.writes.length, [], () => undefined).stages;
    return;
  }
  const leaving = new Set(l.deletes.slice(0, l.leaving).map(d => idKey(d.before))), together = [];
  const writes = l.writes.map((w, i) => {
    if (!w.rekeyed) return w;
    if (l.transacts || leaving.has(key([idOf(w)]))) together.push({write: i, holder: -1, index: -1, other: field(w.before, '_id')});
    return {...w, before: undefined}; // it is an insert, and the old one a delete
  });
  for (const ix of indexes) {
    if (l.all || ix.build) continue;
    yield* findKeys(l, ix.paths, uniqueLookups(ix, writes).map(e => e.values), MAX_TUPLES);
  }
  for (const ix of indexes) if (l.asks && ix.collation !== undefined) yield* findRivals(l, ix, writes);
  const unknown = l.indexPlan.drop.filter(spec => hasOption(spec, 'unique') && !indexes.some(ix => ix.name === indexName(spec)));
  const c = {writes, together, deletes: l.deletes.map(w => w.before), live: l.live, twins: l.twins, indexes, unknown: unknown.map(indexName)};
  const plan = orderOf(c);
  l.stages = plan.stages;
  l.early = plan.early;
  for (const clash of plan.clashes) reportClash(l, indexes[clash.index], clash);
  const why = notTogether(l, c);
  if (why === '') {
    sendTogether(l);
    return;
  }
  for (const wait of plan.stuck) {
    if (wait.index < 0) {
      const {wanted} = l.writes[wait.write], m = l.moved.get(wanted);
      l.conflict(MOVE_TOGETHER, wanted, [], {identity: l.identity(wanted), from: short(fromIdentity(l.c, m)), why});
      l.conflicts[l.conflicts.length - 1].origin = m.origin;
      continue;
    }
    const w = l.writes[wait.write], ix = indexes[wait.index];
    l.conflict(wait.holder < 0 ? UNIQUE_DELETE : UNIQUE_CYCLE, w.wanted, [],
      {identity: l.identity(w.wanted), key: shownEntry(l, ix, wait.entry), index: clean(ix.name), other: short(shownID(l.c, wait.other)), why});
  }
}

// notTogether says why what has to change at once cannot; empty when it can.
/** @param {Observation} l */
function notTogether(l, c) {
  for (const s of l.stages) {
    if (!s.whole) continue;
    if (!l.transacts) return WHY_NO_TRANSACTIONS;
    if (!fits(s, c)) return WHY_TOO_MANY;
  }
  return '';
}

// sendTogether finds what mongosh cannot send of documents that are inserted again as a whole.
/** @param {Observation} l */
function sendTogether(l) {
  for (const i of l.stages.flatMap(s => s.whole ? s.writes : [])) {
    const w = l.whole(l.writes[i]), bad = unsendable(w.after, '');
    if (bad === undefined || w.rekeyed) continue;
    const identity = short(identityDocument(l.c.identity, l.c.documents[w.wanted].d));
    l.conflict(CANNOT_SEND, w.wanted, [], {identity, path: bad.path, type: bad.why});
  }
}

// findRivals asks the server for the documents that the index's collation gives
// the new entries of planned writes: for many at once, and one by one where there
// are any.
/** @param {Observation} l */
function * findRivals(l, ix, writes) {
  const keys = uniqueLookups(ix, writes).map(e => e.values).filter(k => k.some(hasText) && k.every(v => unsendable(v, '') === undefined));
  const ask = function * (part) {
    const found = yield* l.run.store.find(l.database, l.c.name, keysFilter(ix.paths, part), false, ix.collation);
    return found.filter(d => partialHolds(ix.filter, d)).map(d => field(d, '_id')).sort(compare);
  };
  for (const part of keyParts(ix.paths, keys, MAX_TUPLES)) {
    if ((yield* ask(part)).length === 0) continue;
    for (const k of part) ix.rivals.set(key(k), yield* ask([k]));
  }
}

/** @param {Observation} l */
function reportClash(l, ix, c) {
  const values = {key: shownEntry(l, ix, c.entry), index: clean(ix.name), other: short(shownID(l.c, c.other))};
  if (c.wanted < 0) {
    values.id = short(shownID(l.c, field(c.subject, '_id')));
    l.conflict(UNIQUE_UNMANAGED, -1, [], values);
    return;
  }
  values.identity = l.identity(c.wanted);
  const collated = ix.collation !== undefined && c.entry.values.some(hasText);
  if (collated) values.collation = short(ix.collation);
  l.conflict(collated ? UNIQUE_COLLATION : UNIQUE_VIOLATION, c.wanted, [], values);
}

// shownEntry writes an entry for a message, without what nobody may see of it.
/** @param {Observation} l */
function shownEntry(l, ix, e) {
  const hidden = new Mask(l.c.policy.leftOut, l.c.places, false);
  return short(build(ix.names.map((name, i) => ({name, v: hidden.value(ix.paths[i], e.values[i])}))));
}
