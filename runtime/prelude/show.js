// Values for people: one short line that is safe on a terminal, as doc.Show.

// show writes a value as the language would: "new-checkout", 5, {name: "a"}.
// At most max characters, the last one then …
function show(v, max) {
  const out = showValue(v, {left: 4 * max + 16});
  const characters = [...out];
  return characters.length <= max ? out : characters.slice(0, max - 1).join('') + '…';
}

// showValue stops when enough has been written: budget.left is what is worth writing.
function showValue(v, budget) {
  if (budget.left < 0) return '';
  if (v.t === DOCUMENT || v.t === ARRAY) return showFields(v, budget);
  const out = showScalar(v);
  budget.left -= out.length;
  return out;
}

function showFields(v, budget) {
  const parts = [];
  budget.left -= 2;
  for (const f of fields(v)) {
    if (budget.left < 0) break;
    const name = v.t === DOCUMENT ? pathText([f.name]) + ': ' : '';
    budget.left -= name.length + 2;
    parts.push(name + showValue(f.v, budget));
  }
  return v.t === DOCUMENT ? '{' + parts.join(', ') + '}' : '[' + parts.join(', ') + ']';
}

function showScalar(v) {
  const b = v.b, s = v.s, e = v.e;
  switch (v.t) {
    case INT32: return String(int32(b, s));
    case INT64: return String(int64(b, s));
    case DOUBLE: return doubleText(double(b, s));
    case DECIMAL: return decimalText(v);
    case STRING: return '"' + showText(text(v), '"') + '"';
    case BOOL: return b[s] === 0 ? 'false' : 'true';
    case DATE: {
      const ms = int64(b, s);
      if (ms < -62167219200000n || ms >= 253402300800000n) return 'date(' + ms + ' ms)';
      return 'date("' + new Date(Number(ms)).toISOString() + '")';
    }
    case TIMESTAMP: return 'timestamp(' + uint32(b, s + 4) + ', ' + uint32(b, s) + ')';
    case OBJECT_ID: return 'objectId("' + hex(b, s, e) + '")';
    case BINARY: {
      const subtype = b[s + 4];
      if (typeName(v) === 'uuid') return 'uuid("' + hex(b, s + 5, e).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') + '")';
      const inner = subtype === 2 && e - s >= 9 && int32(b, s + 5) === e - s - 9 ? 4 : 0;
      return 'binary(' + (e - s - 5 - inner) + ' bytes, ' + subtype + ')';
    }
    case REGEX: {
      const end = b.indexOf(0, s);
      return '/' + showText(decode(b, s, end), '') + '/' + showText(decode(b, end + 1, e - 1), '');
    }
    case CODE: return 'code("' + showText(text(v), '"') + '")';
    case CODE_SCOPE: return 'code("' + showText(decode(b, s + 8, s + 7 + int32(b, s + 4)), '"') + '")';
    case SYMBOL: return 'symbol("' + showText(text(v), '"') + '")';
    case DB_POINTER: return 'dbPointer("' + showText(decode(b, s + 4, e - 13), '"') + '")';
    case MIN_KEY: case MAX_KEY: return typeName(v) + '()';
  }
  return typeName(v);
}

function showText(s, quote) {
  if (quote !== '') s = s.replace(/["\\]/g, '\\$&');
  return s.replace(UNSAFE, c => c === '\n' ? '\\n' : c === '\t' ? '\\t' : '\\u{' + c.codePointAt(0).toString(16) + '}');
}
