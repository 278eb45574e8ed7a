// Fields of `redact` and `omit`, which extraction leaves out. In: the patterns (a
// path, or a name as text), the wanted document D and the destination's L; out:
// what of L is the destination's own. The rules are docs/enforcement.md, Fields
// left out.

// Kept is what of L the patterns leave to the destination: paths of such fields
// in documents, and inside, those in arrays (with positions as names).
class Kept {
  constructor(patterns, wanted) {
    this.patterns = patterns;
    this.wanted = wanted;
    this.paths = [];
    this.inside = [];
  }

  matches(p) {
    return this.patterns.some(q => typeof q === 'string' ? q === p[p.length - 1] : q.length === p.length && startsWith(p, q));
  }

  // document gives the document at a path without left out fields in its arrays.
  document(at, d) {
    return edit(d, (name, v) => {
      const p = at.concat([name]);
      if (p.length === 1 && name === '_id') return v;
      if (this.matches(p)) {
        if (get(this.wanted, p) === undefined) this.paths.push(p); // else a secret is wanted there
        return v;
      }
      if (v.t === DOCUMENT) return this.document(p, v);
      return v.t === ARRAY ? this.elements(p, v, this.unwantedIn(p)) : v;
    });
  }

  // unwantedIn gives the left out names but those that fields in D's array have,
  // which are secrets: then all fields of such a name there are the rules'.
  unwantedIn(p) {
    const names = this.patterns.filter(q => typeof q === 'string'), v = get(this.wanted, p), probe = new Kept([], this.wanted);
    if (v === undefined || v.t !== ARRAY) return names;
    probe.elements([], v, names);
    return names.filter(name => !probe.inside.some(q => q[q.length - 1] === name));
  }

  // elements gives an array, or a document in one, without fields of the names.
  elements(at, d, names) {
    return edit(d, (name, v) => {
      const p = at.concat([name]);
      if (!names.includes(name)) return v.t === DOCUMENT || v.t === ARRAY ? this.elements(p, v, names) : v;
      this.inside.push(p);
      return undefined;
    });
  }

  // guard refuses a difference that would write over a left out field in an array.
  // Those of lists owned in part are in what is written.
  guard(diff, lists) {
    const refuse = (path, want) => {
      if (lists.some(l => l.length === path.length && startsWith(path, l))) return;
      const inside = this.inside.find(q => startsWith(q, path));
      if (inside !== undefined && diff.blocked === undefined) diff.blocked = {path, want, inside};
    };
    for (const f of diff.set) refuse(f.path, f.v);
    for (const p of diff.unset) refuse(p, undefined);
  }
}

// touched: a path goes to, into or through a field of the patterns.
function touched(patterns, p) {
  return patterns.some(q => typeof q === 'string' ? p.includes(q) : startsWith(p, q) || startsWith(q, p));
}
