// What of a list owned in part the digest binds: the elements of the weave that an update
// adds, changes or takes away, and of an element that stays what changes in it. In: the
// places where an update changes a document; out: the same ones, with one for each such
// list. The rules are docs/state.md, The plan's digest.

// boundLists puts one spot in place of those of a list owned in part; before is the
// document as it was, with the secrets that may be there.
function boundLists(c, w, before, spots) {
  let out = spots;
  for (const l of c.lists) {
    const found = get(before, l.path), list = get(w.after, l.path), inside = s => startsWith(s.at, l.path), first = out.findIndex(inside);
    if (first < 0 || list === undefined || list.t !== ARRAY || found !== undefined && found.t !== ARRAY) continue;
    const rest = out.filter(s => !inside(s));
    rest.splice(first, 0, {at: l.path, ...boundElements(l, get(c.documents[w.wanted].d, l.path), found, list)});
    out = rest;
  }
  return out;
}

// boundElements are the elements of the weave in which two arrays differ, in its order:
// {before, after}.
function boundElements(l, wanted, before, after) {
  const olds = elementsByKey(l, before), news = elementsByKey(l, after), old = [], now = [];
  for (const k of ownedKeys(l, wanted)) {
    const b = olds.get(k) || [], a = news.get(k) || [];
    if (sameElements(b, a)) continue;
    const [x, y] = b.length === 1 && a.length === 1 && l.by.length > 0 ? boundFields(l.by, b[0], a[0]).map(d => [d]) : [b, a];
    old.push(...x);
    now.push(...y);
  }
  return {before: array(old), after: array(now)};
}

// boundFields are two documents without the fields that both have alike, but for
// those that are kept: as a whole where they differ in the order of fields alone.
function boundFields(kept, before, after) {
  let differ = false;
  const side = (d, other, n) => edit(d, (name, v) => {
    const w = field(other, name), isKept = kept.includes(name);
    if (w === undefined || !identical(v, w)) differ = true;
    else if (!isKept) return undefined;
    if (isKept || w === undefined || v.t !== DOCUMENT || w.t !== DOCUMENT) return v;
    return boundFields([], n === 0 ? v : w, n === 0 ? w : v)[n];
  });
  const out = [side(before, after, 0), side(after, before, 1)];
  return differ ? out : [before, after];
}
