// Changes that several documents have in common, said once. In: the entries of a
// collection; out: the same, with an entry for each change that is common before those
// that have something of their own.

// saidOnce takes what updates and unknown documents have in common out of them. What is
// common stands first, by number of documents, the first seen first.
function saidOnce(entries) {
  const found = new Map(), grouped = e => e.action === 'update' || e.action === 'unknown', idOf = (e, f) => e.action + '\0' + likeKey(f);
  entries.forEach((e, i) => {
    if (!grouped(e)) return;
    for (const f of e.lines) {
      const id = idOf(e, f);
      if (!found.has(id)) found.set(id, {fact: f, entry: e, documents: 0, places: 0, examples: [], last: -1, paths: false, values: false});
      const c = found.get(id);
      c.places++;
      c.paths = c.paths || f.path !== c.fact.path;
      c.values = c.values || plainText(f.said) !== plainText(c.fact.said);
      if (c.last === i) continue;
      c.last = i;
      if (++c.documents <= ALIKE_EXAMPLES) c.examples.push(e.head);
    }
  });
  const order = [...found.values()].filter(c => c.documents >= ALIKE_FROM).sort((a, b) => b.documents - a.documents);
  if (order.length === 0) return entries;
  const out = [], done = new Set();
  for (const e of entries) {
    if (!done.has(e.action)) {
      done.add(e.action);
      out.push(...order.filter(c => c.entry.action === e.action).map(commonEntry));
    }
    const own = grouped(e) ? e.lines.filter(f => found.get(idOf(e, f)).documents < ALIKE_FROM) : e.lines;
    if (own.length === e.lines.length) out.push(e);
    else if (own.length > 0) out.push({...e, lines: own});
  }
  return out;
}

// commonEntry is the entry of a change that is common.
function commonEntry(c) {
  const path = c.paths ? anyElement(c.fact.path) : c.fact.path;
  const head = said(count(c.documents) + ' documents: ' + (c.fact.sign === '' ? '' : c.fact.sign + ' '), nameSpan(path), ': ', c.values ? said('…') : c.fact.said,
    c.places > c.documents ? ' (' + count(c.places) + ' places)' : '');
  const examples = c.examples.flatMap((e, i) => said(i > 0 ? ', ' : '', e));
  return {action: c.entry.action, sign: c.entry.sign, head, lines: [fact({said: said(examples, c.documents > c.examples.length ? ', …' : ''), rows: c.fact.rows})]};
}

// likeKey is the same for changes that are said together: of one path, whichever the
// elements, with the same values, or whatever is removed there.
function likeKey(f) {
  if (f.sign === '-' && f.rows.length === 0) return anyElement(f.path) + '\0-';
  return anyElement(f.path) + '\0' + f.sign + '\0' + f.like + '\0' + plainText(f.said) + f.rows.map(r => '\n' + r.sign + r.text).join('');
}

// anyElement is a path with [] for each element.
function anyElement(path) {
  let out = '', quote = '', escaped = false, inside = false;
  for (const c of path) {
    if (escaped) escaped = false;
    else if (quote !== '') {
      escaped = c === '\\' && quote === '"';
      if (c === quote) quote = '';
    } else if (c === '\'' || c === '"') quote = c;
    else if (c === '[') {
      inside = true;
      out += c;
    } else if (c === ']') inside = false;
    if (!inside) out += c;
  }
  return out;
}
