// The list of runs as text and JSON.

// runListJSON gives the list as one indented JSON document with a newline.
function runListJSON(l) {
  const out = [];
  printJSON({list: [
    ...['format', 'command', 'weave', 'environment', 'exit'].map(name => [name, l[name]]),
    ['runs', l.runs.map(recordJSON)],
    ...(l.failure === undefined ? [] : [['failure', {list: [['stage', l.failure.stage], ['message', l.failure.message]]}]]),
  ]}, '', out);
  return out.join('') + '\n';
}

// runsPage is the list for people: a line a run, with its databases when not all
// wrote to the same.
function runsPage(l) {
  const {runs} = l, others = runs.some(r => r.databases.length !== runs[0].databases.length || r.databases.some((name, i) => name !== runs[0].databases[i]));
  const lines = runs.map(r => {
    return said(r.n + '  ' + clean(r.outcome) + '  ' + r.started + '  ' + countsText(r.counts), others ? said('  in ', nameSpans(r.databases)) : [],
      r.labels.flatMap(x => said('  ', nameSpan(x.name + '=' + x.value))), r.undone === '' ? '' : '  undone ' + r.undone);
  });
  return {
    marker: '', title: said('runs of ', nameSpan(l.weave), ' for ', nameSpan(l.environment), ': ' + (nonZero([runs.length, plural(runs.length, 'run', 'runs')]) || 'none')), filtered: [],
    outline: {parts: [], lists: [{name: 'runs', lines}], notes: []}, conflicts: [], failures: l.failure === undefined ? [] : [failureOf(l.failure)], tail: [], results: [],
  };
}

// recordJSON is the record of a run.
function recordJSON(r) {
  const given = (name, value) => value === '' ? [] : [[name, value]];
  return {list: [
    ...['id', 'n', 'outcome', 'artefact', 'compiler', 'engine', 'databases'].map(name => [name, r[name]]),
    ['labels', r.labels.map(x => ({list: [['name', x.name], ['value', x.value]]}))], ...given('group', r.group),
    ['started', r.started], ...given('ended', r.ended), ['counts', {list: Object.entries(r.counts)}], ...given('undone', r.undone),
  ]};
}

// countsText is what a run wrote.
function countsText(c) {
  return nonZero([c.inserted, 'inserted'], [c.updated, 'updated'], [c.deleted, 'deleted'],
    [c.collections, plural(c.collections, 'collection created', 'collections created')],
    [c.indexes, plural(c.indexes, 'index', 'indexes')], [c.options, plural(c.options, 'option', 'options')]) || 'nothing';
}

// recordLines are the lines on a run that is shown.
function recordLines(r) {
  return [
    said(nameSpan(r.id), ': ' + clean(r.outcome) + ' by the ' + clean(r.engine) + ' engine, ' + clean(r.started) + ' to ' + clean(r.ended || '?')),
    said('written: ' + countsText(r.counts)),
    said('artefact: ', nameSpan(r.artefact), ', made by ', nameSpan(r.compiler)),
    said('databases: ', nameSpans(r.databases)),
    ...r.labels.map(x => said('label: ', nameSpan(x.name + '=' + x.value))),
    ...r.group ? [said('one of the apply over a fan-out: ', nameSpan(r.group))] : [],
    ...r.undone === '' ? [] : [said('undone: ' + clean(r.undone))],
  ];
}
