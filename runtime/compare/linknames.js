// Links for people. In: changes of documents, and the collections that were read;
// out: which document each `_id` in a change stands for, as plan, apply and undo
// say it: `role: null → roles "admin"`. The rules are docs/enforcement.md, Links.

// ANY_POSITION is no name of a field: these have no NUL.
const ANY_POSITION = '\0';

// linkPlaces are the places where documents of a collection have links, each
// once: {steps, to}, with the position of the other collection in the state.
/** @param {Run} run */
function linkPlaces(run, c) {
  const places = new Map();
  for (const d of c.documents) {
    for (const l of d.links) {
      const to = run.positions.get(collectionKey(l.database, l.collection));
      if (to === undefined) continue;
      let v = d.d;
      const steps = l.path.map(name => {
        const step = v !== undefined && v.t === ARRAY ? ANY_POSITION : name;
        v = v === undefined || v.t !== DOCUMENT && v.t !== ARRAY ? undefined : field(v, name);
        return step;
      });
      const k = to + '\x01' + steps.join('\x01');
      if (!places.has(k)) places.set(k, {steps, to});
    }
  }
  return [...places.values()];
}

// namedLinks are the links in both sides of a change at a place, names of fields
// and elements: {path, id, database, collection, identity}; linking is
// {run, read, places} of a collection, or undefined.
function namedLinks(linking, at, before, after) {
  const out = [];
  if (linking === undefined) return out;
  const goesTo = (step, place) => step === place || isElement(step) && place === ANY_POSITION;
  for (const v of [before, after]) {
    for (const {steps, to} of linking.places) {
      const other = linking.read.get(to), n = at.length;
      if (other !== undefined && steps.length >= n && at.every((step, i) => goesTo(step, steps[i]))) namedIn(linking.run, other, v, at.map(stepName), steps.slice(n), out);
    }
  }
  return out;
}

// namedIn adds the links to documents of a collection in a value, at the steps below a path.
/** @param {Run} run */
function namedIn(run, to, v, path, steps, out) {
  if (v === undefined) return;
  if (steps.length === 0) {
    const identity = identityBehind(run, to, v);
    if (identity !== undefined) out.push({path, id: v, database: to.database, collection: to.c.name, identity});
    return;
  }
  const any = steps[0] === ANY_POSITION;
  if (v.t !== (any ? ARRAY : DOCUMENT)) return;
  for (const f of fields(v)) if (any || f.name === steps[0]) namedIn(run, to, f.v, path.concat([f.name]), steps.slice(1), out);
}

// identityBehind is the identity of the document that has this `_id`, or will
// have it: undefined when there is none, or when it may not be shown.
/** @param {Run} run */
function identityBehind(run, to, id) {
  if (to.closed || to.c.identityIsID || to.c.identity.some(p => related(to.c.places, p) || touched(to.c.redact, p))) return undefined;
  if (to.behind === undefined) {
    to.behind = new Map();
    for (const d of to.all ? to.live : to.twins.flat()) { // what else was read depends on the store
      if (identityOf(to.c.identity, d) !== undefined) to.behind.set(key([field(d, '_id')]), identityDocument(to.c.identity, d));
    }
    const c = run.state.collections[to.at];
    to.twins.forEach((twins, i) => {
      const {d} = c.documents[i];
      if (twins.length === 0 && c.mode !== 'update') to.behind.set(key([insertedID(run.state, c, d).id]), identityDocument(c.identity, d));
    });
  }
  return to.behind.get(key([id]));
}

// linkItems are links of the report, of a change at a path: each once.
function linkItems(at, links) {
  const items = new Map();
  for (const l of links) {
    const item = {...l, at: l.path.slice(at.length)}, k = item.at.join('\0') + '\0' + canonical(l.id);
    if (!items.has(k)) items.set(k, item);
  }
  return [...items.values()];
}

// journalLinks is how an item of the journal keeps the links of its changes:
// the database only where it is another one.
function journalLinks(leaves, database) {
  return leaves.flatMap(l => l.links || []).map(k => doc('path', pathValue(k.path), '_id', k.id,
    ...(k.database === database ? [] : ['database', stringValue(k.database)]), 'collection', stringValue(k.collection), 'identity', k.identity));
}

// linksOf reads them again.
function linksOf(item, database) {
  const list = field(item, 'links');
  return list === undefined ? [] : fields(list).map(({v}) => ({
    path: texts(field(v, 'path')), id: field(v, '_id'), database: field(v, 'database') === undefined ? database : text(field(v, 'database')), collection: text(field(v, 'collection')), identity: field(v, 'identity'),
  }));
}

// linkedIn are those of the links that one of the sides of a change at a place has.
function linkedIn(at, before, after, links) {
  const out = [], from = at.map(stepName);
  for (const side of [before, after]) {
    for (const k of links) {
      if (!startsWith(k.path, from)) continue;
      let v = side;
      for (const name of k.path.slice(from.length)) v = v === undefined || v.t !== DOCUMENT && v.t !== ARRAY ? undefined : field(v, name);
      if (v !== undefined && identical(v, k.id)) out.push(k);
    }
  }
  return out;
}
