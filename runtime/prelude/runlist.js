// The records of runs, as undo and `runs` read them: in, the store; out, records
// and the list of them as text and JSON. The twin is runtime/enforce/runlist.go.

// readRuns reads the records of a weave and environment, newest first.
function * readRuns(store, database, state) {
  const filter = doc('weave', stringValue(state.weave), 'environment', stringValue(state.environment));
  const runs = (yield* store.find(database, 'runs', filter, false)).map(readRun);
  return runs.sort((a, b) => a.n < b.n ? 1 : -1);
}

function readRun(d) {
  const string = name => {
    const v = field(d, name);
    return v !== undefined && v.t === STRING ? text(v) : '';
  };
  const date = name => {
    const v = field(d, name);
    return v !== undefined && v.t === DATE ? new Date(Number(int64(v.b, v.s))).toISOString() : '';
  };
  const number = v => v === undefined ? 0 : v.t === INT64 ? Number(int64(v.b, v.s)) : v.t === INT32 ? int32(v.b, v.s) : v.t === DOUBLE ? Math.trunc(double(v.b, v.s)) : 0;
  const list = name => {
    const v = field(d, name);
    return v !== undefined && v.t === ARRAY ? fields(v).map(f => f.v) : [];
  };
  const id = string('_id'), format = field(d, 'format'), counts = field(d, 'counts') || EMPTY;
  if (format === undefined || format.t !== INT32 || int32(format.b, format.s) !== STATE_FORMAT) {
    throw new Failure('the record of the run ' + clean(id) + ' was written by a newer mongocd\nUse the newest version of mongocd that is used for this destination', false);
  }
  return {
    id, n: number(field(d, 'n')), outcome: string('outcome'), artefact: string('artefact'), compiler: string('compiler'), engine: string('engine'),
    databases: list('databases').map(text), labels: list('labels').map(l => ({name: text(field(l, 'name')), value: text(field(l, 'value'))})),
    started: date('started'), ended: date('ended'),
    counts: Object.fromEntries(['inserted', 'updated', 'deleted', 'collections', 'indexes', 'options'].map(name => [name, number(field(counts, name))])),
    undone: date('undone'),
  };
}

// findRun finds the run that a person names, N or WEAVE/ENVIRONMENT/N, or the
// newest that is not undone for an empty name; -1 when there is none.
function findRun(runs, name) {
  return runs.findIndex(r => name === '' ? r.undone === '' : r.id === name || String(r.n) === name);
}

// RunsRun lists the runs: {format, command, weave, environment, exit, runs, failure}.
class RunsRun extends Run {
  * go() {
    const {format, command, weave, environment} = this.report, list = {format, command, weave, environment, exit: 0, runs: [], failure: undefined};
    const run = this;
    yield* this.guarded(function * () {
      list.runs = yield* readRuns(run.store, run.settings.stateDatabase, run.state);
    });
    list.failure = this.report.failure;
    if (list.failure !== undefined) list.exit = 1;
    return list;
  }

  failedToConnect() {
    const {format, command, weave, environment, failure} = this.report;
    return {format, command, weave, environment, exit: 1, runs: [], failure};
  }
}

// runListJSON gives the list as one indented JSON document with a newline.
function runListJSON(l) {
  const out = [], given = (name, value) => value === '' ? [] : [[name, value]];
  printJSON({list: [
    ...['format', 'command', 'weave', 'environment', 'exit'].map(name => [name, l[name]]),
    ['runs', l.runs.map(r => ({list: [
      ...['id', 'n', 'outcome', 'artefact', 'compiler', 'engine', 'databases'].map(name => [name, r[name]]),
      ['labels', r.labels.map(x => ({list: [['name', x.name], ['value', x.value]]}))],
      ['started', r.started], ...given('ended', r.ended), ['counts', {list: Object.entries(r.counts)}], ...given('undone', r.undone),
    ]}))],
    ...(l.failure === undefined ? [] : [['failure', {list: [['stage', l.failure.stage], ['message', l.failure.message]]}]]),
  ]}, '', out);
  return out.join('') + '\n';
}

// runListText gives the list for people: a line a run, with its databases when
// not all wrote to the same.
function runListText(l, form) {
  const t = new Texter(form), {runs} = l;
  t.title('runs of ' + t.name(l.weave) + ' for ' + t.name(l.environment) + ': ' + (nonZero([runs.length, plural(runs.length, 'run', 'runs')]) || 'none'));
  if (runs.length > 0) t.part('runs');
  const others = runs.some(r => r.databases.length !== runs[0].databases.length || r.databases.some((name, i) => name !== runs[0].databases[i]));
  for (const r of runs) {
    const c = r.counts;
    const written = nonZero([c.inserted, 'inserted'], [c.updated, 'updated'], [c.deleted, 'deleted'],
      [c.collections, plural(c.collections, 'collection created', 'collections created')],
      [c.indexes, plural(c.indexes, 'index', 'indexes')], [c.options, plural(c.options, 'option', 'options')]) || 'nothing';
    t.entry(r.n + '  ' + clean(r.outcome) + '  ' + r.started + '  ' + written + (others ? '  in ' + r.databases.map(name => t.name(name)).join(', ') : '') + r.labels.map(x => '  ' + t.name(x.name + '=' + x.value)).join('') +
      (r.undone === '' ? '' : '  undone ' + r.undone));
  }
  if (l.failure !== undefined) {
    t.head('failure in stage ' + clean(l.failure.stage));
    t.block(l.failure.message);
  }
  return t.out.join('');
}
