// Values with names in them. In: a value of a report, its links, and its places that
// nobody may see; out: its text with the documents in place of the `_id`s that stand for
// them, and with the names of secrets.

// namedText is the text of a value with names in it; database is that of the change.
function namedText(v, links, hidden, database, all) {
  const here = (place, at) => place.at.length === at.length && place.at.every((name, i) => name === at[i]);
  const out = whole(v, (at, v) => {
    const h = isHidden(v) ? hidden.find(h => here(h, at)) : undefined;
    if (h !== undefined) return text(v) === MASKED_SECRET && (h.secrets || []).length > 0 ? '(secret ' + clean(h.secrets.join(', ')) + ')' : text(v);
    const l = links.find(l => here(l, at) && identical(l.id, v));
    return l && (at.length === 0 ? '' : '→ ') + linkText(l, database); // there is an arrow beside the whole value
  });
  return all ? out : shorten(out);
}

// isHidden reports whether a value is a word for what nobody may see.
function isHidden(v) {
  return v.t === STRING && [MASKED_SECRET, MASKED_REDACTED].includes(text(v));
}

// linkText is `roles "admin"`.
function linkText({database, collection, identity}, at) {
  const values = fields(identity).map(f => whole(f.v)), text = values.join(', ');
  return clean(database === at ? collection : database + '.' + collection) + ' ' + (values.length > 1 ? '(' + text + ')' : text);
}
