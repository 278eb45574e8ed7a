// What is wanted and what is there, side by side in the collection of work; what may not be
// written; what there is to do. The Go half is stage.go.

// The documented rules of $merge, before anything is written (MongoDB manual, $merge).
function mongocdRefusals(t) {
  const out = [];
  const kind = (coll) => coll.getDB().runCommand({ listCollections: 1, filter: { name: coll.getName() } }).cursor.firstBatch[0];
  const source = kind(t.source), into = kind(t.into);
  if (!source) {
    out.push('there is no collection ' + t.c.source.join('.') + ' on this cluster, which is the source');
  }
  for (const name of t.c.lookups) { // $lookup takes one that is not there for an empty one
    if (!kind(t.source.getDB().getCollection(name))) {
      out.push('there is no collection ' + t.c.source[0] + '.' + name + ' on this cluster, which `lookup` reads');
    }
  }
  if (t.c.source.join('.') === t.c.into.join('.')) {
    out.push('the source is the destination');
  }
  if (t.p.prune && !mongocdTransactions()) {
    out.push('`prune` deletes in transactions, which this server has not: it is no replica set');
  }
  if (!into) {
    if (t.c.on.length !== 1 || t.c.on[0] !== '_id') {
      out.push('the collection is missing, and $merge needs a unique index over ' + t.c.on.join(', ') + ': create both');
    }
    return out;
  }
  if (into.type !== 'collection') {
    out.push('it is a ' + into.type + ', and $merge writes to collections only');
    return out;
  }
  if (into.options && into.options.capped) {
    out.push('it is capped: its documents cannot be updated so');
  }
  const same = (key) => Object.keys(key).length === t.c.on.length && t.c.on.every((name) => name in key);
  const plain = (index) => (index.unique || same({ _id: 1 })) && same(index.key) && !index.partialFilterExpression && !index.collation;
  if (t.into.getIndexes().filter(plain).length === 0) {
    out.push('$merge needs a unique index over exactly ' + t.c.on.join(', ') + ', not partial and without a collation: db.' + t.c.into[1] + '.createIndex({' + t.c.on.map((n) => JSON.stringify(n) + ': 1').join(', ') + '}, {unique: true})');
  }
  const sharded = mongocdShardKey(t);
  if (sharded && !sharded.every((name) => t.c.on.includes(name))) {
    out.push('its shard key (' + sharded.join(', ') + ') is not part of what identifies a document (' + t.c.on.join(', ') + '): name the fields of the key in `by`');
  }
  return out;
}

function mongocdTransactions() {
  const hello = db.hello();
  return hello.setName !== undefined || hello.msg === 'isdbgrid';
}

// The fields of the shard key; null where there is none, or it may not be read: $merge itself says it then.
function mongocdShardKey(t) {
  try {
    const found = db.getSiblingDB('config').getCollection('collections').findOne({ _id: t.c.into.join('.'), dropped: { $ne: true } });
    return found && found.key ? Object.keys(found.key) : null;
  } catch (e) {
    return null;
  }
}

function mongocdStage(run, t) {
  t.work.drop();
  t.work.createIndex({ done: 1, _id: 1 });
  mongocdMerge(run, t.source, t.p.wanted, t.work, '_id', [{ $set: { twice: true } }], 'insert');
  mongocdMerge(run, t.into, t.p.found, t.work, '_id', [{ $set: { s: '$$new.s' } }], 'discard');
  if (t.p.prune) {
    mongocdMerge(run, t.into, t.p.prune.candidates, t.work, '_id', 'keepExisting', 'insert');
  }
}

function mongocdDrop(run, t) {
  t.work.drop();
  run.progress.deleteOne({ _id: t.name });
}

function mongocdDropAll(run, tasks) {
  for (const t of tasks) {
    mongocdDrop(run, t);
  }
}

// How many documents of work are in each state, and the first of each, read once.
function mongocdCount(run, t) {
  const found = { fault: 0, twice: 0, inside: 0, beside: 0, prune: 0, insert: 0, update: 0, same: 0, ids: {}, faults: [], paths: [] };
  const first = (state) => [{ $match: { z: state } }, { $sort: { _id: 1 } }, { $limit: 5 }, { $project: { _id: 1, b: 1 } }];
  const states = ['twice', 'inside', 'beside', 'prune', 'insert', 'update'];
  const facets = { counts: [{ $group: { _id: '$z', n: { $sum: 1 } } }],
    faults: [{ $match: { z: 'fault' } }, { $group: { _id: '$f', n: { $sum: 1 }, first: { $min: '$_id' } } }, { $sort: { n: -1, _id: 1 } }, { $limit: 20 }] };
  for (const state of states) {
    facets[state] = first(state);
  }
  const seen = { z: t.p.state, f: 1 };
  if (t.p.beside) {
    seen.b = t.p.beside;
  }
  const got = t.work.aggregate([{ $match: t.resumes ? { done: { $nin: [true, ...t.finished] } } : {} }, { $project: seen }, { $facet: facets }], mongocdOptions(run, false)).toArray()[0];
  for (const g of got.counts) {
    found[g._id] = Number(g.n);
  }
  for (const state of states) {
    found.ids[state] = got[state].map((d) => d._id);
  }
  for (const d of got.beside) {
    for (const path of d.b) {
      found.paths.push(path.join('.'));
    }
  }
  found.faults = got.faults;
  return found;
}

function mongocdFirst(ids) {
  return ids.length === 0 ? '' : ' The first: ' + ids.slice(0, 5).map((id) => EJSON.stringify(id)).join(', ');
}

function mongocdShow(run, t) {
  const n = t.found;
  mongocdSay(mongocdName(t) + ' from ' + t.c.source.join('.') + ' (' + t.c.origin + '): ' + (t.resumes ? 'goes on; still ' : '') +
    n.insert + (t.c.inserts ? ' to insert, ' : ' that are not there, ') + n.update + ' to update, ' + (t.p.prune ? n.prune + ' to delete, ' : '') + n.same + ' in sync');
  if (n.insert > 0 && t.c.inserts) {
    mongocdSay('  insert:' + mongocdFirst(n.ids.insert));
  }
  if (n.update > 0) {
    mongocdSay('  update:' + mongocdFirst(n.ids.update));
  }
  if (n.prune > 0) {
    mongocdSay('  delete:' + mongocdFirst(n.ids.prune));
  }
  if (n.twice > 0) {
    mongocdSay('  ' + n.twice + ' identities are those of several documents.' + mongocdFirst(n.ids.twice));
  }
  if (n.inside > 0) {
    mongocdSay('  preserved-inside: ' + n.inside + ' documents have a field that is preserved within what would be written over.' + mongocdFirst(n.ids.inside));
  }
  if (n.beside > 0) {
    mongocdSay('  destination-only-fields: ' + n.beside + ' documents have fields that only the destination has.' + mongocdFirst(n.ids.beside) + '; fields: ' + [...new Set(n.paths)].slice(0, 5).join(', ') +
      '. Write `preserve` or `ignore` of them, `mode merge` to keep all such, or `mode exact` to remove them');
  }
  for (const g of n.faults) {
    const id = g.first && g.first.fault !== undefined ? g.first.fault : g.first;
    mongocdSay('  ' + g._id.code + ' at ' + g._id.at + ': ' + g.n + ' documents, _id ' + EJSON.stringify(id) + ' for one');
  }
  if (run.mode === 'plan') {
    mongocdSay('  the source: ' + mongocdAccess(t));
  }
}

// How the server reads the source, of its own explanation.
function mongocdAccess(t) {
  try {
    const text = JSON.stringify(t.source.explain('queryPlanner').aggregate(t.p.wanted));
    const index = /"indexName":"((?:[^"\\]|\\.)*)"/.exec(text);
    if (index) {
      return 'uses index ' + JSON.parse('"' + index[1] + '"');
    }
    return text.includes('COLLSCAN') ? 'scans all ' + t.source.estimatedDocumentCount() : 'its explanation does not say how it is read';
  } catch (e) {
    return 'the server does not explain how it is read';
  }
}

// Why the bound of `prune` refuses; empty: it does not. It is counted before the first write.
function mongocdBound(run, t) {
  const p = t.p.prune, n = t.found;
  if (!p || t.resumes) {
    return '';
  }
  if (n.insert + n.update + n.same === 0) {
    return mongocdName(t) + ': prune-empty: no document is wanted, and `prune` (' + p.origin + ') would delete all in its scope';
  }
  let bound = Number(p.atMost);
  if (p.percent) {
    const counted = t.into.aggregate([...p.scope, { $count: 'n' }], mongocdOptions(run, false)).toArray();
    bound = Math.floor((counted.length > 0 ? Number(counted[0].n) : 0) * bound / 100);
  }
  return n.prune <= bound ? '' : mongocdName(t) + ': prune-bound: ' + n.prune + ' documents would be deleted, and `prune` (' + p.origin + ') allows ' + bound;
}
