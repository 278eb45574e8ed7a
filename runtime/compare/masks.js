// What nobody may see of a document: its masks, and its `_id` as it is shown.

// maskOf is what nobody may see of a document: exact as it is wanted, else as the
// destination has it.
function maskOf(c, d, exact) {
  return new Mask(c.policy.leftOut, d.places.map(q => q.path), exact && standsExactly(c, d), d.places.map(q => namesOf(q.parts)));
}

// standsExactly reports whether no secret of the document is in a list owned in part,
// where the destination's order counts.
function standsExactly(c, d) {
  return !d.places.some(q => shares(c.policy, q.owner));
}

// shownID is an `_id` of the destination as far as it may be seen.
function shownID(c, id) {
  return new Mask([], c.places, false).value(['_id'], id);
}

// shownValue is the short form of a value at a path of document i: exact as it is
// wanted, else as the destination has it.
function shownValue(c, i, exact, p, v) {
  return short(maskOf(c, c.documents[i], exact).value(p, v));
}
