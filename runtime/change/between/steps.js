// Places as text: prices[currency="EUR", interval="month"].amount, hooks[0].url. In: steps; out: text
// that is safe on a terminal.

// stepsText is a place for people. An element without a key has its position after the
// change, or before it where it goes.
/** @param {Step[]} at */
function stepsText(at) {
  return at.map(({field, element: e}, i) => {
    if (e === undefined) return (i > 0 ? '.' : '') + pathText([field]);
    if (e.key !== undefined) return '[' + [{key: e.key, value: e.value}, ...(e.and || [])].map(f => pathText([f.key]) + '=' + short(f.value)).join(', ') + ']';
    return '[' + (e.after === undefined ? e.before : e.after) + ']';
  }).join('');
}

// sameSteps are a place that is the same on both sides: names of fields, and elements.
/** @param {string[]} at @returns {Step[]} */
function sameSteps(at) {
  return at.map(step => {
    if (!isElement(step)) return {field: step};
    const n = isPosition(stepName(step)) ? Number(stepName(step)) : 0; // an array of a hostile client
    return {element: {before: n, after: n}};
  });
}

// unknownChange is the change of a place that was not compared, as secrets are not given.
/** @param {string[]} at @param {string[]} names @returns {Change} */
function unknownChange(at, names) {
  const steps = sameSteps(at);
  return {kind: KIND_OPEN, path: stepsText(steps), at: steps, before: undefined, after: undefined, unknown: [...names], hidden: [], links: [], fields: [...fieldPath(at)]};
}

// lostElements is how many of the changes take an element of an array away.
/** @param {Change[]} changes */
function lostElements(changes) {
  return changes.filter(c => c.kind === KIND_REMOVED && c.at.length > 0 && c.at[c.at.length - 1].element !== undefined).length;
}
