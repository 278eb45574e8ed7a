// The commands that change what runs remember on purpose: `claim` takes over
// databases and collections, `release-hold` lifts the hold that an undo left. A
// generator like Run.

class ControlRun extends Run {
  // go changes the records, or shows them, and returns the report.
  * go() {
    let changes = [];
    const shown = yield* this.guarded(() => this.changes(found => changes = found));
    if (shown && !this.settings.planOnly) yield* this.guarded(stage => this.change(stage, changes));
    return this.finish(changes.length > 0);
  }

  // changes gives what is to be changed, which the report shows.
  * changes(give) {
    const records = yield* this.records(), changes = this.report.command === 'claim' ? this.claims(records) : this.holds(records);
    if (changes.length > 0) this.report.control = changes.map(c => ({record: c.id, before: c.before, after: c.after}));
    give(changes);
  }

  // change writes the records anew.
  * change(stage, changes) {
    stage('write');
    for (const c of changes) {
      yield* this.write(c);
      this.wrote = true;
    }
  }

  // records reads the records that concern the state, by `_id`. One that a newer
  // version wrote, or another cluster than the state's, is a conflict.
  * records() {
    const control = this.control, records = new Map();
    yield* control.hello();
    control.wrongCluster();
    const ids = [control.holdID(), ...control.databases.map(claimID), ...this.state.collections.map(c => collectionID(this.namespace(c)))];
    const found = yield* control.find('control', {_id: {$in: ids}}, {batchSize: ids.length + 1});
    for (const d of found.sort((a, b) => compare(field(a, '_id'), field(b, '_id')))) {
      const wrong = wrongRecord(controlKind(d), d);
      if (wrong instanceof Newer) control.wrong(wrong); // one that is damaged is shown as it is, and written anew
      records.set(recordID(d), d);
    }
    if (this.report.conflicts.length > 0) throw new Conflicted();
    return records;
  }

  // claims are the records that are not this environment's, cluster's or weave's:
  // [{id, before, after, anew}], with the fields without `_id` and `format`; anew: the
  // record is damaged, is shown as a whole, and nothing of it stays.
  claims(records) {
    const {weave, environment} = this.state, {set, hosts} = this.control.cluster, changes = [];
    const add = (id, after, ...names) => {
      const d = records.get(id), anew = d !== undefined && wrongRecord(controlKind(d), d) !== undefined;
      const before = anew ? otherFields(d) : onlyFields(d, names);
      if (before === undefined || !identical(before, after)) changes.push({id, before, after, anew});
    };
    const cluster = doc('set', stringValue(set), 'hosts', array(hosts.map(stringValue)));
    for (const database of this.control.databases) {
      add(claimID(database), doc('environment', stringValue(environment), 'cluster', cluster), 'environment', 'cluster');
    }
    for (const c of this.state.collections) {
      add(collectionID(this.namespace(c)), doc('weave', stringValue(weave), 'environment', stringValue(environment)), 'weave', 'environment');
    }
    return changes;
  }

  // holds are the hold, if there is one.
  holds(records) {
    const id = this.control.holdID();
    if (!records.has(id)) return [];
    const d = records.get(id);
    return [{id, before: wrongRecord('hold', d) === undefined ? onlyFields(d, ['held']) : otherFields(d), after: undefined}];
  }

  * write({id, after, anew}) {
    if (after === undefined) yield* this.control.deleteOf('control', {_id: id});
    else {
      const $set = Object.fromEntries([['format', STATE_FORMAT], ...fields(after).map(f => [f.name, drive(f.v)])]);
      yield* this.control.write({update: 'control', updates: [{q: {_id: id}, u: anew ? {_id: id, ...$set} : {$set}, upsert: true}]}, false);
    }
  }
}

// onlyFields is a document of some of the fields of d; undefined when d is.
function onlyFields(d, names) {
  return d === undefined ? undefined : build(names.filter(name => field(d, name) !== undefined).map(name => ({name, v: field(d, name)})));
}

// otherFields is a record without its `_id`.
function otherFields(d) {
  return build(fields(d).filter(f => f.name !== '_id'));
}
