// Judging by $jsonSchema. In: rules and a value; out: verdicts.

// SchemaRule is a schema, a keyword with its operands, or what is left to the
// server; which operands count follows from op.
class SchemaRule {
  constructor(op, source) {
    this.op = op;
    this.source = source; // the operand as it is written, for words
    this.types = [];
    this.values = [];
    this.n = 0n;
    this.flag = false;
    this.names = [];
    this.re = undefined;
    this.rules = [];
    this.named = []; // {name, names, re, rule}
    this.about = ''; // the description of a schema
  }

  document(x) { return this.judge(x); }
  test() { return UNKNOWN; } // only what is left to the server stands among operators

  // typed reads a type or a list of types.
  typed(v, known) {
    this.names = v.t === STRING ? [text(v)] : textList(v) || [];
    for (const name of this.names) {
      if (!Object.hasOwn(known, name)) return false;
      this.types.push(...known[name]);
    }
    return this.names.length > 0;
  }

  // judge judges a value by a schema or one keyword of it.
  judge(x) {
    switch (this.op) {
      case 'unjudged': return UNKNOWN;
      case 'schema': case 'allOf': {
        let out = HOLDS;
        for (const s of this.rules) {
          out = Math.min(out, s.judge(x));
          if (out === BROKEN) break;
        }
        return out;
      }
      case 'anyOf': return greatest(BROKEN, this.rules.map(s => s.judge(x)));
      case 'oneOf': {
        const {held, unknown} = this.fitting(x);
        return held > 1 || held === 0 && unknown === 0 ? BROKEN : unknown > 0 ? UNKNOWN : HOLDS;
      }
      case 'not': return HOLDS - this.rules[0].judge(x);
      case 'bsonType': case 'type': return x.is(this.types);
      case 'enum': return greatest(BROKEN, this.values.map(w => equalTo(x, w, byFieldName)));
    }
    // The others are about values of one type.
    if (x.is(KEYWORD_TYPES[this.op]) === BROKEN) return HOLDS;
    return x.kind === '' ? this.applied(x) : UNKNOWN;
  }

  // fitting counts the schemas of oneOf that hold and those that are not known to.
  fitting(x) {
    const verdicts = this.rules.map(s => s.judge(x));
    return {held: verdicts.filter(v => v === HOLDS).length, unknown: verdicts.filter(v => v === UNKNOWN).length};
  }

  // applied judges a value of the type that the keyword is about.
  applied(x) {
    switch (this.op) {
      case 'minimum': return orderedBy(x.v, this.values[0], this.flag ? '$gt' : '$gte');
      case 'maximum': return orderedBy(x.v, this.values[0], this.flag ? '$lt' : '$lte');
      case 'multipleOf': return verdictOf(isMultiple(x.v, this.values[0]));
      case 'minLength': return verdictOf(codePointsOf(x.v) >= this.n);
      case 'maxLength': return verdictOf(codePointsOf(x.v) <= this.n);
      case 'pattern': return this.re.match(text(x.v));
      case 'minItems': return verdictOf(x.elements().length >= this.n);
      case 'maxItems': return verdictOf(x.elements().length <= this.n);
      case 'uniqueItems': return this.twice(x).verdict;
      case 'items': return this.eachItem(x, () => undefined);
      case 'minProperties': {
        const {least, most} = fieldCounts(x);
        return Math.min(verdictOf(most >= this.n), Math.max(UNKNOWN, verdictOf(least >= this.n)));
      }
      case 'maxProperties': {
        const {least, most} = fieldCounts(x);
        return Math.min(verdictOf(least <= this.n), Math.max(UNKNOWN, verdictOf(most <= this.n)));
      }
      case 'required': return least(HOLDS, this.names.map(name => x.field(name)[1]));
    }
    return this.eachField(x, () => undefined);
  }

  // eachItem judges the elements of an array; found is told of each that breaks
  // its schema. rule undefined: the element may not be there.
  eachItem(x, found) {
    let out = HOLDS;
    x.elements().forEach((e, i) => {
      const s = i < this.rules.length ? this.rules[i] : this.named.length > 0 ? this.named[0].rule : undefined;
      if (s === undefined && !this.flag) return;
      const is = s === undefined ? BROKEN : s.judge(e);
      if (is === BROKEN) found(String(i), e, s);
      out = Math.min(out, is);
    });
    return out;
  }

  // eachField judges the fields of a document by a keyword about fields; found is
  // told of each that is wrong: {name, value, rule, missing, because}. rule
  // undefined: it may not be there; missing: it has to be, because `because` is.
  eachField(x, found) {
    let out = x.open && (this.op === 'patternProperties' || this.op === 'additionalProperties') ? UNKNOWN : HOLDS;
    const judged = (is, name, value, rule, missing, because) => {
      if (is === BROKEN) found({name, value, rule, missing: missing === true, because});
      out = Math.min(out, is);
    };
    const named = (n, name) => n.re === undefined ? UNKNOWN : n.re.match(name);
    switch (this.op) {
      case 'properties':
        for (const n of this.named) {
          let [f, there] = x.field(n.name);
          if (n.rule.op === 'unjudged') there = UNKNOWN; // a name that means several things
          if (there !== BROKEN) judged(Math.max(HOLDS - there, n.rule.judge(f)), n.name, f, n.rule);
        }
        return out;
      case 'patternProperties':
        for (const f of x.entries()) {
          for (const n of this.named) {
            const is = n.re === undefined ? UNKNOWN : Math.min(f.there, n.re.match(f.name));
            if (is !== BROKEN) judged(Math.max(HOLDS - is, n.rule.judge(f.value)), f.name, f.value, n.rule);
          }
        }
        return out;
      case 'additionalProperties':
        for (const f of x.entries()) {
          let more = this.names.includes(f.name) ? BROKEN : f.there;
          for (const n of this.named) more = Math.min(more, HOLDS - named(n, f.name));
          if (more === BROKEN) continue;
          const [rule] = this.rules;
          judged(Math.max(HOLDS - more, rule === undefined ? BROKEN : rule.judge(f.value)), f.name, f.value, rule);
        }
        return out;
    }
    for (const n of this.named) { // dependencies
      const there = n.rule !== undefined && n.rule.op === 'unjudged' ? UNKNOWN : x.field(n.name)[1];
      if (there === BROKEN) continue;
      if (n.rule !== undefined) {
        judged(Math.max(HOLDS - there, n.rule.judge(x)), '', x, n.rule);
        continue;
      }
      for (const name of n.names) judged(Math.max(HOLDS - there, x.field(name)[1]), name, undefined, undefined, true, n.name);
    }
    return out;
  }

  // twice judges uniqueItems; at is the second of two elements that are the same.
  twice(x) {
    let verdict = HOLDS;
    if (!this.flag) return {at: 0, verdict};
    const seen = new Set(), list = x.elements();
    for (let at = 0; at < list.length; at++) {
      if (!list[at].exact() || isOdd(list[at].v)) {
        verdict = UNKNOWN;
        continue;
      }
      const k = key([byFieldName(list[at].v)]);
      if (seen.has(k)) return {at, verdict: BROKEN};
      seen.add(k);
    }
    return {at: 0, verdict};
  }
}

// fieldCounts are the least and the greatest number of fields that a document has.
function fieldCounts(x) {
  const entries = x.entries();
  return {least: entries.filter(f => f.there === HOLDS).length, most: x.open ? 0x7fffffffffffffffn : entries.length};
}

// codePointsOf counts the characters of a text.
function codePointsOf(v) {
  let n = 0;
  for (let i = v.s + 4; i < v.e - 1; i++) if ((v.b[i] & 0xc0) !== 0x80) n++;
  return n;
}

// byFieldName is a value with the fields of all its documents by name.
function byFieldName(v) {
  if (v.t !== DOCUMENT && v.t !== ARRAY) return v;
  const list = fields(v).map(f => ({name: f.name, v: byFieldName(f.v)}));
  return {...build(v.t === DOCUMENT ? list.sort((a, b) => compareNames(a.name, b.name)) : list), t: v.t};
}

// isMultiple reports whether a number is a multiple of another one, calculated in
// decimal, doubles with the 15 digits that a double always keeps. What is not
// finite is none. The twin is runtime/doc/multiple.go.
function isMultiple(v, of) {
  const x = inDecimal(v), y = inDecimal(of);
  if (x === undefined) return false;
  if (x.c === 0n) return true;
  const e = Math.min(x.e, y.e);
  return x.c * 10n ** BigInt(x.e - e) % (y.c * 10n ** BigInt(y.e - e)) === 0n;
}

// inDecimal is c × 10^e; undefined when the value is no finite number.
function inDecimal(v) {
  if (!isNumber(v)) return undefined;
  let {nan, inf, c, e} = numberOf(v);
  if (nan || inf) return undefined;
  const surplus = v.t === DOUBLE && c !== 0n ? digits(c) - 15 : 0;
  if (surplus > 0) { // half to even
    const scale = 10n ** BigInt(surplus), rest = c % scale, up = 2n * (rest < 0n ? -rest : rest);
    c /= scale;
    if (up > scale || up === scale && c % 2n !== 0n) c += rest < 0n ? -1n : 1n;
    e += surplus;
  }
  return {c, e};
}
