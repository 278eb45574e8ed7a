// Leases, and the records of runs: what a run that writes takes, renews, gives back
// and leaves behind. Generators.

// leaseEnd is when a lease ends that is taken or renewed now.
function leaseEnd(now) {
  return new Date(now + LEASE_SECONDS * 1000);
}

// leaseEnds is when a lease ends, in milliseconds.
function leaseEnds(lease) {
  const expires = field(lease, 'expires');
  return Number(int64(expires.b, expires.s));
}

function long(n) {
  return new host.types.Long(n | 0, Math.floor(n / 2 ** 32));
}

class Leases extends Late {
  // take takes the leases of all databases, in order of name.
  * take() {
    const until = host.now() + this.run.settings.wait;
    for (const database of this.databases) {
      for (;;) {
        if (host.stopping()) throw new Failure(INTERRUPTED, false);
        const held = yield* this.takeOne(database);
        if (held === undefined) break;
        if (host.now() >= until) this.leaseHeld(database, held);
        yield* pause(WAIT_BETWEEN);
      }
    }
    yield* this.waitOut();
  }

  // leaseHeld reports who holds a lease. A record that does not say it is none that a
  // run has written.
  leaseHeld(database, {lease, now}) {
    const run = textOf(lease, 'run');
    if (!run.includes('/')) {
      this.conflict(LEASE_UNNAMED,
        {database: clean(database), record: clean(this.leaseID(database)), state: clean(this.database)}, {database});
    } else {
      const seconds = Math.max(0, Math.floor((leaseEnds(lease) - now + 999) / 1000));
      this.conflict(LEASE_HELD, {run: clean(run), database: clean(database), seconds}, {database});
    }
    throw new Conflicted();
  }

  // takeOne tries to take a lease; it gives who holds it, or nothing when it was
  // taken. It is decided by what was read, and the lease is taken only as long as
  // it is still that: else it is read once more.
  * takeOne(database) {
    const id = this.leaseID(database);
    let sent = 0, settled = 0, tried; // what the last attempt was to take over
    for (let attempt = 0; attempt < LEASE_ATTEMPTS; attempt++) {
      if (attempt > 1) yield* pause(ATTEMPT_BETWEEN);
      const [before] = yield* this.find('control', {_id: id}, {batchSize: 2});
      if (before !== undefined) checkRecord('lease', before);
      if (before !== undefined && textOf(before, 'token') === this.token) { // the answer to the last attempt was lost
        this.leases.push({database, id, renewed: sent, settled});
        yield* this.interrupted(tried);
        return undefined;
      }
      sent = host.now();
      const now = yield* this.serverTime();
      if (before !== undefined && !this.free(before, now)) return {lease: before, now};
      tried = before;
      settled = sent + settling(before, now);
      let taken;
      try {
        taken = yield* this.takeOver(id, before, now);
      } catch (e) {
        this.leases.push({database, id, renewed: sent, settled}); // it may be taken: to be given back
        throw e;
      }
      if (taken) {
        this.leases.push({database, id, renewed: sent, settled});
        yield* this.interrupted(before);
        return undefined;
      }
    }
    throw new Failure('the record ' + clean(id) + ' of ' + clean(this.database) + '.control was another one each time when it was to be taken', false);
  }

  // free reports whether a lease may be taken over: it has ended by the server's
  // clock, or MONGOCD_FORCE_UNLOCK names its run.
  free(lease, now) {
    const run = textOf(lease, 'run');
    return leaseEnds(lease) < now || run !== '' && run === this.forced();
  }

  // takeOver writes a lease in place of the one that was read, undefined for none;
  // false when it is another one by now.
  * takeOver(id, before, now) {
    const mine = {format: STATE_FORMAT, run: this.id, token: this.token, taken: new Date(now), expires: leaseEnd(now)};
    if (before === undefined) {
      const {duplicate} = yield* this.write({insert: 'control', documents: [{_id: id, ...mine}]}, false);
      return !duplicate;
    }
    const token = field(before, 'token') === undefined ? {$exists: false} : textOf(before, 'token');
    return yield* this.updateOne('control', {_id: id, token, expires: new Date(leaseEnds(before))}, {$set: mine});
  }

  // forced is the run that MONGOCD_FORCE_UNLOCK names.
  forced() {
    const name = this.run.settings.forceUnlock;
    return name === '' || name.includes('/') ? name : this.runsOf() + name;
  }

  // renew renews the leases whose last renewal is old enough, or all of them. A
  // lease that another run has taken ends this one.
  * renew(all) {
    for (const l of this.leases) {
      const sent = host.now();
      if (!all && sent - l.renewed < RENEW_AFTER) continue;
      const now = yield* this.serverTime();
      // Not as it was read: the answer to the first attempt may have been lost.
      if (!(yield* this.updateOne('control', {_id: l.id, token: this.token}, {$set: {run: this.id, expires: leaseEnd(now)}}))) {
        this.leaseLost(l.database);
      }
      l.renewed = sent;
    }
  }

  // release releases all leases, even when one fails. One that the next run is to
  // wait for stays, and has ended.
  * release() {
    let failed;
    for (const l of this.leases) {
      try {
        const mine = {_id: l.id, token: this.token};
        // Another run may take it from the next millisecond on.
        if (this.unsettled(l)) yield* this.updateOne('control', mine, {$set: {expires: new Date((yield* this.serverTime()) - 1)}});
        else yield* this.write({delete: 'control', deletes: [{q: mine, limit: 1}]}, false);
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
    if (!this.keeps || what.observation === undefined) return;
    const {database, c} = what.observation;
    let records = journalRecords(this.id, this.records, database, c.name, owningOf(c), journalEntries(what));
    this.records += records.length;
    if (what.whole) records = together(records);
    records = this.seal.link(encrypted(this.seal, records));
    this.unsure = records.length > 0;
    for (let from = 0; from < records.length;) {
      let n = from, size = 0;
      for (; n < records.length && (n === from || size + records[n].e <= JOURNAL_COMMAND); n++) size += records[n].e;
      yield* this.putJournal(records.slice(from, n));
      from = n;
    }
    this.unsure = false;
  }

  // putJournal inserts records in order, so that what is there after a kill has no
  // gap. One that is there already is from an attempt whose answer was lost, or it is
  // nobody's that this run knows: then the run ends.
  * putJournal(records) {
    for (let from = 0; from < records.length;) {
      const {reply, duplicate} = yield* this.write({insert: 'journal', documents: records.slice(from).map(drive), ordered: true}, false);
      if (!duplicate) return;
      const n = reply === undefined ? 0 : Number(reply.n);
      if (!(n >= 0 && n < records.length - from)) {
        throw new Failure('the server says that it has inserted ' + n + ' of ' + (records.length - from) + ' records of the journal, and not all', true);
      }
      from += n;
      const [found] = yield* this.find('journal', {_id: drive(field(records[from], '_id'))}, {batchSize: 2});
      if (found !== undefined && !identical(found, records[from])) throw damaged('journal', found, 'it was there before the run came to it');
      from++;
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
    this.numbered(last === undefined ? 1 : readRun(last).n + 1);
  }

  // begin inserts the run's record. A number that was taken meanwhile is passed over.
  * begin() {
    const collections = sortedTexts([...new Set(this.run.state.collections.map(c => this.run.namespace(c)))]);
    for (let renumbered = false; ; renumbered = true) {
      // Not an insert: only an update can take the date from the server.
      const {duplicate} = yield* this.write({update: 'runs', updates: [{
        q: {_id: this.id, token: this.token},
        u: {
          $set: {
            format: STATE_FORMAT, ...this.ofThis(), n: long(this.number), artefact: this.run.state.artefact, compiler: this.run.state.compiler,
            databases: this.databases, labels: this.run.settings.labels, engine: 'mongosh', outcome: OUTCOME_RUNNING, collections, seal: this.seal.name(),
            chain: drive(binaryValue(this.seal.begin(this.id, this.run.state.artefact, this.databases, collections))),
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

  // end completes the run's record, or deletes it when nothing was written. It gives what
  // the report says of it.
  * end(outcome, counts) {
    if (!this.inserted) return undefined;
    const mine = {_id: this.id, token: this.token};
    if (!this.run.wrote) {
      yield* this.deleteOf('journal', {run: this.id});
      yield* this.deleteOf('runs', mine);
      return undefined;
    }
    const $set = {outcome, counts};
    if (!this.unsure) Object.assign($set, {records: long(this.seal.records), journal: drive(binaryValue(this.seal.end()))});
    yield* this.write({update: 'runs', updates: [{q: mine, u: {$set, $currentDate: {ended: true}}}]}, false);
    return this.unsure ? undefined : {id: this.id, journal: this.seal.endText()};
  }

  // interrupted marks the run that held a lease before and never released it.
  * interrupted(lease) {
    const run = lease === undefined ? '' : textOf(lease, 'run');
    if (run === '') return; // there was no lease
    yield* this.write({update: 'runs', updates: [{
      q: {_id: run, token: textOf(lease, 'token'), outcome: OUTCOME_RUNNING}, u: {$set: {outcome: OUTCOME_INTERRUPTED}, $currentDate: {ended: true}},
    }]}, false);
  }

  // trim deletes the oldest runs of weave and environment beyond those to keep,
  // with their journals.
  * trim() {
    const keep = this.run.state.collections.reduce((n, c) => Math.max(n, c.backupKeep), 0) || DEFAULT_KEEP;
    const found = yield* this.find('runs', this.ofThis(), {sort: {n: -1}, skip: long(keep), singleBatch: true, projection: {_id: 1}});
    if (found.length === 0) return;
    // One that is no record of these runs is none that this run may delete.
    const $in = found.map(recordID).filter(id => id.startsWith(this.runsOf()) && !id.slice(this.runsOf().length).includes('/')).reverse();
    if ($in.length === 0) return;
    yield* this.deleteOf('journal', {run: {$in}});
    yield* this.deleteOf('runs', {_id: {$in}});
  }
}
