// What runs remember at the destination (docs/state.md), as one run sees it: the
// records of `control` that concern it, and those that it adds. Generators.

class Control {
  /** @param {Run} run */
  constructor(run) {
    this.run = run;
    this.keeps = run.settings.stateDatabase !== ''; // else a test's destination, which remembers nothing
    this.database = run.settings.stateDatabase;
    this.wire = 0; // the server's wire version; 0: not known
    this.cluster = {set: '', hosts: [], sharded: false};
    this.claims = new Map(); // by database: {environment, cluster}
    this.managers = new Map(); // by namespace: {weave, environment}
    this.lifts = []; // runs whose entries of the hold end when this artefact has been applied
    this.ledgers = new Map(); // by namespace: {run, buckets}
    this.token = host.token(); // of this run's leases and record
    this.leases = []; // that this run holds: {database, id, renewed, settled: when what the run before it sent has arrived}
    this.sent = []; // writes of this run that are not known to be done under its leases
    this.others = []; // notes on the other runs whose leases were found
    this.number = 0;
    this.id = ''; // of the run: WEAVE/ENVIRONMENT/N
    this.inserted = false; // the run's record
    this.seal = new Seal(run.settings.journalKey || '');
    this.unsure = false; // records were sent to the journal, and it is not known whether all are there
    this.records = 0; // of the run, in the journal
    const databases = run.state.collections.map(c => run.database(c));
    this.databases = sortedTexts([...new Set(databases)]);
  }

  // command sends a command that can be repeated as it is to the state database.
  * command(command, raw) {
    return yield* this.send(this.database, {...command, comment: this.run.store.comment}, raw);
  }

  * send(database, command, raw) {
    const {store} = this.run;
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
      if (e.code !== CODE_DUPLICATE_KEY) throw new Failure('writing to ' + clean(this.database) + ' was refused: ' + clean(hidePasswords(String(e.errmsg))), true);
      duplicate = true;
    }
    return {reply, duplicate};
  }

  // find gives the first batch of a find, which is all of it.
  * find(collection, filter, more) {
    const reply = yield* this.command({find: collection, filter, ...more, readConcern: {level: 'majority'}}, true);
    return firstBatch(reply);
  }

  // updateOne changes the record that a filter matches; false when there is none.
  * updateOne(collection, q, u) {
    const {reply} = yield* this.write({update: collection, updates: [{q, u}]}, false);
    return Number(reply.n) > 0;
  }

  * askHello() {
    return yield* this.send('admin', {hello: 1, comment: this.run.store.comment}, false);
  }

  // serverTime is the server's clock, in milliseconds since 1970. hello says it on
  // every server; `$$NOW` is known to some, and to others not everywhere.
  * serverTime() {
    const {localTime} = yield* this.askHello();
    if (localTime === undefined) throw new Failure('the server does not say its time: hello has no localTime', false);
    return Number(localTime);
  }

  // hello asks which cluster this is, and how new the server is.
  * hello() {
    const reply = yield* this.askHello();
    this.wire = Number(reply.maxWireVersion) || 0;
    this.cluster.set = typeof reply.setName === 'string' ? reply.setName : '';
    this.cluster.hosts = sortedTexts((reply.hosts || []).map(String));
    this.cluster.sharded = reply.msg === 'isdbgrid';
  }

  // remembered reads what earlier runs left, and reports what stands in the way.
  * remembered() {
    if (!this.keeps) return;
    yield* this.hello();
    yield* this.read();
    this.wrongCluster();
  }

  leaseID(database) {
    return 'lease ' + database + '/' + this.run.state.weave;
  }

  holdID() {
    return 'hold ' + this.run.state.weave + '/' + this.run.state.environment;
  }

  // read reads the records that concern the run, and reports conflicts.
  * read() {
    this.claims = new Map();
    this.managers = new Map();
    this.ledgers = new Map();
    this.lifts = [];
    this.others = [];
    const ids = [...this.databases.map(claimID), ...this.run.state.collections.map(c => collectionID(this.run.namespace(c))),
      ...this.databases.map(database => this.leaseID(database)), this.holdID()];
    let found;
    try {
      found = yield* this.find('control', {_id: {$in: ids}}, {batchSize: ids.length + 1});
    } catch (e) {
      if (!(e instanceof Failure) || e.code !== CODE_UNAUTHORIZED || this.run.report.command === 'apply') throw e;
      this.run.report.notes.push(fill(NOTE_STATE_UNREAD, {database: this.database}));
      return;
    }
    found.sort((a, b) => compare(field(a, '_id'), field(b, '_id')));
    let hold;
    for (const d of found) {
      const id = recordID(d), at = id.indexOf(' '), name = id.slice(at + 1), wrong = wrongRecord(controlKind(d), d);
      if (wrong !== undefined) {
        this.wrong(wrong);
        continue;
      }
      switch (id.slice(0, at)) {
        case 'claim': this.claims.set(name, readClaim(d)); break;
        case 'collection': {
          const ledger = readLedgerOf(d);
          this.managers.set(name, {weave: textOf(d, 'weave'), environment: textOf(d, 'environment')});
          if (ledger !== undefined) this.ledgers.set(name, ledger);
          break;
        }
        case 'hold': hold = d; break;
        case 'lease': {
          const run = textOf(d, 'run');
          if (run !== '' && textOf(d, 'token') !== this.token) this.others.push(fill(NOTE_OTHER, {run: clean(run), database: clean(name.split('/')[0])}));
        }
      }
    }
    this.claimed();
    this.managedElsewhere();
    this.held(hold);
  }

  // conflict adds one of the whole run; more are its other fields.
  /** @param {ConflictText} text @param {Object} values @param {Object} [more] */
  conflict(text, values, more = {}) {
    this.run.report.conflicts.push({...conflictOf(text, values), database: '', collection: '', paths: [], identity: undefined, origin: '', ...more});
  }

  // wrong puts a damaged or a newer record among the conflicts; false: it is another error.
  wrong(e) {
    const database = clean(this.database);
    if (e instanceof Damaged) this.conflict(DAMAGED_STATE, {record: clean(e.id), database, collection: e.collection, why: e.why, way: e.way});
    else if (e instanceof Newer) this.conflict(NEWER_STATE, {database, record: clean(e.id), format: e.format});
    else return false;
    return true;
  }

  // wrongCluster holds `cluster matches` against what hello said.
  wrongCluster() {
    if (this.run.state.cluster === undefined) return;
    const [origin, pattern, options, expression] = this.run.state.cluster, {set, hosts} = this.cluster, regex = new RegExp(expression, 'u');
    if (set !== '' && regex.test(set) || hosts.some(h => regex.test(h))) return;
    this.conflict(WRONG_CLUSTER,
      {set: set === '' ? 'none' : clean(set), hosts: hosts.length === 0 ? 'none' : clean(hosts.join(', ')), pattern: clean(pattern), options}, {origin});
  }

  // claimed holds the claims of the databases against this run.
  claimed() {
    const environment = this.run.state.environment;
    for (const database of this.databases) {
      const claim = this.claims.get(database);
      if (claim === undefined) continue;
      if (claim.environment !== environment) {
        this.conflict(CLAIM_ENVIRONMENT,
          {database: clean(database), claimed: clean(claim.environment), environment: clean(environment)}, {database});
      } else if (otherCluster(claim.cluster, this.cluster)) {
        this.conflict(CLAIM_CLUSTER,
          {database: clean(database), claimed: clean(clusterText(claim.cluster)), found: clean(clusterText(this.cluster))}, {database});
      }
    }
  }

  // managedElsewhere reports the collections that another weave manages.
  managedElsewhere() {
    for (const c of this.run.state.collections) {
      const manager = this.managers.get(this.run.namespace(c));
      if (manager === undefined || manager.weave === this.run.state.weave) continue;
      this.conflict(MANAGED_ELSEWHERE, {weave: clean(manager.weave), environment: clean(manager.environment)},
        {database: this.run.database(c), collection: c.name, origin: c.origin});
    }
  }

  // held reports a hold on this artefact in one of the databases. Verify notes it
  // and goes on: it tells whether the destination is in the state. Undo does not care.
  held(hold) {
    if (hold === undefined || this.run.report.command === 'undo') return;
    const {artefact} = this.run.state, list = field(hold, 'held');
    const entries = list === undefined || list.t !== ARRAY ? [] : fields(list).map(f => f.v).filter(v => v.t === DOCUMENT);
    const here = entries.filter(v => sharing(textsOf(field(v, 'databases')), this.databases));
    const mine = here.find(v => textOf(v, 'artefact') === artefact);
    if (mine === undefined) this.lifts = here.map(v => textOf(v, 'run'));
    else if (this.run.report.command === 'verify') this.run.report.notes.push(fill(NOTE_HELD, {run: clean(textOf(mine, 'run'))}));
    else this.conflict(HELD, {run: clean(textOf(mine, 'run')), artefact});
  }

  // lift takes the entries out of the hold that end as another artefact has been
  // applied to their databases; a hold without entries goes. An undo in another
  // database may add one meanwhile.
  * lift() {
    const _id = this.holdID();
    yield* this.write({update: 'control', updates: [{q: {_id}, u: {$pull: {held: {run: {$in: this.lifts}}}}}]}, false);
    yield* this.deleteOf('control', {_id, held: {$size: 0}});
  }

  * deleteOf(collection, q) {
    yield* this.write({delete: collection, deletes: [{q, limit: 0}]}, false);
  }

  // ownSource reports whether a destination collection is one that the data was extracted from.
  ownSource(info) {
    const sources = this.run.state.sources || [];
    if (sources.length === 0 || info === undefined || info.uuid === undefined || this.run.settings.sameCluster) return false;
    return sources.includes(hex(host.sha256(info.uuid), 0, 16));
  }

  // claim writes the claims and managers that are missing. Another run may have
  // been faster: then everything is read again.
  * claim() {
    const {weave, environment} = this.run.state, documents = [];
    for (const database of this.databases) {
      if (this.claims.has(database)) continue;
      documents.push({_id: claimID(database), format: STATE_FORMAT, environment, cluster: {set: this.cluster.set, hosts: this.cluster.hosts}, run: this.id});
    }
    for (const c of this.run.state.collections) {
      const namespace = this.run.namespace(c);
      if (!this.managers.has(namespace)) documents.push({_id: collectionID(namespace), format: STATE_FORMAT, weave, environment});
    }
    if (documents.length === 0) return;
    const {duplicate} = yield* this.write({insert: 'control', documents, ordered: false}, false);
    if (!duplicate) return;
    yield* this.read();
    if (this.run.report.conflicts.length > 0) throw new Conflicted();
  }
}

function claimID(database) {
  return 'claim ' + database;
}

function collectionID(namespace) {
  return 'collection ' + namespace;
}

// textOf gives a text of a document; empty when there is none.
function textOf(d, ...path) {
  const v = get(d, path);
  return v !== undefined && v.t === STRING ? text(v) : '';
}

// textsOf gives the texts of an array; none when it is none.
function textsOf(v) {
  return v === undefined || v.t !== ARRAY ? [] : fields(v).map(f => f.v.t === STRING ? text(f.v) : '');
}

// sharing reports whether two lists of databases have one in common. A list that
// a record does not have may be of any.
function sharing(a, b) {
  return a.length === 0 || b.length === 0 || a.some(name => b.includes(name));
}

// sortedTexts sorts by bytes, as Go does.
function sortedTexts(list) {
  return list.map(s => [stringValue(s), s]).sort(([a], [b]) => compare(a, b)).map(([, s]) => s);
}

function readClaim(d) {
  const hosts = get(d, ['cluster', 'hosts']);
  return {
    environment: textOf(d, 'environment'),
    cluster: {set: textOf(d, 'cluster', 'set'), hosts: hosts === undefined || hosts.t !== ARRAY ? [] : fields(hosts).map(f => text(f.v))},
  };
}
