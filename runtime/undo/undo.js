// Undo of a run: it reads the journal, plans from its end (observe.js), and writes
// back in batches, guarded and under the lease. A generator like Run, whose parts
// it uses. The rules are docs/state.md, undo.

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
    if (!(yield* this.guarded(() => observeUndone(this)))) return this.finish(false);
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
    const {weave, environment} = this.state, runs = this.settings.runs || (yield* readRuns(this.store, this.settings.stateDatabase, this.state)), at = findRun(runs, name);
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
    yield* observeUndone(this);
    for (const s of this.steps) {
      if (s.index !== undefined) yield* writeIndex(this, s);
      else if (s.options !== undefined) yield* writeOptions(this, s);
      else yield* writeDocuments(this, s);
    }
    yield* writePostponed(this);
    yield* this.leases.renew(false);
    yield* this.mark();
  }

  // mark takes the documents that are not left out of the ledger, leaves the hold and
  // marks the run as undone, unless something is left that only the Go engine can
  // write. All of it may be done again after a kill.
  * mark() {
    const left = this.steps.some(s => s.documents.some(v => v.op === undefined && v.unsent && v.reason !== ''));
    for (const [namespace, keys] of knownDocuments(this.steps, v => v.reason === '' || v.done)) yield* forget(this.db, this.leases.run, namespace, keys);
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
          counts: {desired: 0, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0, lost: 0}, done: undefined,
        });
      }
      reportStep(collections.get(placeKey(s)), s, !this.settings.planOnly);
    }
    this.report.collections = [...collections.values()];
  }
}
