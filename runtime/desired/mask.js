// What nobody may see. In: a value, where it stands in its document, the places of
// secrets and the patterns of redact and omit; out: the value with words in place
// of exactly these. The rules are docs/enforcement.md, Secrets.

const MASKED_VALUE = stringValue(MASKED_SECRET), REDACTED_VALUE = stringValue(MASKED_REDACTED);

// elementStep is the step of a path to an element of an array, by its name, which
// is its position; other steps are names of fields, which never have NUL in them.
function elementStep(name) {
  return '\0' + name;
}

function isElement(step) {
  return step.startsWith('\0');
}

function stepName(step) {
  return isElement(step) ? step.slice(1) : step;
}

// isPosition: a name may be a position in an array.
function isPosition(name) {
  return /^[0-9]+$/.test(name);
}

function isContainer(v) {
  return v.t === DOCUMENT || v.t === ARRAY;
}

// Mask says what nobody may see of a document: fields of the patterns (a path, or
// a name as text), and secrets at places (names, and positions in decimal).
// exact: a secret is where its place says and nowhere else, as in a wanted
// document. Otherwise one may have stood in any element of the array, and where
// an element or a document is now something else.
class Mask {
  constructor(leftOut, secrets, exact, names = []) {
    this.leftOut = leftOut;
    this.secrets = secrets;
    this.exact = exact;
    this.names = names; // of the secrets at each of the places, undefined where nobody can tell
  }

  isEmpty() {
    return this.leftOut.length + this.secrets.length === 0;
  }

  // value is a value at a place that may be shown.
  value(at, v) {
    if (v === undefined || this.isEmpty()) return v;
    if (this.secret(at, isContainer(v))) return MASKED_VALUE;
    if (this.redacted(at)) return REDACTED_VALUE;
    return editValue(v, (name, w) => this.value(at.concat([v.t === ARRAY ? elementStep(name) : name]), w));
  }

  // redacted reports whether a place is one that the patterns name, or below one.
  redacted(at) {
    return this.leftOut.some(p => typeof p === 'string' ? at.includes(p) && !(at.length === 1 && p === '_id') : startsWith(at, p));
  }

  // secret reports whether a place is that of a secret or below it; and, unless
  // exact, whether it is above one and has no container, which one was in.
  secret(at, container) {
    return this.secrets.some(place => this.covers(place, at, container));
  }

  // covers is secret for one of the places.
  covers(place, at, container) {
    if (this.exact) return at.length >= place.length && place.every((name, i) => stepName(at[i]) === name);
    const found = meets(place, at);
    return found === IN_SECRET || found === ABOVE_SECRET && !container;
  }

  // hidden are the places in a value at a place that nobody may see: {at, secrets},
  // with the names of the secrets that go there; undefined: it is none, or nobody can tell.
  hidden(at, v) {
    const out = [];
    if (v !== undefined && !this.isEmpty()) this.hiddenIn(out, at, v, []);
    return out;
  }

  hiddenIn(out, at, v, within) {
    if (this.secret(at, isContainer(v))) out.push({at: within, secrets: this.namesAt(at, isContainer(v))});
    else if (this.redacted(at)) out.push({at: within, secrets: undefined});
    else if (isContainer(v)) {
      for (const f of fields(v)) this.hiddenIn(out, at.concat([v.t === ARRAY ? elementStep(f.name) : f.name]), f.v, within.concat([f.name]));
    }
  }

  // namesAt are those of the secrets that a place is hidden for, where these agree.
  namesAt(at, container) {
    const all = this.names.filter((_, i) => this.covers(this.secrets[i], at, container));
    return all.every(n => n !== undefined && all[0] !== undefined && sameTexts(n, all[0])) ? all[0] : undefined;
  }
}

const ELSEWHERE = 0, ABOVE_SECRET = 1, IN_SECRET = 2;

// meets says where a place is, seen from that of a secret. A name that is a
// number may be a position: then it stands for every position, for a name where
// a document is in place of the array, and for nothing where that is missing.
function meets(place, at) {
  if (place.length === 0) return IN_SECRET;
  if (at.length === 0) return ABOVE_SECRET;
  const element = isElement(at[0]), position = isPosition(place[0]);
  let found = ELSEWHERE;
  if (element && position || place[0] === at[0]) found = meets(place.slice(1), at.slice(1));
  if (found === ELSEWHERE && element) found = meets(place, at.slice(1)); // an array where none is wanted
  if (found === ELSEWHERE && position) {
    found = meets(place.slice(1), at);
    if (found === ELSEWHERE && meets(place.slice(1), at.slice(1)) === IN_SECRET) found = IN_SECRET;
  }
  return found;
}
