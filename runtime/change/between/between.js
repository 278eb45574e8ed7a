// What differs between two values, as changes of a report (docs/report.md, A change).
// In: two documents, or values, and what of them may be seen; out: changes, place by
// place, in order of the names of fields and of elements.

/**
 * @typedef {{at: string[], secrets?: string[]}} HiddenItem
 * @typedef {{before?: number, after?: number, key?: string, value?: Value, and?: {key: string, value: Value}[]}} Element
 * @typedef {{field?: string, element?: Element}} Step
 * @typedef {{kind: string, path: string, at: Step[], before?: Value, after?: Value, unknown?: string[], hidden?: HiddenItem[], links: Object[], fields: string[], cause?: string, since?: string}} Change
 * @typedef {Object} Sides
 * @property {(at: string[], v: Value, after: boolean) => {v: Value, hidden: HiddenItem[]}} [seen] a value at a place as it may be seen
 * @property {(old: string[], now: string[], before: Value | undefined, after: Value | undefined) => Object[]} [links] those in the two values of a change
 * @property {(at: string[]) => string[] | undefined} [key] the fields that tell elements of the array at a place apart, by the weave
 */

// documentChanges are the changes from one document to another.
/** @param {Value} before @param {Value} after @param {Sides} sides @returns {Change[]} */
function documentChanges(before, after, sides) {
  const w = new Walk(sides);
  w.fields(before, after);
  return w.found;
}

// valueChanges are the changes from one value to another at a path of fields;
// undefined is a missing one.
/** @param {string[]} at @param {Value | undefined} before @param {Value | undefined} after @param {Sides} sides @returns {Change[]} */
function valueChanges(at, before, after, sides) {
  const w = new Walk(sides);
  for (const name of at) w.enter({field: name}, name, name);
  w.value(before, after);
  return w.found;
}

class Walk {
  /** @param {Sides} sides */
  constructor(sides) {
    this.sides = sides;
    /** @type {Step[]} */ this.at = [];
    /** @type {string[]} */ this.old = []; // the place on each side
    /** @type {string[]} */ this.now = [];
    /** @type {Change[]} */ this.found = [];
  }

  enter(step, old, now) {
    this.at.push(step);
    this.old.push(old);
    this.now.push(now);
  }

  leave() {
    this.at.pop();
    this.old.pop();
    this.now.pop();
  }

  // value compares two values at the place.
  value(before, after) {
    const n = this.found.length;
    if (before === after || before !== undefined && after !== undefined && identical(before, after)) return;
    if (before !== undefined && after !== undefined && before.t === after.t && !this.hides(before, after)) {
      if (before.t === DOCUMENT && distinctNames(before) && distinctNames(after)) {
        this.fields(before, after);
        if (this.found.length === n) this.add(KIND_ORDERED, before, after);
        return;
      }
      if (before.t === ARRAY) {
        compareElements(this, before, after);
        return;
      }
    }
    this.add(kindOf(before, after), before, after);
  }

  // fields compares two documents, by the names of their fields; of a name that one
  // has twice, the first.
  fields(before, after) {
    const olds = firstFields(before), news = firstFields(after);
    for (const name of [...new Set([...olds.keys(), ...news.keys()])].sort(compareNames)) {
      this.enter({field: name}, name, name);
      this.value(olds.get(name), news.get(name));
      this.leave();
    }
  }

  // seen is a value of one side as it may be seen.
  seen(v, after) {
    if (this.sides.seen === undefined || v === undefined) return {v, hidden: []};
    return this.sides.seen(after ? this.now : this.old, v, after);
  }

  // hides reports whether one of two values may not be seen at all.
  hides(before, after) {
    const all = ({hidden}) => hidden.length === 1 && hidden[0].at.length === 0;
    return all(this.seen(before, false)) || all(this.seen(after, true));
  }

  // add adds a change at the place.
  add(kind, before, after) {
    const old = this.seen(before, false), now = this.seen(after, true);
    this.found.push({
      kind, path: stepsText(this.at), at: [...this.at], before: old.v, after: now.v, unknown: undefined, hidden: hiddenTogether(old.hidden, now.hidden),
      links: this.sides.links === undefined ? [] : this.sides.links(this.old, this.now, old.v, now.v), fields: [...fieldPath(this.now)],
    });
  }
}

// kindOf is that of two values of which one is to become the other.
function kindOf(before, after) {
  if (before === undefined) return KIND_ADDED;
  if (after === undefined) return KIND_REMOVED;
  return before.t !== after.t && sameText(before, after) ? KIND_RETYPED : KIND_CHANGED;
}

// sameText reports whether two values of different types are the same number, or text.
function sameText(a, b) {
  if (isNumber(a) && isNumber(b)) return same(a, b);
  const x = bareText(a);
  return x !== undefined && x === bareText(b);
}

// bareText is the text of a text, a number or a boolean.
function bareText(v) {
  switch (v.t) {
    case STRING: case SYMBOL: return text(v);
    case BOOL: return v.b[v.s] === 0 ? 'false' : 'true';
    case INT32: return String(int32(v.b, v.s));
    case INT64: return String(int64(v.b, v.s));
    case DOUBLE: return doubleText(double(v.b, v.s));
    case DECIMAL: return decimalText(v);
  }
  return undefined;
}

function firstFields(d) {
  const out = new Map();
  for (const f of fields(d)) if (!out.has(f.name)) out.set(f.name, f.v);
  return out;
}

// distinctNames reports whether a document has no name twice.
function distinctNames(d) {
  const names = fields(d).map(f => f.name);
  return new Set(names).size === names.length;
}

// hiddenTogether are the places of both sides, each once.
function hiddenTogether(old, now) {
  const out = old.map(h => ({...h}));
  for (const h of now) {
    const found = out.find(o => o.at.length === h.at.length && o.at.every((name, i) => name === h.at[i]));
    if (found === undefined) out.push(h);
    else if (found.secrets === undefined) found.secrets = h.secrets;
  }
  return out;
}
