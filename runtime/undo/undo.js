// Undo of a run: it reads the journal, plans from its end (decide.js), and writes
// back in batches, guarded and under the lease. A generator like Run, whose parts
// it uses. The rules are docs/state.md, undo.
//
// A step is one thing to do; steps are in the order of the undoing: {database,
// collection, done} and one of documents: reversals of one batch, with whole: true
// in one transaction, index: {action, reason, before, after}, options: {before,
// after, names, left, reason}, created: true for the collection, which stays.

class UndoRun extends Run {
  // built are the namespaces of the build at hand: nothing else is written to, unless
  // the run is sealed with a key.
  constructor(state, command, settings, built) {
    super(state, command, settings);
    this.built = new Set(built);
    this.undone = undefined; // the run's record
    this.steps = [];
    this.unsent = false; // an index or option is left that mongosh cannot send
    this.shown = undefined; // SHA-256 of the journal's records at the first observation
    this.postponed = []; // documents that a unique index refused: {database, collection, documents, reason: what the server said}
  }

  // go undoes what was asked for and returns the report.
  * go() {
    const found = yield* this.guarded(() => this.findRun(this.settings.undo));
    if (!found || this.undone.undone !== '') return this.finish(false);
    if (!(yield* this.guarded(() => this.observe()))) return this.finish(false);
    this.fillReport();
    if (this.settings.planOnly) return this.finish(true);
    if (!(yield* this.guarded(() => this.guard()))) return this.finish(true);
    yield* this.guarded(stage => {
      stage('write');
      return this.writeBack();
    });
    this.noteLate();
    yield* this.guarded(stage => {
      stage('record');
      return this.leases.release();
    });
    this.fillReport();
    return this.finish(true);
  }

  // findRun finds the run, and that it may be undone.
  * findRun(name) {
    const {weave, environment} = this.state, runs = yield* readRuns(this.store, this.settings.stateDatabase, this.state), at = findRun(runs, name);
    if (at < 0) {
      throw new Refused([conflictOfRun(name === '' ? NO_RUN : NO_SUCH_RUN,
        {run: clean(name), weave: clean(weave), environment: clean(environment)})]);
    }
    this.undone = runs[at];
    const newer = runs.slice(0, at).find(r => r.undone === '' && sharing(r.databases, this.undone.databases));
    if (this.undone.undone === '' && newer !== undefined) {
      throw new Refused([conflictOfRun(UNDO_NEWER_FIRST, {run: clean(this.undone.id), newer: clean(newer.id)})]);
    }
    this.about.databases = this.undone.databases;
    this.leases.run = 'undo ' + this.undone.id;
    takeIn(this, yield* remember(this));
  }

  // observe reads the journal and what the destination has of all that is in it,
  // and plans the steps.
  * observe() {
    this.steps = [];
    const records = yield* this.journal(), places = yield* this.places(records), {byItem, last} = pastsOf(records);
    for (let n = records.length - 1; n >= 0; n--) {
      const r = records[n], place = places.get(placeKey(r));
      const step = () => {
        const s = {database: r.database, collection: r.collection, done: nothingDone(), documents: [], whole: false, index: undefined, options: undefined, created: false};
        this.steps.push(s);
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
          const ending = byItem[n].filter(p => last.get(p) === n), live = yield* this.documents(r, place, ending);
          ending.forEach((p, i) => s.documents.push(this.reverse(p, live[i], place)));
          if (!s.whole || n === 0 || records[n - 1].together !== r.together) break;
        }
      }
    }
  }

  // reverse is what is done with a document in its place.
  reverse(p, live, place) {
    const v = reverse(p.id, p.items, live);
    if (v.op === undefined) return v;
    if (place.info === undefined) leave(v, LEFT_NO_COLLECTION);
    else if (v.alone !== '' && !this.transacts(place)) leave(v, v.alone);
    return v;
  }

  // transacts: the collection can be written to in a transaction.
  transacts({info}) {
    return this.transactions() && info !== undefined && !hasOption(info.options, 'capped');
  }

  // journal reads the run's journal, in order.
  * journal() {
    // `0` is the character after `/`.
    const filter = doc('_id', doc('$gte', stringValue(this.undone.id + '/'), '$lt', stringValue(this.undone.id + '0')));
    const raw = yield* this.store.find(this.settings.stateDatabase, 'journal', filter, false);
    return this.proven(raw.sort((a, b) => compare(field(a, '_id'), field(b, '_id'))));
  }

  // proven reads the records of a journal when all of them are the run's, as its seal
  // says, are as they were shown, and write to nothing but the run's collections.
  proven(raw) {
    const {undone, db, settings} = this, all = host.sha256(joined(raw.map(r => host.sha256(bytes(r))))), sum = hex(all, 0, all.length);
    if (this.shown === undefined) this.shown = sum;
    else if (this.shown !== sum) throw new Refused([conflictOfRun(JOURNAL_CHANGED, {run: clean(undone.id), database: clean(db.name)})]);
    const seal = checkSeal(db, undone, settings.journalKey);
    const records = readJournal(undone.id, undone.journal !== undefined || seal === undefined && undone.outcome === 'applied', decrypted(seal, raw));
    if (seal !== undefined) seal.check(raw);
    else {
      const other = raw.find(r => field(r, 'chain') !== undefined);
      if (other !== undefined) throw damaged('journal', other, 'it has a chain, and its run has none');
    }
    checkEnd(db, undone, seal, settings.journal);
    const byKey = seal !== undefined && seal.key !== undefined;
    for (const r of records) {
      const namespace = placeKey(r);
      if (this.writable(r) && undone.databases.includes(r.database) && (seal === undefined || undone.collections.includes(namespace)) && (byKey || this.built.has(namespace))) continue;
      throw new Refused([conflictOfRun(UNDO_OUTSIDE,
        {run: clean(undone.id), namespace: clean(namespace), artefact: clean(undone.artefact), database: clean(db.name)}, {database: r.database, collection: r.collection})]);
    }
    return records;
  }

  // writable: undo may write to a collection at all, which is never one of the
  // server's databases, of the state database, or of the server's own collections.
  writable({database, collection}) {
    return !SYSTEM_DATABASES.includes(database) && database !== this.settings.stateDatabase && validDatabase(database) &&
      !collection.startsWith('system.') && !/[\0$]/.test(collection);
  }

  // places describes the collections that the records are about, by placeKey:
  // {info, indexes, options}, as the steps planned so far leave them; info is
  // undefined when the collection is missing.
  * places(records) {
    const places = new Map(), names = new Map();
    for (const r of records) {
      if (places.has(placeKey(r))) continue;
      places.set(placeKey(r), {info: undefined, indexes: undefined, options: EMPTY});
      if (!names.has(r.database)) names.set(r.database, []);
      names.get(r.database).push(r.collection);
    }
    for (const [database, list] of names) {
      for (const [collection, info] of yield* this.store.collections(database, list)) {
        const place = places.get(placeKey({database, collection}));
        [place.info, place.options] = [info, info.options];
      }
    }
    for (const r of records) {
      const place = places.get(placeKey(r));
      if (place.info === undefined || place.indexes !== undefined || !INDEX_ACTIONS.includes(r.action)) continue;
      place.indexes = yield* this.store.indexes(r.database, r.collection);
    }
    return places;
  }

  // documents reads the documents of pasts; undefined for one that is missing.
  * documents({database, collection}, place, pasts) {
    const out = pasts.map(() => undefined);
    if (place.info === undefined || pasts.length === 0) return out;
    const at = new Map(pasts.map((p, i) => [key([p.id]), i])), simple = hasCollation(place.info.options);
    for (const filter of idFilters(pasts.map(p => p.id))) {
      for (const d of yield* this.store.find(database, collection, filter, simple)) {
        const i = at.get(key([field(d, '_id')]));
        if (i !== undefined) out[i] = d;
      }
    }
    return out;
  }

  // guard finds whether the user has the privileges.
  * guard() {
    const lacking = yield* lackingPrivileges(this.db, this.needed());
    if (lacking.length > 0) throw new Refused(lacking);
  }

  // needed are the privileges with which the steps can be written.
  needed() {
    const all = new Map(), actions = {insert: 'insert', update: 'update', replace: 'update', delete: 'remove'};
    for (const s of this.steps) {
      const add = (needed, action) => {
        if (needed) addPrivilege(all, s.database, s.collection, [action]);
      };
      for (const v of s.documents) if (v.op !== undefined) add(true, actions[v.op.action]);
      if (s.index !== undefined) {
        add(['create', 'change'].includes(s.index.action), 'createIndex');
        add(['drop', 'change'].includes(s.index.action), 'dropIndex');
      }
      add(s.options !== undefined && s.options.names.length > 0, 'collMod');
    }
    return sortedPrivileges(all).concat(remembering(this.db));
  }

  // writeBack plans again, now that no other run writes, carries the steps out,
  // and marks the run.
  * writeBack() {
    yield* this.leases.take(this.settings.wait, this.settings.forceUnlock);
    yield* this.observe();
    for (const s of this.steps) {
      if (s.index !== undefined) yield* writeIndex(this, s);
      else if (s.options !== undefined) yield* writeOptions(this, s);
      else yield* writeDocuments(this, s);
    }
    yield* writePostponed(this);
    yield* this.leases.renew(false);
    yield* this.mark();
  }

  // mark takes the documents out of the ledger, leaves the hold and marks the run
  // as undone, unless something is left that only the Go engine can write. All of
  // it may be done again after a kill.
  * mark() {
    for (const s of this.steps) {
      const keys = s.documents.filter(v => v.reason === '' || v.done).map(v => latin1(v.key, 0, v.key.length));
      if (keys.length > 0) yield* forget(this.db, this.leases.run, placeKey(s), keys);
    }
    const left = this.steps.some(s => s.documents.some(v => v.op === undefined && v.unsent && v.reason !== ''));
    const keys = new Map();
    for (const s of this.steps) {
      for (const v of s.documents) {
        if (v.key === undefined) continue;
        const namespace = s.database + '.' + s.collection;
        if (!keys.has(namespace)) keys.set(namespace, []);
        keys.get(namespace).push(latin1(v.key, 0, v.key.length));
      }
    }
    for (const namespace of sortedTexts([...keys.keys()])) yield* forget(this.db, this.leases.run, namespace, keys.get(namespace));
    yield* hold(this.db, this.about, this.undone);
    if (left || this.unsent) this.report.notes.push(NOTE_UNSENT);
    else yield* this.db.update('runs', {_id: this.undone.id}, {$currentDate: {undone: true}});
  }

  // fillReport makes the report's collections of the steps, in the order of the undoing.
  fillReport() {
    const collections = new Map();
    for (const s of this.steps) {
      if (!collections.has(placeKey(s))) {
        collections.set(placeKey(s), {
          database: s.database, collection: s.collection, origin: '', mode: '', missing: false, indexes: [], options: [], documents: [], reason: undefined,
          counts: {desired: 0, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0}, done: undefined,
        });
      }
      reportStep(collections.get(placeKey(s)), s, !this.settings.planOnly);
    }
    this.report.collections = [...collections.values()];
  }
}

const INDEX_ACTIONS = ['create-index', 'drop-index', 'change-index'];

function placeKey({database, collection}) {
  return database + '.' + collection; // a database's name has no dot
}
