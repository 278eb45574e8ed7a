// Prune: what of the destination's documents is deleted, within the bound. The rules
// are docs/enforcement.md, Prune.

// pruning finds what is deleted and what stays unmanaged.
/** @param {Look} l */
function pruning(l) {
  const prune = l.c.prune, counts = l.report.counts, {first} = l.run;
  let others = l.others;
  if (l.c.mode === 'structure') return; // no document is anybody's
  if (prune === undefined) {
    // What was read may hold more than was asked for.
    const matched = l.live.length - others.length;
    counts.unmanaged = l.all ? others.length : Math.max(0, l.counted - matched);
    return;
  }
  const inScope = d => prune.where === undefined || holds(prune.where, d);
  const scope = l.live.filter(inScope).length;
  // All but the first look of a run keep its bound.
  l.bound = first !== undefined ? first[l.at].bound : prune.percent ? Number(BigInt(scope) * prune.atMost / 100n) : Number(prune.atMost);
  others = others.filter(inScope);
  l.deletes = candidates(l.c.identity, others).map(deletion);
  l.deletes.forEach(w => addShardKey(w.op.guard, l.shardKey, w.before));
  l.deletes.forEach(w => l.guard(w));
  counts.delete = l.deletes.length;
  counts.unmanaged = others.length - l.deletes.length;
  const count = l.deletes.length + (first !== undefined ? l.run.deleted(l.at) : 0);
  if (count > l.bound) {
    l.conflict(prune.percent ? PRUNE_BOUND_PERCENT : PRUNE_BOUND, -1, [],
      {count, bound: l.bound, percent: prune.atMost, scope});
  }
}

// candidates are those of the documents that have an identity, in the order of
// identity, then `_id`.
function candidates(identity, others) {
  const found = [];
  for (const d of others) {
    const values = identityOf(identity, d);
    if (values !== undefined) found.push({values: values.concat([field(d, '_id')]), d});
  }
  found.sort((a, b) => {
    for (let i = 0; i < a.values.length; i++) {
      const c = compare(a.values[i], b.values[i]);
      if (c !== 0) return c;
    }
    return 0;
  });
  return found.map(f => f.d);
}
