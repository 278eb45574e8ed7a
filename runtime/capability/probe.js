// A probe: the trials, made in collections of their own that are dropped after. In: a
// state database; out: which features its server has. Every command is sent whether the
// ones before were refused or not, so that their number is bounded. Generators.

// wasRefused: the server answered with an error.
function wasRefused(e) {
  return e instanceof Failure && !e.wrote && e.code !== undefined;
}

// NothingTaken is the error of a server that took no document at all.
class NothingTaken extends Error {}

class Probe {
  /** @param {Database} db @param {number} now the server's clock @param {boolean} transactions the server says that it has some */
  constructor(db, now, transactions) {
    this.db = db;
    this.now = now;
    this.transacts = transactions;
    this.scratch = SCRATCH_PREFIX + now + '.' + host.token();
    this.made = []; // collections, in the order in which they are dropped
    this.lacks = new Set();
    this.untried = new Set();
    this.said = ''; // what the server answered to the first document that it refused
  }

  // go makes all trials. What the server refuses it lacks, but for what the user may not
  // do, and for what it refuses of everything: refusal is then what it answered.
  * go(server) {
    let failed, ended = false, refusal = '';
    try {
      yield* this.documents();
      yield* this.transactions();
      yield* this.indexes();
      yield* this.collections();
    } catch (e) {
      if (e instanceof NothingTaken) refusal = e.message;
      ended = refusal !== '' || wasRefused(e) && e.code === CODE_UNAUTHORIZED; // nothing more could be tried
      if (!ended) failed = e;
    }
    for (const name of this.made) {
      try {
        yield* this.attempt({drop: name});
      } catch (e) {
        if (failed === undefined) failed = e;
      }
    }
    if (failed !== undefined) {
      if (failed instanceof Failure) failed.message = 'trying what the server can do: ' + failed.message;
      throw failed;
    }
    const c = {server, has: [], lacks: [], untried: [], refusal};
    for (const {name} of CAPABILITY_FEATURES) {
      const list = this.lacks.has(name) && refusal === '' ? c.lacks : ended || this.untried.has(name) ? c.untried : c.has;
      list.push(name);
    }
    for (const list of [c.has, c.lacks, c.untried]) list.sort();
    return c;
  }

  // judge takes in whether a feature is as it should be.
  judge(feature, is) {
    if (!is) this.lacks.add(feature);
  }

  // refused takes in the error of what features were tried with; it throws one that the
  // server did not answer with, and one that says nothing of a feature as it may go by.
  refused(e, features) {
    if (!wasRefused(e) || retryable(e)) throw e;
    for (const f of features) (e.code === CODE_UNAUTHORIZED ? this.untried : this.lacks).add(f);
  }

  * send(command) {
    return yield* this.db.send(this.db.name, {...command, comment: this.db.store.comment}, true);
  }

  // write sends statements in one command.
  * write(command, collection, list, values) {
    return yield* this.send(Object.fromEntries([[command, collection], [list, values.map(drive)], ['ordered', false], ['writeConcern', MAJORITY]]));
  }

  // attempt sends a command by which features are tried; undefined is the reply of one that
  // was refused.
  * attempt(command, ...features) {
    try {
      return yield* this.send(command);
    } catch (e) {
      this.refused(e, features);
      return undefined;
    }
  }

  // text is the text of a trial with the names of this probe's collections.
  text(s) {
    return s.split('SCRATCH').join(this.scratch);
  }

  parse(s) {
    return parseLine(this.text(s));
  }

  // documents makes the trials with documents.
  * documents() {
    this.made.push(this.scratch);
    const inserts = [], updates = [];
    for (const {feature, insert, guard, update} of DOCUMENT_TRIALS) {
      const d = this.parse(insert);
      inserts.push({feature, d});
      if (!update) continue;
      const q = build([{name: '_id', v: field(d, '_id')}, ...guard ? fields(this.parse(guard)) : []]);
      updates.push({feature, d: doc('q', q, 'u', field(this.parse('{"u":' + update + '}'), 'u'))});
    }
    yield* this.batch('insert', 'documents', inserts);
    yield* this.batch('update', 'updates', updates);
    const find = {find: this.scratch, filter: {}, batchSize: 1000};
    const reply = (yield* this.attempt({...find, readConcern: {level: 'majority'}}, CAN_READ_MAJORITY)) || (yield* this.send(find));
    const found = new Map(firstBatch(reply).map(d => [textOf(d, '_id'), d]));
    if (found.size === 0 && this.said !== '') throw new NothingTaken(this.said);
    for (const {feature, insert, after} of DOCUMENT_TRIALS) {
      const d = this.parse(insert), there = found.get(textOf(d, '_id'));
      this.judge(feature, there !== undefined && identical(there, after ? this.parse(after) : d));
    }
  }

  // batch sends statements in one command; one by one where the command as a whole is
  // refused.
  * batch(command, list, all) {
    const probe = this, send = function * (some) {
      try {
        for (const e of writeErrors(yield* probe.write(command, probe.scratch, list, some.map(s => s.d)))) probe.saying(String(e.errmsg));
      } catch (e) {
        if (wasRefused(e)) probe.saying(e.message);
        throw e;
      }
    };
    try {
      yield* send(all);
      return;
    } catch (e) {
      if (!wasRefused(e) || retryable(e) || e.code === CODE_UNAUTHORIZED) throw e;
    }
    for (const s of all) {
      try {
        yield* send([s]);
      } catch (e) {
        this.refused(e, [s.feature]);
      }
    }
  }

  // saying keeps the first line of the first message.
  saying(message) {
    if (this.said === '') [this.said] = message.split('\n');
  }

  // transactions commits one, and has another one end with a duplicate key.
  * transactions() {
    if (!this.transacts) {
      this.judge(CAN_TRANSACTIONS, false);
      return;
    }
    const {db} = this, scratch = this.scratch;
    for (const [i, ids] of TRIALS_TOGETHER.entries()) {
      const ops = ids.map(id => ({action: 'insert', document: doc('_id', stringValue(id))}));
      try {
        const {totals} = yield* again(() => db.store.transact(db.name, scratch, ops));
        this.judge(CAN_TRANSACTIONS, (totals.inserted === ids.length) === (i === 0));
      } catch (e) {
        this.refused(e, [CAN_TRANSACTIONS]);
      }
    }
    const reply = yield* this.send({find: scratch, filter: {_id: {$in: TRIALS_TOGETHER.flat()}}});
    this.judge(CAN_TRANSACTIONS, firstBatch(reply).length === 2);
  }

  // indexes makes the trials with indexes, in a collection of their own.
  * indexes() {
    const name = this.scratch + '.indexed', documents = [], expected = new Map(); // which of them are refused, and by what
    this.made.push(name);
    for (const {feature, spec, documents: own} of INDEX_TRIALS) {
      yield* this.attempt({createIndexes: name, indexes: [drive(this.parse(spec))]}, feature);
      documents.push(...own.map(d => this.parse(d)));
      if (own.length > 0) expected.set(documents.length - 1, feature);
    }
    const codes = writeCodes(yield* this.write('insert', name, 'documents', documents));
    for (const [i, feature] of expected) this.judge(feature, codes.get(i) === CODE_DUPLICATE_KEY || this.untried.has(feature));
    yield* this.attempt(Object.fromEntries([['collMod', name], ...drive(this.parse(TRIAL_OF_TTL))]), CAN_CHANGE_TTL);
    const reply = yield* this.attempt({listIndexes: name, cursor: {batchSize: 1000}}, ...INDEX_TRIALS.map(t => t.feature), CAN_CHANGE_TTL);
    if (reply === undefined) return;
    const listed = firstBatch(reply);
    for (const {feature, spec, listed: wanted} of INDEX_TRIALS) {
      this.judge(feature, contains(named(listed, textOf(this.parse(spec), 'name')), this.parse(wanted)) || this.untried.has(feature));
    }
    this.judge(CAN_CHANGE_TTL, contains(named(listed, 't'), this.parse(TRIAL_TTL_AFTER)) || this.untried.has(CAN_CHANGE_TTL) || this.untried.has(CAN_TTL_INDEX));
  }

  // collections makes the trials with the options of collections, and drops what a probe
  // has left that was killed.
  * collections() {
    const validated = this.text(COLLECTION_TRIALS[0].name), changed = this.scratch + '.indexed';
    const refused = [];
    for (const {feature, name, options} of COLLECTION_TRIALS) {
      if (!(yield* this.create(name, options, feature))) refused.push(feature);
    }
    if (refused.length > 0 && !(yield* this.create(PLAIN_COLLECTION, '{}'))) { // it is not the option
      for (const f of refused) {
        this.lacks.delete(f);
        this.untried.add(f);
      }
    }
    if (this.untried.has(CAN_VALIDATOR)) this.untried.add(CAN_VALIDATOR_HOLDS);
    const codes = writeCodes(yield* this.write('insert', validated, 'documents', [this.parse(TRIAL_FORBIDDEN)]));
    this.judge(CAN_VALIDATOR_HOLDS, codes.get(0) === CODE_DOCUMENT_VALIDATION_FAILURE || this.untried.has(CAN_VALIDATOR_HOLDS));
    yield* this.attempt(Object.fromEntries([['collMod', changed], ...drive(this.parse(TRIAL_OF_VALIDATOR))]), CAN_CHANGE_VALIDATOR);
    const reply = yield* this.attempt({listCollections: 1, cursor: {batchSize: 1000}}, CAN_CHANGE_VALIDATOR, CAN_VALIDATOR_HOLDS, ...COLLECTION_TRIALS.map(t => t.feature));
    if (reply === undefined) return;
    const there = firstBatch(reply);
    for (const {feature, name, listed} of COLLECTION_TRIALS) {
      this.judge(feature, contains(named(there, this.text(name)), this.parse(listed)) || this.untried.has(feature));
    }
    this.judge(CAN_CHANGE_VALIDATOR, contains(named(there, changed), this.parse(TRIAL_VALIDATOR_AFTER)) || this.untried.has(CAN_CHANGE_VALIDATOR));
    this.made.push(...there.map(d => textOf(d, 'name')).filter(name => leftOver(name, this.now)));
  }

  // create creates a collection; it says whether the server did.
  * create(name, options, ...features) {
    this.made.unshift(this.text(name)); // a view goes before what it reads
    return (yield* this.attempt(Object.fromEntries([['create', this.text(name)], ...drive(this.parse(options))]), ...features)) !== undefined;
  }
}
