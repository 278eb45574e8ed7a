// What the engine asks of the destination. A request is plain data that the
// shell part carries out: {kind: 'command', database, command, raw},
// {kind: 'find', database, collection, filter, options} or {kind: 'sleep', ms}.
// The answer is {value}, or {error: {message, code, labels, server, lost}}: server
// says that the server answered, so that the command did nothing; lost, that the
// connection broke.

// A Failure ends the run with a sentence; wrote: the destination may have changed.
class Failure extends Error {
  constructor(message, wrote, {code, labels, lost} = {}) {
    super(message);
    this.wrote = wrote;
    this.code = code;
    this.labels = labels || [];
    this.lost = lost === true;
  }
}

class Store {
  constructor(comment) {
    this.comment = comment;
  }

  // ask carries out a request; doing and where say what for.
  * ask(request, doing, where) {
    const answer = yield request;
    if (answer.error === undefined) return answer.value;
    const {message, code, server} = answer.error;
    throw new Failure(failureText(doing, where, message, code), !server, answer.error);
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

  // find gives all documents of a query. simple: the collection has a collation of its own.
  * find(database, collection, filter, simple) {
    const options = {raw: true, comment: this.comment, readConcern: {level: 'majority'}, readPreference: 'primary'};
    if (simple) options.collation = {locale: 'simple'};
    const request = {kind: 'find', database, collection, filter: drive(filter), options};
    return (yield* this.reading(request, 'reading', database + '.' + collection)).map(document);
  }

  * createCollection(database, name, options) {
    const command = Object.fromEntries([['create', name], ...drive(options), ['writeConcern', MAJORITY], ['comment', this.comment]]);
    noteConcern(yield* this.command(database, command, false, 'creating the collection', database + '.' + name));
  }

  * createIndexes(database, name, specs) {
    const command = {createIndexes: name, indexes: specs.map(drive), writeConcern: MAJORITY, comment: this.comment};
    noteConcern(yield* this.command(database, command, false, 'creating indexes of', database + '.' + name));
  }

  // run sends a command as it is.
  * run(database, command) {
    const reply = yield* this.command(database, Object.fromEntries([...drive(command)]), false, 'running the command on', database);
    for (const e of reply.writeErrors || []) throw new Failure(failureText('running the command on', database, String(e.errmsg), e.code), true);
    noteConcern(reply);
  }

  // write sends one unordered batch, as one command for each kind of operation,
  // and calls count with what each of them did. It gives the operations that were
  // refused one by one: {op, duplicate, moved, retryable, message}.
  * write(database, name, ops, count) {
    const refused = [];
    for (const {command, array, total, actions} of WRITE_COMMANDS) {
      const mine = ops.filter(op => actions.includes(op.action));
      if (mine.length === 0) continue;
      const request = Object.fromEntries([[command, name], [array, mine.map(op => drive(statement(op)))],
        ['ordered', false], ['writeConcern', MAJORITY], ['comment', this.comment]]);
      const reply = yield* this.command(database, request, false, 'writing to', database + '.' + name);
      count(total, Number(reply.n));
      for (const e of reply.writeErrors || []) {
        // 11000: a unique index has the value; 28: a parent is no document any more.
        refused.push({op: mine[e.index], duplicate: e.code === 11000, moved: e.code === 28, retryable: RETRYABLE_CODES.includes(e.code), message: hidePasswords(String(e.errmsg))});
      }
      noteConcern(reply);
    }
    return refused;
  }
}

const MAJORITY = {w: 'majority'};

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
  if (e instanceof Uint8Array) { // of a command whose reply was asked for as bytes
    const code = field(document(e), 'code');
    e = {errmsg: textOf(document(e), 'errmsg'), code: code !== undefined && code.t === INT32 ? int32(code.b, code.s) : undefined};
  }
  throw new Failure('the destination wrote, but a majority of its members did not confirm it: ' + clean(hidePasswords(String(e.errmsg))) +
    '\nCheck the members of the replica set; running again continues where this run stopped.', true, {code: e.code});
}

function hidePasswords(s) {
  return s.replace(/(mongodb(?:\+srv)?:\/\/)[^\s"'/]*@/gi, '$1…@');
}

// failureText says what failed, what the destination answered, and what to check.
function failureText(doing, where, message, code) {
  return doing + ' ' + clean(where) + ' failed: ' + clean(hidePasswords(message)) + '\n' + check(code);
}

// check says what to look at (codes: MongoDB manual, reference/error-codes).
function check(code) {
  switch (code) {
    case 13: return "Check the user's rights: plan and verify need the role read on the database, apply needs readWrite.";
    case 18: return 'Check user, password and authSource of the connection string.';
    case 48: return 'Another program has created the collection meanwhile: run again.';
    case 50: return 'Check that the address is right, that the network lets this machine reach it, and that the server is not overloaded.';
    case 11000: return 'Look for documents with the same values at the destination.';
    case undefined: return 'Check the network and the server; running again continues where this run stopped.';
  }
  return 'Check what the server says against its version and its log.';
}
