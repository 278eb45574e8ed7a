// Writing back. In: steps with what is to be done; out: what was done counted in
// them, and the reason of what is left. Generators, like the run.

// writeDocuments writes a step's documents back; where a guard was missed, they
// are read again, and what is still to do is sent again.
/** @param {UndoRun} u */
function * writeDocuments(u, s) {
  let pending = s.documents.filter(v => v.op !== undefined);
  for (let attempt = 1, failures = 0; pending.length > 0;) {
    const missed = [], said = {duplicate: ''};
    try {
      yield* sendBack(u, s, pending, missed, said);
      attempt++;
    } catch (e) {
      if (!retryable(e) || failures === RETRY_WAITS.length) throw e;
      yield* pause(RETRY_WAITS[failures++]);
    }
    pending = yield* stillToDo(u, s, missed);
    if (said.duplicate !== '') { // another document gives the value up, perhaps in a later step
      for (const v of pending) v.postponed = true;
      u.postponed.push({database: s.database, collection: s.collection, documents: pending, reason: said.duplicate});
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
/** @param {UndoRun} u */
function * writePostponed(u) {
  const byPlace = new Map();
  for (const p of u.postponed) {
    if (!byPlace.has(placeKey(p))) byPlace.set(placeKey(p), []);
    byPlace.get(placeKey(p)).push(p);
  }
  for (const list of byPlace.values()) {
    const [at] = list;
    let all = [], reason = '';
    for (const p of list) {
      const said = {duplicate: ''};
      all = all.concat(yield* writeOnce(u, at, p.documents, said, false));
      reason = said.duplicate || p.reason;
    }
    const info = (yield* u.store.collections(at.database, [at.collection])).get(at.collection);
    if (all.length > 0 && transactsAt(u, {info})) {
      for (const v of all) v.op = transactedBack(v);
      const size = all.reduce((n, v) => n + sizeOf(v.op), 0);
      if (all.length <= TRANSACTION_DOCUMENTS && size <= TRANSACTION_BYTES) all = yield* writeOnce(u, at, all, {duplicate: ''}, true);
    }
    all.forEach(v => leave(v, reason));
    for (const p of list) {
      for (const v of p.documents) v.postponed = false;
      u.forget(at, p.documents);
    }
  }
}

// writeOnce sends operations, in a transaction or not, and gives those that are still to be done.
/** @param {UndoRun} u */
function * writeOnce(u, at, documents, said, together) {
  const missed = [];
  try {
    yield* sendAll(u, at, documents, missed, said, together);
  } catch (e) {
    if (!retryable(e)) throw e;
  }
  return yield* stillToDo(u, at, missed);
}

// stillToDo reads the documents of operations again that may not have been
// carried out, and gives those that are to be sent again.
/** @param {UndoRun} u */
function * stillToDo(u, s, missed) {
  if (missed.length === 0) return [];
  const info = (yield* u.store.collections(s.database, [s.collection])).get(s.collection), again = [];
  const live = yield* documentsAt(u, s, {info}, missed);
  missed.forEach((v, i) => {
    const now = reverseAt(u, v, live[i], {info});
    if (now.op === undefined && (now.reason === '' || now.reason === v.reason)) v.done = true;
    else if (now.op === undefined) leave(v, now.reason);
    else again.push(Object.assign(v, now));
  });
  return again;
}

// sendBack sends the operations in batches. It adds to missed those of batches
// of which not all was done; said.duplicate is what the server said about the
// last one that a unique index refused. What it refuses otherwise is left.
/** @param {UndoRun} u */
function * sendBack(u, s, pending, missed, said) {
  if (s.whole) {
    for (const v of pending) v.op = transactedBack(v);
    yield* sendAll(u, s, pending, missed, said, true);
    return;
  }
  for (let from = 0; from < pending.length;) {
    let n = from, size = 0;
    for (; n < pending.length && n - from < u.settings.batchSize && pending[n].alone === ''; n++) {
      size += sizeOf(pending[n].op);
      if (!s.whole && n > from && size > BATCH_BYTES) break;
    }
    const together = n === from;
    if (together) n++;
    try {
      yield* sendAll(u, s, pending.slice(from, n), missed, said, together);
    } catch (e) {
      missed.push(...pending.slice(n));
      throw e;
    }
    from = n;
  }
}

// sendAll sends one batch, in a transaction or not.
/** @param {UndoRun} u */
function * sendAll(u, {database, collection}, batch, missed, said, together) {
  const ops = batch.map(v => v.op);
  let counted = 0, refused;
  const count = (_, n) => {
    counted += n;
    u.wrote = u.wrote || n > 0;
  };
  try {
    refused = yield* u.step({about: 'undoing ' + ops.length + ' changes of documents in ' + clean(database + '.' + collection)}, batchWrite(u, {database, c: {name: collection}}, ops, together ? 'alone' : '', count));
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
/** @param {UndoRun} u */
function * writeIndex(u, s) {
  const x = s.index, name = stringValue(s.collection);
  const bad = x.action === 'create' || x.action === 'change' ? unsendable(x.before, '') : undefined;
  if (bad !== undefined) {
    [x.action, x.reason] = ['left', cannotSend(bad)];
    u.unsent = true;
  }
  const create = () => sendStructure(u, s, doc('createIndexes', name, 'indexes', array([withoutFields(x.before, 'ns')])), 0);
  const drop = () => sendStructure(u, s, doc('dropIndexes', name, 'index', stringValue(indexName(x.after))), CODE_INDEX_NOT_FOUND);
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
/** @param {UndoRun} u */
function * writeOptions(u, s) {
  const o = s.options;
  for (const change of o.commands) {
    const command = build([{name: 'collMod', v: stringValue(s.collection)}].concat(fields(change))), bad = unsendable(command, '');
    o.reason = bad === undefined ? yield* sendStructure(u, s, command, 0) : cannotSend(bad);
    u.unsent = u.unsent || bad !== undefined;
    if (o.reason !== '') return;
  }
  s.done.options += o.names.length;
}

// sendStructure sends a command about indexes or options, which can be sent again.
// What the server refuses is left: then it gives the reason. done is the code
// that says that an attempt before did it.
/** @param {UndoRun} u */
function * sendStructure(u, s, command, done) {
  const whole = joinedFields(command, [{name: 'writeConcern', v: doc('w', stringValue('majority'))}, {name: 'comment', v: stringValue(u.store.comment)}]);
  const run = u.store.run.bind(u.store);
  const {leases} = u, noteWrite = e => u.noteWrite(e);
  let unsure = false;
  const attempt = function * () {
    yield* leases.renew(false); // an attempt may take its time
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
    yield* u.step({about: 'undoing a change of an index or option of ' + clean(s.database + '.' + s.collection)}, u.noting(again(attempt)));
  } catch (e) {
    if (!(e instanceof Failure) || e.wrote || e.code === undefined || e.code === CODE_UNAUTHORIZED) throw e;
    return fill(LEFT_REFUSED, {server: clean(e.message.split('\n')[0])}); // the rest is advice
  }
  return '';
}

// leave takes back that a document is written.
function leave(v, reason) {
  [v.op, v.after, v.reason] = [undefined, v.before, reason];
}

// serverRefused is the reason of a document that the server did not take; what
// it says may show a value that is hidden.
function serverRefused(v, message) {
  return fill(LEFT_REFUSED, {server: hidesSome(v) ? MASKED_SECRET : clean(message)});
}
