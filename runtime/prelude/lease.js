// Leases, and the records of runs: what a run that writes takes, renews, gives
// back and leaves behind. Generators like look; the twins are
// runtime/enforce/lease.go and runs.go.

const LEASE_SECONDS = 60;
const RENEW_AFTER = 20000; // milliseconds
const WAIT_BETWEEN = 1000;
const DEFAULT_KEEP = 20; // records of runs, where no `backup keep` says

// LEASE_END is when a lease ends that is taken or renewed now, by the server's clock.
function leaseEnd() {
  return {$dateAdd: {startDate: '$$NOW', unit: 'second', amount: long(LEASE_SECONDS)}};
}

function long(n) {
  return new host.types.Long(n | 0, Math.floor(n / 2 ** 32));
}

class Leases extends Control {
  // take takes the leases of all databases, in order of name.
  * take() {
    const until = host.now() + this.run.settings.wait;
    for (const database of this.databases) {
      for (;;) {
        if (host.stopping()) throw new Failure(INTERRUPTED, false);
        const holder = yield* this.takeOne(database);
        if (holder === undefined) break;
        if (host.now() >= until) {
          const now = field(holder, 'now'), expires = field(holder, 'expires');
          const left = now === undefined || now.t !== DATE ? 0n : int64(expires.b, expires.s) - int64(now.b, now.s);
          this.conflict('lease-held', TEXTS.leaseHeld,
            {run: clean(textOf(holder, 'run')), database: clean(database), seconds: left > 0n ? (left + 999n) / 1000n : 0n}, {database});
          throw new Conflicted();
        }
        yield* pause(WAIT_BETWEEN);
      }
    }
  }

  // takeOne tries to take a lease; it gives who holds it, or nothing when it was taken.
  * takeOne(database) {
    const id = 'lease ' + database + '/' + this.run.state.weave, free = {$expr: {$lt: ['$expires', '$$NOW']}}, forced = this.forced();
    const query = forced === '' ? {_id: id, ...free} : {_id: id, $or: [free, {run: forced}]};
    for (;;) {
      const sent = host.now();
      let reply;
      try {
        ({reply} = yield* this.write({findAndModify: 'control', query, update: [
          {$set: {run: {$literal: this.id}, token: this.token, taken: '$$NOW', expires: leaseEnd()}},
        ]}, true));
      } catch (e) {
        this.leases.push({database, id, renewed: sent}); // it may be taken: to be given back
        throw e;
      }
      if (reply.value) {
        this.leases.push({database, id, renewed: sent});
        yield* this.brokenOff(document(reply.value));
        return undefined;
      }
      const found = yield* this.holder(id);
      if (found !== undefined) {
        if (textOf(found, 'token') !== this.token) return found;
        this.leases.push({database, id, renewed: sent}); // the answer to the first attempt was lost
        return undefined;
      }
      yield* this.write({insert: 'control', documents: [{_id: id, format: STATE_FORMAT, expires: new Date(0)}]}, false);
    }
  }

  // forced is the run that MONGOCD_FORCE_UNLOCK names.
  forced() {
    const name = this.run.settings.forceUnlock;
    return name === '' || name.includes('/') ? name : this.runsOf() + name;
  }

  // holder reads a lease, with the server's clock as `now`.
  * holder(id) {
    const reply = yield* this.command({aggregate: 'control', pipeline: [{$match: {_id: id}}, {$set: {now: '$$NOW'}}], cursor: {}}, true);
    return firstBatch(reply)[0];
  }

  // renew renews the leases whose last renewal is old enough, or all of them. A
  // lease that another run has taken ends this one.
  * renew(all) {
    for (const l of this.leases) {
      const now = host.now();
      if (!all && now - l.renewed < RENEW_AFTER) continue;
      const {reply} = yield* this.write({findAndModify: 'control', query: {_id: l.id, token: this.token},
        update: [{$set: {run: {$literal: this.id}, expires: leaseEnd()}}]}, true);
      if (!reply.value) {
        this.conflict('lease-lost', TEXTS.leaseLost, {database: clean(l.database)}, {database: l.database});
        throw new Conflicted();
      }
      l.renewed = now;
    }
  }

  // giveBack gives all leases back, even when one fails.
  * giveBack() {
    let failed;
    for (const l of this.leases) {
      try {
        yield* this.write({delete: 'control', deletes: [{q: {_id: l.id, token: this.token}, limit: 1}]}, false);
      } catch (e) {
        if (!(e instanceof Failure)) throw e;
        failed = failed || e;
      }
    }
    this.leases = [];
    if (failed !== undefined) throw failed;
  }

  // journal writes what undo needs of a step (Run.step) into the journal.
  * journal(what) {
    if (!this.keeps || what.look === undefined) return;
    const {database, c} = what.look;
    let records = journalRecords(this.id, this.records, database, c.name, owningOf(c), journalEntries(what));
    this.records += records.length;
    if (what.whole) records = together(records);
    for (let from = 0; from < records.length;) {
      let n = from, size = 0;
      for (; n < records.length && (n === from || size + records[n].e <= JOURNAL_COMMAND); n++) size += records[n].e;
      // One that is there already is from an attempt whose answer was lost.
      yield* this.write({insert: 'journal', documents: records.slice(from, n).map(drive), ordered: false}, false);
      from = n;
    }
  }

  runsOf() {
    return this.run.state.weave + '/' + this.run.state.environment + '/';
  }

  numbered(n) {
    this.number = n;
    this.id = this.runsOf() + n;
  }

  ofThis() {
    return {weave: this.run.state.weave, environment: this.run.state.environment};
  }

  // nextNumber gives the run its number: one more than the greatest there is.
  * nextNumber() {
    const [last] = yield* this.find('runs', this.ofThis(), {sort: {n: -1}, limit: 1, singleBatch: true});
    const n = last === undefined ? undefined : field(last, 'n');
    this.numbered(n === undefined || n.t !== INT64 ? 1 : Number(int64(n.b, n.s)) + 1);
  }

  // begin inserts the run's record. A number that was taken meanwhile is passed over.
  * begin() {
    for (let renumbered = false; ; renumbered = true) {
      // Not an insert: only an update can take the date from the server.
      const {duplicate} = yield* this.write({update: 'runs', updates: [{
        q: {_id: this.id, token: this.token},
        u: {
          $set: {
            format: STATE_FORMAT, ...this.ofThis(), n: long(this.number), artefact: this.run.state.artefact, compiler: this.run.state.compiler,
            databases: this.databases, labels: this.run.settings.labels, engine: 'mongosh', outcome: 'running',
          },
          $currentDate: {started: true},
        },
        upsert: true,
      }]}, false);
      if (!duplicate) {
        this.inserted = true;
        if (renumbered) yield* this.renew(true); // the leases name the run
        return;
      }
      this.numbered(this.number + 1);
    }
  }

  // end completes the run's record, or deletes it when nothing was written.
  * end(outcome) {
    if (!this.inserted) return;
    const mine = {_id: this.id, token: this.token};
    if (!this.run.wrote) {
      yield* this.deleteOf('journal', {run: this.id});
      yield* this.deleteOf('runs', mine);
      return;
    }
    yield* this.write({update: 'runs', updates: [{q: mine, u: {$set: {outcome, counts: this.counts()}, $currentDate: {ended: true}}}]}, false);
  }

  // counts are the sums of what was written.
  counts() {
    const done = this.run.report.collections.map(c => c.done).filter(d => d !== undefined);
    const sum = of => long(done.reduce((n, d) => n + of(d), 0));
    return {
      inserted: sum(d => d.inserted), updated: sum(d => d.updated), deleted: sum(d => d.deleted), collections: sum(d => d.created ? 1 : 0),
      indexes: sum(d => d.indexes + d.changedIndexes + d.droppedIndexes), options: sum(d => d.options),
    };
  }

  // brokenOff marks the run that held a lease before and never gave it back.
  * brokenOff(lease) {
    const run = textOf(lease, 'run');
    if (run === '') return; // the lease was made for this run
    yield* this.write({update: 'runs', updates: [{
      q: {_id: run, token: textOf(lease, 'token'), outcome: 'running'}, u: {$set: {outcome: 'broken-off'}, $currentDate: {ended: true}},
    }]}, false);
  }

  // trim deletes the oldest runs of weave and environment beyond those to keep,
  // with their journals.
  * trim() {
    const keep = this.run.state.collections.reduce((n, c) => Math.max(n, c.backupKeep), 0) || DEFAULT_KEEP;
    const found = yield* this.find('runs', this.ofThis(), {sort: {n: -1}, skip: long(keep), singleBatch: true, projection: {_id: 1}});
    if (found.length === 0) return;
    const $in = found.map(d => textOf(d, '_id')).reverse();
    yield* this.deleteOf('journal', {run: {$in}});
    yield* this.deleteOf('runs', {_id: {$in}});
  }

  * deleteOf(collection, q) {
    yield* this.write({delete: collection, deletes: [{q, limit: 0}]}, false);
  }
}
