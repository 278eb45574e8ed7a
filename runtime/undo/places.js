// What the destination has of all that a journal is about: pasts of documents, and
// how indexes and options are planned in the place of a collection, as the steps
// planned so far leave it.

// pastsOf collects what the records have of each document, {id, items}, and by
// record and item, whose past it is; last is the record of a past's last item.
function pastsOf(records) {
  const byKey = new Map(), byItem = records.map(() => []), last = new Map();
  records.forEach((r, n) => {
    if (!['insert', 'update', 'replace', 'delete'].includes(r.action)) return;
    for (const item of r.items) {
      const id = field(item, '_id'), k = placeKey(r) + '\0' + key([id]);
      if (!byKey.has(k)) byKey.set(k, {id, items: []});
      const p = byKey.get(k);
      p.items.push({database: r.database, action: r.action, owned: r.owned, item});
      byItem[n].push(p);
      last.set(p, n);
    }
  });
  return {byItem, last};
}

// idFilters are the queries that find documents by `_id`.
function idFilters(ids) {
  // What mongosh cannot send cannot be asked for.
  if (ids.some(v => v.t !== UNDEFINED && unsendable(v, '') !== undefined)) return [EMPTY];
  const filters = [], limit = ids.some(v => v.t === REGEX) ? MAX_TUPLES : MAX_KEYS;
  for (let from = 0; from < ids.length;) {
    let n = from, size = 0;
    for (; n < ids.length && n - from < limit && (n === from || size < MAX_KEY_BYTES); n++) size += ids[n].e - ids[n].s + 16;
    filters.push(keysFilter([['_id']], ids.slice(from, n).map(v => [v])));
    from = n;
  }
  return filters;
}

// indexBack plans one index, and leaves the place as it will be.
function indexBack(place, before, after) {
  if (place.info === undefined) return {action: '', reason: '', before, after}; // with the collection, its indexes are gone
  const [action, reason] = reverseIndex(before, after, place.indexes);
  if (action === 'drop' || action === 'change') place.indexes = place.indexes.filter(e => indexName(e) !== indexName(after));
  if (action === 'create' || action === 'change') place.indexes = place.indexes.concat([before]);
  return {action, reason, before, after};
}

// optionsBack plans options, and leaves the place as it will be.
function optionsBack(place, before, after) {
  const step = {before, after, names: [], left: [], commands: [], reason: ''};
  if (place.info === undefined) return step;
  const setBack = names => names.reduce((d, name) => withField(d, name, field(before, name)), place.options);
  Object.assign(step, reverseOptions(before, after, place.options));
  const plan = compareOptions({type: place.info.type, options: place.options}, setBack(step.names), step.names, 0);
  for (const o of plan.fixed) { // what only grows, such as a granularity
    step.names = step.names.filter(name => name !== o.name);
    step.left.push(o.name);
  }
  step.commands = plan.commands;
  place.options = setBack(step.names);
  return step;
}
