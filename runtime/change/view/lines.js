// The report as JSON lines, byte for byte as Go writes it: the items of the JSON report one a
// line. In: a report; out: its lines.

// asLines reports whether a report is written into a file of this name as lines.
function asLines(name) {
  return LINES_ENDINGS.some(ending => name.endsWith(ending));
}

// reportLines gives a report a line at a time.
function * reportLines(r) {
  const line = (kind, list) => lineJSON({list: [['line', kind], ...list]}) + '\n';
  const without = (tree, ...names) => tree.list.filter(([name]) => !names.includes(name));
  const lines = {collections: 0, documents: 0, conflicts: 0}, counts = {desired: 0, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0, kept: 0, lost: 0};
  yield line(LINE_HEAD, [['format', r.format], ['report', 1], ['of', 1], ['command', r.command], ['weave', r.weave], ['environment', r.environment]]);
  for (const c of r.collections) {
    lines.collections++;
    for (const [name, n] of Object.entries(c.counts)) counts[name] += n;
    yield line(LINE_COLLECTION, without(reportTree.collection({...c, documents: []}), 'documents'));
    for (const d of c.documents) {
      lines.documents++;
      yield line(LINE_DOCUMENT, [['database', c.database], ['collection', c.collection], ...reportTree.document(d).list]);
    }
  }
  for (const c of r.conflicts) {
    lines.conflicts++;
    yield line(LINE_CONFLICT, conflictJSON(c).list);
  }
  const rest = reportTree.report({...r, collections: [], conflicts: []});
  yield line(LINE_END, [['lines', {list: Object.entries(lines)}], ['counts', reportTree.counts(counts)],
    ...without(rest, 'format', 'command', 'weave', 'environment', 'collections', 'conflicts')]);
}

// lineJSON prints what printJSON takes without line breaks.
function lineJSON(v) {
  if (Array.isArray(v)) return '[' + v.map(lineJSON).join(',') + ']';
  if (v === null || typeof v !== 'object') return typeof v === 'string' ? jsonString(v) : String(v);
  if (v.raw !== undefined) return escapeHidden(v.raw);
  return '{' + v.list.map(([name, x]) => jsonString(name) + ':' + lineJSON(x)).join(',') + '}';
}
