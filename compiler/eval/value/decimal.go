package value

// Decimals: decimal128 bits to and from apd.Decimal, and the texts of numbers.

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"

	"github.com/cockroachdb/apd/v3"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// decimalOf decodes decimal128 bits.
func decimalOf(high, low uint64) *apd.Decimal {
	d := &apd.Decimal{Negative: high>>63 == 1}
	switch {
	case high>>58&31 == 31:
		d.Form = apd.NaN
		return d
	case high>>58&31 == 30:
		d.Form = apd.Infinite
		return d
	case high>>61&3 == 3: // a coefficient beyond 34 digits counts as zero
		d.Exponent = int32(high>>47&0x3fff) - 6176
		return d
	}
	d.Exponent = int32(high>>49&0x3fff) - 6176
	high &= 1<<49 - 1
	if high == 0 {
		d.Coeff.SetUint64(low)
		return d
	}
	var buf [16]byte
	binary.BigEndian.PutUint64(buf[:], high)
	binary.BigEndian.PutUint64(buf[8:], low)
	d.Coeff.SetBytes(buf[:])
	if d.NumDigits() > 34 {
		d.Coeff.SetInt64(0)
	}
	return d
}

// decimalValue encodes a decimal, digits and exponent kept where decimal128 has
// room for them; false when it cannot hold the value exactly.
func decimalValue(d *apd.Decimal) (bson.RawValue, bool) {
	var high, low uint64
	switch d.Form {
	case apd.NaN, apd.NaNSignaling:
		high = 31 << 58
	case apd.Infinite:
		high = 30 << 58
	default:
		var coeff big.Int
		coeff.Set(d.Coeff.MathBigInt())
		exp := int64(d.Exponent)
		ten := big.NewInt(10)
		switch {
		case coeff.Sign() == 0:
			exp = max(-6176, min(exp, 6111))
		case exp > 6111+34 || exp < -6176-int64(d.NumDigits()):
			return bson.RawValue{}, false
		}
		var rest big.Int
		limit := maxCoefficient
		for exp < -6176 || coeff.CmpAbs(limit) > 0 {
			q, r := new(big.Int).QuoRem(&coeff, ten, &rest)
			if r.Sign() != 0 {
				return bson.RawValue{}, false
			}
			coeff.Set(q)
			exp++
		}
		for exp > 6111 {
			coeff.Mul(&coeff, ten)
			exp--
			if coeff.CmpAbs(limit) > 0 {
				return bson.RawValue{}, false
			}
		}
		var buf [16]byte
		coeff.FillBytes(buf[:])
		high = binary.BigEndian.Uint64(buf[:]) | uint64(exp+6176)<<49
		low = binary.BigEndian.Uint64(buf[8:])
	}
	if d.Negative {
		high |= 1 << 63
	}
	v := binary.LittleEndian.AppendUint64(nil, low)
	return bson.RawValue{Type: bson.TypeDecimal128, Value: binary.LittleEndian.AppendUint64(v, high)}, true
}

// maxCoefficient is 10^34 - 1.
var maxCoefficient = func() *big.Int {
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil)
	return n.Sub(n, big.NewInt(1))
}()

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
