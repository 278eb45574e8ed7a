// Options of an existing collection. In: those that listCollections gave and the
// wanted ones with the names of those that are enforced; out: what collMod changes,
// and what it cannot. The rules are docs/enforcement.md, Structure.

// compareOptions compares the enforced options, by name.
function compareOptions(info, wanted, enforced, wire) {
  const p = {items: [], commands: [], before: EMPTY, after: EMPTY, lacking: [], fixed: []};
  const sent = [], before = [], after = [];
  let viewed = false;
  for (const name of enforced) {
    const item = {name, before: field(info.options, name), after: field(wanted, name), changes: []};
    if (sameCollectionOption(name, item.before, item.after)) continue;
    item.changes = optionChanges(name, item.before, item.after);
    const {send, needs} = optionCommand(item, info, wanted);
    if (send === undefined) {
      p.fixed.push(item);
      continue;
    }
    if (needs !== undefined && !serverHas(needs, wire)) {
      p.lacking.push(needs);
      continue;
    }
    p.items.push(item);
    if (item.before !== undefined) before.push({name, v: item.before});
    if (item.after !== undefined) after.push({name, v: item.after});
    if (info.type === 'view') { // both go together
      viewed = true;
      continue;
    }
    for (const step of send.slice(0, -1)) p.commands.push(build([step])); // a step on the way
    sent.push(send[send.length - 1]);
  }
  if (viewed) sent.push({name: 'viewOn', v: field(wanted, 'viewOn')}, {name: 'pipeline', v: field(wanted, 'pipeline') || array([])});
  if (sent.length > 0) p.commands.push(build(sent));
  p.before = build(before);
  p.after = build(after);
  return p;
}

// optionChanges are the changes of an option, field by field; undefined is a missing
// one. What is the same in another order is none.
function optionChanges(name, before, after) {
  return valueChanges([name], before, after, {}).filter(c => !inAnyOrder(c));
}

const OPTION_DEFAULT_OF = parseLine(OPTION_DEFAULTS);

// filledOption is an option with its default when it is missing.
function filledOption(name, v) {
  return v === undefined ? field(OPTION_DEFAULT_OF, name) : v;
}

// sameCollectionOption compares an option with defaults filled in.
function sameCollectionOption(name, a, b) {
  const before = filledOption(name, a), after = filledOption(name, b), missing = v => v === undefined || isFalse(v);
  switch (name) {
    case 'collation': {
      const x = before && indexOption(doc(name, before), name), y = after && indexOption(doc(name, after), name);
      return x === undefined || y === undefined ? x === y : sameCollation(x, y);
    }
    case 'size': return cappedSize(before) === cappedSize(after);
    case 'max': return cappedMax(before) === cappedMax(after);
    case 'timeseries': return sameSeries(before, after);
    case 'validator':
      if (before !== undefined && after !== undefined && optionChanges(name, before, after).length === 0) return true;
      break;
    case 'clusteredIndex': return missing(before) === missing(after);
    case 'capped': case 'autoIndexId':
      if (missing(before) && missing(after)) return true;
  }
  return before === undefined || after === undefined ? before === after : same(before, after);
}

// integerOf is a whole number; undefined when it is none.
function integerOf(v) {
  if (v === undefined) return undefined;
  if (v.t === INT32) return int32(v.b, v.s);
  if (v.t === INT64) return Number(int64(v.b, v.s));
  return v.t === DOUBLE ? Math.trunc(double(v.b, v.s)) : undefined;
}

// cappedSize is a size as servers keep it: at least 4096, in steps of 256.
function cappedSize(v) {
  return Math.max(4096, Math.trunc(((integerOf(v) || 0) + 255) / 256) * 256);
}

// cappedMax is a number of documents, 0 for any number.
function cappedMax(v) {
  const n = integerOf(v) || 0;
  return n < 0 || n >= 2147483647 ? 0 : n;
}

// bucketSpan is how many seconds a bucket of a time series collection spans, and
// how its start is rounded; 0: as the granularity has it.
function bucketSpan(series) {
  const granularity = stringOf(field(series, 'granularity')) || 'seconds', span = integerOf(field(series, 'bucketMaxSpanSeconds'));
  return {
    seconds: span !== undefined ? span : Object.hasOwn(BUCKET_SPANS, granularity) ? BUCKET_SPANS[granularity] : 0,
    rounding: integerOf(field(series, 'bucketRoundingSeconds')) || 0,
  };
}

function sameSeries(a, b) {
  const isA = a !== undefined && a.t === DOCUMENT, isB = b !== undefined && b.t === DOCUMENT;
  if (!isA || !isB) return isA === isB;
  const x = bucketSpan(a), y = bucketSpan(b);
  return sameSeriesFields(a, b) && x.seconds === y.seconds && (x.rounding === 0 || y.rounding === 0 || x.rounding === y.rounding);
}

// sameSeriesFields compares what can never be changed.
function sameSeriesFields(a, b) {
  return ['timeField', 'metaField'].every(name => {
    const v = field(a, name), w = field(b, name);
    return v === undefined || w === undefined ? v === w : same(v, w);
  });
}

// optionCommand is what is sent to make an option what is wanted, with what a
// server needs for it; send is undefined when an existing collection cannot be changed.
function optionCommand({name, after}, info, wanted) {
  const {of, sent, needs} = OPTION_CHANGES[name] || {}, v = filledOption(name, after), {type, options} = info;
  const can = {
    collection: () => type !== 'view',
    view: () => type === 'view' && hasOption(wanted, 'viewOn'),
    expiring: () => type === 'timeseries' || hasOption(options, 'timeseries') || hasOption(options, 'clusteredIndex'),
    capped: () => hasOption(options, 'capped') && hasOption(wanted, 'capped') && v !== undefined,
  };
  if (of === 'buckets') return regrain(documentOption(options, name), documentOption(wanted, name));
  return of !== undefined && can[of]() ? {send: [{name: sent || name, v}], needs} : {};
}

// regrain changes the span of buckets, which can only grow, a granularity at a time.
function regrain(before, after) {
  const was = bucketSpan(before).seconds, is = bucketSpan(after).seconds;
  if (!sameSeriesFields(before, after) || is < was) return {};
  const change = list => ({name: 'timeseries', v: build(list)}), pick = names => fields(after).filter(f => names.includes(f.name));
  if (field(after, 'granularity') === undefined) {
    return {send: [change(['bucketMaxSpanSeconds', 'bucketRoundingSeconds'].flatMap(n => pick([n])))], needs: SPANS_OF_BUCKETS};
  }
  const send = [change(pick(['granularity']))];
  if (was === BUCKET_SPANS.seconds && is === BUCKET_SPANS.hours) send.unshift(change([{name: 'granularity', v: stringValue('minutes')}]));
  return {send};
}
