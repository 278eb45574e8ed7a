// What a run is given. In: a state, the command and settings; out: a run, which has
// what all phases need. What a phase finds is a value of its own (observe.js,
// write.js); notes, conflicts and the failure are gathered in the report.

class Run {
  constructor(state, command, settings) {
    this.redact = redactor(state, settings.secrets);
    this.missing = secretNames(state).filter(name => !settings.secrets.has(name));
    this.compiled = state; // without the texts of secrets
    this.content = undefined; // the digest of all that it can write or run, once it was needed
    this.state = withSecrets(state, settings.secrets);
    this.positions = new Map(this.state.collections.map((c, i) => [collectionKey(c.database, c.name), i]));
    this.settings = settings;
    this.store = new Store('mongocd ' + state.weave + '/' + state.environment, settings.concerns);
    this.wrote = false; // a write was sent that the destination may have done
    this.report = {
      format: REPORT_FORMAT, command, weave: state.weave, environment: state.environment, outcome: '', exit: 0,
      collections: [], hooks: [], notes: [], leases: [], conflicts: [], failure: undefined,
    };
    const collections = this.state.collections.map(c => ({database: this.database(c), name: c.name, namespace: this.namespace(c), origin: c.origin}));
    this.about = new Subject(state.weave, state.environment, sortedTexts([...new Set(collections.map(c => c.database))]), collections);
    this.db = new Database(this.store, settings.stateDatabase);
    this.leases = new Leases(this.db, this.about, what => this.redact(stepText(what)));
    this.record = new RunRecord(this.db, this.about, this.leases.token, settings.journalKey || '');
    this.remembered = nothingRemembered(); // as it was read last
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
    return yield* enforce(this);
  }

  // guarded carries out phases, which say with stage(name) how far they are; an
  // error becomes a failure or conflicts in the report. It gives whether there was none.
  * guarded(phases) {
    let at = 'read';
    try {
      yield* phases(name => at = name);
      return true;
    } catch (e) {
      this.failed(at, e);
      return false;
    }
  }

  // failed puts an error into the report: as conflicts where it is some, else as the
  // failure in a stage, behind one that is there.
  failed(stage, e) {
    const conflicts = errorConflicts(this.db, e);
    if (conflicts !== undefined) {
      this.report.conflicts.push(...conflicts);
      return;
    }
    const message = this.redact(e instanceof Failure ? e.message : 'mongocd made a mistake: ' + clean(String(e && e.stack || e)));
    if (this.report.failure === undefined) this.report.failure = {stage, message};
    else this.report.failure.message += '\n' + message;
  }

  // note adds a note; one that an earlier observation has said is said once.
  note(text) {
    if (!this.report.notes.includes(text)) this.report.notes.push(text);
  }

  // contentDigest is that of all that the script can write or run.
  contentDigest() {
    if (this.content === undefined) this.content = contentDigest(this.compiled);
    return this.content;
  }

  // secretsMissing reports what apply would need and is not given.
  secretsMissing() {
    if (this.missing.length === 0) return false;
    const [name] = this.missing, needs = d => d.secrets.some(s => s.parts.some(p => p.name === name));
    const c = this.state.collections.find(x => x.documents.some(needs)), {origin} = c.documents.find(needs);
    this.report.conflicts.push(conflictOfRun(SECRET_MISSING, {names: this.missing.join(', '), name}, {origin: ruleOrigin(c, 'secret ' + name, origin === '' ? c.origin : origin)}));
    return true;
  }

  // transactions: the destination has them.
  transactions() {
    return !this.db.keeps || clusterTransacts(this.remembered.hello.cluster) && !featureLacking(this.remembered.found.capabilities, CAN_TRANSACTIONS);
  }

  // step sends one write: `send` is its generator. Every write of a run but those
  // of what it remembers passes here. what says what the journal records: {observation:
  // the collection, undefined for a hook and in undo}, then about: what is written, else one of writes: a batch, create: true,
  // indexes: to create, drop: indexes, change: {before, after} of an index, options:
  // {before, after} of a collMod.
  // Once begun, it is not interrupted.
  * step(what, send) {
    return yield* this.leases.send(what, this.putJournal(what), send);
  }

  // putJournal writes what undo needs of a step into the journal.
  * putJournal(what) {
    if (!this.db.keeps || what.observation === undefined) return;
    const {database, c} = what.observation;
    yield* this.record.journal.put(database, c.name, owningOf(c), journalEntries(what), what.whole === true);
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
    this.leases.late.unanswered(e.ops);
  }

  // noteLate says what may arrive after the end of this run, as far as no conflict does.
  noteLate() {
    const note = this.leases.late.note(), {report} = this;
    if (note !== '' && !report.conflicts.some(c => c.code === LEASE_LOST.code)) report.notes.push(note);
  }

  // finish sets outcome and exit code; differs: there was something to do.
  finish(differs) {
    const p = this.report, {settings} = this;
    const well = p.conflicts.length === 0 && p.failure === undefined;
    if (well && (!differs || ['plan', 'verify'].includes(p.command))) p.notes.push(...otherRuns(this.remembered.found));
    return settle(p, {differs, wrote: this.wrote, planOnly: settings.planOnly, detailedExit: settings.detailedExit, allowUnknown: settings.allowUnknown});
  }
}
