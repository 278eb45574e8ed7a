// The report of a run. In: what it observed and wrote; out: the report with outcome and
// exit code. Pure.

// report says what a run observed, and what it wrote (undefined: it did not come to that).
// digest is that of a plan that could be approved, else empty.
/** @param {Run} run @param {Observed} seen @param {Writing | undefined} done */
function report(run, seen, done, digest) {
  const p = run.report;
  p.conflicts = seen.conflicts().concat(p.conflicts);
  p.collections = seen.all.map((l, i) => ({...l.report, done: done && done.done.at(i)}));
  p.hooks = hooksOf(run, seen).map((h, i) => ({...h, done: done !== undefined && done.ran.has(i)}));
  if (digest !== '') Object.assign(p, {digest, engine: run.settings.engine});
  if (done !== undefined && done.record !== undefined) p.run = done.record;
  return run.finish(seen.differs());
}
