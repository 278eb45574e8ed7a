// A journal that is too large to be held. In: the record of a run; out: the records of its
// journal, first in order, until all of them are proven to be the run's, then from the
// end, a few at a time, each still the one that was proven. What is held between is a
// digest and a size of each. The rules are docs/state.md, Seal. Generators.

// proveJournal reads a run's journal in order and gives keep its records, with whole items: they
// count when there is no error, as all of them are the run's then, as its seal says. begin
// is called before each attempt to read them, and drops what keep was given. key is that
// of the journal, asked the digest that it must have; '': none, any. A journal that
// is another one than that of shown, when there is one, is a conflict.
/** @param {Database} db */
function * proveJournal(db, run, key, asked, shown, begin, keep) {
  /** @type {Proving} */
  let p;
  const start = () => {
    p = new Proving(db, run, shown, keep);
    p.attempt(() => { p.proof.seal = checkSeal(db, run, key); });
    begin();
  };
  // `0` is the character after `/`.
  yield* db.store.findEach(db.name, 'journal', idsBetween(run.id + '/', run.id + '0'), false, undefined, start, d => { p.found(d); });
  p.end(run, asked);
  return p.proof;
}

// idsBetween matches what has an `_id` from one text to before another.
function idsBetween(from, before) {
  return doc('_id', doc('$gte', stringValue(from), '$lt', stringValue(before)));
}

// Proving is a journal that is being read.
class Proving {
  constructor(db, run, shown, keep) {
    this.proof = new Proof(db, run.id);
    this.shown = shown;
    this.keep = keep;
    this.items = new JournalItems(run.id, 0);
    this.early = new Map(); // found before its turn, by `_id`
    this.failed = undefined; // the first error
  }

  // attempt keeps the first error: what is read is read to its end.
  attempt(what) {
    if (this.failed !== undefined) return;
    try {
      what();
    } catch (e) {
      this.failed = e;
    }
  }

  // found takes a record in its turn. They come in the order of the index on `_id`, and one
  // that does not waits for its turn.
  found(raw) {
    const next = () => journalID(this.proof.run, this.proof.stored.length + 1);
    this.attempt(() => {
      const id = recordID(raw);
      if (id !== next() && !this.early.has(id)) {
        this.early.set(id, document(bytes(raw).slice()));
        return;
      }
      this.take(raw);
      for (let early; (early = this.early.get(next())) !== undefined;) {
        this.early.delete(next());
        this.take(early);
      }
    });
  }

  // take proves the record that is next.
  take(raw) {
    const {proof, shown, items} = this, n = proof.stored.length, stored = storedRecord(raw);
    proof.stored.push(stored);
    if (shown !== undefined && !sameStored(stored, shown.stored[n])) throw proof.changed();
    const plain = decrypted(proof.seal, raw), from = n - items.parts, r = items.next(plain);
    if (proof.seal !== undefined) proof.seal.check(raw);
    else if (field(raw, 'chain') !== undefined) throw damaged('journal', raw, 'it has a chain, and its run has none');
    if (r === undefined) return;
    proof.starts.push(from);
    this.keep(r);
  }

  // end holds what was read against the run's record.
  end(run, asked) {
    const {proof, shown} = this;
    for (const id of [...this.early.keys()].sort()) this.attempt(() => this.take(this.early.get(id))); // their turn never came
    if (this.failed !== undefined) throw this.failed;
    if (shown !== undefined && shown.stored.length !== proof.stored.length) throw proof.changed();
    this.items.end(run.journal !== undefined || proof.seal === undefined && run.outcome === 'applied');
    checkEnd(proof.db, run, proof.seal, asked);
  }
}

// storedRecord is what is known of a record as it is in the state database.
function storedRecord(raw) {
  return {sum: digestText(bytes(raw), 32), size: raw.e - raw.s};
}

function sameStored(a, b) {
  return b !== undefined && a.sum === b.sum && a.size === b.size;
}

// Proof is a journal that was read to its end, and all of it is the run's.
class Proof {
  /** @param {Database} db */
  constructor(db, run) {
    this.db = db;
    this.run = run;
    /** @type {Seal | undefined} */
    this.seal = undefined;
    this.stored = [];
    this.starts = []; // of the records with whole items: how many are stored before each
  }

  // changed is the conflict of a journal that is no longer the one that was shown.
  changed() {
    return new Refused([conflictOfRun(JOURNAL_CHANGED, {run: clean(this.run), database: clean(this.db.name)})]);
  }

  // backward reads the records with whole items once more, from the last one, and gives them
  // to do, a generator function, with their positions. One that is no longer as it was proven is a conflict.
  * backward(go) {
    for (let to = this.starts.length; to > 0;) {
      let from = to, size = 0;
      while (from > 0) {
        const more = this.sizeOf(from - 1);
        if (from < to && size + more > JOURNAL_READ) break;
        from--;
        size += more;
      }
      const records = yield* this.read(from, to);
      for (; to > from; to--) yield* go(to - 1, records.pop());
    }
  }

  // before is how many records are stored before the one at a position, or at all.
  before(n) {
    return n < this.starts.length ? this.starts[n] : this.stored.length;
  }

  sizeOf(n) {
    return this.stored.slice(this.before(n), this.before(n + 1)).reduce((sum, s) => sum + s.size, 0);
  }

  // read reads the records at the positions from one to before another once more.
  * read(from, to) {
    const first = this.before(from), end = this.before(to), at = new Map(), raw = [];
    for (let n = first; n < end; n++) at.set(journalID(this.run, n + 1), n - first);
    for (const r of yield* this.db.store.find(this.db.name, 'journal', idsBetween(journalID(this.run, first + 1), journalID(this.run, end + 1)), false)) {
      const n = at.get(recordID(r));
      if (n !== undefined) raw[n] = r;
    }
    for (let n = 0; n < end - first; n++) {
      if (raw[n] === undefined || !sameStored(storedRecord(raw[n]), this.stored[first + n])) throw this.changed();
      raw[n] = decrypted(this.seal, raw[n]);
    }
    return readJournal(this.run, first, true, raw);
  }
}
