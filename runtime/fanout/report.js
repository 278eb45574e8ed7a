// One report of many. In: a run over databases, with their reports; out: their report,
// with outcome and exit code, and of a plan the digest of all. Pure.

// joinReports is the report of all databases, by name whatever the waves were.
/** @param {FanOutRun | FanOutUndo} run */
function joinReports(run, command) {
  const p = {
    format: REPORT_FORMAT, command, weave: run.state.weave, environment: run.state.environment, outcome: '', exit: 0,
    databases: [], collections: [], hooks: [], notes: [], leases: [], conflicts: [], failure: undefined,
  };
  const order = sortedTexts([...new Set(run.parts.map(part => part.database))]);
  const parts = run.parts.map((part, i) => ({part, i})).sort((a, b) => order.indexOf(a.part.database) - order.indexOf(b.part.database) || a.i - b.i);
  const digests = new Writer(4096);
  let known = false;
  for (const {part} of parts) {
    const item = {database: run.name(part), outcome: 'skipped', exit: 0, wave: run.inWaves() ? part.wave : 0, run: undefined};
    p.databases.push(item);
    const one = part.report;
    if (one === undefined) continue;
    Object.assign(item, {outcome: one.outcome, exit: one.exit, run: one.run});
    p.collections.push(...one.collections);
    p.hooks.push(...one.hooks);
    p.leases.push(...one.leases);
    for (const note of one.notes) if (!p.notes.includes(note)) p.notes.push(note);
    for (const c of one.conflicts) p.conflicts.push(c.database === '' ? {...c, database: item.database} : c);
    p.failure = alsoFailed(p.failure, one.failure, item.database);
    const d = doc('database', stringValue(item.database), 'digest', stringValue(one.digest || ''));
    digests.raw(d.b, d.s, d.e);
    known = known || one.digest !== undefined;
  }
  if (command === 'plan' && known) {
    Object.assign(p, {digest: 'sha256:' + hex(host.sha256(digests.b.slice(0, digests.n)), 0, 32), engine: run.settings.engine});
  }
  return settleAll(p);
}

// alsoFailed is a failure with that of one more database.
function alsoFailed(all, one, database) {
  if (one === undefined) return all;
  const message = database === '' ? one.message : clean(database) + ': ' + one.message;
  return all === undefined ? {stage: one.stage, message} : {stage: all.stage, message: all.message + '\n' + message};
}

// settleAll sets outcome and exit code by those of the databases (docs/enforcement.md, Fan-outs).
function settleAll(p) {
  const has = (...outcomes) => p.databases.some(d => outcomes.includes(d.outcome));
  const skipped = p.command === 'apply' && has('skipped'), bad = has('refused', 'failed', 'stopped');
  if ((bad || skipped) && has('applied', 'undone', 'stopped')) [p.outcome, p.exit] = ['stopped', 4];
  else if (has('failed') || skipped && !bad) [p.outcome, p.exit] = ['failed', 1];
  else if (bad) [p.outcome, p.exit] = ['refused', 3];
  else {
    p.outcome = 'in-sync';
    for (const outcome of ['unknown', 'kept', 'changes', 'applied', 'undone']) if (has(outcome)) p.outcome = outcome;
    p.exit = p.databases.reduce((n, d) => Math.max(n, d.exit), 0);
  }
  return p;
}
