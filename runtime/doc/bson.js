// BSON as bytes. A value is {t, b, s, e}: its type, the buffer it lies in, and
// where its bytes begin and end; a document is a value of type 3, an array of
// type 4. Nothing is decoded before it is needed, so what is compared and
// shown is what the database has.
// Layout of the bytes: https://bsonspec.org/spec.html

/** @typedef {{t: number, b: Uint8Array, s: number, e: number}} Value */
/** @typedef {{name: string, v: Value}} Field */

const DOUBLE = 1, STRING = 2, DOCUMENT = 3, ARRAY = 4, BINARY = 5, UNDEFINED = 6, OBJECT_ID = 7, BOOL = 8,
  DATE = 9, NULL = 10, REGEX = 11, DB_POINTER = 12, CODE = 13, SYMBOL = 14, CODE_SCOPE = 15, INT32 = 16,
  TIMESTAMP = 17, INT64 = 18, DECIMAL = 19, MIN_KEY = 255, MAX_KEY = 127;

function uint32(b, i) {
  return (b[i] | b[i + 1] << 8 | b[i + 2] << 16 | b[i + 3] << 24) >>> 0;
}

function int32(b, i) {
  return b[i] | b[i + 1] << 8 | b[i + 2] << 16 | b[i + 3] << 24;
}

function int64(b, i) {
  return BigInt.asIntN(64, BigInt(uint32(b, i + 4)) << 32n | BigInt(uint32(b, i)));
}

function uint64(b, i) {
  return BigInt(uint32(b, i + 4)) << 32n | BigInt(uint32(b, i));
}

const eight = new DataView(new ArrayBuffer(8));

function double(b, i) {
  for (let k = 0; k < 8; k++) eight.setUint8(k, b[i + k]);
  return eight.getFloat64(0, true);
}

// isBytes: those of mongosh's driver are of another realm, where instanceof does not hold.
/** @param {unknown} x @returns {x is Uint8Array} */
function isBytes(x) {
  return ArrayBuffer.isView(x);
}

// document gives a whole buffer as a value.
/** @param {Uint8Array} b @returns {Value} */
function document(b) {
  return {t: DOCUMENT, b, s: 0, e: b.length};
}

// valueEnd gives the index after a value of type t that begins at i.
function valueEnd(t, b, i) {
  switch (t) {
    case DOUBLE: case DATE: case TIMESTAMP: case INT64:
      return i + 8;
    case STRING: case CODE: case SYMBOL:
      return i + 4 + int32(b, i);
    case DOCUMENT: case ARRAY: case CODE_SCOPE:
      return i + int32(b, i);
    case BINARY:
      return i + 5 + int32(b, i);
    case UNDEFINED: case NULL: case MIN_KEY: case MAX_KEY:
      return i;
    case OBJECT_ID:
      return i + 12;
    case BOOL:
      return i + 1;
    case REGEX:
      return b.indexOf(0, b.indexOf(0, i) + 1) + 1;
    case DB_POINTER:
      return i + 16 + int32(b, i);
    case INT32:
      return i + 4;
    case DECIMAL:
      return i + 16;
  }
  throw new Error('the database sent a value of the unknown BSON type ' + t);
}

// decode gives the text of UTF-8 bytes; field names are nearly always short and ASCII.
function decode(b, s, e) {
  if (e - s > 24) return host.decode(b, s, e);
  let text = '';
  for (let i = s; i < e; i++) {
    if (b[i] > 127) return host.decode(b, s, e);
    text += String.fromCharCode(b[i]);
  }
  return text;
}

// fields gives the fields of a document (or the elements of an array) in
// order, as [{name, v}].
/** @param {Value} d @returns {Field[]} */
function fields(d) {
  const list = [], b = d.b;
  for (let i = d.s + 4; b[i] !== 0;) {
    const t = b[i], end = b.indexOf(0, i + 1), e = valueEnd(t, b, end + 1);
    list.push({name: decode(b, i + 1, end), v: {t, b, s: end + 1, e}});
    i = e;
  }
  return list;
}

// field gives the first field of a document with a name, undefined when there is none.
/** @param {Value} d @param {string} name @returns {Value | undefined} */
function field(d, name) {
  const b = d.b, n = name.length;
  for (let i = d.s + 4; b[i] !== 0;) {
    const t = b[i], end = b.indexOf(0, i + 1), e = valueEnd(t, b, end + 1);
    // UTF-8 is never shorter than UTF-16, so that most names need no decoding.
    if (end - i - 1 >= n && (n === 0 || b[i + 1] === name.charCodeAt(0) || b[i + 1] > 127) &&
      decode(b, i + 1, end) === name) return {t, b, s: end + 1, e};
    i = e;
  }
  return undefined;
}

// get follows a path of field names; it enters documents only, never arrays.
/** @param {Value} d @param {string[]} path @returns {Value | undefined} */
function get(d, path) {
  let v = d;
  for (const name of path) {
    if (v === undefined || v.t !== DOCUMENT) return undefined;
    v = field(v, name);
  }
  return v;
}

// text gives the string of a string, code or symbol.
/** @param {Value} v */
function text(v) {
  return decode(v.b, v.s + 4, v.e - 1);
}

// bytes gives a value's own bytes.
/** @param {Value} v */
function bytes(v) {
  return v.b.subarray(v.s, v.e);
}

function sameBytes(a, as, ae, b, bs, be) {
  const n = ae - as;
  if (n !== be - bs) return false;
  for (let i = 0; i < n; i++) if (a[as + i] !== b[bs + i]) return false;
  return true;
}

// identical: the same type and the same bytes.
/** @param {Value} a @param {Value} b */
function identical(a, b) {
  return a.t === b.t && sameBytes(a.b, a.s, a.e, b.b, b.s, b.e);
}

// typeName gives the language's name of a value's type.
/** @param {Value} v */
function typeName(v) {
  switch (v.t) {
    case DOUBLE: return 'double';
    case STRING: return 'string';
    case DOCUMENT: return 'object';
    case ARRAY: return 'array';
    case BINARY: return v.b[v.s + 4] === 4 && int32(v.b, v.s) === 16 ? 'uuid' : 'binary';
    case UNDEFINED: return 'undefined';
    case OBJECT_ID: return 'objectId';
    case BOOL: return 'bool';
    case DATE: return 'date';
    case NULL: return 'null';
    case REGEX: return 'regex';
    case DB_POINTER: return 'dbPointer';
    case CODE: case CODE_SCOPE: return 'code';
    case SYMBOL: return 'symbol';
    case INT32: return 'int';
    case TIMESTAMP: return 'timestamp';
    case INT64: return 'long';
    case DECIMAL: return 'decimal';
    case MIN_KEY: return 'minKey';
    case MAX_KEY: return 'maxKey';
  }
  return 'unknown';
}

// Writer collects bytes of BSON. Documents are opened and closed; their length
// is filled in when they end.
class Writer {
  /** @param {number} [size] */
  constructor(size) {
    this.b = new Uint8Array(size || 256);
    this.n = 0;
  }

  room(n) {
    if (this.n + n <= this.b.length) return;
    const grown = new Uint8Array(Math.max(2 * this.b.length, this.n + n));
    grown.set(this.b.subarray(0, this.n));
    this.b = grown;
  }

  byte(c) {
    if (this.n === this.b.length) this.room(1);
    this.b[this.n++] = c;
  }

  int32(x) {
    this.room(4);
    this.put32(this.n, x);
    this.n += 4;
  }

  put32(i, x) {
    const b = this.b;
    b[i] = x;
    b[i + 1] = x >> 8;
    b[i + 2] = x >> 16;
    b[i + 3] = x >> 24;
  }

  int64(x) {
    this.int32(Number(BigInt.asIntN(32, x)));
    this.int32(Number(BigInt.asIntN(32, x >> 32n)));
  }

  double(x) {
    eight.setFloat64(0, x, true);
    this.room(8);
    for (let k = 0; k < 8; k++) this.b[this.n++] = eight.getUint8(k);
  }

  raw(b, s, e) {
    this.room(e - s);
    if (e - s > 48) this.b.set(b.subarray(s, e), this.n);
    else for (let i = s, n = this.n; i < e; i++) this.b[n++] = b[i]; // a view takes longer to make
    this.n += e - s;
  }

  // utf8 appends the bytes of a text.
  utf8(text) {
    const n = text.length;
    this.room(n);
    for (let i = 0; i < n; i++) {
      const c = text.charCodeAt(i);
      if (c > 127) {
        const rest = host.encode(text.slice(i));
        this.raw(rest, 0, rest.length);
        return;
      }
      this.b[this.n++] = c;
    }
  }

  cstring(text) {
    this.utf8(text);
    this.byte(0);
  }

  string(text) {
    const at = this.n;
    this.int32(0);
    this.utf8(text);
    this.byte(0);
    this.put32(at, this.n - at - 4);
  }

  open() {
    this.int32(0);
    return this.n - 4;
  }

  close(at) {
    this.byte(0);
    this.put32(at, this.n - at);
  }

  // field appends a field with a value that exists as bytes.
  field(name, v) {
    this.byte(v.t);
    this.cstring(name);
    this.raw(v.b, v.s, v.e);
  }

  value() {
    const b = this.b.slice(0, this.n);
    return document(b);
  }
}

// Arena keeps documents in few large buffers, as each buffer takes some hundred bytes itself.
class Arena {
  constructor() {
    this.b = new Uint8Array(0);
    this.n = 0;
  }

  // keep gives a copy of a document.
  /** @param {Value} d @returns {Value} */
  keep(d) {
    const size = d.e - d.s, {length} = this.b;
    if (this.n + size > length) {
      this.b = new Uint8Array(Math.max(size, Math.min(1 << 18, 2 * length + 1024)));
      this.n = 0;
    }
    const s = this.n;
    this.b.set(d.b.subarray(d.s, d.e), s);
    this.n += size;
    return {t: d.t, b: this.b, s, e: this.n};
  }
}

const building = new Writer(1 << 16); // each buffer that is made takes its time

// build makes a document of [{name, v}].
/** @param {Field[]} list @returns {Value} */
function build(list) {
  const w = building;
  w.n = 0;
  const at = w.open();
  for (const f of list) w.field(f.name, f.v);
  w.close(at);
  return w.value();
}

/** @param {number} t @param {(w: Writer) => void} write @returns {Value} */
function scalar(t, write) {
  const w = new Writer(16);
  write(w);
  const b = w.b.slice(0, w.n);
  return {t, b, s: 0, e: b.length};
}

function stringValue(text) {
  return scalar(STRING, w => w.string(text));
}

function int32Value(x) {
  return scalar(INT32, w => w.int32(x));
}
