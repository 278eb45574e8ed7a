// Which rules a document breaks, in words. In: rules and a document; out: sentences.

// NO_PLACE is the document; a place is a path, as text, and as text with "[]" for positions.
const NO_PLACE = {path: [], at: '', rule: ''};

function fieldBelow({path, at, rule}, name) {
  const step = (path.length > 0 ? '.' : '') + pathText([name]);
  return {path: path.concat([name]), at: at + step, rule: rule + step};
}

function elementBelow({path, at, rule}, i) {
  return {path: path.concat([i]), at: at + '[' + i + ']', rule: rule + '[]'};
}

// breachWords are a breach as a sentence; value is that of the breach for people.
function breachWords(b, value) {
  if (b.path.length === 0) return 'the document ' + b.must;
  if (b.missing) return b.at + ' is missing, ' + b.must;
  return b.value === undefined ? b.at + ' ' + b.must : b.at + ' is ' + value + ', ' + b.must;
}

// ValidatorWords collects breaches: {path, at, rule, value, missing, must}.
class ValidatorWords {
  constructor() {
    this.out = [];
    this.about = ''; // the description of the schema that is looked at
  }

  add(at, x, missing, must) {
    if (this.out.length === MAX_BREACHES) return;
    this.out.push({
      ...at, missing, must: this.about === '' ? must : must + ': ' + short(stringValue(this.about)),
      value: x.kind === '' && at.path.length > 0 ? x.v : undefined,
    });
  }

  // document explains a filter.
  document(r, x, at) {
    if (r.document(x) !== BROKEN) return;
    switch (r.op) {
      case '$and':
        for (const s of r.rules) this.document(s, x, at);
        return;
      case '$or': case '$nor':
        this.add(at, x, false, 'must match ' + short(doc(r.op, r.source)));
        return;
      case 'field':
        this.field(r, x, at);
        return;
    }
    this.schema(r, x, at);
  }

  field(r, x, at) {
    const f = new FoundValues(false).walk(x, r.path);
    for (const name of r.path) at = fieldBelow(at, name);
    const must = (isOperators(r.source) ? 'must match ' : 'must be ') + short(r.source);
    if (f.ends.length === 1 && !f.through) this.add(at, f.ends[0], false, must);
    else this.add(at, ANYTHING, f.ends.length === 0 && !f.through && !f.unknown, must);
  }

  // schema explains a schema or one keyword of it.
  schema(r, x, at) {
    if (r.judge(x) !== BROKEN) return;
    const before = this.about;
    switch (r.op) {
      case 'schema':
        this.about = r.about;
        for (const s of r.rules) this.schema(s, x, at);
        this.about = before;
        return;
      case 'allOf':
        for (const s of r.rules) this.schema(s, x, at);
        return;
      case 'required':
        for (const name of r.names) if (x.field(name)[1] === BROKEN) this.add(fieldBelow(at, name), ANYTHING, true, 'must be there (required)');
        return;
      case 'properties': case 'patternProperties': case 'additionalProperties': case 'dependencies':
        r.eachField(x, b => {
          if (b.missing) this.add(fieldBelow(at, b.name), ANYTHING, true, 'must be there because ' + short(stringValue(b.because)) + ' is (dependencies)');
          else if (r.op === 'dependencies') this.schema(b.rule, x, at);
          else if (b.rule === undefined) this.add(fieldBelow(at, b.name), b.value, false, 'must not be there (additionalProperties)');
          else this.schema(b.rule, b.value, fieldBelow(at, b.name));
        });
        return;
      case 'items':
        r.eachItem(x, (i, e, s) => {
          if (s === undefined) this.add(elementBelow(at, i), e, false, 'must not be there (additionalItems)');
          else this.schema(s, e, elementBelow(at, i));
        });
        return;
    }
    this.add(at, x, false, mustOf(r, x));
  }
}

// mustOf is what a keyword wants of a value.
function mustOf(r, x) {
  const count = String(r.rules.length);
  switch (r.op) {
    case 'bsonType': case 'type': return 'must be ' + eitherOf(r.names) + ' (' + r.op + ')';
    case 'enum': {
      const shown = r.values.slice(0, 5).map(short).concat(r.values.length > 5 ? ['…'] : []);
      return (r.values.length === 1 ? 'must be ' : 'must be one of ') + shown.join(', ') + ' (enum)';
    }
    case 'minimum': return 'must be ' + (r.flag ? 'more than ' : 'at least ') + short(r.values[0]) + ' (minimum)';
    case 'maximum': return 'must be ' + (r.flag ? 'less than ' : 'at most ') + short(r.values[0]) + ' (maximum)';
    case 'multipleOf': return 'must be a multiple of ' + short(r.values[0]) + ' (multipleOf)';
    case 'pattern': return 'must match ' + short(r.source) + ' (pattern)';
    case 'uniqueItems': return 'must have no element twice, and [' + r.twice(x).at + '] is there before (uniqueItems)';
    case 'anyOf': return 'must fit one of ' + count + ' schemas (anyOf)';
    case 'oneOf': return 'must fit exactly one of ' + count + ' schemas, and fits ' + r.fitting(x).held + ' (oneOf)';
    case 'not': return 'must not fit ' + short(r.source) + ' (not)';
  }
  const what = {Length: 'character', Items: 'element', Properties: 'field'}[r.op.slice(3)];
  return 'must have ' + (r.op.startsWith('max') ? 'at most ' : 'at least ') + r.n + ' ' + what + (r.n === 1n ? '' : 's') + ' (' + r.op + ')';
}

// eitherOf joins names: "int, long or double".
function eitherOf(names) {
  return names.length === 1 ? names[0] : names.slice(0, -1).join(', ') + ' or ' + names[names.length - 1];
}
