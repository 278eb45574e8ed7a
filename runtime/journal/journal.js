// What the journal has of a step. In: planned writes, specs of indexes, options; out:
// the data of records. The format is docs/state.md, journal.

// owningOf says what of a collection's documents the weave does not own: paths
// (keep), and names of fields at any depth, both sorted.
function owningOf(c) {
  const keep = new Map(), names = new Set();
  for (const p of [...c.preserve, ...c.ignore, ...c.redact, ...c.omit]) {
    if (typeof p === 'string') names.add(p);
    else keep.set(pathKey(p), p);
  }
  return {keep: [...keep.values()].sort(comparePaths), names: [...names].sort(compareNames)};
}

// journalEntries gives what undo needs of a step (Run.step): [[action, items], …]; nothing of a hook.
function journalEntries({observation, writes, whole, create, indexes, drop, change, options}) {
  if (create) return [['create', [EMPTY]]];
  if (indexes !== undefined) return [['create-index', indexes.map(spec => doc('after', spec))]];
  if (drop !== undefined) return [['drop-index', drop.map(spec => doc('before', spec))]];
  if (change !== undefined) return [['change-index', [doc('before', change.before, 'after', change.after)]]];
  if (options !== undefined) return [['options', [doc('before', options.before, 'after', options.after)]]];
  return writes === undefined ? [] : journalWrites(observation.c, observation.database, writes, whole);
}

// journalWrites gives the entries [action, items] of a batch: inserts, updates,
// replacements, deletes. Of a transaction, which may insert what it has deleted by
// another `_id`, inserts come last.
function journalWrites(c, database, writes, whole) {
  const owned = owningOf(c), last = {update: [], replace: [], delete: []}, items = whole ? {...last, insert: []} : {insert: [], ...last};
  for (const w of writes) {
    const {action} = w.op, list = [{name: '_id', v: idOf(w)}, {name: 'key', v: binaryValue(documentKey(c, w))}];
    const add = (name, v) => list.push({name, v}), identity = journalIdentity(c, w);
    const links = journalLinks(w.leaves || [], database);
    if (identity !== undefined) add('identity', identity);
    if (links.length > 0) add('links', array(links));
    if (action === 'insert') add('digest', binaryValue(ownedDigest(owned, w.op.document)));
    else if (action === 'update') add('fields', array(journalFields(c, w)));
    else {
      add('before', w.before);
      if (action === 'replace') add('after', w.op.document);
    }
    const mask = action === 'insert' ? undefined : journalMask(c, w);
    if (mask !== undefined) add('masked', mask);
    if (hidesPath(c, w.wanted, ['_id'])) add('secretId', TRUE);
    items[action].push(build(list));
  }
  return Object.entries(items);
}

// journalMask is what undo may not show of a document, undefined when it may show
// all: places of secrets, and what the patterns of redact and omit name.
function journalMask(c, w) {
  const secrets = w.wanted < 0 ? c.places : c.documents[w.wanted].places.map(q => q.path), leftOut = c.redact.concat(c.omit);
  if (secrets.length + leftOut.length === 0) return undefined;
  return doc('secrets', array(secrets.map(pathValue)), 'paths', array(leftOut.filter(p => typeof p !== 'string').map(pathValue)),
    'names', pathValue(leftOut.filter(p => typeof p === 'string')));
}

// addMask reads it again, and adds it to a mask.
function addMask(item, mask) {
  const d = field(item, 'masked');
  if (d === undefined) return;
  mask.secrets.push(...fields(field(d, 'secrets')).map(f => texts(f.v)));
  mask.leftOut.push(...fields(field(d, 'paths')).map(f => texts(f.v)), ...texts(field(d, 'names')));
}

// hidesPath: a value at p of a desired document (-1: of another document) is not to be shown.
function hidesPath(c, wanted, p) {
  return wanted >= 0 && hides(c.documents[wanted], p) || touched(c.redact, p);
}

// documentKey is the document's key in the ledger.
function documentKey(c, w) {
  return host.sha256(bytes(identityWritten(c, w))).subarray(0, KEY_SIZE);
}

// identityWritten is the identity of the document that a write is about.
function identityWritten(c, w) {
  return identityDocument(c.identity, w.wanted < 0 ? w.before : c.documents[w.wanted].d);
}

// journalIdentity is by what undo names a document: undefined where that is its
// `_id`, or may not be shown.
function journalIdentity(c, w) {
  return c.identityIsID || c.identity.some(p => hidesPath(c, w.wanted, p)) ? undefined : identityWritten(c, w);
}

// journalFields are the written paths of an update, in the order of $set, then $unset.
function journalFields(c, w) {
  return w.op.set.concat(w.op.unset.map(path => ({path, v: undefined}))).map(({path, v}) => {
    const list = [{name: 'path', v: pathValue(path)}], before = get(w.before, path);
    if (before !== undefined) {
      list.push({name: 'before', v: before});
      if (v === undefined) list.push({name: 'place', v: int32Value(placeOf(w.before, path))});
    }
    if (v !== undefined) list.push({name: 'after', v});
    const part = listAt(c, path);
    if (part !== undefined) list.push({name: 'by', v: pathValue(part.by)});
    return build(list);
  });
}

// placeOf is the position of an existing field among its siblings.
function placeOf(d, path) {
  return fields(get(d, path.slice(0, -1))).findIndex(f => f.name === path[path.length - 1]);
}
