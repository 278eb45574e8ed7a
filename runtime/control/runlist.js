// The records of runs, as undo and `runs` read them: in, the store; out, records
// and the list of them as text and JSON.

// readRuns reads the records of a weave and environment, newest first.
function * readRuns(store, database, state) {
  const filter = doc('weave', stringValue(state.weave), 'environment', stringValue(state.environment));
  const runs = (yield* store.find(database, 'runs', filter, false)).map(readRun);
  return runs.sort((a, b) => a.n < b.n ? 1 : -1);
}

// readRun reads the record of a run.
function readRun(d) {
  checkRecord('run', d);
  const string = name => textOf(d, name);
  const date = name => {
    const v = field(d, name);
    return v === undefined ? '' : new Date(Number(int64(v.b, v.s))).toISOString();
  };
  const number = v => Number(int64(v.b, v.s)), list = name => fields(field(d, name)).map(f => f.v), counts = field(d, 'counts');
  const binary = name => field(d, name) === undefined ? undefined : binaryOf(field(d, name)), given = name => field(d, name) !== undefined;
  const n = number(field(d, 'n')), id = string('_id'), seal = string('seal'), sealed = seal !== '';
  if (id !== string('weave') + '/' + string('environment') + '/' + n) throw damaged('run', d, 'its _id is not made of its weave, environment and n');
  if (sealed !== given('chain') || sealed !== given('collections') || !sealed && given('journal')) throw damaged('run', d, 'of seal, chain and collections not all are there');
  if (given('journal') !== given('records') || given('journal') && !given('ended') || !given('journal') && sealed && string('outcome') === 'applied') {
    throw damaged('run', d, 'outcome, ended, records and journal do not fit each other');
  }
  return {
    id, n, outcome: string('outcome'), artefact: string('artefact'), compiler: string('compiler'), engine: string('engine'),
    databases: list('databases').map(text), labels: list('labels').map(l => ({name: text(field(l, 'name')), value: text(field(l, 'value'))})),
    started: date('started'), ended: date('ended'),
    counts: Object.fromEntries(['inserted', 'updated', 'deleted', 'collections', 'indexes', 'options'].map(name => [name, counts === undefined ? 0 : number(field(counts, name))])),
    undone: date('undone'), seal, collections: textsOf(field(d, 'collections')), chain: binary('chain'), journal: binary('journal'),
    records: given('records') ? number(field(d, 'records')) : 0,
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

  // failed: a list has no conflicts.
  failed(stage, e) {
    super.failed(stage, e instanceof Damaged || e instanceof Newer ? new Failure(e.message, false) : e);
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
