// Identity under a collation. In: a collection that was read and matched by the
// keys of identities; out: more twins, those that only a collation gives. A unique
// index over exactly the identity's paths compares texts with its collation, so the
// server would refuse to insert a document beside one that it takes for the same.
// Which that is, the server is asked.

// alike finds the twins of desired documents that have none, whose identities
// are given; options are the collection's.
/** @param {Observation} l */
function * alike(l, keys, options) {
  if (l.missing || l.c.mode === 'structure') return;
  for (const collation of identityCollations(l, options)) {
    // What mongosh cannot send cannot be asked for.
    const open = keys.map((_, i) => i).filter(i => l.twins[i].length === 0 && keys[i].some(hasText) && keys[i].every(v => unsendable(v, '') === undefined));
    if (!l.asks || open.length === 0) return;
    yield* alikeBy(l, collation, keys, open);
  }
}

// identityCollations are those of unique indexes over exactly the identity's
// paths that hold while documents are written; of `_id` it is the collection's.
/** @param {Observation} l */
function identityCollations(l, options) {
  const own = l.c.identityIsID ? indexOption(options, 'collation') : undefined, identity = l.c.identity.map(pathText);
  return (own === undefined ? [] : [own]).concat(l.indexes
    .filter(ix => ix.collation !== undefined && ix.filter === undefined && !ix.leaving &&
      ix.paths.length === identity.length && ix.paths.every(p => identity.includes(pathText(p))))
    .map(ix => ix.collation));
}

// alikeBy asks for many documents at once, and one by one where any are found.
// One that is a twin already, or that two desired documents are taken for, is
// nobody's: the index says what is wrong.
/** @param {Observation} l */
function * alikeBy(l, collation, keys, open) {
  const id = d => key([field(d, '_id')]), taken = new Set(l.twins.flat().map(id)), paths = l.c.identity;
  const ask = function * (part) {
    const found = yield* l.run.store.find(l.database, l.c.name, keysFilter(paths, part), false, collation);
    return sortedByID(found.filter(d => identityOf(paths, d) !== undefined && !taken.has(id(d))));
  };
  const found = new Map(), owners = new Map();
  for (const part of keyParts(paths, open.map(i => keys[i]), MAX_TUPLES)) {
    if ((yield* ask(part)).length === 0) continue;
    for (const k of part) {
      const documents = yield* ask([k]);
      found.set(l.byKey.get(key(k)), documents);
      for (const d of documents) owners.set(id(d), (owners.get(id(d)) || 0) + 1);
    }
  }
  const now = new Set();
  for (const i of open) {
    for (const d of (found.get(i) || []).filter(x => owners.get(id(x)) === 1)) {
      now.add(id(d));
      l.twins[i].push(d);
      addDocument(l, d);
    }
  }
  l.others = l.others.filter(d => !now.has(id(d)));
}
