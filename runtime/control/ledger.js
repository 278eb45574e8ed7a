// The ledger: what was wanted of each document, as digests (docs/state.md, ledger).
// In: entries; out: records' data and back. An entry is {key, leaves, many}: latin1
// texts, so that they compare as bytes do; leaves are sorted.

function digestText(b, n) {
  return host.digest(b).slice(0, n);
}

// ledgerKey is the key of a document with an identity.
function ledgerKey(identity) {
  return digestText(bytes(identity), KEY_SIZE);
}

// ledgerLeaf is one path and its value.
function ledgerLeaf(path, v) {
  return ledgerPath(path) + valueDigest(v);
}

const digesting = new Writer(1024);

// valueDigest is that of a value, in a document.
function valueDigest(v) {
  const w = digesting;
  w.n = 0;
  const at = w.open();
  w.field('', v);
  w.close(at);
  return digestText(w.b.subarray(0, w.n), 8);
}

function ledgerPath(path) {
  return digestText(host.encode(path), 8);
}

function byText(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ledgerSize(leaves) {
  return KEY_SIZE + 4 + leaves * LEAF_SIZE;
}

// ledgerPlaces are the places of all entries in the order of buckets and keys, and how many
// buckets there are: {places: {bucket, at, size, key}, buckets}; at is the position among all
// entries, size how many bytes it has. entries are {count, about, entry}: about gives the key
// of an entry and how many leaves it has, entry the whole of it.
function ledgerPlaces({count, about}) {
  const places = [];
  let size = 0;
  for (let at = 0; at < count; at++) {
    const {key, leaves} = about(at), p = {bucket: 0, at, size: ledgerSize(leaves > MAX_LEAVES ? 0 : leaves), key};
    places.push(p);
    size += p.size;
  }
  const buckets = ledgerBuckets(count, size);
  for (const p of places) p.bucket = ledgerBucket(p.key, buckets);
  return {places: places.sort((a, b) => a.bucket - b.bucket || byText(a.key, b.key)), buckets};
}

// ledgerBuckets is how many buckets entries of so many bytes are in.
function ledgerBuckets(entries, size) {
  if (entries <= LEDGER_FEWEST && size <= LEDGER_BUCKET_SIZE) return 1;
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

// encodeLedger is the data of a bucket with these entries, which are sorted.
function encodeLedger(entries) {
  const out = new Uint8Array(entries.reduce((n, e) => n + ledgerSize(e.leaves.length), 0));
  let n = 0;
  const put = text => {
    for (let i = 0; i < text.length; i++) out[n++] = text.charCodeAt(i);
  };
  for (const e of entries) {
    put(e.key);
    const count = e.many ? MANY_LEAVES : e.leaves.length;
    for (let shift = 0; shift < 32; shift += 8) out[n++] = count >>> shift & 255;
    for (const leaf of e.leaves) put(leaf);
  }
  return out;
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
