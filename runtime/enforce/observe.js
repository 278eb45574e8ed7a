// Observing a destination: all of it, or some collections again. In: a run, and what is
// observed; out: an Observed, with an observation of each collection. Everything that
// links concern is read first, then links are resolved, then each collection is compared.
// Reads only. Generators.

// Observed is what was found at a destination. It does not change, but that it is let go when it is
// read again: what is found later is another one.
class Observed {
  /** @param {Observation[]} all in the state's order; none where what earlier runs left forbids the run */
  constructor(all) {
    this.all = all;
  }

  // differs reports whether there is something to do.
  differs() {
    return this.all.some(l => l.differs());
  }

  // conflicts are what stands in the way.
  conflicts() {
    return this.all.flatMap(l => l.conflicts);
  }

  refused() {
    return this.conflicts().length > 0;
  }

  // changing are the positions of the collections that are to be changed.
  changing() {
    return this.all.map((_, i) => i).filter(i => this.all[i].differs());
  }
}

// observe reads what earlier runs left, then the destination.
/** @param {Run} run */
function * observe(run) {
  takeIn(run, yield* remember(run));
  return new Observed(yield* observeEverything(run, undefined));
}

// observeAgain observes, under the lease, the collections that differ and those that
// they link to: what it finds is what is written. Conflicts are the caller's.
/** @param {Run} run @param {Observed} before */
function * observeAgain(run, before) {
  takeIn(run, yield* recall(run, run.remembered.hello));
  const all = before.all.slice(), again = concernedBy(run, before.changing());
  for (const i of again) all[i].letGo();
  for (const l of yield* observeAt(run, again, undefined)) all[l.at] = l;
  return new Observed(all);
}

// observeEverything observes every collection.
/** @param {Run} run @param {Writing | undefined} since */
function * observeEverything(run, since) {
  return yield* observeAt(run, run.state.collections.map((_, i) => i), since);
}

// observeAt observes those of the state's collections that which names by their positions,
// ascending; since is what was written before, undefined: bounds of prune are found.
/** @param {Run} run @param {number[]} which @param {Writing | undefined} since */
function * observeAt(run, which, since) {
  const {collections} = run.state, concerned = concernedBy(run, which), infos = yield* observeInfos(run, concerned.map(i => collections[i])), read = new Map();
  for (const i of concerned) {
    const c = collections[i], found = infos.get(run.database(c)), info = found.get(c.name), observation = new Observation(run, i, info);
    yield* observation.readAll(info, found, since);
    read.set(i, observation);
  }
  const keys = yield* readShardKeys(run, concerned.map(i => collections[i]));
  for (const l of read.values()) l.shardKey = keys.get(l.namespace()) || [];
  for (const i of concerned) yield* readDrift(read.get(i), since);
  const observations = which.map(i => read.get(i));
  for (const l of observations) if (!l.closed) l.c = resolveLinks(run, l.c, read);
  for (const l of observations) {
    yield* l.compareAll(since);
    cannot(l);
  }
  return observations;
}

// observeInfos describes those of the collections that exist, by database and name: one
// call a database.
/** @param {Run} run */
function * observeInfos(run, collections) {
  const names = new Map(), infos = new Map();
  for (const c of collections) {
    const database = run.database(c);
    if (!names.has(database)) names.set(database, []);
    names.get(database).push(c.name, ...c.reads);
  }
  for (const [database, list] of names) infos.set(database, yield* run.store.collections(database, list));
  return infos;
}
