// Sharded collections. In: what config.collections has of them, documents as they are
// and will be; out: shard keys, what of one stands in a guard, and whether a write
// changes it. The rules are docs/enforcement.md, Sharded clusters.

// shardKeysCommand asks the database config for the shard keys of those of the
// collections that are sharded (MongoDB manual: reference/config-database).
function shardKeysCommand(namespaces, comment) {
  return {find: 'collections', filter: {_id: {$in: namespaces}}, projection: {key: 1}, batchSize: namespaces.length + 1, comment};
}

// shardKeysOf reads the answer: the paths of each key by namespace, without `_id`,
// which every guard has.
function shardKeysOf(found) {
  const keys = new Map();
  for (const d of found) {
    const names = fields(field(d, 'key')).map(f => f.name);
    keys.set(text(field(d, '_id')), names.filter(name => name !== '_id').map(name => name.split('.')));
  }
  return keys;
}

// addShardKey adds what a document has of the shard key to the guard of its write: so
// it goes to the shard that has the document (MongoDB manual:
// reference/method/db.collection.updateOne, Sharded Collections).
function addShardKey(guard, shardKey, before) {
  guard.key = [];
  for (const path of shardKey) {
    const v = get(before, path);
    const guarded = guard.present.some(f => pathKey(f.path) === pathKey(path));
    if (v !== undefined && !guarded && unsendable(v, '') === undefined) guard.key.push({path, v});
  }
}

// shardKeyChange finds a path of the shard key whose value a write changes: {path,
// before, after}; undefined when there is none.
function shardKeyChange(shardKey, was, is) {
  for (const path of shardKey) {
    const before = get(was, path), after = get(is, path);
    if (before === undefined ? after !== undefined : after === undefined || !identical(before, after)) return {path, before, after};
  }
  return undefined;
}
