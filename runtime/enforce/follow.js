// Documents that get another identity. In: an observation whose documents are matched
// by their identities; out: the twins that move, chains that stand, and deletes of what
// gets another `_id`; and notes about a delete and an insert that look like a move.
// The rules are docs/enforcement.md, Moves.

// followMoves gives desired documents the twins that move to their identities.
/** @param {Observation} l */
function followMoves(l) {
  const {c, byKey, moved, twins} = l;
  if (c.moves.length === 0 || c.mode === 'structure') return;
  const old = new Map(); // by the key of an identity that no desired document has
  for (const d of l.others) {
    const values = identityOf(c.identity, d), k = values === undefined ? undefined : key(values);
    if (k !== undefined) old.set(k, (old.get(k) || []).concat([d]));
  }
  const of = values => byKey.has(key(values)) ? twins[byKey.get(key(values))] : old.get(key(values)) || [];
  const {now, both, unclear} = movesNow(c, values => of(values).length > 0);
  for (const first of both.concat(unclear)) stopChain(l, first, unclear.includes(first), of);
  const going = now.map(n => of(c.moves[n].from));
  for (const n of now) { // a chain from its end on, so that none is given away twice
    const i = byKey.get(key(c.moves[n].from));
    if (i !== undefined) twins[i] = [];
  }
  const leaving = new Set();
  now.forEach((n, k) => {
    const i = byKey.get(key(c.moves[n].to));
    twins[i] = going[k];
    moved.set(i, c.moves[n]);
    for (const d of going[k]) leaving.add(idKey(d));
  });
  l.others = l.others.filter(d => !leaving.has(idKey(d)));
}

// stopChain sees to a chain of moves that cannot be told. Where a single document was
// inserted with its new `_id` and its old one was not deleted any more, that is done now.
/** @param {Observation} l */
function stopChain(l, first, unclear, of) {
  const {c, byKey} = l, m = c.moves[first], i = byKey.get(key(m.to)), old = of(m.from), now = of(m.to);
  let end = first + 1;
  while (end < c.moves.length && key(c.moves[end].from) === key(c.moves[end - 1].to)) end++;
  if (!unclear && end === first + 1 && old.length === 1 && now.length === 1 && followed(c, i, old[0], now[0])) {
    l.followed.push(old[0]);
    l.others = l.others.filter(d => idKey(d) !== idKey(old[0]));
    return;
  }
  l.conflict(unclear ? MOVE_UNCLEAR : MOVE_BOTH, i, [], {from: short(fromIdentity(c, m)), to: l.identity(i), ids: l.idTexts(old.concat(now))});
  l.conflicts[l.conflicts.length - 1].origin = m.origin;
  for (const {to} of c.moves.slice(first, end)) l.stuck.add(byKey.get(key(to))); // nothing is done about a chain that stands
}

// leaveBehind plans to delete a document that is inserted with another `_id`.
/** @param {Observation} l */
function leaveBehind(l, d) {
  const w = deletion(d);
  addShardKey(w.op.guard, l.shardKey, w.before);
  l.guard(w);
  l.deletes.push(w);
  l.leaving++;
}

// lookAlikes are the notes about an observation: about an insert and a delete that look
// like each other and like nothing else.
/** @param {Observation} l */
function lookAlikes(l) {
  const inserts = l.writes.filter(w => w.before === undefined), gone = l.pruned(), notes = [];
  if (inserts.length * gone.length > LOOK_ALIKE_PAIRS || l.c.mode === 'insert') return notes;
  const like = inserts.map(w => gone.filter(x => looksLike(l.c, w.wanted, x.before)));
  inserts.forEach((w, i) => {
    const [d, ...others] = like[i];
    if (d === undefined || others.length > 0 || like.filter(of => of.includes(d)).length > 1 || notes.length === LOOK_ALIKE_NOTES) return;
    notes.push(fill(NOTE_LOOK_ALIKE, {
      namespace: clean(l.namespace()), from: short(identityDocument(l.c.identity, d.before)), to: l.identity(w.wanted),
      old: identityLiteral(l.c, d.before), new: identityLiteral(l.c, l.c.documents[w.wanted].d),
    }));
  });
  return notes;
}

// identityLiteral is an identity as `moved` has it.
function identityLiteral(c, d) {
  const texts = identityOf(c.identity, d).map(short);
  return texts.length === 1 ? texts[0] : '[' + texts.join(', ') + ']';
}
