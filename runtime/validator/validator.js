// Judging documents by the validator of a collection as the server would. In: a
// validator as the server keeps it, and documents, parts of which may not be known;
// out: whether a document holds, breaks it, or cannot be judged; what of the
// validator cannot be judged here. schema.js has the keywords of $jsonSchema,
// query.js the operators, schemajudge.js and queryjudge.js judge by them, words.js has
// the words. Pure.

// validationOf reads what the options of a collection say of validation, defaults filled in.
function validationOf(options) {
  const validator = field(options, 'validator'), level = field(options, 'validationLevel'), action = field(options, 'validationAction');
  const collation = field(options, 'collation'), locale = collation !== undefined && collation.t === DOCUMENT ? field(collation, 'locale') : undefined;
  return {
    validator: validator !== undefined && validator.t === DOCUMENT ? validator : EMPTY,
    level: level === undefined ? 'strict' : level.t === STRING ? text(level) : '', action: action === undefined ? 'error' : action.t === STRING ? text(action) : '',
    collated: collation !== undefined && !(locale !== undefined && locale.t === STRING && text(locale) === 'simple'),
  };
}

// judges reports whether the server looks at documents at all.
function judges(validation) {
  return fields(validation.validator).length > 0 && validation.level !== 'off';
}

// Validator is a validator that was read; unjudged are the parts that are left to
// the server, by their paths in the validator, each once, in order.
class Validator {
  constructor({validator, collated}) {
    const parser = new QueryParser(collated);
    this.rule = parser.query(validator, '');
    this.unjudged = [...new Set(parser.unjudged)].sort(compareNames);
  }

  // judge judges a document. open: fields that it lacks may be there, also in the
  // documents in it.
  judge(d, holes, open) {
    return this.rule.document(partial(d, holes, open));
  }

  // breaches are the rules that a document breaks for certain.
  breaches(d, holes, open) {
    const words = new ValidatorWords();
    words.document(this.rule, partial(d, holes, open), NO_PLACE);
    return words.out;
  }
}

// ValidatorParser collects what is left to the server; QueryParser reads with it.
class ValidatorParser {
  constructor(isCollated) {
    this.collated = isCollated;
    this.unjudged = [];
  }

  leave(at) {
    this.unjudged.push(at);
    return new SchemaRule('unjudged', undefined);
  }
}

// below is a path in the validator.
function below(at, name) {
  return at === '' ? name : at + '.' + name;
}

// textList gives the texts of an array of texts; undefined for anything else.
function textList(v) {
  const list = v.t === ARRAY ? fields(v).map(f => f.v) : [undefined];
  return list.every(e => e !== undefined && e.t === STRING) ? list.map(text) : undefined;
}

// wholeNumber is that of a value; undefined when it is none.
function wholeNumber(v) {
  switch (v.t) {
    case INT32: return BigInt(int32(v.b, v.s));
    case INT64: return int64(v.b, v.s);
    case DOUBLE: {
      const x = double(v.b, v.s);
      return Number.isSafeInteger(x) ? BigInt(x) : undefined;
    }
  }
  return undefined;
}
