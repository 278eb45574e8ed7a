// Whose doing a difference is. In: observations, and what the ledger has of their documents;
// out: what is wanted put into the ledger, and causes in the report. Generators.

// putLedger puts what was wanted into the ledger: when everything was written and
// verified, with the observations of the verification.
/** @param {Writing} w */
function * putLedger(w) {
  const {run, verified} = w;
  if (!run.db.keeps) return;
  yield* run.leases.renew(false); // verifying may have taken its time
  for (let i = 0; i < verified.length; i++) {
    const l = verified[i], done = w.done.at(i);
    if (done === undefined || Object.values(done).every(n => !n) || l.c.mode === 'structure' || field(l.c.options, 'viewOn') !== undefined) continue;
    const entries = ledgerEntries(l.c, l.absent), buckets = ledgerBuckets(entries);
    yield* writeLedger(run.db, run.remembered.found.ledgers.get(l.namespace()), run.record.id, l.namespace(), encodeLedger(entries, buckets), buckets);
  }
}

// findCauses says of each difference whose doing it is, where the ledger knows the collection.
/** @param {Run} run */
function * findCauses(run, observations) {
  if (!run.db.keeps) return;
  for (const l of observations) {
    const ledger = run.remembered.found.ledgers.get(l.namespace()), keys = differing(l);
    if (ledger === undefined || keys.length === 0) continue;
    let records;
    try {
      records = yield* readLedger(run.db, l.namespace(), ledger.buckets, keys);
    } catch (e) {
      if (e instanceof Failure && e.code === CODE_UNAUTHORIZED) return; // plan and verify do without
      throw e;
    }
    const known = new Map();
    for (const entries of records.values()) for (const e of entries) known.set(e.key, e);
    const undone = keys.some(k => !known.has(k)) && (yield* isUndone(run.db, ledger.run));
    putCauses(l, ledger.run, undone, keys, known);
  }
}

// ledgerEntries are those of all desired documents of a collection but the absent ones, sorted by key.
function ledgerEntries(c, absent) {
  const without = new Set(absent), entries = [], paths = new Map();
  c.documents.forEach((d, i) => {
    if (without.has(i)) return;
    const leaves = [];
    if (c.policy.mode !== 'insert') {
      ownedLeaves(c.policy, [], d.d, leaves, paths);
      leaves.push(...listLeaves(c, d.d));
    }
    const many = leaves.length > MAX_LEAVES;
    entries.push({key: ledgerKey(identityDocument(c.identity, d.d)), leaves: many ? [] : leaves.sort(byText), many});
  });
  return entries.sort((a, b) => byText(a.key, b.key));
}

// ownedLeaves adds the leaves of a document that the weave owns: documents are
// entered, arrays not, an empty document is a leaf. paths are digests that are known.
function ownedLeaves(policy, at, d, leaves, paths) {
  for (const f of fields(d)) {
    const p = at.concat([f.name]);
    if (at.length === 0 && f.name === '_id' || covered(policy.preserve, p) || covered(policy.ignore, p) || shares(policy, p)) continue;
    if (f.v.t === DOCUMENT && !isEmpty(f.v)) {
      ownedLeaves(policy, p, f.v, leaves, paths);
      continue;
    }
    const path = pathText(p);
    if (!paths.has(path)) paths.set(path, ledgerPath(path));
    leaves.push(paths.get(path) + digestText(bytes(build([{name: '', v: f.v}])), 8));
  }
}

// differing are the keys of the documents that an observation would write, in the order
// of its report's inserts, updates and deletes.
/** @param {Observation} l */
function differing(l) {
  const {c} = l;
  const before = w => w.move === undefined ? identityDocument(c.identity, c.documents[w.wanted].d) : fromIdentity(c, w.move); // by which the run before knew it
  return l.writes.map(w => ledgerKey(before(w)))
    .concat(l.pruned().map(w => ledgerKey(identityDocument(c.identity, w.before))));
}

// putCauses puts the causes into the observation's report; known are the entries of
// those of the keys that the ledger has. What undo took back is no longer in it: of
// a document that it has not when its run was undone, nobody can tell.
/** @param {Observation} l @param {Run} run */
function putCauses(l, run, undone, keys, known) {
  const items = l.report.documents, {writes} = l, deletes = l.pruned();
  const put = (x, cause) => {
    x.cause = cause;
    if (cause !== BY_RULES) x.since = run;
  };
  writes.forEach((w, i) => {
    const entry = known.get(keys[i]);
    if (undone && entry === undefined) return;
    if (w.before === undefined) {
      put(items[i], oneOf(entry === undefined));
      return;
    }
    for (const change of items[i].changes) {
      const known = entry || {leaves: [], many: false}, list = change.at.length > change.fields.length ? listAt(l.c, change.fields) : undefined;
      const cause = list === undefined ? causeAt(l.c.policy, known, w.leaves, change.fields) : elementCause(l.c, list, known, w, change);
      if (cause !== undefined && change.unknown === undefined) put(change, cause);
    }
  });
  deletes.forEach((_, i) => {
    const there = known.has(keys[writes.length + i]);
    if (there || !undone) put(items[items.length - deletes.length + i], oneOf(there));
  });
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

// listLeaves are the leaves of the lists of a document of which the weave owns a part.
function listLeaves(c, d) {
  const out = [], add = (place, v) => out.push(ledgerLeaf(place, v));
  for (const l of c.lists) {
    add(listPlace(l), pathValue(l.by));
    for (const e of wantedElements(l, get(d, l.path))) {
      const k = listKey(l, e);
      if (k === undefined) continue;
      add(elementPlace(l, k), stringValue(ELEMENT_WANTED));
      if (l.by.length > 0) leavesWithin(elementPlace(l, k), e, add);
    }
    for (const k of l.without) add(elementPlace(l, k), stringValue(ELEMENT_ABSENT));
  }
  return out;
}

// leavesWithin are those of an element: documents are entered, arrays not.
function leavesWithin(place, d, add) {
  for (const {name, v} of fields(d)) {
    const at = place + '.' + pathText([name]);
    if (v.t === DOCUMENT && !isEmpty(v)) leavesWithin(at, v, add);
    else add(at, v);
  }
}

function listPlace(l) {
  return pathText(l.path) + '[]';
}

function elementPlace(l, k) {
  return pathText(l.path) + '[' + canonical(array(k)) + ']';
}

// elementCause is the cause where an element of a list owned in part is not as wanted;
// undefined when it cannot be told.
function elementCause(c, l, e, w, change) {
  const {element} = change.at[change.fields.length], has = (place, v) => e.leaves.includes(ledgerLeaf(place, v));
  if (element === undefined || e.many || !has(listPlace(l), pathValue(l.by)) || change.kind === KIND_MOVED || change.kind === KIND_ORDERED) return undefined;
  const was = elementAt(w.before, l.path, element.before), is = elementAt(w.after, l.path, element.after);
  const place = placeInLedger(l, get(c.documents[w.wanted].d, l.path), was === undefined ? is : was);
  if (place === undefined) return undefined;
  if (was === undefined) return oneOf(!has(place, stringValue(ELEMENT_WANTED)));
  if (is === undefined) return oneOf(!has(place, stringValue(ELEMENT_ABSENT)));
  if (l.by.length === 0) return undefined;
  const rest = change.at.slice(change.fields.length + 1), end = rest.findIndex(step => step.element !== undefined);
  const path = rest.slice(0, end < 0 ? rest.length : end).map(step => step.field);
  const at = place + path.map(name => '.' + pathText([name])).join(''), before = get(was, path), after = get(is, path);
  const known = v => {
    if (v === undefined) return !hasPath(e, at);
    if (v.t !== DOCUMENT || isEmpty(v)) return has(at, v);
    let all = true;
    leavesWithin(at, v, (inside, x) => {
      all = all && has(inside, x);
    });
    return all;
  };
  if (known(before)) return BY_RULES;
  return known(after) || after === undefined && before !== undefined && before.t === DOCUMENT ? BY_DESTINATION : BY_BOTH; // as of a field
}

// elementAt is the element at a position; undefined: there is none.
function elementAt(d, path, position) {
  const list = get(d, path);
  return position === undefined || list === undefined || list.t !== ARRAY ? undefined : fields(list).map(f => f.v)[position];
}

// placeInLedger is the place of an element in the ledger: by the key that is wanted, if
// some element is that has it; the same number may be of another type at the destination.
function placeInLedger(l, wanted, element) {
  const k = listKey(l, element);
  if (k === undefined) return undefined;
  const keys = wantedElements(l, wanted).map(e => listKey(l, e)).concat(l.without);
  return elementPlace(l, keys.find(x => x !== undefined && key(x) === key(k)) || k);
}
