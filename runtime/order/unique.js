// Unique indexes. In: an index, planned writes, and destination documents; out: the
// entries of a document, violations, and which write must wait for which. The rules
// are docs/enforcement.md, Unique conflicts.

// checkedUnique gives the index if it is unique and its entries can be computed
// here; others are left to the server. created: it is to be created on an existing collection.
function checkedUnique(spec, created) {
  const pattern = field(spec, 'key');
  if (indexOption(spec, 'unique') === undefined || pattern === undefined || pattern.t !== DOCUMENT || isIDIndex(spec)) return undefined;
  const collation = indexOption(spec, 'collation'), expression = indexOption(spec, 'partialFilterExpression');
  const filter = expression === undefined ? undefined : parsePartial(expression);
  if (expression !== undefined && (filter === undefined || collation !== undefined && filter.text)) return undefined;
  const names = fields(pattern).map(f => f.name);
  return {
    name: indexName(spec), names, paths: names.map(n => n.split('.')),
    sparse: indexOption(spec, 'sparse') !== undefined, build: created, filter, collation,
    rivals: new Map(), // `_id`s of destination documents that the collation gives an entry of a planned write, by its key
  };
}

// indexPaths are those that the entries of indexes depend on.
function indexPaths(indexes) {
  return indexes.flatMap(ix => ix.paths.concat(partialPaths(ix.filter)));
}

const NULL_VALUE = scalar(NULL, () => undefined);
const UNDEFINED_VALUE = scalar(UNDEFINED, () => undefined);

// entries lists the entries of a document, [{values, key}], without repeats.
function entries(ix, d) {
  if (!partialHolds(ix.filter, d)) return [];
  let combined = [[]], any = false;
  for (const p of ix.paths) {
    let values = indexValues(d, p);
    if (values.length === 0) values = [NULL_VALUE];
    else any = true;
    const next = [];
    for (const e of combined) for (const v of values) next.push(e.concat([v]));
    combined = next;
  }
  if (ix.sparse && !any) return [];
  const seen = new Set(), out = [];
  for (const values of combined) {
    const k = key(values);
    if (!seen.has(k)) out.push({values, key: k});
    seen.add(k);
  }
  return out;
}

// indexValues are the values that an index sees at a path below v; none: missing.
function indexValues(v, p) {
  if (p.length === 0) {
    if (v.t !== ARRAY) return [v];
    const list = fields(v).map(f => f.v);
    return list.length === 0 ? [UNDEFINED_VALUE] : list;
  }
  if (v.t === DOCUMENT) {
    const w = field(v, p[0]);
    return w === undefined ? [] : indexValues(w, p.slice(1));
  }
  if (v.t !== ARRAY) return [];
  if (/^[0-9]+$/.test(p[0]) && Number(p[0]) < 2147483648) {
    const w = field(v, p[0]);
    if (w !== undefined) return indexValues(w, p.slice(1));
  }
  let out = [];
  for (const f of fields(v)) if (f.v.t === DOCUMENT) out = out.concat(indexValues(f.v, p));
  return out;
}

// movingWrites are the writes whose entries change: {write, after, old}.
function movingWrites(ix, writes) {
  const out = [];
  writes.forEach((w, i) => {
    if (w.after === undefined) return;
    const after = entries(ix, w.after), old = new Set(w.before === undefined ? [] : entries(ix, w.before).map(e => e.key));
    if (w.before === undefined || old.size !== after.length || after.some(e => !old.has(e.key))) {
      out.push({write: i, after, old});
    }
  });
  return out;
}

// uniqueLookups are the entries that destination documents could have too.
function uniqueLookups(ix, writes) {
  return movingWrites(ix, writes).flatMap(m => m.after.filter(e => !m.old.has(e.key)));
}

// checkUnique checks an index that exists, the one at a position. live are
// destination documents in `_id` order; written gives the write of a live document
// by the key of its `_id`, deleted says which are deleted.
function checkUnique(ix, at, writes, live, written, deleted) {
  const clashes = [], waits = [], moves = movingWrites(ix, writes);
  const final = new Map(), wanted = new Set(), holders = new Map(), owner = new Map();
  for (const m of moves) {
    final.set(m.write, new Set(m.after.map(e => e.key)));
    for (const e of m.after) wanted.add(e.key);
  }
  if (moves.length > 0) {
    for (const d of live) {
      for (const e of entries(ix, d)) {
        if (!wanted.has(e.key)) continue;
        if (!holders.has(e.key)) holders.set(e.key, []);
        holders.get(e.key).push(field(d, '_id'));
      }
    }
  }
  for (const [k, ids] of ix.rivals) {
    const known = holders.get(k) || [];
    holders.set(k, known.concat(ids.filter(id => !known.some(other => same(id, other)))));
  }
  for (const m of moves) {
    const w = writes[m.write];
    let clashed = false;
    const clash = (e, other) => {
      if (!clashed) clashes.push({index: at, wanted: w.wanted, subject: w.after, entry: e, other});
      clashed = true;
    };
    for (const e of m.after) {
      if (owner.has(e.key)) {
        clash(e, idOf(writes[owner.get(e.key)]));
        continue;
      }
      owner.set(e.key, m.write);
      if (m.old.has(e.key)) continue;
      for (const id of holders.get(e.key) || []) {
        const holder = key([id]), o = written.get(holder);
        const wait = h => waits.push({write: m.write, holder: h, index: at, entry: e, other: id});
        if (deleted.has(holder)) wait(-1);
        else if (o === m.write) continue;
        else if (o !== undefined && final.has(o)) {
          // If it keeps the entry, owner finds it, from whichever comes later.
          if (!final.get(o).has(e.key)) wait(o);
        } else clash(e, id);
      }
    }
  }
  return {clashes, waits};
}

// checkBuild checks an index that will be created, the one at a position: all
// documents as they will be, [{raw, wanted}]; stays: a destination document is
// neither written nor deleted.
function checkBuild(ix, at, all, stays) {
  const clashes = [], owner = new Map();
  for (const f of all) {
    let clashed = false;
    for (const e of entries(ix, f.raw)) {
      let other = owner.get(e.key);
      if (other === undefined) {
        const own = field(f.raw, '_id');
        owner.set(e.key, own);
        if (f.wanted >= 0) other = (ix.rivals.get(e.key) || []).filter(id => stays(id) && !same(id, own)).pop();
      }
      if (other !== undefined && !clashed) {
        clashed = true;
        clashes.push({index: at, wanted: f.wanted, subject: f.raw, entry: e, other});
      }
    }
  }
  return clashes;
}
