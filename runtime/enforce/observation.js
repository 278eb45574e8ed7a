// One observation of a collection: what is to be done, in which order, what stands in the
// way, and the report of it. A generator: it yields what it wants to read
// (requests, see stores.js) and is given the answers. Everything that links concern
// is read first (observe.js), then links are resolved (links.js), then each
// collection is compared.

class Observation {
  /** @param {Run} run @param {number} at @param {{type: string, options: Value, uuid: Uint8Array | undefined} | undefined} info */
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
    this.capabilities = run.remembered.found.capabilities; // what the server was seen to do; undefined: not known
    this.transacts = false; // the server has transactions on this collection
    this.unknown = []; // desired documents of which only secrets that are not given may differ
    this.drift = undefined; // what the ledger has (readDrift); undefined: it is repaired, or nothing is known of it
    this.kept = []; // items of what stays as it is at the destination
    this.absent = []; // desired documents that `mode update` does not insert
    this.deletes = [];
    this.indexPlan = new IndexPlan();
    this.optionPlan = {items: [], commands: [], lacking: [], fixed: []};
    this.listed = undefined; // the collection as listCollections has it
    this.existing = []; // its indexes
    this.early = []; // names of unique indexes that go before the documents, as they are in the way of one
    this.bound = 0; // of prune, as it was before the first write
    this.validation = undefined; // the options in force when documents are written
    this.closed = true; // the documents were not read, as they cannot be compared
    this.byKey = new Map(); // key of the identity -> desired document
    this.keyNames = new Set(); // the fields that documents in sync are held with
    this.oneByOne = false; // no other document matters to whether one is in sync
    this.same = []; // desired documents with which one of the destination is in sync
    this.patches = new Map(); // what makes a document of live of the desired one, where it is not whole
    this.arena = new Arena(); // of documents that were read
    this.writer = new Writer();
    this.twins = []; // destination documents with a desired one's identity
    this.others = []; // those that are nobody's twin
    this.moved = new Map(); // desired documents whose twin has another identity, with the move
    this.followed = []; // documents whose new `_id` is there already
    this.stuck = new Set(); // desired documents of moves that cannot be told: nothing is done about them
    this.leaving = 0; // so many of deletes, the first ones, get another `_id`
    this.indexes = []; // unique ones, to check
    this.behind = undefined; // the identity by the key of an `_id`, once it was asked for
    this.live = []; // documents read, each once
    this.items = []; // of writes
    this.told = []; // the writes that have one, by position
    this.untold = []; // the updates that have none
    this.gone = 0; // writes and deletes that there were (letGo)
    this.seen = undefined; // the keys of their `_id`s; undefined while every document is new
    this.all = this.missing; // every document of the collection was read
    this.counted = 0;
    this.simple = false; // the collection has a collation of its own
    const {items} = run.settings;
    this.most = items > 0 ? items : Infinity;
    this.report = {
      database: this.database, collection: c.name, origin: c.origin, mode: c.mode, missing: this.missing,
      counts: {desired: c.documents.length, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0, lost: 0},
      indexes: [], options: [], documents: [], untold: {insert: 0, update: 0, delete: 0}, // those that have no item
      updates: items > 0 ? new Packed() : undefined, // of all updates, where documents may lack some
    };
  }

  differs() {
    return this.left() > 0;
  }

  left() {
    return this.writes.length + this.deletes.length + this.gone + this.indexPlan.left() + this.optionPlan.items.length + (this.missing ? 1 : 0);
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
  // infos are those collections of its database that exist; since is what was written
  // before.
  /** @param {Writing | undefined} since */
  * readAll(info, infos, since) {
    const c = this.c;
    if (ownSource(this.run, info)) {
      this.conflict(OWN_SOURCE, -1, [], {});
      return;
    }
    if (info !== undefined) {
      this.listed = info;
      const kind = otherKind(info, c.options), created = since !== undefined && since.made[this.at].created;
      if (kind !== '') {
        if (created) this.conflict(NOT_KEPT, -1, [], {parts: fill(KEPT_KIND, {kind})});
        else this.conflict(WRONG_KIND, -1, [], {kind});
        return;
      }
      this.optionPlan = compareOptions(info, c.options, c.setOptions, this.run.remembered.hello.wire);
      this.report.options = this.optionPlan.items;
      if (!created) fixedOptions(this); // else it is what was not kept
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
    if (!this.missing) this.existing = yield* this.run.store.indexes(this.database, c.name);
    const {existing} = this;
    const options = this.missing ? c.options : info.options;
    this.asks = !this.missing && this.run.db.keeps; // a server knows what a collation equates
    this.transacts = !this.missing && this.run.transactions() && !hasOption(options, 'capped');
    this.indexPlan = compareIndexes(c, existing, this.missing, indexOption(options, 'collation'), this.run.remembered.hello.wire);
    this.report.indexes = this.indexPlan.items;
    if (this.indexPlan.builds.length > 0) yield* measure(this);
    this.validation = validationInForce(c, options, this.missing);
    serverLacks(this, this.run.remembered.hello.wire);
    this.indexes = uniqueIndexes(this, existing, options);
    const scan = this.indexes.some(ix => ix.build);
    const keys = c.documents.map(d => identityOf(c.identity, d.d));
    this.simple = !this.missing && hasCollation(options);
    this.byKey = new Map(keys.map((k, i) => [key(k), i]));
    this.keyNames = keyNames(c, indexPaths(this.indexes));
    this.oneByOne = oneByOne(c);
    // In mode structure documents matter only to a unique index that is to be created.
    if (!this.missing && (scan || c.mode !== 'structure')) yield* readDocuments(this, keys.concat(c.moves.map(m => m.from)), scan);
    this.match();
    followMoves(this);
    yield* alike(this, keys, options);
  }

  // viewed finds what a view reads, where the view is made or enforced.
  viewed(infos) {
    const {c, run, database} = this;
    if (!this.missing && !c.setOptions.includes('viewOn') && !c.setOptions.includes('pipeline')) return;
    const lacking = c.reads.filter(name => !infos.has(name) && !run.positions.has(collectionKey(c.database, name)));
    if (lacking.length === 0) return;
    this.conflict(VIEW_SOURCE_MISSING, -1, [], {collections: lacking.map(name => clean(database + '.' + name)).join(', ')});
  }

  // compareAll finds what is to be done in a collection that was read; since is what was
  // written before.
  /** @param {Writing | undefined} since */
  * compareAll(since) {
    if (this.closed) return;
    this.compareEach();
    this.pruning(since);
    yield* takenIDs(this);
    yield* uniqueConflicts(this, this.indexes);
    for (const note of validateWrites(this).concat(lookAlikes(this))) this.run.note(note);
    this.documents();
    sortConflicts(this.conflicts);
  }

  // match finds the twin of every desired document.
  match() {
    this.twins = this.c.documents.map(() => []);
    for (const d of this.live) {
      const i = wantedOf(this, d);
      if (i === undefined) this.others.push(d);
      else this.twins[i] = this.twins[i].concat([d]);
    }
  }

  // idTexts lists the first five `_id`s, in order.
  idTexts(documents) {
    const ids = sortedByID(documents).map(d => short(shownID(this.c, field(d, '_id'))));
    if (ids.length > 5) ids.splice(5, ids.length, '…');
    return ids.join(', ');
  }

  // compareEach compares every desired document with its twin.
  compareEach() {
    for (const d of this.followed) leaveBehind(this, d);
    this.twins.forEach((found, i) => {
      if (this.stuck.has(i)) return;
      if (found.length > 1) {
        this.conflict(AMBIGUOUS_DESTINATION, i, [],
          {count: found.length, identity: this.identity(i), ids: this.idTexts(found)});
      } else if (found.length === 0 && this.c.mode === 'update') {
        this.absent.push(i);
        this.report.counts.absent++;
      } else if (deletedThere(this, i)) withoutDeleted(this, i);
      else if (!this.linked(i, found.length === 1)) return;
      else if (found.length === 0) {
        this.plan(insertion(this.run.state, this.c, i), undefined);
        this.report.counts.insert++;
      } else if (this.same[i]) this.report.counts.inSync++; // it was compared when it was read
      else {
        const patch = this.patches.get(found[0]);
        this.compare(i, patch === undefined ? found[0] : patched(this.c.documents[i].d, patch), patch);
      }
    });
  }

  // linked reports whether the links of desired document i allow to compare or
  // insert it; there: the destination has it.
  linked(i, there) {
    const {lost, unsendable, open} = lostLinks(this.c, i, there);
    for (const m of lost) {
      this.conflict(LINK_MISSING, i, [m.path], {path: m.place, identity: this.identity(i), target: m.target, collection: m.collection});
      this.causedBy(m.rule);
    }
    for (const m of unsendable) this.conflict(CANNOT_SEND, i, [m.path], {identity: m.target, path: m.bad.path, type: m.bad.why});
    return lost.length + unsendable.length === 0 && !open;
  }

  // compare compares desired document i with its twin, which a patch makes of it where there is one.
  compare(i, live, patch) {
    const first = this.comparison(this.c, i, live), {found, kept} = this.drift === undefined ? {found: first, kept: false} : withDrift(this, i, live, first);
    const wanted = this.c.documents[i].d, b = found.preserved;
    if (found.idChange) {
      this.conflict(same(field(live, '_id'), field(wanted, '_id')) ? ID_CHANGE : ID_COLLATION, i, [], {found: short(field(live, '_id')), wanted: short(field(wanted, '_id'))});
    }
    if (found.onlyAt.length > 0) {
      const paths = found.onlyAt.slice(0, 10).map(pathText).concat(found.onlyAt.length > 10 ? ['…'] : []).join(', ');
      this.conflict(DESTINATION_ONLY_FIELDS, i, found.onlyAt, {identity: this.identity(i), paths});
    }
    if (b !== undefined) {
      this.conflict(PRESERVED_INSIDE, i, [], {path: b.path, identity: this.identity(i), inside: b.inside, value: b.value === undefined ? VALUE_REMOVED : b.value});
      this.conflicts[this.conflicts.length - 1].paths = [b.path, b.inside];
      if (b.rule !== undefined) this.causedBy(b.rule);
    }
    if (found.unclear !== undefined) {
      const {path, type, count, key} = found.unclear, of = {path: pathText(path), identity: this.identity(i)};
      if (type === undefined) this.conflict(UNCLEAR_ELEMENT, i, [path], {...of, count: String(count), key});
      else this.conflict(UNCLEAR_LIST, i, [path], {...of, type});
      this.causedBy('list ' + pathText(path));
    }
    if (found.twice !== undefined) {
      this.conflict(FIELD_TWICE, i, [found.twice], {identity: this.identity(i), path: pathText(found.twice)});
    }
    if (found.refused) return;
    if (found.unknown !== undefined) {
      this.unknown.push(found.unknown);
      this.report.counts.unknown++;
      return;
    }
    const w = found.write;
    if (w === undefined) {
      if (!kept) this.report.counts.inSync++; // what is kept is counted
      return;
    }
    if (w.rekeyed) {
      const bad = unsendable(w.after, '');
      if (bad !== undefined) this.conflict(CANNOT_SEND, i, [], {identity: this.identity(i), path: bad.path, type: bad.why});
      leaveBehind(this, live);
    } else {
      if (movesShard(this, w)) return;
      addShardKey(w.op.guard, this.shardKey, w.before);
      this.adapt(w);
      this.guard(w);
    }
    this.plan(w, patch);
    this.report.counts.update++;
  }

  // plan adds an insert or update; what the ledger says of drift, and moves, are in the write, and nowhere else.
  plan(w, patch) {
    this.tell(w);
    const whole = w.before !== undefined && (this.drift !== undefined || w.move !== undefined);
    this.writes.push(whole ? w : plannedWrite(w, this.keyNames, this.writer, this.arena, patch));
  }

  // tell makes the item of the write that comes next: of inserts and of updates the first so many have one.
  tell(w) {
    const {counts, untold, updates} = this.report, isNew = w.before === undefined;
    if (isNew && counts.insert >= this.most) {
      untold.insert++;
      return;
    }
    const item = writeItem(this.c, w);
    counts.lost += lostElements(item.changes);
    if (item.action === 'update' && counts.update >= this.most) {
      untold.update++;
      this.untold.push(this.writes.length);
      updates.add(item);
      return;
    }
    if (item.action === 'update' && updates !== undefined) updates.hold(item);
    this.items.push(item);
    this.told.push(this.writes.length);
  }

  // comparison compares desired document i by the rules of c.
  comparison(c, i, live) {
    const move = this.moved.get(i);
    return move === undefined ? compareDocument(c, i, live) : compareMoved(c, i, live, move);
  }

  // pruning finds what is deleted and what stays unmanaged.
  /** @param {Writing | undefined} since */
  pruning(since) {
    const {c, live, others} = this, {prune} = c, {counts} = this.report;
    this.bound = this.leaving;
    if (c.mode === 'structure') return; // no document is anybody's
    if (prune === undefined) {
      // What was read may hold more than was asked for.
      const matched = live.length - others.length;
      counts.unmanaged = this.all ? others.length : Math.max(0, this.counted - matched);
      return;
    }
    const {scope, bound, going: all, staying} = pruningOf(c, live, others), going = withoutDrift(this, all);
    // What leaves for another `_id` is in both, and counts in neither.
    let deleted = this.leaving, leaving = this.leaving;
    this.bound += bound;
    if (since !== undefined) { // the bound that was found before the first write holds
      const first = since.seen.all[this.at];
      this.bound = first.bound;
      leaving = first.leaving;
      deleted += since.done.deleted(this.at);
    }
    for (const d of going) {
      const w = deletion(d);
      addShardKey(w.op.guard, this.shardKey, w.before);
      this.adapt(w);
      this.guard(w);
      this.deletes.push(plannedWrite(w, this.keyNames, this.writer, this.arena, undefined));
    }
    counts.delete = going.length;
    counts.unmanaged = staying;
    const count = going.length + deleted;
    if (count > this.bound) {
      this.conflict(prune.percent ? PRUNE_BOUND_PERCENT : PRUNE_BOUND, -1, [],
        {count: count - leaving, bound: this.bound - leaving, percent: prune.atMost, scope});
    }
  }

  adapt(w) {
    adaptWrite(w, this.capabilities, this.transacts);
  }

  // guard sees to a write that is too large with its guard, or whose guard mongosh
  // cannot send: a transaction does without it.
  guard(w) {
    const size = sizeOf(w.op), bad = unsendableGuard(w.op.guard);
    if (size <= OPERATION_BYTES && bad === undefined) return;
    const unguarded = {...w.op, guard: {id: w.op.guard.id, present: [], absent: [], whole: undefined}};
    if (this.transacts && sizeOf(unguarded) <= OPERATION_BYTES && unsendableGuard(unguarded.guard) === undefined && unsendableOp(w.op) === undefined) {
      w.alone = true;
      return;
    }
    const subject = w.wanted < 0 ? w.before : this.c.documents[w.wanted].d;
    const identity = short(identityDocument(this.c.identity, subject));
    if (size > OPERATION_BYTES) this.conflict(WRITE_TOO_LARGE, w.wanted, [], {identity, size});
    if (bad !== undefined) this.conflict(CANNOT_SEND, w.wanted, [], {identity, path: bad.path, type: bad.why});
  }

  // refusedText says which document the destination did not take.
  refusedText(w, {message, details, code}) {
    const d = w.wanted < 0 ? {d: w.before, origin: ''} : this.c.documents[w.wanted];
    const doing = {insert: 'inserting', delete: 'deleting', update: 'updating', replace: 'updating'}[w.op.action];
    return doing + ' ' + short(identityDocument(this.c.identity, d.d)) + ' in ' + clean(this.namespace()) + ' (' +
      clean(d.origin === '' ? this.c.origin : d.origin) + ') was refused: ' + clean(message + refusalText(this, w, details)) +
      '\n' + (advice(code, message) || ADVICE_REFUSED);
  }

  // whole is a planned write with all that it sends, made again of what is held of it.
  whole(w) {
    if (!w.isPlanned) return w;
    if (w.before === undefined) return insertion(this.run.state, this.c, w.wanted);
    const live = liveOf(this.c, w), one = w.wanted < 0 ? deletion(live) : this.comparison(this.c, w.wanted, live).write;
    addShardKey(one.op.guard, this.shardKey, live);
    this.adapt(one);
    one.alone = w.alone;
    return one;
  }

  // documents fills the report's documents: of what prune deletes the first so many.
  documents() {
    const {c, report, items, most} = this, pruned = this.pruned();
    report.untold.delete = Math.max(0, pruned.length - most);
    report.documents = [
      ...items, ...this.unknown.map(u => unknownItem(c, u)), ...this.absent.map(i => absentItem(c, i)), ...this.kept,
      ...pruned.slice(0, most).map(w => writeItem(c, w)),
    ];
    this.items = [];
  }

  // pruned are the deletes of what nobody wants.
  pruned() {
    return this.deletes.slice(this.leaving);
  }

  // letGo lets go what was read and what is to be written, as it is read again: what stays is for the report,
  // and bounds prune.
  letGo() {
    this.gone += this.writes.length + this.deletes.length;
    Object.assign(this, {
      live: [], others: [], twins: [], writes: [], deletes: [], stages: [], same: [], byKey: new Map(), patches: new Map(), arena: new Arena(), seen: undefined,
    });
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

function sortedByID(documents) {
  return documents.map(d => ({d, id: field(d, '_id')})).sort((a, b) => compare(a.id, b.id)).map(x => x.d);
}
