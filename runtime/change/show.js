// Values and names for people. In: BSON, or any text; out: one short line that is
// safe on a terminal, the same from both engines (docs/enforcement.md, The report as
// text).

function clean(s) {
  return escapeShown(s);
}

function quoted(s) {
  return '"' + clean(s.replace(/["\\]/g, '\\$&')) + '"';
}

// short writes the short form of a value.
/** @param {Value} v */
function short(v) {
  return shorten(whole(v));
}

// shorten cuts to SHOW_WIDTH code points, the last one then "…".
function shorten(out) {
  if (out.length <= SHOW_WIDTH) return out;
  const characters = [...out];
  return characters.length <= SHOW_WIDTH ? out : characters.slice(0, SHOW_WIDTH - 1).join('') + '…';
}

// whole writes all of a value. instead gives another text for a value at a place in
// it, or undefined.
/** @param {Value} v @param {string[]} [at] */
function whole(v, instead = (_at, _v) => undefined, at = []) {
  const other = instead(at, v);
  if (other !== undefined) return other;
  const {b, s, e} = v, each = (f, name) => name + whole(f.v, instead, at.concat([f.name]));
  switch (v.t) {
    case INT32: return String(int32(b, s));
    case DOUBLE: return doubleText(double(b, s));
    case INT64: return 'long(' + int64(b, s) + ')';
    case DECIMAL: return 'decimal(' + decimalText(v) + ')';
    case STRING: return quoted(text(v));
    case BOOL: return b[s] === 0 ? 'false' : 'true';
    case NULL: return 'null';
    case DOCUMENT: return '{' + fields(v).map(f => each(f, pathText([f.name]) + ': ')).join(', ') + '}';
    case ARRAY: return '[' + fields(v).map(f => each(f, '')).join(', ') + ']';
    case OBJECT_ID: return 'objectId("' + hex(b, s, e) + '")';
    case DATE: return dateText(int64(b, s));
    case TIMESTAMP: return 'timestamp(' + uint32(b, s + 4) + ', ' + uint32(b, s) + ')';
    case BINARY: return binaryText(v);
    case REGEX: {
      const end = b.indexOf(0, s);
      return '/' + clean(decode(b, s, end)) + '/' + clean(decode(b, end + 1, e - 1));
    }
    case SYMBOL: return 'symbol(' + quoted(text(v)) + ')';
    case CODE: return 'code(' + quoted(text(v)) + ')';
    case CODE_SCOPE: {
      const end = s + 8 + int32(b, s + 4);
      return 'code(' + quoted(decode(b, s + 8, end - 1)) + ', ' + whole({t: DOCUMENT, b, s: end, e}) + ')';
    }
    case DB_POINTER: return 'dbPointer(' + quoted(decode(b, s + 4, e - 13)) + ', "' + hex(b, e - 12, e) + '")';
    case UNDEFINED: return 'undefined';
  }
  return typeName(v) + '()';
}

function dateText(ms) {
  return 'date(' + (ms >= -62167219200000n && ms < 253402300800000n ? '"' + new Date(Number(ms)).toISOString() + '"' : ms) + ')';
}

function binaryText({b, s, e}) {
  const subtype = b[s + 4], from = subtype === 2 && e - s >= 9 && int32(b, s + 5) === e - s - 9 ? s + 9 : s + 5;
  if (subtype === 4 && e - from === 16) return 'uuid("' + hex(b, from, e).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') + '")';
  return 'binary("' + toBase64(b, from, e) + '", ' + subtype + ')';
}
