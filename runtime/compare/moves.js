// Documents that get another identity. In: the moves of a collection, and which
// identities the destination has; out: which moves are to be made, and what a moved
// document is to become. The rules are docs/enforcement.md, Moves.

// movesNow finds what is to be moved: {now, both, unclear}, positions of moves; there
// reports whether the destination has a document of an identity. Those of a chain are
// moved from its end on, so one place of it is free: what stands before it is still to
// be moved, what stands behind it has been; in mode update, where places stay free, what
// stands between two has been, too. both and unclear are the first of a chain
// that cannot be told: every identity of it is there, or one between two that are not,
// which may be the old or the new one.
function movesNow(c, there) {
  const {moves, mode} = c;
  const now = [], both = [], unclear = [];
  for (let from = 0, end; from < moves.length; from = end) {
    for (end = from + 1; end < moves.length && key(moves[end].from) === key(moves[end - 1].to);) end++;
    const has = [there(moves[from].from), ...moves.slice(from, end).map(m => there(m.to))];
    const first = has.indexOf(false), last = has.lastIndexOf(false);
    if (first < 0) both.push(from);
    else if (mode !== 'update' && has.slice(first, last).includes(true)) unclear.push(from);
    else for (let i = 0; i < first; i++) if (has[i]) now.push(from + i);
  }
  return {now, both, unclear};
}

// rekeys reports whether a moved document gets another `_id`, as its identity has that.
function rekeys(c, i, live) {
  return c.identity.some(p => p[0] === '_id') && !identical(field(c.documents[i].d, '_id'), field(live, '_id'));
}

// compareMoved compares desired document i with the one that moves to its identity.
// That keeps what it has beside what the weave owns; with another `_id` it is inserted
// anew.
function compareMoved(c, i, live, move) {
  const anew = rekeys(c, i, live);
  const base = anew ? changed(live, [{path: ['_id'], v: field(c.documents[i].d, '_id')}], [], 0) : live;
  const out = compareAs(c, i, base, true);
  if (out.refused) return out;
  const w = out.write;
  w.made = false;
  if (anew) {
    w.op = {action: 'insert', document: w.after, set: [], unset: []};
    w.before = live;
    w.rekeyed = true;
    w.secretOnly = false;
    w.leaves = linkedLeaves(c, w);
    w.spots = updateSpots(c, w);
  }
  w.move = move;
  return {...out, write: w, unknown: undefined};
}

// looksLike reports whether a document is desired document i but for the identity, and
// has something beside it. Nobody can tell that where a secret is not given.
function looksLike(c, i, live) {
  const isIdentity = p => covered(c.identity, p) || p[0] === '_id';
  if (c.identity.some(p => hidesPath(c, i, p) || hidesPath(c, -1, p))) return false;
  if (c.documents[i].places.some(q => q.missing.length > 0)) return false;
  const owned = at => fields(at.v).some(f => {
    const p = at.path.concat([f.name]);
    if (isIdentity(p) || covered(c.preserve, p) || covered(c.ignore, p) || shares(c.policy, p)) return false;
    return f.v.t === DOCUMENT && !isEmpty(f.v) ? owned({v: f.v, path: p}) : true;
  });
  if (!owned({v: c.documents[i].d, path: []})) return false;
  const found = compareMoved(c, i, live, undefined);
  return !found.refused && leafChanges(live, found.write.after).every(l => isIdentity(l.path));
}

// followed reports whether the destination has, beside the document that moves, what it
// was to become: of a run that was ended between the two.
function followed(c, i, live, there) {
  if (!rekeys(c, i, live)) return false;
  const found = compareMoved(c, i, live, undefined);
  return !found.refused && identical(found.write.after, there);
}

// fromIdentity is the identity that a moved document had, as a document.
function fromIdentity(c, m) {
  return build(c.identity.map((p, i) => ({name: pathText(p), v: m.from[i]})));
}
