// The phases of a run: observe, guard, write, verify. Each gives the next one a value:
// what was observed of every collection (Observed), and what was written (Writing);
// report makes the report of them. In: a run; out: the report. Generators: they yield
// requests. The order is docs/enforcement.md, Phases.

// enforce does what was asked for.
/** @param {Run} run */
function * enforce(run) {
  return yield* run.report.command === 'apply' ? apply(run) : examine(run);
}

// examine finds what apply would do, or whether the destination is in the state. It only
// reads. With nothing to do that is approved, and nothing else.
/** @param {Run} run */
function * examine(run) {
  let seen = new Observed([]), digest = '';
  yield* run.guarded(function * () {
    seen = yield* observe(run);
    if (run.report.command === 'plan' && !seen.refused()) digest = planned(run, seen);
    yield* findCauses(run, seen.all);
  });
  return report(run, seen, undefined, digest);
}

// apply brings the destination to the state and verifies it.
/** @param {Run} run */
function * apply(run) {
  let seen = new Observed([]);
  if (run.secretsMissing()) return report(run, seen, undefined, '');
  const may = yield* run.guarded(function * () {
    seen = yield* observe(run);
    if (seen.differs() && !seen.refused()) yield* guard(run, seen);
  });
  if (!may || seen.refused() || !seen.differs()) return report(run, seen, undefined, '');
  const done = yield* write(run, seen);
  return report(run, done.seen, done, '');
}
