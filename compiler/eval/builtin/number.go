package builtin

// Functions on numbers: conversions are exact or an error, rounding keeps the type.

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/diag"
)

// converted makes a conversion to a numeric type.
func converted(to string) func(*call) (value.Value, *value.Error) {
	return func(c *call) (value.Value, *value.Error) {
		v, err := value.Convert(c.args[0], c.Shown[0], to)
		return v, c.arg(0, err)
	}
}

const (
	floorMode = apd.RoundFloor
	ceilMode  = apd.RoundCeiling
)

func wholeFunc(mode apd.Rounder) func(*call) (value.Value, *value.Error) {
	return func(c *call) (value.Value, *value.Error) { return value.Round(c.args[0], c.Shown[0], 0, mode) }
}

func round(c *call) (value.Value, *value.Error) {
	mode := apd.RoundHalfEven
	if len(c.args) > 2 {
		switch c.text(2) {
		case "half-even":
		case "half-up":
			mode = apd.RoundHalfUp
		default:
			return value.Value{}, c.arg(2, &value.Error{Code: diag.BadConstant, Message: "there is no such way to round", Evidence: c.args[2].Evidence(),
				Notes: []string{`the ways are "half-even" and "half-up"`}})
		}
	}
	digits := int64(0)
	if len(c.args) > 1 {
		if digits = c.integer(1); digits < -40 || digits > 40 {
			return value.Value{}, c.arg(1, &value.Error{Code: diag.WrongType, Message: "the digits to round to are between -40 and 40"})
		}
	}
	return value.Round(c.args[0], c.Shown[0], int32(digits), mode)
}

// extreme is min or max: of several arguments, or of the elements of one array.
func extreme(sign int) func(*call) (value.Value, *value.Error) {
	return func(c *call) (value.Value, *value.Error) {
		values := c.args
		if len(values) == 1 && values[0].IsArray() {
			values = nil
			for e := range c.args[0].Elements {
				values = append(values, e)
			}
			if len(values) == 0 {
				return value.Value{}, nil
			}
		}
		best := values[0]
		for _, v := range values {
			order, ok := value.Compare(v, best)
			if !ok {
				return value.Value{}, &value.Error{Code: diag.WrongType, Message: value.NoOrder(v, best), Evidence: v.Evidence()}
			}
			if order*sign > 0 {
				best = v
			}
		}
		return best.Like(values), nil
	}
}

func abs(c *call) (value.Value, *value.Error) { return value.Abs(c.args[0]) }

func div(c *call) (value.Value, *value.Error) {
	v, err := value.Quotient(c.args[0], c.args[1])
	if err != nil && err.Code == diag.DivisionByZero {
		err = c.arg(1, err)
	}
	return v, err
}
