// A run of before, shown. In: its record and its journal; out: a report of what it wrote,
// in which nothing is that undo may not show. Nothing but the state database is asked.

class ShownRun extends Run {
  constructor(state, command, settings) {
    super(state, command, settings);
    this.undone = undefined; // the run's record
  }

  // go reads what was asked for and returns the report.
  * go() {
    if (!(yield* this.guarded(() => this.show()))) return this.finish(false);
    this.report.outcome = this.undone.outcome;
    return this.report;
  }

  // show puts the run into the report; an empty name is the newest one, undone or not.
  * show() {
    const {weave, environment} = this.state, name = this.settings.undo;
    const runs = yield* readRuns(this.store, this.settings.stateDatabase, this.state), at = name === '' ? 0 : findRun(runs, name);
    if (runs.length === 0 || at < 0) {
      throw new Refused([conflictOfRun(runs.length === 0 ? NO_RUN : NO_SUCH_RUN, {run: clean(name), weave: clean(weave), environment: clean(environment)})]);
    }
    this.undone = runs[at];
    const keyed = this.undone.seal === SEAL_KEYED, key = keyed ? this.settings.journalKey : '';
    if (keyed && key === '') this.report.notes.push(NOTE_SEALED);
    else {
      let records = [];
      yield* proveJournal(this.db, this.undone, key, '', undefined, () => { records = []; }, r => { records.push(r); });
      this.report.collections = writtenBy(records);
    }
    const {id, n, outcome, artefact, compiler, engine, databases, labels, group, started, ended, counts, undone} = this.undone;
    this.report.record = {id, n, outcome, artefact, compiler, engine, databases, labels, group, started, ended, counts, undone};
  }
}

// writtenBy is what a run wrote, by collection in the order of its journal. Of a write that
// was sent again the last item counts.
function writtenBy(records) {
  const all = new Map(), last = new Map();
  const keyOf = (r, item) => placeKey(r) + '\0' + r.action + '\0' + key([field(item, '_id')]);
  for (const r of records) if (aboutDocuments(r.action)) for (const item of r.items) last.set(keyOf(r, item), item);
  for (const r of records) {
    if (!all.has(placeKey(r))) {
      all.set(placeKey(r), {
        database: r.database, collection: r.collection, origin: '', mode: '', missing: false, indexes: [], options: [], documents: [], reason: undefined,
        counts: {desired: 0, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0, lost: 0}, done: undefined,
      });
    }
    for (const item of r.items) if (!aboutDocuments(r.action) || last.get(keyOf(r, item)) === item) written(all.get(placeKey(r)), {...r, item});
  }
  return [...all.values()];
}

// written adds an item of the journal to the report of its collection.
function written(c, p) {
  const before = field(p.item, 'before'), after = field(p.item, 'after');
  const index = (action, spec, more) => c.indexes.push({action, name: indexName(spec), spec, before: undefined, changes: [], reason: undefined, build: undefined, ...more});
  switch (p.action) {
    case 'create': c.missing = true; break;
    case 'create-index': index('create', after, {}); break;
    case 'drop-index': index('drop', before, {}); break;
    case 'change-index': index('change', after, {before, changes: documentChanges(before, after, {})}); break;
    case 'options':
      for (const name of new Set([before, after].filter(d => d !== undefined).flatMap(fields).map(f => f.name))) {
        const old = before && field(before, name), now = after && field(after, name);
        c.options.push({name, before: old, after: now, changes: optionChanges(name, old, now), reason: undefined});
      }
      break;
    default: documentWritten(c, p, before, after);
  }
}

// documentWritten adds a document. What was inserted is shown by its identity alone: the
// journal has a digest of it.
function documentWritten(c, p, before, after) {
  const u = new Undoing(field(p.item, '_id'), undefined), v = u.to;
  u.describe(p);
  if (p.action === 'update') [before, after] = fieldsWritten(v, p.item);
  [v.before, v.after] = [before, after];
  const action = p.action === 'replace' ? 'update' : p.action, changes = action === 'update' ? undoChanges(v) : [];
  c.counts[action]++;
  c.counts.lost += lostElements(changes);
  c.documents.push({action, ...itemOf(v), ...(action === 'delete' ? undoneDocument(v, before) : {}), changes});
}

// fieldsWritten are both sides of an update, of which the journal has the fields that it wrote.
function fieldsWritten(v, item) {
  const sides = [doc(), doc()];
  for (const {v: f} of fields(field(item, 'fields'))) {
    const path = texts(field(f, 'path'));
    if (isTrue(field(f, 'secret'))) v.hidden.push(path);
    ['before', 'after'].forEach((name, i) => {
      const value = field(f, name); // what it lies in is on both sides
      sides[i] = changed(sides[i], [{path, v: value === undefined ? NULL_VALUE : value}], [], 0);
      if (value === undefined) sides[i] = changed(sides[i], [], [path], 0);
    });
  }
  return sides;
}
