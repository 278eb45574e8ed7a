// Writing structure: options and indexes. In: observations with their plans; out: the
// destination changed, and what was done counted in the report. Generators, like
// run. The order is docs/enforcement.md, Phases.

// alter is a step that changes structure, tried again as it is where that may
// help: already is the code with which a server refuses what an attempt whose
// answer was lost has done, 0 when it does not.
/** @param {Run} run */
function* alter(run, what, already, send) {
  let unsure = false;
  yield* run.step(what, again(function* () {
    yield* run.control.renew(false); // an attempt may take its time
    try {
      yield* run.noting(send());
    } catch (e) {
      if (unsure && already !== 0 && e instanceof Failure && e.code === already) return;
      unsure = unsure || e instanceof Failure && e.wrote;
      throw e;
    }
  }));
}

// alterOptions changes the options of existing collections.
/** @param {Run} run */
function* alterOptions(run, observations) {
  for (const l of observations) {
    const p = l.optionPlan;
    if (p.items.length === 0) continue;
    yield* alter(run, {observation: l, options: {before: p.before, after: p.after}}, 0, () => modify(l, p.commands));
    run.done(l.at).options += p.items.length;
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

// clearWay drops the unique indexes that are in the way of a document, and
// creates at once what takes their place, unless it is unique as well.
/** @param {Run} run */
function* clearWay(run, observations) {
  for (const l of observations) {
    if (l.early.length === 0) continue;
    const {drop, create} = l.indexPlan.early(l.early);
    yield* rebuild(run, l, drop, create);
  }
}

// alterIndexes changes indexes in place, then drops those that others take the
// place of and creates those, then drops the rest.
/** @param {Run} run */
function* alterIndexes(run, observations) {
  for (const l of observations) {
    if (l.missing) continue;
    const p = l.indexPlan;
    for (const change of p.modify) {
      yield* alter(run, {observation: l, change}, 0, () => modify(l, change.commands));
      run.done(l.at).changedIndexes++;
    }
    const {before, after} = p.inTurn();
    yield* rebuild(run, l, before, p.create);
    yield* rebuild(run, l, after, []);
  }
}

// rebuild drops indexes and creates others, back to back, and takes both out of
// the observation's plan.
/** @param {Run} run @param {Observation} l */
function* rebuild(run, l, drop, create) {
  const p = l.indexPlan;
  for (const spec of drop) {
    yield* alter(run, {observation: l, drop: [spec]}, CODE_INDEX_NOT_FOUND, () => run.store.dropIndex(l.database, l.c.name, indexName(spec)));
    p.drop = p.drop.filter(d => d !== spec);
    if (p.has(indexName(spec), 'drop')) run.done(l.at).droppedIndexes++;
  }
  if (create.length === 0) return;
  yield* alter(run, {observation: l, indexes: create}, 0, () => run.store.createIndexes(l.database, l.c.name, create));
  p.create = p.create.filter(c => !create.includes(c));
  for (const spec of create) run.done(l.at)[p.has(indexName(spec), 'change') ? 'changedIndexes' : 'indexes']++;
}
