// $jsonSchema (MongoDB manual, reference/operator/query/jsonSchema). In: a schema;
// out: rules, and verdicts on values.

// SchemaParser reads schemas.
class SchemaParser extends ValidatorParser {
  // schema reads a schema.
  schema(d, at) {
    const r = new SchemaRule('schema', undefined);
    for (const {name, v} of fields(d)) {
      if (['title', 'exclusiveMinimum', 'exclusiveMaximum', 'additionalItems'].includes(name)) continue;
      if (name === 'description') r.about = v.t === STRING ? text(v) : '';
      else r.rules.push(this.keyword(d, name, v, below(at, name)));
    }
    for (const [exclusive, bound] of [['exclusiveMinimum', 'minimum'], ['exclusiveMaximum', 'maximum']]) {
      if (field(d, exclusive) !== undefined && field(d, bound) === undefined) r.rules.push(this.leave(below(at, exclusive))); // the server refuses it
    }
    const more = field(d, 'additionalItems');
    if (more !== undefined && field(d, 'items') === undefined && more.t !== BOOL && more.t !== DOCUMENT) r.rules.push(this.leave(below(at, 'additionalItems')));
    return r;
  }

  // keyword reads one keyword of a schema d.
  keyword(d, name, v, at) {
    const r = new SchemaRule(name, v);
    let ok = false;
    switch (name) {
      case 'bsonType':
        ok = r.typed(v, BSON_TYPES);
        break;
      case 'type':
        ok = r.typed(v, JSON_TYPES);
        break;
      case 'enum':
        r.values = v.t === ARRAY ? fields(v).map(f => f.v) : [];
        ok = r.values.length > 0 && r.values.every(e => !isOdd(e) && !(this.collated && hasText(e)));
        break;
      case 'minimum': case 'maximum': {
        const exclusive = field(d, name === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum');
        r.flag = exclusive !== undefined && exclusive.t === BOOL && exclusive.b[exclusive.s] !== 0;
        r.values = [v];
        ok = NUMBER_TYPES.includes(v.t) && (exclusive === undefined || exclusive.t === BOOL);
        break;
      }
      case 'multipleOf':
        r.values = [v];
        ok = inDecimal(v) !== undefined && compareFamily(v, ZERO_VALUE) > 0;
        break;
      case 'minLength': case 'maxLength': case 'minItems': case 'maxItems': case 'minProperties': case 'maxProperties': {
        const n = wholeNumber(v);
        ok = n !== undefined && n >= 0n;
        r.n = ok ? n : 0n;
        break;
      }
      case 'pattern':
        r.re = v.t === STRING ? Pattern.compile(text(v), '') : undefined;
        ok = r.re !== undefined;
        break;
      case 'uniqueItems':
        ok = v.t === BOOL;
        r.flag = ok && v.b[v.s] !== 0;
        break;
      case 'required':
        r.names = textList(v) || [];
        ok = r.names.length > 0 && r.names.every(addressable);
        break;
      case 'properties': case 'patternProperties': return this.properties(r, v, at);
      case 'additionalProperties': return this.additional(r, d, v, at);
      case 'dependencies': return this.dependencies(r, v, at);
      case 'items': return this.items(r, d, v, at);
      case 'allOf': case 'anyOf': case 'oneOf':
        if (v.t !== ARRAY) return this.leave(at);
        r.rules = fields(v).map(f => this.subschema(f.v, below(at, f.name)));
        ok = r.rules.length > 0;
        break;
      case 'not':
        r.rules = [this.subschema(v, at)];
        ok = true;
    }
    return ok ? r : this.leave(at);
  }

  subschema(v, at) {
    return v.t === DOCUMENT ? this.schema(v, at) : this.leave(at);
  }

  properties(r, v, at) {
    if (v.t !== DOCUMENT) return this.leave(at);
    for (const {name, v: s} of fields(v)) {
      const n = {name, rule: this.subschema(s, below(at, name)), re: undefined};
      if (r.op === 'patternProperties') n.re = Pattern.compile(name, '');
      if (r.op === 'patternProperties' ? n.re === undefined : !addressable(name)) n.rule = this.leave(below(at, name));
      r.named.push(n);
    }
    return r;
  }

  // additional reads additionalProperties, which is about the fields that the
  // schema's properties and patternProperties do not name.
  additional(r, d, v, at) {
    if (v.t === BOOL) {
      if (v.b[v.s] !== 0) return new SchemaRule('schema', undefined);
    } else if (v.t === DOCUMENT) r.rules = [this.schema(v, at)];
    else return this.leave(at);
    const names = field(d, 'properties'), patterns = field(d, 'patternProperties');
    if (names !== undefined && names.t === DOCUMENT) r.names = fields(names).map(f => f.name);
    // That one is not understood is said of the pattern.
    if (patterns !== undefined && patterns.t === DOCUMENT) r.named = fields(patterns).map(f => ({re: Pattern.compile(f.name, '')}));
    return r;
  }

  dependencies(r, v, at) {
    if (v.t !== DOCUMENT) return this.leave(at);
    for (const {name, v: s} of fields(v)) {
      const n = {name, names: textList(s), rule: undefined};
      if (n.names === undefined) n.rule = this.subschema(s, below(at, name));
      if (!addressable(name) || !(n.names || []).every(addressable)) n.rule = this.leave(below(at, name));
      r.named.push(n);
    }
    return r;
  }

  // items reads items with additionalItems, which counts only beside a list.
  items(r, d, v, at) {
    if (v.t === DOCUMENT) {
      r.named = [{rule: this.schema(v, at)}];
      return r;
    }
    if (v.t !== ARRAY) return this.leave(at);
    r.rules = fields(v).map(f => this.subschema(f.v, below(at, f.name)));
    const more = field(d, 'additionalItems');
    if (more !== undefined && more.t === BOOL) r.flag = more.b[more.s] === 0;
    else if (more !== undefined) r.named = [{rule: this.subschema(more, at.slice(0, -'items'.length) + 'additionalItems')}];
    return r;
  }
}
