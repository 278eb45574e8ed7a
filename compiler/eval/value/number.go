package value

// Arithmetic by the rules of docs/language-values.md, Values and types: exact, or an error.
//
// In: operands. Out: a number or an Error without a place.

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/cockroachdb/apd/v3"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
)

// decimal128 is IEEE 754 decimal128: 34 digits, half-even.
var decimal128 = apd.Context{Precision: 34, MaxExponent: 6144, MinExponent: -6143, Rounding: apd.RoundHalfEven}

// exactDoubles is the bound of the integers that every double holds exactly.
const exactDoubles = 1 << 53

type numKind uint8

const (
	intNum numKind = iota
	longNum
	doubleNum
	decimalNum
	untypedNum
)

func (k numKind) String() string {
	return [...]string{"int", "long", "double", "decimal", "number"}[k]
}

// num is an operand; which field counts depends on kind.
type num struct {
	kind numKind
	i    int64
	f    float64
	d    *apd.Decimal
	u    *untyped
}

// number reads a numeric value; false for anything else.
func number(v Value) (num, bool) {
	if v.loose != nil {
		return num{kind: untypedNum, u: v.loose.num}, v.loose.num != nil
	}
	b := v.BSON.Value
	switch {
	case v.BSON.Type == bson.TypeInt32 && len(b) >= 4:
		return num{kind: intNum, i: int64(int32(binary.LittleEndian.Uint32(b)))}, true
	case v.BSON.Type == bson.TypeInt64 && len(b) >= 8:
		return num{kind: longNum, i: int64(binary.LittleEndian.Uint64(b))}, true
	case v.BSON.Type == bson.TypeDouble && len(b) >= 8:
		return num{kind: doubleNum, f: math.Float64frombits(binary.LittleEndian.Uint64(b))}, true
	case v.BSON.Type == bson.TypeDecimal128 && len(b) >= 16:
		return num{kind: decimalNum, d: decimalOf(v.BSON)}, true
	}
	return num{}, false
}

// value gives the BSON of a number. A decimal has been rounded to decimal128 before.
func (n num) value() Value {
	switch n.kind {
	case intNum:
		return Value{BSON: int32Value(int32(n.i))}
	case longNum:
		return Value{BSON: int64Value(n.i)}
	case doubleNum:
		return Value{BSON: doubleValue(n.f)}
	case decimalNum:
		v, _ := decimalValue(n.d)
		return Value{BSON: v}
	}
	return n.u.value()
}

// Integer is the number of an int, a long or a constant that fits one.
func (v Value) Integer() int64 {
	n, _ := number(v)
	if n.kind == untypedNum {
		return n.u.long
	}
	return n.i
}

// FitsInteger reports whether the value is a constant that a long holds.
func (v Value) FitsInteger() bool {
	return v.loose != nil && v.loose.num != nil && v.loose.num.fitsLong
}

// IsConstant reports whether the value is a numeric constant without a type.
func (v Value) IsConstant() bool { return v.loose != nil && v.loose.num != nil }

func (n num) sign() int {
	switch n.kind {
	case doubleNum:
		switch {
		case n.f > 0:
			return 1
		case n.f < 0:
			return -1
		}
		return 0
	case decimalNum:
		return n.d.Sign()
	case untypedNum:
		return n.u.dec.Sign()
	}
	switch {
	case n.i > 0:
		return 1
	case n.i < 0:
		return -1
	}
	return 0
}

// maxNumberText bounds the texts that are read as numbers: many more digits
// than any type holds would only take time.
const maxNumberText = 200

// Number is the constant that a numeric literal stands for.
func Number(s string) (Value, *Error) {
	u, err := literal(s)
	if err != nil {
		return Value{}, err
	}
	return u.value(), nil
}

// literal reads the text of a numeric literal.
func literal(s string) (*untyped, *Error) {
	if len(s) > maxNumberText {
		return nil, &Error{Code: diag.NotRepresentable, Message: "this number has more digits than any BSON type holds"}
	}
	d, _, err := apd.NewFromString(s)
	if err != nil || d.Form != apd.Finite {
		return nil, &Error{Code: diag.BadConstant, Message: "this number cannot be read"}
	}
	u, ok := newUntyped(d)
	if !ok {
		return nil, &Error{Code: diag.NotRepresentable, Message: "this number has more digits than any BSON type holds",
			Notes: []string{"decimal has 34 significant digits and exponents up to 6144"}}
	}
	return u, nil
}

// Calculate computes a op b for + - * / % of two numbers.
func Calculate(op string, a, b Value) (Value, *Error) {
	x, _ := number(a)
	y, _ := number(b)
	r, err := arithmetic(op, x, y)
	if err != nil {
		return Value{}, err
	}
	return r.value(), nil
}

// Negate is -v of a number.
func Negate(v Value) (Value, *Error) {
	n, _ := number(v)
	r, err := negate(n)
	if err != nil {
		return Value{}, err
	}
	return r.value(), nil
}

// arithmetic computes a op b for + - * / %.
func arithmetic(op string, a, b num) (num, *Error) {
	if a.kind == untypedNum && b.kind == untypedNum {
		return untypedArithmetic(op, a.u, b.u)
	}
	var err *Error
	if a.kind == untypedNum {
		if a, err = a.u.like(b.kind); err != nil {
			return num{}, err
		}
	}
	if b.kind == untypedNum {
		if b, err = b.u.like(a.kind); err != nil {
			return num{}, err
		}
	}
	switch {
	case a.kind <= longNum && b.kind <= longNum:
		return integerArithmetic(op, a, b)
	case a.kind == decimalNum || b.kind == decimalNum:
		if a.kind == doubleNum || b.kind == doubleNum {
			return num{}, &Error{Code: diag.MixedNumbers, Message: "a double and a decimal are combined",
				Notes: []string{"convert one of them: `decimal(…)` or `double(…)`"}}
		}
		return decimalArithmetic(op, a.asDecimal(), b.asDecimal())
	}
	x, err := a.asDouble()
	if err != nil {
		return num{}, err
	}
	y, err := b.asDouble()
	if err != nil {
		return num{}, err
	}
	return doubleArithmetic(op, x, y)
}

// like gives the constant the type of the operand it is combined with.
func (u *untyped) like(k numKind) (num, *Error) {
	r, err := u.as(k.String())
	if err != nil {
		err.Message = u.String() + " is combined with " + WithArticle(k.String()) + ", which cannot hold it"
		err.Notes = []string{"convert the other operand: `" + u.other(k.String()) + "(…)`"}
		return num{}, err
	}
	n, _ := number(Value{BSON: r})
	return n, nil
}

func (n num) asDouble() (float64, *Error) {
	if n.kind == doubleNum {
		return n.f, nil
	}
	if n.i > exactDoubles || n.i < -exactDoubles {
		return 0, &Error{Code: diag.NotRepresentable, Message: "an integer beyond 2^53 is combined with a double", Evidence: strconv.FormatInt(n.i, 10),
			Notes: []string{"a double cannot hold it exactly; convert the other operand: `decimal(…)`"}}
	}
	return float64(n.i), nil
}

func (n num) asDecimal() *apd.Decimal {
	switch n.kind {
	case decimalNum:
		return n.d
	case untypedNum:
		return n.u.dec
	}
	return apd.New(n.i, 0)
}

func divisionByZero() *Error {
	return &Error{Code: diag.DivisionByZero, Message: "the divisor is zero", Notes: []string{"test it first: `if d == 0 then … else n / d`"}}
}

func integerArithmetic(op string, a, b num) (num, *Error) {
	kind := max(a.kind, b.kind)
	var r int64
	overflow := false
	switch op {
	case "+":
		r = a.i + b.i
		overflow = (r > a.i) != (b.i > 0) && b.i != 0
	case "-":
		r = a.i - b.i
		overflow = (r < a.i) != (b.i > 0) && b.i != 0
	case "*":
		high, low := bits.Mul64(magnitude(a.i), magnitude(b.i))
		negative := (a.i < 0) != (b.i < 0)
		overflow = high != 0 || low > 1<<63 || low == 1<<63 && !negative
		r = a.i * b.i
	case "/":
		return num{}, &Error{Code: diag.IntegerDivision, Message: "two integers are divided with `/`",
			Notes: []string{"write `div(a, b)` for the whole quotient or `decimal(a) / b` for the exact one"}}
	case "%":
		if b.i == 0 {
			return num{}, divisionByZero()
		}
		if b.i != -1 { // math.MinInt64 % -1 overflows on some machines
			r = a.i % b.i
		}
	}
	if kind == intNum && (r > math.MaxInt32 || r < math.MinInt32) {
		overflow = true
	}
	if overflow {
		hint := "`decimal(…)`"
		if kind == intNum {
			hint = "`long(…)`"
		}
		return num{}, &Error{Code: diag.NumberOverflow, Message: "the result does not fit into " + WithArticle(kind.String()),
			Evidence: strconv.FormatInt(a.i, 10) + " " + op + " " + strconv.FormatInt(b.i, 10),
			Notes:    []string{"convert an operand first: " + hint}}
	}
	return num{kind: kind, i: r}, nil
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

func doubleArithmetic(op string, x, y float64) (num, *Error) {
	var r float64
	switch op {
	case "+":
		r = x + y
	case "-":
		r = x - y
	case "*":
		r = x * y
	case "/":
		if y == 0 {
			return num{}, divisionByZero()
		}
		r = x / y
	case "%":
		return num{}, &Error{Code: diag.WrongType, Message: "`%` is for integers and decimals, not doubles", Notes: []string{"convert the operands: `decimal(…)`"}}
	}
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return num{}, notFinite(formatDouble(x) + " " + op + " " + formatDouble(y))
	}
	return num{kind: doubleNum, f: r}, nil
}

func notFinite(evidence string) *Error {
	return &Error{Code: diag.NotFinite, Message: "the result is NaN or infinite", Evidence: evidence}
}

func decimalArithmetic(op string, x, y *apd.Decimal) (num, *Error) {
	if (op == "/" || op == "%") && y.IsZero() {
		return num{}, divisionByZero()
	}
	d := new(apd.Decimal)
	var flags apd.Condition
	switch op {
	case "+":
		flags, _ = decimal128.Add(d, x, y) // no traps are set: flags say everything
	case "-":
		flags, _ = decimal128.Sub(d, x, y)
	case "*":
		flags, _ = decimal128.Mul(d, x, y)
	case "/":
		flags, _ = decimal128.Quo(d, x, y)
		if flags&apd.Inexact == 0 {
			towards(d, x.Exponent-y.Exponent)
		}
		flags &^= apd.Inexact // a quotient is rounded to 34 digits
	case "%":
		flags, d = remainder(x, y)
	}
	evidence := func() string { return x.String() + " " + op + " " + y.String() }
	if d.Form != apd.Finite || flags&(apd.Overflow|apd.InvalidOperation|apd.DivisionImpossible) != 0 {
		return num{}, notFinite(evidence())
	}
	if flags&apd.Inexact != 0 || flags&apd.Underflow != 0 {
		return num{}, &Error{Code: diag.NotRepresentable, Message: "the exact result needs more than 34 digits", Evidence: evidence(),
			Notes: []string{"round an operand first: `round(x, n)`"}}
	}
	return num{kind: decimalNum, d: d}, nil
}

// towards drops trailing zeros of an exact quotient until it has the exponent
// that IEEE 754 prefers: 1.10 / 1 is 1.10, 1 / 8 is 0.125.
func towards(d *apd.Decimal, exponent int32) {
	var reduced apd.Decimal
	reduced.Reduce(d)
	if d.IsZero() || reduced.Exponent > exponent && d.Exponent < exponent {
		var quantized apd.Decimal
		if _, err := decimal128.Quantize(&quantized, d, exponent); err == nil && quantized.Form == apd.Finite {
			d.Set(&quantized)
		}
		return
	}
	if d.Exponent < exponent {
		d.Set(&reduced)
	}
}

// remainder is x - y*trunc(x/y), exact, with the sign of x.
func remainder(x, y *apd.Decimal) (apd.Condition, *apd.Decimal) {
	d := new(apd.Decimal)
	if x.Form != apd.Finite || y.Form != apd.Finite {
		d.Form = apd.NaN
		return apd.InvalidOperation, d
	}
	e := min(x.Exponent, y.Exponent)
	a, b := scaled(x, e), scaled(y, e)
	var r big.Int
	r.Rem(a, b)
	d.Coeff.SetMathBigInt(&r)
	d.Exponent, d.Negative = e, x.Negative
	flags, _ := decimal128.Round(d, d)
	return flags, d
}

// scaled is the coefficient of |d| at exponent e, which is not above d's.
func scaled(d *apd.Decimal, e int32) *big.Int {
	n := new(big.Int).Set(d.Coeff.MathBigInt())
	return n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.Exponent-e)), nil))
}

// untypedArithmetic is exact or an error: a constant has no type that could round it.
func untypedArithmetic(op string, a, b *untyped) (num, *Error) {
	r, err := decimalArithmetic(op, a.dec, b.dec)
	if err != nil {
		return num{}, err
	}
	if op == "/" {
		var back apd.Decimal
		flags, _ := decimal128.Mul(&back, r.d, b.dec)
		if flags&apd.Inexact != 0 || back.Cmp(a.dec) != 0 {
			s := a.String() + " / " + b.String()
			return num{}, &Error{Code: diag.NotRepresentable, Message: s + " has no exact decimal value",
				Notes: []string{"say how to round it: `decimal(" + a.String() + ") / " + b.String() + "` or `double(" + a.String() + ") / " + b.String() + "`"}}
		}
	}
	u, ok := newUntyped(r.d)
	if !ok {
		return num{}, &Error{Code: diag.NotRepresentable, Message: "the exact result needs more than 34 digits"}
	}
	return num{kind: untypedNum, u: u}, nil
}

// negate is -n.
func negate(n num) (num, *Error) {
	switch n.kind {
	case doubleNum:
		return num{kind: doubleNum, f: -n.f}, nil
	case decimalNum, untypedNum:
		d := new(apd.Decimal).Set(n.asDecimal())
		d.Negative = !d.Negative
		if n.kind == decimalNum {
			return num{kind: decimalNum, d: d}, nil
		}
		u, _ := newUntyped(d) // holds what its opposite held
		return num{kind: untypedNum, u: u}, nil
	}
	return integerArithmetic("-", num{kind: n.kind}, n)
}
