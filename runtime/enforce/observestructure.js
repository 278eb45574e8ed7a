// What an observation finds about structure: shard keys, options that cannot be changed, and
// what the server lacks. In: an observation; out: conflicts. Comparing and the commands are
// pure, and in runtime/structure.

// readShardKeys reads the shard keys of those of the collections that are sharded. A
// role on the destination's databases does not give that; without it there are none.
/** @param {Run} run */
function * readShardKeys(run, collections) {
  if (!run.db.keeps || !run.remembered.hello.cluster.sharded) return new Map();
  const command = shardKeysCommand(collections.map(c => run.database(c) + '.' + c.name), run.store.comment);
  try {
    return shardKeysOf(firstBatch(yield* run.db.send('config', command, true)));
  } catch (e) {
    if (!(e instanceof Failure) || e.code !== 13) throw e;
    run.note(NOTE_SHARD_KEYS_UNREAD);
    return new Map();
  }
}

// movesShard reports a write that changes the shard key: it would move the document to
// another shard.
/** @param {Observation} l */
function movesShard(l, w) {
  const change = shardKeyChange(l.shardKey, w.before, w.after);
  if (change === undefined) return false;
  const {path, before, after} = change, shown = (exact, v) => v === undefined ? MISSING_TEXT : shownValue(l.c, w.wanted, exact, path, v);
  l.conflict(SHARD_KEY_CHANGE, w.wanted, [path],
    {path: pathText(path), identity: l.identity(w.wanted), before: shown(false, before), after: shown(true, after)});
  return true;
}

// fixedOptions reports options that cannot be changed.
/** @param {Observation} l */
function fixedOptions(l) {
  for (const o of l.optionPlan.fixed) {
    l.conflict(OPTION_UNCHANGEABLE, -1, [], {option: clean(o.name), before: shortOr(o.before), after: shortOr(o.after)});
    l.causedBy('options');
  }
}

// serverLacks reports features that the server has not.
/** @param {Observation} l */
function serverLacks(l, wire) {
  const lacks = l.missing ? lacking(l.c.options, l.c.indexes, wire) : l.optionPlan.lacking.concat(lacking(EMPTY, l.indexPlan.built(), wire));
  for (const {name, version} of new Set(lacks)) {
    l.conflict(SERVER_LACKS, -1, [], {feature: name, version, wire});
  }
}

// measure finds the size of a collection on which indexes are to be built.
/** @param {Observation} l */
function* measure(l) {
  const size = yield* l.run.store.size(l.database, l.c.name);
  for (const i of l.indexPlan.builds) l.indexPlan.items[i].build = size;
}

// needsOf are the features beyond the core dialect that writing what was observed takes, each once, with
// what takes it: the desired document (-1: none), the name of an index, options of the collection.
/** @param {Observation} l */
function needsOf(l) {
  const out = new Map();
  for (const {feature, index} of structureNeeds(l.c, l.missing, l.optionPlan, l.indexPlan)) out.set(feature, {about: -1, index, ofOptions: index === undefined});
  const add = (feature, about) => {
    if (!out.has(feature)) out.set(feature, {about, index: undefined, ofOptions: false});
  };
  for (const w of l.writes) for (const feature of writeNeeds(w)) add(feature, w.wanted);
  for (const w of l.deletes) for (const feature of writeNeeds(w)) add(feature, -1);
  for (const s of l.stages) if (s.whole) add(CAN_TRANSACTIONS, -1);
  return out;
}

// probe finds what the server can do, where what was observed takes more than the core
// dialect and that is not known of this version: what is observed then takes it in.
/** @param {Writing} w */
function * probe({run, seen}) {
  const features = seen.all.flatMap(l => [...needsOf(l).keys()]);
  if (features.length === 0) return;
  const server = yield* askServer(run.db), {hello, found} = run.remembered;
  if (featuresKnown(found.capabilities, server, features)) return;
  const {untried, refusal} = yield* probeServer(run.db, server, hello.cluster);
  const words = CAPABILITY_FEATURES.filter(({name}) => features.includes(name) && untried.includes(name)).map(f => f.words);
  const why = refusal === '' ? fill(WHY_NOT_ALLOWED, {database: clean(run.db.name)}) : fill(WHY_NOTHING_TAKEN, {message: clean(refusal)});
  if (words.length > 0) run.note(fill(NOTE_UNTRIED, {why, features: words.join('; ')}));
}

// cannot reports what the server was seen to lack of what is needed.
/** @param {Observation} l */
function cannot(l) {
  const {capabilities} = l.run.remembered.found;
  if (capabilities === undefined || capabilities.lacks.length === 0) return;
  for (const [name, {about, index, ofOptions}] of needsOf(l)) {
    if (!featureLacking(capabilities, name)) continue;
    const feature = featureWords(name) + (index === undefined ? '' : ' (the index ' + clean(index) + ')');
    l.conflict(SERVER_CANNOT, about, [], {version: clean(serverText(capabilities.server)), feature});
    if (ofOptions) l.causedBy('options');
  }
  sortConflicts(l.conflicts);
}

// ownSource reports whether a destination collection is one that the data was extracted from.
/** @param {Run} run */
function ownSource(run, info) {
  const sources = run.state.sources || [];
  if (sources.length === 0 || info === undefined || info.uuid === undefined || run.settings.sameCluster) return false;
  return sources.includes(hex(host.sha256(info.uuid), 0, 16));
}
