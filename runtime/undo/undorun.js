// Undo of a run: it reads the journal, plans from its end (undo.js), and writes
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
    this.shown = undefined; // SHA-256 of the journal's records at the first look
    this.postponed = []; // documents that a unique index refused: {database, collection, documents, reason: what the server said}
  }

  // go undoes what was asked for and returns the report.
  * go() {
    const found = yield* this.guarded(() => this.findRun(this.settings.undo));
    if (!found || this.undone.undone !== '') return this.finish();
    if (!(yield* this.guarded(() => this.lookBack()))) return this.finish();
    this.fillReport();
    this.different = true;
    if (this.settings.planOnly) return this.finish();
    if (!(yield* this.guarded(() => missingPrivileges(this, this.needed()))) || this.report.conflicts.length > 0) return this.finish();
    yield* this.guarded(stage => {
      stage('write');
      return this.writeBack();
    });
    this.control.noteLate();
    yield* this.guarded(stage => {
      stage('record');
      return this.control.giveBack();
    });
    this.fillReport();
    return this.finish();
  }

  // findRun finds the run, and that it may be undone.
  * findRun(name) {
    const {weave, environment} = this.state, runs = yield* readRuns(this.store, this.settings.stateDatabase, this.state), at = findRun(runs, name);
    if (at < 0) {
      this.control.conflict(name === '' ? NO_RUN : NO_SUCH_RUN,
        {run: clean(name), weave: clean(weave), environment: clean(environment)});
      throw new Conflicted();
    }
    this.undone = runs[at];
    const newer = runs.slice(0, at).find(r => r.undone === '' && sharing(r.databases, this.undone.databases));
    if (this.undone.undone === '' && newer !== undefined) {
      this.control.conflict(UNDO_NEWER_FIRST, {run: clean(this.undone.id), newer: clean(newer.id)});
      throw new Conflicted();
    }
    this.control.databases = this.undone.databases;
    this.control.id = 'undo ' + this.undone.id; // in the leases
    yield* this.control.remembered();
    if (this.report.conflicts.length > 0) throw new Conflicted();
  }

  // lookBack reads the journal and what the destination has of all that is in it,
  // and plans the steps.
  * lookBack() {
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
    const {undone, control, settings} = this, all = host.sha256(joined(raw.map(r => host.sha256(bytes(r))))), sum = hex(all, 0, all.length);
    if (this.shown === undefined) this.shown = sum;
    else if (this.shown !== sum) {
      control.conflict(JOURNAL_CHANGED, {run: clean(undone.id), database: clean(control.database)});
      throw new Conflicted();
    }
    const seal = checkSeal(control, undone, settings.journalKey);
    const records = readJournal(undone.id, undone.journal !== undefined || seal === undefined && undone.outcome === 'applied', decrypted(seal, raw));
    if (seal !== undefined) seal.check(raw);
    else {
      const other = raw.find(r => field(r, 'chain') !== undefined);
      if (other !== undefined) throw damaged('journal', other, 'it has a chain, and its run has none');
    }
    checkEnd(control, undone, seal, settings.journal);
    const byKey = seal !== undefined && seal.key !== undefined;
    for (const r of records) {
      const namespace = placeKey(r);
      if (this.writable(r) && undone.databases.includes(r.database) && (seal === undefined || undone.collections.includes(namespace)) && (byKey || this.built.has(namespace))) continue;
      control.conflict(UNDO_OUTSIDE,
        {run: clean(undone.id), namespace: clean(namespace), artefact: clean(undone.artefact), database: clean(control.database)}, {database: r.database, collection: r.collection});
      throw new Conflicted();
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
    return sortedPrivileges(all).concat(remembering(this));
  }

  // writeBack plans again, now that no other run writes, carries the steps out,
  // and marks the run.
  * writeBack() {
    yield* this.control.take();
    yield* this.lookBack();
    for (const s of this.steps) {
      if (s.index !== undefined) yield* this.writeIndex(s);
      else if (s.options !== undefined) yield* this.writeOptions(s);
      else yield* this.writeDocuments(s);
    }
    yield* this.writePostponed();
    yield* this.control.renew(false);
    yield* this.mark();
  }

  // writeDocuments writes a step's documents back; where a guard was missed, they
  // are read again, and what is still to do is sent again.
  * writeDocuments(s) {
    let pending = s.documents.filter(v => v.op !== undefined);
    for (let attempt = 1, failures = 0; pending.length > 0;) {
      const missed = [], said = {duplicate: ''};
      try {
        yield* this.sendBack(s, pending, missed, said);
        attempt++;
      } catch (e) {
        if (!retryable(e) || failures === RETRY_WAITS.length) throw e;
        yield* pause(RETRY_WAITS[failures++]);
      }
      pending = yield* this.stillToDo(s, missed);
      if (said.duplicate !== '') { // another document gives the value up, perhaps in a later step
        this.postponed.push({database: s.database, collection: s.collection, documents: pending, reason: said.duplicate});
        return;
      }
      if (attempt > MAX_ATTEMPTS) {
        pending.forEach(v => leave(v, LEFT_BUSY));
        return;
      }
    }
  }

  // writePostponed writes what a unique index has refused, when all else is
  // written: once more as it is, then, for values that change places, all of a
  // collection in one transaction.
  * writePostponed() {
    const byPlace = new Map();
    for (const p of this.postponed) {
      if (!byPlace.has(placeKey(p))) byPlace.set(placeKey(p), []);
      byPlace.get(placeKey(p)).push(p);
    }
    for (const list of byPlace.values()) {
      const [at] = list;
      let all = [], reason = '';
      for (const p of list) {
        const said = {duplicate: ''};
        all = all.concat(yield* this.once(at, p.documents, said, false));
        reason = said.duplicate || p.reason;
      }
      const info = (yield* this.store.collections(at.database, [at.collection])).get(at.collection);
      if (all.length > 0 && this.transacts({info})) {
        for (const v of all) v.op = transactedBack(v);
        const size = all.reduce((n, v) => n + sizeOf(v.op), 0);
        if (all.length <= TRANSACTION_DOCUMENTS && size <= TRANSACTION_BYTES) all = yield* this.once(at, all, {duplicate: ''}, true);
      }
      all.forEach(v => leave(v, reason));
    }
  }

  // once sends operations, in a transaction or not, and gives those that are still to be done.
  * once(at, documents, said, together) {
    const missed = [];
    try {
      yield* this.sendAll(at, documents, missed, said, together);
    } catch (e) {
      if (!retryable(e)) throw e;
    }
    return yield* this.stillToDo(at, missed);
  }

  // stillToDo reads the documents of operations again that may not have been
  // carried out, and gives those that are to be sent again.
  * stillToDo(s, missed) {
    if (missed.length === 0) return [];
    const info = (yield* this.store.collections(s.database, [s.collection])).get(s.collection), again = [];
    const live = yield* this.documents(s, {info}, missed);
    missed.forEach((v, i) => {
      const now = this.reverse(v, live[i], {info});
      if (now.op === undefined && (now.reason === '' || now.reason === v.reason)) v.done = true;
      else if (now.op === undefined) leave(v, now.reason);
      else again.push(Object.assign(v, now));
    });
    return again;
  }

  // sendBack sends the operations in batches. It adds to missed those of batches
  // of which not all was done; said.duplicate is what the server said about the
  // last one that a unique index refused. What it refuses otherwise is left.
  * sendBack(s, pending, missed, said) {
    if (s.whole) {
      for (const v of pending) v.op = transactedBack(v);
      yield* this.sendAll(s, pending, missed, said, true);
      return;
    }
    for (let from = 0; from < pending.length;) {
      let n = from, size = 0;
      for (; n < pending.length && n - from < this.settings.batchSize && pending[n].alone === ''; n++) {
        size += sizeOf(pending[n].op);
        if (!s.whole && n > from && size > BATCH_BYTES) break;
      }
      const together = n === from;
      if (together) n++;
      try {
        yield* this.sendAll(s, pending.slice(from, n), missed, said, together);
      } catch (e) {
        missed.push(...pending.slice(n));
        throw e;
      }
      from = n;
    }
  }

  // sendAll sends one batch, in a transaction or not.
  * sendAll({database, collection}, batch, missed, said, together) {
    const ops = batch.map(v => v.op);
    let counted = 0, refused;
    const count = (_, n) => {
      counted += n;
      this.wrote = this.wrote || n > 0;
    };
    try {
      refused = yield* this.step({about: 'undoing ' + ops.length + ' changes of documents in ' + clean(database + '.' + collection)}, batchWrite(this, {database, c: {name: collection}}, ops, together ? 'alone' : '', count));
    } catch (e) {
      missed.push(...batch);
      throw e;
    }
    for (const r of refused) {
      const v = batch[ops.indexOf(r.op)], reason = serverRefused(v, r.message);
      if (r.duplicate) said.duplicate = reason;
      else if (!r.moved && !r.retryable) leave(v, reason);
    }
    for (const v of batch) {
      if (counted === batch.length) v.done = true;
      else if (v.op !== undefined) missed.push(v);
    }
  }

  // writeIndex makes one index as it was.
  * writeIndex(s) {
    const x = s.index, name = stringValue(s.collection);
    const bad = x.action === 'create' || x.action === 'change' ? unsendable(x.before, '') : undefined;
    if (bad !== undefined) {
      [x.action, x.reason] = ['left', cannotSend(bad)];
      this.unsent = true;
    }
    const create = () => this.structure(s, doc('createIndexes', name, 'indexes', array([build(fields(x.before).filter(f => f.name !== 'ns'))])), 0);
    const drop = () => this.structure(s, doc('dropIndexes', name, 'index', stringValue(indexName(x.after))), CODE_INDEX_NOT_FOUND);
    let reason = '', total;
    switch (x.action) {
      case 'create':
        total = 'indexes';
        reason = yield* create();
        break;
      case 'drop':
        total = 'droppedIndexes';
        reason = yield* drop();
        break;
      case 'change': // back to back
        total = 'changedIndexes';
        reason = yield* drop();
        if (reason === '') reason = yield* create();
        break;
      default:
        return;
    }
    if (reason !== '') [x.action, x.reason] = ['left', reason];
    else s.done[total]++;
  }

  // writeOptions sets options back.
  * writeOptions(s) {
    const o = s.options;
    for (const change of o.commands) {
      const command = build([{name: 'collMod', v: stringValue(s.collection)}].concat(fields(change))), bad = unsendable(command, '');
      o.reason = bad === undefined ? yield* this.structure(s, command, 0) : cannotSend(bad);
      this.unsent = this.unsent || bad !== undefined;
      if (o.reason !== '') return;
    }
    s.done.options += o.names.length;
  }

  // structure sends a command about indexes or options, which can be sent again.
  // What the server refuses is left: then it gives the reason. done is the code
  // that says that an attempt before did it.
  * structure(s, command, done) {
    const whole = build(fields(command).concat([{name: 'writeConcern', v: doc('w', stringValue('majority'))}, {name: 'comment', v: stringValue(this.store.comment)}]));
    const run = this.store.run.bind(this.store);
    const {control} = this, noteWrite = e => this.noteWrite(e);
    let unsure = false;
    const attempt = function * () {
      yield* control.renew(false); // an attempt may take its time
      try {
        yield* run(s.database, whole);
      } catch (e) {
        if (unsure && done !== 0 && e instanceof Failure && e.code === done) return;
        unsure = unsure || e instanceof Failure && e.wrote;
        noteWrite(e);
        throw e;
      }
    };
    try {
      yield* this.step({about: 'undoing a change of an index or option of ' + clean(s.database + '.' + s.collection)}, this.noting(again(attempt)));
    } catch (e) {
      if (!(e instanceof Failure) || e.wrote || e.code === undefined || e.code === CODE_UNAUTHORIZED) throw e;
      return fill(LEFT_REFUSED, {server: clean(e.message.split('\n')[0])}); // the rest is advice
    }
    return '';
  }

  // mark takes the documents out of the ledger, leaves the hold and marks the run
  // as undone, unless something is left that only the Go engine can write. All of
  // it may be done again after a kill.
  * mark() {
    for (const s of this.steps) {
      const keys = s.documents.filter(v => v.reason === '' || v.done).map(v => latin1(v.key, 0, v.key.length));
      if (keys.length > 0) yield* forget(this.control, placeKey(s), keys);
    }
    const left = this.steps.some(s => s.documents.some(v => v.op === undefined && v.unsent && v.reason !== ''));
    const update = (collection, q, u, upsert) => this.control.write({update: collection, updates: [{q, u, upsert}]}, false);
    const keys = new Map();
    for (const s of this.steps) {
      for (const v of s.documents) {
        if (v.key === undefined) continue;
        const namespace = s.database + '.' + s.collection;
        if (!keys.has(namespace)) keys.set(namespace, []);
        keys.get(namespace).push(latin1(v.key, 0, v.key.length));
      }
    }
    for (const namespace of sortedTexts([...keys.keys()])) yield* forget(this.control, namespace, keys.get(namespace));
    const hold = {$set: {format: STATE_FORMAT}, $addToSet: {held: {artefact: this.undone.artefact, run: this.undone.id, databases: this.undone.databases}}};
    yield* update('control', {_id: this.control.holdID()}, hold, true);
    if (left || this.unsent) this.report.notes.push(NOTE_UNSENT);
    else yield* update('runs', {_id: this.undone.id}, {$currentDate: {undone: true}}, false);
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

// leave takes back that a document is written.
function leave(v, reason) {
  [v.op, v.after, v.reason] = [undefined, v.before, reason];
}

// serverRefused is the reason of a document that the server did not take; what
// it says may show a value that is hidden.
function serverRefused(v, message) {
  return fill(LEFT_REFUSED, {server: hidesSome(v) ? MASKED : clean(message)});
}
