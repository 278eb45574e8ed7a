// Changes that several documents have in common, said once. In: the entries of a
// collection; out: the same, with an entry for each change that is common before those
// that have something of their own. Of what a report has no items of, one is made at a time.

// saidOnce takes what updates and unknown documents have in common out of them. What is
// common stands first, by number of documents, the first seen first.
function saidOnce(entries) {
  const common = commonOf(() => entries);
  if (common.order.length === 0) return entries;
  const out = [], done = new Set();
  for (const e of entries) {
    if (!done.has(e.action)) {
      done.add(e.action);
      out.push(...saidOf(common, e.action));
    }
    const own = e.done || e.action !== 'update' && e.action !== 'unknown' ? e.lines : restIn(common, e);
    if (own.length === e.lines.length) out.push(e);
    else if (own.length > 0) out.push({...e, lines: own});
  }
  return out;
}

// saidOnceEach is saidOnce of entries of one action that are made again as often as they are asked
// for, the first of it: {entries, more}, how many more there are.
/** @param {string} action @param {() => Iterable<Entry>} entries */
function saidOnceEach(action, entries) {
  const common = commonOf(entries), out = saidOf(common, action);
  let more = 0;
  for (const e of entries()) {
    const lines = restIn(common, e);
    if (e.lines.length > 0 && lines.length === 0) continue;
    if (out.length < TEXT_ITEMS) out.push({...e, lines});
    else more++;
  }
  return {entries: out.map(e => ({...e, done: true})), more};
}

// commonOf finds what is common, going through the entries twice: {same, found, order}.
/** @param {() => Iterable<Entry>} entries */
function commonOf(entries) {
  const found = new Map(), same = sameOf(entries());
  let i = -1;
  for (const e of entries()) {
    i++;
    if (e.done || e.action !== 'update' && e.action !== 'unknown') continue;
    for (const f of e.lines) {
      const {key: id, few} = keyIn(same, e, f);
      if (few) continue;
      if (!found.has(id)) found.set(id, {fact: f, entry: e, documents: 0, places: 0, examples: [], removed: [], last: -1, paths: false, values: false, around: false});
      const c = found.get(id);
      c.places++;
      c.paths = c.paths || f.path !== c.fact.path;
      if (f.edit !== '') c.around = c.around || factText(f) !== factText(c.fact);
      else c.values = c.values || plainText(f.said) !== plainText(c.fact.said);
      if (c.last === i) continue;
      c.last = i;
      if (++c.documents > ALIKE_EXAMPLES) continue;
      c.examples.push(e.head);
      c.removed.push(f.said);
    }
  }
  return {same, found, order: [...found.values()].filter(enough).sort((a, b) => b.documents - a.documents)};
}

// saidOf are the entries of what the documents of an action have in common.
function saidOf({order}, action) {
  return order.filter(c => c.entry.action === action).map(commonEntry);
}

// restIn are the lines that an entry has alone.
function restIn({same, found}, e) {
  return e.lines.filter(f => {
    const {key, few} = keyIn(same, e, f);
    return few || !enough(found.get(key));
  });
}

// enough: it is said once. What is removed and differs is said of each document, as long as
// each of these is shown.
function enough(c) {
  return c.documents >= ALIKE_FROM && (!c.values || c.documents > TEXT_ITEMS);
}

// commonEntry is the entry of a change that is common.
function commonEntry(c) {
  const path = c.paths ? anyElement(c.fact.path) : c.fact.path, like = c.fact.said;
  const around = c.around ? said(like.length > 0 ? ' (as in ' : '(as in ', c.entry.head, '; around it the others have texts of their own)') : [];
  const head = said(count(c.documents) + ' documents: ' + (c.fact.sign === '' ? '' : c.fact.sign + ' '), nameSpan(path), ': ', c.values ? said('…') : said(like, around),
    c.places > c.documents ? ' (' + count(c.places) + ' places)' : '');
  const examples = c.examples.flatMap((e, i) => said(i > 0 ? ', ' : '', e, c.values ? said(': ', c.removed[i]) : ''));
  return {action: c.entry.action, sign: c.entry.sign, head, lines: [fact({said: said(examples, c.documents > c.examples.length ? ', …' : ''), rows: c.fact.rows})]};
}

// sameOf counts the documents that have the same change, by likeKey.
/** @param {Iterable<Entry>} entries */
function sameOf(entries) {
  const same = new Map();
  for (const e of entries)
    for (const key of new Set(e.lines.map(f => likeKey(e, f)))) same.set(key, (same.get(key) ?? 0) + 1);
  return same;
}

// keyIn is the same for changes that may be said together: those of one likeKey, and
// whatever else is removed at a path. few: there are too few of them.
function keyIn(same, e, f) {
  const key = likeKey(e, f), few = same.get(key) < ALIKE_FROM;
  return few && f.sign === '-' && f.rows.length === 0 ? {key: e.action + '\0' + anyElement(f.path) + '\0-', few: false} : {key, few};
}

// likeKey is the same for changes of one action and path, whichever the elements, that say
// the same; of texts, in which the same differs.
function likeKey(e, f) {
  return e.action + '\0' + anyElement(f.path) + '\0' + (f.edit !== '' ? 'edit\0' + f.edit : factText(f));
}

// factText is a fact as one text, which tells it from others.
function factText(f) {
  return f.sign + '\0' + f.like + '\0' + plainText(f.said) + f.rows.map(r => '\n' + r.sign + r.text).join('');
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
