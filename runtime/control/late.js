// What may arrive late. In: the writes of this run as they are sent, and the lease that
// another run left; out: what was sent and is not known to be done under the lease, in
// words, and the time that a run waits before it observes. The rules are docs/state.md,
// Late writes. Pure.

// Late are the writes that a run has sent and that are not known to be done under its
// leases. A write of documents has them as writes.
class Late {
  // words say what a write is.
  constructor(words) {
    this.words = words;
    this.open = []; // {what, batch: its writes, at, unsure: an attempt of it had no answer, and may be carried out at any time}
  }

  // sending remembers a write that is about to be sent.
  sending(what) {
    this.open.push({what, batch: what.writes, at: host.now(), unsure: false});
  }

  // unanswered says of the last write that an attempt of it had no answer; of a batch,
  // ops are those of its command.
  unanswered(ops) {
    const last = this.open[this.open.length - 1];
    if (last === undefined) return;
    last.unsure = true;
    if (ops !== undefined && last.batch !== undefined) last.what = {...last.what, writes: last.batch.filter(w => ops.includes(w.op))};
  }

  // answered: the server carried the last write out under the lease, or refused it.
  answered() {
    const last = this.open[this.open.length - 1];
    if (last !== undefined && !last.unsure) this.open.pop();
  }

  // arrived: of the last write, if that is the batch, no more is left than those.
  arrived(batch, left) {
    const last = this.open[this.open.length - 1];
    if (last === undefined || last.batch !== batch) return; // the server refused it
    last.what = {...last.what, writes: last.what.writes.filter(w => left.includes(w))};
    if (last.what.writes.length === 0) this.open.pop();
  }

  // since says what was sent after a time and is not known to be done under the lease.
  since(at) {
    return this.open.filter(s => s.at > at).map(s => this.words(s.what));
  }

  // mayArrive says what has no answer and may still arrive within the time that the
  // next run waits for it.
  mayArrive() {
    return this.since(host.now() - SETTLE_SECONDS * 1000);
  }

  // note says what may arrive after the end of the run; '': nothing.
  note() {
    const late = this.mayArrive();
    return late.length === 0 ? '' : fill(NOTE_MAY_ARRIVE, {late: late.join('; '), seconds: SETTLE_SECONDS});
  }
}

// settling is how long a lease that another run left is waited for, by the server's
// clock when it was read: what was sent under it has arrived by then, or is taken to
// be lost.
function settling(before, now) {
  if (before === undefined || textOf(before, 'run') === '') return 0; // no run has held it
  return Math.max(0, Math.min(now, leaseEnds(before)) + SETTLE_SECONDS * 1000 - now);
}
