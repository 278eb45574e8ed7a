// A report of verify for monitoring, in the text format of OpenMetrics; see metrics.go.

// metrics gives the text; runs are those of the weave, newest first.
function metrics(report, runs) {
  const labels = '{environment=' + labelValue(report.environment) + ',weave=' + labelValue(report.weave) + '} ', out = [];
  const compared = report.outcome !== 'failed' && report.outcome !== 'stopped', last = runs.find(run => run.undone === '');
  const held = (report.notes || []).some(note => note.startsWith(NOTE_HELD.split('{run}')[0]));
  const sum = of => report.collections.reduce((n, c) => n + of(c), 0);
  const differences = c => c.counts.insert + c.counts.update + c.counts.delete + c.options.length + Number(c.missing) +
    c.indexes.filter(index => ['create', 'change', 'drop'].includes(index.action)).length; // what is left or kept is no difference
  for (const {name, help, has, value} of [
    {name: 'mongocd_status_up', help: 'whether the destination could be looked at', has: true, value: () => Number(compared)},
    {name: 'mongocd_differences', help: 'documents, indexes, options and collections that are not as wanted', has: compared, value: () => sum(differences)},
    {name: 'mongocd_unknown', help: 'documents that differ in nothing but, perhaps, secrets that are not given', has: compared, value: () => sum(c => c.counts.unknown)},
    {name: 'mongocd_kept', help: 'documents in which something stays as the destination changed it by itself', has: compared, value: () => sum(c => c.counts.kept || 0)},
    {name: 'mongocd_refused', help: 'whether apply would write nothing because of conflicts', has: compared, value: () => Number(held || report.conflicts.length > 0)},
    {name: 'mongocd_held', help: 'whether this artefact was undone and is held back', has: compared, value: () => Number(held)},
    {name: 'mongocd_last_run_timestamp_seconds', help: 'when the run began that last changed the destination', has: last !== undefined, value: () => Math.floor(Date.parse(last.started) / 1000)},
  ]) {
    out.push('# TYPE ' + name + ' gauge\n# HELP ' + name + ' ' + help + '\n');
    if (has) out.push(name + labels + value() + '\n');
  }
  return out.join('') + '# EOF\n';
}

// labelValue is the value of a label, with its quotes.
function labelValue(text) {
  return '"' + clean(text).replace(/[\\"\n]/g, c => c === '\n' ? '\\n' : '\\' + c) + '"';
}
