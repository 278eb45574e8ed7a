// Values with links. In: a value of a report, and its links; out: its short form with
// the documents in place of the `_id`s that stand for them.

// shortLinked is the short form of a value with the documents in place of the
// `_id`s that stand for them; database is that of the change.
function shortLinked(v, links, database) {
  return shorten(whole(v, (at, v) => {
    const l = links.find(l => l.at.length === at.length && l.at.every((name, i) => name === at[i]) && identical(l.id, v));
    return l && (at.length === 0 ? '' : '→ ') + linkText(l, database); // there is an arrow beside the whole value
  }));
}

// linkText is `roles "admin"`.
function linkText({database, collection, identity}, at) {
  const values = fields(identity).map(f => whole(f.v)), text = values.join(', ');
  return clean(database === at ? collection : database + '.' + collection) + ' ' + (values.length > 1 ? '(' + text + ')' : text);
}
