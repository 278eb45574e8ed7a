// One look at a collection: what is to be done, in which order, what stands in the
// way, and the report of it. A generator: it yields what it wants to read
// (requests, see stores.js) and is given the answers. Everything that links concern
// is read first (enforce.js, lookAt), then links are resolved (links.js), then each
// collection is compared.

const MAX_KEYS = 1000; // keys of one path in a find
const MAX_TUPLES = 200; // keys of several paths, or rivals, in a find
const MAX_KEY_BYTES = 1 << 20; // keys of one find
const OPERATION_SIZE = 16 << 20;

class Look {
  constructor(run, at, info) {
    const c = run.state.collections[at];
    this.run = run;
    this.at = at; // the collection's position in the state
    this.c = c; // with the `_id`s that its links stand for in place, once they are resolved
    this.database = run.database(c);
    this.missing = info === undefined;
    this.conflicts = [];
    this.writes = []; // inserts and updates, in identity order
    this.stages = []; // of writes and deletes, by index
    this.shardKey = []; // paths, without `_id`
    this.asks = false; // it is a server, which knows what a collation equates
    this.transacts = false; // the server has transactions on this collection
    this.unknown = []; // desired documents of which only secrets that are not given may differ
    this.absent = []; // desired documents that `mode update` does not insert
    this.deletes = [];
    this.indexPlan = new IndexPlan();
    this.optionPlan = {items: [], commands: [], lacking: [], fixed: []};
    this.early = []; // names of unique indexes that go before the documents, as they are in the way of one
    this.bound = 0; // of prune, found by the first look
    this.validation = undefined; // the options in force when documents are written
    this.closed = true; // the documents were not read, as they cannot be compared
    this.byKey = new Map(); // key of the identity -> desired document
    this.twins = []; // destination documents with a desired one's identity
    this.others = []; // those that are nobody's twin
    this.indexes = []; // unique ones, to check
    this.links = undefined; // of desired documents; undefined: there are no links
    this.linking = undefined; // likewise: what names the documents that links stand for
    this.behind = undefined; // the identity by the key of an `_id`, once it was asked for
    this.live = []; // documents read, each once
    this.seen = undefined; // the keys of their `_id`s; undefined while every document is new
    this.all = this.missing; // every document of the collection was read
    this.counted = 0;
    this.simple = false; // the collection has a collation of its own
    this.report = {
      database: this.database, collection: c.name, origin: c.origin, mode: c.mode, missing: this.missing,
      counts: {desired: c.documents.length, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0},
      indexes: [], options: [], documents: [], done: undefined,
    };
  }

  differs() {
    return this.left() > 0;
  }

  left() {
    return this.writes.length + this.deletes.length + this.indexPlan.left() + this.optionPlan.items.length + (this.missing ? 1 : 0);
  }

  namespace() {
    return this.database + '.' + this.c.name;
  }

  // conflict adds one; about is the desired document's index, -1 for none.
  /** @param {ConflictText} text @param {number} about @param {string[][]} paths @param {Object} values */
  conflict(text, about, paths, values) {
    const conflict = {
      ...conflictOf(text, values), database: this.database, collection: this.c.name, identity: undefined, paths: paths.map(pathText), origin: this.c.origin,
    };
    if (about >= 0) {
      const d = this.c.documents[about];
      conflict.identity = identityDocument(this.c.identity, d.d);
      if (d.origin !== '') conflict.origin = d.origin;
    }
    if (text.code.startsWith('prune-')) conflict.origin = this.c.prune.origin;
    this.conflicts.push(conflict);
  }

  // causedBy makes the place of the last conflict that of a rule, where it is known.
  causedBy(rule) {
    const last = this.conflicts[this.conflicts.length - 1];
    last.origin = ruleOrigin(this.c, rule, last.origin);
  }

  identity(i) {
    return short(identityDocument(this.c.identity, this.c.documents[i].d));
  }

  // readAll reads the collection and matches its documents with the desired ones;
  // infos are those collections of its database that exist.
  * readAll(info, infos) {
    const c = this.c;
    if (this.run.control.ownSource(info)) {
      this.conflict(OWN_SOURCE, -1, [], {});
      return;
    }
    if (info !== undefined) {
      const kind = otherKind(info, c.options);
      if (kind !== '') {
        this.conflict(WRONG_KIND, -1, [], {kind});
        return;
      }
      this.optionPlan = compareOptions(info, c.options, c.setOptions, this.run.control.wire);
      this.report.options = this.optionPlan.items;
      fixedOptions(this);
    }
    if (c.prune !== undefined && c.documents.length === 0) {
      this.conflict(PRUNE_EMPTY, -1, [], {});
      return;
    }
    if (field(c.options, 'viewOn') !== undefined) { // a view has neither indexes nor documents
      this.viewed(infos);
      return;
    }
    this.closed = false;
    const existing = this.missing ? [] : yield* this.run.store.indexes(this.database, c.name);
    const options = this.missing ? c.options : info.options;
    this.asks = !this.missing && this.run.control.keeps; // a server knows what a collation equates
    this.transacts = !this.missing && this.run.transactions() && !hasOption(options, 'capped');
    this.indexPlan = compareIndexes(c, existing, this.missing, indexOption(options, 'collation'), this.run.control.wire);
    this.report.indexes = this.indexPlan.items;
    if (this.indexPlan.builds.length > 0) yield* measure(this);
    this.validation = validationInForce(c, options, this.missing);
    serverLacks(this, this.run.control.wire);
    this.indexes = this.uniqueIndexes(existing, options);
    const scan = this.indexes.some(ix => ix.build);
    const keys = c.documents.map(d => identityOf(c.identity, d.d));
    this.simple = !this.missing && hasCollation(options);
    // In mode structure documents matter only to a unique index that is to be created.
    if (!this.missing && (scan || c.mode !== 'structure')) yield* this.read(keys, scan);
    this.match(keys);
    yield* alike(this, keys, options);
  }

  // viewed looks for what a view reads, where the view is made or enforced.
  viewed(infos) {
    const {c, run, database} = this;
    if (!this.missing && !c.setOptions.includes('viewOn') && !c.setOptions.includes('pipeline')) return;
    const lacking = c.reads.filter(name => !infos.has(name) && !run.positions.has(collectionKey(c.database, name)));
    if (lacking.length === 0) return;
    this.conflict(VIEW_SOURCE_MISSING, -1, [], {collections: lacking.map(name => clean(database + '.' + name)).join(', ')});
  }

  // compareAll finds what is to be done in a collection that was read.
  * compareAll() {
    if (this.closed) return;
    this.compareEach();
    this.pruning();
    yield* this.takenIDs();
    yield* this.unique(this.indexes);
    for (const note of validateWrites(this)) {
      if (!this.run.report.notes.includes(note)) this.run.report.notes.push(note); // an earlier look may have said so
    }
    this.items();
    sortConflicts(this.conflicts);
  }

  // uniqueIndexes are the unique indexes to check: existing ones, then those to
  // be created. Those of a missing collection are there before its documents.
  // options are the collection's: an index that is made has its collation, where it
  // has none of its own (MongoDB manual: reference/collation).
  uniqueIndexes(existing, options) {
    const v = indexOption(options, 'collation');
    const made = spec => v === undefined || field(spec, 'collation') !== undefined ? spec : build(fields(spec).concat([{name: 'collation', v}]));
    return existing.map(spec => checkedUnique(spec, false))
      .concat(this.indexPlan.built().map(spec => checkedUnique(made(spec), !this.missing))).filter(ix => ix !== undefined)
      .map(ix => ({...ix, leaving: !ix.build && this.indexPlan.drops(ix.name)}));
  }

  // read reads what comparing needs: everything, or by key and by prune's scope.
  * read(keys, scan) {
    const c = this.c;
    this.counted = yield* this.run.store.count(this.database, c.name);
    if (scan || c.identity.some(p => !p.every(addressable)) || 2 * keys.length > this.counted ||
      c.prune !== undefined && c.prune.where === undefined) {
      this.all = true;
      yield* this.find(EMPTY);
      return;
    }
    yield* this.findKeys(c.identity, keys, MAX_KEYS);
    if (c.prune !== undefined) yield* this.find(c.prune.filter);
  }

  // find adds what a query gives.
  * find(filter) {
    this.add(yield* this.run.store.find(this.database, this.c.name, filter, this.simple));
  }

  // add adds those of some documents that were not read before.
  add(documents) {
    if (this.seen === undefined && this.live.length > 0) this.seen = new Set(this.live.map(d => key([field(d, '_id')])));
    for (const d of documents) {
      if (this.seen !== undefined) {
        const k = key([field(d, '_id')]);
        if (this.seen.has(k)) continue;
        this.seen.add(k);
      }
      this.live.push(d);
    }
  }

  // findKeys finds by keys, in batches of at most limit (MAX_TUPLES when there
  // are several paths or a regex).
  * findKeys(paths, keys, limit) {
    // What mongosh cannot send cannot be asked for: an update may have made a key of what the destination has.
    if (keys.some(k => k.some(v => v.t !== UNDEFINED && unsendable(v, '') !== undefined))) {
      this.all = true;
      yield* this.find(EMPTY);
      return;
    }
    for (const part of keyParts(paths, keys, limit)) yield* this.find(keysFilter(paths, part));
  }

  // match finds the twin of every desired document.
  match(keys) {
    this.byKey = new Map(keys.map((k, i) => [key(k), i]));
    this.twins = keys.map(() => []);
    for (const d of this.live) {
      const values = identityOf(this.c.identity, d), i = values === undefined ? undefined : this.byKey.get(key(values));
      if (i === undefined) this.others.push(d);
      else this.twins[i].push(d);
    }
  }

  // compareEach compares every desired document with its twin.
  compareEach() {
    this.twins.forEach((found, i) => {
      if (found.length > 1) {
        const ids = sortedByID(found).map(d => short(shownID(this.c, field(d, '_id'))));
        if (ids.length > 5) ids.splice(5, ids.length, '…');
        this.conflict(AMBIGUOUS_DESTINATION, i, [],
          {count: found.length, identity: this.identity(i), ids: ids.join(', ')});
      } else if (found.length === 0 && this.c.mode === 'update') {
        this.absent.push(i);
        this.report.counts.absent++;
      } else if (!linked(this, i, found.length === 1)) return;
      else if (found.length === 0) {
        this.writes.push(insertion(this.run.state, this.c, i));
        this.report.counts.insert++;
      } else this.compare(i, found[0]);
    });
  }

  compare(i, live) {
    const {policy, identityIsID} = this.c, {wanted, bare, unknown} = judged(policy, this.c.documents[i], live);
    const diff = difference(policy, wanted, live, identityIsID);
    if (diff.idChange) {
      this.conflict(same(field(live, '_id'), field(wanted, '_id')) ? ID_CHANGE : ID_COLLATION, i, [], {found: short(field(live, '_id')), wanted: short(field(wanted, '_id'))});
    }
    if (diff.onlyAt.length > 0) {
      const paths = diff.onlyAt.slice(0, 10).map(pathText).concat(diff.onlyAt.length > 10 ? ['…'] : []).join(', ');
      this.conflict(DESTINATION_ONLY_FIELDS, i, diff.onlyAt, {identity: this.identity(i), paths});
    }
    if (diff.blocked !== undefined) {
      const {path, want, inside} = diff.blocked;
      const places = [path, inside].map(p => placeText(live, p));
      this.conflict(PRESERVED_INSIDE, i, [], {
        path: places[0], identity: this.identity(i), inside: places[1],
        value: want === undefined ? VALUE_REMOVED : this.shown(i, true, path, want),
      });
      this.conflicts[this.conflicts.length - 1].paths = places;
      const by = this.c.preserve.find(p => startsWith(inside, p));
      if (by !== undefined) this.causedBy('preserve ' + pathText(by));
    }
    if (diff.twice !== undefined) {
      this.conflict(FIELD_TWICE, i, [diff.twice], {identity: this.identity(i), path: pathText(diff.twice)});
    }
    if (diff.refused()) return;
    if (!diff.reason && unknown.length > 0) {
      this.unknown.push({i, live, unknown});
      this.report.counts.unknown++;
      return;
    }
    if (!diff.reason) {
      this.report.counts.inSync++;
      return;
    }
    const w = updating(live, i, diff);
    w.unknown = unknown;
    w.secretOnly = !identical(bare, wanted) && !difference(policy, bare, live, identityIsID).reason;
    if (movesShard(this, w)) return;
    addShardKey(w.op.guard, this.shardKey, w.before);
    this.writes.push(w);
    this.report.counts.update++;
    this.guard(w);
  }

  // shown is the short form of a value at a path of a desired document: exact as it
  // is wanted, else as the destination has it.
  shown(i, exact, p, v) {
    return short(maskOf(this.c, this.c.documents[i], exact).value(p, v));
  }

  // guard sees to a write that is too large with its guard, or whose guard mongosh
  // cannot send: a transaction does without it.
  guard(w) {
    const size = sizeOf(w.op), bad = unsendableGuard(w.op.guard);
    if (size <= OPERATION_SIZE && bad === undefined) return;
    const unguarded = {...w.op, guard: {id: w.op.guard.id, present: [], absent: [], whole: undefined}};
    if (this.transacts && sizeOf(unguarded) <= OPERATION_SIZE && unsendableGuard(unguarded.guard) === undefined && unsendableOp(w.op) === undefined) {
      w.alone = true;
      return;
    }
    const subject = w.wanted < 0 ? w.before : this.c.documents[w.wanted].d;
    const identity = short(identityDocument(this.c.identity, subject));
    if (size > OPERATION_SIZE) this.conflict(WRITE_TOO_LARGE, w.wanted, [], {identity, size});
    if (bad !== undefined) this.conflict(CANNOT_SEND, w.wanted, [], {identity, path: bad.path, type: bad.why});
  }

  // pruning finds what is deleted and what stays unmanaged.
  pruning() {
    const prune = this.c.prune, counts = this.report.counts, {first} = this.run;
    let others = this.others;
    if (this.c.mode === 'structure') return; // no document is anybody's
    if (prune === undefined) {
      // What was read may hold more than was asked for.
      const matched = this.live.length - others.length;
      counts.unmanaged = this.all ? others.length : Math.max(0, this.counted - matched);
      return;
    }
    const inScope = d => prune.where === undefined || holds(prune.where, d);
    const scope = this.live.filter(inScope).length;
    // All but the first look of a run keep its bound.
    this.bound = first !== undefined ? first[this.at].bound : prune.percent ? Number(BigInt(scope) * prune.atMost / 100n) : Number(prune.atMost);
    others = others.filter(inScope);
    this.deletes = candidates(this.c.identity, others).map(deletion);
    this.deletes.forEach(w => addShardKey(w.op.guard, this.shardKey, w.before));
    this.deletes.forEach(w => this.guard(w));
    counts.delete = this.deletes.length;
    counts.unmanaged = others.length - this.deletes.length;
    const count = this.deletes.length + (first !== undefined ? this.run.deleted(this.at) : 0);
    if (count > this.bound) {
      this.conflict(prune.percent ? PRUNE_BOUND_PERCENT : PRUNE_BOUND, -1, [],
        {count, bound: this.bound, percent: prune.atMost, scope});
    }
  }

  // takenIDs finds inserts whose `_id` the destination has.
  * takenIDs() {
    if (this.missing || this.c.identityIsID) return;
    const inserts = this.writes.filter(w => w.before === undefined);
    if (inserts.length === 0) return;
    if (!this.all) yield* this.findKeys([['_id']], inserts.map(w => [idOf(w)]), MAX_KEYS);
    const there = new Set(this.live.map(d => key([field(d, '_id')])));
    for (const w of inserts) {
      if (!there.has(key([idOf(w)]))) continue;
      this.conflict(w.made ? MADE_ID_TAKEN : ID_TAKEN, w.wanted, [],
        {identity: this.identity(w.wanted), id: this.shown(w.wanted, true, ['_id'], idOf(w))});
    }
  }

  // unique finds unique conflicts and puts the writes in stages.
  * unique(indexes) {
    for (const ix of indexes) {
      if (this.all || ix.build) continue;
      yield* this.findKeys(ix.paths, uniqueLookups(ix, this.writes).map(e => e.values), MAX_TUPLES);
    }
    for (const ix of indexes) if (this.asks && ix.collation !== undefined) yield* this.collated(ix);
    const unknown = this.indexPlan.drop.filter(spec => hasOption(spec, 'unique') && !indexes.some(ix => ix.name === indexName(spec)));
    const c = {writes: this.writes, deletes: this.deletes.map(w => w.before), live: this.live, twins: this.twins, indexes, unknown: unknown.map(indexName)};
    const plan = orderOf(c);
    this.stages = plan.stages;
    this.early = plan.early;
    for (const clash of plan.clashes) this.clash(indexes[clash.index], clash);
    const why = this.notTogether(c);
    if (why === '') {
      this.sendTogether();
      return;
    }
    for (const wait of plan.stuck) {
      const w = this.writes[wait.write], ix = indexes[wait.index];
      this.conflict(wait.holder < 0 ? UNIQUE_DELETE : UNIQUE_CYCLE, w.wanted, [],
        {identity: this.identity(w.wanted), key: this.showEntry(ix, wait.entry), index: clean(ix.name), other: short(shownID(this.c, wait.other)), why});
    }
  }

  // notTogether says why what has to change at once cannot; empty when it can.
  notTogether(c) {
    for (const s of this.stages) {
      if (!s.whole) continue;
      if (!this.transacts) return WHY_NO_TRANSACTIONS;
      if (!fits(s, c)) return WHY_TOO_MANY;
    }
    return '';
  }

  // sendTogether finds what mongosh cannot send of documents that are inserted again as a whole.
  sendTogether() {
    for (const i of this.stages.flatMap(s => s.whole ? s.writes : [])) {
      const w = this.writes[i], bad = unsendable(w.after, '');
      if (bad === undefined) continue;
      const identity = short(identityDocument(this.c.identity, this.c.documents[w.wanted].d));
      this.conflict(CANNOT_SEND, w.wanted, [], {identity, path: bad.path, type: bad.why});
    }
  }

  // collated asks the server for the documents that the index's collation gives
  // the new entries of planned writes: for many at once, and one by one where there
  // are any.
  * collated(ix) {
    const keys = uniqueLookups(ix, this.writes).map(e => e.values).filter(k => k.some(hasText) && k.every(v => unsendable(v, '') === undefined)), look = this;
    const ask = function * (part) {
      const found = yield* look.run.store.find(look.database, look.c.name, keysFilter(ix.paths, part), false, ix.collation);
      return found.filter(d => partialHolds(ix.filter, d)).map(d => field(d, '_id')).sort(compare);
    };
    for (const part of keyParts(ix.paths, keys, MAX_TUPLES)) {
      if ((yield* ask(part)).length === 0) continue;
      for (const k of part) ix.rivals.set(key(k), yield* ask([k]));
    }
  }

  clash(ix, c) {
    const values = {key: this.showEntry(ix, c.entry), index: clean(ix.name), other: short(shownID(this.c, c.other))};
    if (c.wanted < 0) {
      values.id = short(shownID(this.c, field(c.subject, '_id')));
      this.conflict(UNIQUE_UNMANAGED, -1, [], values);
      return;
    }
    values.identity = this.identity(c.wanted);
    const collated = ix.collation !== undefined && c.entry.values.some(hasText);
    if (collated) values.collation = short(ix.collation);
    this.conflict(collated ? UNIQUE_COLLATION : UNIQUE_VIOLATION, c.wanted, [], values);
  }

  // showEntry writes an entry for a message, without what nobody may see of it.
  showEntry(ix, e) {
    const hidden = new Mask(this.c.policy.leftOut, this.c.places, false);
    return short(build(ix.names.map((name, i) => ({name, v: hidden.value(ix.paths[i], e.values[i])}))));
  }

  // refusedText says which document the destination did not take.
  refusedText(w, message, details) {
    const d = w.wanted < 0 ? {d: w.before, origin: ''} : this.c.documents[w.wanted];
    const doing = {insert: 'inserting', delete: 'deleting', update: 'updating', replace: 'updating'}[w.op.action];
    return doing + ' ' + short(identityDocument(this.c.identity, d.d)) + ' in ' + clean(this.namespace()) + ' (' +
      clean(d.origin === '' ? this.c.origin : d.origin) + ') was refused: ' + clean(message + refusalText(this, w, details)) +
      "\nCheck the collection's validator and the user's rights; running again continues where this run stopped";
  }

  // items fills the report's documents.
  items() {
    const c = this.c;
    const item = (action, i, id, changes) => {
      const d = c.documents[i];
      this.report.documents.push({action, identity: identityDocument(c.identity, d.d), id, origin: d.origin === '' ? c.origin : d.origin, changes});
    };
    for (const w of this.writes) {
      const d = c.documents[w.wanted];
      if (w.before === undefined) {
        item('insert', w.wanted, maskOf(c, d, true).value(['_id'], idOf(w)), shownChanges(this, d, unknownSpots(w.after, d.places)));
      } else {
        w.leaves = leafChanges(w.before, w.after).sort((a, b) => comparePaths(a.path, b.path));
        w.spots = updateSpots(c, w);
        const old = maskOf(c, d, false), now = maskOf(c, d, true);
        for (const l of w.leaves) l.links = namedLinks(this.run, this.linking, l.path, old.value(l.path, l.before), now.value(l.path, l.after));
        item('update', w.wanted, shownID(c, idOf(w)), updateChanges(this, w));
      }
    }
    for (const u of this.unknown) item('unknown', u.i, shownID(c, field(u.live, '_id')), shownChanges(this, c.documents[u.i], unknownSpots(u.live, u.unknown)));
    for (const i of this.absent) item('absent', i, undefined, []);
    for (const w of this.deletes) {
      this.report.documents.push({
        action: 'delete', identity: identityDocument(c.identity, w.before), id: shownID(c, idOf(w)), origin: c.prune.origin, changes: [],
      });
    }
  }
}

// ruleOrigin is the place of a collection's first rule of that name, else other.
function ruleOrigin(c, name, other) {
  const rule = c.rules.find(([n]) => n === name);
  return rule === undefined ? other : rule[1];
}

// identityOf gives the values of the identity; undefined when one of them is
// missing, null or an array.
function identityOf(paths, d) {
  const values = paths.map(p => get(d, p));
  return values.some(v => v === undefined || v.t === NULL || v.t === ARRAY) ? undefined : values;
}

// candidates are those of the documents that have an identity, in the order of
// identity, then `_id`.
function candidates(identity, others) {
  const found = [];
  for (const d of others) {
    const values = identityOf(identity, d);
    if (values !== undefined) found.push({values: values.concat([field(d, '_id')]), d});
  }
  found.sort((a, b) => {
    for (let i = 0; i < a.values.length; i++) {
      const c = compare(a.values[i], b.values[i]);
      if (c !== 0) return c;
    }
    return 0;
  });
  return found.map(f => f.d);
}

function sortedByID(documents) {
  return documents.map(d => ({d, id: field(d, '_id')})).sort((a, b) => compare(a.id, b.id)).map(x => x.d);
}

// keyParts are keys in batches of at most limit (MAX_TUPLES when there are several
// paths or a regex).
function keyParts(paths, keys, limit) {
  if (paths.length > 1 || keys.some(k => k[0].t === REGEX)) limit = Math.min(limit, MAX_TUPLES);
  const parts = [];
  for (let from = 0; from < keys.length;) {
    let n = from, size = 0;
    for (; n < keys.length && n - from < limit && (n === from || size < MAX_KEY_BYTES); n++) {
      for (const v of keys[n]) size += v.e - v.s + 16;
    }
    parts.push(keys.slice(from, n));
    from = n;
  }
  return parts;
}

// keysFilter asks for the documents with one of the keys, or more.
function keysFilter(paths, keys) {
  if (paths.length === 1 && !keys.some(k => k[0].t === REGEX || k[0].t === UNDEFINED)) {
    return doc(paths[0].join('.'), doc('$in', array(keys.map(k => k[0]))));
  }
  return doc('$or', array(keys.flatMap(k => {
    // Undefined, which stands for an empty array too, cannot be sent: each form of it gets a condition.
    let tuples = [[]];
    k.forEach((v, i) => {
      const forms = v.t === UNDEFINED ? [doc('$type', int32Value(UNDEFINED)), doc('$size', int32Value(0))] : [doc('$eq', v)];
      tuples = tuples.flatMap(t => forms.map(form => t.concat([{name: paths[i].join('.'), v: form}])));
    });
    return tuples.map(build);
  })));
}

// unsendableGuard says which value of a guard mongosh cannot send.
function unsendableGuard(guard) {
  let bad = unsendable(guard.id, '_id');
  if (bad === undefined && guard.whole !== undefined) bad = unsendable(guard.whole, '');
  for (const f of guard.present) {
    if (bad === undefined && f.v.t !== UNDEFINED) bad = unsendable(f.v, pathText(f.path));
  }
  return bad;
}
