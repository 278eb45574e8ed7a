// What runs remember at the destination (docs/state.md), as one run sees it: the
// records of `control` that concern it, and those that it adds. Generators.

// Subject is what a run is about.
class Subject {
  constructor(weave, environment, databases, collections) {
    this.weave = weave;
    this.environment = environment;
    this.databases = databases; // that the run writes to, sorted
    this.collections = collections; // of the state, in its order: {database, name, namespace, origin}; none of an undo
  }

  holdID() {
    return 'hold ' + this.weave + '/' + this.environment;
  }

  leaseID(database) {
    return 'lease ' + database + '/' + this.weave;
  }

  // runs begins the ids of the runs of this weave and environment.
  runs() {
    return this.weave + '/' + this.environment + '/';
  }

  // filter matches the runs of the weave and environment.
  filter() {
    return {weave: this.weave, environment: this.environment};
  }

  // namespaces are those of the collections, sorted.
  namespaces() {
    return sortedTexts([...new Set(this.collections.map(c => c.namespace))]);
  }
}

// Found is what the records of `control` say that concern a run.
class Found {
  constructor() {
    this.claims = new Map(); // by database: {environment, cluster}
    this.managers = new Map(); // by namespace: {weave, environment}
    this.ledgers = new Map(); // by namespace: {run, buckets}
    this.lifts = []; // runs whose entries of the hold end when this artefact has been applied
    this.others = []; // notes on the other runs whose leases were found
  }
}

class Control extends Database {
  /** @param {Run} run */
  constructor(run) {
    super(run);
    this.wire = 0; // the server's wire version; 0: not known
    this.cluster = {set: '', hosts: [], sharded: false};
    this.found = new Found(); // as it was read last
    this.token = host.token(); // of this run's leases and record
    this.leases = []; // that this run holds: {database, id, renewed, settled: when what the run before it sent has arrived}
    this.sent = []; // writes of this run that are not known to be done under its leases
    this.id = ''; // of the run, in its leases
    this.about = run.about;
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

  // read reads the records that concern the run, and reports conflicts.
  * read() {
    this.found = new Found();
    const {about} = this, ids = [...about.databases.map(claimID), ...about.collections.map(c => collectionID(c.namespace)),
      ...about.databases.map(database => about.leaseID(database)), about.holdID()];
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
        case 'claim': this.found.claims.set(name, readClaim(d)); break;
        case 'collection': {
          const ledger = readLedgerOf(d);
          this.found.managers.set(name, {weave: textOf(d, 'weave'), environment: textOf(d, 'environment')});
          if (ledger !== undefined) this.found.ledgers.set(name, ledger);
          break;
        }
        case 'hold': hold = d; break;
        case 'lease': {
          const run = textOf(d, 'run');
          if (run !== '' && textOf(d, 'token') !== this.token) this.found.others.push(fill(NOTE_OTHER, {run: clean(run), database: clean(name.split('/')[0])}));
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
    this.run.report.conflicts.push(conflictOfRun(text, values, more));
  }

  // wrong puts a damaged or a newer record among the conflicts; false: it is another error.
  wrong(e) {
    const conflict = recordConflict(this, e);
    if (conflict !== undefined) this.run.report.conflicts.push(conflict);
    return conflict !== undefined;
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
    const {environment} = this.about;
    for (const database of this.about.databases) {
      const claim = this.found.claims.get(database);
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
    for (const c of this.about.collections) {
      const manager = this.found.managers.get(c.namespace);
      if (manager === undefined || manager.weave === this.about.weave) continue;
      this.conflict(MANAGED_ELSEWHERE, {weave: clean(manager.weave), environment: clean(manager.environment)},
        {database: c.database, collection: c.name, origin: c.origin});
    }
  }

  // held reports a hold on this artefact in one of the databases. Verify notes it
  // and goes on: it tells whether the destination is in the state. Undo does not care.
  held(hold) {
    if (hold === undefined || this.run.report.command === 'undo') return;
    const {artefact} = this.run.state, list = field(hold, 'held');
    const entries = list === undefined || list.t !== ARRAY ? [] : fields(list).map(f => f.v).filter(v => v.t === DOCUMENT);
    const here = entries.filter(v => sharing(textsOf(field(v, 'databases')), this.about.databases));
    const mine = here.find(v => textOf(v, 'artefact') === artefact);
    if (mine === undefined) this.found.lifts = here.map(v => textOf(v, 'run'));
    else if (this.run.report.command === 'verify') this.run.report.notes.push(fill(NOTE_HELD, {run: clean(textOf(mine, 'run'))}));
    else this.conflict(HELD, {run: clean(textOf(mine, 'run')), artefact});
  }

  // lift takes the entries out of the hold that end as another artefact has been
  // applied to their databases; a hold without entries goes. An undo in another
  // database may add one meanwhile.
  * lift() {
    const _id = this.about.holdID();
    yield* this.write({update: 'control', updates: [{q: {_id}, u: {$pull: {held: {run: {$in: this.found.lifts}}}}}]}, false);
    yield* this.deleteOf('control', {_id, held: {$size: 0}});
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
    const {weave, environment} = this.about, documents = [];
    for (const database of this.about.databases) {
      if (this.found.claims.has(database)) continue;
      documents.push({_id: claimID(database), format: STATE_FORMAT, environment, cluster: {set: this.cluster.set, hosts: this.cluster.hosts}, run: this.id});
    }
    for (const {namespace} of this.about.collections) {
      if (!this.found.managers.has(namespace)) documents.push({_id: collectionID(namespace), format: STATE_FORMAT, weave, environment});
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
