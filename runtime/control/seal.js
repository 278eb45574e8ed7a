// The seal of a run: a chain of digests from the run's record through its journal
// to the end. The rules are docs/state.md, Seal.

class Seal {
  // key is a text; '': none.
  constructor(key) {
    this.key = key === '' ? undefined : host.encode(key);
    this.chain = new Uint8Array(0);
    this.records = 0;
  }

  name() {
    return this.key === undefined ? SEAL_PLAIN : SEAL_KEYED;
  }

  sum(what, ...parts) {
    const all = joined([host.encode(what + '\0'), ...parts]);
    return this.key === undefined ? host.sha256(all) : hmac(this.key, all);
  }

  // begin starts the chain with what the record of a run says from its beginning on.
  begin(id, artefact, databases, collections) {
    const d = doc('run', stringValue(id), 'artefact', stringValue(artefact), 'databases', pathValue(databases), 'collections', pathValue(collections));
    [this.chain, this.records] = [this.sum('mongocd run', bytes(d)), 0];
    return this.chain;
  }

  // next is the chain after one more record of the journal, which has none yet.
  next(record) {
    this.chain = this.sum('mongocd journal', this.chain, bytes(record));
    this.records++;
    return this.chain;
  }

  // link gives records of the journal their chain.
  link(records) {
    return records.map(r => joinedFields(r, [{name: 'chain', v: binaryValue(this.next(r))}]));
  }

  // end is what the whole journal comes to.
  end() {
    const n = new Uint8Array(8);
    for (let i = 0, rest = this.records; i < 8; i++, rest = Math.floor(rest / 256)) n[i] = rest % 256;
    return this.sum('mongocd end', this.chain, n);
  }

  endText() {
    const sum = this.end();
    return 'sha256:' + hex(sum, 0, sum.length);
  }

  // check holds the next record of a journal against the chain.
  check(r) {
    const v = field(r, 'chain');
    if (v === undefined) throw damaged('journal', r, 'it has no chain, and its run has one');
    const want = this.next(withoutFields(r, 'chain')), found = binaryOf(v);
    if (!sameBytes(want, 0, want.length, found, 0, found.length)) {
      throw damaged('journal', r, "its chain does not follow from the run's record and the records before it");
    }
  }
}

function joined(parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let n = 0;
  for (const p of parts) {
    out.set(p, n);
    n += p.length;
  }
  return out;
}

// hmac is HMAC-SHA-256 (RFC 2104).
function hmac(key, data) {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? host.sha256(key) : key);
  const padded = c => block.map(x => x ^ c);
  return host.sha256(joined([padded(0x5c), host.sha256(joined([padded(0x36), data]))]));
}

// checkSeal begins the chain of a run that is to be undone, as its record says it;
// undefined for a run of an earlier version.
/** @param {Database} db */
function checkSeal(db, run, key) {
  const values = {run: clean(run.id), database: clean(db.name)};
  const refuse = t => {
    throw new Refused([conflictOfRun(t, values)]);
  };
  if (run.seal === 'hmac-sha256' && key === '') refuse(JOURNAL_KEY_MISSING);
  if (run.seal !== 'hmac-sha256' && key !== '') refuse(JOURNAL_KEY_OTHER);
  if (run.seal === '') return undefined;
  const seal = new Seal(key), chain = seal.begin(run.id, run.artefact, run.databases, run.collections);
  if (!sameBytes(chain, 0, chain.length, run.chain, 0, run.chain.length)) {
    if (key !== '') refuse(JOURNAL_KEY_OTHER);
    throw new Damaged('runs', run.id, 'its chain does not follow from what it says', RECORD_WAYS.run);
  }
  return seal;
}

// checkEnd holds a journal that was read to its end against the run's record, which
// has no digest while the run is not over, and against the one that was asked for.
/** @param {Database} db */
function checkEnd(db, run, seal, asked) {
  const values = {run: clean(run.id), database: clean(db.name)};
  const refuse = (t, more) => {
    throw new Refused([conflictOfRun(t, {...values, ...more})]);
  };
  if (seal === undefined) {
    if (asked !== '') refuse(JOURNAL_UNSEALED);
    return;
  }
  if (run.journal !== undefined) {
    const end = seal.end();
    if (run.records !== seal.records || !sameBytes(end, 0, end.length, run.journal, 0, run.journal.length)) {
      throw new Damaged('runs', run.id, 'its journal has ' + seal.records + ' records, and these are not the ' + run.records + ' that the run wrote', RECORD_WAYS.journal);
    }
  }
  if (asked !== '' && asked !== seal.endText()) refuse(JOURNAL_OTHER, {found: seal.endText(), asked: clean(asked)});
}
