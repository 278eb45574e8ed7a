// What the destination has of all that a run wrote. In: the run's journal; out: the steps
// of the undoing, from the journal's end, planned on what is there now. places.js has
// the collections. Generators.
//
// A step is one thing to do; steps are in the order of the undoing: {database,
// collection, done} and one of documents: reversals of one batch, with whole: true
// in one transaction, index: {action, reason, before, after}, options: {before,
// after, names, left, reason}, created: true for the collection, which stays.

const INDEX_ACTIONS = ['create-index', 'drop-index', 'change-index'];

function placeKey({database, collection}) {
  return database + '.' + collection; // a database's name has no dot
}

// observeUndone reads the journal and what the destination has of all that is in it,
// and plans the steps.
/** @param {UndoRun} u */
function * observeUndone(u) {
  u.steps = [];
  const records = yield* undoneJournal(u), places = yield* placesOf(u, records), {byItem, last} = pastsOf(records);
  for (let n = records.length - 1; n >= 0; n--) {
    const r = records[n], place = places.get(placeKey(r));
    const step = () => {
      const s = {database: r.database, collection: r.collection, done: nothingDone(), documents: [], whole: false, index: undefined, options: undefined, created: false};
      u.steps.push(s);
      return s;
    };
    if (r.action === 'create') {
      if (place.info !== undefined) step().created = true;
    } else if (INDEX_ACTIONS.includes(r.action)) {
      for (const item of r.items.slice().reverse()) step().index = indexBack(place, field(item, 'before'), field(item, 'after'));
    } else if (r.action === 'options') {
      for (const item of r.items.slice().reverse()) step().options = optionsBack(place, field(item, 'before'), field(item, 'after'));
    } else {
      const s = step();
      s.whole = r.together !== '';
      for (; ; n--) { // those of one transaction are one step
        const ending = byItem[n].filter(p => last.get(p) === n), live = yield* documentsAt(u, r, place, ending);
        ending.forEach((p, i) => s.documents.push(reverseAt(u, p, live[i], place)));
        if (!s.whole || n === 0 || records[n - 1].together !== r.together) break;
      }
    }
  }
  yield* forgettable(u);
}

// forgettable finds, before anything is written, whether the documents can be taken out of
// the ledger. A user who may not read it is told of that with the other rights.
/** @param {UndoRun} u */
function * forgettable(u) {
  for (const [namespace, keys] of knownDocuments(u.steps, () => true)) {
    try {
      yield* holding(u.db, namespace, keys);
    } catch (e) {
      if (!(e instanceof Failure) || e.code !== CODE_UNAUTHORIZED) throw e;
    }
  }
}

// knownDocuments are the keys of the documents of steps that the ledger may have, by
// namespace in order.
function knownDocuments(steps, which) {
  const keys = new Map();
  for (const s of steps) {
    for (const v of s.documents) {
      if (!which(v) || v.key === undefined) continue;
      const namespace = s.database + '.' + s.collection;
      if (!keys.has(namespace)) keys.set(namespace, []);
      keys.get(namespace).push(latin1(v.key, 0, v.key.length));
    }
  }
  return sortedTexts([...keys.keys()]).map(namespace => [namespace, keys.get(namespace)]);
}

// reverseAt is what is done with a document in its place.
/** @param {UndoRun} u */
function reverseAt(u, p, live, place) {
  const v = reverse(p.id, p.items, live);
  if (v.op === undefined) return v;
  if (place.info === undefined) leave(v, LEFT_NO_COLLECTION);
  else if (v.alone !== '' && !transactsAt(u, place)) leave(v, v.alone);
  return v;
}

// transactsAt: the collection can be written to in a transaction.
/** @param {UndoRun} u */
function transactsAt(u, {info}) {
  return u.transactions() && info !== undefined && !hasOption(info.options, 'capped');
}

// undoneJournal reads the run's journal, in order.
/** @param {UndoRun} u */
function * undoneJournal(u) {
  return proven(u, yield* rawJournal(u));
}

// rawJournal reads the records of the run's journal as they are, in order.
/** @param {UndoRun | ShownRun} u */
function * rawJournal(u) {
  // `0` is the character after `/`.
  const filter = doc('_id', doc('$gte', stringValue(u.undone.id + '/'), '$lt', stringValue(u.undone.id + '0')));
  const raw = yield* u.store.find(u.settings.stateDatabase, 'journal', filter, false);
  return raw.sort((a, b) => compare(field(a, '_id'), field(b, '_id')));
}

// soundJournal reads the records of a run's journal when all of them are the run's, as its
// seal says. key is that of the journal, asked the digest that it must have; '': none, any.
/** @param {UndoRun | ShownRun} u */
function soundJournal({undone, db}, raw, key, asked) {
  const seal = checkSeal(db, undone, key);
  const records = readJournal(undone.id, undone.journal !== undefined || seal === undefined && undone.outcome === 'applied', decrypted(seal, raw));
  if (seal !== undefined) seal.check(raw);
  else {
    const other = raw.find(r => field(r, 'chain') !== undefined);
    if (other !== undefined) throw damaged('journal', other, 'it has a chain, and its run has none');
  }
  checkEnd(db, undone, seal, asked);
  return {records, seal};
}

// proven reads the records of a journal when all of them are the run's, as its seal
// says, are as they were shown, and write to nothing but the run's collections.
/** @param {UndoRun} u */
function proven(u, raw) {
  const {undone, db, settings} = u, all = host.sha256(joined(raw.map(r => host.sha256(bytes(r))))), sum = hex(all, 0, all.length);
  if (u.shown === undefined) u.shown = sum;
  else if (u.shown !== sum) throw new Refused([conflictOfRun(JOURNAL_CHANGED, {run: clean(undone.id), database: clean(db.name)})]);
  const {records, seal} = soundJournal(u, raw, settings.journalKey, settings.journal);
  const byKey = seal !== undefined && seal.key !== undefined;
  for (const r of records) {
    const namespace = placeKey(r);
    if (undoWritable(u, r) && undone.databases.includes(r.database) && (seal === undefined || undone.collections.includes(namespace)) && (byKey || u.built.has(namespace))) continue;
    throw new Refused([conflictOfRun(UNDO_OUTSIDE,
      {run: clean(undone.id), namespace: clean(namespace), artefact: clean(undone.artefact), database: clean(db.name)}, {database: r.database, collection: r.collection})]);
  }
  return records;
}

// undoWritable: undo may write to a collection at all, which is never one of the
// server's databases, of the state database, or of the server's own collections.
/** @param {UndoRun} u */
function undoWritable(u, {database, collection}) {
  return !SYSTEM_DATABASES.includes(database) && database !== u.settings.stateDatabase && validDatabase(database) &&
    !collection.startsWith('system.') && !/[\0$]/.test(collection);
}

// pastsOf collects what the records have of each document, {id, items}, and by
// record and item, whose past it is; last is the record of a past's last item.
function pastsOf(records) {
  const byKey = new Map(), byItem = records.map(() => []), last = new Map();
  records.forEach((r, n) => {
    if (!['insert', 'update', 'replace', 'delete'].includes(r.action)) return;
    for (const item of r.items) {
      const id = field(item, '_id'), k = placeKey(r) + '\0' + key([id]);
      if (!byKey.has(k)) byKey.set(k, {id, items: []});
      const p = byKey.get(k);
      p.items.push({database: r.database, action: r.action, owned: r.owned, item});
      byItem[n].push(p);
      last.set(p, n);
    }
  });
  return {byItem, last};
}
