package eval

// Functions on numbers: conversions are exact or an error, rounding keeps the type.

import (
	"math"
	"math/big"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/hayone1/mongocd/lang/diag"
)

// convert gives a number or the number that a text spells a type, exactly.
// Between double and decimal, exact means that the shortest text of the double
// is the decimal, as for literals: 0.1 is 0.1.
func convert(to string) func(*call) (Value, *Error) {
	return func(c *call) (Value, *Error) {
		v := c.args[0]
		if v.typeName() == to {
			return v, nil
		}
		inexact := &Error{Code: diag.NotRepresentable, Message: c.nodes[0].shown + " cannot be converted to " + to + " exactly", Evidence: v.show()}
		u, ok := exactNumber(c, v)
		if !ok {
			inexact.Notes = []string{"only finite numbers convert"}
			if v.typeName() == "string" {
				inexact.Message = c.nodes[0].shown + " does not spell a number"
				inexact.Notes = nil
			}
			return Value{}, c.arg(0, inexact)
		}
		r, err := u.as(to)
		if err != nil {
			if to != "decimal" && !u.integral {
				inexact.Notes = []string{"round it first: `" + to + "(round(…))`"}
			}
			return Value{}, c.arg(0, inexact)
		}
		if to == "double" && !u.exactDouble && v.loose == nil {
			return Value{}, c.arg(0, inexact)
		}
		return Value{raw: r}, nil
	}
}

// exactNumber reads a finite number or its text.
func exactNumber(c *call, v Value) (*untyped, bool) {
	if v.typeName() == "string" {
		u, err := literal(c.text(0))
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

const (
	floorMode = apd.RoundFloor
	ceilMode  = apd.RoundCeiling
)

func wholeFunc(mode apd.Rounder) func(*call) (Value, *Error) {
	return func(c *call) (Value, *Error) { return rounded(c, 0, mode) }
}

func round(c *call) (Value, *Error) {
	mode := apd.RoundHalfEven
	if len(c.args) > 2 {
		switch c.text(2) {
		case "half-even":
		case "half-up":
			mode = apd.RoundHalfUp
		default:
			return Value{}, c.arg(2, &Error{Code: diag.BadConstant, Message: "there is no such way to round", Evidence: c.args[2].show(),
				Notes: []string{`the ways are "half-even" and "half-up"`}})
		}
	}
	digits := int64(0)
	if len(c.args) > 1 {
		if digits = c.integer(1); digits < -40 || digits > 40 {
			return Value{}, c.arg(1, &Error{Code: diag.WrongType, Message: "the digits to round to are between -40 and 40"})
		}
	}
	return rounded(c, int32(digits), mode)
}

// rounded rounds to so many digits after the point. Doubles are rounded in
// their shortest text form, which is what people see: round(2.675, 2) is 2.68.
func rounded(c *call, digits int32, mode apd.Rounder) (Value, *Error) {
	n, _ := number(c.args[0])
	var d *apd.Decimal
	switch n.kind {
	case intNum, longNum:
		if digits >= 0 {
			return c.args[0], nil
		}
		d = n.asDecimal()
	case doubleNum:
		if d = formatExact(n.f); d.Form != apd.Finite {
			return Value{}, notFinite(formatDouble(n.f))
		}
		if math.Abs(n.f) >= exactDoubles && digits >= 0 {
			return c.args[0], nil
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
			return Value{}, &Error{Code: diag.NotRepresentable, Message: c.nodes[0].shown + " cannot be rounded so", Evidence: c.args[0].show()}
		}
	}
	switch n.kind {
	case doubleNum:
		f, err := strconv.ParseFloat(out.String(), 64)
		if err != nil {
			return Value{}, notFinite(out.String())
		}
		return Value{raw: doubleValue(f)}, nil
	case decimalNum:
		v, ok := decimalValue(out)
		if !ok {
			return Value{}, &Error{Code: diag.NotRepresentable, Message: "the rounded number needs more than 34 digits", Evidence: c.args[0].show()}
		}
		return Value{raw: v}, nil
	}
	u, ok := newUntyped(out)
	if ok && n.kind != untypedNum {
		v, err := u.as(n.kind.String())
		return Value{raw: v}, err
	}
	if !ok {
		return Value{}, &Error{Code: diag.NotRepresentable, Message: "the rounded number needs more than 34 digits", Evidence: c.args[0].show()}
	}
	return u.value(), nil
}

func abs(c *call) (Value, *Error) {
	n, _ := number(c.args[0])
	if n.kind == doubleNum {
		return Value{raw: doubleValue(math.Abs(n.f))}, nil
	}
	if n.sign() >= 0 && (n.kind <= longNum || !n.asDecimal().Negative) {
		return c.args[0], nil
	}
	r, err := negate(n)
	if err != nil {
		return Value{}, err
	}
	return r.value(), nil
}

// extreme is min or max: of several arguments, or of the elements of one array.
func extreme(sign int) func(*call) (Value, *Error) {
	return func(c *call) (Value, *Error) {
		values := c.args
		if len(values) == 1 && values[0].isArray() {
			values = nil
			for e := range c.args[0].elements {
				values = append(values, e)
			}
			if len(values) == 0 {
				return Value{}, nil
			}
		}
		best := values[0]
		for _, v := range values {
			order, ok := compareFamily(v, best)
			if !ok {
				return Value{}, &Error{Code: diag.WrongType, Message: noOrder(v, best), Evidence: v.show()}
			}
			if order*sign > 0 {
				best = v
			}
		}
		return best.like(values), nil
	}
}

// like is a constant that was chosen among values: it takes the numeric type
// that the others have, where they have one and it can.
func (v Value) like(others []Value) Value {
	if v.loose == nil || v.loose.num == nil {
		return v
	}
	kind := ""
	for _, o := range others {
		if o.loose != nil || !o.isNumber() {
			continue
		}
		if kind != "" && kind != o.typeName() {
			return v
		}
		kind = o.typeName()
	}
	return v.as(kind)
}

// as is a constant in a numeric type, and itself where it is none or does not fit.
func (v Value) as(kind string) Value {
	if kind == "" || v.loose == nil || v.loose.num == nil {
		return v
	}
	if r, err := v.loose.num.as(kind); err == nil {
		return Value{raw: r}
	}
	return v
}

func noOrder(v, w Value) string {
	if v.typeName() == w.typeName() {
		return withArticle(v.typeName()) + " has no order"
	}
	return withArticle(v.typeName()) + " and " + withArticle(w.typeName()) + " have no order"
}

func div(c *call) (Value, *Error) {
	a, _ := number(c.args[0])
	b, _ := number(c.args[1])
	x, y := c.integer(0), c.integer(1)
	if y == 0 {
		return Value{}, c.arg(1, divisionByZero())
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
