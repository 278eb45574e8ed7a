// From a difference to an operation. In: L and what differs; out: an operation with
// its guard, the final value, and the changes for the report. The rules are
// docs/enforcement.md, Writes of one document.
//
// An operation is {action, document, set, unset, guard}: action is insert, update,
// replace or delete; guard is {id, present, absent, whole}.

// addressable: queries and updates can name the field.
// MongoDB manual: core/dot-dollar-considerations.
function addressable(name) {
  return name !== '' && name[0] !== '$' && !name.includes('.');
}

// changed gives d with the changes made: fields keep their places, new ones are
// appended in the order of set. A path of set whose parent is missing or no
// document gets one; a path of unset that finds nothing does nothing.
function changed(d, set, unset, depth) {
  const more = [], done = new Set(), last = depth + 1;
  const kept = edit(d === undefined ? EMPTY : d, (name, v) => {
    if (unset.some(p => p.length === last && p[depth] === name)) return undefined;
    const mine = set.filter(s => !done.has(s) && s.path[depth] === name);
    const whole = mine.find(s => s.path.length === last);
    mine.forEach(s => done.add(s));
    if (whole !== undefined) return whole.v;
    const gone = unset.filter(p => p.length > last && p[depth] === name);
    if (mine.length === 0 && (gone.length === 0 || v.t !== DOCUMENT)) return v;
    return v.t === DOCUMENT ? changed(v, mine, gone, last) : changed(undefined, mine, [], last);
  });
  for (const s of set) {
    if (done.has(s)) continue;
    const name = s.path[depth];
    if (s.path.length === last) {
      more.push({name, v: s.v});
      continue;
    }
    const mine = set.filter(o => !done.has(o) && o.path.length > last && o.path[depth] === name);
    mine.forEach(o => done.add(o));
    more.push({name, v: changed(undefined, mine, [], last)});
  }
  return joinedFields(kept, more);
}

// updated gives d as a server updates it: new fields stand in the order in which it
// makes them.
function updated(d, set, unset) {
  return changed(d, inTurn(set), unset, 0);
}

// inTurn gives fields in the order in which MongoDB makes them whatever the order in
// which it gets them: by name, names that are numbers by their value (MongoDB manual:
// reference/operator/update, Behavior). Other servers make them in the order given; so
// they are sent like this.
function inTurn(set) {
  const order = (x, y) => {
    for (let i = 0; i < x.path.length && i < y.path.length; i++) {
      const n = inUpdateOrder(x.path[i], y.path[i]);
      if (n !== 0) return n;
    }
    return x.path.length - y.path.length;
  };
  return [...set].sort(order);
}

// inUpdateOrder has names by their bytes; a number stands where 0 would, and among
// numbers by its value.
function inUpdateOrder(a, b) {
  if (a === b) return 0;
  const number = /^(0|[1-9][0-9]*)$/, x = number.test(a), y = number.test(b);
  if (x && y && a.length !== b.length) return a.length - b.length;
  return compareNames(x && !y ? '0' : a, y && !x ? '0' : b);
}

// replaceable: a server takes the document for a replacement as it is: no name at its
// top begins with `$` (MongoDB manual: core/dot-dollar-considerations/dollar-prefix,
// Document Replacing Updates), and it has no empty timestamp there, which a server sets
// (reference/bson-types, Timestamps).
function replaceable(d) {
  return fields(d).every(f => f.name[0] !== '$' && (f.name === '_id' || f.v.t !== TIMESTAMP || f.v.b.subarray(f.v.s, f.v.e).some(b => b !== 0)));
}

// idOf gives the `_id` of the document that a write is about.
function idOf(w) {
  return field(w.after === undefined ? w.before : w.after, '_id');
}

// sizeOf is about how many bytes the operation takes on the wire, guard included.
function sizeOf(op) {
  const size = v => v === undefined ? 0 : v.e - v.s;
  const path = p => p.reduce((n, name) => n + host.encode(name).length + 1, 2);
  let n = 64 + size(op.document);
  for (const f of op.set) n += size(f.v) + path(f.path);
  for (const p of op.unset) n += path(p);
  if (op.guard === undefined) return n;
  n += size(op.guard.id) + size(op.guard.whole);
  for (const f of op.guard.present) n += size(f.v) + path(f.path) + 40;
  for (const p of op.guard.absent) n += path(p) + 20;
  return n;
}

// insertion makes the insert of a document that the destination lacks.
function insertion(state, c, i) {
  const d = c.documents[i].d, {id, made} = insertedID(state, c, d);
  const after = id.b === d.b && id.s === d.s + 9 ? d : build([{name: '_id', v: id}].concat(fieldsOf(d, true))); // it stands first already
  return {op: {action: 'insert', document: after, set: [], unset: []}, wanted: i, before: undefined, after, made, places: c.documents[i].places};
}

// insertedID is the `_id` that an insert of the document has: its own, or made.
function insertedID(state, c, d) {
  const own = field(d, '_id');
  return own === undefined ? {id: madeID(state, c, d), made: true} : {id: own, made: false};
}

// madeID is the `_id` of a document that has none: the same on every retry and in both engines.
function madeID(state, c, d) {
  const w = new Writer(128);
  for (const s of [state.weave, state.environment, c.database, c.name]) w.cstring(s);
  const identity = identityDocument(c.identity, d);
  w.raw(identity.b, identity.s, identity.e);
  const b = host.sha256(w.b.slice(0, w.n));
  return {t: OBJECT_ID, b, s: 0, e: 12};
}

// identityDocument is {path text: value, …} of the identity.
function identityDocument(paths, d) {
  const list = [];
  for (const p of paths) {
    const v = get(d, p);
    if (v !== undefined) list.push({name: pathText(p), v});
  }
  return build(list);
}

// updating makes the update that takes away a difference.
function updating(live, i, diff) {
  const after = changed(live, diff.set, diff.unset, 0), id = field(live, '_id');
  const targets = new Map(); // what is written, as far as it can be addressed
  let whole = false;
  for (const p of diff.set.map(f => f.path).concat(diff.unset)) {
    let n = 0;
    while (n < p.length && addressable(p[n])) n++;
    if (n === 0) whole = true;
    else if (!targets.has(pathKey(p.slice(0, n)))) targets.set(pathKey(p.slice(0, n)), p.slice(0, n));
  }
  if (whole) {
    const guard = {id, present: [], absent: [], whole: live};
    return {op: {action: 'replace', document: after, set: [], unset: [], guard}, wanted: i, before: live, after, made: false};
  }
  const op = {action: 'update', document: undefined, set: [], unset: [], guard: {id, present: [], absent: [], whole: undefined}};
  const list = [...targets.values()];
  for (const p of list) {
    if (list.some(q => q.length < p.length && startsWith(p, q))) continue;
    const v = get(after, p), old = get(live, p);
    if (v !== undefined) op.set.push({path: p, v});
    else op.unset.push(p);
    if (old !== undefined) op.guard.present.push({path: p, v: old});
    else op.guard.absent.push(p);
  }
  return {op, wanted: i, before: live, after, made: false};
}

// deletion makes the delete of a document, guarded by all it has.
function deletion(live) {
  const guard = {id: field(live, '_id'), present: [], absent: [], whole: undefined};
  const list = fieldsOf(live, true);
  if (doubled(list) !== undefined || list.some(f => !addressable(f.name))) guard.whole = live;
  else guard.present = list.map(f => ({path: [f.name], v: f.v}));
  return {op: {action: 'delete', document: undefined, set: [], unset: [], guard}, wanted: -1, before: live, after: undefined, made: false};
}

// transacted is the operation of a write as a transaction carries it out: on the
// condition that the document is as it was read, and to what an update would make of it.
function transacted(w) {
  const {op} = w;
  if (op.action === 'insert') return op;
  const guard = {id: op.guard.id, present: [], absent: [], whole: w.before};
  if (op.action !== 'update') return {...op, guard};
  return {action: 'replace', document: updated(w.before, op.set, op.unset), set: [], unset: [], guard};
}

// leafChanges lists the leaves in which two documents differ.
function leafChanges(before, after) {
  const none = new Mask([], [], true);
  return new Spotting(none, none).find(before, after).map(s => ({path: s.at, before: s.before, after: s.after}));
}

// guardHolds: the document is still as the guard says, by the same comparison
// that a server makes of the guard as a filter (numbers across types).
function guardHolds(guard, d) {
  if (!same(field(d, '_id'), guard.id)) return false;
  if (guard.whole !== undefined) return identical(guard.whole, d);
  return (guard.key || []).concat(guard.present).every(f => {
    const v = get(d, f.path);
    return v !== undefined && same(v, f.v);
  }) && guard.absent.every(p => get(d, p) === undefined);
}

// The statements of the update and delete commands, as documents of bytes:
// everything that is sent goes through drive.

const NOTHING = stringValue(''); // the value in $unset does not count

function doc(...pairs) {
  const list = [];
  for (let i = 0; i < pairs.length; i += 2) list.push({name: pairs[i], v: pairs[i + 1]});
  return build(list);
}

function array(values) {
  return {...build(values.map((v, i) => ({name: String(i), v}))), t: ARRAY};
}

const NO_ARRAY = doc('$type', stringValue('array'));

// guardFilter is the filter of a guard.
function guardFilter(guard) {
  const list = [{name: '_id', v: doc('$eq', guard.id)}];
  for (const f of guard.key || []) list.push({name: f.path.join('.'), v: doc('$eq', f.v)}); // never an array
  if (guard.whole !== undefined) {
    const literal = doc('$literal', guard.whole);
    list.push({name: '$expr', v: doc('$eq', array([stringValue('$$ROOT'), literal]))});
    return build(list);
  }
  for (const f of guard.present) list.push({name: f.path.join('.'), v: present(f.v)});
  for (const p of guard.absent) list.push({name: p.join('.'), v: doc('$exists', FALSE)});
  return build(list);
}

function present(v) {
  if (v.t === ARRAY) return doc('$eq', v);
  if (v.t === NULL || v.t === UNDEFINED) return doc('$type', int32Value(v.t), '$not', NO_ARRAY);
  return doc('$eq', v, '$not', NO_ARRAY);
}

// statement is an element of `documents`, `updates` or `deletes`.
function statement(op) {
  switch (op.action) {
    case 'insert': return op.document;
    case 'delete': return doc('q', guardFilter(op.guard), 'limit', int32Value(1));
    case 'replace': {
      // Of a pipeline the `_id` stays: one that the literal has as well is there twice
      // then on DocumentDB (seen with 0.107).
      const u = replaceable(op.document) ? op.document : array([doc('$replaceWith', doc('$literal', withoutFields(op.document, '_id')))]);
      return doc('q', guardFilter(op.guard), 'u', u, 'multi', FALSE);
    }
  }
  const u = [];
  if (op.set.length > 0) u.push({name: '$set', v: build(inTurn(op.set).map(f => ({name: f.path.join('.'), v: f.v})))});
  if (op.unset.length > 0) u.push({name: '$unset', v: build(op.unset.map(p => ({name: p.join('.'), v: NOTHING})))});
  return doc('q', guardFilter(op.guard), 'u', build(u), 'multi', FALSE);
}
