// Judging documents by the validator of a collection as the server would. In: a
// validator as the server keeps it, and documents, parts of which may not be known;
// out: whether a document holds, breaks it, or cannot be judged; what of the
// validator cannot be judged here. schema.js has the keywords of $jsonSchema,
// query.js the operators, words.js the words. Pure.

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

// validationOf reads what the options of a collection say of validation, defaults filled in.
function validationOf(options) {
  const validator = field(options, 'validator'), level = field(options, 'validationLevel'), action = field(options, 'validationAction');
  const collation = field(options, 'collation'), locale = collation !== undefined && collation.t === DOCUMENT ? field(collation, 'locale') : undefined;
  return {
    validator: validator !== undefined && validator.t === DOCUMENT ? validator : EMPTY,
    level: level === undefined ? 'strict' : level.t === STRING ? text(level) : '', action: action === undefined ? 'error' : action.t === STRING ? text(action) : '',
    collated: collation !== undefined && !(locale !== undefined && locale.t === STRING && text(locale) === 'simple'),
  };
}

// judges reports whether the server looks at documents at all.
function judges(validation) {
  return fields(validation.validator).length > 0 && validation.level !== 'off';
}

// Validator is a validator that was read; unjudged are the parts that are left to
// the server, by their paths in the validator, each once, in order.
class Validator {
  constructor({validator, collated}) {
    const parser = new QueryParser(collated);
    this.rule = parser.query(validator, '');
    this.unjudged = [...new Set(parser.unjudged)].sort(compareNames);
  }

  // judge judges a document. open: fields that it lacks may be there, also in the
  // documents in it.
  judge(d, holes, open) {
    return this.rule.document(partial(d, holes, open));
  }

  // breaches are the rules that a document breaks for certain.
  breaches(d, holes, open) {
    const words = new ValidatorWords();
    words.document(this.rule, partial(d, holes, open), NO_PLACE);
    return words.out;
  }
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

// ValidatorParser collects what is left to the server; QueryParser reads with it.
class ValidatorParser {
  constructor(isCollated) {
    this.collated = isCollated;
    this.unjudged = [];
  }

  leave(at) {
    this.unjudged.push(at);
    return new SchemaRule('unjudged', undefined);
  }
}

// below is a path in the validator.
function below(at, name) {
  return at === '' ? name : at + '.' + name;
}

// textList gives the texts of an array of texts; undefined for anything else.
function textList(v) {
  const list = v.t === ARRAY ? fields(v).map(f => f.v) : [undefined];
  return list.every(e => e !== undefined && e.t === STRING) ? list.map(text) : undefined;
}

// wholeNumber is that of a value; undefined when it is none.
function wholeNumber(v) {
  switch (v.t) {
    case INT32: return BigInt(int32(v.b, v.s));
    case INT64: return int64(v.b, v.s);
    case DOUBLE: {
      const x = double(v.b, v.s);
      return Number.isSafeInteger(x) ? BigInt(x) : undefined;
    }
  }
  return undefined;
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
