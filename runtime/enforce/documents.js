// Writing the documents of collections. In: tasks; out: what was done. Where a guard was
// missed, the collection is observed again and what is still to do is sent. The order
// and the attempts are docs/enforcement.md, Writing. Generators.

// writeCollections writes the documents of every collection.
/** @param {Writing} w */
function * writeCollections(w) {
  for (let i = 0; i < w.tasks.length; i++) yield* writeFresh(w, i);
  // Those that link to what was observed again after they were written.
  for (let i = 0; i < w.tasks.length; i++) if (w.stale.has(i)) yield* writeFresh(w, i);
}

// prune deletes the documents of every collection, in reverse order.
/** @param {Writing} w */
function * prune(w) {
  for (let i = w.tasks.length - 1; i >= 0; i--) yield* writeCollection(w, w.tasks[i], true);
}

// writeFresh writes the documents of a collection. Where what it links to was
// observed again, it is observed again first, as there may be other `_id`s now.
/** @param {Writing} w */
function * writeFresh(w, i) {
  if (w.stale.delete(i)) {
    const found = yield* observeAt(w.run, [i], w);
    w.tasks[i] = new Task(found[0]);
    refuse(found);
  }
  yield* writeCollection(w, w.tasks[i], false);
}

// outdated notes that the tasks of collections that link to one are, as it was
// observed again.
/** @param {Writing} w */
function outdated(w, at) {
  w.tasks.forEach((_, i) => {
    if (i !== at && concernedBy(w.run, [i]).includes(at)) w.stale.add(i);
  });
}

// writeCollection sends the writes (or deletes) of a collection; where a guard
// was missed or a batch failed retryably, it observes again and sends what is still
// to do.
/** @param {Writing} w @param {Task} t */
function * writeCollection(w, t, pruning) {
  const {at} = t.of;
  let now = t;
  for (let attempt = 1, failures = 0; ;) {
    const missed = yield* sendWrites(w, now, pruning);
    t.deletes = now.deletes; // without those that a transaction has done
    if (missed.sent > 0) failures = 0;
    const failed = missed.failure !== undefined;
    if (failed) {
      if (failures === RETRY_WAITS.length) throw missed.failure;
      yield* pause(RETRY_WAITS[failures++]);
    } else if (!missed.any) return;
    const found = yield* observeAt(w.run, [at], w), [l] = found;
    now = new Task(l);
    outdated(w, at);
    yield* settleBatch(w, l, missed.unsure);
    t.deletes = now.deletes;
    refuse(found);
    const left = pruning ? l.deletes.length : l.writes.length;
    if (left === 0) return;
    if (l.missing) throw new Failure(clean(l.namespace()) + ' was dropped while this run was writing to it: run again', false);
    if (failed) continue;
    if (attempt === MAX_ATTEMPTS) {
      l.conflict(missed.duplicate === '' ? CHANGED_WHILE_RUNNING : CHANGED_DUPLICATE, -1, [],
        {count: left, server: clean(missed.duplicate)});
      refuse(found);
    }
    yield* clearWay(w, now);
    t.indexPlan = now.indexPlan;
    attempt++;
  }
}

// settleBatch counts those of the operations of a batch with an unknown outcome that
// are no longer to be done.
/** @param {Writing} w @param {Observation} l */
function * settleBatch(w, l, unsure) {
  const keyOf = one => one.wanted >= 0 ? one.wanted : key([field(one.before, '_id')]);
  const left = new Set(l.writes.concat(l.deletes).map(keyOf)), done = w.done.of(l.at);
  for (const one of unsure) if (!left.has(keyOf(one))) done[WRITE_COMMANDS.find(c => c.actions.includes(one.op.action)).total]++;
  if (unsure.length > 0) yield* w.run.leases.arrived(unsure, unsure.filter(one => left.has(keyOf(one))));
}
