// Which documents a partial index has entries for. In: a partialFilterExpression
// and a document; out: whether the document is in the index. The operators are
// those that the MongoDB manual allows there (core/index-partial).

// parsePartial reads a partialFilterExpression; undefined when something in it is
// left to the server, as in the twin. It gives {conds, text}: all conds have to
// hold, {any, filters} or {path, tests}; text: it compares with text, which a
// collation may equate with other text.
function parsePartial(filter) {
  const f = {conds: [], text: false};
  for (const {name, v} of fields(filter)) {
    const cond = name === '$and' || name === '$or' ? partialList(f, name === '$or', v)
      : name !== '' && name[0] !== '$' ? partialField(f, name.split('.'), v) : undefined;
    if (cond === undefined) return undefined;
    f.conds.push(cond);
  }
  return f;
}

function partialList(f, any, list) {
  if (list.t !== ARRAY) return undefined;
  const filters = fields(list).map(e => e.v.t === DOCUMENT ? parsePartial(e.v) : undefined);
  if (filters.includes(undefined)) return undefined;
  f.text = f.text || filters.some(x => x.text);
  return {any, filters, path: undefined, tests: []};
}

function partialField(f, path, v) {
  const operators = v.t === DOCUMENT && fields(v).some(e => e.name.startsWith('$'));
  const tests = operators ? fields(v).map(e => partialTest(f, path, e.name, e.v)) : [partialTest(f, path, '$eq', v)];
  return tests.includes(undefined) ? undefined : {any: false, filters: [], path, tests};
}

function partialTest(f, path, operator, operand) {
  const equal = v => {
    f.text = f.text || hasText(v);
    return v.t !== ARRAY && v.t !== REGEX && v.t !== UNDEFINED && (v.t !== NULL || path.length === 1);
  };
  switch (operator) {
    case '$eq':
      return equal(operand) ? {operator: '$in', values: [operand]} : undefined;
    case '$in': {
      if (operand.t !== ARRAY) return undefined;
      const values = fields(operand).map(e => e.v);
      return values.every(equal) ? {operator, values} : undefined;
    }
    case '$exists':
      return truthy(operand) ? {operator} : undefined;
    case '$gt': case '$gte': case '$lt': case '$lte':
      f.text = f.text || hasText(operand);
      return compareFamily(operand, operand) === undefined ? undefined : {operator, values: [operand]};
    case '$type': {
      const types = operand.t === STRING && Object.hasOwn(TYPE_NAMES, text(operand)) ? TYPE_NAMES[text(operand)] : undefined;
      return types === undefined ? undefined : {operator, types};
    }
  }
  return undefined;
}

// partialHolds reports whether a document is in the index; undefined holds for all.
function partialHolds(f, d) {
  return f === undefined || f.conds.every(c => {
    if (c.path === undefined) return c.any ? c.filters.some(x => partialHolds(x, d)) : c.filters.every(x => partialHolds(x, d));
    const values = indexValues(d, c.path);
    return c.tests.every(t => testHolds(t, values));
  });
}

// testHolds judges the values that a field has: one, or those of an array.
function testHolds(t, values) {
  switch (t.operator) {
    case '$exists': return values.length > 0;
    // null is met by a missing field too
    case '$in': return t.values.some(w => w.t === NULL && values.length === 0 || values.some(v => same(v, w)));
    case '$type': return values.some(v => t.types.includes(v.t));
  }
  const [operand] = t.values, orEqual = t.operator.length === 4, greater = t.operator[1] === 'g';
  return values.some(v => {
    const c = compareFamily(v, operand);
    if (c === undefined) return false;
    if (isNaNValue(v) || isNaNValue(operand)) return c === 0 && orEqual; // below no number for a query
    return c === 0 ? orEqual : greater ? c > 0 : c < 0;
  });
}

// partialPaths are the paths that a filter looks at.
function partialPaths(f) {
  return f === undefined ? [] : f.conds.flatMap(c => (c.path === undefined ? [] : [c.path]).concat(c.filters.flatMap(partialPaths)));
}

const NAN_VALUE = scalar(DOUBLE, w => w.double(NaN));
const ZERO_VALUE = int32Value(0);

function isNaNValue(v) {
  return same(v, NAN_VALUE);
}

// truthy is how the server reads a flag: true or a number other than 0.
function truthy(v) {
  if (v.t === BOOL) return v.b[v.s] !== 0;
  return [INT32, INT64, DOUBLE, DECIMAL].includes(v.t) && !same(v, ZERO_VALUE);
}

// hasText reports whether a value is or holds text, which a collation may equate
// with other text.
function hasText(v) {
  return v.t === STRING || v.t === SYMBOL || (v.t === DOCUMENT || v.t === ARRAY) && fields(v).some(f => hasText(f.v));
}
