// Whose doing a difference is: the rules', the destination's, or both's. In: what is wanted
// of a collection, and the ledger's entry of a document; out: causes of changes. Pure.

// insertCause is the cause of the insert of desired document i; e is undefined where no run
// wanted it. It went at the destination; both: and the rules want another one now. Which
// document a link stands for and which secret goes somewhere does not count.
function insertCause(c, e, i) {
  if (e === undefined) return BY_RULES;
  if (e.many || c.policy.mode === 'insert') return BY_DESTINATION;
  const {d, secrets, links} = c.documents[i], filled = secrets.concat(links), had = new Set(e.leaves), leaves = listLeaves(c, d);
  let count = leaves.length, all = leaves.every(leaf => had.has(leaf));
  ownedValues(c.policy, [], d, (p, v) => {
    const path = pathText(p);
    count++;
    all = all && (filled.some(f => startsWith(f.path, p)) ? hasPath(e, path) : had.has(ledgerLeaf(path, v)));
  });
  return all && count === e.leaves.length ? BY_DESTINATION : BY_BOTH;
}

// deleteCause is the cause of the delete of a document; e is undefined where no run wanted
// it: it came at the destination. Both: what the last run wanted was changed there as well.
function deleteCause(c, e, d) {
  if (e === undefined) return BY_DESTINATION;
  const has = new Set(listLeaves(c, d));
  everyLeaf([], d, (p, v) => has.add(ledgerLeaf(pathText(p), v)));
  return e.many || e.leaves.every(leaf => has.has(leaf)) ? BY_RULES : BY_BOTH;
}

// everyLeaf calls each for the leaves of a document, whoever owns them.
function everyLeaf(at, d, each) {
  for (const {name, v} of fields(d)) {
    const p = at.concat([name]);
    if (v.t === DOCUMENT && !isEmpty(v)) everyLeaf(p, v, each);
    else each(p, v);
  }
}

// hadUnder reports whether the ledger has a value at or below the path of one.
function hadUnder(e, at, v) {
  if (v === undefined || v.t !== DOCUMENT || isEmpty(v)) return hasPath(e, pathText(at));
  let had = false;
  everyLeaf(at, v, p => {
    had = had || hasPath(e, pathText(p));
  });
  return had;
}

// changeCause is the cause of a change of an update.
function changeCause(c, e, w, change) {
  const list = change.at.length > change.fields.length ? listAt(c, change.fields) : undefined;
  return list === undefined ? causeAt(c.policy, e, w.leaves, change.fields) : elementCause(c, list, e, w, change);
}

// oneOf is the cause where it can be told whether the rules have changed, and only then.
function oneOf(rules) {
  return rules ? BY_RULES : BY_DESTINATION;
}

// causeAt is causeOf the leaves at and below a path; undefined where some are of the rules
// and some are not.
function causeAt(policy, e, leaves, at) {
  const causes = leaves.filter(l => startsWith(l.path, at)).map(l => causeOf(policy, e, l));
  if (causes.every(c => c === causes[0])) return causes[0];
  return causes.every(c => c === BY_DESTINATION || c === BY_BOTH) ? BY_BOTH : undefined;
}

// causeOf holds both sides of a changed leaf against the ledger; undefined when it cannot
// be told.
function causeOf(policy, e, l) {
  const path = pathText(l.path);
  if (e.many || covered(policy.ignore, l.path)) return undefined;
  if (shares(policy, l.path)) { // as a whole
    return l.before !== undefined && l.before.t === ARRAY ? undefined : oneOf(!hasPath(e, path + '[]'));
  }
  if (inLedger(policy, e, l.path, l.before)) {
    // A document that gives way to something else, or whose fields change places.
    const isDocument = v => v !== undefined && v.t === DOCUMENT;
    return isDocument(l.before) && !isEmpty(l.before) && isDocument(l.after) ? undefined : BY_RULES;
  }
  // Of a document that is not wanted any more it cannot be told: it counts as the destination's.
  const wanted = l.after === undefined && l.before !== undefined && l.before.t === DOCUMENT || inLedger(policy, e, l.path, l.after);
  return wanted ? BY_DESTINATION : BY_BOTH;
}

// inLedger: the ledger has a side of a leaf as it is.
function inLedger(policy, e, path, v) {
  if (v === undefined) return !hasPath(e, pathText(path));
  if (v.t !== DOCUMENT || isEmpty(v)) return e.leaves.includes(ledgerLeaf(pathText(path), v));
  const leaves = [];
  ownedLeaves(policy, path, v, leaves, new Map());
  return leaves.every(leaf => e.leaves.includes(leaf));
}

function hasPath(e, path) {
  const p = ledgerPath(path);
  return e.leaves.some(leaf => leaf.startsWith(p));
}

// causePlaces are the places of an update in order, with whose doing the difference is; a list
// owned in part is one, which both have changed where some elements are the rules' doing and
// some the destination's.
function causePlaces(c, e, w) {
  const out = [];
  let changes;
  for (const leaf of w.leaves) {
    if (leaf.path[0] === '_id') continue;
    if (listAt(c, leaf.path) === undefined || leaf.before === undefined || leaf.before.t !== ARRAY) {
      out.push({path: leaf.path, cause: causeOf(c.policy, e, leaf)});
      continue;
    }
    if (changes === undefined) changes = updateChanges(c, w);
    out.push({path: leaf.path, cause: listCause(c, e, w, leaf.path, changes)});
  }
  return out;
}

// listCause is the cause of the changes in a list owned in part, as a whole.
function listCause(c, e, w, at, changes) {
  const causes = new Set(changes.filter(x => pathKey(x.fields) === pathKey(at)).map(x => changeCause(c, e, w, x)).filter(x => x !== undefined));
  return causes.size > 1 ? BY_BOTH : [...causes][0];
}
