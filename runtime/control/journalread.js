// The journal as undo reads it. In: the records of a run; out: their items, put together
// where they were cut, or a Damaged that says what is wrong.

// readJournal reads records of a run in order of `_id`, before which it has others: [{database,
// collection, action, owned, items, together}]. Those of a run that is not over may
// end with an item of which the last part is missing: it was never written for, and
// is left out.
function readJournal(run, before, over, records) {
  const items = new JournalItems(run, before), out = records.map(raw => items.next(raw)).filter(r => r !== undefined);
  items.end(over);
  return out;
}

// JournalItems reads the items of a run's records, one record after the other.
class JournalItems {
  constructor(run, before) {
    this.run = run;
    this.n = before; // records before the next one
    this.parts = 0; // of them, those that an item goes over which is not at its end
    this.data = new Writer(0); // of these
    this.first = undefined; // of these
  }

  // next reads one record; undefined when an item goes on in the next. What it gives has bytes of its own.
  next(raw) {
    checkRecord('journal', raw);
    this.n++;
    if (text(field(raw, 'run')) !== this.run || recordID(raw) !== journalID(this.run, this.n)) {
      throw damaged('journal', raw, 'the one that comes here is ' + clean(journalID(this.run, this.n)));
    }
    if (this.parts === 0) this.first = raw;
    else {
      const why = differentPart(this.first, raw);
      if (why !== '') throw damaged('journal', raw, why);
    }
    const part = binaryOf(field(raw, 'data'));
    this.data.raw(part, 0, part.length);
    if (isTrue(field(raw, 'more'))) {
      if (this.parts++ === 0) this.first = document(bytes(raw).slice());
      return undefined;
    }
    const b = this.data.b.slice(0, this.data.n), items = [], action = text(field(raw, 'action'));
    [this.parts, this.data, this.first] = [0, new Writer(0), undefined];
    for (let i = 0; i < b.length;) {
      if (!soundDocument(b, i, b.length, 1)) throw damaged('journal', raw, 'its data are no BSON documents');
      const item = {t: DOCUMENT, b, s: i, e: i + int32(b, i)}, why = wrongItem(action, item);
      if (why !== '') throw damaged('journal', raw, 'item ' + (items.length + 1) + ': ' + why);
      items.push(item);
      i = item.e;
    }
    if (items.length === 0) throw damaged('journal', raw, 'it has no item');
    return {
      database: text(field(raw, 'database')), collection: text(field(raw, 'collection')), action, items,
      together: field(raw, 'together') === undefined ? '' : text(field(raw, 'together')),
      owned: {keep: fields(field(raw, 'keep')).map(f => texts(f.v)), names: texts(field(raw, 'keepNames'))},
    };
  }

  // end says what is wrong when there are no more records; over: the run is.
  end(over) {
    if (this.parts > 0 && over) throw damaged('journal', this.first, 'its last part is missing, and the run is over');
  }
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
