// The report as JSON, byte for byte as Go writes it. Values in a report are BSON
// (identity, id, before, after, spec).

// reportJSON gives one indented JSON document with a newline.
function reportJSON(r) {
  if (r.command === 'doctor') return doctorJSON(r);
  if (r.command === 'status') return statusJSON(r);
  if (r.runs !== undefined) return runListJSON(r);
  const out = [];
  printJSON(reportTree.report(r), '', out);
  return out.join('') + '\n';
}

// reportTree makes what printJSON and lineJSON print: of a report, one of its collections, or a document.
const reportTree = (() => {
  const value = v => ({raw: canonical(v)});
  const optional = (name, v) => v === undefined ? [] : [[name, value(v)]];
  const object = (o, names) => ({list: names.map(name => [name, o[name]])});
  const reason = x => x.reason === undefined || x.reason === '' ? [] : [['reason', x.reason]];
  const cause = x => [...(x.cause === undefined ? [] : [['cause', x.cause]]), ...(x.since === undefined ? [] : [['since', x.since]])];
  const listed = (name, list, each) => list === undefined || list.length === 0 ? [] : [[name, list.map(each)]];
  const hidden = x => listed('hidden', x.hidden, h => ({list: [['at', h.at], ...listed('secrets', h.secrets, s => s)]}));
  const links = x => listed('links', x.links, l => ({list: [['at', l.at], ['_id', value(l.id)],
    ...object(l, ['database', 'collection']).list, ['identity', value(l.identity)]]}));
  const numbered = (name, n) => n === undefined ? [] : [[name, n]];
  const step = s => s.element === undefined ? s.field : {list: [...numbered('before', s.element.before), ...numbered('after', s.element.after),
    ...(s.element.key === undefined ? [] : [['key', s.element.key], ['value', value(s.element.value)]]),
    ...(s.element.and === undefined ? [] : [['and', s.element.and.map(f => ({list: [['key', f.key], ['value', value(f.value)]]}))]])]};
  const change = x => ({list: [...object(x, ['kind', 'path']).list, ['at', x.at.map(step)], ...optional('before', x.before), ...optional('after', x.after),
    ...listed('unknown', x.unknown, name => name), ...hidden(x), ...links(x), ...cause(x)]});
  const counts = n => object(n, ['desired', 'inSync', 'insert', 'update', 'delete', 'unknown', 'absent', 'unmanaged', ...(n.kept > 0 ? ['kept'] : []), 'lost']);
  const document = d => ({list: [['action', d.action], ['identity', value(d.identity)], ...optional('from', d.from), ...optional('_id', d.id),
    ['origin', d.origin], ...optional('document', d.document), ...hidden(d), ...links(d), ['changes', d.changes.map(change)], ...reason(d), ...cause(d)]});
  const collection = c => ({list: [
    ...object(c, ['database', 'collection', 'origin', 'mode', 'missing']).list,
    ['counts', counts(c.counts)],
    ['indexes', c.indexes.map(x => ({list: [['action', x.action], ['name', x.name], ['spec', value(x.spec)], ...optional('before', x.before),
      ...listed('changes', x.changes, change), ...reason(x),
      ...(x.build === undefined ? [] : [['build', object(x.build, ['documents', 'bytes'])]])]}))],
    ...(c.options.length === 0 ? [] : [['options', c.options.map(x => ({list: [['name', x.name], ...optional('before', x.before), ...optional('after', x.after),
      ...listed('changes', x.changes, change), ...reason(x)]}))]]),
    ['documents', c.documents.map(document)],
    ...reason(c), ...(c.done === undefined ? [] : [['done', object(c.done, Object.keys(nothingDone()))]]),
  ]});
  const report = r => ({list: [
    ...object(r, ['format', 'command', 'weave', 'environment', 'outcome', 'exit']).list, ...(r.record === undefined ? [] : [['record', recordJSON(r.record)]]),
    ...((r.databases || []).length === 0 ? [] : [['databases', r.databases.map(d => ({list: [...object(d, ['database', 'outcome', 'exit']).list,
      ...(d.wave === 0 ? [] : [['wave', d.wave]]), ...(d.run === undefined ? [] : [['run', object(d.run, ['id', 'journal'])]])]}))]]),
    ['collections', r.collections.map(collection)],
    ...(r.hooks.length === 0 ? [] : [['hooks', r.hooks.map(h => ({list: [...object(h, ['when', 'database']).list, ['command', value(h.command)],
      ...object(h, ['origin', 'done']).list]}))]]),
    ...(r.control === undefined ? [] : [['control', r.control.map(x => ({list: [['record', x.record], ...optional('before', x.before), ...optional('after', x.after)]}))]]),
    ...((r.notes || []).length === 0 ? [] : [['notes', r.notes]]),
    ...(r.digest === undefined ? [] : [['digest', r.digest]]), ...(r.engine === undefined ? [] : [['engine', r.engine]]),
    ...(r.run === undefined ? [] : [['run', object(r.run, ['id', 'journal'])]]),
    ['conflicts', r.conflicts.map(conflictJSON)],
    ...(r.failure === undefined ? [] : [['failure', object(r.failure, ['stage', 'message'])]]),
  ]});
  return {report, collection, document, counts};
})();

// conflictJSON is a conflict.
function conflictJSON(c) {
  const pairs = names => names.map(name => [name, c[name]]);
  return {list: [
    ...pairs(['code', 'database', 'collection']), ...(c.identity === undefined ? [] : [['identity', {raw: canonical(c.identity)}]]),
    ...(c.paths.length === 0 ? [] : [['paths', c.paths]]), ['message', c.message],
    ...(c.fix === '' ? [] : [['fix', c.fix]]), ['origin', c.origin],
  ]};
}

// printJSON prints {list: [[name, value], …]}, {raw: canonical Extended JSON}, arrays and scalars.
function printJSON(v, indent, out) {
  if (Array.isArray(v)) printItems(v.map(x => ['', x]), '[', ']', indent, out);
  else if (v !== null && typeof v === 'object') {
    if (v.raw !== undefined) printNode(readNode(new RawReader(v.raw)), indent, out);
    else printItems(v.list.map(([name, x]) => [jsonString(name) + ': ', x]), '{', '}', indent, out);
  } else out.push(typeof v === 'string' ? jsonString(v) : String(v));
}

function printItems(items, open, close, indent, out) {
  if (items.length === 0) {
    out.push(open + close);
    return;
  }
  const inner = indent + '  ';
  items.forEach(([name, v], i) => {
    out.push((i === 0 ? open : ',') + '\n' + inner + name);
    if (v instanceof RawNode) printNode(v.node, inner, out);
    else printJSON(v, inner, out);
  });
  out.push('\n' + indent + close);
}

// readNode reads JSON with the order of fields kept: a string; {names, values};
// {values}; or {word}, anything else as it is written.
function readNode(r) {
  if (r.isString()) return r.string();
  if (r.at('{')) {
    const names = [], values = [];
    if (r.at('}')) return {names, values};
    do {
      names.push(r.string());
      r.need(':');
      values.push(readNode(r));
    } while (r.at(','));
    r.need('}');
    return {names, values};
  }
  if (r.at('[')) {
    const values = [];
    if (r.at(']')) return {values};
    do values.push(readNode(r)); while (r.at(','));
    r.need(']');
    return {values};
  }
  return {word: r.match(/[^,\]}]+/y)[0]};
}

// A RawReader keeps strings as they are written, quotes and escapes included.
class RawReader extends Reader {
  string() {
    const from = this.i;
    super.string();
    return this.text.slice(from, this.i);
  }
}

class RawNode {
  constructor(node) {
    this.node = node;
  }
}

function printNode(n, indent, out) {
  if (typeof n === 'string') out.push(escapeHidden(n));
  else if (n.word !== undefined) out.push(escapeHidden(n.word));
  else if (n.names === undefined) printItems(n.values.map(v => ['', new RawNode(v)]), '[', ']', indent, out);
  else printItems(n.values.map((v, i) => [escapeHidden(n.names[i]) + ': ', new RawNode(v)]), '{', '}', indent, out);
}

// jsonString writes a string as runtime/enforce does: what acts on a terminal as escapes.
function jsonString(s) {
  return escapeHidden(JSON.stringify(s));
}

// escapeHidden is JSON without line breaks in which hidden characters are escapes.
function escapeHidden(json) {
  return json.replace(ACTS, escapeUnits);
}
