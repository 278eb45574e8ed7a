// What is said of a report, before it is text or Markdown. In: a report; out: an outline:
// {parts, lists, notes}. A part is what is said of a collection: {name, about, tally,
// policies, documents, untold, notes}; policies and documents are entries {action, sign, head,
// lines}, done where what it has in common with others is said already; a line below an entry is a fact {sign, path, said, rows, like, edit}; edit is what
// differs within a text, whatever stands around it, or ''.

/**
 * @typedef {{sign: string, text: string}} Row
 * @typedef {{sign: string, path: string, said: Span[], rows: Row[], like: string, edit: string}} Fact
 * @typedef {{action: string, sign: string, head: Span[], lines: Fact[], done?: boolean}} Entry
 */

// outlineOf is that of a report.
function outlineOf(r, form) {
  const outline = {
    parts: r.collections.filter(anythingToSay).map(c => partOf(c, form)),
    lists: [
      {name: 'the run', lines: r.record === undefined ? [] : recordLines(r.record)},
      {name: 'hooks', lines: r.hooks.map(h => said(clean(h.when) + ' on ', nameSpan(h.database), ': ', valueSpan(h.command), ' ', nameSpan(h.origin), h.done ? ' (done)' : ''))},
      {name: 'control', lines: (r.control || []).map(x => said(nameSpan(x.record), ': ', saidSides(x.before, x.after, form)))},
    ],
    notes: (r.notes || []).map(note => said('note: ', nameSpan(note))),
  };
  return (r.databases || []).length === 0 ? outline : fanOutOutline(outline, r, form);
}

function anythingToSay(c) {
  return c.missing || c.indexes.length + c.options.length + c.documents.length + c.counts.unmanaged > 0 || c.done !== undefined || c.reason !== undefined;
}

// partOf is what is said of a collection.
function partOf(c, form) {
  const untold = {...c.untold}, notes = [];
  const documents = ACTIONS.flatMap(a => {
    if (a.name !== 'update' || c.updates === undefined || !(untold.update > 0)) return documentEntries(c, a, form);
    const all = saidOnceEach(a.name, () => updateEntries(c, a, form));
    untold.update = all.more;
    return all.entries;
  });
  const n = c.counts.unmanaged, written = c.done === undefined ? '' : writtenText(c.done);
  if (form.path === '') { // the notes are about all documents
    if (n > 0) notes.push(said(count(n) + ' ' + plural(n, 'document in scope is not desired and stays', 'documents in scope are not desired and stay')));
    if (written !== '') notes.push(said('written: ' + written));
  }
  return {
    name: said(nameSpan(c.database + '.' + c.collection)), about: c.mode === '' ? [] : said(' (' + clean(c.mode) + ') ', nameSpan(c.origin)), // none in undo
    tally: tallyOf(c), made: c.missing, policies: policyEntries(c, form), documents, untold, notes,
  };
}

// writtenText is what apply or undo wrote.
function writtenText(d) {
  return nonZero([d.inserted, 'inserted'], [d.updated, 'updated'], [d.deleted, 'deleted'], [d.indexes, plural(d.indexes, 'index', 'indexes')],
    [d.changedIndexes, plural(d.changedIndexes, 'index changed', 'indexes changed')], [d.droppedIndexes, plural(d.droppedIndexes, 'index dropped', 'indexes dropped')],
    [d.options, plural(d.options, 'option', 'options')], [d.created ? 1 : 0, 'collection created']);
}

// briefly says once what documents have in common, and leaves out what is too much.
function briefly(outline) {
  for (const p of outline.parts) p.documents = firstOf(saidOnce(p.documents), p.untold);
}

// firstOf are the first entries of each action, with their first lines; untold are how many have none.
function firstOf(entries, untold) {
  const out = [], number = new Map();
  for (const e of entries) {
    const n = (number.get(e.action) || 0) + 1, more = e.lines.length - TEXT_LINES;
    number.set(e.action, n);
    if (n > TEXT_ITEMS) continue;
    out.push(more <= 0 ? e : {...e, lines: [...e.lines.slice(0, TEXT_LINES), fact({said: said('… and ' + count(more) + ' more ' + plural(more, 'change', 'changes'))})]});
  }
  for (const [action, n] of Object.entries(untold)) number.set(action, (number.get(action) || 0) + n);
  for (let k = out.length - 1; k >= 0; k--) { // behind the last one of each
    const {action} = out[k], more = number.get(action) - TEXT_ITEMS;
    if (more <= 0) continue;
    out.splice(k + 1, 0, {action, sign: '', head: said('… and ' + count(more) + ' more ' + (VERBS[action] || action)), lines: []});
    number.set(action, 0);
  }
  return out;
}

// policyEntries are of what is no document: what bounds and binds them comes first.
/** @returns {Entry[]} */
function policyEntries(c, form) {
  const out = [], add = (sign, head, lines = []) => out.push({action: '', sign, head, lines});
  if (c.reason !== undefined) add('!', said('collection: ', nameSpan(c.reason)));
  if (c.missing) add('+', said('collection'));
  for (const x of c.options) {
    const head = said('option ', nameSpan(x.name)), changes = x.changes || [];
    if (x.reason !== undefined) add('!', said(head, ': ', nameSpan(x.reason)));
    else if (changes.length > 0) add('~', head, factsOf(c, changes, form));
    else add('~', said(head, ': ', saidSides(x.before, x.after, form)));
  }
  for (const x of c.indexes) {
    const more = x.reason !== '' && x.reason !== undefined && (x.changes || []).length === 0 ? said(': ', nameSpan(x.reason)) : x.action === 'create' || x.action === 'drop' ? said(': ', valueSpan(x.spec)) : [];
    const size = x.build === undefined ? '' : ' (' + count(x.build.documents) + ' ' + plural(Number(x.build.documents), 'document', 'documents') + ', ' + count(x.build.bytes) + ' bytes)';
    add(INDEX_SIGNS[x.action], said('index ', nameSpan(x.name), more, size), factsOf(c, x.changes || [], form));
  }
  return out;
}

// ACTIONS are what is done with documents, in the order in which it is shown.
const ACTIONS = [
  {name: 'insert', sign: '+', note: ''}, {name: 'move', sign: '>', note: ''}, {name: 'update', sign: '~', note: ''}, {name: 'unknown', sign: '?', note: ''},
  {name: 'absent', sign: '?', note: ': absent, not inserted'}, {name: 'keep', sign: '=', note: ': kept as it is'},
  {name: 'delete', sign: '-', note: ''}, {name: 'left', sign: '!', note: ''},
];

// documentEntries are those of one action.
/** @returns {Entry[]} */
function documentEntries(c, a, form) {
  const list = c.documents.filter(d => d.action === a.name), renamed = renamesOf(c), whole = form.verbose || list.length <= TEXT_WHOLE;
  return list.map(d => documentEntry(c, a, d, whole, renamed.get(d), form));
}

// updateEntries are those of updates, of which documents lacks some.
/** @returns {Generator<Entry>} */
function * updateEntries(c, a, form) {
  for (const d of c.updates.all()) yield documentEntry(c, a, d, false, undefined, form);
}

// documentEntry is that of a document: whole, or on one line where that is inserted or deleted; to is
// the one that goes and is otherwise the same.
/** @returns {Entry} */
function documentEntry(c, a, d, whole, to, form) {
  const has = (a.name === 'insert' || a.name === 'delete') && d.document !== undefined;
  const head = said(valueSpan(d.identity), has && !whole ? said(': ', shortDocument(c, d, form)) : [],
    to === undefined ? [] : said(' (otherwise as ', valueSpan(to.identity), ', which goes)'),
    d.origin !== '' && d.origin !== c.origin ? said(' ', nameSpan(d.origin)) : [], d.from === undefined ? [] : said(': moved from ', valueSpan(d.from)), d.reason === undefined ? a.note : said(': ', nameSpan(d.reason)), saidCause(d));
  const {facts, left} = has && whole ? fieldFacts(c, d, form) : {facts: [], left: d.changes};
  return {action: a.name, sign: a.sign, head, lines: [...facts, ...factsOf(c, left, form)]};
}

// saidCause says whose doing a difference is.
function saidCause(x) {
  if (x.cause === undefined) return [];
  return x.since === undefined ? said(' (' + clean(x.cause) + ')') : said(' (' + clean(x.cause) + ', since ', nameSpan(x.since), ')');
}
