// Documents that have another identity alone. In: a collection of a report; out: which of
// its inserted documents are, but for that, as one that is deleted.

// TEXT_INSERTS is how many inserted documents of a collection a text that is not verbose says
// anything of: more only count.
const TEXT_INSERTS = Math.max(TEXT_ITEMS, TEXT_RENAMES);

// renamesOf are the inserted documents that but for their identity are as one that is
// deleted, with that one. Nothing is said where there are several of these, or where values
// that nobody may see could differ.
function renamesOf(c) {
  const {counts: {insert, delete: gone}} = c, out = new Map(), comes = new Map(), goes = new Map();
  if (insert === 0 || gone === 0 || insert + gone > TEXT_RENAMES) return out;
  for (const d of c.documents) {
    if (d.document === undefined || (d.hidden || []).length > 0) continue;
    const to = d.action === 'insert' ? comes : d.action === 'delete' ? goes : undefined, rest = to && restOf(d);
    if (to !== undefined && rest !== '{}') to.set(rest, (to.get(rest) || []).concat([d]));
  }
  for (const [rest, of] of comes) {
    const other = goes.get(rest) || [];
    if (of.length === 1 && other.length === 1) out.set(of[0], other[0]);
  }
  return out;
}

// ownFields are the fields of a document but its identity and _id.
function ownFields(d) {
  return fields(d.document).filter(f => field(d.identity, pathText([f.name])) === undefined && f.name !== '_id');
}

// restOf is a document as text, without its identity and _id.
function restOf(d) {
  return '{' + ownFields(d).map(f => pathText([f.name]) + ': ' + whole(f.v)).join(', ') + '}';
}
