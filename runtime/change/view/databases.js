// The databases of a fan-out: how each ended, and collections of which the same is to be
// said once. In: a report and its outline; out: the outline with that.

// fanOutOutline makes one part of those that are alike, and says how the databases ended.
function fanOutOutline(o, r, form) {
  const keys = withoutRuns(r).collections.filter(anythingToSay).map(c => likePart(c, partOf(c, form)));
  const collections = r.collections.filter(anythingToSay), at = new Map(), parts = [];
  o.parts.forEach((p, i) => {
    const {database} = collections[i];
    if (at.has(keys[i])) {
      const first = at.get(keys[i]);
      for (const name of Object.keys(first.tally)) first.tally[name] += p.tally[name];
      first.databases.push(database);
      return;
    }
    const first = {...p, databases: [database]};
    at.set(keys[i], first);
    parts.push(first);
  });
  for (const p of parts) {
    if (p.databases.length < 2) continue;
    p.name = said(p.name, ' and ' + count(p.databases.length - 1) + ' more');
    p.notes = [...p.notes, said('in ', someNames(p.databases, form))];
  }
  const lines = [];
  for (const outcome of OUTCOMES) {
    const named = r.databases.filter(d => d.outcome === outcome).map(d => d.database);
    if (named.length === 0) continue;
    lines.push(said(count(named.length) + ' ' + outcome, outcome === 'in-sync' ? [] : said(': ', someNames(named, form))));
  }
  return {...o, parts, lists: [...o.lists, {name: 'databases', lines}]};
}

// likePart is the same for parts of which the same is said but for the database.
function likePart(c, p) {
  const entries = list => list.map(e => e.sign + plainText(e.head) + '\0' + e.lines.map(f => f.path + '\0' + f.sign + '\0' + f.like + '\0' + plainText(f.said) +
    f.rows.map(x => '\n' + x.sign + x.text).join('') + '\0').join(''));
  return [c.collection, plainText(p.about), ...entries(p.policies), '\x01', ...entries(p.documents), '\x01', ...p.notes.map(plainText)].join('\0');
}

// withoutRuns is a report without what differs between databases that are alike: the
// runs since which something is so, and `_id`s that were made for inserted documents.
function withoutRuns(r) {
  const bare = x => ({...x, since: undefined});
  return {...r, collections: r.collections.map(c => ({...c, documents: c.documents.map(d => ({
    ...bare(d), changes: d.changes.map(bare),
    document: d.document === undefined || d.action !== 'insert' ? d.document : build(fields(d.document).filter(f => f.name !== '_id')),
  }))}))};
}

// someNames joins the first names; an empty one stands for what is in no fan-out.
function someNames(texts, form) {
  const shown = form.verbose ? texts : texts.slice(0, TEXT_ITEMS), more = texts.length - shown.length;
  return said(shown.flatMap((text, i) => said(i > 0 ? ', ' : '', text === '' ? 'all others of the weave' : nameSpan(text))), more > 0 ? ' and ' + count(more) + ' more' : '');
}
