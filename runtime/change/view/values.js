// What changes, for people. In: changes and values of a report; out: facts. How a value is
// written stands in change/show.js.

// fact is one with what it has.
/** @returns {Fact} */
function fact(has) {
  return {sign: '', path: '', said: [], rows: [], like: '', ...has};
}

// factsOf are the lines of changes.
function factsOf(c, changes, form) {
  return changes.filter(x => picks(form, x.path)).map(x => factOf(c, x, form));
}

// factOf is the line of a change.
function factOf(c, x, form) {
  const because = saidCause(x), before = linkedSide(c, x, x.before, 'old', form), after = linkedSide(c, x, x.after, 'fresh', form);
  const of = has => fact({path: x.path, like: x.kind, ...has});
  if (x.unknown !== undefined) return of({said: said('unknown (', nameSpans(x.unknown), ' not given)')});
  switch (x.kind) {
    case KIND_ADDED: return of({sign: '+', said: said(after, because)});
    case KIND_REMOVED: return of({sign: '-', said: said(before, ofElement(x) ? ' (lost)' : '', because)});
    case KIND_MOVED: return of({said: said(movedText(x), because)});
    case KIND_ORDERED: return of({said: said('in another order: ', before, ' → ', after, because)});
    case KIND_RETYPED: return of({said: said(before, ' → ', after, ' (' + typeName(x.before) + ' → ' + typeName(x.after) + ')', because)});
  }
  const window = windowOf(x, form);
  return window === undefined ? of({said: said(before, ' → ', after, because)}) : of({said: said(window.said, because), rows: window.rows});
}

// ofElement reports whether a change is one of an element as a whole.
function ofElement(x) {
  return x.at.length > 0 && x.at[x.at.length - 1].element !== undefined;
}

// movedText says where an element stood, and where it stands.
function movedText(x) {
  if (!ofElement(x)) return 'moved';
  const {before, after} = x.at[x.at.length - 1].element;
  return before === undefined || after === undefined ? 'moved' : 'moved from position ' + count(before) + ' to ' + count(after);
}

// fieldFacts are the lines of a document that is inserted or deleted.
function fieldFacts(c, d, form) {
  const kind = d.action === 'delete' ? 'old' : 'fresh';
  const all = fields(d.document).filter(f => {
    const path = pathText([f.name]);
    return field(d.identity, path) === undefined && f.name !== '_id' && picks(form, path);
  });
  const shown = form.verbose ? all : all.slice(0, TEXT_FIELDS), more = all.length - shown.length;
  const facts = shown.map(f => fact({path: pathText([f.name]), said: said({kind, text: shownText(f.v, within(d.links, f.name), within(d.hidden, f.name), c.database, form)})}));
  if (more > 0) facts.push(fact({said: said('… and ' + count(more) + ' more ' + plural(more, 'field', 'fields'))}));
  return facts;
}

// shortDocument is a document on one line.
function shortDocument(c, d, form) {
  return {kind: d.action === 'delete' ? 'old' : 'fresh', text: shownText(d.document, d.links, d.hidden, c.database, form)};
}

// within are the places of a field of a value.
function within(places, name) {
  return (places || []).filter(p => p.at.length > 0 && p.at[0] === name).map(p => ({...p, at: p.at.slice(1)}));
}

// shownText is a value as text.
function shownText(v, links, _hidden, database, form) {
  if (v.t === STRING && [MASKED_SECRET, MASKED_REDACTED].includes(text(v))) return text(v);
  if ((links || []).length > 0) return shortLinked(v, links, database);
  return form.verbose ? whole(v) : short(v);
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
  return v === undefined ? {kind: 'words', text: MISSING_TEXT} : {kind, text: shownText(v, x.links, x.hidden, c.database, form)};
}
