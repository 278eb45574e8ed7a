// Sending a collection's operations, in stages and batches. In: what a task has to
// write; out: what was missed. Generators, like run.

const BATCH_BYTES = 15 << 20; // a command is one BSON document here, of at most 16 MiB with its frame

// sendWrites sends a collection's operations in waves and batches; it stops at the
// first batch that missed something.
/** @param {Writing} w @param {Task} t */
function * sendWrites(w, t, pruning) {
  const l = t.of;
  if (pruning) return yield* sendBatches(w, l, t.deletes, 0);
  let sent = 0;
  for (const s of l.stages) {
    const writes = s.writes.map(n => l.writes[n]);
    const missed = s.whole ? {...yield* sendStage(w, t, s, writes), sent}
      : yield* sendBatches(w, l, writes.filter(w => w.op.action === 'insert').concat(writes.filter(w => w.op.action !== 'insert')), sent);
    if (missed.any || missed.failure !== undefined) return missed;
    sent = s.whole ? sent + 1 : missed.sent;
  }
  return {any: false, duplicate: '', unsure: [], failure: undefined, sent};
}

// sendBatches sends writes in batches, after sent others; those that are alone go in
// transactions.
/** @param {Writing} w @param {Observation} l */
function * sendBatches(w, l, writes, sent) {
  for (let from = 0; from < writes.length;) {
    let n = from, size = 0;
    for (; n < writes.length && n - from < w.run.settings.batchSize && !writes[n].alone; n++) {
      const more = sizeOfWrite(writes[n]);
      if (n > from && size + more > BATCH_BYTES) break;
      size += more;
    }
    const alone = n === from;
    if (alone) n++;
    const missed = yield* sendBatch(w, l, writes.slice(from, n).map(one => l.whole(one)), alone ? 'alone' : '');
    if (missed.any || missed.failure !== undefined) return {...missed, sent};
    sent++;
    from = n;
  }
  return {any: false, duplicate: '', unsure: [], failure: undefined, sent};
}

// sendStage sends a stage in one transaction. The documents that it deletes need
// no deletion any more.
/** @param {Writing} w @param {Task} t */
function * sendStage(w, t, s, writes) {
  const missed = yield* sendBatch(w, t.of, writes.map(one => t.of.whole(one)).concat(s.deletes.map(n => t.of.whole(t.of.deletes[n]))), 'transaction');
  if (!missed.any && missed.failure === undefined) t.deletes = t.deletes.filter(w => !s.deletes.some(n => t.of.deletes[n] === w));
  return missed;
}

// sendBatch sends one batch and counts what it did. how: '' as it is, 'transaction'
// when unique values move, each document as a whole, 'alone' a write in a
// transaction of its own, as its guard does not go with it. It gives
// {any: documents were changed meanwhile, duplicate: what the destination said of
// the last duplicate key, unsure: the writes of a batch that failed, failure:
// why, when it may succeed when it is sent again}.
/** @param {Writing} w @param {Observation} l */
function * sendBatch(w, l, writes, how) {
  const {run} = w, done = w.done.of(l.at), counts = [], ops = writes.map(w => how === 'transaction' ? transacted(w) : w.op);
  let counted = 0, refused;
  const count = (total, n) => {
    counts.push([total, n]);
    counted += n;
    run.wrote = run.wrote || n > 0;
  };
  const add = () => counts.forEach(([total, n]) => done[total] += n);
  try {
    refused = yield* run.step({observation: l, writes, whole: how === 'transaction'}, batchWrite(run, l, ops, how, count));
  } catch (e) {
    if (retryable(e)) return {any: false, duplicate: '', unsure: writes, failure: e};
    add();
    throw e;
  }
  add();
  const missed = {any: counted < writes.length, duplicate: '', unsure: [], failure: undefined};
  for (const r of refused) {
    if (r.duplicate) missed.duplicate = run.redact(r.message);
    else if (!r.moved) {
      const failure = new Failure(l.refusedText(writes[ops.indexOf(r.op)], r), false);
      if (!r.retryable) throw failure;
      missed.failure = failure;
    }
  }
  return missed;
}

/** @param {Run} run @param {{database: string, c: {name: string}}} l */
function * batchWrite(run, l, ops, how, count) {
  try {
    if (how === '') return yield* run.store.write(l.database, l.c.name, ops, count);
    const {totals, refused} = yield* run.store.transact(l.database, l.c.name, ops);
    for (const [total, n] of Object.entries(totals)) count(total, n);
    return refused;
  } catch (e) {
    run.noteWrite(e);
    throw e;
  }
}
