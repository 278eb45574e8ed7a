// What the report has of a document. In: a planned write, or a document of which
// nothing is written; out: an item, with nothing in it that nobody may see.

// writeItem is that of a write.
function writeItem(c, w) {
  if (w.wanted < 0) {
    return {action: 'delete', identity: identityDocument(c.identity, w.before), id: shownID(c, idOf(w)), origin: c.prune.origin,
      ...wholeDocument(c, w.before, new Mask(c.policy.leftOut, c.places, false, c.placeNames)), changes: []};
  }
  const d = c.documents[w.wanted];
  if (w.before === undefined) {
    const mask = maskOf(c, d, true);
    return {...desiredItem(c, 'insert', w.wanted, mask.value(['_id'], idOf(w)), openPlaces(w.after, d.places)), ...wholeDocument(c, w.after, mask)};
  }
  const item = desiredItem(c, w.move === undefined ? 'update' : 'move', w.wanted, shownID(c, idOf(w)), updateChanges(c, w));
  return w.move === undefined ? item : {...item, from: fromIdentity(c, w.move)};
}

// unknownItem is that of a document of which only secrets may differ.
function unknownItem(c, u) {
  return desiredItem(c, 'unknown', u.wanted, shownID(c, field(u.live, '_id')), openPlaces(u.live, u.fields));
}

// absentItem is that of a document that the destination lacks and that is not inserted.
function absentItem(c, i) {
  return desiredItem(c, 'absent', i, undefined, []);
}

// keptItem is that of desired document i of which the destination keeps what a write would
// change; undefined: that would insert it.
function keptItem(c, i, w) {
  return desiredItem(c, 'keep', i, w === undefined ? undefined : shownID(c, idOf(w)), w === undefined ? [] : updateChanges(c, {...w, unknown: []}));
}

// keptDocument is that of a document that no rule wants, and that stays.
function keptDocument(c, d) {
  return {
    action: 'keep', identity: identityDocument(c.identity, d), id: shownID(c, field(d, '_id')), origin: ruleOrigin(c, DRIFT_RULE, c.origin),
    document: undefined, hidden: [], links: [], changes: [],
  };
}

function desiredItem(c, action, i, id, changes) {
  const d = c.documents[i];
  return {action, identity: identityDocument(c.identity, d.d), id, origin: d.origin === '' ? c.origin : d.origin, document: undefined, hidden: [], links: [], changes};
}
