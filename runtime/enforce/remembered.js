// What earlier runs left (runtime/control). In: a run; out: what concerns it, with
// conflicts and notes: {hello: what the server says of itself, found, lifts: runs whose
// entries of the hold end when this artefact has been applied, notes, conflicts}.
// Generators.

function nothingRemembered() {
  return {hello: noHello, found: new Found(), lifts: [], notes: [], conflicts: []};
}

// remember reads what earlier runs left, and finds what stands in the way.
/** @param {Run} run */
function * remember(run) {
  if (!run.db.keeps) return nothingRemembered();
  const hello = yield* run.db.hello(), m = yield* recall(run, hello), wrong = wrongCluster(hello.cluster, run.state.cluster);
  if (wrong !== undefined) m.conflicts.push(wrong);
  return m;
}

// recall reads the records that concern the run: from a server that has said hello.
/** @param {Run} run */
function * recall(run, hello) {
  const m = {...nothingRemembered(), hello}, {db, about} = run, {command} = run.report;
  try {
    m.found = yield* readControl(db, about, run.leases.token, hello.now);
  } catch (e) {
    if (!(e instanceof Failure) || e.code !== CODE_UNAUTHORIZED || command === 'apply') throw e;
    m.notes.push(fill(NOTE_STATE_UNREAD, {database: db.name}));
    return m;
  }
  m.conflicts = controlConflicts(db, m.found, about, hello.cluster);
  if (command === 'undo') return m; // which does not care for a hold
  // Verify notes a hold on this artefact in one of the databases, and goes on: it tells
  // whether the destination is in the state.
  const {artefact} = run.state, held = heldBack(m.found, about, artefact);
  if (held.run === '') m.lifts = held.lifts;
  else if (command === 'verify') m.notes.push(fill(NOTE_HELD, {run: clean(held.run)}));
  else m.conflicts.push(conflictOfRun(HELD, {run: clean(held.run), artefact}));
  return m;
}

// takeIn goes on with what was read: its notes are the run's, and its conflicts end the phase.
/** @param {Run} run */
function takeIn(run, m) {
  run.remembered = m;
  run.report.leases = m.found.leases;
  run.report.notes.push(...m.notes);
  if (m.conflicts.length > 0) throw new Refused(m.conflicts);
}
