// The list of runs as text and JSON.

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
