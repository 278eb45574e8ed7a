// The record of this run. In: a run that is about to write, or has ended; out: its
// number and its record, and the records and journals that are too old. The rules
// are docs/state.md, runs; runlist.js reads the records again. Generators.

// RunRecord is that of this run.
class RunRecord {
  /** @param {Database} db @param {Subject} about */
  constructor(db, about, token, key) {
    this.id = ''; // WEAVE/ENVIRONMENT/N
    this.inserted = false;
    this.journal = new Journal(db, key);
    this.n = 0;
    this.token = token;
    this.db = db;
    this.about = about;
  }

  numbered(n) {
    this.n = n;
    this.id = this.about.runs() + n;
    this.journal.run = this.id;
  }

  // number gives the run its number: one more than the greatest there is.
  * number() {
    const [last] = yield* this.db.find('runs', this.about.filter(), {sort: {n: -1}, limit: 1, singleBatch: true});
    this.numbered(last === undefined ? 1 : readRun(last).n + 1);
  }

  // begin inserts the run's record, which says {artefact, compiler, labels, group} of what
  // it applies; group '' is none. A number that was taken meanwhile is passed over: then it gives true, and the
  // run has another id.
  * begin({artefact, compiler, labels, group}) {
    const {databases} = this.about, collections = this.about.namespaces(), {seal} = this.journal;
    for (let renumbered = false; ; renumbered = true) {
      // Not an insert: only an update can take the date from the server.
      const {duplicate} = yield* this.db.write({update: 'runs', updates: [{
        q: {_id: this.id, token: this.token},
        u: {
          $set: {
            format: STATE_FORMAT, ...this.about.filter(), n: long(this.n), artefact, compiler,
            databases, labels, engine: 'mongosh', outcome: OUTCOME_RUNNING, collections, seal: seal.name(),
            chain: drive(binaryValue(seal.begin(this.id, artefact, databases, collections))), ...group === '' ? {} : {group},
          },
          $currentDate: {started: true},
        },
        upsert: true,
      }]}, false);
      if (!duplicate) {
        this.inserted = true;
        return renumbered;
      }
      this.numbered(this.n + 1);
    }
  }

  // end completes the run's record, or deletes it when nothing was written. It gives what
  // the report says of it; undefined when there is none, or when it is not known whether
  // the journal is whole.
  * end(wrote, outcome, counts) {
    if (!this.inserted) return undefined;
    const mine = {_id: this.id, token: this.token}, {seal, unsure} = this.journal;
    if (!wrote) {
      yield* this.db.delete('journal', {run: this.id});
      yield* this.db.delete('runs', mine);
      return undefined;
    }
    const $set = {outcome, counts};
    if (!unsure) Object.assign($set, {records: long(seal.records), journal: drive(binaryValue(seal.end()))});
    yield* this.db.write({update: 'runs', updates: [{q: mine, u: {$set, $currentDate: {ended: true}}}]}, false);
    return unsure ? undefined : {id: this.id, journal: seal.endText()};
  }

  // trim deletes the oldest runs of weave and environment beyond those to keep (0: as many
  // as are kept by default), with their journals; apart: of those alone that wrote to the
  // same databases.
  * trim(keep, apart) {
    const filter = {...this.about.filter(), ...apart ? {databases: this.about.databases} : {}};
    const found = yield* this.db.find('runs', filter, {sort: {n: -1}, skip: long(keep || DEFAULT_KEEP), singleBatch: true, projection: {_id: 1}});
    if (found.length === 0) return;
    // One that is no record of these runs is none that this run may delete.
    const of = this.about.runs(), $in = found.map(recordID).filter(id => id.startsWith(of) && !id.slice(of.length).includes('/')).reverse();
    if ($in.length === 0) return;
    yield* this.db.delete('journal', {run: {$in}});
    yield* this.db.delete('runs', {_id: {$in}});
  }
}

// interrupted marks the run that held a lease before and never released it.
function * interrupted(db, lease) {
  const run = lease === undefined ? '' : textOf(lease, 'run');
  if (run === '') return; // there was no lease
  yield* db.write({update: 'runs', updates: [{
    q: {_id: run, token: textOf(lease, 'token'), outcome: OUTCOME_RUNNING}, u: {$set: {outcome: OUTCOME_INTERRUPTED}, $currentDate: {ended: true}},
  }]}, false);
}

function long(n) {
  return new host.types.Long(n | 0, Math.floor(n / 2 ** 32));
}
