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

// needsOf are the features beyond the core dialect that writing what was observed takes, each once, with the
// desired document for which it is needed; -1: none.
/** @param {Observation} l */
function needsOf(l) {
  const out = new Map();
  const add = (feature, about) => {
    if (!out.has(feature)) out.set(feature, about);
  };
  for (const feature of structureNeeds(l.c, l.missing, l.optionPlan, l.indexPlan)) add(feature, -1);
  for (const w of l.writes) for (const feature of writeNeeds(w)) add(feature, w.wanted);
  for (const w of l.deletes) for (const feature of writeNeeds(w)) add(feature, -1);
  for (const s of l.stages) if (s.whole) add(CAN_TRANSACTIONS, -1);
  return out;
}

// probe finds what a server can do that was tried once, where what was observed takes more
// than the core dialect, and that is not known of this version: what is observed then takes it in.
/** @param {Writing} w */
function * probe({run, seen}) {
  const features = seen.all.flatMap(l => [...needsOf(l).keys()]);
  if (features.length === 0 || run.remembered.found.capabilities === undefined) return;
  const server = yield* askServer(run.db), {hello, found} = run.remembered;
  if (!featuresKnown(found.capabilities, server, features)) yield* probeServer(run.db, server, hello.cluster);
}

// cannot reports what the server was seen to lack of what is needed.
/** @param {Observation} l */
function cannot(l) {
  const {capabilities} = l.run.remembered.found;
  if (capabilities === undefined || capabilities.lacks.length === 0) return;
  for (const [feature, about] of needsOf(l)) {
    if (featureLacking(capabilities, feature)) l.conflict(SERVER_CANNOT, about, [], {version: clean(serverText(capabilities.server)), feature: featureWords(feature)});
  }
  sortConflicts(l.conflicts);
}
