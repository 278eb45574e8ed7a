// The digest of a plan. In: the observations of a run; out: "sha256:…". The rules are
// docs/state.md, The plan's digest.

// planDigest is the digest of what these observations would write.
function planDigest(artefact, content, observations) {
  const hash = host.hashing(), out = new Writer(4096);
  const part = () => {
    hash.update(out.b.subarray(0, out.n));
    out.n = 0;
  };
  const add = list => {
    const d = build(list);
    out.raw(d.b, d.s, d.e);
    if (out.n > DIGEST_PART) part();
  };
  const textField = (name, value) => ({name, v: stringValue(value)});
  add([textField('artefact', artefact), {name: 'content', v: binaryValue(content)}]);
  for (const l of observations) digestObservation(l, add, textField);
  part();
  const sum = hash.digest();
  return 'sha256:' + hex(sum, 0, sum.length);
}

const DIGEST_PART = 1 << 20; // bytes that are digested at once

// engineDigest is that of the script's code: of the pure part as it is evaluated,
// and of the shell part as the script says it.
function engineDigest(shell, source) {
  const sum = host.sha256(host.encode(shell + '\n' + source));
  return 'sha256:' + hex(sum, 0, sum.length);
}

// digestObservation adds a collection: BSON documents, one after the other.
/** @param {Observation} l */
function digestObservation(l, add, textField) {
  const shown = v => v === undefined ? '' : canonical(v);
  add([textField('database', l.database), textField('collection', l.c.name), ...(l.missing ? [textField('action', 'create')] : [])]);
  for (const x of l.report.indexes) {
    if (x.action !== 'differs') add([textField('index', x.action), textField('name', x.name), textField('spec', shown(x.spec)), textField('before', shown(x.before))]);
  }
  for (const o of l.report.options) add([textField('option', o.name), textField('before', shown(o.before)), textField('after', shown(o.after))]);
  for (const planned of l.writes) {
    const w = planned.before === undefined ? planned : l.whole(planned);
    const d = l.c.documents[w.wanted], identity = identityDocument(l.c.identity, d.d);
    const mask = new Mask([], d.places.map(q => q.path), standsExactly(l.c, d));
    if (w.before === undefined) {
      const item = [{name: 'insert', v: identity}, {name: '_id', v: mask.value(['_id'], idOf(w))}];
      if (d.links.length > 0) item.push({name: 'document', v: mask.value([], l.whole(w).after)}); // the artefact says everything but the links
      add(item);
      continue;
    }
    const moved = w.move === undefined ? [] : [{name: 'move', v: fromIdentity(l.c, w.move)}];
    if (w.secretOnly) continue; // the artefact says which secret is written, and whether it is there already is not what is approved
    const changes = w.spots.map(s => {
      const sides = [];
      if (s.before !== undefined) sides.push({name: 'before', v: mask.value(s.at, s.before)});
      if (s.after !== undefined) sides.push({name: 'after', v: mask.value(s.at, s.after)});
      return {name: spotText(s.at), v: build(sides)};
    });
    add([...moved, {name: 'update', v: identity}, {name: '_id', v: idOf(w)}, {name: 'changes', v: build(changes)}]);
  }
  for (const w of l.deletes) {
    add([{name: 'delete', v: identityDocument(l.c.identity, w.before)}, {name: '_id', v: idOf(w)}, {name: 'read', v: w.before}]);
  }
}
