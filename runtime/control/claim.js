// What `claim` and `release-hold` change of what runs remember. In: what a state is
// about, and the records that there are; out: the changes, and their writing. A change is
// {id, before, after, anew}, with the fields without `_id` and `format` (of a damaged
// record, with all others), undefined for a missing record; anew: nothing of the record stays.

// controlRecords reads the records of claims, managed collections and the hold: {records: by
// `_id`, conflicts}. One that a newer version wrote is a conflict; a damaged one is there as it is.
/** @param {Database} db @param {Subject} about */
function * controlRecords(db, about) {
  const ids = [about.holdID(), ...about.databases.map(claimID), ...about.collections.map(c => collectionID(c.namespace))];
  const records = new Map(), conflicts = [];
  for (const d of yield* recordsOfControl(db, ids)) {
    const wrong = wrongRecord(controlKind(d), d);
    if (wrong instanceof Newer) conflicts.push(...errorConflicts(db, wrong));
    records.set(recordID(d), d);
  }
  return {records, conflicts};
}

// claimChanges are those of the records that are not of the environment, cluster and weave.
/** @param {Subject} about */
function claimChanges(records, about, {set, hosts}) {
  const {weave, environment} = about, changes = [];
  const add = (id, after, ...names) => {
    const d = records.get(id), anew = d !== undefined && wrongRecord(controlKind(d), d) !== undefined;
    const before = anew ? otherFields(d) : onlyFields(d, names);
    if (before === undefined || !identical(before, after)) changes.push({id, before, after, anew});
  };
  const cluster = doc('set', stringValue(set), 'hosts', array(hosts.map(stringValue)));
  for (const database of about.databases) {
    add(claimID(database), doc('environment', stringValue(environment), 'cluster', cluster), 'environment', 'cluster');
  }
  for (const {namespace} of about.collections) {
    add(collectionID(namespace), doc('weave', stringValue(weave), 'environment', stringValue(environment)), 'weave', 'environment');
  }
  return changes;
}

// holdChanges are that the hold goes, if there is one.
/** @param {Subject} about */
function holdChanges(records, about) {
  const id = about.holdID();
  if (!records.has(id)) return [];
  const d = records.get(id);
  return [{id, before: wrongRecord('hold', d) === undefined ? onlyFields(d, ['held']) : otherFields(d), after: undefined}];
}

// onlyFields is a document of some of the fields of d; undefined when d is.
function onlyFields(d, names) {
  return d === undefined ? undefined : build(names.filter(name => field(d, name) !== undefined).map(name => ({name, v: field(d, name)})));
}

// otherFields is a record without its `_id`.
function otherFields(d) {
  return withoutFields(d, '_id');
}

// writeChange carries a change out.
/** @param {Database} db */
function * writeChange(db, {id, after, anew}) {
  if (after === undefined) {
    yield* db.delete('control', {_id: id});
    return;
  }
  const $set = Object.fromEntries([['format', STATE_FORMAT], ...fields(after).map(f => [f.name, drive(f.v)])]);
  yield* db.write({update: 'control', updates: [{q: {_id: id}, u: anew ? {_id: id, ...$set} : {$set}, upsert: true}]}, false);
}
