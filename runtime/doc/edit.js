// Documents made of others. In: a document or array, and what is other in it; out: new
// bytes, or those that were given where nothing is other. As runtime/doc/edit.go.

// edit gives a document, or an array, with what change gives for the value of each
// field: the same, another one, or undefined, which leaves the field out. The others
// keep their names, elements of an array too.
/** @param {Value} d @param {(name: string, v: Value) => Value | undefined} change @returns {Value} */
function edit(d, change) {
  const b = d.b;
  /** @type {Writer | undefined} */
  let w;
  let at = 0, copied = d.s + 4;
  for (let i = copied; b[i] !== 0;) {
    const t = b[i], end = b.indexOf(0, i + 1), e = valueEnd(t, b, end + 1), v = {t, b, s: end + 1, e}, after = change(decode(b, i + 1, end), v);
    if (after !== v) {
      if (w === undefined) {
        w = new Writer();
        at = w.open();
      }
      w.raw(b, copied, i);
      copied = e;
      if (after !== undefined) {
        w.byte(after.t);
        w.raw(b, i + 1, end + 1);
        w.raw(after.b, after.s, after.e);
      }
    }
    i = e;
  }
  if (w === undefined) return d;
  w.raw(b, copied, d.e - 1);
  w.close(at);
  return {...w.value(), t: d.t};
}

// editValue is edit of a value that is a document or an array; others stay as they are.
/** @param {Value} v @param {(name: string, v: Value) => Value | undefined} change @returns {Value} */
function editValue(v, change) {
  return v.t === DOCUMENT || v.t === ARRAY ? edit(v, change) : v;
}

// replaced is a value with another one in place of the one at a path of names and
// positions. What is not there is not made.
/** @param {Value} v @param {string[]} path @param {Value} by @returns {Value} */
function replaced(v, path, by) {
  return path.length === 0 ? by : editValue(v, (name, w) => name === path[0] ? replaced(w, path.slice(1), by) : w);
}

// withoutFields gives a document without its fields of some names.
/** @param {Value} d @param {...string} names @returns {Value} */
function withoutFields(d, ...names) {
  return edit(d, (name, v) => names.includes(name) ? undefined : v);
}

// withField gives a document with a value in a field: in its place, else as the last
// one; or without the field when v is undefined.
/** @param {Value} d @param {string} name @param {Value | undefined} v @returns {Value} */
function withField(d, name, v) {
  if (v === undefined) return withoutFields(d, name);
  let found = false;
  const out = edit(d, (n, was) => {
    if (n !== name || found) return was;
    found = true;
    return v;
  });
  return found ? out : joinedFields(d, [{name, v}]);
}

// joinedFields gives a document with more fields after its own.
/** @param {Value} d @param {Field[]} more @returns {Value} */
function joinedFields(d, more) {
  if (more.length === 0) return d;
  const w = new Writer(), at = w.open();
  w.raw(d.b, d.s + 4, d.e - 1);
  for (const f of more) w.field(f.name, f.v);
  w.close(at);
  return w.value();
}
