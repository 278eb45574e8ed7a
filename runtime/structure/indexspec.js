// Comparing index specifications as a server does, with defaults filled in. In: a
// wanted one and one that listIndexes gave; out: whether they are the same.

function indexName(spec) {
  const v = field(spec, 'name');
  return v !== undefined && v.t === STRING ? text(v) : '';
}

const ZERO = int32Value(0), ONE = int32Value(1);

function isIDIndex(spec) {
  const pattern = field(spec, 'key');
  if (pattern === undefined || pattern.t !== DOCUMENT) return false;
  const list = fields(pattern);
  return list.length === 1 && list[0].name === '_id' && same(list[0].v, ONE);
}

// indexOption gives an option as it counts: false is absent, a number of unique,
// sparse or hidden is false when it is 0, else true; a collation has no version, the
// simple collation is none.
function indexOption(spec, name) {
  const v = field(spec, name);
  if (v === undefined || isFalse(v)) return undefined;
  if (['unique', 'sparse', 'hidden'].includes(name) && isNumber(v)) return same(v, ZERO) ? undefined : TRUE;
  if (name !== 'collation' || v.t !== DOCUMENT) return v;
  const locale = field(v, 'locale');
  if (locale !== undefined && locale.t === STRING && text(locale) === 'simple') return undefined;
  return withoutFields(v, 'version');
}

// sameIndexKey: the server would take the two for one index.
function sameIndexKey(a, b) {
  return same(listedKey(a), listedKey(b)) && sameOption(a, b, 'collation') && sameOption(a, b, 'partialFilterExpression');
}

// differingOptions are the names of the options that differ, sorted.
function differingOptions(a, b) {
  return INDEX_OPTIONS.filter(name => !sameOption(a, b, name));
}

function sameOption(a, b, name) {
  const v = listedOption(a, name), w = listedOption(b, name);
  if (name === '2dsphereIndexVersion' || name === 'textIndexVersion') return v === undefined || w === undefined || same(v, w); // the server's newest one where it is not given
  if (v === undefined || w === undefined) return v === w;
  return name === 'collation' ? sameCollation(v, w) : same(v, w);
}

// listedOption is an option with defaults filled in.
function listedOption(spec, name) {
  const v = indexOption(spec, name), pattern = fields(documentOption(spec, 'key'));
  const kind = word => pattern.some(f => stringOf(f.v) === word);
  if (name === 'weights' && kind('text')) return weightsOf(pattern, documentOption(spec, name));
  if (v !== undefined) return v;
  const defaults = fields(INDEX_DEFAULTS_OF).find(of => field(of.v, name) !== undefined && kind(of.name));
  return defaults && field(defaults.v, name);
}

const INDEX_DEFAULTS_OF = parseLine(INDEX_DEFAULTS), COLLATION_DEFAULT_OF = parseLine(COLLATION_DEFAULTS);

// weightsOf are the weights of a text index, by name: 1 for a field that has none.
function weightsOf(pattern, given) {
  const values = new Map();
  for (const f of pattern) if (stringOf(f.v) === 'text' && f.name !== '_fts') values.set(f.name, ONE);
  for (const f of fields(given)) values.set(f.name, f.v);
  return build([...values].map(([name, v]) => ({name, v})).sort((a, b) => compareNames(a.name, b.name)));
}

// listedKey is a key pattern as servers list it: the fields of a text index
// stand together, and their names are those of its weights.
function listedKey(spec) {
  const out = [];
  let found = false;
  for (const f of fields(documentOption(spec, 'key'))) {
    if (stringOf(f.v) !== 'text') {
      if (f.name !== '_ftsx') out.push(f);
    } else if (!found) {
      found = true;
      out.push({name: '_fts', v: stringValue('text')}, {name: '_ftsx', v: ONE});
    }
  }
  return build(out);
}

function sameCollation(a, b) {
  if (a.t !== DOCUMENT || b.t !== DOCUMENT) return same(a, b);
  return COLLATION_FIELDS.every(name => {
    const fallback = field(COLLATION_DEFAULT_OF, name), v = field(a, name) || fallback, w = field(b, name) || fallback;
    return v === undefined || w === undefined || same(v, w);
  });
}
