// Indexes. In: the wanted ones with what the weave says of them, and those that
// listIndexes gave; out: what is created, changed in place and dropped, with items
// for the report. The rules are docs/enforcement.md, Structure.

// compareIndexes finds what is to be done: create all of them when the
// collection is missing. collation is that of the collection, undefined when it is the simple one.
function compareIndexes(c, existing, missing, collation, wire) {
  existing = existing.filter(e => !isIDIndex(e));
  const wanted = c.indexes.filter(spec => !isIDIndex(spec)).map(spec => {
    const name = indexName(spec), declared = c.declared.includes(name);
    return {
      spec: collated(spec, collation, declared), name, enforced: declared || c.indexesExact, named: declared && name !== defaultName(spec),
      twin: undefined, first: undefined, rebuild: false, blocked: false,
    };
  });
  const m = new Matching(existing, wire);
  for (const e of existing) if (c.dropIndexes.includes(indexName(e))) m.going.set(e, REASON_DROP_INDEX);
  m.match(wanted);
  for (const w of wanted) w.first = w.twin;
  while (m.clear(wanted)) m.match(wanted);
  if (c.indexesExact) {
    for (const e of existing) if (!m.going.has(e) && !wanted.some(w => w.twin === e)) m.going.set(e, REASON_EXACT);
  }
  return m.plan(wanted, missing);
}

// collated is an index as it is sent to a collection with a collation: one that
// the source lists without has the simple one there, and so has one of a kind
// that knows no other; a declared one gets the collection's.
function collated(spec, collation, declared) {
  if (collation === undefined || field(spec, 'collation') !== undefined) return spec;
  const special = fields(documentOption(spec, 'key')).some(f => ['text', '2d'].includes(stringOf(f.v)));
  return withField(spec, 'collation', declared && !special ? collation : doc('locale', stringValue('simple')));
}

function stringOf(v) {
  return v !== undefined && v.t === STRING ? text(v) : undefined;
}

// defaultName is the name that a server gives an index.
function defaultName(spec) {
  return fields(documentOption(spec, 'key')).map(({name, v}) => name + '_' + (v.t === STRING ? text(v) : short(v))).join('_');
}

// Matching finds the existing index of each wanted one, its twin.
class Matching {
  constructor(existing, wire) {
    this.existing = existing;
    this.going = new Map(); // existing ones that are dropped, and why
    this.wire = wire;
  }

  // match gives every wanted index a twin of its own: with its options, the one
  // of its name first, or with its name, or any.
  match(wanted) {
    const claimed = new Set(), named = (w, e) => indexName(e) === w.name, equal = (w, e) => differingIndex(w, e).length === 0;
    for (const w of wanted) w.twin = undefined;
    for (const fits of [(w, e) => named(w, e) && equal(w, e), equal, named, () => true]) {
      for (const w of wanted) {
        if (w.twin !== undefined || w.rebuild) continue;
        w.twin = this.existing.find(e => !claimed.has(e) && !this.going.has(e) && sameIndexKey(w.spec, e) && fits(w, e));
        if (w.twin !== undefined) claimed.add(w.twin);
      }
    }
  }

  // clear finds existing indexes that must go before an enforced one can be
  // created: its twin, when it cannot be changed in place, and one that has its
  // name. It tells whether it found any.
  clear(wanted) {
    let found = false;
    for (const w of wanted) {
      if (!w.enforced) continue;
      w.blocked = false;
      if (w.twin !== undefined && this.modifiable(w, w.twin)) continue;
      const holder = this.named(w.name);
      // One that is wanted under another name is made anew, unless nobody says that this name is to be freed, too.
      if (holder !== undefined && holder !== w.twin && wanted.some(o => o.twin === holder && !o.enforced && this.named(o.name) !== undefined)) {
        w.blocked = w.twin !== undefined; // what is there in its place stays
        continue;
      }
      if (w.twin !== undefined) {
        this.going.set(w.twin, REASON_REBUILT);
        w.rebuild = found = true;
      }
      if (holder !== undefined && !this.going.has(holder)) {
        this.going.set(holder, REASON_NAME_WANTED);
        found = true;
      }
    }
    return found;
  }

  // named finds the existing index of a name that does not go.
  named(name) {
    return this.existing.find(e => !this.going.has(e) && indexName(e) === name);
  }

  // taken finds an existing index that a server would take for the same one and
  // that stays, another wanted one's twin.
  taken(spec) {
    return this.existing.find(e => !this.going.has(e) && sameIndexKey(spec, e));
  }

  // plan says what is to be done for each wanted index, in the state's order, and
  // then for those that go, by name.
  plan(wanted, missing) {
    const p = new IndexPlan(), rebuilt = new Set();
    const add = (action, w, before, reason) => p.items.push({
      action, name: w.name, spec: w.spec, before: before && describedIndex(before), changes: before === undefined ? [] : indexChanges(w.spec, before, differingIndex(w, before)), reason, build: undefined,
    });
    const create = (action, w, before, reason) => {
      if (!missing) p.builds.push(p.items.length);
      add(action, w, before, reason);
      p.create.push(w.spec);
    };
    for (const w of wanted) {
      const e = w.twin;
      if (e !== undefined) {
        const names = differingIndex(w, e);
        if (names.length === 0) continue;
        if (w.blocked) add('differs', w, undefined, REASON_NAME);
        else if (!w.enforced) add('differs', w, undefined, fill(REASON_OPTIONS, {options: names.join(', ')}));
        else {
          add('change', w, e, fill(REASON_IN_PLACE, {changes: changesOf(w.spec, e, names)}));
          p.modify.push(inPlace(w.spec, e, names));
        }
      } else if (this.named(w.name) !== undefined) add('differs', w, undefined, REASON_NAME);
      else if (w.rebuild || w.first !== undefined && this.going.get(w.first) === REASON_NAME_WANTED) {
        rebuilt.add(w.first);
        w.named = true;
        create('change', w, w.first, fill(REASON_REBUILT, {changes: changesOf(w.spec, w.first, differingIndex(w, w.first))}));
      } else if (!w.enforced && this.taken(w.spec) !== undefined) {
        add('differs', w, undefined, fill(REASON_OPTIONS, {options: differingIndex(w, this.taken(w.spec)).join(', ')}));
      } else if (hasOption(w.spec, 'expireAfterSeconds') && !missing && !w.enforced) add('differs', w, undefined, REASON_TTL);
      else create('create', w, undefined, '');
    }
    p.drop = this.existing.filter(e => this.going.has(e)).sort((a, b) => compareNames(indexName(a), indexName(b)));
    for (const e of p.drop) {
      if (!rebuilt.has(e)) p.items.push({action: 'drop', name: indexName(e), spec: describedIndex(e), before: undefined, changes: [], reason: this.going.get(e), build: undefined});
    }
    return p;
  }

  // modifiable: collMod can make the index what is wanted, or nothing is to be changed.
  modifiable(w, e) {
    return differingIndex(w, e).every(name => {
      const wanted = hasOption(w.spec, name), there = hasOption(e, name);
      if (name === 'hidden') return true;
      if (name === 'expireAfterSeconds') return wanted && (there || serverHas(TTL_BY_COLL_MOD, this.wire) && isSingle(w.spec));
      return name === 'unique' && wanted && serverHas(UNIQUE_BY_COLL_MOD, this.wire);
    });
  }
}

// describedIndex is an index as a report has it: without what every index has.
function describedIndex(e) {
  return withoutFields(e, 'v', 'ns');
}

// indexChanges are the changes of options, by their names.
function indexChanges(wanted, existing, names) {
  return names.flatMap(name => valueChanges([name], listedOption(existing, name), listedOption(wanted, name), {}));
}

// changesOf lists options with what they are and will be.
function changesOf(wanted, existing, names) {
  const shown = (spec, name) => shortOr(listedOption(spec, name));
  return names.map(name => name + ': ' + shown(existing, name) + ' → ' + shown(wanted, name)).join(', ');
}

// shortOr is the short form of a value that may be missing.
function shortOr(v) {
  return v === undefined ? MISSING_TEXT : short(v);
}

// differingIndex are the names of the options that differ, sorted.
function differingIndex(w, e) {
  const names = differingOptions(w.spec, e);
  return w.named && w.name !== indexName(e) ? names.concat(['name']).sort() : names;
}

// isSingle: an index has one field, ascending or descending.
function isSingle(spec) {
  const list = fields(documentOption(spec, 'key'));
  return list.length === 1 && list[0].v.t !== STRING;
}
