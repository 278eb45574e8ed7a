// The journal's records: what undo needs of every write. In: the data of a step; out:
// documents for the collection `journal`. The format is docs/state.md, journal.

// Journal is that of one run, as it writes it.
class Journal {
  constructor(db, key) {
    this.db = db;
    this.run = ''; // its id
    this.seal = new Seal(key);
    this.unsure = false; // records were sent, and it is not known whether all are there
  }

  // put writes what undo needs of a write to a collection; whole: of one transaction.
  * put(database, collection, owned, entries, whole) {
    let records = journalRecords(this.run, this.seal.records, database, collection, owned, entries);
    if (whole) records = together(records);
    records = this.seal.link(encrypted(this.seal, records));
    this.unsure = records.length > 0;
    for (let from = 0; from < records.length;) {
      let n = from, size = 0;
      for (; n < records.length && (n === from || size + records[n].e <= JOURNAL_COMMAND); n++) size += records[n].e;
      yield* this.insert(records.slice(from, n));
      from = n;
    }
    this.unsure = false;
  }

  // insert inserts records in order, so that what is there after a kill has no
  // gap. One that is there already is from an attempt whose answer was lost, or it is
  // nobody's that this run knows: then the run ends.
  * insert(records) {
    for (let from = 0; from < records.length;) {
      const {reply, duplicate} = yield* this.db.write({insert: 'journal', documents: records.slice(from).map(drive), ordered: true}, false);
      if (!duplicate) return;
      const n = reply === undefined ? 0 : Number(reply.n);
      if (!(n >= 0 && n < records.length - from)) {
        throw new Failure('the server says that it has inserted ' + n + ' of ' + (records.length - from) + ' records of the journal, and not all', true);
      }
      from += n;
      const [found] = yield* this.db.find('journal', {_id: drive(field(records[from], '_id'))}, {batchSize: 2});
      if (found !== undefined && !identical(found, records[from])) throw damaged('journal', found, 'it was there before the run came to it');
      from++;
    }
  }
}

// binaryValue is binary data of subtype 0.
function binaryValue(data) {
  return scalar(BINARY, w => {
    w.int32(data.length);
    w.byte(0);
    w.raw(data, 0, data.length);
  });
}

// binaryOf gives the bytes of binary data.
function binaryOf(v) {
  return v.b.subarray(v.s + 5, v.e);
}

function pathValue(path) {
  return array(path.map(stringValue));
}

function isTrue(v) {
  return v !== undefined && v.t === BOOL && v.b[v.s] !== 0;
}

// elements gives the fields of a document with the bytes of each: [{name, v, from, nameEnd}].
function elements(d) {
  const list = [], b = d.b;
  for (let i = d.s + 4; b[i] !== 0;) {
    const t = b[i], end = b.indexOf(0, i + 1), e = valueEnd(t, b, end + 1);
    list.push({name: decode(b, i + 1, end), v: {t, b, s: end + 1, e}, from: i, nameEnd: end});
    i = e;
  }
  return list;
}

// join makes a document of elements.
function join(list) {
  const w = new Writer(), at = w.open();
  for (const f of list) w.raw(f.v.b, f.from, f.v.e);
  w.close(at);
  return w.value();
}

// ownedDigest is SHA-256 of a document without what the weave does not own,
// `_id` first, the other fields sorted by name.
function ownedDigest(owned, d) {
  const list = elements(stripped(owned, d, owned.keep, true)), order = f => f.name === '_id' ? 0 : 1;
  list.sort((x, y) => order(x) - order(y) || order(x) && compareBytes(x.v.b, x.from + 1, x.nameEnd, y.v.b, y.from + 1, y.nameEnd));
  const out = join(list);
  return host.sha256(out.b.subarray(out.s, out.e));
}

// stripped takes the kept paths and names out; an embedded document that may
// hold kept parts and has nothing left is left out too, so that it makes no
// difference who made it.
function stripped(owned, d, keep, top) {
  if (keep.length + owned.names.length === 0) return d;
  return edit(d, (name, v) => {
    if (top && name === '_id') return v;
    if (owned.names.includes(name) || keep.some(p => p.length === 1 && p[0] === name)) return undefined;
    const below = keep.filter(p => p[0] === name).map(p => p.slice(1));
    if (v.t === DOCUMENT && below.length + owned.names.length > 0) {
      const rest = stripped(owned, v, below, false);
      return isEmpty(rest) ? undefined : rest;
    }
    return v.t === ARRAY && owned.names.length > 0 ? strippedArray(owned, v) : v;
  });
}

// strippedArray is an array without kept names in the documents of it.
function strippedArray(owned, d) {
  return edit(d, (_name, v) => v.t === DOCUMENT ? stripped(owned, v, [], false) : v.t === ARRAY ? strippedArray(owned, v) : v);
}

// journalRecords makes the records of a batch: numbered from n+1, at most
// JOURNAL_ITEMS items and JOURNAL_BYTES bytes in one. An item that has more bytes
// goes over several, of which all but the last have `more: true`.
function journalRecords(run, n, database, collection, owned, entries) {
  const records = [], keep = array(owned.keep.map(pathValue)), keepNames = pathValue(owned.names);
  const add = (action, data, more) => {
    const list = doc('_id', stringValue(journalID(run, ++n)), 'format', int32Value(STATE_FORMAT), 'run', stringValue(run), 'database', stringValue(database),
      'collection', stringValue(collection), 'action', stringValue(action), 'keep', keep, 'keepNames', keepNames, 'data', binaryValue(data));
    records.push(more ? joinedFields(list, [{name: 'more', v: TRUE}]) : list);
  };
  for (const [action, items] of entries) {
    let data = new Writer(), count = 0;
    for (const item of items) {
      let from = item.s;
      if (count > 0 && (count === JOURNAL_ITEMS || data.n + item.e - item.s > JOURNAL_BYTES)) {
        add(action, data.b.subarray(0, data.n), false);
        [data, count] = [new Writer(), 0];
      }
      for (; item.e - from > JOURNAL_BYTES; from += JOURNAL_BYTES) add(action, item.b.subarray(from, from + JOURNAL_BYTES), true);
      data.raw(item.b, from, item.e);
      count++;
    }
    if (count > 0) add(action, data.b.subarray(0, data.n), false);
  }
  return records;
}

// together marks the records of one transaction with the `_id` of the first one.
function together(records) {
  const v = field(records[0], '_id');
  return records.map(r => joinedFields(r, [{name: 'together', v}]));
}

// journalID is the `_id` of the nth record of a run; they sort as they count.
/** @param {Run} run */
function journalID(run, n) {
  return run + '/' + String(n).padStart(8, '0');
}
