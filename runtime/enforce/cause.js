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
  const put = (x, rules) => {
    x.cause = rules ? BY_RULES : BY_DESTINATION;
    if (!rules) x.since = run;
  };
  writes.forEach((w, i) => {
    const entry = known.get(keys[i]);
    if (undone && entry === undefined) return;
    if (w.before === undefined) {
      put(items[i], entry === undefined);
      return;
    }
    for (const change of items[i].changes) {
      const known = entry || {leaves: [], many: false}, list = change.at.length > change.fields.length ? listAt(l.c, change.fields) : undefined;
      const rules = list === undefined ? causeAt(l.c.policy, known, w.leaves, change.fields) : elementCause(l.c, list, known, w, change);
      if (rules !== undefined && change.unknown === undefined) put(change, rules);
    }
  });
  deletes.forEach((_, i) => {
    const there = known.has(keys[writes.length + i]);
    if (there || !undone) put(items[items.length - deletes.length + i], there);
  });
}

// causeAt is causeOf the leaves at and below a path; undefined when they differ.
function causeAt(policy, e, leaves, at) {
  const causes = leaves.filter(l => startsWith(l.path, at)).map(l => causeOf(policy, e, l));
  return causes.every(c => c === causes[0]) ? causes[0] : undefined;
}

// causeOf reports whether the destination's side of a changed leaf is the one in
// the ledger, so that the rules changed; undefined when it cannot be told.
function causeOf(policy, e, l) {
  const path = pathText(l.path);
  if (e.many || covered(policy.ignore, l.path)) return undefined;
  if (shares(policy, l.path)) { // as a whole
    const p = ledgerPath(path + '[]');
    return l.before !== undefined && l.before.t === ARRAY ? undefined : !e.leaves.some(leaf => leaf.startsWith(p));
  }
  if (l.before === undefined) {
    const p = ledgerPath(path);
    return !e.leaves.some(leaf => leaf.startsWith(p));
  }
  if (l.before.t !== DOCUMENT || isEmpty(l.before)) return e.leaves.includes(ledgerLeaf(path, l.before));
  // A document that gives way to something else, or whose fields change places.
  const leaves = [];
  ownedLeaves(policy, l.path, l.before, leaves, new Map());
  const rules = leaves.every(leaf => e.leaves.includes(leaf));
  return rules && l.after !== undefined && l.after.t === DOCUMENT ? undefined : rules;
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

// elementCause reports whether the rules changed, and not the destination, where an
// element of a list owned in part is not as wanted; undefined when it cannot be told.
function elementCause(c, l, e, w, change) {
  const {element} = change.at[change.fields.length], has = (place, v) => e.leaves.includes(ledgerLeaf(place, v));
  if (element === undefined || e.many || !has(listPlace(l), pathValue(l.by)) || change.kind === KIND_MOVED || change.kind === KIND_ORDERED) return undefined;
  const was = elementAt(w.before, l.path, element.before), is = elementAt(w.after, l.path, element.after);
  const place = placeInLedger(l, get(c.documents[w.wanted].d, l.path), was === undefined ? is : was);
  if (place === undefined) return undefined;
  if (was === undefined) return !has(place, stringValue(ELEMENT_WANTED));
  if (is === undefined) return !has(place, stringValue(ELEMENT_ABSENT));
  if (l.by.length === 0) return undefined;
  const rest = change.at.slice(change.fields.length + 1), end = rest.findIndex(step => step.element !== undefined);
  const path = rest.slice(0, end < 0 ? rest.length : end).map(step => step.field);
  const at = place + path.map(name => '.' + pathText([name])).join(''), v = get(was, path);
  if (v === undefined) return !e.leaves.some(leaf => leaf.startsWith(ledgerPath(at)));
  if (v.t !== DOCUMENT || isEmpty(v)) return has(at, v);
  let rules = true;
  leavesWithin(at, v, (inside, x) => {
    rules = rules && has(inside, x);
  });
  return rules;
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
