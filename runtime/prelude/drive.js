// From BSON bytes to the values that mongosh's driver turns into the same
// bytes again. Documents become Maps: they alone keep integer-like names in
// order and take `__proto__` and `_bsontype` as names like any others.

const SAFE_MILLISECONDS = 8640000000000000n; // what a JavaScript Date reaches

// unsendable says why mongosh cannot send a value byte for byte, as {path, why}
// with `why` completing "path is …"; undefined when it can. Its twin for the
// compiler is codegen/mongosh.CannotHold. at is the text of the path so far.
function unsendable(v, at) {
  const b = v.b, s = v.s, e = v.e;
  let why;
  switch (v.t) {
    case DOCUMENT: case ARRAY: return unsendableFields(v, at);
    case UNDEFINED: why = 'undefined'; break;
    case DB_POINTER: why = 'a dbPointer'; break;
    case DOUBLE: {
      // A quiet NaN keeps its bits through JavaScript; a signalling one may lose its signal.
      const x = double(b, s);
      if (x !== x && (b[s + 6] & 8) === 0) why = 'a signalling NaN';
      break;
    }
    case DATE: {
      const ms = int64(b, s);
      if (ms > SAFE_MILLISECONDS || ms < -SAFE_MILLISECONDS) why = 'a date beyond the years that JavaScript has';
      break;
    }
    case BINARY: {
      const subtype = b[s + 4];
      if (subtype === 9 && !isVector(b.subarray(s + 5, e))) why = 'a vector (binary subtype 9) with a wrong header';
      if (subtype === 2 && (e - s < 9 || int32(b, s + 5) !== e - s - 9)) {
        why = 'binary data of the old subtype 2 with a wrong inner length';
      }
      break;
    }
    case REGEX: {
      const end = b.indexOf(0, s);
      if (!wellFormed(b, s, end) || !wellFormed(b, end + 1, e - 1)) why = NOT_UTF8;
      else if (!/^i*l*m*s*u*x*$/.test(decode(b, end + 1, e - 1))) {
        why = 'a regex with options other than i, l, m, s, u, x in this order';
      }
      break;
    }
    case STRING: case CODE: case SYMBOL:
      if (!wellFormed(b, s + 4, e - 1)) why = NOT_UTF8;
      break;
    case CODE_SCOPE: {
      const end = s + 8 + int32(b, s + 4);
      if (wellFormed(b, s + 8, end - 1)) return unsendableFields({t: DOCUMENT, b, s: end, e}, at);
      why = NOT_UTF8;
    }
  }
  return why === undefined ? undefined : {path: at, why};
}

const NOT_UTF8 = 'text that is not valid UTF-8';

// isVector: the checks that the driver makes before it sends a vector.
// https://github.com/mongodb/specifications/blob/master/source/bson-binary-vector/bson-binary-vector.md
function isVector(data) {
  const [kind, padding] = data, size = data.length;
  if (kind === 0x27) return padding === 0 && (size - 2) % 4 === 0;
  if (kind === 0x03) return padding === 0;
  if (kind === 0x10) return size < 2 || padding === 0 || size > 2 && padding <= 7;
  return true;
}

function unsendableFields(d, at) {
  const names = new Set();
  let index = 0;
  for (const f of fields(d)) {
    const inner = d.t === ARRAY ? at + '[' + index + ']' : at === '' ? pathText([f.name]) : at + '.' + pathText([f.name]);
    if (d.t === ARRAY && f.name !== String(index)) return {path: at, why: 'an array whose elements are not numbered in order'};
    index++;
    if (names.has(f.name)) return {path: inner, why: 'there twice'};
    names.add(f.name);
    if (f.name.includes('\ufffd') && !sendableName(d, index)) return {path: inner, why: 'a name that is not valid UTF-8'};
    const reason = unsendable(f.v, inner);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

// sendableName reports whether the bytes of the name of the nth field are the text that was read.
function sendableName(d, n) {
  const b = d.b;
  for (let i = d.s + 4; ; n--) {
    const end = b.indexOf(0, i + 1);
    if (n === 1) return wellFormed(b, i + 1, end);
    i = valueEnd(b[i], b, end + 1);
  }
}

// wellFormed reports whether bytes are valid UTF-8: whether they come back the same.
function wellFormed(b, s, e) {
  let i = s;
  while (i < e && b[i] < 128) i++;
  if (i === e) return true;
  const back = host.encode(host.decode(b, s, e));
  return sameBytes(b, s, e, back, 0, back.length);
}

// drive makes the driver's value of a BSON value for which unsendable has no objection.
function drive(v) {
  const b = v.b, s = v.s, e = v.e, types = host.types;
  switch (v.t) {
    case DOUBLE: return new types.Double(double(b, s));
    case STRING: return text(v);
    case DOCUMENT: return new Map(fields(v).map(f => [f.name, drive(f.v)]));
    case ARRAY: return fields(v).map(f => drive(f.v));
    case BINARY: {
      const subtype = b[s + 4];
      return new types.Binary(host.buffer(b.subarray(subtype === 2 ? s + 9 : s + 5, e)), subtype);
    }
    case OBJECT_ID: return new types.ObjectId(hex(b, s, e));
    case BOOL: return b[s] !== 0;
    case DATE: return new Date(Number(int64(b, s)));
    case NULL: return null;
    case REGEX: {
      const end = b.indexOf(0, s);
      return new types.BSONRegExp(decode(b, s, end), decode(b, end + 1, e - 1));
    }
    case CODE: return new types.Code(text(v));
    case SYMBOL: return new types.BSONSymbol(text(v));
    case CODE_SCOPE: {
      const end = s + 8 + int32(b, s + 4);
      return new types.Code(decode(b, s + 8, end - 1), drive({t: DOCUMENT, b, s: end, e}));
    }
    case INT32: return new types.Int32(int32(b, s));
    case TIMESTAMP: return new types.Timestamp({t: uint32(b, s + 4), i: uint32(b, s)});
    case INT64: return new types.Long(int32(b, s), int32(b, s + 4));
    case DECIMAL: return new types.Decimal128(host.buffer(b.subarray(s, e)));
    case MIN_KEY: return new types.MinKey();
    case MAX_KEY: return new types.MaxKey();
  }
  throw new Error('mongosh cannot send a value of BSON type ' + v.t);
}

// unsendableGuard says which value of a guard mongosh cannot send.
function unsendableGuard(guard) {
  let bad = unsendable(guard.id, '_id');
  if (bad === undefined && guard.whole !== undefined) bad = unsendable(guard.whole, '');
  for (const f of guard.present) {
    if (bad === undefined && f.v.t !== UNDEFINED) bad = unsendable(f.v, pathText(f.path));
  }
  return bad;
}
