// Values of which parts are not known. In: a document and its holes; out: its
// fields, each with whether it is there.

// The verdicts; the order makes "and" the least and "or" the greatest of several.
const BROKEN = 0, UNKNOWN = 1, HOLDS = 2;

function verdictOf(is) {
  return is ? HOLDS : BROKEN;
}

// greatest and least of a verdict and a list of them.
function greatest(verdict, list) {
  return list.reduce((a, b) => Math.max(a, b), verdict);
}

function least(verdict, list) {
  return list.reduce((a, b) => Math.min(a, b), verdict);
}

// addHole makes a hole at a path: {kind, in: names of fields and positions of
// elements, with the holes there}. kind is '' (the document's own value), 'any',
// 'text', 'maybe' or 'gone'.
function addHole(holes, path, kind) {
  let h = holes;
  for (const name of path) {
    if (h.kind !== '') return; // a hole already
    if (!h.in.has(name)) h.in.set(name, {kind: '', in: new Map()});
    h = h.in.get(name);
  }
  h.kind = kind;
  h.in = new Map();
}

const NO_HOLES = new Map();

// Partial is a value as far as it is known. open: fields that the document lacks
// may be there.
class PartialValue {
  constructor(v, kind, holes, open) {
    this.v = v;
    this.kind = kind;
    this.in = holes;
    this.open = open;
  }

  // exact reports whether all of the value is known.
  exact() {
    return this.kind === '' && !this.open && this.in.size === 0;
  }

  // is reports whether the value has one of the types.
  is(types) {
    if (this.kind === '') return verdictOf(types.includes(this.v.t));
    return this.kind === 'text' ? verdictOf(types.includes(STRING)) : UNKNOWN;
  }

  // field is that of a document, and whether it is there.
  field(name) {
    const h = this.in.get(name);
    switch (h === undefined ? '' : h.kind) {
      case 'any': case 'text': return [new PartialValue(undefined, h.kind, NO_HOLES, false), HOLDS];
      case 'maybe': return [ANYTHING, UNKNOWN];
      case 'gone': return [ANYTHING, BROKEN];
    }
    const v = field(this.v, name);
    if (v !== undefined) return [partial(v, h, this.open), HOLDS];
    return [ANYTHING, this.open ? UNKNOWN : BROKEN];
  }

  // entries are the fields of a document that are or may be there: its own in
  // order, then other holes by name. Those of an open document are not all.
  entries() {
    const out = [], seen = new Set(), add = name => {
      const [value, there] = this.field(name);
      if (there !== BROKEN) out.push({name, value, there});
    };
    for (const {name, v} of fields(this.v)) {
      const h = this.in.get(name);
      seen.add(name);
      if (h !== undefined && h.kind !== '') add(name);
      else out.push({name, value: partial(v, h, this.open), there: HOLDS});
    }
    for (const name of [...this.in.keys()].sort(compareNames)) {
      if (!seen.has(name) && this.in.get(name).kind !== '') add(name);
    }
    return out;
  }

  // elements are those of an array.
  elements() {
    return fields(this.v).map((f, i) => partial(f.v, this.in.get(String(i)), false));
  }

  // ifKnown judges a value that is known.
  ifKnown(test) {
    return this.kind === '' ? test(this.v) : UNKNOWN;
  }

  // matches judges a value by a regular expression.
  matches(re) {
    if (this.kind !== '' || this.v.t === SYMBOL || this.v.t === REGEX) return UNKNOWN; // equality with a regex
    return this.v.t === STRING ? re.match(text(this.v)) : BROKEN;
  }
}

const ANYTHING = new PartialValue(undefined, 'any', NO_HOLES, false);

// partial is a value at a place with holes.
function partial(v, h, open) {
  return new PartialValue(v, h === undefined ? '' : h.kind, h === undefined ? NO_HOLES : h.in, open && v.t === DOCUMENT);
}
