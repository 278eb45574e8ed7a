// Reading a journal. In: the records of a run; out: their items, or a Damaged that
// says what is wrong.

// readJournal reads the records of a run, in order of `_id`: [{database,
// collection, action, owned, items, together}]. Those of a run that is not over may
// end with an item of which the last part is missing: it was never written for, and
// is left out.
function readJournal(run, over, records) {
  const out = [];
  let data, first; // first: of those that an item goes over
  records.forEach((raw, n) => {
    checkRecord('journal', raw);
    if (text(field(raw, 'run')) !== run || recordID(raw) !== journalID(run, n + 1)) {
      throw damaged('journal', raw, 'the one that comes here is ' + clean(journalID(run, n + 1)));
    }
    if (data === undefined) [data, first] = [new Writer(), raw];
    else {
      const why = differentPart(first, raw);
      if (why !== '') throw damaged('journal', raw, why);
    }
    const part = binaryOf(field(raw, 'data'));
    data.raw(part, 0, part.length);
    if (isTrue(field(raw, 'more'))) return;
    const b = data.b.slice(0, data.n), items = [], action = text(field(raw, 'action'));
    for (let i = 0; i < b.length;) {
      if (!soundDocument(b, i, b.length, 1)) throw damaged('journal', raw, 'its data are no BSON documents');
      const size = int32(b, i), item = document(b.slice(i, i + size)), why = wrongItem(action, item);
      if (why !== '') throw damaged('journal', raw, 'item ' + (items.length + 1) + ': ' + why);
      items.push(item);
      i += size;
    }
    if (items.length === 0) throw damaged('journal', raw, 'it has no item');
    out.push({
      database: text(field(raw, 'database')), collection: text(field(raw, 'collection')), action, items,
      together: field(raw, 'together') === undefined ? '' : text(field(raw, 'together')),
      owned: {keep: fields(field(raw, 'keep')).map(f => texts(f.v)), names: texts(field(raw, 'keepNames'))},
    });
    data = undefined;
  });
  if (data !== undefined && over) throw damaged('journal', first, 'its last part is missing, and the run is over');
  return out;
}

// differentPart says which field of two records of one item differs; '': none.
function differentPart(a, b) {
  for (const name of ['database', 'collection', 'action', 'keep', 'keepNames', 'together']) {
    const v = field(a, name), w = field(b, name);
    if (v === undefined ? w !== undefined : w === undefined || !identical(v, w)) return 'it goes on with an item, and its ' + name + ' is another one';
  }
  return '';
}

// wrongItem says what is wrong with an item of an action; '': nothing.
function wrongItem(action, item) {
  const why = wrongFields(action, item, '');
  if (why !== '') return why;
  if (action === 'replace' || action === 'delete') {
    const id = field(item, '_id');
    for (const name of ['before', 'after']) {
      const d = field(item, name), of = d === undefined ? id : field(d, '_id');
      if (of === undefined || !identical(of, id)) return name + ' has another _id than the item';
    }
  }
  if (action === 'update') return wrongChanges(fields(field(item, 'fields')).map(f => f.v));
  return action === 'options' && isEmpty(item) ? 'it has neither before nor after' : '';
}

// wrongChanges says what is wrong with the fields of an update.
function wrongChanges(list) {
  const paths = [];
  for (const f of list) {
    const path = texts(field(f, 'path')), before = field(f, 'before') !== undefined, after = field(f, 'after') !== undefined;
    if (path[0] === '_id') return 'a path is in _id';
    if (!before && !after) return fieldName(pathText(path)) + ' has neither before nor after';
    if ((field(f, 'place') !== undefined) !== (before && !after)) return fieldName(pathText(path)) + ' has a place and is not removed, or the other way round';
    paths.push(path);
  }
  if (paths.length === 0) return 'it changes no field';
  paths.sort(comparePaths);
  for (let i = 1; i < paths.length; i++) if (startsWith(paths[i], paths[i - 1])) return fieldName(pathText(paths[i])) + ' is there twice, or lies in another path';
  return '';
}

// texts are the strings of an array.
function texts(v) {
  return v === undefined ? [] : fields(v).map(f => text(f.v));
}
