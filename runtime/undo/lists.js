// Lists of which a run wrote a part. In: the array before and after the run, and as it
// is now; out: the array with the elements put back that are still as the run left them.
// The rules are docs/state.md, undo.

// elementsBack puts elements back that are told apart by the fields; of none, by
// themselves: {list, put, left}. A missing array, or null, has none. put: some element
// is put back; left: some element that the run wrote is not as it left it.
function elementsBack(by, before, after, now) {
  const keyed = e => {
    const k = listKey({by}, e);
    return k === undefined ? undefined : key(k);
  };
  const of = v => v !== undefined && v.t === ARRAY ? fields(v).map(f => f.v) : [];
  const olds = elementsByKey({by}, before), news = elementsByKey({by}, after), found = elementsByKey({by}, now), back = new Map();
  const out = {list: now, put: false, left: false};
  for (const k of [...news.keys(), ...olds.keys()]) {
    const was = olds.get(k) || [], written = news.get(k) || [], is = found.get(k) || [];
    if (back.has(k) || sameElements(was, written) || sameElements(was, is)) continue;
    if (sameElements(is, written)) {
      back.set(k, was);
      out.put = true;
    } else out.left = true;
  }
  const next = new Map(), list = [];
  const take = k => {
    const n = next.get(k) || 0, was = back.get(k);
    if (n >= was.length) return [];
    next.set(k, n + 1);
    return [was[n]];
  };
  for (const e of of(now)) list.push(...(keyed(e) === undefined || !back.has(keyed(e)) ? [e] : take(keyed(e))));
  of(before).forEach((e, place) => { // those that the run took away, where they stood
    if (keyed(e) !== undefined && back.has(keyed(e))) list.splice(Math.min(place, list.length), 0, ...take(keyed(e)));
  });
  out.list = array(list);
  return out;
}
