// Writing structure: options and indexes. In: observations with their plans; out: the
// destination changed, and what was done counted in the report. Generators, like
// run. The order is docs/enforcement.md, Phases.

// alter is a step that changes structure, tried again as it is where that may
// help: already is the code with which a server refuses what an attempt whose
// answer was lost has done, 0 when it does not.
/** @param {Writing} w */
function* alter({run}, what, already, send) {
  let unsure = false;
  yield* run.step(what, again(function* () {
    yield* run.leases.renew(false); // an attempt may take its time
    try {
      yield* run.noting(send());
    } catch (e) {
      if (unsure && already !== 0 && e instanceof Failure && e.code === already) return;
      unsure = unsure || e instanceof Failure && e.wrote;
      throw e;
    }
  }));
}

// createCollections creates the collections that are missing, with their indexes.
/** @param {Writing} w */
function* createCollections(w) {
  for (const t of w.tasks) {
    const l = t.of;
    if (!l.missing) continue;
    yield* alter(w, {observation: l, create: true}, CODE_NAMESPACE_EXISTS, () => w.run.store.createCollection(l.database, l.c.name, l.c.options));
    w.done.of(l.at).created = true;
    w.made[l.at].collection(l.c.options);
    yield* rebuild(w, t, [], t.indexPlan.create);
  }
}

// alterOptions changes the options of existing collections.
/** @param {Writing} w */
function* alterOptions(w) {
  for (const {of: l} of w.tasks) {
    const p = l.optionPlan;
    if (p.items.length === 0) continue;
    yield* alter(w, {observation: l, options: {before: p.before, after: p.after}}, 0, () => modify(l, p.commands));
    w.done.of(l.at).options += p.items.length;
    w.made[l.at].changedOptions(p.items);
  }
}

// modify sends collMod commands one after the other. What the one before prepared is
// taken back where one is refused.
/** @param {Observation} l */
function* modify(l, commands) {
  const send = command => l.run.store.modify(l.database, l.c.name, command);
  for (let i = 0; i < commands.length; i++) {
    try {
      yield* send(commands[i]);
    } catch (e) {
      if (i > 0) l.run.wrote = true;
      const back = unprepared(commands[i]);
      if (e instanceof Failure && !e.wrote && back !== undefined) {
        try {
          yield* send(back);
        } catch (also) {
          e.message += '\n' + also.message;
        }
      }
      throw e;
    }
  }
}

// clearWays is clearWay for every collection.
/** @param {Writing} w */
function* clearWays(w) {
  for (const t of w.tasks) yield* clearWay(w, t);
}

// clearWay drops the unique indexes that are in the way of a document, and
// creates at once what takes their place, unless it is unique as well.
/** @param {Writing} w @param {Task} t */
function* clearWay(w, t) {
  if (t.of.early.length === 0) return;
  const {drop, create} = t.indexPlan.early(t.of.early);
  yield* rebuild(w, t, drop, create);
}

// alterIndexes changes indexes in place, then drops those that others take the
// place of and creates those, then drops the rest.
/** @param {Writing} w */
function* alterIndexes(w) {
  for (const t of w.tasks) {
    const l = t.of, p = t.indexPlan;
    if (l.missing) continue;
    for (const change of p.modify) {
      yield* alter(w, {observation: l, change}, 0, () => modify(l, change.commands));
      w.done.of(l.at).changedIndexes++;
      w.made[l.at].changedIndex(change);
    }
    const {before, after} = p.inTurn();
    yield* rebuild(w, t, before, p.create);
    yield* rebuild(w, t, after, []);
  }
}

// rebuild drops indexes and creates others, back to back, and takes both out of
// the task's plan.
/** @param {Writing} w @param {Task} t */
function* rebuild(w, t, drop, create) {
  const l = t.of, p = t.indexPlan;
  for (const spec of drop) {
    yield* alter(w, {observation: l, drop: [spec]}, CODE_INDEX_NOT_FOUND, () => w.run.store.dropIndex(l.database, l.c.name, indexName(spec)));
    p.drop = p.drop.filter(d => d !== spec);
    w.made[l.at].droppedIndex(indexName(spec));
    if (p.has(indexName(spec), 'drop')) w.done.of(l.at).droppedIndexes++;
  }
  if (create.length === 0) return;
  yield* alter(w, {observation: l, indexes: create}, 0, () => w.run.store.createIndexes(l.database, l.c.name, create));
  p.create = p.create.filter(c => !create.includes(c));
  for (const spec of create) {
    w.done.of(l.at)[p.has(indexName(spec), 'change') ? 'changedIndexes' : 'indexes']++;
    w.made[l.at].index(spec);
  }
}
