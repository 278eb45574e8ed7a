// Query operators (MongoDB manual, reference/operator/query). In: a filter; out:
// rules, and verdicts on documents. What is left to the server says query.go.

// QueryParser reads filters.
class QueryParser extends SchemaParser {
  // query reads a filter.
  query(d, at) {
    const r = new QueryRule('$and', d);
    for (const {name, v} of fields(d)) {
      const here = below(at, name), path = name.split('.');
      if (name === '$comment') continue;
      if (name === '$and' || name === '$or' || name === '$nor') r.rules.push(this.list(name, v, here));
      else if (name === '$jsonSchema' && v.t === DOCUMENT) r.rules.push(this.schema(v, here));
      else if (!path.every(addressable)) r.rules.push(this.leave(here));
      else {
        const f = new QueryRule('field', v);
        f.path = path;
        f.rules = this.tests(v, here);
        r.rules.push(f);
      }
    }
    return r;
  }

  list(op, v, at) {
    const r = new QueryRule(op, v), list = v.t === ARRAY ? fields(v) : [];
    for (const f of list) {
      if (f.v.t !== DOCUMENT) return this.leave(at);
      r.rules.push(this.query(f.v, below(at, f.name)));
    }
    return list.length === 0 ? this.leave(at) : r;
  }

  // tests reads what is asked of a field: operators, or the value that it equals.
  tests(v, at) {
    if (!isOperators(v)) return [this.equality([v], v, at)];
    return fields(v).flatMap(f => this.operator(v, f.name, f.v, below(at, f.name)));
  }

  // operator reads one operator of a field; d has those beside it.
  operator(d, name, v, at) {
    const r = new QueryRule(name, v), one = ok => [ok ? r : this.leave(at)];
    const not = rules => {
      const n = new QueryRule('$not', v);
      n.rules = rules;
      return [n];
    };
    switch (name) {
      case '$eq': case '$ne': {
        if (v.t === REGEX) return one(false); // the regex itself
        const is = this.equality([v], v, at);
        return name === '$eq' ? [is] : not([is]);
      }
      case '$in': case '$nin': {
        if (v.t !== ARRAY) return one(false);
        const is = this.equality(fields(v).map(f => f.v), v, at);
        return name === '$in' ? [is] : not([is]);
      }
      case '$gt': case '$gte': case '$lt': case '$lte':
        r.values = [v];
        return one(compareFamily(v, v) !== undefined && !(this.collated && hasText(v)));
      case '$exists':
        r.flag = truthy(v);
        return [r];
      case '$type': {
        const list = v.t === ARRAY ? fields(v).map(f => f.v) : [v];
        return one(list.length > 0 && list.every(e => {
          const types = typesOf(e);
          if (types !== undefined) r.types.push(...types);
          return types !== undefined;
        }));
      }
      case '$size': {
        const n = wholeNumber(v);
        r.n = n;
        return one(n !== undefined && n >= 0n);
      }
      case '$mod': {
        const list = v.t === ARRAY ? fields(v).map(f => wholeNumber(f.v)) : [];
        [r.n, r.rest] = list;
        return one(list.length === 2 && list.every(n => n !== undefined && n <= LARGEST_MOD && n >= -LARGEST_MOD) && r.n !== 0n);
      }
      case '$regex':
        r.re = regexOf(v, field(d, '$options'));
        return one(r.re !== undefined);
      case '$options': return field(d, '$regex') === undefined ? one(false) : [];
      case '$not':
        if (v.t === REGEX) return not([this.equality([v], v, at)]);
        return isOperators(v) ? not(this.tests(v, at)) : one(false);
      case '$elemMatch': {
        const m = this.elemMatch(v, at);
        return m === undefined ? one(false) : [m];
      }
      case '$all': return [this.every(v, at)];
    }
    return one(false);
  }

  // equality reads values one of which a field has to equal; a regex is to be matched.
  equality(values, source, at) {
    const r = new QueryRule('$in', source);
    for (const v of values) {
      if (v.t === REGEX) {
        const re = regexOf(v, undefined);
        if (re === undefined) return this.leave(at);
        r.patterns.push(re);
        continue;
      }
      if (isOdd(v) || this.collated && hasText(v)) return this.leave(at);
      r.values.push(v);
    }
    return r;
  }

  // elemMatch reads a filter on documents in an array, or operators on elements.
  elemMatch(v, at) {
    if (v.t !== DOCUMENT) return undefined;
    const r = new QueryRule('$elemMatch', v);
    r.flag = isOperators(v) && !['$and', '$or', '$nor', '$jsonSchema', '$expr', '$where'].includes(fields(v)[0].name);
    r.rules = r.flag ? this.tests(v, at) : [this.query(v, at)];
    return r;
  }

  // every reads $all.
  every(v, at) {
    const r = new QueryRule('$all', v);
    if (v.t !== ARRAY) return this.leave(at);
    for (const f of fields(v)) {
      const here = below(at, f.name);
      if (!isOperators(f.v)) {
        r.rules.push(this.equality([f.v], f.v, here));
        continue;
      }
      const operand = field(f.v, '$elemMatch'), s = operand === undefined ? undefined : this.elemMatch(operand, below(here, '$elemMatch'));
      if (s === undefined) return this.leave(at);
      r.rules.push(s);
    }
    return r;
  }
}

const LARGEST_MOD = 1n << 53n;

// isOperators: a document whose first field is an operator.
function isOperators(v) {
  if (v.t !== DOCUMENT) return false;
  const [first] = fields(v);
  return first !== undefined && first.name.startsWith('$');
}

// typesOf gives those of an operand of $type: an alias or a number.
function typesOf(v) {
  if (v.t === STRING) return Object.hasOwn(BSON_TYPES, text(v)) ? BSON_TYPES[text(v)] : undefined;
  const n = wholeNumber(v);
  if (n === undefined || n !== -1n && n !== 127n && (n < 1n || n > 19n)) return undefined;
  return [n === -1n ? MIN_KEY : Number(n)];
}

// regexOf gives the pattern of $regex with $options; undefined when it is left to the server.
function regexOf(v, options) {
  if (options !== undefined && options.t !== STRING || v.t !== STRING && v.t !== REGEX) return undefined;
  if (v.t === STRING) return Pattern.compile(text(v), options === undefined ? '' : text(options));
  const end = v.b.indexOf(0, v.s), own = decode(v.b, end + 1, v.e - 1);
  if (own !== '' && options !== undefined) return undefined;
  return Pattern.compile(decode(v.b, v.s, end), options === undefined ? own : text(options));
}
