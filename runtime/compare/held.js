// What is held of documents, so that a collection takes the memory of its identities and of what
// differs, not of its documents. In: desired documents, writes and destination
// documents as they are read; out: of those that are as wanted, and of those that nobody may
// write, the fields that others are held against; writes that are made again when they are sent.

const PLANNED = Object.fromEntries(['insert', 'update', 'delete'].map(action => [action, {action, document: undefined, set: [], unset: [], guard: undefined}]));

// plannedWrite is what is held of an insert, update or delete until it is sent: before and after with the fields
// alone that keyFields gives, before whole where nothing makes it again (patch is what makes it of the
// desired document); size of what it sends, bytes of the documents, and what else is asked of it.
/** @param {Set<string>} names @param {Writer} w @param {Arena} arena @param {Value | undefined} patch */
function plannedWrite(write, names, w, arena, patch) {
  const {op, wanted, before, after, made, places, alone} = write, length = d => d === undefined ? 0 : d.e - d.s;
  const keys = d => d === undefined ? undefined : arena.keep(keyFields(names, d, w)), action = before === undefined ? 'insert' : after === undefined ? 'delete' : 'update';
  return {
    op: PLANNED[action], isPlanned: true, wanted, before: patch === undefined ? before : keys(before), after: keys(after), patch, made, places, alone,
    size: sizeOf(op), bytes: length(before) + length(after), needs: writeNeeds(write),
  };
}

// liveOf is the destination's document of a planned update or delete.
function liveOf(c, w) {
  return w.patch === undefined ? w.before : patched(c.documents[w.wanted].d, w.patch);
}

// sizeOfWrite is sizeOf of what a write sends.
function sizeOfWrite(w) {
  return w.isPlanned ? w.size : sizeOf(w.op);
}

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
