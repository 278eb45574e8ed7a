// What undo does with one document, index or set of options. In: the journal's
// items of it and what the destination has now; out: a guarded operation, and what
// is left with the reason. The rules are docs/state.md, undo.

// reverse goes through the items of a document, {database, action, owned, item}, from the
// last one back, on live, which is undefined when the destination has no such
// document. It gives {id, items, op, alone, before, after, reason, mask, hidden, hidesAll, hidesID,
// key, identity, links}; identity is undefined when it is known by its `_id` alone; op is undefined when nothing is written, and can only be done in a
// transaction when alone says why else not; reason is empty when nothing is left;
// unsent: what is left, or goes alone, is what mongosh cannot send.
function reverse(id, items, live) {
  const u = new Undoing(id, live);
  for (const p of items.slice().reverse()) u.undo(p);
  if (u.left.length > 0) u.to.reason = fill(LEFT_CHANGED, {paths: pathTexts(u.left)});
  [u.to.after, u.to.items] = [u.now, items];
  u.operation(live);
  return u.to;
}

// pathTexts joins the first ten paths for a message.
function pathTexts(paths) {
  return paths.slice(0, 10).map(pathText).concat(paths.length > 10 ? ['…'] : []).join(', ');
}

// Undoing is a document on its way back.
class Undoing {
  constructor(id, live) {
    this.to = {id, op: undefined, before: live, after: live, alone: '', unsent: false, reason: '', mask: new Mask([], [], false), hidden: [], hidesAll: false, hidesID: false, key: undefined,
      identity: undefined, links: [], postponed: false};
    this.now = live; // undefined: missing
    this.handled = []; // paths, by this or a later item
    this.whole = false; // a whole document was put back
    this.changed = []; // fields that were put back
    this.left = [];
  }

  // describe takes in what an item says of its document: how it is named, and what is hidden.
  describe({database, item}) {
    this.to.key = binaryOf(field(item, 'key'));
    this.to.identity = this.to.identity || field(item, 'identity');
    this.to.links.push(...linksOf(item, database));
    if (isTrue(field(item, 'secretId'))) this.to.hidesID = true;
    if (isTrue(field(item, 'secret'))) this.to.hidesAll = true;
    addMask(item, this.to.mask);
  }

  undo({database, action, owned, item}) {
    const same = (a, b) => a === undefined || b === undefined ? a === b : identical(a, b);
    this.describe({database, item});
    const before = field(item, 'before'), after = field(item, 'after');
    if (action === 'insert') {
      if (this.now === undefined) return;
      const digest = binaryOf(field(item, 'digest')), now = ownedDigest(owned, this.now);
      if (sameBytes(digest, 0, digest.length, now, 0, now.length)) this.put(undefined);
      else this.leave(LEFT_DOCUMENT);
    } else if (action === 'delete') {
      if (this.now === undefined) this.put(before);
      else if (!same(this.now, before)) this.leave(LEFT_TAKEN);
    } else if (action === 'replace') {
      if (same(this.now, before)) return; // restored already, or never written
      if (same(this.now, after)) this.put(before);
      else if (this.now === undefined) this.leave(LEFT_GONE);
      else if (this.handled.length === 0) this.leave(LEFT_DOCUMENT);
    } else if (this.now === undefined) this.leave(LEFT_GONE);
    else this.update(item);
  }

  // put makes it another document as a whole.
  put(d) {
    this.now = d;
    this.whole = true;
    this.handled.push([]);
  }

  leave(reason) {
    if (this.to.reason === '') this.to.reason = reason;
  }

  update(item) {
    const set = [], unset = [], restored = [], gone = [];
    const same = (a, b) => a === undefined || b === undefined ? a === b : identical(a, b);
    for (const {v: f} of fields(field(item, 'fields'))) {
      const path = texts(field(f, 'path')), before = field(f, 'before'), after = field(f, 'after'), place = field(f, 'place');
      if (isTrue(field(f, 'secret'))) this.to.hidden.push(path);
      const now = get(this.now, path);
      if (same(now, before)) restored.push(path); // restored already, or never written
      else if (same(now, after) && (now !== undefined || this.hasParent(path))) {
        restored.push(path);
        this.changed.push(path);
        if (before === undefined) unset.push(path);
        else if (place !== undefined) gone.push({path, place: int32(place.b, place.s), before});
        else set.push({path, v: before});
      } else if (field(f, 'by') !== undefined && now !== undefined && now.t === ARRAY && after !== undefined && after.t === ARRAY) {
        const back = elementsBack(texts(field(f, 'by')), before, after, now);
        if (back.put) {
          set.push({path, v: back.list});
          this.changed.push(path);
        }
        if (back.left && !related(this.handled, path)) this.left.push(path);
        restored.push(path);
      } else if (!related(this.handled, path)) this.left.push(path);
    }
    this.now = changed(this.now, set, unset, 0);
    gone.sort((a, b) => a.place - b.place);
    for (const g of gone) this.now = inserted(this.now, g.path, g.place, g.before);
    this.handled.push(...restored);
  }

  // hasParent: a field of this path can be set without making or replacing what it lies in.
  hasParent(path) {
    const v = get(this.now, path.slice(0, -1));
    return v !== undefined && v.t === DOCUMENT;
  }

  // operation finds the one that makes now of live: none when there is nothing
  // to do, or when it cannot be done.
  operation(live) {
    if (live === this.now || live !== undefined && this.now !== undefined && identical(live, this.now)) return;
    let w;
    if (live === undefined) w = {op: {action: 'insert', document: this.now, set: [], unset: [], guard: undefined}};
    else if (this.now === undefined) w = deletion(live);
    else w = this.writeBack(live);
    const {op} = w, bad = unsendableOp(op), guard = op.guard === undefined ? undefined : unsendableGuard(op.guard);
    if (bad !== undefined) {
      [this.to.reason, this.to.after, this.to.unsent] = [cannotSend(bad), live, true];
      return;
    }
    if (op.action !== 'insert' && sizeOf(op) > OPERATION_BYTES) this.to.alone = LEFT_TOO_LARGE;
    else if (guard !== undefined) [this.to.alone, this.to.unsent] = [cannotSend(guard), true];
    this.to.op = op;
  }

  // writeBack is an update of the fields that were put back. An update appends a
  // field that is not there: where that is not the place it had, the document is
  // written as a whole, guarded as a whole.
  writeBack(live) {
    const guard = {id: field(live, '_id'), present: [], absent: [], whole: live};
    const whole = {before: live, after: this.now, op: {action: 'replace', document: this.now, set: [], unset: [], guard}};
    if (this.whole) {
      this.changed = differingFields(live, this.now);
      if (this.changed === undefined) return whole;
    }
    let alike = false;
    const diff = {set: [], unset: []}, appended = new Map(), paths = this.changed.sort(comparePaths);
    paths.forEach((p, i) => {
      if (i > 0 && startsWith(p, paths[i - 1])) return;
      const v = get(this.now, p);
      if (v === undefined) {
        diff.unset.push(p);
        return;
      }
      const before = get(live, p);
      if (before === undefined) {
        const parent = pathKey(p.slice(0, -1));
        appended.set(parent, (appended.get(parent) || 0) + 1);
      } else if (noChange(before, v)) alike = true;
      diff.set.push({path: p, v});
    });
    const w = updating(live, -1, diff);
    // Two names that are appended at once come in an order of the server's, and a value
    // that is another one by its type alone is no change to some.
    const order = alike || [...appended.values()].some(n => n > 1) || !identical(w.after, this.now);
    const can = sizeOf(whole.op) <= OPERATION_BYTES && unsendable(live, '') === undefined && unsendable(this.now, '') === undefined;
    return order && can ? whole : w;
  }
}

// transactedBack is an operation of undo as a transaction carries it out.
function transactedBack({op, before, after}) {
  if (op.action === 'insert') return op;
  const guard = {id: op.guard.id, present: [], absent: [], whole: before};
  return op.action === 'update' ? {action: 'replace', document: after, set: [], unset: [], guard} : {...op, guard};
}

// differingFields are the top-level fields in which two documents differ;
// undefined when an update cannot name one of them.
function differingFields(a, b) {
  const as = fieldsOf(a, true), bs = fieldsOf(b, true);
  if (doubled(as) !== undefined || doubled(bs) !== undefined) return undefined;
  const other = (list, f, i) => {
    const n = indexOf(list, f.name, i);
    return n < 0 ? undefined : list[n];
  };
  const differing = as.filter((f, i) => other(bs, f, i) === undefined || !identical(f.v, other(bs, f, i).v))
    .concat(bs.filter((f, i) => other(as, f, i) === undefined)).map(f => f.name);
  return differing.every(addressable) ? differing.map(name => [name]) : undefined;
}

function cannotSend({path, why}) {
  return fill(LEFT_CANNOT_SEND, {path, type: why});
}

// unsendableOp says what mongosh cannot send of what an operation writes.
function unsendableOp(op) {
  if (op.document !== undefined) return unsendable(op.document, '');
  for (const f of op.set) {
    const bad = unsendable(f.v, pathText(f.path));
    if (bad !== undefined) return bad;
  }
  return undefined;
}

// inserted is d with a field at a place among its siblings; the parent is there.
function inserted(d, path, place, v) {
  const list = fields(d);
  if (path.length === 1) list.splice(place, 0, {name: path[0], v});
  else for (const f of list) if (f.name === path[0]) f.v = inserted(f.v, path.slice(1), place, v);
  return build(list);
}

// reverseIndex says what undo does with an index that a run created (no
// before), dropped (no after) or changed: [action, reason], with the action
// create, drop, change (drop and create), left for a reason, or '' for nothing.
function reverseIndex(before, after, existing) {
  const named = spec => existing.find(e => indexName(e) === indexName(spec));
  if (before === undefined) {
    const now = named(after);
    if (now === undefined) return ['', ''];
    return sameIndex(after, now) ? ['drop', ''] : ['left', LEFT_INDEX_CHANGED];
  }
  const now = named(before);
  if (now !== undefined && sameIndex(before, now)) return ['', ''];
  if (now !== undefined && after !== undefined && sameIndex(after, now)) return ['change', ''];
  if (after !== undefined && now === undefined) return ['left', LEFT_GONE];
  if (now !== undefined || existing.some(e => sameIndexKey(before, e))) return ['left', LEFT_INDEX_TAKEN];
  return ['create', ''];
}

function sameIndex(a, b) {
  return sameIndexKey(a, b) && INDEX_OPTIONS.every(option => sameOption(a, b, option));
}

// reverseOptions finds those of the options that a collMod changed which are
// still as it left them (names), and those that are not (left).
function reverseOptions(before, after, now) {
  const all = new Set(fields(before).concat(fields(after)).map(f => f.name)), out = {names: [], left: []};
  for (const name of all) {
    const v = field(now, name);
    if (sameCollectionOption(name, v, field(before, name))) continue;
    (sameCollectionOption(name, v, field(after, name)) ? out.names : out.left).push(name);
  }
  return out;
}
