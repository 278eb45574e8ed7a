// Equality and order of values, as docs/enforcement.md (Values) has them.

// latin1 gives bytes as a string of one character a byte: for map keys.
function latin1(b, s, e) {
  let text = ''; // of one part where it is short: one that is put together of characters takes a multiple
  for (let i = s; i < e; i += 1024) text += String.fromCharCode.apply(undefined, b.subarray(i, Math.min(e, i + 1024)));
  return text;
}

// same: the language's ==.
function same(a, b) {
  if (isNumber(a)) return isNumber(b) && compareNumbers(a, b) === 0;
  if (a.t !== b.t) return false;
  if (a.t === DOCUMENT || a.t === ARRAY) {
    if (identical(a, b)) return true;
    const as = fields(a), bs = fields(b);
    return as.length === bs.length &&
      as.every((f, i) => (a.t === ARRAY || f.name === bs[i].name) && same(f.v, bs[i].v));
  }
  return sameBytes(a.b, a.s, a.e, b.b, b.s, b.e);
}

// key gives tuples of values the same string exactly when they are same one by one.
function key(values) {
  let text = '';
  for (const v of values) text += keyOf(v);
  return text;
}

function keyOf(v) {
  if (isNumber(v)) return numberKey(v) + ';';
  if (v.t === DOCUMENT || v.t === ARRAY) {
    let text = v.t === DOCUMENT ? '{' : '[';
    for (const f of fields(v)) {
      if (v.t === DOCUMENT) text += f.name.length + ':' + f.name;
      text += keyOf(f.v);
    }
    return text + '}';
  }
  return v.t + ',' + (v.e - v.s) + ':' + latin1(v.b, v.s, v.e);
}

// bracket is the place of a type in the BSON comparison order
// (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/).
function bracket(t) {
  switch (t) {
    case MIN_KEY: return 0;
    case UNDEFINED: return 1;
    case NULL: return 2;
    case DOUBLE: case INT32: case INT64: case DECIMAL: return 3;
    case STRING: case SYMBOL: return 4;
    case DOCUMENT: return 5;
    case ARRAY: return 6;
    case BINARY: return 7;
    case OBJECT_ID: return 8;
    case BOOL: return 9;
    case DATE: return 10;
    case TIMESTAMP: return 11;
    case REGEX: return 12;
    case DB_POINTER: return 13;
    case CODE: return 14;
    case CODE_SCOPE: return 15;
  }
  return 16;
}

function compareBytes(a, as, ae, b, bs, be) {
  const n = Math.min(ae - as, be - bs);
  for (let i = 0; i < n; i++) {
    const d = a[as + i] - b[bs + i];
    if (d !== 0) return sign(d);
  }
  return sign((ae - as) - (be - bs));
}

// compare is the total BSON comparison order; 0 exactly when the values are same.
// A symbol stands right after the equal string.
function compare(a, b) {
  const d = bracket(a.t) - bracket(b.t);
  if (d !== 0) return sign(d);
  switch (bracket(a.t)) {
    case 3: return compareNumbers(a, b);
    case 4: return compareBytes(a.b, a.s + 4, a.e - 1, b.b, b.s + 4, b.e - 1) ||
      (a.t === SYMBOL ? 1 : 0) - (b.t === SYMBOL ? 1 : 0);
    case 5: case 6: return compareFields(a, b);
    case 7: {
      const n = int32(a.b, a.s) - int32(b.b, b.s);
      if (n !== 0) return sign(n);
      return compareBytes(a.b, a.s + 4, a.e, b.b, b.s + 4, b.e);
    }
    case 10: {
      const x = int64(a.b, a.s), y = int64(b.b, b.s);
      return x < y ? -1 : x > y ? 1 : 0;
    }
    case 11: {
      const x = uint64(a.b, a.s), y = uint64(b.b, b.s);
      return x < y ? -1 : x > y ? 1 : 0;
    }
    case 15: {
      const ae = a.s + 8 + int32(a.b, a.s + 4), be = b.s + 8 + int32(b.b, b.s + 4);
      return compareBytes(a.b, a.s + 8, ae - 1, b.b, b.s + 8, be - 1) ||
        compareFields({t: DOCUMENT, b: a.b, s: ae, e: a.e}, {t: DOCUMENT, b: b.b, s: be, e: b.e}) ||
        compareBytes(a.b, ae, a.e, b.b, be, b.e);
    }
    case 14: return compareBytes(a.b, a.s + 4, a.e, b.b, b.s + 4, b.e);
  }
  return compareBytes(a.b, a.s, a.e, b.b, b.s, b.e);
}

// compareFields: field by field its type, then its name, then its value.
function compareFields(a, b) {
  const as = fields(a), bs = fields(b);
  for (let i = 0; i < as.length && i < bs.length; i++) {
    const c = sign(bracket(as[i].v.t) - bracket(bs[i].v.t)) ||
      (a.t === DOCUMENT ? compareNames(as[i].name, bs[i].name) : 0) || compare(as[i].v, bs[i].v);
    if (c !== 0) return c;
  }
  return sign(as.length - bs.length);
}

// compareNames orders by code points, as UTF-8 bytes do (and UTF-16 does not).
function compareNames(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) {
    let x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) { // surrogates stand for what is above U+FFFF
      x = x < 0xe000 ? x + 0x2000 : x - 0x800;
      y = y < 0xe000 ? y + 0x2000 : y - 0x800;
    }
    return x < y ? -1 : 1;
  }
  return sign(a.length - b.length);
}

function comparePaths(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const c = compareNames(a[i], b[i]);
    if (c !== 0) return c;
  }
  return sign(a.length - b.length);
}

// compareFamily is for < <= > >= and between: undefined when the two are not
// of one family (number, string, date, timestamp, bool, objectId).
function compareFamily(a, b) {
  switch (a.t) {
    case DOUBLE: case INT32: case INT64: case DECIMAL:
      return isNumber(b) ? compareNumbers(a, b) : undefined;
    case STRING: case DATE: case TIMESTAMP: case BOOL: case OBJECT_ID:
      return a.t === b.t ? compare(a, b) : undefined;
  }
  return undefined;
}
