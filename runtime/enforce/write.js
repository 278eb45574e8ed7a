// Writing. In: what was observed and may be written; out: what was written. The order is
// docs/enforcement.md, Phases. Generators.

// Writing is the writing of a run, and what came of it.
class Writing {
  /** @param {Run} run @param {Observed} seen */
  constructor(run, seen) {
    this.run = run;
    this.seen = seen; // what is written: as it was found under the lease, where there is one
    /** @type {Task[]} */
    this.tasks = [];
    this.stale = new Set(); // collections whose tasks may have `_id`s in links that are others now
    this.verified = [];
    this.done = new Tally();
    /** @type {Made[]} */
    this.made = []; // of each collection
    this.hooks = []; // that the run sends
    this.ran = new Set(); // which of them were sent
    /** @type {{id: string, journal: string} | undefined} */
    this.record = undefined; // the run's record, once it is complete
  }
}

// A Task is what is still to be done of a collection, out of what was observed of it, which
// does not change.
class Task {
  /** @param {Observation} of */
  constructor(of) {
    this.of = of;
    this.deletes = of.deletes;
    this.indexPlan = of.indexPlan.copy();
  }
}

// write runs the stages that write, then verifies. Whatever happens, what was begun at
// the destination is ended.
/** @param {Run} run @param {Observed} seen */
function * write(run, seen) {
  const w = new Writing(run, seen), well = yield* run.guarded(stage => stages(w, stage));
  yield* close(w, well);
  return w;
}

// stages are what a run does after it was guarded; they end at the first error.
/** @param {Writing} w */
function * stages(w, stage) {
  /** @type {[string, (w: Writing) => Generator<any, any, any>][]} */
  const all = [
    ['lease', lease],
    ['before', before],
    ['write', createCollections],
    ['options', alterOptions],
    ['indexes', clearWays],
    ['write', writeCollections],
    ['prune', prune],
    ['indexes', alterIndexes],
    ['verify', verify],
    ['record', putLedger],
    ['after', w => runHooks(w, 'after')],
  ];
  for (const [name, run] of all) {
    if (!w.seen.differs()) return; // another run has done it meanwhile
    stage(name);
    yield* run(w);
  }
}

// labelled are the labels of a run, with the commit where none of them says another one.
function labelled(labels, commit) {
  return (commit || '') === '' || labels.some(l => l.name === COMMIT_LABEL) ? labels : [...labels, {name: COMMIT_LABEL, value: commit}];
}

// lease takes the leases, observes again, and writes down that this run writes.
/** @param {Writing} w */
function * lease(w) {
  const {run} = w, {db, about, leases, record} = run;
  if (db.keeps) {
    yield* record.number();
    leases.run = record.id;
    yield* leases.take(run.settings.wait, run.settings.forceUnlock);
    yield* probe(w);
    w.seen = yield* observeAgain(run, w.seen);
    if (w.seen.refused()) throw new Refused([]);
    if (!w.seen.differs()) return;
    checkApproved(run, w.seen);
    const {artefact, compiler} = run.state;
    if (yield* record.begin({artefact, compiler, labels: labelled(run.settings.labels, run.settings.commit), group: run.settings.group || ''})) yield* leases.rename(record.id);
    const {hello, found} = run.remembered;
    if (yield* claim(db, found, about, hello.cluster, record.id)) takeIn(run, yield* recall(run, hello));
  }
  todo(w, w.seen.all);
  w.hooks = hooksOf(run, w.seen);
}

// todo makes the tasks of what was observed of all collections.
/** @param {Writing} w @param {Observation[]} all */
function todo(w, all) {
  w.tasks = all.map(l => new Task(l));
  if (w.made.length === 0) w.made = all.map(() => new Made());
  all.forEach((l, i) => {
    if (l.differs()) w.done.of(i);
  });
}

// before runs the hooks before the first write, and observes again when there were some.
/** @param {Writing} w */
function * before(w) {
  if (!(yield* runHooks(w, 'before'))) return;
  const all = yield* observeEverything(w.run, w);
  todo(w, all);
  refuse(all);
}

// refuse ends a phase with the conflicts of observations, when there are some.
/** @param {Observation[]} all */
function refuse(all) {
  const conflicts = all.flatMap(l => l.conflicts);
  if (conflicts.length > 0) throw new Refused(conflicts);
}

// verify observes and compares everything again, and holds what is listed of structure
// against what was sent.
/** @param {Writing} w */
function * verify(w) {
  for (const {of} of w.tasks) of.letGo(); // it was written
  for (const l of w.seen.all) l.letGo();
  w.tasks = [];
  const all = yield* observeEverything(w.run, w);
  for (const l of all) {
    if (l.conflicts.length > 0) continue;
    const lost = l.missing ? [] : w.made[l.at].notKept(l.listed.options, l.existing);
    if (lost.length > 0) l.conflict(NOT_KEPT, -1, [], {parts: lost.join('; ')});
    const left = lost.length > 0 ? l.writes.length + l.deletes.length : l.left();
    if (left > 0) l.conflict(VERIFY_FAILED, -1, [], {count: left});
  }
  w.verified = all;
  refuse(all);
}

// close ends what the run began: its record, old records, a hold on what was undone
// before, its leases. well: the stages had no error.
/** @param {Writing} w */
function * close(w, well) {
  const {run} = w, {db, about, leases, record} = run, {lifts} = run.remembered;
  if (!db.keeps) return;
  const also = function * (generator) {
    try {
      yield* generator;
    } catch (e) {
      run.failed('record', e);
    }
  };
  if (record.inserted && run.wrote) yield* also(record.trim(run.state.collections.reduce((n, c) => Math.max(n, c.backupKeep), 0), run.settings.group !== undefined));
  const outcome = well && run.report.failure === undefined && run.report.conflicts.length === 0 ? 'applied' : 'stopped';
  if (outcome === 'applied' && run.wrote && lifts.length > 0) yield* also(lift(db, about, lifts));
  yield* also(function * () {
    w.record = yield* record.end(run.wrote, outcome, w.done.counts());
  }());
  run.noteLate();
  yield* also(leases.release());
}

// A Tally counts what is written of each collection of a state.
class Tally {
  constructor() {
    this.all = new Map(); // by position
  }

  // at is the count of a collection; undefined: nothing was to be done.
  at(i) {
    return this.all.get(i);
  }

  // of is the count of a collection; a later observation may find work where the one
  // before had none.
  of(i) {
    if (!this.all.has(i)) this.all.set(i, nothingDone());
    return this.all.get(i);
  }

  // deleted is how many documents of a collection were deleted.
  deleted(i) {
    return this.all.has(i) ? this.all.get(i).deleted : 0;
  }

  // counts are the sums of all.
  counts() {
    const sum = of => long([...this.all.values()].reduce((n, d) => n + of(d), 0));
    return {
      inserted: sum(d => d.inserted), updated: sum(d => d.updated), deleted: sum(d => d.deleted), collections: sum(d => d.created ? 1 : 0),
      indexes: sum(d => d.indexes + d.changedIndexes + d.droppedIndexes), options: sum(d => d.options),
    };
  }
}

function nothingDone() {
  return {created: false, indexes: 0, changedIndexes: 0, droppedIndexes: 0, options: 0, inserted: 0, updated: 0, deleted: 0};
}
