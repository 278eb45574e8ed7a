// What the destination's validator would refuse. In: the options that the
// collection has or will have, and planned writes; out: conflicts and notes. The
// rules are docs/enforcement.md, Validators.

// validationInForce are the options in force when documents are written: those of
// the destination, and those that the run changes before.
function validationInForce(c, existing, missing) {
  if (missing) return validationOf(c.options);
  const set = name => c.setOptions.includes(name) && name.startsWith('validat');
  return validationOf(joinedFields(edit(existing, (name, v) => set(name) ? undefined : v), fields(c.options).filter(f => set(f.name))));
}

// validateWrites judges what each write of an observation makes of its document, and gives notes.
/** @param {Observation} l */
function validateWrites(l) {
  const notes = [], {validation} = l;
  if (validation === undefined || !judges(validation) || l.writes.length === 0) return notes;
  const v = new Validator(validation);
  if (v.unjudged.length > 0) {
    const parts = v.unjudged.slice(0, MAX_RULES).concat(v.unjudged.length > MAX_RULES ? ['…'] : []);
    notes.push(fill(NOTE_UNJUDGED, {namespace: clean(l.namespace()), parts: clean(parts.join(', '))}));
  }
  const together = new Set(l.stages.flatMap(s => s.whole ? s.writes : [])); // they go as delete and insert
  const nothing = {kind: '', in: NO_HOLES};
  let logged = 0;
  l.writes.forEach((write, i) => {
    const w = l.whole(write);
    const holes = openBySecrets(w);
    if (v.judge(w.after, holes, false) !== BROKEN) return;
    // Updates of documents that broke it before are not validated.
    if (validation.level === 'moderate' && w.before !== undefined && !w.rekeyed && !together.has(i) && v.judge(w.before, nothing, false) !== HOLDS) return;
    if (validation.action === 'warn') {
      logged++;
      return;
    }
    const {rules, paths} = brokenRules(l, v, w, holes);
    l.conflict(VALIDATOR_VIOLATION, w.wanted, [], {identity: l.identity(w.wanted), rules});
    l.conflicts[l.conflicts.length - 1].paths = paths;
  });
  if (logged > 0) notes.push(fill(NOTE_VALIDATION_LOGGED, {count: String(logged), namespace: clean(l.namespace())}));
  return notes;
}

// brokenRules says which rules a document breaks, and where.
/** @param {Observation} l */
function brokenRules(l, v, w, holes) {
  const texts = [], paths = [];
  for (const b of v.breaches(w.after, holes, false)) {
    if (b.path.length > 0 && !paths.includes(b.at)) paths.push(b.at);
    if (texts.length < MAX_RULES) texts.push(clean(breachWords(b, b.value === undefined ? '' : showInside(l, w, b.path, b.value))));
  }
  if (paths.length > MAX_RULES) texts.push('…');
  return {rules: texts.join('; '), paths};
}

// showInside is the short form of a value that a document has or would have, at a
// path that may go into arrays; empty: nobody knows where. Any element may have a
// secret of another one: the document may have kept an array of the destination.
/** @param {Observation} l */
function showInside(l, w, path, v) {
  const m = new Mask(l.c.policy.leftOut, w.wanted < 0 ? [] : l.c.documents[w.wanted].places.map(q => q.path), false);
  if (path.length === 0 && m.secrets.length > 0) return MASKED_SECRET;
  if (path.length === 0 && m.leftOut.length > 0) return MASKED_REDACTED;
  return shortMasked(m.value(stepsOf(w.after || w.before, path), v));
}

// shortMasked is the short form of a value, with a word for one that is hidden.
function shortMasked(v) {
  return v.t === STRING && [MASKED_SECRET, MASKED_REDACTED].includes(text(v)) ? text(v) : short(v);
}

// openBySecrets are the places of a written document that secrets leave open which are not given.
function openBySecrets(w) {
  const holes = {kind: '', in: new Map()};
  for (const q of w.places) if (q.missing.length > 0) addHole(holes, q.path, 'any');
  return holes;
}

// refusalText is a server's reasons for refusing a document, empty when it gave none.
/** @param {Observation} l */
function refusalText(l, w, details) {
  if (details === undefined) return '';
  const words = refusedWords(details, (path, v) => path === undefined ? short(v) : showInside(l, w, path, v));
  return words.length === 0 ? '' : ': ' + words.join('; ');
}
