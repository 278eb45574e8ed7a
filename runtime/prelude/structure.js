// Collections and indexes. In: what listCollections and listIndexes gave, and
// the wanted indexes; out: index items, and whether the collection is of
// another kind. The rules are docs/enforcement.md, Structure; the twin is
// runtime/enforce/structure.go.

function isFalse(v) {
  return v.t === BOOL && v.b[v.s] === 0;
}

// hasOption: an option is there and not false.
function hasOption(options, name) {
  const v = field(options, name);
  return v !== undefined && !isFalse(v);
}

// otherKind names the kind of an existing collection that the wanted options do
// not describe; empty when it fits.
function otherKind(info, wanted) {
  const has = hasOption, view = has(wanted, 'viewOn');
  if (info.type === 'view') return view ? '' : 'view';
  if (view) return 'collection';
  if ((info.type === 'timeseries' || has(info.options, 'timeseries')) && !has(wanted, 'timeseries')) return 'time series collection';
  if (has(info.options, 'capped') && !has(wanted, 'capped')) return 'capped collection';
  return '';
}

// INDEX_OPTIONS are the options that matter, sorted.
const INDEX_OPTIONS = [
  '2dsphereIndexVersion', 'bits', 'bucketSize', 'collation', 'default_language', 'expireAfterSeconds', 'hidden', 'max', 'min',
  'partialFilterExpression', 'sparse', 'unique', 'weights', 'wildcardProjection',
];

// compareIndexes finds what to create: all of wanted when the collection is missing.
function compareIndexes(wanted, existing, missing) {
  const items = [], create = [];
  for (const w of wanted) {
    if (isIDIndex(w)) continue;
    const name = indexName(w), twin = existing.find(e => sameIndexKey(w, e));
    const differs = reason => items.push({action: 'differs', name, spec: w, reason});
    if (twin !== undefined) {
      const names = INDEX_OPTIONS.filter(option => !sameOption(w, twin, option));
      if (names.length > 0) differs(fill(REASON_OPTIONS, {options: names.join(', ')}));
    } else if (existing.some(e => indexName(e) === name)) differs(REASON_NAME);
    else if (indexOption(w, 'expireAfterSeconds') !== undefined && !missing) differs(REASON_TTL);
    else {
      items.push({action: 'create', name, spec: w, reason: ''});
      create.push(w);
    }
  }
  return {items, create};
}

function indexName(spec) {
  const v = field(spec, 'name');
  return v !== undefined && v.t === STRING ? text(v) : '';
}

const ONE = int32Value(1);

function isIDIndex(spec) {
  const pattern = field(spec, 'key');
  if (pattern === undefined || pattern.t !== DOCUMENT) return false;
  const list = fields(pattern);
  return list.length === 1 && list[0].name === '_id' && same(list[0].v, ONE);
}

// sameIndexKey: the server would take the two for one index.
function sameIndexKey(a, b) {
  return same(field(a, 'key'), field(b, 'key')) && sameOption(a, b, 'collation') && sameOption(a, b, 'partialFilterExpression');
}

function sameOption(a, b, name) {
  const v = indexOption(a, name), w = indexOption(b, name);
  return v === undefined || w === undefined ? v === w : same(v, w);
}

// indexOption gives an option as it counts: false is absent, a collation has no
// version, the simple collation is none.
function indexOption(spec, name) {
  const v = field(spec, name);
  if (v === undefined || isFalse(v)) return undefined;
  if (name !== 'collation' || v.t !== DOCUMENT) return v;
  const locale = field(v, 'locale');
  if (locale !== undefined && locale.t === STRING && text(locale) === 'simple') return undefined;
  return build(fields(v).filter(f => f.name !== 'version'));
}

function hasCollation(options) {
  return indexOption(options, 'collation') !== undefined;
}
