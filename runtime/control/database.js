// The database in which runs remember (docs/state.md): commands that can be repeated, and
// the server's clock. In: a store and the database's name; out: answers. Generators.

class Database {
  /** @param {Store} store @param {string} name */
  constructor(store, name) {
    this.store = store;
    this.name = name;
    this.keeps = name !== ''; // else a test's destination, which remembers nothing
  }

  // command sends a command that can be repeated as it is to the state database.
  * command(command, raw) {
    return yield* this.send(this.name, {...command, comment: this.store.comment}, raw);
  }

  * send(database, command, raw) {
    const {store} = this;
    return yield* again(function * () {
      const reply = yield* store.command(database, command, raw, 'running the command on', database);
      noteConcern(reply);
      return reply;
    });
  }

  // write is command with the write concern majority; it gives {reply, duplicate}.
  * write(command, raw) {
    let reply;
    try {
      reply = yield* this.command({...command, writeConcern: MAJORITY}, raw);
    } catch (e) {
      if (e instanceof Failure && e.code === CODE_DUPLICATE_KEY) return {reply: undefined, duplicate: true};
      throw e;
    }
    let duplicate = false;
    for (const e of raw ? [] : reply.writeErrors || []) {
      if (e.code !== CODE_DUPLICATE_KEY) throw new Failure('writing to ' + clean(this.name) + ' was refused: ' + clean(hidePasswords(String(e.errmsg))) + '\n' + (advice(e.code, String(e.errmsg)) || ADVICE_OTHER), true);
      duplicate = true;
    }
    return {reply, duplicate};
  }

  // find gives the first batch of a find, which is all of it.
  * find(collection, filter, more) {
    const reply = yield* this.command({find: collection, filter, ...more, readConcern: {level: 'majority'}}, true);
    return firstBatch(reply);
  }

  // update changes the record that a filter matches; false when there is none.
  * update(collection, q, u) {
    const {reply} = yield* this.write({update: collection, updates: [{q, u}]}, false);
    return Number(reply.n) > 0;
  }

  // delete deletes the records that a filter matches.
  * delete(collection, q) {
    yield* this.write({delete: collection, deletes: [{q, limit: 0}]}, false);
  }

  * askHello() {
    return yield* this.send('admin', {hello: 1, comment: this.store.comment}, false);
  }

  // hello asks which cluster this is, and how new the server is.
  * hello() {
    return readHello(yield* this.askHello());
  }

  // serverTime is the server's clock, in milliseconds since 1970. hello says it on
  // every server; `$$NOW` is known to some, and to others not everywhere.
  * serverTime() {
    const {localTime} = yield* this.askHello();
    if (localTime === undefined) throw new Failure('the server does not say its time: hello has no localTime', false);
    return Number(localTime);
  }
}
