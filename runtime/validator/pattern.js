// Regular expressions that mean the same to the server (PCRE2), to Go and to
// JavaScript. In: a pattern and its options; out: the same in what all three read
// alike, or undefined. What is taken says pattern.go.

// Pattern is a regular expression that is understood here; ascii: only ASCII text
// can be judged, as letters are compared without case.
class Pattern {
  static compile(source, options) {
    const fold = options.includes('i');
    if (!/^[isu]*$/.test(options) || source.includes('\ufffd') || fold && !IS_ASCII.test(source)) return undefined;
    const translated = new PatternTranslator(source, options.includes('s')).translate();
    return translated === undefined ? undefined : new Pattern(translated, fold);
  }

  constructor(translated, fold) {
    this.text = translated;
    this.ascii = fold;
    this.re = new RegExp(translated, fold ? 'iu' : 'u');
  }

  // match judges a text, which it may stand anywhere in.
  match(value) {
    if (value.includes('\ufffd') || this.ascii && !IS_ASCII.test(value)) return UNKNOWN; // maybe not UTF-8
    return this.re.test(value) ? HOLDS : BROKEN;
  }
}

const IS_ASCII = /^[\x00-\x7f]*$/;
const CLASS_ESCAPES = {d: '0-9', w: '0-9A-Z_a-z', s: '\\x09-\\x0d\\x20'};
const CONTROL_ESCAPES = {n: '\n', t: '\t', r: '\r', f: '\f'};

// PatternTranslator reads a pattern; what is left to the server is undefined.
class PatternTranslator {
  constructor(source, dotAll) {
    this.in = [...source];
    this.at = 0;
    this.out = '';
    this.dotAll = dotAll;
    this.depth = 0;
  }

  translate() {
    return this.alternatives() !== undefined && this.at === this.in.length ? this.out : undefined;
  }

  // alternatives reads up to the end or a closing bracket; it gives the greatest
  // product of counts in it.
  alternatives() {
    let repeat = 1;
    while (this.at < this.in.length && this.in[this.at] !== ')') {
      if (this.in[this.at] === '|') {
        this.at++;
        this.out += '|';
        continue;
      }
      const atom = this.atom();
      if (atom === undefined) return undefined;
      const count = this.quantifier(atom.single);
      if (count === undefined || atom.repeat * count > MAX_REPEAT) return undefined;
      repeat = Math.max(repeat, atom.repeat * count);
    }
    return repeat;
  }

  // atom reads one thing; single: a quantifier may follow.
  atom() {
    const c = this.in[this.at++], one = {repeat: 1, single: true}, none = {repeat: 1, single: false};
    switch (c) {
      case '(': return this.group();
      case '[': return this.characters() ? one : undefined;
      case '.':
        this.out += this.dotAll ? '[\\s\\S]' : '[^\\x0a]';
        return one;
      case '^':
        this.out += '^';
        return none;
      case '$':
        this.out += '(?:\\x0a?$)';
        return this.ends() ? none : undefined;
      case '\\': return this.escape();
      case '*': case '+': case '?': case '{': case '}': return undefined;
    }
    this.literal(c);
    return one;
  }

  // ends reports whether nothing can follow: the end, or a `|` outside of groups.
  ends() {
    let {depth, at} = this;
    for (; at < this.in.length && this.in[at] === ')'; at++) depth--;
    return at === this.in.length || depth === 0 && this.in[at] === '|';
  }

  group() {
    if (this.in[this.at] === '?') {
      if (this.in[this.at + 1] !== ':') return undefined;
      this.at += 2;
    }
    if (this.in[this.at] === '*' || this.depth === MAX_GROUPS) return undefined; // (*VERB)
    this.depth++;
    this.out += '(?:';
    const repeat = this.alternatives();
    if (repeat === undefined || this.in[this.at] !== ')') return undefined;
    this.depth--;
    this.at++;
    this.out += ')';
    return {repeat, single: true};
  }

  escape() {
    const c = this.in[this.at++];
    if (c === undefined) return undefined;
    if (c === 'b' || c === 'B') {
      this.out += '\\' + c;
      return {repeat: 1, single: false};
    }
    if (/^[dwsDWS]$/.test(c)) {
      this.out += '[' + (/[DWS]/.test(c) ? '^' : '') + CLASS_ESCAPES[c.toLowerCase()] + ']';
      return {repeat: 1, single: true};
    }
    const literal = this.literalEscape(c);
    if (literal === undefined) return undefined;
    this.literal(literal);
    return {repeat: 1, single: true};
  }

  // literalEscape is the character that an escape stands for.
  literalEscape(c) {
    if (c !== undefined && Object.hasOwn(CONTROL_ESCAPES, c)) return CONTROL_ESCAPES[c];
    return c !== undefined && c > ' ' && c < '\x7f' && !/[0-9A-Za-z]/.test(c) ? c : undefined;
  }

  // literal writes a character so that it means itself.
  literal(c) {
    const ascii = c < '\x80' && !/[0-9A-Za-z]/.test(c);
    this.out += ascii ? '\\x' + c.charCodeAt(0).toString(16).padStart(2, '0') : c;
  }

  // characters reads `[…]`.
  characters() {
    this.out += '[';
    if (this.in[this.at] === '^') {
      this.at++;
      this.out += '^';
    }
    for (let n = 0; ; n++) {
      const c = this.in[this.at];
      if (c === ']') {
        this.at++;
        this.out += ']';
        return n > 0;
      }
      const from = this.member();
      if (from === undefined) return false;
      if (from.kind !== undefined) {
        this.out += from.kind;
        continue;
      }
      this.literal(from.c);
      if (this.in[this.at] !== '-' || this.in[this.at + 1] === undefined || this.in[this.at + 1] === ']') continue;
      this.at++;
      const to = this.member();
      if (to === undefined || to.kind !== undefined || to.c.codePointAt(0) < from.c.codePointAt(0)) return false;
      this.out += '-';
      this.literal(to.c);
    }
  }

  // member reads one character or escape of a class.
  member() {
    const c = this.in[this.at++];
    if (c === undefined) return undefined;
    if (c === '[') return [':', '.', '='].includes(this.in[this.at]) ? undefined : {c};
    if (c !== '\\') return {c};
    const e = this.in[this.at++];
    if (e !== undefined && Object.hasOwn(CLASS_ESCAPES, e)) return {kind: CLASS_ESCAPES[e]};
    const literal = this.literalEscape(e);
    return literal === undefined ? undefined : {c: literal};
  }

  // quantifier reads what repeats the thing before it; it gives the number of its
  // copies, 1 where none are written out.
  quantifier(single) {
    let count = 1;
    const c = this.in[this.at];
    if (c === '*' || c === '+' || c === '?') {
      this.out += c;
      this.at++;
    } else if (c === '{') {
      const end = this.in.indexOf('}', this.at);
      const m = end < 0 ? null : /^(\d{1,4})(,(\d{0,4}))?$/.exec(this.in.slice(this.at + 1, end).join(''));
      if (m === null) return undefined;
      const least = Number(m[1]), most = m[3] ? Number(m[3]) : least;
      if (least > MAX_REPEAT || most > MAX_REPEAT || most < least) return undefined;
      count = Math.max(1, most);
      this.out += '{' + m[0] + '}';
      this.at = end + 1;
    } else {
      return 1;
    }
    if (this.in[this.at] === '?') this.at++; // lazy: it matches the same texts
    return single && !['*', '+', '?', '{'].includes(this.in[this.at]) ? count : undefined;
  }
}
