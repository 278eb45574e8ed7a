// A state of which databases are apart: a run for each of them, in waves, and one report
// of all. A failure or conflict in one of them stops or touches no other, unless that is
// asked for. The rules are docs/enforcement.md, Fan-outs. In: a state and settings; out:
// the report. A generator like Run.

// stateParts are the states that are enforced one by one: everything outside of fan-outs,
// where there is anything, then each database of a fan-out by name.
function stateParts(state) {
  if (state.apart.length === 0) return [state];
  const apart = new Set(state.apart.map(([database]) => database)), at = c => apart.has(c) ? c : '';
  return state.apart.map(([database, artefact]) => ({
    ...state, apart: [], artefact, part: database,
    collections: state.collections.filter(c => at(c.database) === database),
    before: state.before.filter(h => at(h.for || '') === database), after: state.after.filter(h => at(h.for || '') === database),
  }));
}

// chosenState is the state with nothing but what settings.only leaves.
function chosenState(state, only) {
  if (only.length === 0 || state.apart.length === 0) return state;
  const chosen = name => only.includes(name);
  return {
    ...state, apart: state.apart.filter(([database]) => chosen(database)), collections: state.collections.filter(c => chosen(c.database)),
    before: state.before.filter(h => chosen(h.for || '')), after: state.after.filter(h => chosen(h.for || '')),
  };
}

class FanOutRun {
  constructor(state, command, settings) {
    this.state = chosenState(state, settings.only);
    this.command = command;
    this.settings = settings;
    this.parts = []; // {state, database, wave, report, digest}
    this.divide();
  }

  // divide makes the parts, in the order and waves in which they are applied.
  divide() {
    const {canary, waves} = this.settings;
    const all = stateParts(this.state).map(state => ({state, database: state.part || '', wave: 1, report: undefined, digest: ''}));
    const first = p => p.database !== '' && canary.includes(p.database);
    this.parts = all.filter(first);
    let rest = all.filter(p => !first(p)), wave = this.parts.length > 0 ? 2 : 1;
    for (const n of waves) {
      for (const p of rest.slice(0, n)) this.parts.push({...p, wave});
      rest = rest.slice(n);
      wave++;
    }
    for (const p of rest) this.parts.push({...p, wave});
  }

  // go does what was asked for and returns the report.
  * go() {
    if (this.command === 'apply') return yield* this.apply();
    for (const p of this.parts) yield* this.one(p, this.command, this.settings);
    return this.joined(this.command);
  }

  // apply looks at all databases before it writes to one, where a digest is approved; then
  // it goes through the waves.
  * apply() {
    const settings = {...this.settings, approved: ''};
    if (this.settings.approved !== '') {
      for (const p of this.parts) {
        yield* this.one(p, 'plan', settings);
        p.digest = p.report.digest || '';
      }
      const plan = this.joined('plan');
      if (plan.outcome === 'in-sync' || plan.digest === undefined) return this.joined('apply');
      if (plan.digest !== this.settings.approved) {
        return this.held([conflictOfRun(NOT_APPROVED, {found: plan.digest, approved: clean(this.settings.approved)})]);
      }
      for (const p of this.parts) if (p.digest !== '') p.report = undefined;
    }
    settings.group = host.token();
    for (let i = 0; i < this.parts.length;) {
      const from = i, {wave} = this.parts[i];
      let failed = false;
      for (; i < this.parts.length && this.parts[i].wave === wave; i++) {
        if (host.stopping()) return this.joined('apply');
        const p = this.parts[i];
        if (p.report === undefined) yield* this.one(p, 'apply', {...settings, approved: p.digest});
        failed = failed || !endedWell(p.report);
        if (failed && this.settings.stopOnFailure) return this.joined('apply');
      }
      if (i === this.parts.length || !this.inWaves()) continue;
      for (const p of this.parts.slice(from, i)) failed = !(yield* this.verified(p, settings)) || failed;
      if (failed) break;
    }
    return this.joined('apply');
  }

  inWaves() {
    return this.settings.canary.length + this.settings.waves.length > 0;
  }

  // verified reports whether a database that was written to is as it is wanted, at the end
  // of its wave.
  * verified(p, settings) {
    if (p.report.outcome !== 'applied') return endedWell(p.report);
    const applied = p.report;
    yield* this.one(p, 'verify', settings);
    const found = p.report;
    p.report = applied;
    if (endedWell(found) && found.outcome !== 'changes') return true;
    applied.failure = found.failure;
    applied.conflicts = applied.conflicts.concat(found.conflicts);
    if (found.outcome === 'changes') applied.conflicts.push(conflictOfRun(WAVE_DIFFERS, {database: clean(this.name(p))}));
    [applied.outcome, applied.exit] = ['stopped', 4];
    return false;
  }

  // one runs a command for one part.
  * one(p, command, settings) {
    const own = new Set(p.state.collections.map(c => c.database));
    p.report = yield* new Run(p.state, command, {...settings, command, databases: new Map([...settings.databases].filter(([name]) => own.has(name)))}).go();
  }

  // name is the database at the destination.
  name(p) {
    return this.settings.databases.has(p.database) ? this.settings.databases.get(p.database) : p.database;
  }

  joined(command) {
    return joinReports(this, command);
  }

  // held is the report of an apply that wrote nothing, since its plan was not approved.
  held(conflicts) {
    for (const {report: r} of this.parts) if (endedWell(r) && r.outcome !== 'in-sync') [r.outcome, r.exit] = ['refused', 3];
    const p = this.joined('apply');
    p.conflicts.push(...conflicts);
    [p.outcome, p.exit] = ['refused', 3];
    return p;
  }

  // failedToConnect is the report where there is no destination.
  failedToConnect(failure) {
    const p = this.joined(this.command);
    return Object.assign(p, {databases: [], failure, outcome: 'failed', exit: 1});
  }
}

// endedWell reports whether a run ended without failure or conflict.
function endedWell(r) {
  return r.exit === 0 || r.exit === 2;
}
