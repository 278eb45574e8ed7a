// Extended JSON lines. In: lines as runtime/doc writes them (canonical
// Extended JSON without spaces, or base64 of the BSON where that would lose
// something). Out: BSON bytes, with the order of fields, integer-like and
// duplicate names and every type as they were. And back, for reports.
// The format: https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md

const PLAIN = /\{"\$(oid|numberInt|numberLong|numberDouble|numberDecimal)":"([^"\\]*)"\}/y;
const DATED = /\{"\$date":\{"\$numberLong":"(-?\d+)"\}\}/y;
const STAMP = /\{"\$timestamp":\{"t":(\d+),"i":(\d+)\}\}/y;
const BINARY_TEXT = /\{"\$binary":\{"base64":"([A-Za-z0-9+/]*=*)","subType":"([0-9a-f]{1,2})"\}\}/y;
const CONSTANT = /\{"\$(?:(minKey":1)|(maxKey":1)|undefined":true)\}/y;

// Reader reads one text.
class Reader {
  constructor(text, w) {
    this.text = text;
    this.i = 0;
    this.w = w;
  }

  fail() {
    throw new Error('the data of this script is damaged at "' + this.text.slice(this.i, this.i + 40) + '"');
  }

  // at moves past a piece of text if it is next.
  at(piece) {
    if (!this.text.startsWith(piece, this.i)) return false;
    this.i += piece.length;
    return true;
  }

  need(piece) {
    if (!this.at(piece)) this.fail();
  }

  match(pattern) {
    pattern.lastIndex = this.i;
    const m = pattern.exec(this.text);
    if (m !== null) this.i = pattern.lastIndex;
    return m;
  }

  string() {
    const text = this.text;
    if (text.charCodeAt(this.i) !== 34) this.fail();
    let end = text.indexOf('"', this.i + 1);
    if (end < 0) this.fail();
    let s = text.slice(this.i + 1, end);
    if (s.includes('\\')) {
      for (end = this.i + 1; text.charCodeAt(end) !== 34; end++) {
        if (text.charCodeAt(end) === 92) end++;
        if (end >= text.length) this.fail();
      }
      s = JSON.parse(text.slice(this.i, end + 1));
    }
    this.i = end + 1;
    return s;
  }

  document() {
    const w = this.w, start = w.open();
    this.need('{');
    if (!this.at('}')) {
      do {
        const name = this.string();
        this.need(':');
        this.field(name);
      } while (this.at(','));
      this.need('}');
    }
    w.close(start);
  }

  array() {
    const w = this.w, start = w.open();
    this.need('[');
    if (!this.at(']')) {
      let index = 0;
      do this.field(String(index++)); while (this.at(','));
      this.need(']');
    }
    w.close(start);
  }

  field(name) {
    const w = this.w, at = w.n;
    w.byte(0);
    w.cstring(name);
    const t = this.value(); // which may move w.b
    w.b[at] = t;
  }

  // value appends the bytes of the next value and gives its type.
  value() {
    const w = this.w;
    switch (this.text.charCodeAt(this.i)) {
      case 34: w.string(this.string()); return STRING;
      case 91: this.array(); return ARRAY;
      case 116: this.need('true'); w.byte(1); return BOOL;
      case 102: this.need('false'); w.byte(0); return BOOL;
      case 110: this.need('null'); return NULL;
      case 123: break;
      default: this.fail();
    }
    if (this.text.startsWith('"$', this.i + 1)) {
      const i = this.i, n = w.n, t = this.wrapper();
      if (t !== 0) return t;
      this.i = i;
      w.n = n;
    }
    this.document();
    return DOCUMENT;
  }

  // wrapper reads a value that is written as an object; 0 when this is an
  // ordinary document after all.
  wrapper() {
    const w = this.w;
    let m = this.match(PLAIN);
    if (m !== null) return this.plain(m[1], m[2]);
    if ((m = this.match(DATED)) !== null) {
      w.int64(BigInt(m[1]));
      return DATE;
    }
    if ((m = this.match(BINARY_TEXT)) !== null) {
      this.binary(fromBase64(m[1]), parseInt(m[2], 16));
      return BINARY;
    }
    if ((m = this.match(STAMP)) !== null) {
      w.int32(Number(m[2]) | 0);
      w.int32(Number(m[1]) | 0);
      return TIMESTAMP;
    }
    if ((m = this.match(CONSTANT)) !== null) return m[1] ? MIN_KEY : m[2] ? MAX_KEY : UNDEFINED;
    if (this.at('{"$regularExpression":{"pattern":')) {
      if (!this.isString()) return 0;
      const pattern = this.string();
      if (!this.at(',"options":') || !this.isString()) return 0;
      const options = this.string();
      if (!this.at('}}')) return 0;
      w.cstring(pattern);
      w.cstring(options);
      return REGEX;
    }
    if (this.at('{"$symbol":')) {
      if (!this.isString()) return 0;
      w.string(this.string());
      return this.at('}') ? SYMBOL : 0;
    }
    if (this.at('{"$dbPointer":{"$ref":')) {
      if (!this.isString()) return 0;
      w.string(this.string());
      if (!this.at(',"$id":') || (m = this.match(PLAIN)) === null || m[1] !== 'oid') return 0;
      this.plain(m[1], m[2]);
      return this.at('}}') ? DB_POINTER : 0;
    }
    if (this.at('{"$code":')) {
      if (!this.isString()) return 0;
      const code = this.string();
      if (this.at('}')) {
        w.string(code);
        return CODE;
      }
      if (!this.at(',"$scope":')) return 0;
      const start = w.open();
      w.string(code);
      this.document();
      w.put32(start, w.n - start);
      return this.at('}') ? CODE_SCOPE : 0;
    }
    return 0;
  }

  isString() {
    return this.text.charCodeAt(this.i) === 34;
  }

  plain(kind, s) {
    const w = this.w;
    switch (kind) {
      case 'oid':
        if (!/^[0-9a-f]{24}$/.test(s)) return 0;
        for (let k = 0; k < 24; k += 2) w.byte(parseInt(s.slice(k, k + 2), 16));
        return OBJECT_ID;
      case 'numberInt':
        if (!/^-?\d+$/.test(s)) return 0;
        w.int32(Number(s) | 0);
        return INT32;
      case 'numberLong':
        if (!/^-?\d+$/.test(s)) return 0;
        w.int64(BigInt(s));
        return INT64;
      case 'numberDouble':
        if (!/^(-?(\d+(\.\d+)?(E[+-]?\d+)?|Infinity)|NaN)$/i.test(s)) return 0;
        if (s === 'NaN') w.int64(0x7ff8000000000000n); // doc's canonicalNaN; engines differ in the NaN they make
        else w.double(Number(s));
        return DOUBLE;
    }
    return writeDecimal(w, s) ? DECIMAL : 0;
  }

  binary(data, subtype) {
    const w = this.w, old = subtype === 2; // the old subtype has its length twice
    w.int32(data.length + (old ? 4 : 0));
    w.byte(subtype);
    if (old) w.int32(data.length);
    w.raw(data, 0, data.length);
  }
}

// parseLine gives the document of a line.
function parseLine(line) {
  const w = new Writer(line.length), d = parseInto(line, w);
  return d.b === w.b ? w.value() : d;
}

// parseLines gives the documents of many lines.
function parseLines(all) {
  const arena = new Arena(), w = new Writer(), list = [];
  for (const line of all) {
    w.n = 0;
    list.push(arena.keep(parseInto(line, w)));
  }
  return list;
}

// parseInto gives the document of a line, in the buffer of a Writer that has nothing.
function parseInto(line, w) {
  if (line.charCodeAt(0) === 34) return document(fromBase64(JSON.parse(line)));
  const r = new Reader(line, w);
  r.document();
  if (r.i !== line.length) r.fail();
  return {t: DOCUMENT, b: w.b, s: 0, e: w.n};
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function fromBase64(text) {
  const clean = text.replace(/=+$/, ''), out = new Uint8Array(clean.length * 3 >> 2);
  let bits = 0, n = 0, at = 0;
  for (let i = 0; i < clean.length; i++) {
    bits = bits << 6 | BASE64.indexOf(clean[i]);
    n += 6;
    if (n >= 8) {
      n -= 8;
      out[at++] = bits >> n;
      bits &= (1 << n) - 1;
    }
  }
  return out;
}

function toBase64(b, s, e) {
  let text = '';
  for (let i = s; i < e; i += 3) {
    const x = b[i] << 16 | (i + 1 < e ? b[i + 1] << 8 : 0) | (i + 2 < e ? b[i + 2] : 0);
    text += BASE64[x >> 18] + BASE64[x >> 12 & 63] + (i + 1 < e ? BASE64[x >> 6 & 63] : '=') + (i + 2 < e ? BASE64[x & 63] : '=');
  }
  return text;
}

function hex(b, s, e) {
  let text = '';
  for (let i = s; i < e; i++) text += (b[i] < 16 ? '0' : '') + b[i].toString(16);
  return text;
}

const QUOTED = new RegExp('["\\\\]|' + ACTS.source, 'gu');
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

// quote writes a JSON string as runtime/doc does: hidden characters as escapes.
function quote(s) {
  return PLAIN_TEXT.test(s) ? '"' + s + '"' : '"' + s.replace(QUOTED, escaped) + '"';
}

function escaped(c) {
  return c === '"' || c === '\\' ? '\\' + c : SHORT_ESCAPES[c] || escapeUnits(c);
}

// pathText writes a path as doc.Path.String does.
function pathText(path) {
  return path.map(name => /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name :
    "'" + escapeShown(name.replace(/'/g, "''")) + "'").join('.');
}

// canonical writes a value as canonical Extended JSON, byte for byte as
// doc.AppendCanonicalValue does.
function canonical(v) {
  const b = v.b, s = v.s, e = v.e;
  switch (v.t) {
    case DOUBLE: return '{"$numberDouble":"' + doubleText(double(b, s)) + '"}';
    case STRING: return quote(text(v));
    case DOCUMENT: return '{' + fields(v).map(f => quote(f.name) + ':' + canonical(f.v)).join(',') + '}';
    case ARRAY: return '[' + fields(v).map(f => canonical(f.v)).join(',') + ']';
    case BINARY: {
      const subtype = b[s + 4];
      const from = subtype === 2 && e - s >= 9 && int32(b, s + 5) === e - s - 9 ? s + 9 : s + 5;
      return '{"$binary":{"base64":"' + toBase64(b, from, e) + '","subType":"' + hex(b, s + 4, s + 5) + '"}}';
    }
    case UNDEFINED: return '{"$undefined":true}';
    case OBJECT_ID: return '{"$oid":"' + hex(b, s, e) + '"}';
    case BOOL: return b[s] === 0 ? 'false' : 'true';
    case DATE: return '{"$date":{"$numberLong":"' + int64(b, s) + '"}}';
    case NULL: return 'null';
    case REGEX: {
      const end = b.indexOf(0, s);
      return '{"$regularExpression":{"pattern":' + quote(decode(b, s, end)) + ',"options":' +
        quote(decode(b, end + 1, e - 1)) + '}}';
    }
    case DB_POINTER:
      return '{"$dbPointer":{"$ref":' + quote(decode(b, s + 4, e - 13)) + ',"$id":{"$oid":"' + hex(b, e - 12, e) + '"}}}';
    case CODE: return '{"$code":' + quote(text(v)) + '}';
    case SYMBOL: return '{"$symbol":' + quote(text(v)) + '}';
    case CODE_SCOPE: {
      const end = s + 8 + int32(b, s + 4);
      return '{"$code":' + quote(decode(b, s + 8, end - 1)) + ',"$scope":' + canonical({t: DOCUMENT, b, s: end, e}) + '}';
    }
    case INT32: return '{"$numberInt":"' + int32(b, s) + '"}';
    case TIMESTAMP: return '{"$timestamp":{"t":' + uint32(b, s + 4) + ',"i":' + uint32(b, s) + '}}';
    case INT64: return '{"$numberLong":"' + int64(b, s) + '"}';
    case DECIMAL: return '{"$numberDecimal":"' + decimalText(v) + '"}';
    case MIN_KEY: return '{"$minKey":1}';
  }
  return '{"$maxKey":1}';
}
