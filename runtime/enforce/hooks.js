// The commands of `before` and `after`. In: a run and what was observed; out: the commands
// that it sends, in order, and the sending of them.

// hooksOf lists the commands of a run that has something to write: before of
// the run, then of the collections that are written; after the other way round.
/** @param {Run} run @param {Observed} seen */
function hooksOf(run, seen) {
  if (!seen.differs()) return [];
  const hooks = [], add = (when, list) => {
    for (const h of list) hooks.push({when, database: run.database(h), command: h.command, origin: h.origin});
  };
  const written = seen.changing().map(i => seen.all[i]);
  add('before', run.state.before);
  for (const l of written) add('before', l.c.before);
  for (const l of written) add('after', l.c.after);
  add('after', run.state.after);
  return hooks;
}

// runHooks sends the commands of one kind, each once; the first failure ends the run.
/** @param {Writing} w */
function * runHooks(w, when) {
  const {run} = w;
  let ran = false;
  for (const [i, h] of w.hooks.entries()) {
    if (h.when !== when) continue;
    try {
      yield* run.writing({about: 'the command of `' + when + '` in ' + clean(h.origin)}, run.store.run(h.database, h.command));
    } catch (e) {
      if (e instanceof Failure) e.message = clean(h.origin) + ' of `' + when + '`: ' + e.message;
      throw e;
    }
    w.ran.add(i);
    ran = true;
  }
  return ran;
}
