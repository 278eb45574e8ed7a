// What is to be done about the indexes of a collection, and the commands for it. In:
// what comparing found (indexes.js); out: which indexes are created, changed and
// dropped, in which turn, and the fields of collMod.

class IndexPlan {
  constructor() {
    this.items = [];
    this.builds = []; // items of indexes that are built on an existing collection
    this.create = []; // as sent: missing ones, and ones that are dropped first
    this.modify = []; // in place: {before, after, wanted, commands}
    this.drop = []; // as listIndexes gave them
  }

  // copy is a plan of which things can be taken out, while this one stays.
  copy() {
    return Object.assign(new IndexPlan(), this);
  }

  // left counts the items that are something to do.
  left() {
    return this.items.filter(x => x.action !== 'differs').length;
  }

  has(name, action) {
    return this.items.some(x => x.name === name && x.action === action);
  }

  // built are the indexes that documents have to fit when they are written:
  // created ones, and those that are changed, which may become unique.
  built() {
    return this.create.concat(this.modify.filter(m => !hasOption(m.before, 'unique')).map(m => m.wanted));
  }

  drops(name) {
    return this.drop.some(spec => indexName(spec) === name);
  }

  // early are the indexes of some names that go, and those that can be created at once
  // in their place. Unique ones are not: documents have to fit them first.
  early(names) {
    const goes = spec => names.includes(indexName(spec)), drop = this.drop.filter(goes);
    const create = this.create.filter(spec => !hasOption(spec, 'unique') && drop.some(d => displaces(spec, d)) &&
      !this.drop.some(d => displaces(spec, d) && !goes(d)));
    return {drop, create};
  }

  // inTurn are the indexes that go, apart: those that created ones take the place of,
  // which go before these are created, and the others, which go after.
  inTurn() {
    const displaced = spec => this.create.some(c => displaces(c, spec));
    return {before: this.drop.filter(displaced), after: this.drop.filter(spec => !displaced(spec))};
  }
}

// displaces: an index can only be there when another one is gone.
function displaces(spec, other) {
  return indexName(spec) === indexName(other) || sameIndexKey(spec, other);
}

// unprepared is the command that takes back that an index was prepared to be unique,
// where a command is one that makes it so: one that does not become unique must not
// stay prepared, which would keep duplicates out. Undefined: it is another command.
function unprepared(command) {
  const index = documentOption(command, 'index');
  return hasOption(index, 'unique') ? doc('index', doc('name', field(index, 'name'), 'prepareUnique', FALSE)) : undefined;
}

// inPlace is the change of an index by collMod.
function inPlace(wanted, e, names) {
  const change = {before: e, after: e, wanted, commands: []}, name = {name: 'name', v: stringValue(indexName(e))};
  const command = list => change.commands.push(doc('index', build([name].concat(list))));
  for (const n of names) change.after = withField(change.after, n, indexOption(wanted, n));
  const plain = names.filter(n => n !== 'unique').map(n => ({name: n, v: indexOption(wanted, n) || FALSE}));
  if (plain.length > 0) command(plain);
  if (names.includes('unique')) {
    command([{name: 'prepareUnique', v: TRUE}]);
    command([{name: 'unique', v: TRUE}]);
  }
  return change;
}
