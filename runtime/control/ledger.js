// The ledger: what was wanted of each document, as digests (docs/state.md, ledger).
// In: entries; out: records' data and back. An entry is {key, leaves, many}: latin1
// texts, so that they compare as bytes do; leaves are sorted.

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
