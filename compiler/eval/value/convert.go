package value

// Conversions of numbers, exact or an error, and rounding, which keeps the type.

import (
	"math"
	"math/big"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/hayone1/mongocd/lang/diag"
)

// Convert gives a number or the number that a text spells a type, exactly;
// shown is what messages call it.
// Between double and decimal, exact means that the shortest text of the double
// is the decimal, as for literals: 0.1 is 0.1.
func Convert(v Value, shown, to string) (Value, *Error) {
	if v.TypeName() == to {
		return v, nil
	}
	inexact := &Error{Code: diag.NotRepresentable, Message: shown + " cannot be converted to " + to + " exactly", Evidence: v.Evidence()}
	u, ok := exactNumber(v)
	if !ok {
		inexact.Notes = []string{"only finite numbers convert"}
		if v.TypeName() == "string" {
			inexact.Message = shown + " does not spell a number"
			inexact.Notes = nil
		}
		return Value{}, inexact
	}
	r, err := u.as(to)
	if err != nil {
		if to != "decimal" && !u.integral {
			inexact.Notes = []string{"round it first: `" + to + "(round(…))`"}
		}
		return Value{}, inexact
	}
	if to == "double" && !u.exactDouble && v.loose == nil {
		return Value{}, inexact
	}
	return Value{BSON: r}, nil
}

// exactNumber reads a finite number or its text.
func exactNumber(v Value) (*untyped, bool) {
	if v.TypeName() == "string" {
		u, err := literal(Text(v.BSON))
		return u, err == nil
	}
	n, _ := number(v)
	switch n.kind {
	case untypedNum:
		return n.u, true
	case doubleNum:
		d := formatExact(n.f)
		if d.Form != apd.Finite {
			return nil, false
		}
		if math.Abs(n.f) >= exactDoubles { // whole: the exact value, not the shortest text
			i, _ := new(big.Float).SetFloat64(n.f).Int(nil)
			d = apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(i), 0)
		}
		return newUntyped(d)
	case decimalNum:
		if n.d.Form != apd.Finite {
			return nil, false
		}
	}
	return newUntyped(n.asDecimal())
}

// Round is a number rounded to so many digits after the point; shown is what
// messages call it. Doubles are rounded in
// their shortest text form, which is what people see: round(2.675, 2) is 2.68.
func Round(v Value, shown string, digits int32, mode apd.Rounder) (Value, *Error) {
	n, _ := number(v)
	var d *apd.Decimal
	switch n.kind {
	case intNum, longNum:
		if digits >= 0 {
			return v, nil
		}
		d = n.asDecimal()
	case doubleNum:
		if d = formatExact(n.f); d.Form != apd.Finite {
			return Value{}, notFinite(formatDouble(n.f))
		}
		if math.Abs(n.f) >= exactDoubles && digits >= 0 {
			return v, nil
		}
	default:
		d = n.asDecimal()
	}
	if d.Form != apd.Finite {
		return Value{}, notFinite(d.String())
	}
	out := new(apd.Decimal)
	if -digits <= d.Exponent {
		out.Set(d) // has no more digits than wanted
	} else {
		// Quantize needs room for all digits of the result; its exponent is wanted.
		wide := apd.Context{Precision: 8000, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent, Rounding: mode}
		if _, err := wide.Quantize(out, d, -digits); err != nil || out.Form != apd.Finite {
			return Value{}, &Error{Code: diag.NotRepresentable, Message: shown + " cannot be rounded so", Evidence: v.Evidence()}
		}
	}
	switch n.kind {
	case doubleNum:
		f, err := strconv.ParseFloat(out.String(), 64)
		if err != nil {
			return Value{}, notFinite(out.String())
		}
		return Value{BSON: doubleValue(f)}, nil
	case decimalNum:
		exact, ok := decimalValue(out)
		if !ok {
			return Value{}, &Error{Code: diag.NotRepresentable, Message: "the rounded number needs more than 34 digits", Evidence: v.Evidence()}
		}
		return Value{BSON: exact}, nil
	}
	u, ok := newUntyped(out)
	if ok && n.kind != untypedNum {
		exact, err := u.as(n.kind.String())
		return Value{BSON: exact}, err
	}
	if !ok {
		return Value{}, &Error{Code: diag.NotRepresentable, Message: "the rounded number needs more than 34 digits", Evidence: v.Evidence()}
	}
	return u.value(), nil
}

// Abs is a number without its sign.
func Abs(v Value) (Value, *Error) {
	n, _ := number(v)
	if n.kind == doubleNum {
		return Value{BSON: doubleValue(math.Abs(n.f))}, nil
	}
	if n.sign() >= 0 && (n.kind <= longNum || !n.asDecimal().Negative) {
		return v, nil
	}
	r, err := negate(n)
	if err != nil {
		return Value{}, err
	}
	return r.value(), nil
}

// Quotient is the whole quotient of two integers.
func Quotient(v, w Value) (Value, *Error) {
	a, _ := number(v)
	b, _ := number(w)
	x, y := v.Integer(), w.Integer()
	if y == 0 {
		return Value{}, divisionByZero()
	}
	if x == math.MinInt64 && y == -1 {
		return Value{}, &Error{Code: diag.NumberOverflow, Message: "the result does not fit into a long"}
	}
	q := x / y
	kind := max(a.kind, b.kind)
	switch {
	case a.kind == untypedNum && b.kind == untypedNum:
		u, _ := newUntyped(apd.New(q, 0)) // an int64 has few enough digits
		return u.value(), nil
	case kind == untypedNum:
		if kind = min(a.kind, b.kind); kind == intNum && (max(x, y) > math.MaxInt32 || min(x, y) < math.MinInt32) {
			kind = longNum
		}
	}
	if kind == intNum && (q > math.MaxInt32 || q < math.MinInt32) {
		return Value{}, &Error{Code: diag.NumberOverflow, Message: "the result does not fit into an int", Notes: []string{"convert an operand first: `long(…)`"}}
	}
	return num{kind: kind, i: q}.value(), nil
}

// Total adds up numbers; the zero value is that of none.
type Total struct {
	num   num
	count int
}

// Value is the sum, 0 without a type where nothing was added.
func (s *Total) Value() Value {
	if s.count == 0 {
		zero, _ := newUntyped(apd.New(0, 0)) // zero fits
		return zero.value()
	}
	return s.num.value()
}

// Add adds a number, which messages call shown, or the elements of an array
// where enter is set; missing and null count as nothing.
func (s *Total) Add(shown string, v Value, enter bool) *Error {
	switch {
	case v.Missing() || v.IsNull():
		return nil
	case enter && v.IsArray():
		for e := range v.Elements {
			if err := s.Add(shown, e, false); err != nil {
				return err
			}
		}
		return nil
	}
	next, ok := number(v)
	if !ok {
		return &Error{Code: diag.WrongType, Message: shown + " is " + WithArticle(v.TypeName()) + ", not a number", Evidence: v.Evidence()}
	}
	if s.count++; s.count == 1 {
		s.num = next
		return nil
	}
	var err *Error
	s.num, err = arithmetic("+", s.num, next)
	return err
}
