package value

// Decimals: decimal128 bits to and from apd.Decimal, and the texts of numbers.

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"

	"github.com/cockroachdb/apd/v3"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// decimalOf is a decimal128 as the library calculates with it.
func decimalOf(v bson.RawValue) *apd.Decimal {
	parts := doc.DecimalParts(v)
	d := &apd.Decimal{Negative: parts.Negative, Exponent: int32(parts.Exponent)}
	switch {
	case parts.NaN:
		d.Form = apd.NaN
	case parts.Infinite:
		d.Form = apd.Infinite
	case parts.High == 0:
		d.Coeff.SetUint64(parts.Low)
	default:
		var buf [16]byte
		binary.BigEndian.PutUint64(buf[:], parts.High)
		binary.BigEndian.PutUint64(buf[8:], parts.Low)
		d.Coeff.SetBytes(buf[:])
	}
	return d
}

// decimalValue is a decimal as decimal128, digits and exponent kept where that has
// room for them; false when it cannot hold the value exactly.
func decimalValue(d *apd.Decimal) (bson.RawValue, bool) {
	if d.Form == apd.NaN || d.Form == apd.NaNSignaling {
		return doc.DecimalOf("NaN")
	}
	return doc.DecimalOf(d.Text('E'))
}

// wholeNumber gives d as an integer when it is one with an exponent of at most 40.
func wholeNumber(d *apd.Decimal) (*big.Int, bool) {
	if d.IsZero() {
		return new(big.Int), true
	}
	if d.Form != apd.Finite || d.Exponent > 40 {
		return nil, false
	}
	n := new(big.Int).Set(d.Coeff.MathBigInt())
	if d.Exponent >= 0 {
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.Exponent)), nil))
	} else {
		if -int64(d.Exponent) > d.NumDigits() {
			return nil, false
		}
		var rest big.Int
		n.QuoRem(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(-int64(d.Exponent)), nil), &rest)
		if rest.Sign() != 0 {
			return nil, false
		}
	}
	if d.Negative {
		n.Neg(n)
	}
	return n, true
}

// formatExact is the decimal of a double's shortest text.
func formatExact(f float64) *apd.Decimal {
	d, _, err := apd.NewFromString(strconv.FormatFloat(f, 'g', -1, 64))
	if err != nil {
		return &apd.Decimal{Form: apd.NaN}
	}
	return d
}

// formatDouble is the shortest text that reads back as f, without exponent
// where people would not write one.
func formatDouble(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// plain is a decimal without exponent where that is short, with its trailing zeros.
func plain(d *apd.Decimal) string {
	if d.Form == apd.Finite && d.Exponent <= 0 && d.Exponent > -40 {
		return d.Text('f')
	}
	if d.Form == apd.Finite && d.Exponent > 0 && d.Exponent <= 20 {
		return d.Text('f')
	}
	switch d.Form {
	case apd.Infinite:
		if d.Negative {
			return "-Infinity"
		}
		return "Infinity"
	case apd.NaN, apd.NaNSignaling:
		return "NaN"
	}
	return d.Text('E')
}
