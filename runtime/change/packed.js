// Items of documents in little memory. In: items; out: the same ones, as often as they are asked for.
// Of what a report has no room for no object is held, and nothing of the documents that it is of.

// Packed are items in their order.
class Packed {
  constructor() {
    this.arena = new Arena();
    this.writer = new Writer(1024);
    this.list = []; // items that are held as they are, [] where none stands, and documents of the others
    this.shapes = []; // names of the fields of an object, as these have them
    this.known = new Map(); // positions of these by the names
  }

  // add packs an item.
  add(item) {
    this.writer.n = 0;
    this.put(item);
    this.list.push(this.arena.keep({t: DOCUMENT, b: this.writer.b, s: 0, e: this.writer.n}));
  }

  // hold adds an item that somebody holds anyway; undefined: a place for one. It gives the place.
  hold(item) {
    return this.list.push(item === undefined ? NONE : item) - 1;
  }

  // fill puts into a place what was added from a position on.
  fill(place, from) {
    [this.list[place]] = [...this.list.splice(from), NONE];
  }

  // join adds the items of another one from a position on.
  /** @param {Packed} other @param {number} from */
  join(other, from) {
    for (const item of other.from(from)) this.add(item);
  }

  // change changes those items of which no object is held.
  change(how) {
    const {list} = this;
    this.list = [];
    this.arena = new Arena();
    for (const held of list) {
      if (held.t === undefined) {
        this.list.push(held);
        continue;
      }
      const item = this.read(held);
      how(item);
      this.add(item);
    }
  }

  // all are the items.
  all() {
    return this.from(0);
  }

  * from(start) {
    for (let i = start; i < this.list.length; i++) {
      const held = this.list[i];
      if (held !== NONE) yield held.t === undefined ? held : this.read(held);
    }
  }

  // read makes an item again.
  read(held) {
    const {b} = held;
    let i = held.s;
    const next = () => {
      const kind = b[i++];
      if (kind === PACKED_NOTHING) return undefined;
      if (kind === PACKED_TRUE || kind === PACKED_FALSE) return kind === PACKED_TRUE;
      const n = int32(b, i);
      i += 4;
      if (kind === PACKED_NUMBER) return n;
      if (kind === PACKED_LIST) return Array.from({length: n}, next);
      if (kind === PACKED_OBJECT) return Object.fromEntries(this.shapes[n].map(name => [name, next()]));
      const s = i;
      i += n;
      return kind === PACKED_TEXT ? decode(b, s, i) : {t: b[s], b, s: s + 1, e: i};
    };
    return next();
  }

  put(x) {
    const w = this.writer;
    if (x === undefined) w.byte(PACKED_NOTHING);
    else if (typeof x === 'boolean') w.byte(x ? PACKED_TRUE : PACKED_FALSE);
    else if (typeof x === 'number') this.begin(PACKED_NUMBER, x);
    else if (typeof x === 'string') {
      const at = w.n + 1;
      this.begin(PACKED_TEXT, 0);
      w.utf8(x);
      w.put32(at, w.n - at - 4);
    } else if (Array.isArray(x)) {
      this.begin(PACKED_LIST, x.length);
      x.forEach(y => this.put(y));
    } else if (isBytes(x.b)) { // a value
      this.begin(PACKED_VALUE, 1 + x.e - x.s);
      w.byte(x.t);
      w.raw(x.b, x.s, x.e);
    } else {
      const names = Object.keys(x), k = names.join(' ');
      if (!this.known.has(k)) this.known.set(k, this.shapes.push(names) - 1);
      this.begin(PACKED_OBJECT, this.known.get(k));
      names.forEach(name => this.put(x[name]));
    }
  }

  begin(kind, n) {
    this.writer.byte(kind);
    this.writer.int32(n);
  }
}

const PACKED_NOTHING = 0, PACKED_TRUE = 1, PACKED_FALSE = 2, PACKED_NUMBER = 3, PACKED_TEXT = 4, PACKED_LIST = 5, PACKED_OBJECT = 6, PACKED_VALUE = 7;
