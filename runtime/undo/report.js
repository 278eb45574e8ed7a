// The report of undo. In: steps, one at a time; out: collections of the report. Pure.

// Telling is a report that is made step by step, in the order of the undoing.
class Telling {
  // done: the steps are carried out; items of inserts, updates and deletes in a collection; 0: all.
  constructor(done, items) {
    this.collections = [];
    this.at = new Map(); // by placeKey
    this.done = done;
    this.items = items || Infinity;
    this.marks = []; // how far the report of each step's collection is after it
    this.open = []; // {c, at, update, v}: places of documents that are still to be written, among all and among updates
  }

  // tell adds a step.
  tell(s) {
    const c = this.of(s);
    reportStep(c, s);
    for (const v of s.documents) {
      if (!v.postponed) {
        this.document(c, v);
        continue;
      }
      this.open.push({c, at: c.documents.length, update: c.updates === undefined ? -1 : c.updates.hold(undefined), v});
      c.documents.push(undefined);
    }
    if (this.done) for (const [name, n] of Object.entries(s.done)) if (n) c.done[name] += n;
    this.marks.push({key: placeKey(s), indexes: c.indexes.length, options: c.options.length, documents: c.documents.length, updates: c.updates === undefined ? 0 : c.updates.list.length, counts: {...c.counts}, untold: {...c.untold}});
  }

  // of is the report of a step's collection.
  of(s) {
    if (!this.at.has(placeKey(s))) {
      const c = {
        database: s.database, collection: s.collection, origin: '', mode: '', missing: false, indexes: [], options: [], documents: [], untold: {insert: 0, update: 0, delete: 0}, reason: undefined,
        counts: {desired: 0, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0, lost: 0}, done: this.done ? nothingDone() : undefined,
        updates: this.items === Infinity ? undefined : new Packed(),
      };
      this.at.set(placeKey(s), c);
      this.collections.push(c);
    }
    return this.at.get(placeKey(s));
  }

  // close puts what was written last into its places.
  close() {
    for (const c of new Set(this.open.map(o => o.c))) {
      const before = c.documents, open = new Map(this.open.filter(o => o.c === c).map(o => [o.at, o]));
      c.documents = [];
      before.forEach((item, i) => {
        const o = open.get(i);
        if (o === undefined) {
          c.documents.push(item);
          return;
        }
        const n = c.updates === undefined ? 0 : c.updates.list.length;
        this.document(c, o.v);
        if (c.updates !== undefined) c.updates.fill(o.update, n);
      });
    }
    this.open = [];
  }

  // rest adds what was planned behind the steps that there are: the run ended before.
  /** @param {Telling} planned */
  rest(planned) {
    const reached = new Map(planned.marks.slice(0, this.marks.length).map(m => [m.key, m]));
    for (const [k, p] of planned.at) {
      const m = reached.get(k), c = this.at.get(k);
      if (c === undefined) {
        this.collections.push(p);
        continue;
      }
      const from = m || {indexes: 0, options: 0, documents: 0, updates: 0, counts: {insert: 0, update: 0, delete: 0, lost: 0}, untold: {insert: 0, update: 0, delete: 0}};
      for (const name of ['indexes', 'options', 'documents']) c[name].push(...p[name].slice(from[name]));
      for (const name of ['insert', 'update', 'delete', 'lost']) c.counts[name] += p.counts[name] - from.counts[name];
      if (c.updates !== undefined) c.updates.join(p.updates, from.updates);
      for (const name of ['insert', 'update', 'delete']) c.untold[name] += p.untold[name] - from.untold[name];
      c.reason = c.reason || p.reason;
    }
  }

  // document adds a document: what is done with it, and that something is left.
  document(c, v) {
    if (this.done && v.done) c.done[v.before === undefined ? 'inserted' : v.after === undefined ? 'deleted' : 'updated']++;
    const item = itemOf(v);
    if (v.op !== undefined) {
      const action = v.before === undefined ? 'insert' : v.after === undefined ? 'delete' : 'update';
      c.counts[action]++;
      const untold = c.counts[action] > this.items, changes = action === 'update' ? undoChanges(v) : [];
      if (untold) c.untold[action]++;
      c.counts.lost += lostElements(changes);
      // What was inserted is shown by its identity alone: the journal has a digest of it,
      // and says not which of its values are secrets.
      const all = {action, ...item, changes};
      if (untold && action === 'update') c.updates.add(all);
      else if (!untold) {
        if (action === 'update' && c.updates !== undefined) c.updates.hold(all);
        c.documents.push(action === 'insert' ? {...all, ...undoneDocument(v, v.after), changes} : all);
      }
    }
    if (v.reason !== '') c.documents.push({action: 'left', ...item, reason: v.reason});
  }
}

// reportStep adds what a step does beside documents to the report of its collection.
function reportStep(c, s) {
  if (s.created) c.reason = LEFT_COLLECTION;
  const x = s.index, o = s.options;
  if (x !== undefined && x.action !== '') {
    const spec = x.action === 'drop' || x.before === undefined ? x.after : x.before;
    c.indexes.push({action: x.action, name: indexName(spec), spec, before: x.action === 'change' ? x.after : undefined,
      changes: x.action === 'change' ? documentChanges(x.after, spec, {}) : [], reason: x.reason, build: undefined});
  }
  if (o !== undefined) {
    for (const name of o.names.concat(o.left)) {
      const reason = o.left.includes(name) ? LEFT_DOCUMENT : o.reason === '' ? undefined : o.reason;
      const before = field(o.after, name), after = field(o.before, name);
      c.options.push({name, before, after, changes: optionChanges(name, before, after), reason});
    }
  }
}

// itemOf names a document.
function itemOf(v) {
  const id = v.hidesID ? MASKED_VALUE : v.id;
  return {identity: v.identity || doc('_id', id), id, origin: '', document: undefined, hidden: [], links: [], changes: []};
}

// hidesSome: something of the document may not be shown.
function hidesSome(v) {
  return v.hidesAll || v.hidesID || v.hidden.length > 0 || [v.before, v.after].some(d => d !== undefined && !identical(v.mask.value([], d), d));
}
