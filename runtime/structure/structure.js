// The kind of a collection, and what it takes of a server. In: what listCollections
// gave, the wanted options and indexes; out: whether the collection is of another
// kind, and what an old server lacks. The rules are docs/enforcement.md, Structure.
// indexes.js and options.js compare, alter.js writes.

const TRUE = scalar(BOOL, w => w.byte(1)), FALSE = scalar(BOOL, w => w.byte(0));

function isFalse(v) {
  return v.t === BOOL && v.b[v.s] === 0;
}

// hasOption: the option is there and not false.
function hasOption(options, name) {
  return indexOption(options, name) !== undefined;
}

// documentOption is an option that is a document; empty when there is none.
function documentOption(d, name) {
  const v = field(d, name);
  return v !== undefined && v.t === DOCUMENT ? v : EMPTY;
}

// otherKind names the kind of an existing collection that the wanted options do
// not describe; empty when it fits.
function otherKind(info, wanted) {
  const view = hasOption(wanted, 'viewOn'), series = hasOption(wanted, 'timeseries');
  const isSeries = info.type === 'timeseries' || hasOption(info.options, 'timeseries');
  if (info.type === 'view') return view ? '' : 'view';
  if (isSeries && !series) return 'time series collection';
  if (hasOption(info.options, 'capped') && !hasOption(wanted, 'capped')) return 'capped collection';
  return view || series && !isSeries ? 'collection' : '';
}

// serverHas: 0 is a destination that has all.
function serverHas(feature, wire) {
  return wire === 0 || wire >= feature.wire;
}

// lacking are the features that creating a collection or indexes needs and the
// server has not. options are empty when the collection exists.
function lacking(options, indexes, wire) {
  const out = [];
  const need = (feature, is) => {
    if (is && !serverHas(feature, wire) && !out.includes(feature)) out.push(feature);
  };
  need(TIME_SERIES, hasOption(options, 'timeseries'));
  need(SPANS_OF_BUCKETS, hasOption(documentOption(options, 'timeseries'), 'bucketRoundingSeconds'));
  need(CLUSTERED, hasOption(options, 'clusteredIndex'));
  need(PRE_IMAGES, hasOption(documentOption(options, 'changeStreamPreAndPostImages'), 'enabled'));
  for (const spec of indexes) {
    need(HIDDEN_INDEXES, hasOption(spec, 'hidden'));
    const names = fields(documentOption(spec, 'key')).map(f => f.name);
    need(COMPOUND_WILDCARD, names.length > 1 && names.includes('$**'));
  }
  return out;
}

function hasCollation(options) {
  return hasOption(options, 'collation');
}
