package doc

// Decimal128 bits and their text. In: the two words of a value or its text; out: the other one, exactly.
// The encoding is IEEE 754-2008 decimal128 with a binary coefficient.

import (
	"encoding/binary"
	"math/bits"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	decimalBias   = 6176
	decimalMaxExp = 6111
	// 10^34 - 1, the greatest coefficient, as two words.
	maxCoefficientHi = 0x1ed09bead87c0
	maxCoefficientLo = 0x378d8e63ffffffff
)

// Decimal is a decimal128 in its parts: ±(High·2⁶⁴+Low)·10^Exponent, unless it is no
// number or infinite.
type Decimal struct {
	Negative, NaN, Infinite bool
	High, Low               uint64
	Exponent                int
	canonical               bool // whether these bits are the only ones used for the value and exponent
}

// DecimalParts are those of a value of that type.
func DecimalParts(v bson.RawValue) Decimal {
	return splitDecimal(uint64at(v.Value[8:]), uint64at(v.Value))
}

// DecimalOf is a decimal of a text, with its digits and exponent where decimal128 has
// room for them; false when it cannot hold the value exactly.
func DecimalOf(text string) (bson.RawValue, bool) {
	h, l, ok := parseDecimal([]byte(text))
	if !ok {
		return bson.RawValue{}, false
	}
	v := binary.LittleEndian.AppendUint64(make([]byte, 0, 16), l)
	return bson.RawValue{Type: bson.TypeDecimal128, Value: binary.LittleEndian.AppendUint64(v, h)}, true
}

func splitDecimal(h, l uint64) Decimal {
	d := Decimal{Negative: h>>63 == 1, canonical: true}
	switch {
	case h>>58&0x1f == 0x1f:
		d.NaN, d.canonical = true, h == 0x1f<<58 && l == 0
	case h>>58&0x1f == 0x1e:
		d.Infinite, d.canonical = true, h&(1<<58-1) == 0 && l == 0
	case h>>61&3 == 3:
		// The other form of the coefficient is always above 10^34 - 1 and so stands for zero.
		d.Exponent, d.canonical = int(h>>47&0x3fff)-decimalBias, false
	default:
		d.Exponent, d.High, d.Low = int(h>>49&0x3fff)-decimalBias, h&(1<<49-1), l
		if d.High > maxCoefficientHi || d.High == maxCoefficientHi && d.Low > maxCoefficientLo {
			d.High, d.Low, d.canonical = 0, 0, false
		}
	}
	return d
}

// appendDecimal writes the text of a decimal as the General Decimal Arithmetic
// specification's to-scientific-string does (1.10, 1E+3, 0E-6176).
func appendDecimal(dst []byte, h, l uint64) []byte {
	d := splitDecimal(h, l)
	if d.NaN {
		return append(dst, "NaN"...)
	}
	if d.Negative {
		dst = append(dst, '-')
	}
	if d.Infinite {
		return append(dst, "Infinity"...)
	}
	var buf [40]byte
	at := len(buf)
	for hi, lo := d.High, d.Low; ; {
		var rem uint64
		hi, lo, rem = div10(hi, lo)
		at--
		buf[at] = '0' + byte(rem)
		if hi|lo == 0 {
			break
		}
	}
	digits := buf[at:]
	adjusted := d.Exponent + len(digits) - 1
	if d.Exponent > 0 || adjusted < -6 {
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(dst, '.')
			dst = append(dst, digits[1:]...)
		}
		dst = append(dst, 'E')
		if adjusted >= 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, int64(adjusted), 10)
	}
	point := len(digits) + d.Exponent // digits before the point
	if d.Exponent == 0 {
		return append(dst, digits...)
	}
	if point > 0 {
		dst = append(dst, digits[:point]...)
		dst = append(dst, '.')
		return append(dst, digits[point:]...)
	}
	dst = append(dst, '0', '.')
	for range -point {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// parseDecimal reads the text of a decimal. It refuses what decimal128 cannot
// hold exactly: more than 34 digits that count, an exponent out of range.
func parseDecimal(s []byte) (h, l uint64, ok bool) {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg, s = s[0] == '-', s[1:]
	}
	var sign uint64
	if neg {
		sign = 1 << 63
	}
	switch {
	case equalFold(s, "nan"):
		return 0x1f << 58, 0, true
	case equalFold(s, "infinity"), equalFold(s, "inf"):
		return sign | 0x1e<<58, 0, true
	}
	var hi, lo uint64
	exp, seen, point, i := 0, false, false, 0
	zeros := 0 // trailing zeros not yet multiplied in: they may have to stay in the exponent
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' {
			if point {
				return 0, 0, false
			}
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		seen = true
		if point {
			exp--
		}
		if c == '0' {
			zeros++
			continue
		}
		for ; zeros > 0; zeros-- {
			if hi, lo, ok = timesTenPlus(hi, lo, 0); !ok {
				return 0, 0, false
			}
		}
		if hi, lo, ok = timesTenPlus(hi, lo, uint64(c-'0')); !ok {
			return 0, 0, false
		}
	}
	if !seen {
		return 0, 0, false
	}
	if i < len(s) {
		if s[i]|0x20 != 'e' || i+1 == len(s) {
			return 0, 0, false
		}
		e, err := strconv.Atoi(string(s[i+1:]))
		if err != nil || e > 1<<30 || e < -1<<30 {
			return 0, 0, false
		}
		exp += e
	}
	if hi|lo == 0 {
		// Any exponent of zero is clamped into the range: the value is the same.
		exp = min(max(exp, -decimalBias), decimalMaxExp)
		return sign | uint64(exp+decimalBias)<<49, 0, true
	}
	for ; zeros > 0; zeros-- {
		h, l, ok := timesTenPlus(hi, lo, 0)
		if !ok {
			break
		}
		hi, lo = h, l
	}
	exp += zeros
	for exp < -decimalBias {
		var rem uint64
		if hi, lo, rem = div10(hi, lo); rem != 0 {
			return 0, 0, false
		}
		exp++
	}
	for exp > decimalMaxExp {
		if hi, lo, ok = timesTenPlus(hi, lo, 0); !ok {
			return 0, 0, false
		}
		exp--
	}
	return sign | uint64(exp+decimalBias)<<49 | hi, lo, true
}

// timesTenPlus is coefficient × 10 + digit; false when that is no coefficient.
func timesTenPlus(hi, lo, digit uint64) (uint64, uint64, bool) {
	if hi > maxCoefficientHi {
		return 0, 0, false
	}
	h, l := bits.Mul64(lo, 10)
	l, carry := bits.Add64(l, digit, 0)
	hi = hi*10 + h + carry
	return hi, l, hi < maxCoefficientHi || hi == maxCoefficientHi && l <= maxCoefficientLo
}

func equalFold(s []byte, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i, c := range s {
		if c|0x20 != lower[i] {
			return false
		}
	}
	return true
}
