// The commands of `before` and `after`. In: observations that have something to write; out:
// the report's hooks, and these sent.

// findHooks lists the commands of a run that has something to write: before of
// the run, then of the collections that are written; after the other way round.
/** @param {Run} run */
function findHooks(run, observations) {
  if (!run.different) return;
  const add = (when, list) => {
    for (const h of list) run.report.hooks.push({when, database: run.database(h), command: h.command, origin: h.origin, done: false});
  };
  const written = observations.filter(l => l.differs());
  add('before', run.state.before);
  for (const l of written) add('before', l.c.before);
  for (const l of written) add('after', l.c.after);
  add('after', run.state.after);
}

// runHooks sends the commands of one kind, each once; the first failure ends the run.
/** @param {Run} run */
function * runHooks(run, when) {
  let ran = false;
  for (const h of run.report.hooks) {
    if (h.when !== when) continue;
    try {
      yield* run.writing({about: 'the command of `' + when + '` in ' + clean(h.origin)}, run.store.run(h.database, h.command));
    } catch (e) {
      if (e instanceof Failure) e.message = clean(h.origin) + ' of `' + when + '`: ' + e.message;
      throw e;
    }
    h.done = ran = true;
  }
  return ran;
}
