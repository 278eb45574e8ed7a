package doc

// Multiples of numbers of all four types, as the server calculates them: in
// decimal, doubles with the 15 digits that a double always keeps (MongoDB's
// source, Decimal128(double)).

import (
	"math/big"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Multiple reports whether v is a multiple of a number, which is finite and not
// zero. What is not finite is none.
func Multiple(v, of bson.RawValue) bool {
	x, ok := inDecimal(v)
	if !ok {
		return false
	}
	y, _ := inDecimal(of)
	e := min(x.e, y.e)
	return new(big.Int).Rem(x.scaled(e), y.scaled(e)).Sign() == 0
}

// IsFinite reports whether v is a number that is neither infinite nor NaN.
func IsFinite(v bson.RawValue) bool {
	_, ok := inDecimal(v)
	return ok
}

// inTens is c × 10^e.
type inTens struct {
	c *big.Int
	e int
}

func (n inTens) scaled(e int) *big.Int {
	if n.c.Sign() == 0 {
		return n.c
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.e-e)), nil)
	return scale.Mul(scale, n.c)
}

func inDecimal(v bson.RawValue) (inTens, bool) {
	switch v.Type {
	case bson.TypeInt32:
		return inTens{big.NewInt(int64(v.Int32())), 0}, true
	case bson.TypeInt64:
		return inTens{big.NewInt(v.Int64()), 0}, true
	case bson.TypeDecimal128:
		d := splitDecimal(v.Decimal128().GetBytes())
		c := new(big.Int).SetUint64(d.High)
		c.Or(c.Lsh(c, 64), new(big.Int).SetUint64(d.Low))
		if d.Negative {
			c.Neg(c)
		}
		return inTens{c, d.Exponent}, !d.NaN && !d.Infinite
	case bson.TypeDouble:
		mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(v.Double(), 'e', 14, 64), "e")
		c, isNumber := new(big.Int).SetString(strings.Replace(mantissa, ".", "", 1), 10)
		e, err := strconv.Atoi(exponent)
		if !ok || !isNumber || err != nil {
			return inTens{}, false // NaN and infinities
		}
		return inTens{c, e - 14}, true
	}
	return inTens{}, false
}
