// Leases: one run at a time writes to a database for a weave. In: what a run is about;
// out: leases that are taken, renewed while the run writes, and released. The rules are
// docs/state.md, Lease. Generators.

// leaseEnd is when a lease ends that is taken or renewed now.
function leaseEnd(now) {
  return new Date(now + LEASE_SECONDS * 1000);
}

// leaseEnds is when a lease ends, in milliseconds.
function leaseEnds(lease) {
  const expires = field(lease, 'expires');
  return Number(int64(expires.b, expires.s));
}

// Leases are those of one run, one a database. Every write of a run but those of what it
// remembers passes send.
class Leases {
  // words say what a write is.
  /** @param {Database} db @param {Subject} about */
  constructor(db, about, words) {
    this.run = ''; // names the run in them
    this.token = host.token(); // tells it from all others
    this.late = new Late(words);
    this.db = db;
    this.about = about;
    this.held = []; // {database, id, renewed, settled: when what the run before it sent has arrived}
  }

  // take takes the leases of all databases, in order of name. It waits for those that
  // another run holds at most as long as wait, and takes those of the run forced (N or
  // WEAVE/ENVIRONMENT/N; '': none) away; then until what runs before have sent has arrived.
  * take(wait, forced) {
    const until = host.now() + wait, unlocked = forced === '' || forced.includes('/') ? forced : this.about.runs() + forced;
    for (const database of this.about.databases) {
      for (;;) {
        if (host.stopping()) throw new Failure(INTERRUPTED, false);
        const held = yield* this.takeOne(database, unlocked);
        if (held === undefined) break;
        if (host.now() >= until) throw this.heldBy(database, held);
        yield* pause(WAIT_BETWEEN);
      }
    }
    yield* this.waitOut();
  }

  // heldBy says who holds a lease. A record that does not say it is none that a run has
  // written.
  heldBy(database, {lease, now}) {
    const run = textOf(lease, 'run');
    if (!run.includes('/')) {
      return new Refused([conflictOfRun(LEASE_UNNAMED,
        {database: clean(database), record: clean(this.about.leaseID(database)), state: clean(this.db.name)}, {database})]);
    }
    const seconds = Math.max(0, Math.floor((leaseEnds(lease) - now + 999) / 1000));
    return new Refused([conflictOfRun(LEASE_HELD, {run: clean(run), database: clean(database), seconds}, {database})]);
  }

  // takeOne tries to take a lease; it gives who holds it, or nothing when it was
  // taken. It is decided by what was read, and the lease is taken only as long as
  // it is still that: else it is read once more.
  * takeOne(database, forced) {
    const id = this.about.leaseID(database);
    let sent = 0, settled = 0, tried; // what the last attempt was to take over
    for (let attempt = 0; attempt < LEASE_ATTEMPTS; attempt++) {
      if (attempt > 1) yield* pause(ATTEMPT_BETWEEN);
      const [before] = yield* this.db.find('control', {_id: id}, {batchSize: 2});
      if (before !== undefined) checkRecord('lease', before);
      if (before !== undefined && textOf(before, 'token') === this.token) { // the answer to the last attempt was lost
        this.held.push({database, id, renewed: sent, settled});
        yield* interrupted(this.db, tried);
        return undefined;
      }
      sent = host.now();
      const now = yield* this.db.serverTime();
      if (before !== undefined && !free(before, now, forced)) return {lease: before, now};
      tried = before;
      settled = sent + settling(before, now);
      let taken;
      try {
        taken = yield* this.takeOver(id, before, now);
      } catch (e) {
        this.held.push({database, id, renewed: sent, settled}); // it may be taken: to be given back
        throw e;
      }
      if (taken) {
        this.held.push({database, id, renewed: sent, settled});
        yield* interrupted(this.db, before);
        return undefined;
      }
    }
    throw new Failure('the record ' + clean(id) + ' of ' + clean(this.db.name) + '.control was another one each time when it was to be taken', false);
  }

  // takeOver writes a lease in place of the one that was read, undefined for none;
  // false when it is another one by now.
  * takeOver(id, before, now) {
    const mine = {format: STATE_FORMAT, run: this.run, token: this.token, taken: new Date(now), expires: leaseEnd(now)};
    if (before === undefined) {
      const {duplicate} = yield* this.db.write({insert: 'control', documents: [{_id: id, ...mine}]}, false);
      return !duplicate;
    }
    const token = field(before, 'token') === undefined ? {$exists: false} : textOf(before, 'token');
    return yield* this.db.update('control', {_id: id, token, expires: new Date(leaseEnds(before))}, {$set: mine});
  }

  // waitOut waits until what the runs before have sent has arrived, and keeps the leases meanwhile.
  * waitOut() {
    for (const l of this.held) {
      for (;;) {
        const left = l.settled - host.now();
        if (left <= 0) break;
        if (host.stopping()) throw new Failure(INTERRUPTED, false);
        yield* pause(Math.min(left, SETTLE_STEP));
        yield* this.renew(false);
      }
    }
  }

  // rename renews all leases, with another name of the run.
  * rename(run) {
    this.run = run;
    yield* this.renew(true);
  }

  // renew renews the leases whose last renewal is old enough, or all of them. A
  // lease that another run has taken ends this one.
  * renew(all) {
    for (const l of this.held) {
      const sent = host.now();
      if (!all && sent - l.renewed < RENEW_AFTER) continue;
      const now = yield* this.db.serverTime();
      // Not as it was read: the answer to the first attempt may have been lost.
      if (!(yield* this.db.update('control', {_id: l.id, token: this.token}, {$set: {run: this.run, expires: leaseEnd(now)}}))) {
        throw this.lost(l.database);
      }
      l.renewed = sent;
    }
  }

  // lost says that another run has a lease, and what may have been carried out since.
  lost(database) {
    const late = this.late.since(-Infinity);
    return new Refused([conflictOfRun(late.length > 0 ? LEASE_LOST_LATE : LEASE_LOST, {database: clean(database), late: late.join('; ')}, {database})]);
  }

  // send sends one write under the leases: every write of a run but those of what it
  // remembers passes here. journal, a generator, writes first what undo needs of it. Once
  // begun, it is not interrupted. When the server carried it out, the leases are read, so
  // that it was carried out while no other run could begin.
  * send(what, journal, send) {
    if (host.stopping()) throw new Failure(INTERRUPTED, false);
    yield* this.renew(false);
    yield* journal;
    yield* this.renew(false); // the journal may have taken its time
    this.late.sending(what);
    let result;
    try {
      result = yield* send;
    } catch (e) {
      if (e instanceof Failure && !e.wrote) this.late.answered();
      throw e;
    }
    yield* this.stillHeld();
    this.late.answered();
    return result;
  }

  // arrived says of a batch without an answer that an observation has found all of it done but
  // those that are left.
  * arrived(batch, left) {
    yield* this.stillHeld();
    this.late.arrived(batch, left);
  }

  // stillHeld reads whether the leases are still this run's.
  * stillHeld() {
    if (this.held.length === 0) return;
    const filter = {_id: {$in: this.held.map(l => l.id)}, token: this.token};
    const held = (yield* this.db.find('control', filter, {projection: {_id: 1}, batchSize: this.held.length + 1})).map(recordID);
    for (const l of this.held) if (!held.includes(l.id)) throw this.lost(l.database);
  }

  // release releases all leases, even when one fails. One that the next run is to
  // wait for stays, and has ended.
  * release() {
    let failed;
    try {
      yield* this.confirm();
    } catch (e) {
      if (!(e instanceof Failure)) throw e;
      failed = e;
    }
    for (const l of this.held) {
      try {
        yield* this.releaseOne(l);
      } catch (e) {
        if (!(e instanceof Failure)) throw e;
        failed = failed || e;
      }
    }
    this.held = [];
    if (failed !== undefined) throw failed;
  }

  // confirm renews a lease and waits for as many members as the connection string asks for:
  // they have all that was written before it, as members write in one order.
  * confirm() {
    const {last: w} = this.db.store.concerns;
    if (w === undefined || this.held.length === 0) return;
    const mine = {_id: this.held[0].id, token: this.token}, expires = leaseEnd(yield* this.db.serverTime());
    try {
      yield* this.db.command({update: 'control', updates: [{q: mine, u: {$set: {expires}}}], writeConcern: {w}}, false);
    } catch (e) {
      if (e instanceof Failure) e.message = 'w=' + w + ' of the connection string: ' + e.message;
      throw e;
    }
  }

  * releaseOne(l) {
    const mine = {_id: l.id, token: this.token}, unsettled = this.late.mayArrive().length > 0 || l.settled > host.now(); // of this run, or of the one before it
    // Another run may take it from the next millisecond on.
    if (unsettled) yield* this.db.update('control', mine, {$set: {expires: new Date((yield* this.db.serverTime()) - 1)}});
    else yield* this.db.write({delete: 'control', deletes: [{q: mine, limit: 1}]}, false);
  }
}

// readLeaseOf says who has the lease DATABASE/WEAVE, by the server's clock.
function readLeaseOf(name, d, now) {
  return {database: name.split('/')[0], run: textOf(d, 'run'), taken: dateOf(d, 'taken'), expires: dateOf(d, 'expires'), ended: leaseEnds(d) < now};
}

// otherRuns are notes on runs that write to the destination now, or were broken off.
/** @param {Found} found */
function otherRuns({leases}) {
  return leases.filter(l => l.run !== '').map(l => fill(NOTE_OTHER, {run: clean(l.run), database: clean(l.database)}));
}

// free reports whether a lease may be taken over: it has ended by the server's clock, or
// its run is the one that was named to lose it.
function free(lease, now, forced) {
  const run = textOf(lease, 'run');
  return leaseEnds(lease) < now || run !== '' && run === forced;
}
