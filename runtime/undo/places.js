// The collections that a journal is about. In: its records; out: what the destination has
// of them, and how indexes and options are planned in the place of a collection, as the
// steps planned so far leave it. Generators.

// placesOf describes the collections that the records are about, by placeKey:
// {info, indexes, options}, as the steps planned so far leave them; info is
// undefined when the collection is missing.
/** @param {UndoRun} u */
function * placesOf(u, records) {
  const places = new Map(), names = new Map();
  for (const r of records) {
    if (places.has(placeKey(r))) continue;
    places.set(placeKey(r), {info: undefined, indexes: undefined, options: EMPTY});
    if (!names.has(r.database)) names.set(r.database, []);
    names.get(r.database).push(r.collection);
  }
  for (const [database, list] of names) {
    for (const [collection, info] of yield* u.store.collections(database, list)) {
      const place = places.get(placeKey({database, collection}));
      [place.info, place.options] = [info, info.options];
    }
  }
  for (const r of records) {
    const place = places.get(placeKey(r));
    if (place.info === undefined || place.indexes !== undefined || !INDEX_ACTIONS.includes(r.action)) continue;
    place.indexes = yield* u.store.indexes(r.database, r.collection);
  }
  return places;
}

// documentsAt reads the documents of pasts; undefined for one that is missing.
/** @param {UndoRun} u */
function * documentsAt(u, {database, collection}, place, pasts) {
  const out = pasts.map(() => undefined);
  if (place.info === undefined || pasts.length === 0) return out;
  const at = new Map(pasts.map((p, i) => [key([p.id]), i])), simple = hasCollation(place.info.options);
  for (const filter of idFilters(pasts.map(p => p.id))) {
    for (const d of yield* u.store.find(database, collection, filter, simple)) {
      const i = at.get(key([field(d, '_id')]));
      if (i !== undefined) out[i] = d;
    }
  }
  return out;
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
