// Secrets. In: a state whose documents have null where a secret goes, and the texts
// that are given; out: a state with the texts in place, and for every document
// where they are, which are not known, and what it is compared by then. The rules
// are docs/enforcement.md, Secrets.

// secretNames are the names of all secrets of the state, each once, sorted.
function secretNames(state) {
  const names = new Set();
  for (const c of state.collections) {
    for (const d of c.documents) for (const s of d.secrets) for (const p of s.parts) if (p.name !== '') names.add(p.name);
  }
  return [...names].sort();
}

// readSecrets gives the texts of those of the names that are given; get reads an environment variable.
function readSecrets(get, names) {
  const given = new Map(), folder = get(SECRETS_DIR);
  for (const name of names) {
    let value = get(name), file = get(name + '_FILE'), optional = false;
    if (value !== '' && file !== '') throw new Usage(name + ' and ' + name + '_FILE are both set: unset one of them');
    if (file === '' && folder !== '' && value === '') [file, optional] = [folder + '/' + name, true];
    if (file !== '') {
      const read = host.readFile(file);
      if (optional && read.missing) continue;
      if (!read.read) throw new Usage('the secret ' + name + ' cannot be read from the file ' + clean(file));
      value = read.text === undefined ? undefined : read.text.replace(/\n$/, '').replace(/\r$/, '');
    } else if (value === '') continue;
    if (value === undefined || value.includes('\ufffd')) throw new Usage('the secret ' + name + ' is not UTF-8 text');
    given.set(name, value);
  }
  return given;
}

// withSecrets gives the state with the secrets in place. Documents get places,
// [{path, parts, owner, missing}]: owner is the path as far as documents go, missing
// are names that are not given; collections get places, the paths of all, and placeNames, the
// names that go there where they are the same in all documents. A value with one of those is a text that no other
// document has.
function withSecrets(state, given) {
  const collections = state.collections.map((c, n) => {
    const documents = c.documents.map((d, i) => withTexts(d, given, 'unknown ' + n + ' ' + i + ' '));
    const places = new Map();
    for (const {path, parts} of documents.flatMap(d => d.places)) {
      const k = pathKey(path), names = namesOf(parts), known = places.get(k);
      if (known === undefined) places.set(k, {path, names});
      else if (known.names !== undefined && !sameTexts(known.names, names)) known.names = undefined;
    }
    return {...c, documents, places: [...places.values()].map(p => p.path), placeNames: [...places.values()].map(p => p.names)};
  });
  return {...state, collections};
}

function withTexts(d, given, unknown) {
  if (d.secrets.length === 0) return d;
  const out = {...d, places: []};
  for (const {path, parts} of d.secrets) {
    const missing = [...new Set(parts.filter(p => p.name !== '' && !given.has(p.name)).map(p => p.name))];
    out.places.push({path, parts, owner: documentPath(d.d, path), missing});
    const text = missing.length > 0 ? unknown + pathKey(path) : parts.map(p => p.name === '' ? p.text : given.get(p.name)).join('');
    out.d = replaced(out.d, path, stringValue(text));
  }
  return out;
}

// namesOf are the names of the secrets in a text, each once.
function namesOf(parts) {
  return [...new Set(parts.filter(p => p.name !== '').map(p => p.name))];
}

function sameTexts(a, b) {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

// documentPath is the part of a path that enters documents only.
function documentPath(d, path) {
  for (let n = 1; n < path.length; n++) {
    const v = get(d, path.slice(0, n));
    if (v !== undefined && v.t !== DOCUMENT) return path.slice(0, n);
  }
  return path;
}

// related: one of the paths is p, above or below it.
function related(paths, p) {
  return paths.some(q => startsWith(p, q) || startsWith(q, p));
}

// hides: a value at p is, holds or lies in a secret of the document.
function hides(d, p) {
  return related(d.places.map(q => q.owner), p);
}

// judged is what a document is compared by with what the destination has: secrets
// that are not given, and that may be there, are as they are there; bare is the
// document with all such secrets so, given or not. unknown are those that are not
// given and that the policy does not leave to the destination.
function judged(policy, d, live) {
  const out = {wanted: d.d, bare: d.d, unknown: []};
  for (const q of d.places) {
    const v = thereAt(q, d.d, live);
    if (v === undefined) continue;
    out.bare = replaced(out.bare, q.path, v);
    if (q.missing.length === 0) continue;
    out.wanted = replaced(out.wanted, q.path, v);
    if (q.path[0] !== '_id' && policy.mode !== 'insert' && !covered(policy.preserve, q.owner) && !covered(policy.ignore, q.owner)) out.unknown.push(q);
  }
  return out;
}

// thereAt is the text at the destination that the secret may be: it stands in the
// same documents and at the same positions, in the same element of a list owned in part
// (live is where that is), with the same literal parts.
function thereAt(q, wanted, live) {
  let v = live, w = wanted;
  const found = q.live || q.path;
  for (let n = 0; n < found.length; n++) {
    if (v.t !== w.t || !isContainer(v)) return undefined;
    [v, w] = [field(v, found[n]), field(w, q.path[n])];
    if (v === undefined || w === undefined) return undefined;
  }
  return v.t === STRING && couldBe(q.parts, text(v)) ? v : undefined;
}

// couldBe reports whether some secrets make this text of the parts.
function couldBe(parts, value) {
  let open = false; // behind a secret
  for (const [n, p] of parts.entries()) {
    if (p.name !== '') {
      open = true;
      continue;
    }
    if (open && n === parts.length - 1) return value.endsWith(p.text);
    const at = value.indexOf(p.text);
    if (at < 0 || !open && at > 0) return false;
    value = value.slice(at + p.text.length);
    open = false;
  }
  return open || value === '';
}
