// Reading documents. In: the keys of identities, or a filter; out: the observation's
// documents, each once. Generators.

// readDocuments reads what comparing needs: everything, or by key and by prune's scope.
/** @param {Observation} l */
function * readDocuments(l, keys, scan) {
  const c = l.c;
  l.counted = yield* l.run.store.count(l.database, c.name);
  if (scan || c.identity.some(p => !p.every(addressable)) || 2 * keys.length > l.counted ||
    c.prune !== undefined && c.prune.where === undefined) {
    l.all = true;
    yield* findDocuments(l, EMPTY);
    return;
  }
  yield* findKeys(l, c.identity, keys, MAX_KEYS);
  if (c.prune !== undefined) yield* findDocuments(l, c.prune.filter);
}

// findDocuments adds what a query gives.
/** @param {Observation} l */
function * findDocuments(l, filter) {
  know(l);
  const from = l.live.length;
  yield* l.run.store.findEach(l.database, l.c.name, filter, l.simple, undefined, () => drop(l, from), d => keepDocument(l, d));
}

// know makes sure that a document which was read before is known.
/** @param {Observation} l */
function know(l) {
  if (l.seen === undefined && l.live.length > 0) l.seen = new Set(l.live.map(d => key([field(d, '_id')])));
}

// drop takes the documents back that were read from a position on.
/** @param {Observation} l */
function drop(l, from) {
  for (const d of l.live.splice(from)) {
    l.patches.delete(d);
    if (l.seen !== undefined) l.seen.delete(key([field(d, '_id')]));
  }
}

// keepDocument adds a document that was not read before, or what is held of it.
/** @param {Observation} l */
function keepDocument(l, d) {
  if (l.seen !== undefined) {
    const k = key([field(d, '_id')]);
    if (l.seen.has(k)) return;
    l.seen.add(k);
  }
  l.live.push(held(l, d));
}

// addDocument adds a document that was found otherwise.
/** @param {Observation} l */
function addDocument(l, d) {
  know(l);
  keepDocument(l, d);
}

// held keeps what is needed of a destination document that was read: what other documents are held
// against, and where something may be written or said about it, what is other than in the desired
// one; all of one that may go, and where documents cannot be compared one by one.
/** @param {Observation} l */
function held(l, d) {
  const i = l.oneByOne ? wantedOf(l, d) : undefined;
  if (!l.oneByOne || i === undefined && inScope(l.c, d)) return l.arena.keep(d);
  const kept = l.arena.keep(keyFields(l.keyNames, d, l.writer));
  if (i === undefined) return kept;
  l.same[i] = isAsWanted(l.c, i, d);
  if (!l.same[i]) l.patches.set(kept, l.arena.keep(patchOf(d, l.c.documents[i].d, l.writer)));
  return kept;
}

// wantedOf is the desired document with the identity of one of the destination.
/** @param {Observation} l */
function wantedOf(l, d) {
  const values = identityOf(l.c.identity, d);
  return values === undefined ? undefined : l.byKey.get(key(values));
}

// findKeys finds by keys, in batches of at most limit (MAX_TUPLES when there
// are several paths or a regex).
/** @param {Observation} l */
function * findKeys(l, paths, keys, limit) {
  // What mongosh cannot send cannot be asked for: an update may have made a key of what the destination has.
  if (keys.some(k => k.some(v => v.t !== UNDEFINED && unsendable(v, '') !== undefined))) {
    l.all = true;
    yield* findDocuments(l, EMPTY);
    return;
  }
  for (const part of keyParts(paths, keys, limit)) yield* findDocuments(l, keysFilter(paths, part));
}

// keyParts are keys in batches of at most limit (MAX_TUPLES when there are several
// paths or a regex).
function keyParts(paths, keys, limit) {
  if (paths.length > 1 || keys.some(k => k[0].t === REGEX)) limit = Math.min(limit, MAX_TUPLES);
  const parts = [];
  for (let from = 0; from < keys.length;) {
    let n = from, size = 0;
    for (; n < keys.length && n - from < limit && (n === from || size < MAX_KEY_BYTES); n++) {
      for (const v of keys[n]) size += v.e - v.s + 16;
    }
    parts.push(keys.slice(from, n));
    from = n;
  }
  return parts;
}

// keysFilter asks for the documents with one of the keys, or more.
function keysFilter(paths, keys) {
  if (paths.length === 1 && !keys.some(k => k[0].t === REGEX || k[0].t === UNDEFINED)) {
    return doc(paths[0].join('.'), doc('$in', array(keys.map(k => k[0]))));
  }
  return doc('$or', array(keys.flatMap(k => {
    // Undefined, which stands for an empty array too, cannot be sent: each form of it gets a condition.
    let tuples = [[]];
    k.forEach((v, i) => {
      const forms = v.t === UNDEFINED ? [doc('$type', int32Value(UNDEFINED)), doc('$size', int32Value(0))] : [doc('$eq', v)];
      tuples = tuples.flatMap(t => forms.map(form => t.concat([{name: paths[i].join('.'), v: form}])));
    });
    return tuples.map(build);
  })));
}
