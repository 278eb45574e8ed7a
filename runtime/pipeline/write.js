// From the collection of work to the destination, in ranges of the identity. The Go half
// is write.go.

// How many documents one transaction deletes at most: it is to end within the minute that a server gives it.
const mongocdDeletes = 1000;

// Whether there is a run to go on with: its work, the numbers of its ranges in it, and
// which of them are finished. One that was begun is written again, which changes nothing
// that was written.
function mongocdResume(run, t) {
  const at = run.progress.findOne({ _id: t.name, phase: 'writing' });
  t.finished = at ? at.finished.map(Number) : [];
  return Boolean(at);
}

// The documents that are to be written get the numbers of their ranges, by their
// identities, and what is to be done with each.
function mongocdNumber(run, t) {
  const deep = t.p.deep ? { $let: { vars: { z: t.p.state }, in: { $cond: [{ $eq: ['$$z', 'update'] }, { $cond: [t.p.deep, 'deep', 'update'] }, '$$z'] } } } : t.p.state;
  const todo = [...(t.c.inserts ? ['insert'] : []), ...(t.c.updates ? ['update'] : []), 'deep'];
  mongocdMerge(run, t.work, [{ $match: { done: false } }, { $project: { z: deep } }, { $match: { z: { $in: todo } } },
    { $setWindowFields: { sortBy: { _id: 1 }, output: { done: { $documentNumber: {} } } } },
    { $set: { done: { $toInt: { $ceil: { $divide: ['$done', run.range] } } } } }], t.work, '_id', [{ $set: { done: '$$new.done', z: '$$new.z' } }], 'discard');
  run.progress.updateOne({ _id: t.name }, { $set: { phase: 'writing', finished: [] } }, { upsert: true, writeConcern: { w: 'majority' } });
}

// One range after the other: it inserts, updates, and is finished.
function mongocdWrite(run, t) {
  if (!t.resumes) {
    mongocdNumber(run, t);
  }
  run.wrote = true;
  const found = t.work.aggregate([{ $match: { done: { $type: 'number', $nin: t.finished } } }, { $group: { _id: '$z', n: { $sum: 1 }, last: { $max: '$done' } } }], mongocdOptions(run, false)).toArray();
  const total = found.reduce((n, g) => n + Number(g.n), 0), last = Math.max(0, ...found.map((g) => Number(g.last)));
  for (let number = 1, written = 0; number <= last; number++) {
    if (t.finished.includes(number)) {
      continue;
    }
    const n = t.work.countDocuments({ done: number });
    if (n === 0) {
      throw new Error('the work of this run is gone: somebody else runs the same, or has dropped it');
    }
    const only = (todo, then) => [{ $match: { done: number, z: todo } }, ...then];
    if (t.c.inserts) {
      mongocdMerge(run, t.work, only('insert', t.p.inserts), t.into, t.c.on, [{ $replaceWith: '$$ROOT' }], 'insert');
    }
    if (t.c.updates) {
      mongocdMerge(run, t.work, only('update', t.p.updates), t.into, t.c.on, t.p.whenMatched, 'discard');
    }
    if (found.some((g) => g._id === 'deep')) {
      mongocdMerge(run, t.work, only('deep', t.p.updates), t.into, t.c.on, t.p.whenMatchedDeep, 'discard');
    }
    run.progress.updateOne({ _id: t.name }, { $push: { finished: number } }, { writeConcern: { w: 'majority' } });
    written += n;
    mongocdSay(mongocdName(t) + ': ' + written + ' of ' + total);
  }
}

// The documents that the destination has alone, so many a transaction. It deletes them by
// their _id, and nobody can change them from then on until it ends; what they are then is
// read beside it, and where one is not what was seen, it is left, and the transaction taken back.
function mongocdDelete(run, t) {
  if (!t.p.prune) {
    return;
  }
  const total = t.work.countDocuments({ done: 'prune' });
  for (let gone = 0, left = 0; gone + left < total;) {
    const found = t.work.aggregate([{ $match: { done: 'prune' } }, { $sort: { _id: 1 } }, { $limit: Math.min(run.range, mongocdDeletes) }, { $project: { id: '$x._id' } }], mongocdOptions(run, false)).toArray();
    if (found.length === 0) {
      throw new Error('the work of this run is gone: somebody else runs the same, or has dropped it');
    }
    const kept = mongocdDeleteUnchanged(run, t, found);
    t.work.updateMany({ _id: { $in: found.map((d) => d._id) } }, { $set: { done: true } }, { writeConcern: { w: 'majority' } });
    gone += found.length - kept;
    left += kept;
    mongocdSay(mongocdName(t) + ': deleted ' + gone + ' of ' + total);
  }
}

// How often a transaction is begun that the server ends for what others write meanwhile;
// the next one sees it.
const mongocdTries = 20;

// How many were left of documents, given as {_id: in work, id: in the destination}.
function mongocdDeleteUnchanged(run, t, found) {
  const all = found.length;
  const session = db.getMongo().startSession();
  try {
    for (let tried = 1; found.length > 0;) {
      let changed = [], again = false;
      try {
        changed = mongocdDeleteOnce(run, t, session, found);
      } catch (e) {
        again = [...(e.errorLabels || [])].includes('TransientTransactionError') && tried < mongocdTries;
        if (!again) {
          throw e;
        }
      }
      if (again) {
        tried++;
        sleep(tried * 10);
      } else if (changed.length === 0) {
        break;
      } else {
        found = found.filter((d) => !changed.includes(EJSON.stringify(d._id)));
      }
    }
  } finally {
    session.endSession();
  }
  return all - found.length;
}

// One transaction, taken back where documents were changed, of which it gives the _id in work.
function mongocdDeleteOnce(run, t, session, found) {
  const ids = { $in: found.map((d) => d.id) }, works = { $in: found.map((d) => d._id) };
  session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } });
  let changed;
  try {
    session.getDatabase(t.c.into[0]).getCollection(t.c.into[1]).deleteMany({ _id: ids });
    mongocdMerge(run, t.into, [{ $match: { _id: ids } }, { $replaceWith: t.p.prune.look }], t.work, '_id', [{ $set: { now: '$$new.now' } }], 'discard');
    changed = t.work.aggregate([{ $match: { _id: works } }, { $match: { $expr: t.p.prune.changed } }, { $project: { _id: 1 } }], mongocdOptions(run, false)).toArray().map((d) => EJSON.stringify(d._id));
  } catch (e) {
    session.abortTransaction();
    throw e;
  }
  if (changed.length === 0) {
    session.commitTransaction();
  } else {
    session.abortTransaction();
  }
  return changed;
}
