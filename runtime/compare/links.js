// Links. In: collections that were read, and desired documents with null where the
// `_id` of another one goes; out: the documents with those `_id`s in place, or what
// is missing. The rules are docs/enforcement.md, Links.

function collectionKey(database, name) {
  return database + '\0' + name;
}

// concernedBy are the collections with those that they link to, ascending.
/** @param {Run} run */
function concernedBy(run, which) {
  const out = new Set(which);
  for (const i of which) {
    for (const d of run.state.collections[i].documents) {
      for (const link of d.links) {
        const n = run.positions.get(collectionKey(link.database, link.collection));
        if (n !== undefined) out.add(n);
      }
    }
  }
  return [...out].sort((a, b) => a - b);
}

// resolveLinks gives a collection with the `_id`s that links stand for in its
// documents; read has every collection that they link to. Its links are {open,
// missing, unsendable} of every document. open: what a link points to cannot be
// told, as its collection or the document itself is in conflict. missing are the
// links to documents that are not there and not inserted, unsendable those to
// documents whose `_id` mongosh cannot send.
/** @param {Run} run */
function resolveLinks(run, c, read) {
  if (c.documents.every(d => d.links.length === 0)) return c;
  const links = [], documents = c.documents.map(d => {
    const state = {open: false, missing: [], unsendable: []};
    let value = d.d;
    for (const link of d.links) {
      const {id, open} = linkedID(run, read, link), bad = id === undefined ? undefined : unsendable(id, '_id');
      if (open) state.open = true;
      else if (id === undefined) state.missing.push(missingLink(run, link));
      else if (bad !== undefined) state.unsendable.push({...missingLink(run, link), bad});
      else value = replaced(value, link.path, id);
    }
    links.push(state);
    return {...d, d: value};
  });
  return {...c, documents, links, linking: {run, read, places: linkPlaces(run, c)}};
}

// linkedID is the `_id` that the destination has, or will have, of a document;
// undefined when it will have none, open when that cannot be told.
/** @param {Run} run */
function linkedID(run, read, link) {
  const to = read.get(run.positions.get(collectionKey(link.database, link.collection)));
  if (to === undefined) return {id: undefined, open: false};
  if (to.closed) return {id: undefined, open: true};
  const i = to.byKey.get(key(link.identity));
  if (i === undefined) return {id: undefined, open: false};
  const found = to.twins[i];
  if (found.length > 1) return {id: undefined, open: true};
  if (found.length === 1 && !(to.moved.has(i) && rekeys(to.c, i, found[0]))) return {id: field(found[0], '_id'), open: false};
  if (found.length === 0 && (to.c.mode === 'update' || deletedThere(to, i) && to.drift.keep)) return {id: undefined, open: false};
  const c = run.state.collections[to.at];
  return {id: insertedID(run.state, c, c.documents[i].d).id, open: false};
}

// lostLinks are the links of document i that forbid to write it: to documents that are
// not there and not inserted, or whose `_id` mongosh cannot send, but for those that do
// not matter; there: the destination has document i. open: it cannot be told whether the
// links are in place.
function lostLinks(c, i, there) {
  if (c.links === undefined || there && c.mode === 'insert') return {lost: [], unsendable: [], open: false};
  const {d} = c.documents[i], {missing, unsendable, open} = c.links[i], lost = [];
  const at = m => documentPath(d, m.path);
  for (const m of missing) {
    if (there && covered(c.preserve, at(m))) continue; // what is preserved is not looked at
    lost.push({path: at(m), place: placeText(d, m.path), rule: 'link ' + placeText(d, m.path, true), target: m.target, collection: m.collection});
  }
  return {lost, unsendable: unsendable.map(m => ({...m, path: at(m)})), open};
}

/** @param {Run} run */
function missingLink(run, link) {
  const n = run.positions.get(collectionKey(link.database, link.collection));
  const to = n === undefined ? {database: link.database, name: link.collection, identity: []} : run.state.collections[n];
  const list = to.identity.slice(0, link.identity.length).map((p, i) => ({name: pathText(p), v: link.identity[i]}));
  return {path: link.path, target: short(build(list)), collection: clean(run.database(to) + '.' + to.name)};
}

// placeText is a place in a document for a message: `lines[0].product`; with any,
// as the link that it is of has it: `lines[].product`.
function placeText(d, path, any) {
  let text = '', v = d;
  for (const name of path) {
    if (v !== undefined && v.t === ARRAY) text += any ? '[]' : '[' + name + ']';
    else text += (text === '' ? '' : '.') + pathText([name]);
    v = v !== undefined && isContainer(v) ? field(v, name) : undefined;
  }
  return text;
}
