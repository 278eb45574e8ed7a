// Numbers of all four types on one line, compared without rounding. A number
// is {nan}, {inf: 1 or -1}, or {c, e}: exactly c × 10^e with c a BigInt. Every
// double is such a number, because every power of two is.

const INT32_ZERO = {c: 0n, e: 0};

function isNumber(v) {
  return v.t === INT32 || v.t === DOUBLE || v.t === INT64 || v.t === DECIMAL;
}

function numberOf(v) {
  switch (v.t) {
    case INT32: return {c: BigInt(int32(v.b, v.s)), e: 0};
    case INT64: return {c: int64(v.b, v.s), e: 0};
    case DOUBLE: return doubleNumber(double(v.b, v.s));
    default: {
      const d = splitDecimal(v);
      if (d.nan) return {nan: true};
      if (d.inf) return {inf: d.negative ? -1 : 1};
      return d.c === 0n ? INT32_ZERO : {c: d.negative ? -d.c : d.c, e: d.e};
    }
  }
}

function doubleNumber(x) {
  if (x !== x) return {nan: true};
  if (x === Infinity || x === -Infinity) return {inf: x < 0 ? -1 : 1};
  if (Number.isInteger(x)) return {c: BigInt(x), e: 0};
  eight.setFloat64(0, x);
  const bits = eight.getBigUint64(0);
  const biased = Number(bits >> 52n & 0x7ffn);
  let m = bits & 0xfffffffffffffn, k = 1074;
  if (biased > 0) {
    m |= 0x10000000000000n;
    k = 1075 - biased;
  }
  while ((m & 1n) === 0n) { // ends: x has a fraction, so k stays above 0
    m >>= 1n;
    k--;
  }
  m *= 5n ** BigInt(k); // m × 2^-k = m × 5^k × 10^-k
  return {c: bits >> 63n ? -m : m, e: -k};
}

const MAX_COEFFICIENT = 10n ** 34n - 1n;

// splitDecimal takes the bits of a decimal128 apart (IEEE 754-2008, binary
// coefficient). canonical: no other bits have this value and exponent.
function splitDecimal(v) {
  const lo = uint64(v.b, v.s), hi = uint64(v.b, v.s + 8);
  const d = {negative: hi >> 63n === 1n, nan: false, inf: false, c: 0n, e: 0, canonical: true};
  if ((hi >> 58n & 0x1fn) === 0x1fn) {
    d.nan = true;
    d.canonical = hi === 0x1fn << 58n && lo === 0n;
  } else if ((hi >> 58n & 0x1fn) === 0x1en) {
    d.inf = true;
    d.canonical = (hi & (1n << 58n) - 1n) === 0n && lo === 0n;
  } else if ((hi >> 61n & 3n) === 3n) {
    d.e = Number(hi >> 47n & 0x3fffn) - 6176; // such a coefficient is above the greatest one: it stands for zero
    d.canonical = false;
  } else {
    d.e = Number(hi >> 49n & 0x3fffn) - 6176;
    d.c = (hi & (1n << 49n) - 1n) << 64n | lo;
    if (d.c > MAX_COEFFICIENT) {
      d.c = 0n;
      d.canonical = false;
    }
  }
  return d;
}

// decimalText writes a decimal as the General Decimal Arithmetic
// specification's to-scientific-string does (1.10, 1E+3, 0E-6176).
function decimalText(v) {
  const d = splitDecimal(v);
  if (d.nan) return 'NaN';
  const sign = d.negative ? '-' : '';
  if (d.inf) return sign + 'Infinity';
  const digits = d.c.toString(), adjusted = d.e + digits.length - 1;
  if (d.e > 0 || adjusted < -6) {
    const mantissa = digits.length > 1 ? digits[0] + '.' + digits.slice(1) : digits;
    return sign + mantissa + 'E' + (adjusted >= 0 ? '+' : '') + adjusted;
  }
  if (d.e === 0) return sign + digits;
  const point = digits.length + d.e;
  return sign + (point > 0 ? digits.slice(0, point) + '.' + digits.slice(point) : '0.' + '0'.repeat(-point) + digits);
}

// writeDecimal appends the bytes of a decimal given as decimalText writes it.
function writeDecimal(w, text) {
  const m = /^(-?)(?:(NaN)|(Infinity)|(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?)$/.exec(text);
  if (m === null) return false;
  let hi = m[1] ? 1n << 63n : 0n, lo = 0n;
  if (m[2]) hi = 0x1fn << 58n;
  else if (m[3]) hi |= 0x1en << 58n;
  else {
    const fraction = m[5] || '', c = BigInt(m[4] + fraction), e = Number(m[6] || 0) - fraction.length;
    if (c > MAX_COEFFICIENT || e < -6176 || e > 6111) return false;
    hi |= BigInt(e + 6176) << 49n | c >> 64n;
    lo = BigInt.asUintN(64, c);
  }
  w.int64(BigInt.asIntN(64, lo));
  w.int64(BigInt.asIntN(64, hi));
  return true;
}

// doubleText writes a double with the fewest digits that read back as the same bits.
function doubleText(x) {
  if (x !== x) return 'NaN';
  if (x === Infinity || x === -Infinity) return x < 0 ? '-Infinity' : 'Infinity';
  if (Object.is(x, -0)) return '-0.0';
  const text = String(x);
  const m = /^(-?)(\d+)(?:\.(\d+))?e([+-])(\d+)$/.exec(text);
  if (m === null) return text.includes('.') ? text : text + '.0';
  return m[1] + m[2] + (m[3] ? '.' + m[3] : '') + 'E' + m[4] + m[5].padStart(2, '0');
}

function sign(x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

// compareNumbers orders exactly; NaN is the same as NaN and below all others.
function compareNumbers(v, w) {
  if (v.t === INT32 && w.t === INT32) return sign(int32(v.b, v.s) - int32(w.b, w.s));
  const x = numberOf(v), y = numberOf(w);
  if (x.nan || y.nan) return (x.nan ? 0 : 1) - (y.nan ? 0 : 1);
  if (x.inf || y.inf) return sign((x.inf || 0) - (y.inf || 0));
  const sx = sign(x.c), sy = sign(y.c);
  if (sx !== sy) return sign(sx - sy);
  if (sx === 0) return 0;
  // Orders of magnitude first, so that 1E+6000 is never written out against 1.
  const mx = digits(x.c) + x.e, my = digits(y.c) + y.e;
  if (mx !== my) return mx > my ? sx : -sx;
  const e = Math.min(x.e, y.e);
  return sign(x.c * 10n ** BigInt(x.e - e) - y.c * 10n ** BigInt(y.e - e));
}

function digits(c) {
  return (c < 0n ? -c : c).toString().length;
}

// numberKey gives numbers that are the same number the same text.
function numberKey(v) {
  let text, e = 0;
  if (v.t === INT32) text = String(int32(v.b, v.s));
  else {
    const x = numberOf(v);
    if (x.nan) return 'nNaN';
    if (x.inf) return 'nInf' + x.inf;
    text = x.c.toString();
    e = x.e;
  }
  if (text === '0') return 'n0e0';
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  return 'n' + text.slice(0, end) + 'e' + (e + text.length - end);
}
