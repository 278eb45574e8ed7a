// Sharded collections. In: the collections that a look is about; out: their shard
// keys, guards that carry them, and writes that would change one. The rules are
// docs/enforcement.md, Sharded clusters.

// shardKeysOf reads the shard keys of those of the collections that are sharded, as
// paths by namespace: config.collections has them (MongoDB manual:
// reference/config-database). A role on the destination's databases does not give
// that; without it there are none.
function * shardKeysOf(run, collections) {
  const {control} = run, keys = new Map();
  if (!control.keeps || !control.cluster.sharded) return keys;
  const ids = collections.map(c => run.database(c) + '.' + c.name);
  const command = {find: 'collections', filter: {_id: {$in: ids}}, projection: {key: 1}, batchSize: ids.length + 1, comment: run.store.comment};
  let found;
  try {
    found = firstBatch(yield* control.send('config', command, true));
  } catch (e) {
    if (!(e instanceof Failure) || e.code !== 13) throw e;
    if (!run.report.notes.includes(NOTE_SHARD_KEYS_UNREAD)) run.report.notes.push(NOTE_SHARD_KEYS_UNREAD);
    return keys;
  }
  for (const d of found) {
    const names = fields(field(d, 'key')).map(f => f.name);
    keys.set(text(field(d, '_id')), names.filter(name => name !== '_id').map(name => name.split('.'))); // every guard has the _id
  }
  return keys;
}

// keyed adds what the document has of the shard key to the guard of its write: so
// it goes to the shard that has the document (MongoDB manual:
// reference/method/db.collection.updateOne, Sharded Collections).
function keyed(l, w) {
  const {guard} = w.op;
  guard.key = [];
  for (const path of l.shardKey) {
    const v = get(w.before, path);
    const guarded = guard.present.some(f => pathKey(f.path) === pathKey(path));
    if (v !== undefined && !guarded && unsendable(v, '') === undefined) guard.key.push({path, v});
  }
}

// movesShard reports a write that changes the shard key: it would move the
// document to another shard.
function movesShard(l, w) {
  for (const path of l.shardKey) {
    const before = get(w.before, path), after = get(w.after, path);
    if (before === undefined ? after === undefined : after !== undefined && identical(before, after)) continue;
    const shown = (exact, v) => v === undefined ? '(missing)' : l.shown(w.wanted, exact, path, v);
    l.conflict(SHARD_KEY_CHANGE, w.wanted, [path],
      {path: pathText(path), identity: l.identity(w.wanted), before: shown(false, before), after: shown(true, after)});
    return true;
  }
  return false;
}
