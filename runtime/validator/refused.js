// Why a server refused a document, in words. In: errInfo; out: sentences.

// REFUSAL_LISTS are the names under which the server nests what was not satisfied
// (MongoDB manual, core/schema-validation/handle-invalid-documents: code 121).
// refusedWords reads errInfo; show writes a value at a path of the document, or of
// the validator where path is undefined.
function refusedWords(errInfo, show) {
  const details = field(errInfo, 'details'), out = [];
  if (details !== undefined && details.t === DOCUMENT) refusalNode(details, NO_PLACE, show, out);
  return out;
}

// refusalNode reads one document of the tree, at a place of the refused document.
function refusalNode(d, at, show, out) {
  if (out.length === MAX_BREACHES || at.path.length > 100) return;
  const name = field(d, 'propertyName'), index = field(d, 'itemIndex'), i = index === undefined ? undefined : wholeNumber(index);
  if (name !== undefined && name.t === STRING) at = fieldBelow(at, text(name));
  if (i !== undefined) at = elementBelow(at, String(i));
  let nested = false;
  for (const list of REFUSAL_LISTS) {
    const v = field(d, list);
    const children = v === undefined ? [] : v.t === DOCUMENT ? [v] : v.t === ARRAY ? fields(v).map(f => f.v).filter(e => e.t === DOCUMENT) : [];
    nested = nested || children.length > 0;
    for (const child of children) refusalNode(child, at, show, out);
  }
  if (!nested) out.push(refusalLeaf(d, at, show));
}

function refusalLeaf(d, at, show) {
  const parts = [], textAt = name => {
    const v = field(d, name);
    return v !== undefined && v.t === STRING ? text(v) : undefined;
  };
  for (const [list, words] of [['missingProperties', 'missing'], ['additionalProperties', 'not allowed']]) {
    const v = field(d, list);
    if (v === undefined || v.t !== ARRAY) continue;
    const names = fields(v).filter(f => f.v.t === STRING).map(f => fieldBelow(at, text(f.v)).at);
    if (names.length > 0) parts.push(words + ': ' + names.join(', '));
  }
  const reason = textAt('reason'), specified = field(d, 'specifiedAs');
  if (reason !== undefined) parts.push(reason);
  for (const name of ['consideredValue', 'duplicatedValue', 'consideredValues']) {
    const v = field(d, name);
    if (v !== undefined) parts.push('the value is ' + show(at.path, v));
  }
  const what = specified === undefined ? textAt('operatorName') || '' : show(undefined, specified);
  return (at.path.length > 0 ? at.at : 'the document') + ' does not satisfy ' + what + (parts.length > 0 ? ': ' + parts.join('; ') : '');
}
