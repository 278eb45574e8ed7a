// What changes, for people. In: changes and values of a report; out: facts. How a value is
// written stands in change/show.js.

// fact is one with what it has.
/** @returns {Fact} */
function fact(has) {
  return {sign: '', path: '', said: [], rows: [], like: '', edit: '', ...has};
}

// factsOf are the lines of changes.
function factsOf(c, changes, form) {
  return changes.filter(x => picks(form, x.path)).map(x => factOf(c, x, form));
}

// factOf is the line of a change.
function factOf(c, x, form) {
  const because = saidCause(x), before = linkedSide(c, x, x.before, 'old', form), after = linkedSide(c, x, x.after, 'fresh', form);
  const of = has => fact({path: x.path, like: x.kind, ...has});
  if (x.unknown !== undefined) return of({said: saidUnknown(x)});
  switch (x.kind) {
    case KIND_ADDED: return of({sign: '+', said: said(after, because)});
    case KIND_REMOVED: return of({sign: '-', said: said(before, ofElement(x) && !c.options.some(y => y.name === x.at[0].field && (y.changes || []).length > 0) ? ' (lost)' : '', because)});
    case KIND_MOVED: return of({said: said(saidMoved(c, x, form), because)});
    case KIND_ORDERED: return of({said: said('in another order: ', before, ' → ', after, because)});
    case KIND_RETYPED: return of({said: said(before, ' → ', after, ' (' + typeName(x.before) + ' → ' + typeName(x.after) + ')', because)});
  }
  const window = windowOf(x, form), edit = window === undefined || form.verbose ? '' : editOf(x), key = edit === '' ? '' : edit + plainText(because);
  if (window !== undefined && window.said.length === 0 && because.length > 0) because[0].text = because[0].text.trimStart(); // it begins the line
  return window === undefined ? of({said: said(before, ' → ', after, because)}) : of({said: said(window.said, because), rows: window.rows, edit: key});
}

// saidUnknown says of a change that secrets which are not given leave it open.
function saidUnknown(x) {
  return said('unknown (', nameSpans(x.unknown), ' not given)');
}

// ofElement reports whether a change is one of an element as a whole.
function ofElement(x) {
  return x.at.length > 0 && x.at[x.at.length - 1].element !== undefined;
}

// saidMoved says where an element stood, and where it stands.
function saidMoved(c, x, form) {
  const {before, after, key} = ofElement(x) ? x.at[x.at.length - 1].element : {};
  if (before === undefined || after === undefined) return said('moved');
  return said(key === undefined ? said(linkedSide(c, x, x.after, 'data', form), ' ') : [], 'moved from position ' + count(before) + ' to ' + count(after)); // else the key says which it is
}

// fieldFacts are the lines of a document that is inserted or deleted. What is not known of
// it is said where the field is: left are the other changes.
function fieldFacts(c, d, form) {
  const kind = d.action === 'delete' ? 'old' : 'fresh';
  const all = ownFields(d).filter(f => picks(form, pathText([f.name])));
  const shown = form.verbose ? all : all.slice(0, TEXT_FIELDS), more = all.length - shown.length;
  const names = new Set(shown.map(f => f.name)), open = d.changes.filter(x => x.unknown !== undefined && names.has(x.at[0].field));
  const facts = shown.map(f => {
    const here = open.filter(x => x.at[0].field === f.name), whole = here.find(x => x.at.length === 1);
    const value = said({kind, text: shownText(f.v, within(d.links, f.name), within(hiddenOf(d), f.name), c.database, form)});
    const inside = [...new Set(here.flatMap(x => x.unknown))].sort();
    return fact({path: pathText([f.name]), said: whole !== undefined ? saidUnknown(whole) : inside.length > 0 ? said(value, ' (', nameSpans(inside), ' not given)') : value});
  });
  if (more > 0) facts.push(fact({said: said('… and ' + count(more) + ' more ' + plural(more, 'field', 'fields'))}));
  return {facts, left: d.changes.filter(x => !open.includes(x))};
}

// hiddenOf are the hidden places of a document that is inserted or deleted.
function hiddenOf(d) {
  return d.action === 'delete' ? nameless(d.hidden) : d.hidden;
}

// shortDocument is a document on one line.
function shortDocument(c, d, form) {
  const texts = [];
  let size = 0;
  for (const f of ownFields(d)) {
    if (size > 4 * TEXT_ITEMS) break;
    texts.push(pathText([f.name]) + ': ' + shownText(f.v, within(d.links, f.name), within(hiddenOf(d), f.name), c.database, form));
    size += utf8Size(texts[texts.length - 1]);
  }
  return {kind: d.action === 'delete' ? 'old' : 'fresh', text: shorten('{' + texts.join(', ') + '}')};
}

// within are the places of a field of a value.
function within(places, name) {
  return (places || []).filter(p => p.at.length > 0 && p.at[0] === name).map(p => ({...p, at: p.at.slice(1)}));
}

// nameless are hidden places of what was there: the names are of what will be.
function nameless(hidden) {
  return (hidden || []).map(h => ({at: h.at}));
}

// shownText is a value as text.
function shownText(v, links, hidden, database, form) {
  return isHidden(v) && (hidden || []).length === 0 ? text(v) : namedText(v, links || [], hidden || [], database, form.verbose);
}

// valueSpan is a value that is no side of a change.
function valueSpan(v) {
  return {kind: 'data', text: short(v)};
}

// sideSpan is one side of a change without links, saidSides are both.
/** @returns {Span} */
function sideSpan(v, kind, form) {
  return v === undefined ? {kind: 'words', text: MISSING_TEXT} : {kind, text: shownText(v, [], [], '', form)};
}

function saidSides(before, after, form) {
  return said(sideSpan(before, 'old', form), ' → ', sideSpan(after, 'fresh', form));
}

// linkedSide is one side of a change in a collection.
/** @returns {Span} */
function linkedSide(c, x, v, kind, form) {
  return v === undefined ? {kind: 'words', text: MISSING_TEXT} : {kind, text: shownText(v, x.links, kind === 'old' ? nameless(x.hidden) : x.hidden, c.database, form)};
}
