// Another way to write where a server lacks what a write takes. In: a planned write, and
// what the server was seen to lack; out: the write in the way that is left. The rules are
// docs/enforcement.md, What a server lacks.

// adaptWrite changes how a document is written, never to what: an update that only gives
// values other types or forms becomes a replacement where a server takes that for no
// change; what a server's filters and updates cannot do goes in a transaction where there
// are some.
function adaptWrite(w, capabilities, transacts) {
  if (w.op.action === 'update' && featureLacking(capabilities, CAN_SET_TYPE) && setsSame(w)) {
    const guard = {id: w.op.guard.id, key: w.op.guard.key, present: [], absent: [], whole: w.before};
    w.op = {action: 'replace', document: updated(w.before, w.op.set, w.op.unset), set: [], unset: [], guard};
  }
  if (transacts && writeNeeds(w).some(f => featureLacking(capabilities, f))) w.alone = true;
}

// setsSame: a value that is set is no other one to some servers.
function setsSame(w) {
  return w.op.set.some(f => {
    const v = get(w.before, f.path);
    return v !== undefined && noChange(v, f.v);
  });
}

// noChange: a value that differs from another one may be taken for the same by a server: it
// is another one by its type or form alone, in a number within it, say. The scope of code,
// which is compared by its bytes here, may be such a value.
function noChange(before, after) {
  return same(before, after) || before.t === CODE_SCOPE && after.t === before.t;
}

// writeNeeds are the features beyond the core dialect that the write takes.
function writeNeeds(w) {
  if (w.isPlanned) return w.needs;
  if (w.alone) return [CAN_TRANSACTIONS];
  const out = [];
  if (w.op.action === 'update' && setsSame(w)) out.push(CAN_SET_TYPE);
  if (w.op.guard !== undefined && w.op.guard.whole !== undefined) out.push(CAN_WHOLE_GUARD);
  if (w.op.action === 'replace' && !replaceable(w.op.document)) out.push(CAN_UPDATE_PIPELINE);
  return out;
}
