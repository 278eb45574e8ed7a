// The changes of a document, as the report has them. In: a write, and what is known of
// its document; out: changes with nothing in them that nobody may see, and whole
// documents. The rules are docs/report.md.

// updateChanges are those of an update, and then the places in it that secrets leave open.
function updateChanges(c, w) {
  return documentChanges(w.before, w.after, sidesOf(c, c.documents[w.wanted])).concat(openPlaces(w.after, w.unknown));
}

// openPlaces are the places of secrets that are not given, in order.
function openPlaces(d, places) {
  return places.filter(q => q.missing.length > 0).map(q => ({at: stepsOf(d, q.path), missing: q.missing})).sort(compareSpots)
    .map(o => unknownChange(o.at, o.missing));
}

// sidesOf are what may be seen of a document as the destination has it and as it is
// wanted, and the links in it.
/** @returns {Sides} */
function sidesOf(c, d) {
  const sides = maskedSides(maskOf(c, d, false), maskOf(c, d, true)), {linking} = c;
  if (c.lists.length > 0) {
    sides.key = at => {
      const l = listAt(c, at);
      return l === undefined ? undefined : l.by;
    };
  }
  if (linking !== undefined) {
    sides.links = (old, now, before, after) => linkItems(old, namedLinks(linking, old, before, undefined).concat(namedLinks(linking, now, undefined, after)));
  }
  return sides;
}

/** @returns {Sides} */
function maskedSides(old, now) {
  if (old.isEmpty() && now.isEmpty()) return {};
  return {seen: (at, v, after) => seenBy(after ? now : old, at, v)};
}

function seenBy(mask, at, v) {
  const hidden = mask.hidden(at, v);
  return {v: hidden.length === 0 ? v : mask.value(at, v), hidden};
}

// wholeDocument is a document for an item: {document, hidden, links}.
function wholeDocument(c, d, mask) {
  const {v, hidden} = seenBy(mask, [], d);
  return {document: v, hidden, links: linkItems([], namedLinks(c.linking, [], v, undefined))};
}

// undoChanges are those of a document that undo writes.
function undoChanges(v) {
  return documentChanges(v.before, v.after, undoSides(v));
}

// undoneDocument is a document that undo puts back or takes away, for an item.
function undoneDocument(v, d) {
  const sides = undoSides(v), hidden = [];
  const document = sides.seen === undefined ? d : build(fields(d).map(f => {
    const seen = sides.seen([f.name], f.v, true);
    hidden.push(...seen.hidden.map(h => ({...h, at: [f.name, ...h.at]})));
    return {name: f.name, v: seen.v};
  }));
  return {document, hidden, links: sides.links([], [], document, undefined)};
}

// undoSides are the sides of what undo writes.
/** @returns {Sides} */
function undoSides(v) {
  const sides = maskedSides(v.mask, v.mask), {seen} = sides;
  if (v.hidesAll || v.hidden.length > 0) {
    sides.seen = (at, x, after) => {
      if (v.hidesAll || related(v.hidden, fieldPath(at))) return {v: MASKED_VALUE, hidden: [{at: []}]};
      return seen === undefined ? {v: x, hidden: []} : seen(at, x, after);
    };
  }
  sides.links = (old, now, before, after) => linkItems(old, linkedIn(old, before, undefined, v.links).concat(linkedIn(now, undefined, after, v.links)));
  return sides;
}
