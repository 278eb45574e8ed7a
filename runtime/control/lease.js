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

class Leases extends Late {
  // take takes the leases of all databases, in order of name.
  * take() {
    const until = host.now() + this.run.settings.wait;
    for (const database of this.about.databases) {
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
        {database: clean(database), record: clean(this.about.leaseID(database)), state: clean(this.database)}, {database});
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
    const id = this.about.leaseID(database);
    let sent = 0, settled = 0, tried; // what the last attempt was to take over
    for (let attempt = 0; attempt < LEASE_ATTEMPTS; attempt++) {
      if (attempt > 1) yield* pause(ATTEMPT_BETWEEN);
      const [before] = yield* this.find('control', {_id: id}, {batchSize: 2});
      if (before !== undefined) checkRecord('lease', before);
      if (before !== undefined && textOf(before, 'token') === this.token) { // the answer to the last attempt was lost
        this.leases.push({database, id, renewed: sent, settled});
        yield* interrupted(this, tried);
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
        yield* interrupted(this, before);
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
    return name === '' || name.includes('/') ? name : this.about.runs() + name;
  }

  // rename renews all leases, with another name of the run.
  * rename(run) {
    this.id = run;
    yield* this.renew(true);
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
}
