// What is held of documents, so that a collection in sync takes the memory of its
// identities, not of its documents. In: destination documents as they are read; out: of
// those that are as wanted, and of those that nobody may write, the fields that others are
// held against.

// keyFields is a document with the fields of these names alone, in the buffer of a Writer.
/** @param {Set<string>} names @param {Value} d @param {Writer} w @returns {Value} */
function keyFields(names, d, w) {
  const b = d.b;
  w.n = 0;
  const at = w.open();
  for (let i = d.s + 4; b[i] !== 0;) {
    const end = b.indexOf(0, i + 1), e = valueEnd(b[i], b, end + 1);
    if (names.has(decode(b, i + 1, end))) w.raw(b, i, e);
    i = e;
  }
  w.close(at);
  return {t: d.t, b: w.b, s: 0, e: w.n};
}

// keyNames are the names of the fields at these paths, and of those that documents are
// held against one another by: `_id`, the identity, the scope of prune.
function keyNames(c, paths) {
  const scope = c.prune === undefined || c.prune.where === undefined ? [] : condPaths(c.prune.where);
  return new Set(['_id', ...paths.concat(c.identity, scope).map(p => p[0])]);
}

// condPaths are the paths that a condition looks at.
function condPaths(cond) {
  return (cond.path.length > 0 ? [cond.path] : []).concat(cond.args.flatMap(condPaths));
}

// oneByOne reports whether each document can be told to be in sync before the others are
// known: nothing links from them, and none is moved.
function oneByOne(c) {
  return c.moves.length === 0 && c.documents.every(d => d.links.length === 0);
}

// isAsWanted reports whether the destination's document is what is wanted of desired document i.
function isAsWanted(c, i, live) {
  if (c.lists.length === 0 && c.documents[i].places.length === 0 && c.documents[i].links.length === 0 && identical(c.documents[i].d, live)) return true;
  const found = compareDocument(c, i, live);
  return !found.refused && found.unknown === undefined && found.write === undefined;
}
