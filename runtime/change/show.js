// Values and names for people. In: canonical Extended JSON, or any text; out: one
// short line that is safe on a terminal, the same from both engines
// (docs/enforcement.md, The report as text).

function clean(s) {
  return s.replace(ACTS, c => '\\u{' + c.codePointAt(0).toString(16) + '}');
}

function quoted(s) {
  return '"' + clean(s.replace(/["\\]/g, '\\$&')) + '"';
}

// short writes the short form of a value.
function short(v) {
  return shortText(canonical(v));
}

// shortText writes the short form of canonical Extended JSON.
function shortText(text) {
  return shorten(showNode(readNode(new Reader(text))));
}

// shorten cuts to SHOW_WIDTH code points, the last one then "…".
function shorten(out) {
  if (out.length <= SHOW_WIDTH) return out;
  const characters = [...out];
  return characters.length <= SHOW_WIDTH ? out : characters.slice(0, SHOW_WIDTH - 1).join('') + '…';
}

// readNode reads JSON with the order of fields kept: a string; {names, values};
// {values}; or {word}, anything else as it is written.
function readNode(r) {
  if (r.isString()) return r.string();
  if (r.at('{')) {
    const names = [], values = [];
    if (r.at('}')) return {names, values};
    do {
      names.push(r.string());
      r.need(':');
      values.push(readNode(r));
    } while (r.at(','));
    r.need('}');
    return {names, values};
  }
  if (r.at('[')) {
    const values = [];
    if (r.at(']')) return {values};
    do values.push(readNode(r)); while (r.at(','));
    r.need(']');
    return {values};
  }
  return {word: r.match(/[^,\]}]+/y)[0]};
}

function showNode(n) {
  if (typeof n === 'string') return quoted(n);
  if (n.word !== undefined) return n.word;
  if (n.names === undefined) return '[' + n.values.map(showNode).join(', ') + ']';
  const wrapped = showWrapper(n);
  if (wrapped !== undefined) return wrapped;
  return '{' + n.values.map((v, i) => pathText([n.names[i]]) + ': ' + showNode(v)).join(', ') + '}';
}

// members gives the values of an object that has exactly these names.
function members(n, ...names) {
  return n.names !== undefined && n.names.length === names.length && names.every((name, i) => n.names[i] === name) ?
    n.values : undefined;
}

// showWrapper writes a value that Extended JSON wraps in an object; undefined
// when this is an ordinary document.
function showWrapper(n) {
  if (n.names.length !== 1) return undefined;
  const v = n.values[0], isText = typeof v === 'string', isWord = v.word !== undefined;
  switch (n.names[0]) {
    case '$numberInt': case '$numberDouble': return isText ? clean(v) : undefined;
    case '$numberLong': return isText ? 'long(' + clean(v) + ')' : undefined;
    case '$numberDecimal': return isText ? 'decimal(' + clean(v) + ')' : undefined;
    case '$oid': return isText ? 'objectId("' + clean(v) + '")' : undefined;
    case '$symbol': return isText ? 'symbol(' + quoted(v) + ')' : undefined;
    case '$minKey': return isText || isWord ? 'minKey()' : undefined;
    case '$maxKey': return isText || isWord ? 'maxKey()' : undefined;
    case '$undefined': return isText || isWord ? 'undefined' : undefined;
    case '$date': {
      const parts = members(v, '$numberLong');
      if (parts === undefined || !/^-?\d+$/.test(parts[0])) return undefined;
      const ms = Number(parts[0]);
      if (ms >= -62167219200000 && ms < 253402300800000) return 'date("' + new Date(ms).toISOString() + '")';
      return 'date(' + parts[0] + ')';
    }
    case '$timestamp': {
      const parts = members(v, 't', 'i');
      if (parts === undefined || parts.some(p => p.word === undefined)) return undefined;
      return 'timestamp(' + parts[0].word + ', ' + parts[1].word + ')';
    }
    case '$regularExpression': {
      const parts = members(v, 'pattern', 'options');
      if (parts === undefined || parts.some(p => typeof p !== 'string')) return undefined;
      return '/' + clean(parts[0]) + '/' + clean(parts[1]);
    }
    case '$binary': {
      const parts = members(v, 'base64', 'subType');
      if (parts === undefined || typeof parts[0] !== 'string' || !/^[0-9a-f]{1,2}$/i.test(parts[1])) return undefined;
      const subtype = parseInt(parts[1], 16), data = fromBase64(parts[0]);
      if (subtype === 4 && data.length === 16) {
        return 'uuid("' + hex(data, 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') + '")';
      }
      return 'binary("' + clean(parts[0]) + '", ' + subtype + ')';
    }
  }
  return undefined;
}
