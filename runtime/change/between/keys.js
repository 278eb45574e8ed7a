// Keys of the elements of arrays. In: the elements of both sides; out: the fields that
// tell them apart, and their keys by them. The rules are docs/report.md, Elements of arrays.

// elementKey finds what tells the elements of both arrays apart: {key, olds, news,
// certain}, key undefined where nothing does, and the elements' values are their keys.
// It is the fields that the weave names; else one that means an identity by its
// name, and by which some element is on both sides; else any by which one is; else one
// of such a name. Of several it is the one by which most elements are on both sides,
// then the first by its name, then in the first element. A pair of fields is in the
// place of another one, and of none, where more elements are on both sides by it. It is
// certain where the weave says so, or the name.
/** @param {Walk} w @param {Value[]} before @param {Value[]} after @returns {{key?: string[], olds: string[], news: string[], certain: boolean}} */
function elementKey(w, before, after) {
  const named = w.sides.key === undefined ? undefined : w.sides.key(w.now);
  if (named !== undefined && named.length > 0) {
    const olds = namedKeys(w, before, named, false), news = namedKeys(w, after, named, true);
    if (olds !== undefined && news !== undefined) return {key: named, olds, news, certain: true};
  }
  const all = list => list.length > 0 && list.every(v => v.t === DOCUMENT), by = names => list => list.map(e => key(valuesOf(e, names)));
  const none = {olds: before.map(exactKey), news: after.map(exactKey), certain: false};
  if (!all(before) || !all(after)) return none;
  let names, most = -1, rank = KEY_NAMES.length, kind = -1;
  for (const {name} of fields(after[0])) {
    const n = commonKeys(w, before, after, name), at = KEY_NAMES.indexOf(name), r = at < 0 ? KEY_NAMES.length : at;
    if (n < 0 || n === 0 && at < 0) continue;
    const of = n === 0 ? 0 : at < 0 ? 1 : 2;
    if (of > kind || of === kind && (n > most || n === most && r < rank)) [names, most, rank, kind] = [[name], n, r, of];
  }
  const certain = rank < KEY_NAMES.length;
  if (!certain && most < Math.min(before.length, after.length)) {
    const pair = pairOf(w, before, after);
    if (pair.most > Math.max(most, 0)) names = pair.names;
  }
  return names === undefined ? none : {key: names, olds: by(names)(before), news: by(names)(after), certain};
}

// valuesOf are what an element has in the fields; undefined: it is no document, or lacks one.
/** @param {Value} e @param {string[] | undefined} names */
function valuesOf(e, names) {
  if (names === undefined || names.length === 0 || e.t !== DOCUMENT) return undefined;
  const values = names.map(name => field(e, name));
  return values.includes(undefined) ? undefined : values;
}

// namedKeys are the keys of one side by the fields that the weave names. An element that
// lacks one of them has its value as key, and each that comes again its number.
// undefined: something of them may not be seen.
function namedKeys(w, list, names, after) {
  const times = new Map(), keys = [];
  for (let i = 0; i < list.length; i++) {
    const values = valuesOf(list[i], names), text = values === undefined ? 'value ' + exactKey(list[i]) : 'key ' + key(values);
    if (values !== undefined && values.some((v, n) => hidesIn(w, i, names[n], v, after))) return undefined;
    times.set(text, (times.get(text) || 0) + 1);
    keys.push(times.get(text) + ' ' + text);
  }
  return keys;
}

// commonKeys is how many elements are on both sides by a field; -1 when it does not
// tell them apart, or may not be seen.
function commonKeys(w, before, after, name) {
  const olds = keysBy(w, before, name, false), news = olds && keysBy(w, after, name, true);
  return news === undefined ? -1 : [...news].filter(k => olds.has(k)).length;
}

function keysBy(w, list, name, after) {
  const keys = new Set();
  for (let i = 0; i < list.length; i++) {
    const v = field(list[i], name);
    if (v === undefined || !tellsApart(v)) return undefined;
    const k = keyOf(v);
    if (keys.has(k) || hidesIn(w, i, name, v, after)) return undefined;
    keys.add(k);
  }
  return keys;
}

// hidesIn: a field of the element at a position may not be seen.
function hidesIn(w, i, name, v, after) {
  const {seen} = w.sides;
  return seen !== undefined && seen((after ? w.now : w.old).concat([elementStep(String(i)), name]), v, after).hidden.length > 0;
}

// pairOf is the pair of fields of the first wanted element by which most elements are
// on both sides, {names, most}; of several it is the first.
function pairOf(w, before, after) {
  const pairable = (list, name, side) => list.every((e, i) => {
    const v = field(e, name);
    return v !== undefined && tellsApart(v) && !hidesIn(w, i, name, v, side);
  });
  const found = [];
  for (const {name} of fields(after[0])) {
    if (found.length < MAX_PAIRED && !found.includes(name) && pairable(before, name, false) && pairable(after, name, true)) found.push(name);
  }
  let names, most = 0;
  found.forEach((a, i) => {
    for (const b of found.slice(i + 1)) {
      const keysOf = list => new Set(list.map(e => key(valuesOf(e, [a, b])))), olds = keysOf(before), news = keysOf(after);
      const n = olds.size < before.length || news.size < after.length ? 0 : [...news].filter(k => olds.has(k)).length;
      if (n > most) [names, most] = [[a, b], n];
    }
  });
  return {names, most};
}

// tellsApart reports whether a value may be a key. Long texts are none.
function tellsApart(v) {
  if (v.t === STRING || v.t === SYMBOL) return v.e - v.s - 5 <= MAX_KEY_TEXT;
  return isNumber(v) || [OBJECT_ID, DATE, BINARY].includes(v.t);
}
