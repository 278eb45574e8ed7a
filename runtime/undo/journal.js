// The journal of the run, without its items. In: the run; out: what each record is about,
// which documents have something in several, and the records once more, from the end. Generators.

// ProvenJournal is the journal of a run that is undone. It holds of each document a digest, and of
// those alone that have several items these items.
class ProvenJournal {
  constructor() {
    /** @type {Proof | undefined} */
    this.proof = undefined;
    this.records = []; // {database, collection, action, together}: what is held of a record with whole items
    this.keys = new Map(); // of the ledger, by namespace
    this.last = new Map(); // the record of a document's last item, by docKey
    this.several = new Map(); // {id, items}, by docKey
    this.again = new Set(); // records with items of documents that have several
    /** @type {Refused | undefined} */
    this.outside = undefined; // why one of its collections may not be written to
  }

  // add takes in what is held of a record.
  add(r) {
    const {database, collection, action, together} = r, n = this.records.length;
    this.records.push({database, collection, action, together});
    if (!aboutDocuments(action)) return;
    for (const item of r.items) {
      const k = docKey(r, field(item, '_id')), before = this.last.get(k);
      if (before !== undefined) {
        this.several.set(k, {id: undefined, items: []});
        this.again.add(before).add(n);
      } else addKnown(this.keys, r, binaryOf(field(item, 'key')));
      this.last.set(k, n);
    }
  }

  // gather takes the items out of a record that are of documents with several.
  * gather(n) {
    const [r] = yield* this.proof.read(n, n + 1);
    for (const item of r.items) {
      const p = this.several.get(docKey(r, field(item, '_id')));
      if (p === undefined) continue;
      const own = document(bytes(item).slice()); // the record is let go
      p.id = field(own, '_id');
      p.items.push({database: r.database, action: r.action, owned: r.owned, item: own});
    }
  }

  // ending are the documents of a record that have nothing in later ones: {id, items}.
  ending(n, r) {
    const seen = new Set(), out = [];
    for (const item of r.items) {
      const id = field(item, '_id'), k = docKey(r, id), p = this.several.get(k);
      if (this.last.get(k) !== n || seen.has(p)) continue;
      if (p !== undefined) seen.add(p);
      out.push(p || {id, items: [{database: r.database, action: r.action, owned: r.owned, item}]});
    }
    return out;
  }

  // forgettable finds, before anything is written, whether the documents can be taken out of
  // the ledger. A user who may not read it is told of that with the other rights.
  /** @param {Database} db */
  * forgettable(db) {
    for (const [namespace, keys] of byName(this.keys)) {
      try {
        yield* holding(db, namespace, keys, () => undefined);
      } catch (e) {
        if (!(e instanceof Failure) || e.code !== CODE_UNAUTHORIZED) throw e;
      }
    }
  }
}

// docKey is that of a document: half of SHA-256 of its collection and `_id`.
function docKey(place, id) {
  return digestText(host.encode(placeKey(place) + '\0' + key([id])), 16);
}

// aboutDocuments reports whether the items are about documents.
function aboutDocuments(action) {
  return ['insert', 'update', 'replace', 'delete'].includes(action);
}

// addKnown adds a document's key in the ledger to those of its collection.
function addKnown(keys, {database, collection}, known) {
  const namespace = database + '.' + collection;
  if (!keys.has(namespace)) keys.set(namespace, []);
  keys.get(namespace).push(latin1(known, 0, known.length));
}

// byName are keys of the ledger, by namespace in order.
function byName(keys) {
  return sortedTexts([...keys.keys()]).map(namespace => [namespace, keys.get(namespace)]);
}

// undoneJournal reads the run's journal when all of it is the run's and as it was shown, and
// writes to nothing but the run's collections.
/** @param {UndoRun} u */
function * undoneJournal(u) {
  let j = new ProvenJournal();
  const {db, undone, settings} = u;
  const proof = yield* proveJournal(db, undone, settings.journalKey, settings.journal, u.shown, () => { j = new ProvenJournal(); }, r => {
    j.add(r);
    if (j.outside === undefined) j.outside = outside(u, r);
  });
  if (j.outside !== undefined) throw j.outside;
  u.shown = j.proof = proof;
  for (const n of [...j.again].sort((a, b) => a - b)) yield* j.gather(n);
  yield* j.forgettable(db);
  return j;
}

// outside refuses a collection that the run cannot have written to; undefined: it can.
/** @param {UndoRun} u */
function outside(u, r) {
  const {undone, db} = u, namespace = placeKey(r), sealed = undone.seal !== '';
  if (undoWritable(u, r) && undone.databases.includes(r.database) && (!sealed || undone.collections.includes(namespace)) && (undone.seal === SEAL_KEYED || u.built.has(namespace))) return undefined;
  return new Refused([conflictOfRun(UNDO_OUTSIDE,
    {run: clean(undone.id), namespace: clean(namespace), artefact: clean(undone.artefact), database: clean(db.name)}, {database: r.database, collection: r.collection})]);
}

// undoWritable: undo may write to a collection at all, which is never one of the
// server's databases, of the state database, or of the server's own collections.
/** @param {UndoRun} u */
function undoWritable(u, {database, collection}) {
  return !SYSTEM_DATABASES.includes(database) && database !== u.settings.stateDatabase && validDatabase(database) &&
    !collection.startsWith('system.') && !/[\0$]/.test(collection);
}
