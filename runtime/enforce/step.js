// One step of what is written, in words.

// stepText says what a step writes.
function stepText(what) {
  if (what.observation === undefined) return what.about;
  const l = what.observation, ns = clean(l.namespace()), names = specs => specs.map(s => clean(indexName(s))).join(', ');
  if (what.create) return 'creating ' + ns;
  if (what.indexes !== undefined) return 'creating the indexes ' + names(what.indexes) + ' of ' + ns;
  if (what.drop !== undefined) return 'dropping the indexes ' + names(what.drop) + ' of ' + ns;
  if (what.change !== undefined) return 'changing the index ' + names([what.change.after]) + ' of ' + ns;
  if (what.options !== undefined) return 'changing the options of ' + ns;
  const documents = what.writes.slice(0, LATE_NAMES)
    .map(w => clean(short(identityDocument(l.c.identity, w.wanted < 0 ? w.before : l.c.documents[w.wanted].d))));
  if (what.writes.length > LATE_NAMES) documents.push('and ' + (what.writes.length - LATE_NAMES) + ' more');
  return 'writing ' + documents.join(', ') + ' in ' + ns;
}
