// Lists of which the weave owns a part. In: the wanted document, the destination's, and
// what is said of its lists; out: the wanted document with these lists as they are to be
// beside the elements that the destination keeps, or why nobody can tell. The rules are
// docs/enforcement.md, Lists owned in part.

// listKey is what tells an element apart: the values of `by`, or the element itself;
// undefined when one of them is missing, null or an array.
function listKey(l, e) {
  if (l.by.length === 0) return [e];
  if (e.t !== DOCUMENT) return undefined;
  const values = l.by.map(name => field(e, name));
  return values.some(v => v === undefined || v.t === NULL || v.t === ARRAY) ? undefined : values;
}

// listAt is the list owned in part at a path; undefined: there is none.
function listAt(c, p) {
  return c.lists.find(l => l.path.length === p.length && startsWith(p, l.path));
}

// wantedElements are the elements that are to be there: of the wanted array unless only,
// and those of `has`.
function wantedElements(l, wanted) {
  return (l.only || wanted === undefined || wanted.t !== ARRAY ? [] : fields(wanted).map(f => f.v)).concat(l.has);
}

// ownedKeys are the keys of the elements that are the weave's, each once: those that are
// to be there, of the wanted array unless only, then those that are not to be there.
function ownedKeys(l, wanted) {
  const keys = wantedElements(l, wanted).map(e => listKey(l, e)).filter(k => k !== undefined);
  return [...new Set(keys.concat(l.without).map(k => key(k)))];
}

// elementsByKey are the elements of an array that have a key, by it, in its order; a
// missing one, or null, has none.
function elementsByKey(l, v) {
  const out = new Map();
  for (const {v: e} of v === undefined || v.t !== ARRAY ? [] : fields(v)) {
    const k = listKey(l, e);
    if (k !== undefined) out.set(key(k), (out.get(key(k)) || []).concat([e]));
  }
  return out;
}

function sameElements(a, b) {
  return a.length === b.length && a.every((e, n) => identical(e, b[n]));
}

// besideOf is a wanted document as it is to be beside one of the destination: {d, places,
// unclear, lost}. In places elements stand where the destination has them; unclear says
// of which list nobody can tell which element is the wanted one, as {path, count, key}
// or, where it is none, {path, type}; lost is a left out field that would go.
function besideOf(c, i, live) {
  const out = {d: c.documents[i].d, places: c.documents[i].places, unclear: undefined, lost: undefined};
  if (c.mode !== 'insert') for (const l of c.lists) listBeside(out, c.policy, l, live);
  return out;
}

// listBeside puts the list as it is to be in place of the wanted one.
function listBeside(out, policy, l, live) {
  const wanted = get(out.d, l.path), found = get(live, l.path), at = l.path.length;
  const inList = q => startsWith(q.owner, l.path) && q.path.length > at;
  if (found === undefined || found.t === NULL) {
    if (!l.only) return; // the wanted one as a whole
    out.places = out.places.filter(q => !startsWith(q.owner, l.path));
    if (l.has.length > 0) out.d = withList(out.d, l.path, array(l.has));
    else if (found !== undefined) out.d = withList(out.d, l.path, found);
    else if (wanted !== undefined) out.d = changed(out.d, [], [l.path], 0);
    return;
  }
  if (found.t !== ARRAY) {
    out.unclear = {path: l.path, type: typeName(found)};
    return;
  }
  const m = mergeList(policy, l, wanted, found);
  if (m.twice > 0) {
    out.unclear = {path: l.path, count: m.twice, key: short(build(l.by.map((name, n) => ({name, v: m.twiceKey[n]}))))};
    return;
  }
  out.places = out.places.flatMap(q => {
    if (!inList(q)) return [q];
    const n = Number(q.path[at]);
    if (l.only || m.at[n] === undefined) return []; // the destination's elements are its own
    const moved = to => q.path.map((name, step) => step === at ? String(to) : name);
    return [{...q, path: moved(m.at[n]), live: moved(m.from[n])}];
  });
  const list = m.same ? found : array(m.elements);
  if (m.lost !== undefined && out.lost === undefined) out.lost = {path: l.path, want: list, inside: l.path.concat(m.lost)};
  out.d = withList(out.d, l.path, list);
}

// withList puts a value at a path, unless something other than a document is wanted above it.
function withList(d, path, v) {
  for (let n = 1; n < path.length; n++) {
    const above = get(d, path.slice(0, n));
    if (above !== undefined && above.t !== DOCUMENT) return d;
  }
  return changed(d, [{path, v}], [], 0);
}

// mergeList makes one list of the wanted elements and those of the destination:
// elements; at and from, of each wanted element of the document its position, and that in
// the destination's (-1: none); twice, how many
// elements of the destination have one wanted key, twiceKey; lost, a left out field;
// same, that nothing changes.
function mergeList(policy, l, wanted, found) {
  const document = l.only || wanted === undefined || wanted.t !== ARRAY ? [] : fields(wanted).map(f => f.v);
  const own = document.concat(l.has), byKey = new Map(), seen = own.map(() => 0);
  const out = {elements: [], same: false, at: document.map(() => 0), from: document.map(() => -1), twice: 0, twiceKey: undefined, lost: undefined};
  const put = (n, e) => {
    if (n < out.at.length) out.at[n] = out.elements.length;
    out.elements.push(e);
  };
  own.forEach((e, n) => {
    const k = listKey(l, e);
    if (k !== undefined) byKey.set(key(k), n);
  });
  const without = new Set(l.without.map(k => key(k)));
  let twice = -1;
  fields(found).forEach(({v: e}, position) => {
    const k = listKey(l, e), text = k === undefined ? undefined : key(k), n = byKey.get(text);
    if (text === undefined) out.elements.push(e);
    else if (n !== undefined) {
      seen[n]++;
      if (seen[n] > 1 && l.by.length > 0 && twice < 0) [twice, out.twiceKey] = [n, k];
      if (seen[n] > 1) out.elements.push(e);
      else {
        if (n < out.from.length) out.from[n] = position;
        put(n, elementBeside(out, policy, l, own[n], e, position));
      }
    } else if (!without.has(text)) out.elements.push(e);
  });
  if (twice >= 0) out.twice = seen[twice];
  own.forEach((e, n) => {
    if (seen[n] === 0) put(n, e);
  });
  const before = fields(found);
  out.same = out.elements.length === before.length && out.elements.every((e, n) => identical(e, before[n].v));
  return out;
}

// elementBeside is a wanted element beside the destination's, by its mode: owned by its
// leaves in merge and update, else as a whole. Told by its value, it stays as it is.
function elementBeside(out, policy, l, wanted, found, position) {
  if (l.by.length === 0) return found;
  const names = policy.leftOut.filter(q => typeof q === 'string');
  let e = wanted;
  if (policy.mode === 'merge' || policy.mode === 'update') e = changed(found, leavesToSet([], wanted, found), [], 0);
  else if (names.length > 0) e = besideLeftOut(wanted, found, names);
  if (names.length > 0 && out.lost === undefined) {
    const had = new Kept([], EMPTY), has = new Kept([], EMPTY);
    had.elements([], found, names);
    has.elements([], e, names);
    if (has.inside.length < had.inside.length) out.lost = [String(position), ...had.inside[0]];
  }
  return e;
}

// leavesToSet are the leaves of the wanted document that the found one has otherwise.
function leavesToSet(at, wanted, found) {
  return fields(wanted).flatMap(({name, v}) => {
    const path = at.concat([name]), was = field(found, name);
    if (was !== undefined && v.t === DOCUMENT && was.t === DOCUMENT) return leavesToSet(path, v, was);
    return was === undefined || !identical(v, was) ? [{path, v}] : [];
  });
}

// besideLeftOut is the wanted document with the fields of the names that the found one
// has, at their places in documents: the order is the found one's where the other fields
// have it, too, whatever their values, else these come last.
function besideLeftOut(wanted, found, names) {
  const rest = new Kept([], EMPTY).elements([], found, names), ds = fields(wanted), ls = fields(found);
  const value = ({name, v}) => {
    const was = field(found, name);
    if (was === undefined || names.includes(name)) return v;
    if (v.t === DOCUMENT && was.t === DOCUMENT) return besideLeftOut(v, was, names);
    const bare = was.t === ARRAY ? field(rest, name) : undefined;
    return bare !== undefined && identical(bare, v) ? was : v;
  };
  const isOwn = f => names.includes(f.name) && indexOf(ds, f.name, 0) < 0, others = ls.filter(f => !isOwn(f));
  if (others.length === ds.length && others.every((f, i) => f.name === ds[i].name)) {
    let n = 0;
    return build(ls.map(f => isOwn(f) ? f : {name: f.name, v: value(ds[n++])}));
  }
  return build(ds.map(f => ({name: f.name, v: value(f)})).concat(ls.filter(isOwn)));
}

// keptLists are the paths of lists that stay as the destination has them.
function keptLists(policy, wanted, live) {
  return policy.lists.filter(p => {
    const l = get(live, p), w = get(wanted, p);
    return l !== undefined && (w === undefined || identical(w, l));
  });
}

// shares reports whether a path is in a list that the destination owns a part of.
function shares(policy, p) {
  return covered(policy.lists, p);
}
