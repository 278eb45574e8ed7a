// What records of the state database look like. In: a record as it was read; out:
// nothing, or a Damaged that says what is wrong.

// A Damaged is a record that is not as mongocd writes it, a Newer one that a newer
// version wrote; Run.failed makes conflicts of them.
class Damaged extends Error {
  constructor(collection, id, why, way) {
    super('the record ' + clean(id) + ' in the collection ' + collection + ' of the state database is not as mongocd writes it: ' + why + '\n' + way);
    this.collection = collection;
    this.id = id;
    this.why = why;
    this.way = way;
  }
}

class Newer extends Error {
  constructor(id, format) {
    super('the record ' + clean(id) + ' was written by a newer mongocd: it has format ' + format + '\nUse the newest version of mongocd that is used for this destination');
    this.id = id;
    this.format = format;
  }
}

// A Refused is an error that is conflicts: it ends a phase. It has none where they are in
// what was observed.
class Refused extends Error {
  constructor(conflicts) {
    super(conflicts.map(c => c.message).join('\n'));
    this.conflicts = conflicts;
  }
}

function damaged(kind, d, why) {
  return new Damaged(RECORD_PLACES[kind], recordID(d), why, RECORD_WAYS[kind]);
}

// recordID is a record's `_id` as text, whatever it is.
function recordID(d) {
  const v = field(d, '_id');
  return v === undefined ? '(without _id)' : v.t === STRING ? text(v) : canonical(v);
}

// errorConflicts are those that an error of what runs remember is; undefined: it is another one.
/** @param {Database} db */
function errorConflicts(db, e) {
  const database = clean(db.name);
  if (e instanceof Refused) return e.conflicts;
  if (e instanceof Damaged) return [conflictOfRun(DAMAGED_STATE, {record: clean(e.id), database, collection: e.collection, why: e.why, way: e.way})];
  if (e instanceof Newer) return [conflictOfRun(NEWER_STATE, {database, record: clean(e.id), format: e.format})];
  return undefined;
}

// controlKind is the kind of a record in `control`, by its `_id`.
function controlKind(d) {
  const id = recordID(d), at = id.indexOf(' ');
  return at < 0 ? id : id.slice(0, at);
}

// wrongRecord gives what is wrong with a record of a kind; undefined: nothing.
function wrongRecord(kind, d) {
  const format = field(d, 'format'), n = format === undefined ? undefined : wholeOf(format);
  if (n !== undefined && n > BigInt(STATE_FORMAT)) return new Newer(recordID(d), String(n));
  const why = wrongFields(kind, d, '');
  return why === '' ? undefined : damaged(kind, d, why);
}

function checkRecord(kind, d) {
  const wrong = wrongRecord(kind, d);
  if (wrong !== undefined) throw wrong;
  return d;
}

// wholeOf gives a number that is whole; undefined when it is none.
function wholeOf(v) {
  switch (v.t) {
    case INT32: return BigInt(int32(v.b, v.s));
    case INT64: return int64(v.b, v.s);
    case DOUBLE: {
      const x = double(v.b, v.s);
      return Number.isSafeInteger(x) ? BigInt(x) : undefined;
    }
  }
  return undefined;
}

const fieldName = name => clean(shorten(name));

// wrongFields says what is wrong with a document of a kind at a place; '': nothing.
function wrongFields(kind, d, at) {
  const wanted = new Map(RECORD_FIELDS[kind] === undefined || RECORD_FIELDS[kind] === '' ? [] : RECORD_FIELDS[kind].split(', ').map(part => part.split(' '))), seen = new Set();
  for (const {name, v} of fields(d)) {
    const typ = wanted.get(name), where = at + pathText([name]);
    if (typ === undefined && name.includes('\ufffd')) return 'it has a field with a name that is not valid UTF-8';
    if (typ === undefined) return 'it has a field ' + fieldName(where) + ', which this version does not know';
    if (seen.has(name)) return fieldName(where) + ' is there twice';
    const why = wrongValue(typ.replace('?', ''), v, where);
    if (why !== '') return why;
    seen.add(name);
  }
  for (const [name, typ] of wanted) if (!seen.has(name) && !typ.endsWith('?')) return fieldName(at + name) + ' is missing';
  return '';
}

function wrongValue(typ, v, at) {
  if (typ.startsWith('[')) {
    if (v.t !== ARRAY) return fieldName(at) + ' is no array';
    const list = fields(v);
    for (let n = 0; n < list.length; n++) {
      const why = wrongValue(typ.slice(1, -1), list[n].v, at + '[' + n + ']');
      if (why !== '') return why;
    }
    return '';
  }
  if (RECORD_FIELDS[typ] !== undefined) return v.t === DOCUMENT ? wrongFields(typ, v, at + '.') : fieldName(at) + ' is no document';
  return ofType(typ, v) ? '' : fieldName(at) + ' is no ' + typeWords(typ);
}

// typeWords describe a type in messages.
function typeWords(typ) {
  if (RECORD_WORDS[typ] !== undefined) return 'text of ' + RECORD_WORDS[typ].join(', ');
  return {
    text: 'text of at least one character', string: 'text', format: 'format (int 1)', date: 'date of the years 1970 to 9999', number: 'number of a run (long from 1)',
    count: 'number (long from 0)', buckets: 'number of buckets (int 1, 64 or 4096)', position: 'position (int from 0)', true: 'true',
    binary: 'binary data (subtype 0)', key: 'binary data of 16 bytes', digest: 'binary data of 32 bytes', path: 'path: an array of one name or more',
    document: 'document', index: 'description of an index', any: 'value',
  }[typ];
}

// ofType reports whether a value has one of the types that are no kinds.
function ofType(typ, v) {
  if (RECORD_WORDS[typ] !== undefined) return v.t === STRING && RECORD_WORDS[typ].includes(text(v));
  const number = () => v.t === INT32 ? BigInt(int32(v.b, v.s)) : v.t === INT64 ? int64(v.b, v.s) : -1n;
  const size = () => v.t === BINARY && v.b[v.s + 4] === 0 ? int32(v.b, v.s) : -1;
  switch (typ) {
    case 'text': return v.t === STRING && v.e - v.s > 5;
    case 'string': return v.t === STRING;
    case 'format': return v.t === INT32 && number() === BigInt(STATE_FORMAT);
    case 'date': return v.t === DATE && int64(v.b, v.s) >= 0n && int64(v.b, v.s) < BigInt(END_OF_DATES);
    case 'number': return v.t === INT64 && number() >= 1n && number() <= BigInt(MOST_RECORDS);
    case 'count': return v.t === INT64 && number() >= 0n && number() <= BigInt(MOST_RECORDS);
    case 'buckets': return v.t === INT32 && [1n, 64n, 4096n].includes(number());
    case 'position': return v.t === INT32 && number() >= 0n;
    case 'true': return isTrue(v);
    case 'binary': return size() >= 0;
    case 'key': return size() === KEY_SIZE;
    case 'digest': return size() === SEAL_SIZE;
    case 'path': return v.t === ARRAY && fields(v).length > 0 && fields(v).every(f => f.v.t === STRING);
    case 'document': return v.t === DOCUMENT;
    case 'index': {
      if (v.t !== DOCUMENT) return false;
      const name = field(v, 'name'), keys = field(v, 'key');
      return name !== undefined && name.t === STRING && name.e - name.s > 5 && keys !== undefined && keys.t === DOCUMENT && keys.e - keys.s > 5;
    }
  }
  return typ === 'any';
}

// soundDocument reports whether the bytes from s are one BSON document, of which the
// lengths agree. What a server sends is; what lies in binary data may be anything.
function soundDocument(b, s, end, depth) {
  if (depth > MAX_DEPTH || end - s < 5) return false;
  const size = int32(b, s), e = s + size;
  if (size < 5 || e > end || b[e - 1] !== 0) return false;
  let i = s + 4;
  while (i < e - 1) {
    const t = b[i], zero = b.indexOf(0, i + 1);
    if (zero < 0 || zero >= e - 1) return false;
    const from = zero + 1, to = soundValue(t, b, from, e - 1, depth);
    if (to < 0) return false;
    i = to;
  }
  return i === e - 1;
}

// soundValue gives the index after a value that ends before end; -1: it is none.
function soundValue(t, b, i, end, depth) {
  const fits = n => i + n <= end ? i + n : -1;
  const string = (at, max) => {
    if (at + 4 > max) return -1;
    const n = int32(b, at);
    return n >= 1 && at + 4 + n <= max && b[at + 3 + n] === 0 ? at + 4 + n : -1;
  };
  switch (t) {
    case DOUBLE: case DATE: case TIMESTAMP: case INT64: return fits(8);
    case STRING: case CODE: case SYMBOL: return string(i, end);
    case DOCUMENT: case ARRAY: return i + 4 <= end && int32(b, i) >= 5 && soundDocument(b, i, Math.min(end, i + int32(b, i)), depth + 1) ? i + int32(b, i) : -1;
    case BINARY: {
      if (i + 5 > end) return -1;
      const n = int32(b, i);
      return n >= 0 && i + 5 + n <= end ? i + 5 + n : -1;
    }
    case UNDEFINED: case NULL: case MIN_KEY: case MAX_KEY: return i;
    case OBJECT_ID: return fits(12);
    case BOOL: return i < end && b[i] <= 1 ? i + 1 : -1;
    case REGEX: {
      const first = b.indexOf(0, i), second = first < 0 ? -1 : b.indexOf(0, first + 1);
      return second >= 0 && second < end ? second + 1 : -1;
    }
    case DB_POINTER: {
      const at = string(i, end);
      return at >= 0 && at + 12 <= end ? at + 12 : -1;
    }
    case CODE_SCOPE: {
      if (i + 4 > end) return -1;
      const n = int32(b, i), e = i + n;
      if (n < 14 || e > end) return -1;
      const scope = string(i + 4, e);
      return scope >= 0 && soundDocument(b, scope, e, depth + 1) && scope + int32(b, scope) === e ? e : -1;
    }
    case INT32: return fits(4);
    case DECIMAL: return fits(16);
  }
  return -1;
}
