// The entries of what is wanted, and the causes of elements of lists owned in part. In:
// desired documents, and writes; out: leaves of the ledger, and causes. Pure.

// ledgerEntries are those of all desired documents of a collection but the absent ones, made
// when they are needed: {count, about, entry} of ledgerPlaces.
function ledgerEntries(c, absent) {
  const without = new Set(absent), at = [], owns = c.policy.mode !== 'insert', paths = new Map();
  c.documents.forEach((_, i) => {
    if (!without.has(i)) at.push(i);
  });
  const keyOf = d => ledgerKey(identityDocument(c.identity, d));
  return {
    count: at.length,
    about: i => {
      const {d} = c.documents[at[i]];
      let leaves = 0;
      if (owns) {
        leaves = listLeaves(c, d).length;
        ownedValues(c.policy, [], d, () => { leaves++; });
      }
      return {key: keyOf(d), leaves};
    },
    entry: i => {
      const {d} = c.documents[at[i]], leaves = [];
      if (owns) {
        ownedLeaves(c.policy, [], d, leaves, paths);
        leaves.push(...listLeaves(c, d));
      }
      const many = leaves.length > MAX_LEAVES;
      return {key: keyOf(d), leaves: many ? [] : leaves.sort(byText), many};
    },
  };
}

const KNOWN_BYTES = 24, KNOWN_VALUES = 256; // of values whose leaves are kept, and how many of a path: flags, kinds and the like

// ownedLeaves adds the leaves of a document that the weave owns: documents are
// entered, arrays not, an empty document is a leaf. paths are those that are known: {path:
// the digest, leaves: by value}.
function ownedLeaves(policy, at, d, leaves, paths) {
  ownedValues(policy, at, d, (p, v) => {
    const k = pathKey(p);
    let known = paths.get(k);
    if (known === undefined) paths.set(k, known = {path: ledgerPath(pathText(p)), leaves: new Map()});
    const value = v.e - v.s > KNOWN_BYTES ? '' : String.fromCharCode(v.t) + latin1(v.b, v.s, v.e);
    let leaf = value === '' ? undefined : known.leaves.get(value);
    if (leaf === undefined) {
      leaf = known.path + valueDigest(v);
      if (value !== '' && known.leaves.size < KNOWN_VALUES) known.leaves.set(value, leaf);
    }
    leaves.push(leaf);
  });
}

// ownedValues calls each for those leaves.
function ownedValues(policy, at, d, each) {
  for (const f of fields(d)) {
    const p = at.concat([f.name]);
    if (at.length === 0 && f.name === '_id' || covered(policy.preserve, p) || covered(policy.ignore, p) || shares(policy, p)) continue;
    if (f.v.t === DOCUMENT && !isEmpty(f.v)) ownedValues(policy, p, f.v, each);
    else each(p, f.v);
  }
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
