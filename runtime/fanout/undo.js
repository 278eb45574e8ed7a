// What one apply wrote to many databases, taken back. In: the runs that have a group in
// common; out: a report. Each is an undo of its own: one that cannot be undone keeps no
// other. A generator like UndoRun.

class FanOutUndo {
  // undo makes the undo of one run, by its id.
  constructor(state, command, settings, undo) {
    this.state = state;
    this.command = command;
    this.settings = settings;
    this.undo = undo;
    this.parts = [];
  }

  // go undoes the newest run with all that are of the same apply; of chosen databases the
  // newest run of each.
  * go() {
    const list = yield* new RunsRun(this.state, 'runs', this.settings).go(), {only, journal} = this.settings;
    const runs = list.failure === undefined ? newestRuns(list.runs, only, name => this.renamed(name)) : [];
    if (runs.length === 0 || runs.length === 1 && only.length === 0) return yield* this.undo('', undefined).go(); // which says why, where there is none
    if (journal !== '' && runs.length > 1) {
      const p = this.joined();
      return Object.assign(p, {databases: [], outcome: 'failed', exit: 1,
        failure: {stage: 'read', message: 'the digest of a journal is of one run, and ' + runs.length + ' are undone: name the run'}});
    }
    for (const r of runs) this.parts.push({database: r.databases[0], wave: 0, report: yield* this.undo(r.id, list.runs).go()});
    return this.joined();
  }

  renamed(name) {
    return this.settings.databases.has(name) ? this.settings.databases.get(name) : name;
  }

  joined() {
    return joinReports(this, 'undo');
  }

  // name: runs name databases as they are at the destination.
  name(part) {
    return part.database;
  }

  inWaves() {
    return false;
  }
}

// newestRuns are the runs that are not undone of the newest apply, newest first; of chosen
// databases the newest run of each.
function newestRuns(runs, only, renamed) {
  const out = [], chosen = only.map(renamed), same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
  for (const r of runs) {
    if (r.undone !== '' || r.databases.length === 0) continue;
    if (only.length === 0) {
      if (out.length === 0 || r.group !== '' && r.group === out[0].group) out.push(r);
    } else if (chosen.some(name => r.databases.includes(name)) && !out.some(o => same(o.databases, r.databases))) out.push(r);
  }
  return out;
}
