// What earlier runs left that concerns a run (docs/state.md). In: what the run is about;
// out: the records of `control` that concern it, what of them forbids the run, and the
// records that the run adds. claim.js changes them on purpose. Generators.

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

function claimID(database) {
  return 'claim ' + database;
}

function collectionID(namespace) {
  return 'collection ' + namespace;
}

// Found is what earlier runs left that concerns a run.
class Found {
  constructor() {
    this.claims = new Map(); // by database: {environment, cluster}
    this.managers = new Map(); // by namespace: {weave, environment}
    this.ledgers = new Map(); // by namespace: {run, buckets}
    /** @type {{artefact: string, run: string, databases: string[]}[]} */
    this.holds = []; // artefacts that a hold keeps back from databases; none: from all
    this.damaged = []; // errors
    this.capabilities = undefined; // what the server was seen to do; undefined: it was not probed
    this.leases = []; // of other runs, by database: {database, run, taken, expires, ended}
  }
}

// readControl reads the records that concern a run with a token of its own. now is the
// server's clock, in milliseconds since 1970.
/** @param {Database} db @param {Subject} about @param {number} now */
function * readControl(db, about, token, now) {
  const ids = [...about.databases.map(claimID), ...about.collections.map(c => collectionID(c.namespace)),
    ...about.databases.map(database => about.leaseID(database)), about.holdID(), SERVER_ID];
  const found = new Found();
  for (const d of yield* recordsOfControl(db, ids)) {
    const wrong = wrongRecord(controlKind(d), d);
    if (wrong !== undefined) {
      found.damaged.push(wrong);
      continue;
    }
    const id = recordID(d), at = id.indexOf(' '), name = id.slice(at + 1);
    switch (id.slice(0, at)) {
      case 'claim': found.claims.set(name, readClaim(d)); break;
      case 'collection': {
        const ledger = readLedgerOf(d);
        found.managers.set(name, {weave: textOf(d, 'weave'), environment: textOf(d, 'environment')});
        if (ledger !== undefined) found.ledgers.set(name, ledger);
        break;
      }
      case 'hold': found.holds = readHold(d); break;
      case 'server': found.capabilities = readCapabilities(d); break;
      case 'lease': if (textOf(d, 'token') !== token) found.leases.push(readLeaseOf(name, d, now));
    }
  }
  return found;
}

// recordsOfControl reads records of `control`, sorted by `_id`.
/** @param {Database} db */
function * recordsOfControl(db, ids) {
  const found = yield* db.find('control', {_id: {$in: ids}}, {batchSize: ids.length + 1});
  return found.sort((a, b) => compare(field(a, '_id'), field(b, '_id')));
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

function readHold(d) {
  const list = field(d, 'held');
  const entries = list === undefined || list.t !== ARRAY ? [] : fields(list).map(f => f.v).filter(v => v.t === DOCUMENT);
  return entries.map(v => ({artefact: textOf(v, 'artefact'), run: textOf(v, 'run'), databases: textsOf(field(v, 'databases'))}));
}

// controlConflicts are those with what was found: records that are damaged, databases that
// belong to another environment or cluster, collections of another weave. heldBack has the
// hold.
/** @param {Database} db @param {Found} found @param {Subject} about */
function controlConflicts(db, found, about, cluster) {
  return [...found.damaged.flatMap(e => errorConflicts(db, e)), ...claimed(found, about, cluster), ...managedElsewhere(found, about)];
}

// claimed holds the claims of the databases against the run.
/** @param {Found} found @param {Subject} about */
function claimed(found, {environment, databases}, cluster) {
  const conflicts = [];
  for (const database of databases) {
    const claim = found.claims.get(database);
    if (claim === undefined) continue;
    if (claim.environment !== environment) {
      conflicts.push(conflictOfRun(CLAIM_ENVIRONMENT,
        {database: clean(database), claimed: clean(claim.environment), environment: clean(environment)}, {database}));
    } else if (otherCluster(claim.cluster, cluster)) {
      conflicts.push(conflictOfRun(CLAIM_CLUSTER,
        {database: clean(database), claimed: clean(clusterText(claim.cluster)), found: clean(clusterText(cluster))}, {database}));
    }
  }
  return conflicts;
}

// managedElsewhere are the collections that another weave manages.
/** @param {Found} found @param {Subject} about */
function managedElsewhere(found, about) {
  const conflicts = [];
  for (const {namespace, database, name, origin} of about.collections) {
    const manager = found.managers.get(namespace);
    if (manager === undefined || manager.weave === about.weave) continue;
    conflicts.push(conflictOfRun(MANAGED_ELSEWHERE, {weave: clean(manager.weave), environment: clean(manager.environment)},
      {database, collection: name, origin}));
  }
  return conflicts;
}

// heldBack names the run whose undo holds the artefact back from one of the databases, ''
// when none does; then lifts are the runs whose entries end when this artefact has been
// applied.
/** @param {Found} found @param {Subject} about */
function heldBack(found, about, artefact) {
  const here = found.holds.filter(h => sharing(h.databases, about.databases)), mine = here.find(h => h.artefact === artefact);
  return mine === undefined ? {run: '', lifts: here.map(h => h.run)} : {run: mine.run, lifts: []};
}

// sharing reports whether two lists of databases have one in common. A list that
// a record does not have may be of any.
function sharing(a, b) {
  return a.length === 0 || b.length === 0 || a.some(name => b.includes(name));
}

// lift takes the entries of runs out of the hold, which end as another artefact has been
// applied to their databases; a hold without entries goes. An undo in another database may
// add one meanwhile.
/** @param {Database} db @param {Subject} about */
function * lift(db, about, runs) {
  const _id = about.holdID();
  yield* db.update('control', {_id}, {$pull: {held: {run: {$in: runs}}}});
  yield* db.delete('control', {_id, held: {$size: 0}});
}

// hold keeps the artefact of a run that was undone back from its databases.
/** @param {Database} db @param {Subject} about */
function * hold(db, about, {artefact, id, databases}) {
  const u = {$set: {format: STATE_FORMAT}, $addToSet: {held: {artefact, run: id, databases}}};
  yield* db.write({update: 'control', updates: [{q: {_id: about.holdID()}, u, upsert: true}]}, false);
}

// claim writes the claims and managers that are missing, for a run. Another one may have
// been faster: then it gives true, and everything is to be read again.
/** @param {Database} db @param {Found} found @param {Subject} about */
function * claim(db, found, {weave, environment, databases, collections}, {set, hosts}, run) {
  const documents = [];
  for (const database of databases) {
    if (!found.claims.has(database)) documents.push({_id: claimID(database), format: STATE_FORMAT, environment, cluster: {set, hosts}, run});
  }
  for (const {namespace} of collections) {
    if (!found.managers.has(namespace)) documents.push({_id: collectionID(namespace), format: STATE_FORMAT, weave, environment});
  }
  if (documents.length === 0) return false;
  return (yield* db.write({insert: 'control', documents, ordered: false}, false)).duplicate;
}
