// The report as text and Markdown; form.js has what these write in different ways.
// Values in a report are BSON (identity, id, before, after, spec).

// reportText gives the report for people. form: {markdown, quiet, verbose}.
function reportText(r, form) {
  if (r.runs !== undefined) return runListText(r, form);
  const t = new Texter(form);
  if (!form.quiet) {
    t.title(clean(r.command) + ' ' + t.name(r.weave) + ' for ' + t.name(r.environment) + ': ' + summary(r));
    for (const c of r.collections) textCollection(t, c);
    textHooks(t, r.hooks);
    textControl(t, r.control || []);
    for (const note of r.notes || []) t.alone('note: ' + t.name(note));
  }
  textConflicts(t, r.conflicts);
  if (r.failure !== undefined) {
    t.head('failure in stage ' + clean(r.failure.stage));
    t.block(r.failure.message);
  }
  if (r.digest !== undefined && !form.quiet) t.alone('digest: ' + t.name(r.digest));
  if (r.engine !== undefined && !form.quiet) t.alone('engine: ' + t.name(r.engine));
  const of = form.quiet ? clean(r.command) + ' ' + t.name(r.weave) + ' for ' + t.name(r.environment) : 'result';
  t.result(of + ': ' + r.outcome + ', exit ' + r.exit);
  return t.out.join('').replace(/^\n/, '');
}

function summary(r) {
  const sum = name => r.collections.reduce((n, c) => n + c.counts[name], 0);
  const collections = r.collections.filter(c => c.missing).length;
  const indexes = action => r.collections.reduce((n, c) => n + c.indexes.filter(x => x.action === action).length, 0);
  const options = r.collections.reduce((n, c) => n + c.options.filter(o => o.reason === undefined).length, 0);
  const left = r.collections.reduce((n, c) => n + c.options.filter(o => o.reason !== undefined).length +
    c.documents.filter(d => d.action === 'left').length + (c.reason === undefined ? 0 : 1), indexes('left'));
  return nonZero([sum('insert'), 'to insert'], [sum('update'), 'to update'], [sum('delete'), 'to delete'], [sum('inSync'), 'in sync'], [sum('unknown'), 'unknown'], [sum('absent'), 'absent'],
    [collections, plural(collections, 'collection to create', 'collections to create')],
    [indexes('create'), plural(indexes('create'), 'index to create', 'indexes to create')],
    [indexes('change'), plural(indexes('change'), 'index to change', 'indexes to change')],
    [indexes('drop'), plural(indexes('drop'), 'index to drop', 'indexes to drop')],
    [options, plural(options, 'option to change', 'options to change')], [left, 'left'],
    [(r.control || []).length, plural((r.control || []).length, 'record to change', 'records to change')]) || (['refused', 'failed', 'stopped'].includes(r.outcome) ? r.outcome : 'nothing to do'); // nobody knows what there is to do
}

function nonZero(...parts) {
  return parts.filter(([n]) => n > 0).map(([n, what]) => n + ' ' + what).join(', ');
}

function plural(n, one, many) {
  return n === 1 ? one : many;
}

function textCollection(t, c) {
  if (!c.missing && c.indexes.length + c.options.length + c.documents.length + c.counts.unmanaged === 0 && c.done === undefined && c.reason === undefined) return;
  t.head(t.name(c.database + '.' + c.collection) + (c.mode === '' ? '' : ' (' + clean(c.mode) + ') ' + t.name(c.origin))); // none in undo
  if (c.reason !== undefined) t.item('!', 'collection: ' + clean(c.reason));
  if (c.missing) t.item('+', 'collection');
  for (const x of c.options) {
    if (x.reason !== undefined) t.item('!', 'option ' + t.name(x.name) + ': ' + t.name(x.reason));
    else t.item('~', 'option ' + t.name(x.name) + ': ' + textSide(t, x.before) + ' → ' + textSide(t, x.after));
  }
  for (const x of c.indexes) {
    t.item(INDEX_SIGNS[x.action], 'index ' + t.name(x.name) + (x.reason === '' ? '' : ': ' + t.name(x.reason)) + textBuilt(x.build));
  }
  textDocuments(t, c, 'insert', '+', 'to insert', '');
  textDocuments(t, c, 'update', '~', 'to update', '');
  textDocuments(t, c, 'unknown', '?', 'unknown', '');
  textDocuments(t, c, 'absent', '?', 'absent', ': absent, not inserted');
  textDocuments(t, c, 'delete', '-', 'to delete', '');
  textDocuments(t, c, 'left', '!', 'left', '');
  const n = c.counts.unmanaged;
  if (n > 0) t.note(n + ' ' + plural(n, 'document in scope is not desired and stays', 'documents in scope are not desired and stay'));
  if (c.done === undefined) return;
  const d = c.done;
  let written = nonZero([d.inserted, 'inserted'], [d.updated, 'updated'], [d.deleted, 'deleted'], [d.indexes, plural(d.indexes, 'index', 'indexes')],
    [d.changedIndexes, plural(d.changedIndexes, 'index changed', 'indexes changed')],
    [d.droppedIndexes, plural(d.droppedIndexes, 'index dropped', 'indexes dropped')],
    [d.options, plural(d.options, 'option', 'options')]);
  if (d.created) written = (written === '' ? '' : written + ', ') + 'collection created';
  if (written !== '') t.note('written: ' + written);
}

// INDEX_SIGNS are the marks of index items.
// textBuilt is the size of the collection that an index is built on.
function textBuilt(size) {
  return size === undefined ? '' : ' (' + size.documents + ' ' + plural(size.documents, 'document', 'documents') + ', ' + size.bytes + ' bytes)';
}

function textDocuments(t, c, action, sign, more, note) {
  const list = c.documents.filter(d => d.action === action);
  for (const d of list.slice(0, t.limit)) {
    t.item(sign, t.value(d.identity) + (d.origin === c.origin ? '' : ' ' + t.name(d.origin)) + (d.reason === undefined ? note : ': ' + t.name(d.reason)) + textCause(t, d));
    for (const x of d.changes) {
      t.below(t.name(x.path) + ': ' + (x.kind === KIND_MOVED ? textLinked(t, c, x, x.after) + ' moved' + textCause(t, x) : x.unknown === undefined ? textLinked(t, c, x, x.before) + ' → ' + textLinked(t, c, x, x.after) + textCause(t, x) :
        'unknown (' + t.names(x.unknown) + ' not given)'));
    }
  }
  if (list.length > t.limit) t.note('… and ' + (list.length - t.limit) + ' more ' + more);
}

// textCause says whose doing a difference is.
function textCause(t, x) {
  if (x.cause === undefined) return '';
  return ' (' + clean(x.cause) + (x.since === undefined ? '' : ', since ' + t.name(x.since)) + ')';
}

// textSide is one side of a change.
function textSide(t, v) {
  if (v === undefined) return MISSING_TEXT;
  return v.t === STRING && [MASKED_SECRET, MASKED_REDACTED].includes(text(v)) ? text(v) : t.value(v);
}

// textLinked is one side of a change in a collection, with the documents that its
// links stand for.
function textLinked(t, c, x, v) {
  return v === undefined || x.links.length === 0 ? textSide(t, v) : t.code(shortLinked(v, x.links, c.database));
}

function textHooks(t, hooks) {
  if (hooks.length > 0) t.part('hooks');
  for (const h of hooks) {
    t.entry(clean(h.when) + ' on ' + t.name(h.database) + ': ' + t.value(h.command) + ' ' + t.name(h.origin) + (h.done ? ' (done)' : ''));
  }
}

function textControl(t, items) {
  if (items.length > 0) t.part('control');
  for (const c of items) t.entry(t.name(c.record) + ': ' + textSide(t, c.before) + ' → ' + textSide(t, c.after));
}

function textConflicts(t, conflicts) {
  for (let i = 0; i < conflicts.length;) {
    const first = conflicts[i];
    const where = first.database === '' ? '' : ' in ' + t.name(first.collection === '' ? first.database : first.database + '.' + first.collection);
    let n = 0;
    for (; i < conflicts.length; i++) {
      const c = conflicts[i];
      if (c.code !== first.code || c.database !== first.database || c.collection !== first.collection) break;
      if (++n > t.limit) continue;
      t.head('conflict ' + clean(c.code) + where + (c.origin === '' ? '' : ', ' + t.name(c.origin)));
      t.block(c.message + (c.fix === '' ? '' : '\nfix: ' + c.fix));
    }
    if (n > t.limit) t.alone('… and ' + (n - t.limit) + ' more ' + clean(first.code) + where);
  }
}
