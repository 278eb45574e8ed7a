// The records of runs, as undo and `runs` read them: in, the store; out, records.

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
  const date = name => dateOf(d, name);
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
    group: string('group'), undone: date('undone'), seal, collections: textsOf(field(d, 'collections')), chain: binary('chain'), journal: binary('journal'),
    records: given('records') ? number(field(d, 'records')) : 0,
  };
}

// dateOf is a date of a record, empty when there is none.
function dateOf(d, name) {
  const v = field(d, name);
  return v === undefined ? '' : new Date(Number(int64(v.b, v.s))).toISOString();
}

// findRun finds the run that a person names, N or WEAVE/ENVIRONMENT/N, or the
// newest that is not undone for an empty name; -1 when there is none.
function findRun(runs, name) {
  return runs.findIndex(r => name === '' ? r.undone === '' : r.id === name || String(r.n) === name);
}
