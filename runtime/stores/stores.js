// What the engine asks of the destination. A request is plain data that the
// shell part carries out: {kind: 'command', database, command, raw},
// {kind: 'find', database, collection, filter, options}, whose documents are given to each
// where it is there, after a call of begin, both with session: true in the transaction that {kind: 'transaction', action} starts, commits or aborts, or
// {kind: 'sleep', ms}.
// The answer is {value}, or {error: {message, code, labels, server, lost}}: server
// says that the server answered, so that the command did nothing; lost, that the
// connection broke.

// A Failure ends the run with a sentence; wrote: the destination may have changed.
class Failure extends Error {
  /** @param {string} message @param {boolean} wrote @param {{code?: number, labels?: string[], lost?: boolean}} [error] */
  constructor(message, wrote, {code, labels, lost} = {}) {
    super(message);
    this.wrote = wrote;
    this.code = code;
    this.labels = labels || [];
    this.lost = lost === true;
  }
}

// FIND_BATCH is how many documents a reply has: the driver keeps a reply until the last of them was taken.
const FIND_BATCH = 1000;

class Store {
  /** @param {string} comment @param {{journal: boolean, last?: number | string, linear: boolean}} [concerns] of the connection string */
  constructor(comment, concerns = NOTHING_BEYOND) {
    this.comment = comment;
    this.concerns = concerns;
  }

  // ask carries out a request; doing and where say what for.
  * ask(request, doing, where) {
    return answered(yield beyond(request, this.concerns), doing, where);
  }

  // read is command for a read: tried again, and not begun when the run is to end.
  * read(database, command, raw, doing, where) {
    return yield* this.reading({kind: 'command', database, command, raw}, doing, where);
  }

  * reading(request, doing, where) {
    if (host.stopping()) throw new Failure(INTERRUPTED, false);
    return yield* again(() => this.ask(request, doing, where));
  }

  * command(database, command, raw, doing, where) {
    return yield* this.ask({kind: 'command', database, command, raw}, doing, where);
  }

  // collections describes those of the named collections that exist, by name.
  * collections(database, names) {
    const filter = new Map([['name', new Map([['$in', names]])]]);
    const command = {listCollections: 1, filter, cursor: {batchSize: names.length + 1}, comment: this.comment};
    const reply = yield* this.read(database, command, true, 'listing the collections of', database);
    const found = new Map();
    for (const d of firstBatch(reply)) {
      found.set(text(field(d, 'name')), {type: field(d, 'type') === undefined ? 'collection' : text(field(d, 'type')), options: field(d, 'options') || EMPTY, uuid: uuidOf(d)});
    }
    return found;
  }

  * indexes(database, name) {
    const command = {listIndexes: name, cursor: {batchSize: 1000}, comment: this.comment};
    return firstBatch(yield* this.read(database, command, true, 'listing the indexes of', database + '.' + name));
  }

  // count gives the number of documents from metadata.
  * count(database, name) {
    const reply = yield* this.read(database, {count: name, comment: this.comment}, false, 'counting the documents of', database + '.' + name);
    return Number(reply.n);
  }

  // find gives all documents of a query. simple: the collection has a collation of
  // its own, which does not count; collation: how the server compares text.
  * find(database, collection, filter, simple, collation) {
    /** @type {Value[]} */
    let found = [];
    yield* this.findEach(database, collection, filter, simple, collation, () => { found = []; }, d => { found.push(d); });
    return found;
  }

  // findEach gives keep every document of a query, whose bytes it may have for the call
  // alone; begin is called before each attempt, and drops what the one before gave.
  * findEach(database, collection, filter, simple, collation, begin, keep) {
    const options = {raw: true, comment: this.comment, readConcern: {level: 'majority'}, readPreference: 'primary', batchSize: FIND_BATCH};
    if (collation !== undefined) options.collation = Object.fromEntries([...drive(collation)]);
    else if (simple) options.collation = {locale: 'simple'};
    const request = {kind: 'find', database, collection, filter: drive(filter), options, begin, each: b => { keep(document(b)); }};
    yield* this.reading(request, 'reading', database + '.' + collection);
  }

  * createCollection(database, name, options) {
    const command = Object.fromEntries([['create', name], ...drive(options), ['writeConcern', MAJORITY], ['comment', this.comment]]);
    noteConcern(yield* this.command(database, command, false, 'creating the collection', database + '.' + name));
  }

  * createIndexes(database, name, specs) {
    const command = {createIndexes: name, indexes: specs.map(drive), writeConcern: MAJORITY, comment: this.comment};
    noteConcern(yield* this.command(database, command, false, 'creating indexes of', database + '.' + name));
  }

  * dropIndex(database, collection, index) {
    const command = {dropIndexes: collection, index, writeConcern: MAJORITY, comment: this.comment};
    noteConcern(yield* this.command(database, command, false, 'dropping the index ' + index + ' of', database + '.' + collection));
  }

  // modify changes options of an existing collection, or one of its indexes, by
  // the fields of collMod beside the collection's name.
  * modify(database, collection, change) {
    const command = Object.fromEntries([['collMod', collection], ...drive(change), ['writeConcern', MAJORITY], ['comment', this.comment]]);
    const names = fields(change).map(f => f.name).join(', ');
    noteConcern(yield* this.command(database, command, false, 'changing ' + names + ' (collMod) of', database + '.' + collection));
  }

  // size gives the number of documents and the bytes of BSON that they have.
  * size(database, collection) {
    const documents = yield* this.count(database, collection);
    const pipeline = [{$collStats: {storageStats: {}}}, {$group: {_id: null, bytes: {$sum: '$storageStats.size'}}}]; // one document for each shard
    const command = {aggregate: collection, pipeline, cursor: {}, readConcern: {level: 'local'}, comment: this.comment};
    const [sum] = firstBatch(yield* this.command(database, command, true, 'measuring', database + '.' + collection));
    return {documents, bytes: sum === undefined ? 0 : integerOf(field(sum, 'bytes')) || 0};
  }

  // run sends a command as it is.
  * run(database, command) {
    const reply = yield* this.command(database, Object.fromEntries([...drive(command)]), false, 'running the command on', database);
    for (const e of reply.writeErrors || []) throw new Failure(failureText('running the command on', database, String(e.errmsg), e.code), true);
    noteConcern(reply);
  }

  // write sends one unordered batch, as one command for each kind of operation,
  // and calls count with what each of them did. It gives the operations that were
  // refused one by one: {op, duplicate, moved, retryable, message, details}. A Failure
  // has the operations of the command that failed: ops.
  * write(database, name, ops, count) {
    const refused = [];
    for (const {command, array, total, actions} of WRITE_COMMANDS) {
      const mine = ops.filter(op => actions.includes(op.action));
      if (mine.length === 0) continue;
      const request = Object.fromEntries([[command, name], [array, mine.map(op => drive(statement(op)))],
        ['ordered', false], ['writeConcern', MAJORITY], ['comment', this.comment]]);
      let reply;
      try {
        reply = yield* this.command(database, request, true, 'writing to', database + '.' + name);
      } catch (e) {
        e.ops = mine;
        throw e;
      }
      count(total, Number(reply.n));
      for (const e of writeErrors(reply)) refused.push(refusal(mine[e.index], e));
      noteConcern(reply);
    }
    return refused;
  }

  // transact carries out all of the operations, or none, as stores.Store.Transact
  // says. It gives what was done ({} when nothing was), and the operation that was
  // refused.
  * transact(database, name, ops) {
    const where = database + '.' + name, doing = 'writing in a transaction to', none = {totals: {}, refused: []};
    const go = action => this.ask({kind: 'transaction', action}, doing, where);
    yield* go('start');
    try {
      const refused = yield* this.within(database, name, ops);
      if (refused === undefined) {
        yield* go('commit');
        const totals = {};
        for (const {total, actions} of WRITE_COMMANDS) totals[total] = ops.filter(op => actions.includes(op.action)).length;
        return {totals, refused: []};
      }
      none.refused = refused;
    } catch (e) {
      yield {kind: 'transaction', action: 'abort'};
      if (!(e instanceof Failure)) throw e;
      if (e.labels.includes(UNKNOWN_COMMIT)) throw new Failure(e.message, true, {lost: true});
      throw e.labels.includes(TRANSIENT) ? new Failure(e.message, false, {code: e.code, labels: ['RetryableError']}) : e;
    }
    yield {kind: 'transaction', action: 'abort'};
    return none;
  }

  // within carries the operations out if all guards hold; it gives undefined when
  // all are done, else those that were refused.
  * within(database, name, ops) {
    const where = database + '.' + name, doing = 'writing in a transaction to';
    const guarded = ops.filter(op => op.action !== 'insert');
    if (guarded.length > 0) {
      const filter = keysFilter([['_id']], guarded.map(op => [op.guard.id])), found = new Map();
      const request = {kind: 'find', database, collection: name, filter: drive(filter), options: {raw: true, comment: this.comment}, session: true};
      for (const d of (yield* this.ask(request, doing, where)).map(document)) {
        const k = key([field(d, '_id')]);
        if (found.has(k)) return []; // on several shards: no `_id` tells them apart
        found.set(k, d);
      }
      if (!guarded.every(op => found.has(key([op.guard.id])) && guardHolds(op.guard, found.get(key([op.guard.id]))))) return [];
    }
    const send = (command, array, list) => ({
      kind: 'command', database, session: true, raw: true,
      command: Object.fromEntries([[command, name], [array, list.map(drive)], ['ordered', true], ['comment', this.comment]]),
    });
    const byID = op => ({...op, guard: {id: op.guard.id, key: op.guard.key, present: [], absent: [], whole: undefined}});
    // Each list is sent in commands of at most BATCH_BYTES.
    const lists = [
      ['update', 'updates', ops.filter(op => op.action === 'update'), op => statement(byID(op))],
      ['delete', 'deletes', ops.filter(op => op.action === 'delete' || op.action === 'replace'), op => statement(byID({...op, action: 'delete'}))],
      ['insert', 'documents', ops.filter(op => op.action === 'insert' || op.action === 'replace'), op => op.document],
    ];
    for (const [command, array, mine, make] of lists) {
      for (let from = 0; from < mine.length;) {
        const part = [];
        for (let size = 0; from + part.length < mine.length;) {
          const d = make(mine[from + part.length]);
          size += d.e - d.s;
          if (part.length > 0 && size > BATCH_BYTES) break;
          part.push(d);
        }
        const answer = yield send(command, array, part), {error} = answer;
        if (error !== undefined && error.code === CODE_DUPLICATE_KEY) return [{op: mine[from], duplicate: true, moved: false, retryable: false, code: error.code, message: hidePasswords(error.message)}]; // one of them
        const reply = answered(answer, doing, where);
        const [e] = writeErrors(reply);
        if (e !== undefined) return [refusal(mine[from + e.index], e)];
        if (Number(reply.n) !== part.length) return [];
        from += part.length;
      }
    }
    return undefined;
  }
}

// writeErrors are those of a reply to a write that was asked for as bytes: as one
// array, or as an array of documents, as a driver gives them.
function writeErrors(reply) {
  const list = reply.writeErrors || [];
  const documents = isBytes(list) ? fields(document(list)).map(f => f.v) : [...list];
  return documents.map(e => {
    const d = isBytes(e) ? document(e) : e;
    if (d.b === undefined) return e;
    return {index: Number(integerOf(field(d, 'index'))), code: Number(integerOf(field(d, 'code'))), errmsg: textOf(d, 'errmsg'), details: field(d, 'errInfo')};
  });
}

// refusal is an operation that was refused.
function refusal(op, e) {
  return {op, duplicate: e.code === CODE_DUPLICATE_KEY, moved: e.code === CODE_PATH_NOT_VIABLE, retryable: RETRYABLE_CODES.includes(e.code), code: e.code, message: hidePasswords(String(e.errmsg)), details: e.details};
}

// answered is the value of an answer; an error ends the run.
function answered(answer, doing, where) {
  if (answer.error === undefined) return answer.value;
  const {message, code, server} = answer.error;
  throw new Failure(failureText(doing, where, message, code), !server, answer.error);
}

// Labels of errors in transactions (MongoDB manual, core/transactions-in-applications).
const TRANSIENT = 'TransientTransactionError';
const UNKNOWN_COMMIT = 'UnknownTransactionCommitResult';

const WRITE_COMMANDS = [
  {command: 'insert', array: 'documents', total: 'inserted', actions: ['insert']},
  {command: 'update', array: 'updates', total: 'updated', actions: ['update', 'replace']},
  {command: 'delete', array: 'deletes', total: 'deleted', actions: ['delete']},
];

// firstBatch gives the documents of a cursor that was asked for in one batch.
function firstBatch(reply) {
  const cursor = document(reply.cursor);
  if (int64(field(cursor, 'id').b, field(cursor, 'id').s) !== 0n) {
    throw new Failure('the destination has more collections or indexes of these names than can be read at once', false);
  }
  return fields(field(cursor, 'firstBatch')).map(f => f.v);
}

// uuidOf gives the bytes of a collection's UUID; undefined when it has none.
function uuidOf(d) {
  const v = get(d, ['info', 'uuid']);
  return v !== undefined && v.t === BINARY ? v.b.slice(v.s + 5, v.e) : undefined;
}

// noteConcern fails when the write concern was not reached: the write was made
// on the primary, and may be lost.
function noteConcern(reply) {
  let e = reply.writeConcernError;
  if (e === undefined || e === null) return;
  if (isBytes(e)) { // of a command whose reply was asked for as bytes
    const code = field(document(e), 'code');
    e = {errmsg: textOf(document(e), 'errmsg'), code: code !== undefined && code.t === INT32 ? int32(code.b, code.s) : undefined};
  }
  throw new Failure('the destination wrote, but not as many of its members confirmed it as were asked to: ' + clean(hidePasswords(String(e.errmsg))) +
    '\nCheck the members of the replica set; running again continues where this run stopped', true, {code: e.code});
}

function hidePasswords(s) {
  return s.replace(/(mongodb(?:\+srv)?:\/\/)[^\s"'/]*@/gi, '$1…@');
}

// failureText says what failed, what the destination answered, what that means and what to do.
function failureText(doing, where, message, code) {
  return doing + ' ' + clean(where) + ' failed: ' + clean(hidePasswords(message)) + '\n' + (advice(code, message) || (code === undefined ? ADVICE_NETWORK : ADVICE_OTHER));
}
