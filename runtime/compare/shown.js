// What of an update the digest binds. In: the document as it is and as it will be,
// what nobody may see of it; out: where they differ, leaf by leaf, in arrays too where
// something is hidden in them. The rules are docs/enforcement.md, Secrets, and
// docs/state.md, The plan's digest.

// updateSpots are the places where an update changes the document, but for
// secrets that the destination may have: these are as they will be, on both sides.
// Where nothing is hidden they are the leaves. A list owned in part is one, with what of
// it is the weave's.
function updateSpots(c, w) {
  const d = c.documents[w.wanted];
  if (w.places.length + c.policy.leftOut.length === 0) return boundLists(c, w, w.before, w.leaves.map(l => ({at: l.path, before: l.before, after: l.after})));
  let before = w.before;
  for (const q of w.places) {
    const v = thereAt(q, w.after, before) === undefined ? undefined : valueAt(w.after, q.path);
    if (v !== undefined) before = replaced(before, q.live || q.path, v);
  }
  return boundLists(c, w, before, new Spotting(maskOf(c, d, false), maskOf(c, d, true)).find(before, w.after).sort(compareSpots));
}

// linkedLeaves are those in which an update changes the document, with their links.
function linkedLeaves(c, w) {
  const d = c.documents[w.wanted], old = maskOf(c, d, false), now = maskOf(c, d, true);
  const leaves = leafChanges(w.before, w.after).sort((a, b) => comparePaths(a.path, b.path));
  return leaves.map(l => ({...l, links: namedLinks(c.linking, l.path, old.value(l.path, l.before), now.value(l.path, l.after))}));
}

// valueAt is the value at a path that goes into arrays; undefined: missing.
function valueAt(d, path) {
  let v = d;
  for (const name of path) {
    if (!isContainer(v)) return undefined;
    v = field(v, name);
    if (v === undefined) return undefined;
  }
  return v;
}

// Spotting finds where two documents differ: [{at, before, after}], with names of
// fields and elements. It enters documents, of both sides or of the one that has a
// value, and arrays in which something is hidden. Those that differ in the order of
// their fields alone are one place.
class Spotting {
  constructor(old, now) {
    this.old = old;
    this.now = now;
    this.found = [];
  }

  find(before, after) {
    this.level([], before, after, false);
    return this.found;
  }

  level(at, before, after, array) {
    const bs = fields(before), as = fields(after), step = name => at.concat([array ? elementStep(name) : name]);
    bs.forEach((f, i) => {
      const j = indexOf(as, f.name, i), a = j < 0 ? undefined : as[j].v;
      if (a === undefined || !identical(f.v, a)) this.value(step(f.name), f.v, a);
    });
    as.forEach((f, i) => {
      if (indexOf(bs, f.name, i) < 0) this.value(step(f.name), undefined, f.v);
    });
  }

  value(at, before, after) {
    const both = t => (before === undefined || before.t === t) && (after === undefined || after.t === t), array = both(ARRAY);
    const n = this.found.length;
    if (array && this.hidden(at, before, after) || both(DOCUMENT)) this.level(at, before || EMPTY, after || EMPTY, array);
    if (this.found.length === n) this.found.push({at, before, after});
  }

  // hidden reports whether something is hidden in one of the values.
  hidden(at, before, after) {
    const differs = (mask, v) => v !== undefined && !identical(mask.value(at, v), v);
    return differs(this.old, before) || differs(this.now, after);
  }
}

// stepsOf tells names and positions of a path apart by the document it goes into.
function stepsOf(d, path) {
  return path.map((name, n) => {
    const v = valueAt(d, path.slice(0, n));
    return v !== undefined && v.t === ARRAY ? elementStep(name) : name;
  });
}

// compareSpots puts elements in order of their positions.
function compareSpots({at: a}, {at: b}) {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const both = isElement(a[i]) && isElement(b[i]), c = (both ? a[i].length - b[i].length : 0) || compareNames(a[i], b[i]);
    if (c !== 0) return c;
  }
  return a.length - b.length;
}

// spotText is a place for people: hooks[0].url.
function spotText(at) {
  return at.map((step, i) => isElement(step) ? '[' + (isPosition(stepName(step)) ? stepName(step) : pathText([stepName(step)])) + ']' : (i === 0 ? '' : '.') + pathText([step])).join('');
}

// fieldPath is the part of a place that enters documents only.
function fieldPath(at) {
  const n = at.findIndex(isElement);
  return n < 0 ? at : at.slice(0, n);
}
