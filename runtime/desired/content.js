// The digest of all that a state can write or run, from the data that the script
// holds: it binds an approval to the data, however the script was edited. The rules
// are docs/state.md, The plan's digest.

class Content {
  constructor() {
    this.w = new Writer(4096);
  }

  bytes(b, s, e) {
    this.w.int32(e - s);
    this.w.raw(b, s, e);
  }

  texts(...list) {
    for (const text of list) {
      const at = this.w.n;
      this.w.int32(0);
      this.w.utf8(text);
      this.w.put32(at, this.w.n - at - 4);
    }
  }

  count(n) {
    this.texts(String(n));
  }

  list(names) {
    this.count(names.length);
    this.texts(...names);
  }

  paths(paths) {
    this.count(paths.length);
    for (const p of paths) this.list(p);
  }

  document(d) {
    this.bytes(d.b, d.s, d.e);
  }

  values(values) {
    this.document(doc('values', array(values)));
  }

  commands(commands) {
    this.count(commands.length);
    for (const h of commands) {
      this.texts(h.database);
      this.document(h.command);
    }
  }

  collection(c) {
    this.texts(c.database, c.name, c.mode);
    this.document(c.options);
    this.count(c.indexes.length);
    for (const index of c.indexes) this.document(index);
    for (const paths of [c.identity, c.preserve, c.ignore, c.absent, c.known]) this.paths(paths);
    for (const patterns of [c.redact, c.omit]) {
      this.count(patterns.length);
      for (const p of patterns) {
        if (typeof p === 'string') this.texts('name', p);
        else {
          this.texts('path');
          this.list(p);
        }
      }
    }
    if (c.lists.length > 0) { // so that states without have the digests that they had
      this.texts('lists');
      this.count(c.lists.length);
    }
    for (const l of c.lists) {
      this.list(l.path);
      this.list(l.by);
      this.texts(String(l.only));
      this.values(l.has);
      this.count(l.without.length);
      for (const key of l.without) this.values(key);
    }
    this.texts(String(c.indexesExact));
    for (const names of [c.declared, c.dropIndexes, c.setOptions, c.reads]) this.list(names);
    this.texts(String(c.backupKeep));
    if (c.drift !== '') this.texts('drift', c.drift); // as lists
    if (c.prune === undefined) this.texts('no prune');
    else {
      this.texts('prune', String(c.prune.atMost), String(c.prune.percent));
      this.document(c.prune.filter);
      this.cond(c.prune.where);
    }
    this.commands(c.before);
    this.commands(c.after);
    this.count(c.moves.length);
    for (const m of c.moves) {
      this.values(m.from);
      this.values(m.to);
    }
    this.count(c.documents.length);
    c.documents.forEach((d, i) => {
      const sum = host.sha256(bytes(d.d));
      this.bytes(sum, 0, sum.length);
      this.filledIn(i, d);
    });
  }

  // filledIn is what the script puts into a document: names and places.
  filledIn(i, d) {
    for (const s of d.secrets) {
      this.texts('secret');
      this.count(i);
      this.list(s.path);
      this.count(s.parts.length);
      for (const p of s.parts) this.texts(p.text, p.name);
    }
    for (const l of d.links) {
      this.texts('link');
      this.count(i);
      this.list(l.path);
      this.texts(l.database, l.collection);
      this.values(l.identity);
    }
  }

  cond(of) {
    if (of === undefined) {
      this.texts('no condition');
      return;
    }
    this.texts('condition', of.op, of.word);
    this.list(of.path);
    this.values(of.values);
    this.count(of.args.length);
    for (const arg of of.args) this.cond(arg);
  }
}

// contentDigest is that of a state without the texts of secrets.
function contentDigest(state) {
  const c = new Content();
  c.texts('mongocd content', state.weave, state.environment, state.compiler);
  if (state.cluster !== undefined) c.texts('cluster', ...state.cluster.slice(1));
  c.list(state.sources || []);
  c.commands(state.before);
  c.commands(state.after);
  c.count(state.collections.length);
  for (const of of state.collections) c.collection(of);
  return host.sha256(c.w.b.slice(0, c.w.n));
}
