// A document as what is other in it than in another one. In: both; out: bytes, few where they are
// alike, from which and the other one it is made again. Any two documents will do. As
// runtime/doc/patch.go.

// PATCH_SEARCH is how many fields are looked at for one of the same name, beginning behind the one
// that was found last: in documents of any size, it takes no longer than reading them.
const PATCH_SEARCH = 32;

// patchOf is what makes d of another document, in the buffer of a Writer. It is bytes of d, counted,
// and the length and place of bytes of the other one that come behind them, as often as it takes.
/** @param {Value} d @param {Value} of @param {Writer} w @returns {Value} */
function patchOf(d, of, w) {
  w.n = 0;
  const p = new Patching(w, d, of.s);
  p.within(d, of);
  p.copied();
  if (p.done < d.e) {
    putCount(w, d.e - p.done);
    w.raw(d.b, p.done, d.e);
  }
  return {t: d.t, b: w.b, s: 0, e: w.n};
}

// patched is the document that a patch makes of another one, the one that it was made for.
/** @param {Value} of @param {Value} patch @returns {Value} */
function patched(of, patch) {
  const out = new Writer(of.e - of.s + patch.e - patch.s), {b} = patch;
  let i = patch.s;
  const number = () => {
    let n = 0;
    for (let shift = 1; ; shift *= 128) {
      const c = b[i++];
      n += (c & 127) * shift;
      if (c < 128) return n;
    }
  };
  while (i < patch.e) {
    const own = number();
    out.raw(b, i, i + own);
    i += own;
    if (i < patch.e) {
      const size = number(), at = of.s + number();
      out.raw(of.b, at, at + size);
    }
  }
  return {...out.value(), t: patch.t};
}

// putCount appends a number, seven bits a byte.
/** @param {Writer} w @param {number} n */
function putCount(w, n) {
  for (; n > 127; n = Math.floor(n / 128)) w.byte(n & 127 | 128);
  w.byte(n);
}

// Patching is a patch that is being made.
class Patching {
  /** @param {Writer} w @param {Value} d @param {number} from */
  constructor(w, d, from) {
    this.w = w;
    this.b = d.b;
    this.from = from; // where the other document begins
    this.done = d.s; // what w has of d ends there
    // Bytes that the other document has at a place, and that are not in w yet.
    this.start = 0;
    this.at = 0;
    this.n = 0;
  }

  // within goes through a document or array of d, beside one of the other document.
  /** @param {Value} d @param {Value} of */
  within(d, of) {
    const b = d.b, theirs = of.b, there = [];
    for (let i = of.s + 4; theirs[i] !== 0;) {
      const end = theirs.indexOf(0, i + 1), e = valueEnd(theirs[i], theirs, end + 1);
      there.push({i, end, e});
      i = e;
    }
    let next = 0;
    for (let i = d.s + 4; b[i] !== 0 && there.length > 0;) {
      const t = b[i], end = b.indexOf(0, i + 1), e = valueEnd(t, b, end + 1);
      for (let n = 0; n < there.length && n < PATCH_SEARCH; n++) {
        const k = (next + n) % there.length, f = there[k];
        if (!sameBytes(theirs, f.i + 1, f.end, b, i + 1, end)) continue;
        next = k + 1;
        if (sameBytes(theirs, f.i, f.e, b, i, e)) this.copy(i, f.i - this.from, e - i);
        else if (theirs[f.i] === t && (t === DOCUMENT || t === ARRAY)) this.within({t, b, s: end + 1, e}, {t, b: theirs, s: f.end + 1, e: f.e});
        break;
      }
      i = e;
    }
  }

  // copy notes that n bytes of d are those of the other document at a place.
  copy(start, at, n) {
    if (this.n > 0 && this.start + this.n === start && this.at + this.n === at) {
      this.n += n;
      return;
    }
    this.copied();
    [this.start, this.at, this.n] = [start, at, n];
  }

  // copied puts what was noted into w.
  copied() {
    const {w} = this;
    if (this.n === 0) return;
    putCount(w, this.start - this.done);
    w.raw(this.b, this.done, this.start);
    putCount(w, this.n);
    putCount(w, this.at);
    this.done = this.start + this.n;
    this.n = 0;
  }
}
