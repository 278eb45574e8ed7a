package value

// Numeric constants that have no type yet (docs/language-values.md, Values and types).

import (
	"math"
	"strconv"

	"github.com/cockroachdb/apd/v3"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// untyped is a numeric constant without a type: an exact decimal that
// decimal128 can hold, with what it is in each type.
type untyped struct {
	dec *apd.Decimal
	// integral says whether it is a whole number.
	integral bool
	// long is its value when fitsLong.
	long     int64
	fitsLong bool
	// exact is the smallest of int, long and decimal that holds it, for comparisons.
	exact bson.RawValue
	// double is the nearest double. exactDouble says whether it is the same
	// number, or its shortest text is (0.1, 1e23): what people mean by writing it.
	double      float64
	doubleRaw   bson.RawValue
	exactDouble bool
	decimal     bson.RawValue
}

// newUntyped is false when decimal128 cannot hold d.
func newUntyped(d *apd.Decimal) (*untyped, bool) {
	dec, ok := decimalValue(d)
	if !ok {
		return nil, false
	}
	u := &untyped{dec: d, decimal: dec, exact: dec}
	u.integral = d.Exponent >= 0
	if whole, ok := wholeNumber(d); ok {
		u.integral = true
		if whole.IsInt64() {
			u.long, u.fitsLong = whole.Int64(), true
			u.exact = int64Value(u.long)
			if u.long >= math.MinInt32 && u.long <= math.MaxInt32 {
				u.exact = int32Value(int32(u.long))
			}
		}
	}
	f, err := strconv.ParseFloat(d.String(), 64)
	if err != nil {
		f = math.Inf(1)
	}
	u.double, u.doubleRaw = f, doubleValue(f)
	u.exactDouble = !math.IsInf(f, 0) && (doc.Same(u.doubleRaw, u.exact) || formatExact(f).Cmp(d) == 0)
	return u, true
}

func (u *untyped) value() Value { return Value{loose: &loose{num: u}} }

// String is the constant in plain notation with the digits it was written with.
func (u *untyped) String() string { return plain(u.dec) }

// settle gives the constant the one type in names, or the default type when there is none.
func (u *untyped) settle(names []string) (bson.RawValue, *Error) {
	switch len(names) {
	case 0:
		switch {
		case u.fitsLong:
			return u.exact, nil
		case u.integral:
			return bson.RawValue{}, &Error{Code: diag.NotRepresentable, Message: u.String() + " fits no integer type",
				Notes: []string{"say which type is meant: `decimal(" + u.String() + ")` or `double(" + u.String() + ")`"}}
		}
		return u.as("double")
	case 1:
		return u.as(names[0])
	}
	offers := ""
	for i, n := range names {
		if i > 0 {
			offers += " or "
		}
		offers += "`" + n + "(" + u.String() + ")`"
	}
	return bson.RawValue{}, &Error{Code: diag.AmbiguousNumber, Message: u.String() + " could be " + OrList(names),
		Notes: []string{"the field holds several numeric types; write " + offers}}
}

// as gives the constant in a numeric type.
func (u *untyped) as(name string) (bson.RawValue, *Error) {
	switch name {
	case "int":
		if u.fitsLong && u.exact.Type == bson.TypeInt32 {
			return u.exact, nil
		}
	case "long":
		if u.fitsLong {
			return int64Value(u.long), nil
		}
	case "double":
		if !math.IsInf(u.double, 0) && (u.exactDouble || !u.integral) {
			return u.doubleRaw, nil
		}
	case "decimal":
		return u.decimal, nil
	}
	why := "is no whole number"
	if u.integral {
		why = "does not fit"
	}
	return bson.RawValue{}, &Error{Code: diag.NotRepresentable, Message: u.String() + " cannot be written as " + name,
		Label: "it " + why, Notes: []string{"to write another type on purpose, use `" + u.other(name) + "(" + u.String() + ")`"}}
}

// other is a type that holds the constant when the type not does not.
func (u *untyped) other(not string) string {
	switch {
	case u.fitsLong && not != "long":
		return "long"
	case not != "double" && !u.integral:
		return "double"
	}
	return "decimal"
}

// As is a constant in a numeric type, and itself where it is none or does not fit.
func (v Value) As(kind string) Value {
	if kind == "" || v.loose == nil || v.loose.num == nil {
		return v
	}
	if r, err := v.loose.num.as(kind); err == nil {
		return Value{BSON: r}
	}
	return v
}
