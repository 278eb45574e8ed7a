// Secrets. In: a state whose documents have null where a secret goes, and the
// texts that are given; out: a state with the texts in place, and for every
// document what must not be shown (hidden) and what is not known (unknown). The
// rules are docs/enforcement.md, Secrets; the twin is runtime/enforce/secrets.go
// and runtime/cli/secrets.go.

const SECRETS_DIR = 'MONGOCD_SECRETS_DIR';
const MASKED = '(secret)';
const MASKED_VALUE = stringValue(MASKED);

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

// withSecrets gives the state with the secrets in place. Documents get hidden
// and unknown, collections hidden: paths. A value with a name that is not given
// is a text that no other document has.
function withSecrets(state, given) {
  return {...state, collections: state.collections.map((c, n) => {
    const hidden = [];
    const documents = c.documents.map((d, i) => {
      const out = {...d, hidden: [], unknown: []};
      for (const s of d.secrets) {
        const missing = [...new Set(s.parts.filter(p => p.name !== '' && !given.has(p.name)).map(p => p.name))];
        const at = documentPath(d.d, s.path);
        out.hidden.push(at);
        hidden.push(at);
        let value = s.parts.map(p => p.name === '' ? p.text : given.get(p.name)).join('');
        if (missing.length > 0) {
          value = 'unknown ' + n + ' ' + i + ' ' + pathKey(s.path);
          let u = out.unknown.find(x => pathKey(x.path) === pathKey(at));
          if (u === undefined) out.unknown.push(u = {path: at, names: []});
          for (const name of missing) if (!u.names.includes(name)) u.names.push(name);
        }
        out.d = replaced(out.d, s.path, stringValue(value));
      }
      return out;
    });
    return {...c, documents, hidden};
  })};
}

// documentPath is the part of a path that enters documents only.
function documentPath(d, path) {
  for (let n = 1; n < path.length; n++) {
    const v = get(d, path.slice(0, n));
    if (v !== undefined && v.t !== DOCUMENT) return path.slice(0, n);
  }
  return path;
}

// replaced is v, a document or array, with another value at the path.
function replaced(v, path, by) {
  if (path.length === 0) return by;
  if (v.t !== DOCUMENT && v.t !== ARRAY) return v;
  return {...build(fields(v).map(f => f.name === path[0] ? {name: f.name, v: replaced(f.v, path.slice(1), by)} : f)), t: v.t};
}

// related: one of the paths is p, above or below it.
function related(paths, p) {
  return paths.some(q => startsWith(p, q) || startsWith(q, p));
}

// comparing is the policy with which a document that the destination has is
// compared, and what of it is not known.
function comparing(policy, d) {
  if (d.unknown.length === 0) return {policy, unknown: []};
  const unknown = policy.mode === 'insert' ? [] : d.unknown.filter(u => !covered(policy.preserve, u.path) && !covered(policy.ignore, u.path));
  return {policy: {...policy, preserve: policy.preserve.concat(d.unknown.map(u => u.path))}, unknown};
}

// maskedChanges hides values of the changes of a document and adds what is not
// known, sorted by path.
function maskedChanges(d, leaves, unknown) {
  const all = leaves.concat(unknown.map(u => ({path: u.path, before: undefined, after: undefined, unknown: u.names})));
  all.sort((a, b) => comparePaths(a.path, b.path));
  return all.map(l => {
    const hide = v => v !== undefined && related(d.hidden, l.path) ? MASKED_VALUE : v;
    return {path: pathText(l.path), before: hide(l.before), after: hide(l.after), unknown: l.unknown, links: linkItems(l.path, l.links || [])};
  });
}

// redactor gives a function that takes out of what a server says what nobody may see: the texts of
// secrets and, where a collection has redacted fields, the key that it quotes.
function redactor(state, given) {
  const secrets = secretRedactor(state, given);
  if (state.collections.every(c => c.redact.length === 0)) return secrets;
  return text => {
    const quoted = 'dup key:', start = text.indexOf(quoted), end = text.lastIndexOf('\nCheck ');
    return secrets(start < 0 ? text : text.slice(0, start) + quoted + ' (redacted)' + (end > start ? text.slice(end) : ''));
  };
}

function secretRedactor(state, given) {
  const texts = new Set();
  for (const name of secretNames(state)) {
    const text = given.get(name);
    if (text !== undefined && text !== '') texts.add(text).add(JSON.stringify(text).slice(1, -1));
  }
  if (texts.size === 0) return text => text;
  const list = [...texts].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(list.map(text => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'g');
  return text => text.replace(pattern, () => MASKED);
}
