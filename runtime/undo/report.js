// The report of undo. In: steps (undo.js); out: items of the report's
// collections.

// reportStep adds a step to the report of its collection.
function reportStep(c, s, done) {
  if (s.created) c.reason = LEFT_COLLECTION;
  const x = s.index, o = s.options;
  if (x !== undefined && x.action !== '') {
    const spec = x.action === 'drop' || x.before === undefined ? x.after : x.before;
    c.indexes.push({action: x.action, name: indexName(spec), spec, before: x.action === 'change' ? x.after : undefined,
      changes: x.action === 'change' ? documentChanges(x.after, spec, {}) : [], reason: x.reason, build: undefined});
  }
  if (o !== undefined) {
    for (const name of o.names.concat(o.left)) {
      const reason = o.left.includes(name) ? LEFT_DOCUMENT : o.reason === '' ? undefined : o.reason;
      const before = field(o.after, name), after = field(o.before, name);
      c.options.push({name, before, after, changes: optionChanges(name, before, after), reason});
    }
  }
  for (const v of s.documents) reportReversal(c, v);
  if (!done) return;
  if (c.done === undefined) c.done = nothingDone();
  for (const v of s.documents) {
    if (v.done) c.done[v.before === undefined ? 'inserted' : v.after === undefined ? 'deleted' : 'updated']++;
  }
  for (const [name, n] of Object.entries(s.done)) if (n) c.done[name] += n;
}

// reportReversal adds a document: what is done with it, and that something is left.
function reportReversal(c, v) {
  const item = itemOf(v);
  if (v.op !== undefined) {
    const action = v.before === undefined ? 'insert' : v.after === undefined ? 'delete' : 'update';
    c.counts[action]++;
    const changes = action === 'update' ? undoChanges(v) : [];
    c.counts.lost += lostElements(changes);
    // What was inserted is shown by its identity alone: the journal has a digest of it,
    // and says not which of its values are secrets.
    c.documents.push({action, ...item, ...(action === 'insert' ? undoneDocument(v, v.after) : {}), changes});
  }
  if (v.reason !== '') c.documents.push({action: 'left', ...item, reason: v.reason});
}

// itemOf names a document.
function itemOf(v) {
  const id = v.hidesID ? MASKED_VALUE : v.id;
  return {identity: v.identity || doc('_id', id), id, origin: '', document: undefined, hidden: [], links: [], changes: []};
}

// hidesSome: something of the document may not be shown.
function hidesSome(v) {
  return v.hidesAll || v.hidesID || v.hidden.length > 0 || [v.before, v.after].some(d => d !== undefined && !identical(v.mask.value([], d), d));
}
