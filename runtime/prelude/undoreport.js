// The report of undo. In: steps (undorun.js); out: items of the report's
// collections. The twin is runtime/enforce/undoreport.go.

// reportStep adds a step to the report of its collection.
function reportStep(c, s, done) {
  if (s.created) c.reason = LEFT_COLLECTION;
  const x = s.index, o = s.options;
  if (x !== undefined && x.action !== '') {
    const spec = x.action === 'drop' || x.before === undefined ? x.after : x.before;
    c.indexes.push({action: x.action, name: indexName(spec), spec, before: x.action === 'change' ? x.after : undefined, reason: x.reason, build: undefined});
  }
  if (o !== undefined) {
    for (const name of o.names.concat(o.left)) {
      const reason = o.left.includes(name) ? LEFT_DOCUMENT : o.reason === '' ? undefined : o.reason;
      c.options.push({name, before: field(o.after, name), after: field(o.before, name), reason});
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
  const id = v.hidesID ? MASKED_VALUE : v.id, item = {identity: v.identity || doc('_id', id), id, origin: '', changes: []};
  if (v.op !== undefined) {
    const action = v.before === undefined ? 'insert' : v.after === undefined ? 'delete' : 'update';
    c.counts[action]++;
    c.documents.push({action, ...item, changes: action === 'update' ? undoChanges(v) : []});
  }
  if (v.reason !== '') c.documents.push({action: 'left', ...item, reason: v.reason});
}

// undoChanges are leaf by leaf, hidden ones masked.
function undoChanges(v) {
  const leaves = leafChanges(v.before, v.after).sort((a, b) => comparePaths(a.path, b.path));
  return leaves.map(l => {
    const hidden = v.hidesAll || related(v.hidden, l.path), hide = x => x !== undefined && hidden ? MASKED_VALUE : x;
    const links = hidden ? [] : linkItems(l.path, linkedIn(l, v.links));
    return {path: pathText(l.path), before: hide(l.before), after: hide(l.after), unknown: undefined, links};
  });
}
