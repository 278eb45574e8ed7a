// Values with links. In: a value of a report, and its links; out: its short form with
// the documents in place of the `_id`s that stand for them.

// shortLinked is the short form of a value with the documents in place of the
// `_id`s that stand for them; database is that of the change.
function shortLinked(v, links, database) {
  const root = {values: [readNode(new Reader(canonical(v)))]};
  for (const l of links) {
    let n = root, i = 0;
    for (const name of l.at) {
      n = n.values[i];
      i = n.names !== undefined ? n.names.indexOf(name) : n.values !== undefined && name < n.values.length ? Number(name) : -1;
      if (i < 0) break;
    }
    if (i < 0 || showNode(n.values[i]) !== showNode(readNode(new Reader(canonical(l.id))))) continue;
    n.values[i] = {word: (l.at.length === 0 ? '' : '→ ') + linkText(l, database)}; // there is an arrow beside the whole value
  }
  return shorten(showNode(root.values[0]));
}

// linkText is `roles "admin"`.
function linkText({database, collection, identity}, at) {
  const values = readNode(new Reader(canonical(identity))).values.map(showNode), text = values.join(', ');
  return clean(database === at ? collection : database + '.' + collection) + ' ' + (values.length > 1 ? '(' + text + ')' : text);
}
