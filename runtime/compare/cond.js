// Conditions of `prune where`, by the language's rules: no array is entered in
// secret, missing and null are apart, numbers are compared across types.
// A condition is {op, path, values, word, args} (runtime/desired, Cond).

function holds(cond, d) {
  switch (cond.op) {
    case 'and': return cond.args.every(c => holds(c, d));
    case 'or': return cond.args.some(c => holds(c, d));
    case 'not': return !holds(cond.args[0], d);
  }
  const v = get(d, cond.path), first = cond.values[0];
  switch (cond.op) {
    case '==': return v !== undefined && same(v, first);
    case '!=': return v === undefined || !same(v, first);
    case 'in': return v !== undefined && cond.values.some(w => same(v, w));
    case 'not in': return v === undefined || !cond.values.some(w => same(v, w));
    case '<': return ordered(v, first, c => c < 0);
    case '<=': return ordered(v, first, c => c <= 0);
    case '>': return ordered(v, first, c => c > 0);
    case '>=': return ordered(v, first, c => c >= 0);
    case 'between': return ordered(v, first, c => c >= 0) && ordered(v, cond.values[1], c => c <= 0);
    case 'is': return is(v, cond.word);
    case 'is not': return !is(v, cond.word);
    case 'contains': return v !== undefined && v.t === ARRAY && fields(v).some(f => same(f.v, first));
    case 'startsWith': return affix(v, first, () => 0);
    case 'endsWith': return affix(v, first, (n, m) => n - m);
  }
  throw new Error('unknown condition ' + cond.op);
}

function ordered(v, w, test) {
  const c = v === undefined ? undefined : compareFamily(v, w);
  return c !== undefined && test(c);
}

function is(v, word) {
  if (word === 'missing') return v === undefined;
  if (v === undefined) return false;
  if (word === 'present') return true;
  if (word === 'number') return isNumber(v);
  const name = typeName(v);
  return name === word || word === 'binary' && name === 'uuid';
}

// affix compares the bytes of a string, of length n, with those of another, of
// length m, from an index on.
function affix(v, w, from) {
  if (v === undefined || v.t !== STRING) return false;
  const n = v.e - v.s - 5, m = w.e - w.s - 5, at = v.s + 4 + from(n, m);
  return m <= n && sameBytes(v.b, at, at + m, w.b, w.s + 4, w.e - 1);
}
