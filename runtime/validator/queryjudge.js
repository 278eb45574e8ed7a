// Judging by query operators. In: rules and a document; out: verdicts.

// QueryRule is an operator with its operands; which of them count follows from op.
class QueryRule {
  constructor(op, source) {
    this.op = op;
    this.source = source; // the operand as it is written, for words
    this.types = [];
    this.values = [];
    this.n = 0n;
    this.rest = 0n; // of $mod
    this.flag = false;
    this.re = undefined;
    this.patterns = []; // of $in
    this.rules = [];
    this.path = [];
  }

  // document judges a document by a filter.
  document(x) {
    switch (this.op) {
      case '$and': {
        let out = HOLDS;
        for (const s of this.rules) {
          out = Math.min(out, s.document(x));
          if (out === BROKEN) break;
        }
        return out;
      }
      case '$or': return greatest(BROKEN, this.rules.map(s => s.document(x)));
      case '$nor': return HOLDS - greatest(BROKEN, this.rules.map(s => s.document(x)));
    }
    const f = new FoundValues(false).walk(x, this.path);
    return least(HOLDS, this.rules.map(s => s.test(f)));
  }

  // test judges the values of a field by an operator.
  test(f) {
    switch (this.op) {
      case '$not': return HOLDS - least(HOLDS, this.rules.map(s => s.test(f)));
      case '$in': return this.oneOf(f);
      case '$exists': {
        const there = Math.max(verdictOf(f.ends.length > 0), f.unknown ? UNKNOWN : BROKEN);
        return this.flag ? there : HOLDS - there;
      }
      case '$type': return f.some(x => x.is(this.types));
      case '$gt': case '$gte': case '$lt': case '$lte': {
        const [w] = this.values;
        return f.some(x => x.kind === 'text' ? Math.min(UNKNOWN, verdictOf(w.t === STRING)) : x.ifKnown(v => orderedBy(v, w, this.op)));
      }
      case '$mod': return f.some(x => x.kind === 'text' ? BROKEN : x.ifKnown(v => moduloOf(v, this.n, this.rest)));
      case '$regex': return f.some(x => x.matches(this.re));
      case '$all': return least(verdictOf(this.rules.length > 0), this.rules.map(s => s.test(f)));
    }
    // $size and $elemMatch are about the arrays alone.
    return greatest(f.unknown ? UNKNOWN : BROKEN, f.ends.map(x => {
      const is = x.is(ARRAY_TYPES);
      if (is !== HOLDS) return is;
      return this.op === '$size' ? verdictOf(BigInt(x.elements().length) === this.n) : this.anyElement(x);
    }));
  }

  // oneOf judges equality with one of several values; null is met by a missing field.
  oneOf(f) {
    const out = f.some(x => greatest(BROKEN, this.values.map(w => equalTo(x, w, v => v)).concat(this.patterns.map(re => x.matches(re)))));
    if (!this.values.some(w => w.t === NULL)) return out;
    return f.through ? Math.max(out, UNKNOWN) : f.missing ? HOLDS : out;
  }

  anyElement(x) {
    return greatest(BROKEN, x.elements().map(e => {
      if (this.flag) return least(HOLDS, this.rules.map(s => s.test(new FoundValues(true).with(e))));
      if (e.kind === '' && e.v.t === DOCUMENT) return this.rules[0].document(e);
      return e.kind === 'text' || e.kind === '' && e.v.t !== ARRAY ? BROKEN : UNKNOWN;
    }));
  }
}

// FoundValues are the values that a path leads to. missing: the path ends before
// its last name; through: it leads through an array; unknown: there may be other
// values; element: they are elements of $elemMatch and are not entered.
class FoundValues {
  constructor(element) {
    this.ends = [];
    this.missing = false;
    this.through = false;
    this.unknown = false;
    this.element = element;
  }

  with(x) {
    this.ends.push(x);
    return this;
  }

  walk(x, path) {
    const [child, there] = x.field(path[0]);
    if (there === BROKEN) this.missing = true;
    else if (there === UNKNOWN) this.unknown = true;
    else if (path.length === 1) this.ends.push(child);
    else if (child.kind === 'any') this.unknown = true;
    else if (child.kind === '' && child.v.t === DOCUMENT) this.walk(child, path.slice(1));
    else if (child.kind === 'text' || child.v.t !== ARRAY) this.missing = true;
    else {
      this.through = true;
      this.unknown = this.unknown || /^\d+$/.test(path[1]); // a position, or a name
      for (const e of child.elements()) {
        if (e.kind !== '') this.unknown = this.unknown || e.kind === 'any';
        else if (e.v.t === DOCUMENT) this.walk(e, path.slice(1));
      }
    }
    return this;
  }

  // some judges the values that an operator may be true of: those at the end of the
  // path, and the elements of arrays there.
  some(test) {
    let out = this.unknown ? UNKNOWN : BROKEN;
    for (const x of this.ends) {
      out = Math.max(out, test(x));
      if (x.kind === '' && x.v.t === ARRAY && !this.element) for (const e of x.elements()) out = Math.max(out, test(e));
    }
    return out;
  }
}

// moduloOf judges $mod: fractions are cut off. What no int64 holds is left to the server.
function moduloOf(v, divisor, remainder) {
  let n;
  switch (v.t) {
    case INT32: case INT64:
      n = wholeNumber(v);
      break;
    case DOUBLE: {
      const x = double(v.b, v.s);
      if (!Number.isFinite(x)) return BROKEN;
      if (x >= 2 ** 63 || x < -(2 ** 63)) return UNKNOWN;
      n = BigInt(Math.trunc(x));
      break;
    }
    case DECIMAL: return UNKNOWN;
    default: return BROKEN;
  }
  return verdictOf(n % divisor === remainder);
}

// equalTo compares with a value; form is applied to both sides first.
function equalTo(x, w, form) {
  if (x.kind === 'any') return UNKNOWN;
  if (x.kind === 'text') return Math.min(UNKNOWN, verdictOf(w.t === STRING));
  if (isOdd(x.v)) return UNKNOWN;
  if (!x.exact()) return Math.min(UNKNOWN, verdictOf(w.t === x.v.t));
  return verdictOf(same(form(x.v), form(w)));
}

// isOdd: a value is or holds one that servers have compared in several ways,
// undefined and symbols.
function isOdd(v) {
  return v.t === UNDEFINED || v.t === SYMBOL || (v.t === DOCUMENT || v.t === ARRAY) && fields(v).some(f => isOdd(f.v));
}

// orderedBy compares within one family of types; NaN is below no number.
function orderedBy(v, w, op) {
  if (v.t === SYMBOL) return Math.min(UNKNOWN, verdictOf(w.t === STRING));
  const c = compareFamily(v, w);
  if (c === undefined) return BROKEN;
  if (isNaNValue(v) || isNaNValue(w)) return verdictOf(c === 0 && op.length === 4);
  switch (op) {
    case '$gt': return verdictOf(c > 0);
    case '$gte': return verdictOf(c >= 0);
    case '$lt': return verdictOf(c < 0);
  }
  return verdictOf(c <= 0);
}
