// The ledger: what was wanted of each document, as digests (docs/state.md, ledger).
// In: a collection's desired documents; out: records' data and back, and whose
// doing a difference is. An entry is {key, leaves, many}: latin1 texts, so that
// they compare as bytes do; leaves are sorted.

function digestText(b, n) {
  return latin1(host.sha256(b), 0, n);
}

// ledgerKey is the key of a document with an identity.
function ledgerKey(identity) {
  return digestText(bytes(identity), KEY_SIZE);
}

// ledgerLeaf is one path and its value.
function ledgerLeaf(path, v) {
  const d = build([{name: '', v}]);
  return ledgerPath(path) + digestText(bytes(d), 8);
}

function ledgerPath(path) {
  return digestText(host.encode(path), 8);
}

function byText(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// ledgerEntries are those of all desired documents of a collection but the absent ones, sorted by key.
function ledgerEntries(c, absent) {
  const without = new Set(absent), entries = [], paths = new Map();
  c.documents.forEach((d, i) => {
    if (without.has(i)) return;
    const leaves = [];
    if (c.policy.mode !== 'insert') ownedLeaves(c.policy, [], d.d, leaves, paths);
    const many = leaves.length > MAX_LEAVES;
    entries.push({key: ledgerKey(identityDocument(c.identity, d.d)), leaves: many ? [] : leaves.sort(byText), many});
  });
  return entries.sort((a, b) => byText(a.key, b.key));
}

// ownedLeaves adds the leaves of a document that the weave owns: documents are
// entered, arrays not, an empty document is a leaf. paths are digests that are known.
function ownedLeaves(policy, at, d, leaves, paths) {
  for (const f of fields(d)) {
    const p = at.concat([f.name]);
    if (at.length === 0 && f.name === '_id' || covered(policy.preserve, p) || covered(policy.ignore, p)) continue;
    if (f.v.t === DOCUMENT && !isEmpty(f.v)) {
      ownedLeaves(policy, p, f.v, leaves, paths);
      continue;
    }
    const path = pathText(p);
    if (!paths.has(path)) paths.set(path, ledgerPath(path));
    leaves.push(paths.get(path) + digestText(bytes(build([{name: '', v: f.v}])), 8));
  }
}

function ledgerSize(entries) {
  return entries.reduce((n, e) => n + KEY_SIZE + 4 + e.leaves.length * LEAF_SIZE, 0);
}

// ledgerBuckets is how many buckets the entries are in.
function ledgerBuckets(entries) {
  const size = ledgerSize(entries);
  if (entries.length <= LEDGER_FEWEST && size <= LEDGER_BUCKET_SIZE) return 1;
  return size <= 64 * LEDGER_BUCKET_SIZE ? 64 : 4096;
}

// ledgerBucket is the bucket of a key.
function ledgerBucket(key, buckets) {
  return (key.charCodeAt(0) << 8 | key.charCodeAt(1)) % buckets;
}

// ledgerID is the `_id` of a bucket's record.
function ledgerID(namespace, bucket, buckets) {
  return namespace + '/' + bucket + '/' + buckets;
}

// encodeLedger gives the data of each bucket that has entries, which are sorted, in order of bucket.
function encodeLedger(entries, buckets) {
  const mine = new Map();
  for (const e of entries) {
    const n = ledgerBucket(e.key, buckets);
    if (!mine.has(n)) mine.set(n, []);
    mine.get(n).push(e);
  }
  return [...mine].sort(([a], [b]) => a - b).map(([bucket, list]) => {
    const out = new Uint8Array(ledgerSize(list));
    let n = 0;
    const put = text => {
      for (let i = 0; i < text.length; i++) out[n++] = text.charCodeAt(i);
    };
    for (const e of list) {
      put(e.key);
      const count = e.many ? MANY_LEAVES : e.leaves.length;
      for (let shift = 0; shift < 32; shift += 8) out[n++] = count >>> shift & 255;
      for (const leaf of e.leaves) put(leaf);
    }
    return {bucket, data: out};
  });
}

// decodeLedger reads the data of a bucket; undefined when it is no such data.
function decodeLedger(b) {
  const entries = [];
  for (let i = 0; i < b.length;) {
    if (b.length - i < KEY_SIZE + 4) return undefined;
    const key = latin1(b, i, i + KEY_SIZE), n = uint32(b, i + KEY_SIZE), many = n === MANY_LEAVES, leaves = [];
    i += KEY_SIZE + 4;
    if (!many) {
      if (b.length - i < n * LEAF_SIZE) return undefined;
      for (let k = 0; k < n; k++, i += LEAF_SIZE) leaves.push(latin1(b, i, i + LEAF_SIZE));
    }
    entries.push({key, leaves, many});
  }
  return entries;
}

// differing are the keys of the documents that a look would write, in the order
// of its report's inserts, updates and deletes.
/** @param {Look} l */
function differing(l) {
  const {c} = l;
  return l.writes.map(w => ledgerKey(identityDocument(c.identity, c.documents[w.wanted].d)))
    .concat(l.deletes.map(w => ledgerKey(identityDocument(c.identity, w.before))));
}

// putCauses puts the causes into the look's report; known are the entries of
// those of the keys that the ledger has. What undo took back is no longer in it: of
// a document that it has not when its run was undone, nobody can tell.
/** @param {Look} l @param {Run} run */
function putCauses(l, run, undone, keys, known) {
  const items = l.report.documents, {writes, deletes} = l;
  const put = (x, rules) => {
    x.cause = rules ? BY_RULES : BY_DESTINATION;
    if (!rules) x.since = run;
  };
  writes.forEach((w, i) => {
    const entry = known.get(keys[i]);
    if (undone && entry === undefined) return;
    if (w.before === undefined) {
      put(items[i], entry === undefined);
      return;
    }
    for (const leaf of w.leaves) {
      const rules = causeOf(l.c.policy, entry || {leaves: [], many: false}, leaf), path = pathText(leaf.path);
      if (rules === undefined) continue;
      for (const change of items[i].changes) if (change.unknown === undefined && change.leaf === path) put(change, rules);
    }
  });
  deletes.forEach((_, i) => {
    const there = known.has(keys[writes.length + i]);
    if (there || !undone) put(items[items.length - deletes.length + i], there);
  });
}

// causeOf reports whether the destination's side of a changed leaf is the one in
// the ledger, so that the rules changed; undefined when it cannot be told.
function causeOf(policy, e, l) {
  const path = pathText(l.path);
  if (e.many || covered(policy.ignore, l.path)) return undefined;
  if (l.before === undefined) {
    const p = ledgerPath(path);
    return !e.leaves.some(leaf => leaf.startsWith(p));
  }
  if (l.before.t !== DOCUMENT || isEmpty(l.before)) return e.leaves.includes(ledgerLeaf(path, l.before));
  // A document that gives way to something else, or whose fields change places.
  const leaves = [];
  ownedLeaves(policy, l.path, l.before, leaves, new Map());
  const rules = leaves.every(leaf => e.leaves.includes(leaf));
  return rules && l.after !== undefined && l.after.t === DOCUMENT ? undefined : rules;
}
