// The order of a collection's writes: which of them violate its unique indexes, and
// in which order the others go, as one may take a value that another one gives up. The
// rules are docs/enforcement.md, Unique conflicts and Unique values that move.

// orderOf finds the order of a collection's writes. In: {writes, deletes, live, twins,
// indexes, together, unknown}: planned writes, documents that are deleted, destination documents
// (at least all that have an entry of uniqueLookups; where an index is to be built, all),
// those with the identity of a desired one, by its position, waits of inserts that go
// with a delete, as both are of one document, and the names of unique
// indexes that go and whose entries only a server can compute. Out: {clashes, early,
// stages, stuck}: early are the names of unique indexes that go before the documents
// are written, as they are in the way of one; stuck are the waits of writes that no
// order allows, ascending, the first of each.
function orderOf(c) {
  const {clashes, early, ...checked} = checkIndexes(c), waits = checked.waits.concat(c.together);
  if (c.writes.length > 0) early.push(...c.unknown); // whether one of them is in the way nobody can tell
  const deletes = new Map(c.deletes.map((d, i) => [idKey(d), i]));
  const {stages, stuck} = inStages(c.writes.length, waits, w => deletes.get(key([w.other])));
  const first = i => waits.find(w => w.write === i && (w.holder < 0 || stuck.includes(w.holder)));
  return {clashes, early, stages, stuck: stuck.map(first)};
}

// checkIndexes holds the writes against every index; waits says what waits for what.
function checkIndexes(c) {
  const clashes = [], early = [];
  let waits = [];
  if (c.indexes.length === 0) return {clashes, early, waits};
  const live = sortedByID(c.live), written = new Map(), deleted = new Set(c.deletes.map(idKey)), n = c.writes.length;
  c.writes.forEach((w, i) => {
    if (w.before !== undefined) written.set(idKey(w.before), i);
  });
  c.indexes.forEach((ix, at) => {
    if (ix.leaving) return;
    if (ix.build) {
      clashes.push(...checkBuild(ix, at, finals(c, live, written, deleted), id => !written.has(key([id])) && !deleted.has(key([id]))));
      return;
    }
    const checked = checkUnique(ix, at, c.writes, live, written, deleted);
    clashes.push(...checked.clashes);
    waits = waits.concat(checked.waits);
  });
  // One that goes stays until the documents are written, unless it is in the way.
  c.indexes.forEach((ix, at) => {
    if (!ix.leaving) return;
    const checked = checkUnique(ix, at, c.writes, live, written, deleted), more = waits.concat(checked.waits);
    if (checked.clashes.length > 0 || inWaves(n, more).stuck.length > inWaves(n, waits).stuck.length) early.push(ix.name);
    else waits = more;
  });
  return {clashes, early, waits};
}

function idKey(d) {
  return key([field(d, '_id')]);
}

// finals are all documents of the collection as they will be: the desired ones in
// identity order, then the others in `_id` order.
function finals(c, live, written, deleted) {
  const twin = new Map(c.twins.flatMap((found, i) => found.map(d => [idKey(d), i])));
  const out = c.writes.map(w => ({raw: w.after, wanted: w.wanted})), rest = [];
  for (const d of live) {
    const id = idKey(d);
    if (written.has(id) || deleted.has(id)) continue;
    const i = twin.get(id);
    if (i === undefined) rest.push({raw: d, wanted: -1});
    else out.push({raw: d, wanted: i});
  }
  out.sort((a, b) => a.wanted - b.wanted);
  return out.concat(rest);
}
