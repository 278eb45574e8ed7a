// What status found, as text and JSON. In: {format, command, exit, states}, of one state.

// statusText is the status of a state for people.
function statusText({states: [i]}) {
  return ['status ' + clean(i.weave) + ' for ' + clean(i.environment) + ': ' + destinationText(i), 'last run: ' + lastRun(i), 'artefact: ' + clean(i.artefact),
    ...(i.reason === '' ? [] : [clean(i.reason)]), ...i.leases.map(leaseLine),
    ...i.conflicts.map(c => clean(c.code + ': ' + c.message + (c.fix === '' ? '' : '; ' + c.fix)))].join('\n') + '\n';
}

// lastRun says which run changed the destination last.
function lastRun(i) {
  if (i.last === undefined) return i.outcome === 'failed' ? '-' : 'none';
  const text = [i.last.n, clean(i.last.started), ...i.last.labels.map(l => clean(l.name + '=' + l.value))].join(', ');
  if (i.last.outcome !== 'applied') return text + ': ' + clean(i.last.outcome);
  return text + (i.applied ? ': this state' : ': another state');
}

// destinationText says how the destination is.
function destinationText(i) {
  if (i.reason !== '') return 'could not be looked at';
  const locked = i.leases.some(l => !l.ended) ? '; a run is writing' : '';
  const n = i.differences, refused = i.conflicts.length, refuses = 'apply would refuse: ' + refused + ' ' + plural(refused, 'conflict', 'conflicts');
  if (i.outcome === 'refused' && n === 0) return refuses + locked; // most conflicts end a plan before it compares
  const is = {'in-sync': 'in sync', kept: 'in sync but for what is kept', unknown: 'no difference found; secrets are not given and were not compared'}[i.outcome];
  return (is || n + ' ' + plural(n, 'difference', 'differences')) + (i.drifted > 0 ? ', ' + i.drifted + ' of them its own doing' : '') + (i.kept > 0 ? ', ' + i.kept + ' kept' : '') +
    (refused > 0 ? '; ' + refuses : '') + locked;
}

// leaseLine says who has a lease, and since and until when.
function leaseLine(l) {
  const run = l.engine === '' ? [] : [' (' + [l.engine, ...l.labels.map(({name, value}) => name + '=' + value)].join(', ') + ')'];
  const line = 'lease on ' + l.database + ': ' + [l.run === '' ? 'no run' : l.run, ...run].join('') + (l.taken === '' ? '' : ', since ' + l.taken);
  return clean(line + (l.ended ? ', ended ' + l.expires + ': it was broken off, or what it sent may still be carried out' : ', until ' + l.expires + ', unless it renews it'));
}

// statusJSON gives it as one indented JSON document with a newline.
function statusJSON({format, command, exit, states}) {
  const out = [], pairs = (o, names) => names.map(name => [name, o[name]]), given = (name, v) => v === '' ? [] : [[name, v]];
  printJSON({list: [['format', format], ['command', command], ['exit', exit], ['states', states.map(i => ({list: [
    ...pairs(i, ['environment', 'weave', 'artefact', 'looked']), ...given('reason', i.reason), ...(i.last === undefined ? [] : [['last', recordJSON(i.last)]]),
    ['applied', i.applied], ...given('outcome', i.outcome), ...pairs(i, ['differences', 'drifted', ...(i.kept > 0 ? ['kept'] : [])]),
    ...(i.leases.length === 0 ? [] : [['leases', i.leases.map(l => ({list: [
      ['database', l.database], ...given('run', l.run), ...given('taken', l.taken), ['expires', l.expires], ['ended', l.ended],
      ...given('engine', l.engine), ...(l.labels.length === 0 ? [] : [['labels', l.labels.map(({name, value}) => ({list: [['name', name], ['value', value]]}))]]),
    ]}))]]),
    ...(i.conflicts.length === 0 ? [] : [['conflicts', i.conflicts.map(conflictJSON)]]),
  ]}))]]}, '', out);
  return out.join('') + '\n';
}
