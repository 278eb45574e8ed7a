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

// runListJSON gives the list as one indented JSON document with a newline.
function runListJSON(state, runs) {
  const out = [];
  printJSON({list: [
    ['format', 1], ['command', 'runs'], ['weave', state.weave], ['environment', state.environment],
    ['runs', runs.map(r => ({list: [
      ...['id', 'n', 'outcome', 'artefact', 'compiler', 'engine', 'databases'].map(name => [name, r[name]]),
      ['labels', r.labels.map(l => ({list: [['name', l.name], ['value', l.value]]}))],
      ['started', r.started], ...(r.ended === '' ? [] : [['ended', r.ended]]), ['counts', {list: Object.entries(r.counts)}],
      ...(r.undone === '' ? [] : [['undone', r.undone]]),
    ]}))],
  ]}, '', out);
  return out.join('') + '\n';
}

// runListText gives the list for people: a line a run.
function runListText(state, runs, form) {
  const t = new Texter(form);
  t.title('runs of ' + t.name(state.weave) + ' for ' + t.name(state.environment) + ': ' + (nonZero([runs.length, plural(runs.length, 'run', 'runs')]) || 'none'));
  if (runs.length > 0) t.part('runs');
  for (const r of runs) {
    const c = r.counts;
    const written = nonZero([c.inserted, 'inserted'], [c.updated, 'updated'], [c.deleted, 'deleted'],
      [c.collections, plural(c.collections, 'collection created', 'collections created')],
      [c.indexes, plural(c.indexes, 'index', 'indexes')], [c.options, plural(c.options, 'option', 'options')]) || 'nothing';
    t.entry(r.n + '  ' + clean(r.outcome) + '  ' + r.started + '  ' + written + r.labels.map(l => '  ' + t.name(l.name + '=' + l.value)).join('') +
      (r.undone === '' ? '' : '  undone ' + r.undone));
  }
  return t.out.join('');
}
