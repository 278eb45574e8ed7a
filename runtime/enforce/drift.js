// What becomes of drift in a collection whose weave says `drift keep` or `drift stop`
// (docs/enforcement.md, Drift). In: an observation, and the ledger's entries of its
// documents; out: the documents compared without what is kept, items of that, and
// conflicts. And the ledger of a run. In: what was verified, and differences; out: the entries
// of what was wanted, and causes in the report. runtime/cause says whose doing a difference
// is. Generators but for what compares.

// readDrift reads what the ledger has of the documents of a collection: {keep, run, undone,
// known, moves}; nothing where drift is repaired, or where no run has written the collection. keep:
// else it stops the run; run: that wrote the ledger last; undone: it was undone, so that of a
// document that is not known nobody can tell; moves: desired documents that the ledger knows by
// another identity.
/** @param {Observation} l @param {Writing | undefined} since */
function * readDrift(l, since) {
  const {c, run} = l, ledger = run.remembered.found.ledgers.get(l.namespace());
  if (ledger === undefined || l.closed || c.drift === '' || c.mode === 'structure' || run.settings.repairDrift) return;
  const keys = [];
  // Those that move, and those that this run has moved already.
  l.drift = {keep: c.drift === 'keep', run: ledger.run, undone: false, known: new Map(), moves: new Map([...l.moved, ...(since === undefined ? [] : since.seen.all[l.at].moved)])};
  const {drift} = l, {known, moves} = drift;
  c.documents.forEach((_, i) => {
    if (!l.same[i]) keys.push(driftKey(l, i));
  });
  if (c.prune !== undefined) keys.push(...l.others.map(d => ledgerKey(identityDocument(c.identity, d))));
  keys.push(...c.moves.map(m => ledgerKey(fromIdentity(c, m))));
  if (keys.length === 0) return;
  for (const [k, e] of yield* readLedger(run.db, l.namespace(), ledger.buckets, keys)) known.set(k, e);
  drift.undone = keys.some(k => !known.has(k)) && (yield* isUndone(run.db, ledger.run));
  for (const m of c.moves) { // those that a run has moved that ended before it wrote the ledger
    const i = l.byKey.get(key(m.to));
    if (i !== undefined && !moves.has(i) && !known.has(driftKey(l, i))) moves.set(i, m);
  }
}

// driftKey is the key by which the ledger knows desired document i.
/** @param {Observation} l */
function driftKey(l, i) {
  const move = l.drift.moves.get(i);
  return ledgerKey(move === undefined ? identityDocument(l.c.identity, l.c.documents[i].d) : fromIdentity(l.c, move));
}

// deletedThere reports whether somebody deleted desired document i at the destination,
// where that is not to be repaired.
/** @param {Observation} l */
function deletedThere(l, i) {
  return l.drift !== undefined && l.twins[i].length === 0 && l.c.mode !== 'update' && !l.stuck.has(i) && l.drift.known.has(driftKey(l, i));
}

// withoutDeleted leaves out, or refuses, a document that was deleted at the destination.
/** @param {Observation} l */
function withoutDeleted(l, i) {
  const {run, keep, known} = l.drift, cause = insertCause(l.c, known.get(driftKey(l, i)), i);
  if (keep && cause === BY_DESTINATION) keepItem(l, {...keptItem(l.c, i, undefined), reason: KEPT_DELETED, cause, since: run});
  else driftedDocument(l, cause === BY_BOTH ? DRIFT_DELETED_BOTH : DRIFT_DELETED, i);
}

// keepItem notes what stays as it is at the destination.
/** @param {Observation} l */
function keepItem(l, item) {
  l.kept.push(item);
  l.report.counts.kept = (l.report.counts.kept || 0) + 1;
}

/** @param {Observation} l @param {ConflictText} text */
function driftedDocument(l, text, i) {
  l.conflict(text, i, [], {identity: l.identity(i), run: clean(l.drift.run)});
  l.causedBy(DRIFT_RULE);
}

// withDrift compares desired document i again without what is kept of it; found is what
// comparing all of it gave. It gives what came of that, and whether some of it is kept.
/** @param {Observation} l */
function withDrift(l, i, live, found) {
  const {drift} = l, known = drift.known.get(driftKey(l, i)), refused = {found: refusedComparison(), kept: false};
  if (known === undefined ? drift.undone : known.many) {
    if (found.write === undefined) return {found, kept: false};
    driftedDocument(l, DRIFT_UNTOLD, i);
    return refused;
  }
  const e = known || {leaves: [], many: false}, keeps = [];
  if (found.onlyAt.length > 0 && drift.keep) {
    keeps.push(...found.onlyAt.filter(p => !hadUnder(e, p, get(live, p))));
    found = l.comparison(keeping(l.c, keeps), i, live);
  }
  if (found.refused) return {found, kept: false};
  const diff = {set: [], unset: keeps.slice()}, stops = [];
  for (const d of found.write === undefined ? [] : causePlaces(l.c, e, found.write)) {
    if (d.cause === BY_BOTH || d.cause === BY_DESTINATION && !drift.keep) stops.push(d);
    else if (d.cause === BY_DESTINATION) {
      keeps.push(d.path);
      const v = get(found.write.after, d.path);
      if (v === undefined) diff.unset.push(d.path);
      else diff.set.push({path: d.path, v});
    }
  }
  if (stops.length > 0) {
    driftedFields(l, i, found.write, stops);
    return refused;
  }
  if (keeps.length === 0) return {found, kept: false};
  const item = keptItem(l.c, i, updating(live, i, diff));
  keepItem(l, {...item, changes: item.changes.map(x => ({...x, cause: BY_DESTINATION, since: drift.run}))});
  return {found: l.comparison(keeping(l.c, keeps), i, live), kept: true};
}

// driftedFields refuses what the destination changed in desired document i.
/** @param {Observation} l */
function driftedFields(l, i, w, stops) {
  const both = stops.some(d => d.cause === BY_BOTH), paths = stops.map(d => d.path);
  const value = (wanted, p, v) => v === undefined ? MISSING_TEXT : shownValue(l.c, i, wanted, p, v);
  const texts = stops.map(({path, cause}) => fill(cause === BY_BOTH ? DRIFT_FIELD_BOTH : DRIFT_FIELD,
    {path: pathText(path), found: value(false, path, get(w.before, path)), wanted: value(true, path, get(w.after, path))}));
  if (texts.length > DRIFT_SHOWN) texts.splice(DRIFT_SHOWN, texts.length, '…');
  l.conflict(both ? DRIFT_FOUND_BOTH : DRIFT_FOUND, i, paths, {
    identity: l.identity(i), run: clean(l.drift.run), changes: texts.join('; '),
    paths: paths.slice(0, DRIFT_SHOWN).map(pathText).concat(paths.length > DRIFT_SHOWN ? ['…'] : []).join(', '),
  });
  l.causedBy(DRIFT_RULE);
}

// withoutDrift are those documents of prune that may go: not those that somebody inserted
// at the destination, nor those that somebody changed there.
/** @param {Observation} l */
function withoutDrift(l, going) {
  const {drift, c} = l;
  if (drift === undefined) return going;
  return going.filter(d => {
    const identity = identityDocument(c.identity, d), e = drift.known.get(ledgerKey(identity)), cause = deleteCause(c, e, d), untold = e === undefined && drift.undone;
    if (!untold && cause === BY_RULES) return true;
    if (!untold && cause === BY_DESTINATION && drift.keep) {
      keepItem(l, {...keptDocument(c, d), reason: KEPT_INSERTED, cause, since: drift.run});
      return false;
    }
    l.conflict(untold ? DRIFT_UNTOLD : cause === BY_BOTH ? DRIFT_GONE : DRIFT_INSERTED, -1, [], {identity: short(identity), run: clean(drift.run)});
    l.conflicts[l.conflicts.length - 1].identity = identity;
    l.causedBy(DRIFT_RULE);
    return false;
  });
}

// putLedger puts what was wanted into the ledger: when everything was written and
// verified, with the observations of the verification.
/** @param {Writing} w */
function * putLedger(w) {
  const {run, verified} = w;
  if (!run.db.keeps) return;
  yield* run.leases.renew(false); // verifying may have taken its time
  for (let i = 0; i < verified.length; i++) {
    const l = verified[i], done = w.done.at(i);
    if (l.c.drift === '' && (done === undefined || Object.values(done).every(n => !n)) || l.c.mode === 'structure' || field(l.c.options, 'viewOn') !== undefined) continue;
    yield* writeLedger(run.db, run.remembered.found.ledgers.get(l.namespace()), run.record.id, l.namespace(), ledgerEntries(l.c, l.absent));
  }
}

// findCauses says of each difference whose doing it is, where the ledger knows the collection.
/** @param {Run} run */
function * findCauses(run, observations) {
  if (!run.db.keeps) return;
  for (const l of observations) {
    const ledger = run.remembered.found.ledgers.get(l.namespace()), keys = differing(l);
    if (ledger === undefined || keys.length === 0) continue;
    let known;
    try {
      known = yield* readLedger(run.db, l.namespace(), ledger.buckets, keys);
    } catch (e) {
      if (e instanceof Failure && e.code === CODE_UNAUTHORIZED) return; // plan and verify do without
      throw e;
    }
    const undone = keys.some(k => !known.has(k)) && (yield* isUndone(run.db, ledger.run));
    putCauses(l, ledger.run, undone, keys, known);
  }
}

// differing are the keys of the documents that an observation would write, in the order
// of its report's inserts, updates and deletes.
/** @param {Observation} l */
function differing(l) {
  const {c} = l;
  const before = w => w.move === undefined ? identityDocument(c.identity, c.documents[w.wanted].d) : fromIdentity(c, w.move); // by which the run before knew it
  return l.writes.map(w => ledgerKey(before(w)))
    .concat(l.pruned().map(w => ledgerKey(identityDocument(c.identity, w.before))));
}

// putCauses puts the causes into the observation's report; known are the entries of
// those of the keys that the ledger has. What undo took back is no longer in it: of
// a document that it has not when its run was undone, nobody can tell.
/** @param {Observation} l @param {Run} run */
function putCauses(l, run, undone, keys, known) {
  const {documents: items, updates, untold} = l.report, {writes, told} = l, deletes = l.pruned();
  const put = (x, cause) => {
    x.cause = cause;
    if (cause !== BY_RULES) x.since = run;
  };
  const about = (item, i) => {
    const entry = known.get(keys[i]), w = l.whole(writes[i]);
    if (undone && entry === undefined) return;
    if (w.before === undefined) {
      put(item, insertCause(l.c, entry, w.wanted));
      return;
    }
    for (const change of item.changes) {
      const cause = changeCause(l.c, entry || {leaves: [], many: false}, w, change);
      if (cause !== undefined && change.unknown === undefined) put(change, cause);
    }
  };
  told.forEach((i, n) => {
    about(items[n], i);
  });
  let n = 0;
  if (updates !== undefined) updates.change(item => about(item, l.untold[n++]));
  const shown = items.slice(items.length - deletes.length + untold.delete);
  shown.forEach((item, i) => {
    const entry = known.get(keys[writes.length + i]);
    if (entry !== undefined || !undone) put(item, deleteCause(l.c, entry, deletes[i].before));
  });
}
