// What may arrive late: what this run sent and does not know to be done under its
// lease, and the time that a run waits before it observes. The rules are
// docs/state.md, Late writes.

class Late extends Control {
  // sending remembers a write that is about to be sent: {what, batch: its writes, at,
  // unsure: an attempt of it had no answer, and may be carried out at any time}.
  sending(what) {
    this.sent.push({what, batch: what.writes, at: host.now(), unsure: false});
  }

  // unanswered says of the last write that an attempt of it had no answer; of a batch,
  // ops are those of its command.
  unanswered(ops) {
    const last = this.sent[this.sent.length - 1];
    if (last === undefined) return;
    last.unsure = true;
    if (ops !== undefined && last.batch !== undefined) last.what = {...last.what, writes: last.batch.filter(w => ops.includes(w.op))};
  }

  // answered carries a write out, and reads the lease when the server has done it,
  // so that it was done while no other run could begin.
  * answered(send) {
    const certain = () => {
      const last = this.sent[this.sent.length - 1];
      if (last !== undefined && !last.unsure) this.sent.pop();
    };
    let result;
    try {
      result = yield* send;
    } catch (e) {
      if (e instanceof Failure && !e.wrote) certain();
      throw e;
    }
    yield* this.stillHeld();
    certain();
    return result;
  }

  // arrived says of a batch without an answer that an observation has found all of it done but
  // those that are left.
  * arrived(batch, left) {
    yield* this.stillHeld();
    const last = this.sent[this.sent.length - 1];
    if (last === undefined || last.batch !== batch) return; // the server refused it
    last.what = {...last.what, writes: last.what.writes.filter(w => left.includes(w))};
    if (last.what.writes.length === 0) this.sent.pop();
  }

  // stillHeld reads whether the leases are still this run's.
  * stillHeld() {
    if (this.leases.length === 0) return;
    const filter = {_id: {$in: this.leases.map(l => l.id)}, token: this.token};
    const held = (yield* this.find('control', filter, {projection: {_id: 1}, batchSize: this.leases.length + 1})).map(recordID);
    for (const l of this.leases) if (!held.includes(l.id)) this.leaseLost(l.database);
  }

  // leaseLost reports a lease that another run has, and what may have been carried
  // out since.
  leaseLost(database) {
    const late = this.late(-Infinity);
    this.conflict(late.length > 0 ? LEASE_LOST_LATE : LEASE_LOST, {database: clean(database), late: late.join('; ')}, {database});
    throw new Conflicted();
  }

  // late says what was sent since, and is not known to be done under the lease.
  late(since) {
    return this.sent.filter(s => s.at > since).map(s => this.run.redact(stepText(s.what)));
  }

  // mayArrive says what has no answer and may still arrive within the time that the
  // next run waits for it.
  mayArrive() {
    return this.late(host.now() - SETTLE_SECONDS * 1000);
  }

  // waitOut waits until what the runs before have sent has arrived, and keeps the leases meanwhile.
  /** @this {Leases} */
  * waitOut() {
    for (const l of this.leases) {
      for (;;) {
        const left = l.settled - host.now();
        if (left <= 0) break;
        if (host.stopping()) throw new Failure(INTERRUPTED, false);
        yield* pause(Math.min(left, SETTLE_STEP));
        yield* this.renew(false);
      }
    }
  }

  // unsettled reports whether the lease has to stay for the next run to wait for
  // what may arrive: of this run, or of the one before it.
  unsettled(l) {
    return this.mayArrive().length > 0 || l.settled > host.now();
  }

  // noteLate says what may arrive after the end of this run, as far as no conflict does.
  noteLate() {
    const late = this.mayArrive(), {report} = this.run;
    if (late.length === 0 || report.conflicts.some(c => c.code === LEASE_LOST.code)) return;
    report.notes.push(fill(NOTE_MAY_ARRIVE, {late: late.join('; '), seconds: SETTLE_SECONDS}));
  }
}

// settling is how long a lease that another run left is waited for, by the server's
// clock when it was read: what was sent under it has arrived by then, or is taken to
// be lost.
function settling(before, now) {
  if (before === undefined || textOf(before, 'run') === '') return 0; // no run has held it
  return Math.max(0, Math.min(now, leaseEnds(before)) + SETTLE_SECONDS * 1000 - now);
}
