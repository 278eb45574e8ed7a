// Conflicts. In: a text of conflicts.go (tables.js) and values for the names in it;
// out: what a conflict says. `{name}` is replaced by a value in its short form.

/** @typedef {{code: string, message: string, fix: string}} ConflictText */

// conflictOf makes a conflict of a text.
/** @param {ConflictText} text @param {Object} values */
function conflictOf(text, values) {
  return {code: text.code, message: fill(text.message, values), fix: fill(text.fix, values)};
}

// conflictOfRun makes one of the whole run; more are its other fields.
/** @param {ConflictText} text @param {Object} values @param {Object} [more] */
function conflictOfRun(text, values, more = {}) {
  return {...conflictOf(text, values), database: '', collection: '', paths: [], identity: undefined, origin: '', ...more};
}

// fill replaces each {name} of a template by its value.
/** @param {string} template @param {Object} values */
function fill(template, values) {
  return template.replace(/\{([^}]*)\}/g, (_, name) => Object.hasOwn(values, name) ? String(values[name]) : '');
}

// sortConflicts puts conflicts into the order in which they are reported.
function sortConflicts(conflicts) {
  const order = new Map(CONFLICT_CODES.map(({texts}, i) => [texts[0].code, i]));
  conflicts.sort((a, b) => order.get(a.code) - order.get(b.code));
}
