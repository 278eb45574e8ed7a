// Undo of a run: it goes through the journal, from its end (journal.js, observe.js), and the
// destination, and then again and writes back in batches, guarded and under the lease. A
// generator like Run, whose parts it uses. The rules are docs/state.md, undo.

class UndoRun extends Run {
  // built are the namespaces of the build at hand: nothing else is written to, unless
  // the run is sealed with a key.
  constructor(state, command, settings, built) {
    super(state, command, settings);
    this.built = new Set(built);
    this.undone = undefined; // the run's record
    this.privileges = new Map(); // with which the steps can be written
    this.unsent = false; // something is left that mongosh cannot send
    /** @type {Proof | undefined} */
    this.shown = undefined; // of the journal, when it was read first
    this.postponed = []; // documents that a unique index refused: {database, collection, documents, reason: what the server said}
    this.forgotten = new Map(); // keys of the documents that go out of the ledger, by namespace
  }

  // go undoes what was asked for and returns the report.
  * go() {
    const found = yield* this.guarded(() => this.findRun(this.settings.undo));
    if (!found || this.undone.undone !== '') return this.finish(false);
    const planned = new Telling(!this.settings.planOnly, this.settings.items);
    if (!(yield* this.guarded(() => this.plan(planned)))) return this.finish(false);
    this.report.collections = planned.collections;
    if (this.settings.planOnly) return this.finish(true);
    if (!(yield* this.guarded(() => this.guard()))) return this.finish(true);
    yield* this.guarded(stage => {
      stage('write');
      return this.writeBack(planned);
    });
    this.noteLate();
    yield* this.guarded(stage => {
      stage('record');
      return this.leases.release();
    });
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

  // plan goes through the journal without writing.
  /** @param {Telling} told */
  * plan(told) {
    const u = this;
    yield* eachStep(u, yield* undoneJournal(u), function * (s) {
      u.needs(s);
      told.tell(s);
    });
  }

  // guard finds whether the user has the privileges.
  * guard() {
    const lacking = yield* lackingPrivileges(this.db, sortedPrivileges(this.privileges).concat(remembering(this.db)));
    if (lacking.length > 0) throw new Refused(lacking);
  }

  // needs adds the privileges with which a step can be written.
  needs(s) {
    const actions = {insert: 'insert', update: 'update', replace: 'update', delete: 'remove'};
    const add = (needed, action) => {
      if (needed) addPrivilege(this.privileges, s.database, s.collection, [action]);
    };
    for (const v of s.documents) if (v.op !== undefined) add(true, actions[v.op.action]);
    if (s.index !== undefined) {
      add(['create', 'change'].includes(s.index.action), 'createIndex');
      add(['drop', 'change'].includes(s.index.action), 'dropIndex');
    }
    add(s.options !== undefined && s.options.names.length > 0, 'collMod');
  }

  // writeBack plans again, now that no other run writes, carries each step out when it is
  // planned, and marks the run. The report has what was written, and what of the plan was not reached.
  /** @param {Telling} planned */
  * writeBack(planned) {
    yield* this.leases.take(this.settings.wait, this.settings.forceUnlock);
    const u = this, told = new Telling(true, this.settings.items);
    let all = false;
    try {
      const j = yield* undoneJournal(u);
      yield* eachStep(u, j, function * (s) {
        try {
          yield* u.carryOut(s);
        } finally {
          told.tell(s);
          u.forget(s, s.documents);
        }
      });
      all = true;
      yield* writePostponed(u);
    } finally {
      if (!all) told.rest(planned);
      told.close();
      this.report.collections = told.collections;
    }
    yield* this.leases.renew(false);
    yield* this.mark();
  }

  * carryOut(s) {
    if (s.index !== undefined) yield* writeIndex(this, s);
    else if (s.options !== undefined) yield* writeOptions(this, s);
    else yield* writeDocuments(this, s);
  }

  // forget notes the documents of which nothing is left, for the ledger, and what mongosh cannot send.
  forget(place, documents) {
    for (const v of documents) {
      if (v.postponed) continue;
      if ((v.reason === '' || v.done) && v.key !== undefined) addKnown(this.forgotten, place, v.key);
      if (v.op === undefined && v.unsent && v.reason !== '') this.unsent = true;
    }
  }

  // mark takes the documents that are not left out of the ledger, leaves the hold and
  // marks the run as undone, unless something is left that only the Go engine can
  // write. All of it may be done again after a kill.
  * mark() {
    for (const [namespace, keys] of byName(this.forgotten)) yield* forget(this.db, this.leases.run, namespace, keys);
    yield* hold(this.db, this.about, this.undone);
    if (this.unsent) this.report.notes.push(NOTE_UNSENT);
    else yield* this.db.update('runs', {_id: this.undone.id}, {$currentDate: {undone: true}});
  }
}
