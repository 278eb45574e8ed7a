// Runs pipelines: what is wanted and what is there meet in a collection of work, and go
// from there to the destination in ranges of the identity.
//
// In: collections, as codegen/pipeline writes them, and MONGOCD_… of the environment.
// Out: lines for people, and the exit code.

// Every field of a document of work is said in compiler/pushdown/collection.go.
function mongocdPipelines(collections) {
  const env = process.env;
  const mode = env.MONGOCD_MODE || 'plan';
  const range = Number(env.MONGOCD_RANGE || '10000');
  const maxTime = Number(env.MONGOCD_MAX_TIME || '0');
  if (!['plan', 'apply', 'verify'].includes(mode)) {
    mongocdSay('MONGOCD_MODE is ' + JSON.stringify(mode) + '; it takes plan, apply or verify');
    return 64;
  }
  if (!Number.isInteger(range) || range < 1 || !(maxTime >= 0)) {
    mongocdSay('MONGOCD_RANGE takes a number from 1, MONGOCD_MAX_TIME seconds');
    return 64;
  }
  const state = db.getSiblingDB(env.MONGOCD_STATE_DATABASE || 'mongocd');
  const progress = state.getCollection('pipeline.progress');
  const run = { mode, range, maxTime, state, progress, wrote: false };
  try {
    const tasks = [];
    for (const c of collections) {
      tasks.push(mongocdTask(run, c));
    }
    const refused = [];
    for (const t of tasks) {
      for (const line of mongocdRefusals(t)) {
        refused.push(mongocdName(t) + ': ' + line);
      }
    }
    if (refused.length > 0) {
      refused.forEach((line) => mongocdSay('refused: ' + line));
      return 3;
    }
    let differences = 0, faults = 0;
    for (const t of tasks) {
      t.resumes = mode === 'apply' && progress.countDocuments({ _id: t.name, phase: 'writing' }) === 1;
      if (!t.resumes) {
        mongocdStage(run, t);
      }
      t.counts = mongocdCount(run, t, t.resumes ? { done: false } : {});
      mongocdShow(run, t);
      faults += t.counts.fault + t.counts.twice;
      differences += mongocdTodo(t);
    }
    if (faults > 0) {
      mongocdSay('refused: ' + faults + ' documents are at fault, and nothing is written until the rules say what becomes of them');
      mongocdDropAll(run, tasks);
      return 3;
    }
    if (mode !== 'apply') {
      mongocdDropAll(run, tasks);
      mongocdSay(differences === 0 ? 'in sync' : differences + ' documents differ');
      return mode === 'verify' && differences > 0 ? 2 : 0;
    }
    if (differences === 0 && tasks.every((t) => !t.resumes)) {
      mongocdDropAll(run, tasks);
      mongocdSay('in sync: nothing was written');
      return 0;
    }
    for (const t of tasks) {
      mongocdWrite(run, t);
    }
    let kept = 0;
    for (const t of tasks) {
      mongocdStage(run, t);
      t.counts = mongocdCount(run, t, {});
      kept += mongocdTodo(t);
      if (mongocdTodo(t) > 0) {
        mongocdSay(mongocdName(t) + ': ' + mongocdTodo(t) + ' documents differ again: somebody changed them meanwhile, and they are as they were left. ' + mongocdSample(run, t, ['update', 'insert']));
      }
      mongocdDrop(run, t);
    }
    mongocdSay(kept === 0 ? 'applied and verified' : 'applied; ' + kept + ' documents were kept: run it again');
    return kept === 0 ? 0 : 4;
  } catch (e) {
    const code = e && e.code !== undefined ? ' (code ' + e.code + ')' : '';
    mongocdSay((run.wrote ? 'stopped after writing: ' : 'failed, nothing was written: ') + String(e && e.message ? e.message : e) + code);
    if (run.wrote) {
      mongocdSay('run it again: it goes on with the range that was not finished');
    }
    return run.wrote ? 4 : 1;
  }
}

// Identities and messages of servers hold what data holds.
function mongocdSay(line) {
  print(escapeShown(line));
}

function mongocdName(t) {
  return t.c.into.join('.');
}

function mongocdTask(run, c) {
  const name = 'pipeline.' + c.digest + (run.mode === 'apply' ? '' : '.looked-at'); // what is to be gone on with stays
  return {
    c, name, p: EJSON.parse(c.pipelines, { relaxed: false }), work: run.state.getCollection(name),
    source: db.getSiblingDB(c.source[0]).getCollection(c.source[1]), into: db.getSiblingDB(c.into[0]).getCollection(c.into[1]),
  };
}

// What of the documents of work is still to be written.
function mongocdTodo(t) {
  return (t.c.inserts ? t.counts.insert : 0) + (t.c.updates ? t.counts.update : 0);
}

function mongocdOptions(run, writes) {
  const o = { allowDiskUse: true, collation: { locale: 'simple' } };
  if (run.maxTime > 0) {
    o.maxTimeMS = run.maxTime * 1000;
  }
  if (writes) {
    o.writeConcern = { w: 'majority' };
  }
  return o;
}

function mongocdMerge(run, from, stages, into, on, matched, unmatched) {
  from.aggregate([...stages, { $merge: { into: { db: into.getDB().getName(), coll: into.getName() }, on, whenMatched: matched, whenNotMatched: unmatched } }], mongocdOptions(run, true)).toArray();
}

// The documented rules of $merge, before anything is written (MongoDB manual, $merge).
function mongocdRefusals(t) {
  const out = [];
  const kind = (coll) => coll.getDB().runCommand({ listCollections: 1, filter: { name: coll.getName() } }).cursor.firstBatch[0];
  const source = kind(t.source), into = kind(t.into);
  if (!source) {
    out.push('there is no collection ' + t.c.source.join('.') + ' on this cluster, which is the source');
  }
  if (t.c.source.join('.') === t.c.into.join('.')) {
    out.push('the source is the destination');
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
  const sharded = t.shards = mongocdShardKey(t);
  if (sharded && !Object.keys(sharded).every((name) => t.c.on.includes(name))) {
    out.push('its shard key ' + JSON.stringify(sharded) + ' is not part of what identifies a document (' + t.c.on.join(', ') + '): name the fields of the key in `by`');
  }
  return out;
}

function mongocdShardKey(t) {
  try {
    const found = db.getSiblingDB('config').getCollection('collections').findOne({ _id: t.c.into.join('.'), dropped: { $ne: true } });
    return found ? found.key : null;
  } catch (e) {
    return null; // no right to read it, or no such database: $merge itself says it then
  }
}

// What is wanted and what is there, side by side in the collection of work.
function mongocdStage(run, t) {
  t.work.drop();
  t.work.createIndex({ done: 1, _id: 1 });
  mongocdMerge(run, t.source, t.p.wanted, t.work, '_id', [{ $set: { twice: true } }], 'insert');
  mongocdMerge(run, t.into, t.p.found, t.work, '_id', [{ $set: { s: '$$new.s' } }], 'discard');
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

function mongocdCount(run, t, filter) {
  const counts = { fault: 0, twice: 0, insert: 0, update: 0, same: 0 };
  for (const g of t.work.aggregate([{ $match: filter }, { $group: { _id: t.p.state, n: { $sum: 1 } } }], mongocdOptions(run, false)).toArray()) {
    counts[g._id] = Number(g.n);
  }
  return counts;
}

function mongocdSample(run, t, states) {
  const found = t.work.aggregate([{ $match: { $expr: { $in: [t.p.state, states] } } }, { $sort: { _id: 1 } }, { $limit: 5 }, { $project: { _id: 1 } }], mongocdOptions(run, false)).toArray();
  return found.length === 0 ? '' : 'The first: ' + found.map((d) => EJSON.stringify(d._id)).join(', ');
}

function mongocdShow(run, t) {
  const n = t.counts;
  mongocdSay(mongocdName(t) + ' from ' + t.c.source.join('.') + ' (' + t.c.origin + '): ' + (t.resumes ? 'goes on; still ' : '') +
    n.insert + (t.c.inserts ? ' to insert, ' : ' that are not there, ') + n.update + ' to update, ' + n.same + ' in sync');
  if (n.insert > 0 && t.c.inserts) {
    mongocdSay('  insert: ' + mongocdSample(run, t, ['insert']));
  }
  if (n.update > 0) {
    mongocdSay('  update: ' + mongocdSample(run, t, ['update']));
  }
  if (n.twice > 0) {
    mongocdSay('  ' + n.twice + ' identities are those of several documents. ' + mongocdSample(run, t, ['twice']));
  }
  if (n.fault > 0) {
    const faults = t.work.aggregate([{ $match: { 'f.code': { $exists: true } } }, { $group: { _id: '$f', n: { $sum: 1 }, first: { $min: '$_id.fault' } } }, { $sort: { n: -1, _id: 1 } }, { $limit: 20 }], mongocdOptions(run, false)).toArray();
    for (const g of faults) {
      mongocdSay('  ' + g._id.code + ' at ' + g._id.at + ': ' + g.n + ' documents, _id ' + EJSON.stringify(g.first) + ' for one');
    }
  }
  if (run.mode === 'plan') {
    mongocdSay('  the source is read ' + mongocdAccess(t));
  }
}

// How the server reads the source, of its own explanation.
function mongocdAccess(t) {
  try {
    const text = JSON.stringify(t.source.explain('queryPlanner').aggregate(t.p.wanted));
    if (text.includes('IXSCAN')) {
      return 'by an index';
    }
    return text.includes('COLLSCAN') ? 'as a whole' : 'as its explanation does not say';
  } catch (e) {
    return 'as the server does not explain';
  }
}

// One range after the other: inserts, updates, then the mark that it is done. A range that
// was interrupted is written again, which changes nothing that was written.
function mongocdWrite(run, t) {
  run.progress.updateOne({ _id: t.name }, { $set: { phase: 'writing' } }, { upsert: true, writeConcern: { w: 'majority' } });
  const total = t.work.countDocuments({ done: false });
  const within = [{ $match: { done: false } }, { $sort: { _id: 1 } }, { $limit: run.range }];
  const only = (state) => ({ $match: { $expr: { $eq: [t.p.state, state] } } });
  for (let left = total; left > 0; left -= run.range) {
    run.wrote = true;
    if (t.c.inserts) {
      mongocdMerge(run, t.work, [...within, only('insert'), ...t.p.inserts], t.into, t.c.on, [{ $replaceWith: '$$ROOT' }], 'insert');
    }
    if (t.c.updates) {
      mongocdMerge(run, t.work, [...within, only('update'), ...t.p.updates], t.into, t.c.on, t.p.whenMatched, 'discard');
    }
    mongocdMerge(run, t.work, [...within, { $project: { _id: 1 } }], t.work, '_id', [{ $set: { done: true } }], 'discard');
    mongocdSay(mongocdName(t) + ': ' + Math.min(total, total - left + run.range) + ' of ' + total);
  }
}
