// Prune. In: the destination's documents, and which of them no desired one has the
// identity of; out: which are deleted, and how many may be. The rules are
// docs/enforcement.md, Prune.

// inScope reports whether `prune` has a document in its scope.
function inScope(c, d) {
  return c.prune !== undefined && (c.prune.where === undefined || holds(c.prune.where, d));
}

// pruningOf finds what goes of a collection with `prune`: {scope, bound, going, staying},
// documents in scope at the destination, the largest number of deletions, which go, and
// how many of the scope are nobody's and have no identity. others are those of live that
// no desired document stands for.
function pruningOf(c, live, others) {
  const {prune} = c, scoped = d => inScope(c, d);
  const scope = live.filter(scoped).length, bound = prune.percent ? Number(BigInt(scope) * prune.atMost / 100n) : Number(prune.atMost);
  const mine = others.filter(scoped), going = candidates(c.identity, mine);
  return {scope, bound, going, staying: mine.length - going.length};
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
