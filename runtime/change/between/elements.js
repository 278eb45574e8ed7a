// Elements of arrays. In: two arrays; out: changes. An element of one side is that of
// the other which has the same key, where a field tells the elements of both apart,
// else the one with the same value; what is left between two of these may be as many
// as on the other side, and alike: then in order. The rules are docs/report.md,
// Elements of arrays.

// compareElements compares two arrays at the place of a walk.
/** @param {Walk} w @param {Value} a @param {Value} b */
function compareElements(w, a, b) {
  const before = fields(a).map(f => f.v), after = fields(b).map(f => f.v), {key, olds, news, certain} = elementKey(w, before, after);
  const twin = pairs(olds, news), kept = rising(twin), n = w.found.length; // twin: of each element of after, its position before; -1: it is new
  if (!certain) pairBetween(before, after, twin, kept, key === undefined ? mayBeOne : halfSame);
  const elsewhere = twin.filter((i, j) => i >= 0 && !kept[j]).length, gone = before.map(() => true);
  if (elsewhere > MAX_MOVED) w.add(KIND_ORDERED, a, b);
  twin.forEach((i, j) => {
    if (i < 0) {
      element(w, key, -1, j, undefined, after[j], KIND_ADDED);
      return;
    }
    gone[i] = false;
    if (!kept[j] && elsewhere <= MAX_MOVED) element(w, key, i, j, undefined, after[j], KIND_MOVED);
    if (!identical(before[i], after[j])) element(w, olds[i] === news[j] ? key : undefined, i, j, before[i], after[j], '');
  });
  before.forEach((v, i) => {
    if (gone[i]) element(w, key, i, -1, v, undefined, KIND_REMOVED);
  });
  if (w.found.length === n) w.add(KIND_ORDERED, a, b); // in the names of the elements, which only a hostile client writes
}

// element is one at its positions, -1 where it is not; a kind: what is said of it,
// empty: its two values are compared.
/** @param {Walk} w @param {string[] | undefined} key */
function element(w, key, i, j, before, after, kind) {
  /** @type {Element} */
  const e = {before: i < 0 ? undefined : i, after: j < 0 ? undefined : j};
  const values = valuesOf(j < 0 ? before : after, key);
  if (values !== undefined) {
    e.key = key[0];
    e.value = values[0];
    if (key.length > 1) e.and = key.slice(1).map((name, n) => ({key: name, value: values[n + 1]}));
  }
  w.enter({element: e}, elementStep(String(i < 0 ? j : i)), elementStep(String(j < 0 ? i : j)));
  if (kind === '') w.value(before, after);
  else w.add(kind, before, after);
  w.leave();
}

// exactKey is a map key of a value: its type and bytes.
function exactKey(v) {
  return v.t + ' ' + latin1(v.b, v.s, v.e);
}

// pairs finds of each key of after the one of before that is the same, the first of
// several the first; -1: there is none.
function pairs(before, after) {
  const at = new Map();
  before.forEach((k, i) => {
    if (at.has(k)) at.get(k).push(i);
    else at.set(k, [i]);
  });
  const next = new Map();
  return after.map(k => {
    const list = at.get(k), n = next.get(k) || 0;
    if (list === undefined || n >= list.length) return -1;
    next.set(k, n + 1);
    return list[n];
  });
}

// rising marks a longest sequence of rising positions: these elements stay in their
// order, the others move. Those that are -1 are not in it.
/** @param {number[]} positions */
function rising(positions) {
  /** @type {number[]} */
  const tails = []; // of each length, the index at which the smallest last one is
  const previous = positions.map(() => -1), kept = positions.map(() => false);
  positions.forEach((n, j) => {
    if (n < 0) return;
    let low = 0, high = tails.length;
    while (low < high) {
      const middle = low + high >> 1;
      if (positions[tails[middle]] >= n) high = middle;
      else low = middle + 1;
    }
    if (low > 0) previous[j] = tails[low - 1];
    tails[low] = j;
  });
  for (let j = tails.length === 0 ? -1 : tails[tails.length - 1]; j >= 0; j = previous[j]) kept[j] = true;
  return kept;
}

// pairBetween pairs what has no twin between two elements that stay, where as many are
// on both sides and they are alike.
function pairBetween(before, after, twin, kept, alike) {
  const taken = new Set(twin);
  let start = 0, next = 0; // behind the last one that stays, on both sides
  for (let j = 0; j <= after.length; j++) {
    if (j < after.length && !kept[j]) continue;
    const end = j < after.length ? twin[j] : before.length, olds = [], news = [];
    for (let i = start; i < end; i++) if (!taken.has(i)) olds.push(i);
    for (let n = next; n < j; n++) if (twin[n] < 0) news.push(n);
    if (olds.length === news.length) {
      olds.forEach((i, n) => {
        if (!alike(before[i], after[news[n]])) return;
        twin[news[n]] = i;
        kept[news[n]] = true;
      });
    }
    start = end + 1;
    next = j + 1;
  }
}

// mayBeOne reports whether two elements may be one that has changed: containers,
// numbers, booleans and dates of one kind, what differs in its type alone, and texts of
// which half stays.
function mayBeOne(a, b) {
  if (isNumber(a) && isNumber(b) || sameText(a, b)) return true;
  if (a.t !== b.t) return false;
  return a.t === STRING ? halfStays(a, b) : [DOCUMENT, ARRAY, BOOL, DATE].includes(a.t);
}

// halfSame reports whether two documents are the same in half of their fields.
function halfSame(a, b) {
  const olds = firstFields(a), news = firstFields(b);
  const n = [...news].filter(([name, v]) => olds.has(name) && identical(olds.get(name), v)).length;
  return 2 * n >= Math.max(olds.size, news.size);
}

// halfStays reports whether what two texts begin and end with is half of the longer one.
function halfStays(a, b) {
  const x = a.b.subarray(a.s + 4, a.e - 1), y = b.b.subarray(b.s + 4, b.e - 1), least = Math.min(x.length, y.length);
  let start = 0, end = 0;
  while (start < least && x[start] === y[start]) start++;
  while (end < least - start && x[x.length - 1 - end] === y[y.length - 1 - end]) end++;
  return 2 * (start + end) >= Math.max(x.length, y.length);
}
