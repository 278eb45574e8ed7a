// Comparing one document. In: what the weave owns (a policy), the wanted document D
// and the destination's L; out: a difference. The rules are docs/enforcement.md,
// Modes.

function newPolicy(c) {
  return {mode: c.mode, preserve: c.preserve, ignore: c.ignore, absent: c.absent, lists: c.lists.map(l => l.path), leftOut: c.redact.concat(c.omit), identity: c.identity, known: new Set(c.known.map(pathKey))};
}

// pathKey is a map key of a path; names never contain NUL.
function pathKey(p) {
  return p.join('\0');
}

// startsWith reports whether q is p itself or above it.
function startsWith(p, q) {
  return q.length <= p.length && q.every((name, i) => p[i] === name);
}

// covered: one of the paths is p or above it. reaches: one is strictly below p.
function covered(paths, p) {
  return paths.length > 0 && paths.some(q => startsWith(p, q));
}

function reaches(paths, p) {
  return paths.length > 0 && paths.some(q => q.length > p.length && startsWith(q, p));
}

const EMPTY = build([]);

function isEmpty(v) {
  return v.t === DOCUMENT && v.e - v.s === 5;
}

// strip gives v, which is at p, without the parts at the paths; documents that
// this empties go too, v itself stays.
function strip(v, p, paths) {
  if (v.t !== DOCUMENT || !reaches(paths, p)) return v;
  return edit(v, (name, w) => {
    const q = p.concat([name]);
    if (covered(paths, q)) return undefined;
    const rest = strip(w, q, paths);
    return isEmpty(rest) && !isEmpty(w) ? undefined : rest;
  });
}

function fieldsOf(d, skipID) {
  const list = fields(d);
  return skipID ? list.filter(f => f.name !== '_id') : list;
}

// indexOf finds a name; near is where it is likely to be.
function indexOf(list, name, near) {
  if (near < list.length && list[near].name === name) return near;
  return list.findIndex(f => f.name === name);
}

// doubled gives a name that stands in the list twice; with among, only names that among has count.
function doubled(list, among) {
  const seen = new Set();
  for (const f of list) {
    if (seen.has(f.name) && (among === undefined || indexOf(among, f.name, 0) >= 0)) return f.name;
    seen.add(f.name);
  }
  return undefined;
}

function identicalFields(as, bs) {
  return as.length === bs.length && as.every((f, i) => f.name === bs[i].name && identical(f.v, bs[i].v));
}

// A Difference is what must be done to L (set, unset; reason: something outside
// of `ignore` differs), or why nothing may be (idChange, onlyAt, twice, blocked).
class Difference {
  constructor(policy, live) {
    this.policy = policy;
    this.live = live;
    this.set = [];
    this.unset = [];
    this.reason = false;
    this.idChange = false;
    this.onlyAt = [];
    this.twice = undefined;
    this.blocked = undefined;
  }

  refused() {
    return this.idChange || this.onlyAt.length > 0 || this.twice !== undefined || this.blocked !== undefined;
  }

  // owned compares a level of which the weave owns every field (replace, exact).
  owned(at, wanted, live) {
    const top = at.length === 0, ds = fieldsOf(wanted, top), ls = fieldsOf(live, top);
    if (identicalFields(ds, ls)) return;
    for (const level of [ds, ls]) {
      const name = doubled(level);
      if (name !== undefined) {
        this.twice = at.concat([name]);
        return;
      }
    }
    ds.forEach((f, i) => {
      const j = indexOf(ls, f.name, i);
      if (j < 0) this.onlyWanted(at.concat([f.name]), f.v);
      else if (!identical(f.v, ls[j].v)) this.both(at.concat([f.name]), f.v, ls[j].v);
    });
    ls.forEach((f, i) => {
      if (indexOf(ds, f.name, i) < 0) this.onlyLive(at.concat([f.name]), f.v);
    });
  }

  // both compares a field that D and L have, as one value where nothing below it is excepted.
  both(p, d, l) {
    const {preserve, ignore, lists} = this.policy;
    if (covered(preserve, p)) return;
    if (d.t === DOCUMENT && l.t === DOCUMENT && (reaches(preserve, p) || reaches(ignore, p) || reaches(lists, p))) this.owned(p, d, l);
    else this.assign(p, d, l);
  }

  // assign sets p to d, which is to replace l as a whole.
  assign(p, d, l) {
    const want = strip(d, p, this.policy.preserve);
    if (identical(want, l)) return;
    const inside = this.preservedIn(p);
    if (inside !== undefined) this.blocked = {path: p, want, inside};
    else this.write(p, want, false);
  }

  onlyWanted(p, d) {
    if (covered(this.policy.preserve, p)) return;
    const want = strip(d, p, this.policy.preserve), quiet = this.nothingOwned(p, d);
    if (!quiet || !isEmpty(want)) this.write(p, want, quiet);
  }

  onlyLive(p, l) {
    if (covered(this.policy.preserve, p)) return;
    if (this.preservedIn(p) !== undefined) {
      this.owned(p, EMPTY, l);
      return;
    }
    this.remove(p, l);
  }

  remove(p, l) {
    this.unset.push(p);
    this.reason = this.reason || !covered(this.policy.ignore, p) && !this.nothingOwned(p, l);
  }

  write(p, v, quiet) {
    this.set.push({path: p, v});
    this.reason = this.reason || !quiet && !covered(this.policy.ignore, p);
  }

  // nothingOwned: v is a document of preserved and ignored parts alone.
  nothingOwned(p, v) {
    const {preserve, ignore} = this.policy;
    if (v.t !== DOCUMENT || isEmpty(v) || !reaches(preserve, p) && !reaches(ignore, p)) return false;
    return isEmpty(strip(v, p, preserve.concat(ignore)));
  }

  // preservedIn gives a preserved path below p that L has.
  preservedIn(p) {
    return this.policy.preserve.find(q => q.length > p.length && startsWith(q, p) && get(this.live, q) !== undefined);
  }

  // merge compares the leaves of D.
  merge(at, wanted, live) {
    const top = at.length === 0, ds = fieldsOf(wanted, top), ls = fieldsOf(live, top);
    if (identicalFields(ds, ls)) return;
    for (const level of [ds, ls]) {
      const name = doubled(level, ds);
      if (name !== undefined) {
        this.twice = at.concat([name]);
        return;
      }
    }
    ds.forEach((f, i) => {
      const p = at.concat([f.name]), j = indexOf(ls, f.name, i);
      if (covered(this.policy.preserve, p)) return;
      if (j < 0) this.onlyWanted(p, f.v);
      else if (f.v.t === DOCUMENT && ls[j].v.t === DOCUMENT) this.merge(p, f.v, ls[j].v);
      else this.assign(p, f.v, ls[j].v);
    });
  }

  // absences removes the paths of `absent` that L has, short paths first: what
  // lies below one that goes needs no more.
  absences(wanted) {
    for (const p of [...this.policy.absent].sort((a, b) => a.length - b.length)) {
      const v = get(this.live, p);
      if (v === undefined || get(wanted, p) !== undefined || covered(this.policy.preserve, p) || this.touches(p)) continue;
      const inside = this.preservedIn(p);
      if (inside !== undefined) this.blocked = {path: p, want: undefined, inside};
      else this.remove(p, v);
    }
  }

  // identityFields are the paths of identity in which a moved document differs.
  identityFields(wanted, live) {
    for (const p of this.policy.identity) {
      const v = get(wanted, p), l = get(live, p);
      if (p[0] !== '_id' && (l === undefined || !identical(v, l))) this.write(p, v, false);
    }
  }

  // touches: p is at, above or below a path that is written anyway.
  touches(p) {
    const near = q => startsWith(p, q) || startsWith(q, p);
    return this.set.some(f => near(f.path)) || this.unset.some(near);
  }

  // destinationOnly lists fields that neither D nor Known has.
  destinationOnly(at, wanted, live) {
    const {preserve, ignore, known} = this.policy;
    for (const f of fields(live)) {
      if (at.length === 0 && f.name === '_id') continue;
      const d = field(wanted, f.name), l = f.v;
      if (d !== undefined && (d.t !== DOCUMENT || l.t !== DOCUMENT)) continue;
      const p = at.concat([f.name]);
      if (covered(preserve, p) || covered(ignore, p)) continue;
      if (d !== undefined) {
        if (!identical(d, l)) this.destinationOnly(p, d, l);
      } else if (!known.has(pathKey(p)) && !(l.t === DOCUMENT && (reaches(preserve, p) || reaches(ignore, p)))) {
        this.onlyAt.push(p);
      } else if (l.t === DOCUMENT) {
        this.destinationOnly(p, EMPTY, l);
      }
    }
  }
}

// difference compares a whole document. isID: documents are identified by `_id` alone;
// moved: L has another identity.
function difference(policy, wanted, live, isID, moved) {
  const stay = keptLists(policy, wanted, live);
  if (stay.length > 0) policy = {...policy, preserve: policy.preserve.concat(stay)};
  const diff = new Difference(policy, live);
  if (identical(wanted, live)) return diff;
  if (isID && !identical(field(wanted, '_id'), field(live, '_id'))) {
    diff.idChange = true;
    return diff;
  }
  if (policy.leftOut.length > 0) {
    const own = new Kept(policy.leftOut, wanted), rest = own.document([], live);
    const left = compareOwned(new Difference({...policy, preserve: policy.preserve.concat(own.paths)}, rest), wanted, rest, moved);
    own.guard(left, policy.lists);
    return left;
  }
  return compareOwned(diff, wanted, live, moved);
}

// compareOwned compares what the mode gives the weave.
function compareOwned(diff, wanted, live, moved) {
  switch (diff.policy.mode) {
    case 'insert':
      if (moved) diff.identityFields(wanted, live);
      break;
    case 'merge':
    case 'update':
      diff.merge([], wanted, live);
      diff.absences(wanted);
      break;
    default:
      diff.owned([], wanted, live);
      if (diff.policy.mode === 'replace') diff.destinationOnly([], wanted, live);
  }
  return diff;
}
