// The phases of a run. A generator: it yields requests, and returns the
// report. The order is docs/enforcement.md, Phases.

// A Conflicted ends a phase: the conflicts are in the report.
class Conflicted extends Error {}

class Run {
  constructor(state, command, settings) {
    this.redact = redactor(state, settings.secrets);
    this.missing = secretNames(state).filter(name => !settings.secrets.has(name));
    this.compiled = state; // without the texts of secrets
    this.content = undefined; // the digest of all that it can write or run, once it was needed
    this.state = withSecrets(state, settings.secrets);
    this.positions = new Map(this.state.collections.map((c, i) => [collectionKey(c.database, c.name), i]));
    this.first = undefined; // the first observation of every collection
    this.stale = new Set(); // collections whose observations may have `_id`s in links that are others now
    this.settings = settings;
    this.store = new Store('mongocd ' + state.weave + '/' + state.environment);
    this.different = false; // the first observation found something to do
    this.wrote = false; // a write was sent that the destination may have done
    this.report = {
      format: 1, command, weave: state.weave, environment: state.environment, outcome: '', exit: 0,
      collections: [], hooks: [], notes: [], conflicts: [], failure: undefined,
    };
    this.control = new Leases(this);
  }

  database(c) {
    return this.settings.databases.has(c.database) ? this.settings.databases.get(c.database) : c.database;
  }

  namespace(c) {
    return this.database(c) + '.' + c.name;
  }

  // go does what was asked for and returns the report; an error becomes a failure in it.
  /** @returns {Generator<Object, Object, Object>} */
  * go() {
    const apply = this.report.command === 'apply';
    let observations;
    if (apply && this.secretsMissing()) return this.finish();
    const read = yield* this.guarded(() => this.observeFirst(l => observations = l));
    if (!read || !apply || this.report.conflicts.length > 0 || !this.different) return this.finish();
    yield* this.guarded(stage => this.phases(observations, stage));
    yield* this.close();
    return this.finish();
  }

  // guarded carries out phases, which say with stage(name) how far they are; an
  // error becomes a failure in the report. It gives whether there was none.
  * guarded(phases) {
    let at = 'read';
    try {
      yield* phases(name => at = name);
      return true;
    } catch (e) {
      if (!(e instanceof Conflicted)) this.failed(at, e);
      return false;
    }
  }

  // failed puts an error into the report, behind one that is there.
  failed(stage, e) {
    if (this.control.wrong(e)) return;
    const message = this.redact(e instanceof Failure ? e.message : 'mongocd made a mistake: ' + clean(String(e && e.stack || e)));
    if (this.report.failure === undefined) this.report.failure = {stage, message};
    else this.report.failure.message += '\n' + message;
  }

  // observeFirst reads what earlier runs left, then the destination.
  * observeFirst(give) {
    yield* this.control.remembered();
    if (this.report.conflicts.length > 0) throw new Conflicted();
    const observations = yield* this.observeAll();
    this.found(observations);
    this.digested(observations);
    if (this.report.command !== 'apply') yield* findCauses(this, observations);
    if (this.report.command === 'apply' && this.different && this.report.conflicts.length === 0) {
      this.approved(observations);
      yield* missingPrivileges(this, neededBy(this, observations));
    }
    give(observations);
  }

  // found puts observations into the report, in place of earlier ones.
  found(observations) {
    this.first = observations;
    this.report.collections = [];
    this.report.hooks = [];
    this.different = false;
    for (const l of observations) {
      this.report.collections.push(l.report);
      this.report.conflicts.push(...l.conflicts);
      this.different = this.different || l.differs();
    }
    findHooks(this, observations);
  }

  // phases are what a run does after it has observed.
  * phases(observations, stage) {
    stage('lease');
    observations = yield* this.lease(observations);
    if (!this.different) return; // the observation under the lease found that another run has done it
    stage('before');
    observations = yield* this.before(observations);
    stage('write');
    yield* this.createCollections(observations);
    stage('options');
    yield* alterOptions(this, observations);
    stage('indexes');
    yield* clearWay(this, observations);
    stage('write');
    for (let i = 0; i < observations.length; i++) yield* this.writeFresh(i, observations);
    // Those that link to what was observed again after they were written.
    for (let i = 0; i < observations.length; i++) if (this.stale.has(i)) yield* this.writeFresh(i, observations);
    stage('prune');
    for (let i = observations.length - 1; i >= 0; i--) yield* this.writeCollection(i, observations[i], true);
    stage('indexes');
    yield* alterIndexes(this, observations);
    stage('verify');
    observations = yield* this.verify();
    stage('record');
    yield* putLedger(this, observations);
    stage('after');
    yield* runHooks(this, 'after');
  }

  // lease takes the leases, observes again, and writes down that this run writes.
  * lease(observations) {
    const {control} = this;
    if (control.keeps) {
      yield* control.nextNumber();
      yield* control.take();
      observations = yield* this.observeAgain(observations);
      if (!this.different) return observations;
      yield* control.begin();
      yield* control.claim();
    }
    for (const l of observations) if (l.differs()) l.report.done = nothingDone();
    return observations;
  }

  // observeAgain observes again, under the lease, the collections that differ and
  // those they link to: what it finds is what is written.
  * observeAgain(observations) {
    yield* this.control.read();
    if (this.report.conflicts.length > 0) throw new Conflicted();
    const differing = observations.map((_, i) => i).filter(i => observations[i].differs());
    this.first = undefined; // a bound of prune is found again
    const again = yield* this.observeAt(concernedBy(this, differing));
    observations = observations.slice();
    for (const l of again) observations[l.at] = l;
    this.found(observations);
    if (this.report.conflicts.length > 0) throw new Conflicted();
    if (this.different) this.approved(observations);
    return observations;
  }

  // close ends what the run began: its record, old records, a hold on what was
  // undone before, its leases.
  * close() {
    const {control, report} = this;
    if (!control.keeps) return;
    const step = function * (run, generator) {
      try {
        yield* generator;
      } catch (e) {
        run.failed('record', e);
      }
    };
    if (control.inserted && this.wrote) yield* step(this, control.trim());
    const outcome = report.failure !== undefined || report.conflicts.length > 0 ? 'stopped' : 'applied';
    if (outcome === 'applied' && this.wrote && control.lifts.length > 0) yield* step(this, control.lift());
    yield* step(this, control.end(outcome));
    control.noteLate();
    yield* step(this, control.release());
  }

  // contentDigest is that of all that the script can write or run.
  contentDigest() {
    if (this.content === undefined) this.content = contentDigest(this.compiled);
    return this.content;
  }

  // digested puts the digest into a plan that could be approved: one without
  // conflicts. With nothing to do that is approved, and nothing else.
  digested(observations) {
    if (this.report.command !== 'plan' || this.report.conflicts.length > 0) return;
    this.report.digest = planDigest(this.state.artefact, this.contentDigest(), observations);
    this.report.engine = this.settings.engine;
  }

  // approved holds observations against what was approved by its digest.
  approved(observations) {
    const {approved} = this.settings;
    if (approved === '') return;
    const found = planDigest(this.state.artefact, this.contentDigest(), observations);
    if (found === approved) return;
    this.control.conflict(NOT_APPROVED, {found, approved: clean(approved)});
    throw new Conflicted();
  }

  // secretsMissing reports what apply would need and is not given.
  secretsMissing() {
    if (this.missing.length === 0) return false;
    const [name] = this.missing, needs = d => d.secrets.some(s => s.parts.some(p => p.name === name));
    const c = this.state.collections.find(x => x.documents.some(needs)), {origin} = c.documents.find(needs);
    this.control.conflict(SECRET_MISSING, {names: this.missing.join(', '), name}, {origin: ruleOrigin(c, 'secret ' + name, origin === '' ? c.origin : origin)});
    return true;
  }

  // observeAll observes every collection.
  * observeAll() {
    return yield* this.observeAt(this.state.collections.map((_, i) => i));
  }

  // observeAt observes those of the state's collections that which names by their positions, ascending.
  * observeAt(which) {
    const concerned = concernedBy(this, which), infos = yield* this.infos(concerned.map(i => this.state.collections[i])), read = new Map();
    for (const i of concerned) {
      const c = this.state.collections[i], info = infos.get(this.database(c)).get(c.name), observation = new Observation(this, i, info);
      yield* observation.readAll(info, infos.get(this.database(c)));
      read.set(i, observation);
    }
    const keys = yield* readShardKeys(this, concerned.map(i => this.state.collections[i]));
    for (const l of read.values()) l.shardKey = keys.get(l.namespace()) || [];
    const observations = which.map(i => read.get(i));
    for (const l of observations) if (!l.closed) l.c = resolveLinks(this, l.c, read);
    for (const l of observations) yield* l.compareAll();
    return observations;
  }

  // outdated notes that the observations of collections that link to one are, as it was
  // observed again.
  outdated(at) {
    this.state.collections.forEach((_, i) => {
      if (i !== at && concernedBy(this, [i]).includes(at)) this.stale.add(i);
    });
  }

  // transactions: the destination has them, as a replica set or a sharded cluster
  // does (MongoDB manual, core/transactions).
  transactions() {
    const {keeps, cluster} = this.control;
    return !keeps || cluster.set !== '' || cluster.sharded;
  }

  // infos describes those of the collections that exist, by database and name.
  * infos(collections) {
    const names = new Map(), infos = new Map();
    for (const c of collections) {
      const database = this.database(c);
      if (!names.has(database)) names.set(database, []);
      names.get(database).push(c.name, ...c.reads);
    }
    for (const [database, list] of names) infos.set(database, yield* this.store.collections(database, list));
    return infos;
  }

  done(i) {
    const report = this.report.collections[i];
    if (report.done === undefined) report.done = nothingDone(); // a second observation found work where the first had none
    return report.done;
  }

  deleted(i) {
    const done = this.report.collections[i].done;
    return done === undefined ? 0 : done.deleted;
  }

  // step sends one write: `send` is its generator. Every write of a run but those
  // of what it remembers passes here. what says what the journal records: {observation:
  // the collection, undefined for a hook and in undo}, then about: what is written, else one of writes: a batch, create: true,
  // indexes: to create, drop: indexes, change: {before, after} of an index, options:
  // {before, after} of a collMod.
  // Once begun, it is not interrupted.
  * step(what, send) {
    if (host.stopping()) throw new Failure(INTERRUPTED, false);
    yield* this.control.renew(false);
    yield* this.control.journal(what);
    yield* this.control.renew(false); // the journal may have taken its time
    this.control.sending(what);
    return yield* this.control.answered(send);
  }

  // writing is a step that answers as a whole: it notes whether it may have written.
  * writing(what, send) {
    return yield* this.step(what, this.noting(send));
  }

  * noting(send) {
    try {
      const result = yield* send;
      this.wrote = true;
      return result;
    } catch (e) {
      this.noteWrite(e);
      throw e;
    }
  }

  // noteWrite records that a write failed without the server having refused it.
  noteWrite(e) {
    if (e instanceof Failure && !e.wrote) return;
    this.wrote = true;
    this.control.unanswered(e.ops);
  }

  * createCollections(observations) {
    for (let i = 0; i < observations.length; i++) {
      const l = observations[i];
      if (!l.missing) continue;
      yield* alter(this, {observation: l, create: true}, CODE_NAMESPACE_EXISTS, () => this.store.createCollection(l.database, l.c.name, l.c.options));
      this.done(i).created = true;
      yield* rebuild(this, l, [], l.indexPlan.create);
    }
  }

  // writeFresh writes the documents of a collection. Where what it links to was
  // observed again, it is observed again first, as there may be other `_id`s now.
  * writeFresh(i, observations) {
    if (this.stale.delete(i)) {
      [observations[i]] = yield* this.observeAt([i]);
      if (observations[i].conflicts.length > 0) this.stop(observations[i]);
    }
    yield* this.writeCollection(i, observations[i], false);
  }

  // writeCollection sends the writes (or deletes) of a collection; where a guard
  // was missed or a batch failed retryably, it observes again and sends what is still
  // to do.
  * writeCollection(i, first, prune) {
    let l = first;
    for (let attempt = 1, failures = 0; ;) {
      const missed = yield* sendWrites(this, i, l, prune);
      first.deletes = l.deletes; // without those that a transaction has done
      if (missed.sent > 0) failures = 0;
      const failed = missed.failure !== undefined;
      if (failed) {
        if (failures === RETRY_WAITS.length) throw missed.failure;
        yield* pause(RETRY_WAITS[failures++]);
      } else if (!missed.any) return;
      [l] = yield* this.observeAt([i]);
      this.outdated(i);
      yield* this.settle(i, l, missed.unsure);
      first.deletes = l.deletes;
      if (l.conflicts.length > 0) this.stop(l);
      const left = prune ? l.deletes.length : l.writes.length;
      if (left === 0) return;
      if (l.missing) throw new Failure(clean(l.namespace()) + ' was dropped while this run was writing to it: run again', false);
      if (failed) continue;
      if (attempt < MAX_ATTEMPTS) {
        yield* clearWay(this, [l]);
        first.indexPlan = l.indexPlan;
      } else {
        l.conflict(missed.duplicate === '' ? CHANGED_WHILE_RUNNING : CHANGED_DUPLICATE, -1, [],
          {count: left, server: clean(missed.duplicate)});
        this.stop(l);
      }
      attempt++;
    }
  }

  // settle counts those of the operations of a batch with an unknown outcome that
  // are no longer to be done.
  * settle(i, l, unsure) {
    const keyOf = w => w.wanted >= 0 ? w.wanted : key([field(w.before, '_id')]);
    const left = new Set(l.writes.concat(l.deletes).map(keyOf)), done = this.done(i);
    for (const w of unsure) if (!left.has(keyOf(w))) done[WRITE_COMMANDS.find(c => c.actions.includes(w.op.action)).total]++;
    if (unsure.length > 0) yield* this.control.arrived(unsure, unsure.filter(w => left.has(keyOf(w))));
  }

  stop(l) {
    this.report.conflicts.push(...l.conflicts);
    throw new Conflicted();
  }

  // before runs the hooks before the first write, and observes again when there were some.
  * before(observations) {
    if (!(yield* runHooks(this, 'before'))) return observations;
    const again = yield* this.observeAll();
    again.forEach((l, i) => {
      if (l.differs()) this.done(i);
      this.report.conflicts.push(...l.conflicts);
    });
    if (this.report.conflicts.length > 0) throw new Conflicted();
    return again;
  }

  // verify reads and compares everything again, and gives these observations.
  * verify() {
    const again = yield* this.observeAll();
    for (const l of again) {
      if (l.conflicts.length === 0 && l.differs()) l.conflict(VERIFY_FAILED, -1, [], {count: l.left()});
      this.report.conflicts.push(...l.conflicts);
    }
    if (this.report.conflicts.length > 0) throw new Conflicted(); // nothing comes after it
    return again;
  }

  // finish sets outcome and exit code.
  finish() {
    const p = this.report, conflict = p.conflicts.length > 0, failed = p.failure !== undefined;
    if (!conflict && !failed && (!this.different || ['plan', 'verify'].includes(p.command))) p.notes.push(...this.control.others);
    if (this.wrote && (conflict || failed)) [p.outcome, p.exit] = ['stopped', 4];
    else if (failed) [p.outcome, p.exit] = ['failed', 1];
    else if (conflict) [p.outcome, p.exit] = ['refused', 3];
    else if (!this.different && p.collections.some(c => c.counts.unknown > 0)) {
      const counts = !this.settings.allowUnknown && (p.command === 'verify' || this.settings.detailedExit);
      [p.outcome, p.exit] = ['unknown', counts ? 2 : 0];
    } else if (!this.different) [p.outcome, p.exit] = ['in-sync', 0];
    else if (p.command === 'apply' || ['claim', 'release-hold'].includes(p.command) && !this.settings.planOnly) [p.outcome, p.exit] = ['applied', 0];
    else if (p.command === 'undo' && !this.settings.planOnly) [p.outcome, p.exit] = ['undone', 0];
    else [p.outcome, p.exit] = ['changes', p.command === 'verify' || this.settings.detailedExit ? 2 : 0];
    return p;
  }
}

function nothingDone() {
  return {created: false, indexes: 0, changedIndexes: 0, droppedIndexes: 0, options: 0, inserted: 0, updated: 0, deleted: 0};
}
