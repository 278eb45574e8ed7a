package doc

// Numbers of all four types on one line, compared without rounding.

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// number is a BSON number taken apart. Which field counts follows from kind.
type number struct {
	kind   numberKind
	i      int64
	f      float64
	neg    bool
	hi, lo uint64 // coefficient of a decimal
	exp    int    // exponent of a decimal: coefficient × 10^exp
}

type numberKind uint8

const (
	numNaN     numberKind = iota // any NaN
	numInf                       // neg says which
	numInt                       // i
	numDouble                    // f: finite and no int64
	numDecimal                   // neg, hi, lo, exp: finite and not zero
)

func isNumber(t bson.Type) bool {
	return t == bson.TypeInt32 || t == bson.TypeInt64 || t == bson.TypeDouble || t == bson.TypeDecimal128
}

func numberOf(t bson.Type, data []byte) number {
	switch t {
	case bson.TypeInt32:
		return number{kind: numInt, i: int64(int32(uint32at(data)))}
	case bson.TypeInt64:
		return number{kind: numInt, i: int64(uint64at(data))}
	case bson.TypeDouble:
		return doubleNumber(math.Float64frombits(uint64at(data)))
	default:
		return decimalNumber(uint64at(data[8:]), uint64at(data))
	}
}

func doubleNumber(f float64) number {
	switch {
	case f != f:
		return number{kind: numNaN}
	case math.IsInf(f, 0):
		return number{kind: numInf, neg: f < 0}
	case f >= -1<<63 && f < 1<<63 && f == math.Trunc(f):
		return number{kind: numInt, i: int64(f)}
	}
	return number{kind: numDouble, f: f}
}

func decimalNumber(h, l uint64) number {
	d := splitDecimal(h, l)
	switch {
	case d.NaN:
		return number{kind: numNaN}
	case d.Infinite:
		return number{kind: numInf, neg: d.Negative}
	case d.High == 0 && d.Low == 0:
		return number{kind: numInt}
	case d.Exponent == 0 && d.High == 0 && d.Low < 1<<63:
		if d.Negative {
			return number{kind: numInt, i: -int64(d.Low)}
		}
		return number{kind: numInt, i: int64(d.Low)}
	}
	return number{kind: numDecimal, neg: d.Negative, hi: d.High, lo: d.Low, exp: d.Exponent}
}

// sign is -1, 0 or 1; NaN has none and is not asked.
func (n number) sign() int {
	switch n.kind {
	case numInt:
		return cmp.Compare(n.i, 0)
	case numDouble:
		return cmp.Compare(n.f, 0)
	}
	if n.neg {
		return -1
	}
	return 1
}

// compareNumbers orders exactly; NaN is the same as NaN and below all others.
func compareNumbers(a, b number) int {
	if a.kind == numInt && b.kind == numInt {
		return cmp.Compare(a.i, b.i)
	}
	if a.kind == numNaN || b.kind == numNaN {
		return cmp.Compare(min(1, int(a.kind)), min(1, int(b.kind)))
	}
	if c := cmp.Compare(a.sign(), b.sign()); c != 0 {
		return c
	}
	if a.kind == numInf || b.kind == numInf {
		if a.kind == b.kind {
			return 0
		}
		if a.kind == numInf {
			return a.sign()
		}
		return -b.sign()
	}
	if a.kind == numDecimal || b.kind == numDecimal {
		if a.kind == numDouble || b.kind == numDouble {
			return compareMixed(a, b)
		}
		return compareDecimals(a.toDecimal(), b.toDecimal())
	}
	if a.kind == numDouble && b.kind == numDouble {
		return cmp.Compare(a.f, b.f)
	}
	if a.kind == numInt {
		return -compareDoubleInt(b.f, a.i)
	}
	return compareDoubleInt(a.f, b.i)
}

// compareDoubleInt compares a finite double that is no int64 with one that is.
func compareDoubleInt(f float64, i int64) int {
	switch {
	case f >= 1<<63:
		return 1
	case f < -1<<63:
		return -1
	}
	// |f| < 2^53 here, since it has a fraction: truncating is exact.
	if t := int64(math.Trunc(f)); t != i {
		return cmp.Compare(t, i)
	}
	return cmp.Compare(f, math.Trunc(f))
}

// toDecimal turns an int into a decimal; a decimal stays.
func (n number) toDecimal() number {
	if n.kind != numInt {
		return n
	}
	abs := uint64(n.i)
	if n.i < 0 {
		abs = -abs
	}
	return number{kind: numDecimal, neg: n.i < 0, lo: abs}
}

// compareDecimals compares two finite decimals of one sign, either may be zero.
func compareDecimals(a, b number) int {
	c := compareAbs(a, b)
	if a.neg {
		return -c
	}
	return c
}

func compareAbs(a, b number) int {
	az, bz := a.hi|a.lo == 0, b.hi|b.lo == 0
	if az || bz {
		return cmp.Compare(btoi(bz), btoi(az))
	}
	if c := cmp.Compare(a.digits()+a.exp, b.digits()+b.exp); c != 0 {
		return c
	}
	// The same magnitude: bring both to the smaller exponent. The coefficient
	// that grows has at most as many digits after it as the other one, 34.
	for a.exp > b.exp {
		a.hi, a.lo, a.exp = mul10(a.hi, a.lo, a.exp)
	}
	for b.exp > a.exp {
		b.hi, b.lo, b.exp = mul10(b.hi, b.lo, b.exp)
	}
	if c := cmp.Compare(a.hi, b.hi); c != 0 {
		return c
	}
	return cmp.Compare(a.lo, b.lo)
}

func mul10(hi, lo uint64, exp int) (uint64, uint64, int) {
	h, l := bits.Mul64(lo, 10)
	return hi*10 + h, l, exp - 1
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// digits counts the decimal digits of the coefficient.
func (n number) digits() int {
	hi, lo, count := n.hi, n.lo, 0
	for hi != 0 {
		hi, lo, _ = div10(hi, lo)
		count++
	}
	for lo != 0 {
		lo /= 10
		count++
	}
	return count
}

func div10(hi, lo uint64) (qhi, qlo, rem uint64) {
	qhi, rem = hi/10, hi%10
	qlo, rem = bits.Div64(rem, lo, 10)
	return qhi, qlo, rem
}

// compareMixed compares a decimal with a double that is no int64; one sign, both finite.
func compareMixed(a, b number) int {
	if b.kind == numDecimal {
		return -compareMixed(b, a)
	}
	magnitude := a.digits() + a.exp // |a| is in [10^(magnitude-1), 10^magnitude)
	switch {
	case magnitude > 310:
		return a.sign()
	case magnitude < -330:
		return -a.sign()
	}
	return a.rat().Cmp(new(big.Rat).SetFloat64(b.f))
}

// rat is the exact value of a finite decimal.
func (n number) rat() *big.Rat {
	c := new(big.Int).SetUint64(n.hi)
	c.Lsh(c, 64).Or(c, new(big.Int).SetUint64(n.lo))
	if n.neg {
		c.Neg(c)
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n.exp, -n.exp))), nil)
	if n.exp >= 0 {
		return new(big.Rat).SetInt(c.Mul(c, power))
	}
	return new(big.Rat).SetFrac(c, power)
}

// canonical gives numbers that compare as equal the same representation: an
// int64 if there is one, else a double if one has exactly the value, else a
// decimal without trailing zeros.
func (n number) canonical() number {
	if n.kind != numDecimal {
		return n
	}
	for {
		hi, lo, rem := div10(n.hi, n.lo)
		if rem != 0 {
			break
		}
		n.hi, n.lo, n.exp = hi, lo, n.exp+1
	}
	// A coefficient × 10^exp is a double only if its odd part is below 2^53, so
	// exp is at most 22, or if 5^-exp divides the coefficient (< 10^34 < 5^49).
	if n.exp > 22 || n.exp < -48 {
		return n
	}
	r := n.rat()
	if r.IsInt() && r.Num().IsInt64() {
		return number{kind: numInt, i: r.Num().Int64()}
	}
	if f, exact := r.Float64(); exact {
		return doubleNumber(f)
	}
	return n
}
