// Package builtin has what the built-in functions do: the rows of lang/function
// say how each is called.
//
// In: a call with the values of its arguments, which have the types of that
// row's parameters. Out: a value. To add a function, add a row there and its
// implementation here. Every function is pure.
package builtin

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Call is a call of a function as it is written: what is the same for every document.
type Call struct {
	// Shown is what messages call each argument, Spans are their places.
	Shown []string
	Spans []source.Span
	// Regexes are the arguments that are literal regular expressions, compiled.
	Regexes []*regexp.Regexp
	Span    source.Span
	// Environment is the name of the environment.
	Environment string
	// Link gives what link(…) stands for: a key that is the same for the same
	// document, and the call for people. nil: nothing.
	Link func(collection string, identity []bson.RawValue) (key, shown string, err *value.Error)

	function func(c *call) (value.Value, *value.Error)
}

// NewCall makes a call of a function of n arguments; nil: the function is not
// one of the values of its arguments.
func NewCall(name string, n int) *Call {
	f := implementations[name]
	if f == nil {
		return nil
	}
	return &Call{Shown: make([]string, n), Spans: make([]source.Span, n), Regexes: make([]*regexp.Regexp, n), function: f}
}

// Evaluate gives the value for arguments whose types are those of the
// parameters. A fault of an argument has its place, others may have none.
func (c *Call) Evaluate(args []value.Value) (value.Value, *value.Error) {
	return c.function(&call{Call: c, args: args})
}

// call is one evaluation of a Call.
type call struct {
	*Call
	args []value.Value
}

// CheckConstant judges a text that is known before any document is seen.
func CheckConstant(function, parameter, text string) *value.Error {
	if check := constantChecks[parameter]; check != nil {
		return check(function, text)
	}
	return nil
}

// constantChecks judge texts that are known before any document is seen, by
// the name of the parameter.
var constantChecks = map[string]func(function, text string) *value.Error{
	"zone":   func(_, zone string) *value.Error { return checkZone(zone) },
	"format": checkFormat,
}

// implementations are the functions by name; nil is one of all documents, which package eval compiles.
var implementations = map[string]func(c *call) (value.Value, *value.Error){
	"lower":        textFunc(strings.ToLower),
	"upper":        textFunc(strings.ToUpper),
	"trim":         textFunc(strings.TrimSpace),
	"trimStart":    textFunc(trimStart),
	"trimEnd":      textFunc(trimEnd),
	"replace":      replace,
	"split":        split,
	"join":         join,
	"slice":        slice,
	"startsWith":   textTest(strings.HasPrefix),
	"endsWith":     textTest(strings.HasSuffix),
	"contains":     textTest(strings.Contains),
	"match":        match,
	"padStart":     padStart,
	"length":       length,
	"string":       toString,
	"int":          converted("int"),
	"long":         converted("long"),
	"double":       converted("double"),
	"decimal":      converted("decimal"),
	"round":        round,
	"floor":        wholeFunc(floorMode),
	"ceil":         wholeFunc(ceilMode),
	"abs":          abs,
	"min":          extreme(-1),
	"max":          extreme(1),
	"div":          div,
	"first":        first,
	"last":         last,
	"sort":         sortList,
	"reverse":      reverse,
	"distinct":     distinct,
	"sum":          sum,
	"concat":       concat,
	"flatten":      flatten,
	"keys":         keys,
	"values":       values,
	"entries":      entries,
	"merge":        merge,
	"addDays":      addDays,
	"addHours":     addHours,
	"addMonths":    addMonths,
	"startOfDay":   startOf(false),
	"startOfMonth": startOf(true),
	"year":         calendar(time.Time.Year),
	"month":        calendar(func(t time.Time) int { return int(t.Month()) }),
	"dayOfMonth":   calendar(time.Time.Day),
	"formatDate":   formatDate,
	"parseDate":    parseDate,
	"daysBetween":  daysBetween,
	"objectId":     toObjectID,
	"date":         toDate,
	"uuid":         toUUID,
	"uuid5":        uuid5,
	"binary":       toBinary,
	"timestamp":    toTimestamp,
	"minKey":       constantFunc(bson.TypeMinKey),
	"maxKey":       constantFunc(bson.TypeMaxKey),
	"sha256":       sha256Hex,
	"environment":  environment,
	"secret":       secret,
	"link":         link,
	"count":        nil,
	"total":        nil,
}

// arg gives an error the place of an argument.
func (c *call) arg(i int, e *value.Error) *value.Error { return e.At(c.Spans[i]) }

func (c *call) text(i int) string { return value.Text(c.args[i].BSON) }

// integer reads an argument of type "integer".
func (c *call) integer(i int) int64 {
	return c.args[i].Integer()
}

// count reads an integer argument that is a position or a length.
func (c *call) count(i int) (int, *value.Error) {
	n := c.integer(i)
	if n < 0 {
		return 0, c.arg(i, &value.Error{Code: diag.WrongType, Message: c.Shown[i] + " is negative", Evidence: strconv.FormatInt(n, 10)})
	}
	return int(min(n, value.MaxSize+1)), nil
}

// regex gives a compiled regular expression when the argument is one.
func (c *call) regex(i int) (*regexp.Regexp, *value.Error) {
	if c.Regexes[i] != nil || c.args[i].BSON.Type != bson.TypeRegex {
		return c.Regexes[i], nil
	}
	pattern, options, _ := strings.Cut(string(c.args[i].BSON.Value), "\x00")
	re, err := value.CompileRegex(pattern, strings.TrimSuffix(options, "\x00"))
	if err != nil {
		return nil, c.arg(i, err)
	}
	return re, nil
}

func environment(c *call) (value.Value, *value.Error) { return value.String(c.Environment), nil }
