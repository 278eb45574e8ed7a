// Where a release stands: which run changed the destination last, and how it differs now.
// In: the run that plans and the one that lists runs; out: {format, command, exit, states}.
// A generator like Run. It only reads.

class StatusRun {
  constructor(state, settings, plan, runs) {
    this.state = state;
    this.settings = settings;
    this.plan = plan;
    this.runs = runs;
  }

  * go() {
    const item = this.item(yield* this.plan.go());
    if (item.reason === '') ranStatus(item, yield* this.runs.go());
    return this.ended(item);
  }

  // item is what the report of plan says.
  item(r) {
    const {weave, environment, artefact} = this.state;
    const item = {
      environment, weave, artefact, looked: true, reason: r.failure === undefined ? '' : r.failure.message,
      last: undefined, applied: false, outcome: r.outcome, differences: 0, drifted: 0, kept: 0, conflicts: r.conflicts,
      leases: r.leases.map(l => ({...l, engine: '', labels: []})),
    };
    for (const c of r.collections) {
      const {counts} = c, drift = x => x.cause === BY_DESTINATION || x.cause === BY_BOTH;
      item.differences += counts.insert + counts.update + counts.delete + c.options.length + (c.missing ? 1 : 0) +
        c.indexes.filter(x => ['create', 'change', 'drop'].includes(x.action)).length; // the others are no difference
      item.kept += counts.kept || 0;
      item.drifted += c.documents.filter(d => d.action !== 'keep').filter(d => drift(d) || d.changes.some(drift)).length;
    }
    return item;
  }

  // failedToConnect is the result where there is no connection; r is the report of plan.
  failedToConnect(r) {
    return this.ended(this.item(r));
  }

  ended(item) {
    const failed = item.outcome === 'failed' || item.reason !== '';
    const exit = failed ? 1 : this.settings.detailedExit && item.outcome !== 'in-sync' ? 2 : 0;
    return {format: 1, command: 'status', exit, states: [item]};
  }
}

// ranStatus takes the list of runs into a status, and says of leases who has them.
function ranStatus(item, list) {
  for (const l of item.leases) {
    const run = list.runs.find(r => r.id === l.run);
    if (run !== undefined) Object.assign(l, {engine: run.engine, labels: run.labels});
  }
  if (list.failure !== undefined) item.reason = list.failure.message;
  item.last = list.runs.find(r => r.undone === '');
  item.applied = item.last !== undefined && item.last.outcome === 'applied' && item.last.artefact === item.artefact;
}
