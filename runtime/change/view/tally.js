// Numbers of what there is to do. In: a report or a collection of it; out: them, and the
// words for them.

// nothingCounted is a tally: numbers of documents, collections, indexes, options, and records.
function nothingCounted() {
  return {insert: 0, moved: 0, update: 0, delete: 0, inSync: 0, unknown: 0, absent: 0, kept: 0, lost: 0, collections: 0, create: 0, modify: 0, drop: 0, options: 0, left: 0, records: 0};
}

// tallyOf counts a collection.
function tallyOf(c) {
  const n = {...nothingCounted(), collections: c.missing ? 1 : 0};
  for (const name of ['insert', 'update', 'delete', 'inSync', 'unknown', 'absent', 'lost']) n[name] = c.counts[name];
  n.kept = c.counts.kept || 0;
  for (const x of c.indexes) {
    if (x.action === 'create') n.create++;
    if (x.action === 'change') n.modify++;
    if (x.action === 'drop') n.drop++;
    if (x.action === 'left') n.left++;
  }
  for (const x of c.options) n[x.reason === undefined ? 'options' : 'left']++;
  n.moved = c.documents.filter(d => d.action === 'move').length; // updates that are said apart
  n.update -= n.moved;
  n.left += c.documents.filter(d => d.action === 'left').length + (c.reason === undefined ? 0 : 1);
  return n;
}

// tallyOfAll counts a report.
function tallyOfAll(r) {
  const n = {...nothingCounted(), records: (r.control || []).length};
  for (const c of r.collections) {
    const m = tallyOf(c);
    for (const name of Object.keys(n)) n[name] += m[name];
  }
  return n;
}

// VERBS are the words for what is done with documents.
const VERBS = {insert: 'to insert', move: 'to move', update: 'to update', delete: 'to delete'};

// tallyText joins the numbers that are not 0.
function tallyText(n) {
  return nonZero([n.insert, VERBS.insert], [n.moved, VERBS.move], [n.update, VERBS.update], [n.delete, VERBS.delete], [n.inSync, 'in sync'], [n.unknown, 'unknown'], [n.absent, 'absent'], [n.kept, 'kept'], ...tallyAlso(n));
}

// tallyAlso are the numbers of what is no document.
function tallyAlso(n) {
  return [
    [n.lost, plural(n.lost, 'element lost', 'elements lost')],
    [n.collections, plural(n.collections, 'collection to create', 'collections to create')],
    [n.create, plural(n.create, 'index to create', 'indexes to create')],
    [n.modify, plural(n.modify, 'index to change', 'indexes to change')],
    [n.drop, plural(n.drop, 'index to drop', 'indexes to drop')],
    [n.options, plural(n.options, 'option to change', 'options to change')],
    [n.left, 'left'],
    [n.records, plural(n.records, 'record to change', 'records to change')],
  ];
}

// nonZero joins the numbers that are not 0.
function nonZero(...numbers) {
  return numbers.filter(([n]) => n > 0).map(([n, what]) => count(n) + ' ' + what).join(', ');
}

function plural(n, one, many) {
  return n === 1 ? one : many;
}

// count is a number for people: 2,980.
function count(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
