// Writing structure: options and indexes. In: looks with their plans; out: the
// destination changed, and what was done counted in the report. Generators, like
// run. The order is docs/enforcement.md, Phases.

// measure finds the size of a collection on which indexes are to be built.
function* measure(l) {
  const size = yield* l.run.store.size(l.database, l.c.name);
  for (const i of l.indexPlan.builds) l.indexPlan.items[i].build = size;
}

// alter is a step that changes structure, tried again as it is where that may
// help: already is the code with which a server refuses what an attempt whose
// answer was lost has done, 0 when it does not.
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
function* alterOptions(run, looks) {
  for (const l of looks) {
    const p = l.optionPlan;
    if (p.items.length === 0) continue;
    yield* alter(run, {look: l, options: {before: p.before, after: p.after}}, 0, () => modify(l, p.commands));
    run.done(l.at).options += p.items.length;
  }
}

// modify sends collMod commands one after the other. An index that does not
// become unique does not stay prepared, which would keep duplicates out.
function* modify(l, commands) {
  const send = command => l.run.store.modify(l.database, l.c.name, command);
  for (let i = 0; i < commands.length; i++) {
    try {
      yield* send(commands[i]);
    } catch (e) {
      if (i > 0) l.run.wrote = true;
      const index = documentOption(commands[i], 'index');
      if (e instanceof Failure && !e.wrote && hasOption(index, 'unique')) {
        try {
          yield* send(doc('index', doc('name', field(index, 'name'), 'prepareUnique', FALSE)));
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
function* clearWay(run, looks) {
  for (const l of looks) {
    if (l.early.length === 0) continue;
    const p = l.indexPlan, isEarly = spec => l.early.includes(indexName(spec)), going = p.drop.filter(isEarly);
    yield* rebuild(run, l, going, p.create.filter(spec => !hasOption(spec, 'unique') && going.some(g => displaces(spec, g)) &&
      !p.drop.some(d => displaces(spec, d) && !isEarly(d))));
  }
}

// alterIndexes changes indexes in place, then drops those that others take the
// place of and creates those, then drops the rest.
function* alterIndexes(run, looks) {
  for (const l of looks) {
    if (l.missing) continue;
    const p = l.indexPlan;
    for (const change of p.modify) {
      yield* alter(run, {look: l, change}, 0, () => modify(l, change.commands));
      run.done(l.at).changedIndexes++;
    }
    const first = p.drop.filter(spec => p.create.some(c => displaces(c, spec))), last = p.drop.filter(spec => !first.includes(spec));
    yield* rebuild(run, l, first, p.create);
    yield* rebuild(run, l, last, []);
  }
}

// displaces: an index can only be there when another one is gone.
function displaces(spec, other) {
  return indexName(spec) === indexName(other) || sameIndexKey(spec, other);
}

// rebuild drops indexes and creates others, back to back, and takes both out of
// the look's plan.
function* rebuild(run, l, drop, create) {
  const p = l.indexPlan;
  for (const spec of drop) {
    yield* alter(run, {look: l, drop: [spec]}, 27, () => run.store.dropIndex(l.database, l.c.name, indexName(spec)));
    p.drop = p.drop.filter(d => d !== spec);
    if (p.has(indexName(spec), 'drop')) run.done(l.at).droppedIndexes++;
  }
  if (create.length === 0) return;
  yield* alter(run, {look: l, indexes: create}, 0, () => run.store.createIndexes(l.database, l.c.name, create));
  p.create = p.create.filter(c => !create.includes(c));
  for (const spec of create) run.done(l.at)[p.has(indexName(spec), 'change') ? 'changedIndexes' : 'indexes']++;
}
