// The documents of one collection. In: a desired collection with its secrets, and
// documents of the destination; out: what of these differs from what is wanted, as
// planned writes or as what forbids them.

// compareDocument compares desired document i with the destination's. What came of it
// is {refused, idChange, onlyAt, preserved, twice, unclear, write, unknown}: refused, nothing
// may be written, and the five after it say why; write is undefined where the document is in
// sync; unknown, {wanted, live, fields}, is a document that is in sync but for what
// nobody can tell, as secrets are not given.
function compareDocument(c, i, live) {
  return compareAs(c, i, live, false);
}

// refusedComparison is that of a document that may not be written.
function refusedComparison() {
  return {refused: true, idChange: false, onlyAt: [], preserved: undefined, twice: undefined, unclear: undefined, write: undefined, unknown: undefined};
}

// keeping is the collection with paths preserved besides.
function keeping(c, paths) {
  return {...c, policy: {...c.policy, preserve: c.policy.preserve.concat(paths)}};
}

// compareAs is compareDocument; moved: the document has another identity.
function compareAs(c, i, live, moved) {
  const {policy, identityIsID} = c, of = besideOf(c, i, live);
  const out = {...refusedComparison(), unclear: of.unclear};
  if (of.unclear !== undefined) return out;
  const {wanted, bare, unknown} = judged(policy, of, live), diff = difference(policy, wanted, live, identityIsID, moved);
  if (diff.blocked === undefined && !diff.idChange) diff.blocked = of.lost;
  Object.assign(out, {
    refused: diff.refused(), idChange: diff.idChange, onlyAt: diff.onlyAt, preserved: preservedWords(c, i, live, diff.blocked), twice: diff.twice,
  });
  if (out.refused) return out;
  if (!diff.reason && !moved) { // with another identity it is not in sync
    if (unknown.length > 0) out.unknown = {wanted: i, live, fields: unknown};
    return out;
  }
  const w = updating(live, i, diff);
  w.unknown = unknown;
  w.places = of.places;
  w.secretOnly = !identical(bare, wanted) && !difference(policy, bare, live, identityIsID, moved).reason;
  w.leaves = linkedLeaves(c, w);
  w.spots = updateSpots(c, w);
  out.write = w;
  return out;
}

// preservedWords says in words what stands in the way of document i: places, the short
// form of what is wanted (undefined: it is removed), and the rule, where it is one.
function preservedWords(c, i, live, blocked) {
  if (blocked === undefined) return undefined;
  const {path, want, inside} = blocked, by = c.preserve.find(p => startsWith(inside, p));
  return {
    path: placeText(live, path), inside: placeText(live, inside), value: want === undefined ? undefined : shownValue(c, i, true, path, want),
    rule: by === undefined ? undefined : 'preserve ' + pathText(by),
  };
}
