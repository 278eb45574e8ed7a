// What a server has not kept. In: what a run has sent to make or change a collection and
// its indexes, and how they are listed when all is written; out: what is otherwise, in
// words. A server may answer that it did something and leave it out. The rules are
// docs/enforcement.md, Read again.

// Made is what a run has sent for the structure of a collection.
class Made {
  constructor() {
    this.created = false;
    this.options = new Map(); // by name; undefined: set back to the default
    this.indexes = []; // as sent
    this.dropped = []; // names of indexes
  }

  // collection notes that it was created with options.
  collection(options) {
    this.created = true;
    for (const {name, v} of fields(options)) this.options.set(name, v);
  }

  // changedOptions notes options that were changed.
  changedOptions(items) {
    for (const {name, after} of items) this.options.set(name, after);
  }

  // index notes one that was created or changed.
  index(spec) {
    this.dropped = this.dropped.filter(name => name !== indexName(spec));
    this.indexes.push(spec);
  }

  // changedIndex notes an index that was changed in place.
  changedIndex(change) {
    this.index(withField(change.wanted, 'name', field(change.before, 'name')));
  }

  // droppedIndex notes an index that was dropped.
  droppedIndex(name) {
    this.indexes = this.indexes.filter(spec => indexName(spec) !== name);
    this.dropped.push(name);
  }

  // notKept says what is not listed as it was sent: options by name, then indexes.
  notKept(options, existing) {
    const out = [], find = name => existing.find(e => indexName(e) === name);
    for (const name of [...this.options.keys()].sort((a, b) => compareNames(a, b))) {
      const listed = field(options, name), sent = this.options.get(name);
      if (!sameCollectionOption(name, listed, sent)) out.push(fill(KEPT_OPTION, {option: clean(name), listed: shortOr(listed), sent: shortOr(sent)}));
    }
    for (const spec of this.indexes) {
      const name = indexName(spec), e = find(name);
      if (e === undefined || !sameIndexKey(spec, e)) {
        out.push(fill(KEPT_INDEX, {name: clean(name)}));
        continue;
      }
      for (const option of differingOptions(spec, e)) {
        out.push(fill(KEPT_INDEX_OPTION, {option, name: clean(name), listed: shortOr(listedOption(e, option)), sent: shortOr(listedOption(spec, option))}));
      }
    }
    for (const name of this.dropped) if (find(name) !== undefined) out.push(fill(KEPT_DROPPED, {name: clean(name)}));
    return out;
  }
}
