package eval

// The built-in functions: what the rows of lang/function do, and how a call is
// compiled. functions_text.go, functions_number.go and functions_list.go have
// the implementations.
//
// In: a call. Out: a node. To add a function, add a row there and its implementation here.
// Every function is pure. An argument that is missing or null is an error.

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/source"
)

// call is one evaluation of a function. Errors need no place: faults of an
// argument get that argument's, all others the call's.
type call struct {
	env   *Env
	args  []Value
	nodes []*node
	// regexes are the arguments that are literal regular expressions, compiled.
	regexes []*regexp.Regexp
	span    source.Span
}

// constantChecks judge texts that are known before any document is seen, by
// the name of the parameter.
var constantChecks = map[string]func(function, text string) *Error{
	"zone":   func(_, zone string) *Error { return checkZone(zone) },
	"format": checkFormat,
}

// implementations are the functions by name; nil is compiled by compiler.aggregate.
var implementations = map[string]func(c *call) (Value, *Error){
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
	"padStart":     padStart,
	"length":       length,
	"string":       toString,
	"int":          convert("int"),
	"long":         convert("long"),
	"double":       convert("double"),
	"decimal":      convert("decimal"),
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

// callable is a function with what it does.
type callable struct {
	*function.Function
	call func(c *call) (Value, *Error)
}

func (c *compiler) call(x *ast.Call) *node {
	fn := callable{Function: function.Find(x.Func.Text), call: implementations[x.Func.Text]}
	if fn.Function == nil {
		e := &Error{Code: diag.UnknownFunction, Span: x.Func.Span, Message: "there is no function " + diag.Quote(x.Func.Text, 40)}
		return c.fail(e.suggest(x.Func.Text, function.Names()))
	}
	if least, most := fn.Arity(); len(x.Args) < least || most >= 0 && len(x.Args) > most {
		return c.fail(&Error{Code: diag.WrongArguments, Span: x.Span, Message: "`" + fn.Name + "` takes " + arity(least, most) + ", not " + strconv.Itoa(len(x.Args)),
			Notes: []string{"it is " + fn.String() + ": " + fn.Summary}})
	}
	if fn.call == nil {
		return c.aggregate(x)
	}
	nodes := c.exprs(x.Args)
	if !fn.Structural {
		for i, n := range nodes {
			nodes[i] = c.plain(n)
		}
	}
	regexes := make([]*regexp.Regexp, len(nodes))
	for i, n := range nodes {
		p := fn.Param(i)
		if n.constant {
			if err := fn.checkConstant(i, n); err != nil {
				return c.fail(err)
			}
		}
		if p.Constant && !n.constant {
			return c.fail(&Error{Code: diag.NotConstant, Span: n.span, Message: "`" + fn.Name + "` takes constants only"})
		}
		if re, ok := x.Args[i].(*ast.Regex); ok && slices.Contains(p.Types, "regex") {
			var err *Error
			if regexes[i], err = compileRegex(re); err != nil {
				return c.fail(err)
			}
		}
	}
	n := &node{span: x.Span, shown: "`" + fn.Name + "(…)`", eval: func(f *frame) (Value, *Error) {
		args := make([]Value, len(nodes))
		for i, n := range nodes {
			v, err := n.solid(f)
			if err != nil {
				return Value{}, err
			}
			if err := fn.takes(i, n, v); err != nil {
				return Value{}, err
			}
			args[i] = v
		}
		v, err := fn.call(&call{env: c.env, args: args, nodes: nodes, regexes: regexes, span: x.Span})
		if err != nil {
			return Value{}, err.at(x.Span)
		}
		return checkSize(v, x.Span)
	}}
	return c.fold(n, nodes...)
}

// takes checks the type of an argument.
func (f callable) takes(i int, n *node, v Value) *Error {
	p := f.Param(i)
	switch {
	case takes(p, v):
		return nil
	case v.raw.Type == secretType:
		return secretUsed(n.shown, n.span)
	}
	return &Error{Code: diag.WrongType, Span: n.span, Message: n.shown + " is " + withArticle(v.typeName()) + "; `" + f.Name + "` takes " + withArticle(orList(p.Types)),
		Evidence: v.show(), Notes: []string{"it is " + f.String() + ": " + f.Summary}}
}

// checkConstant checks an argument that is known before any document is seen.
func (f callable) checkConstant(i int, n *node) *Error {
	v, err := n.solid(nil)
	if err == nil {
		err = f.takes(i, n, v)
	}
	if check := constantChecks[f.Param(i).Name]; err == nil && check != nil {
		err = check(f.Name, text(v.raw)).at(n.span)
	}
	return err
}

// suggest adds the candidate that a word most likely stands for; the error's
// span is the word.
func (e *Error) suggest(word string, candidates []string) *Error {
	if s := diag.Suggest(word, candidates); s != "" {
		e.Label = "did you mean `" + s + "`?"
		e.Fix = &diag.Fix{Span: e.Span, Text: s}
	}
	return e
}

// takes reports whether a value may be given for a parameter.
func takes(p function.Param, v Value) bool {
	if n := v.loose; n != nil && n.num != nil && slices.Contains(p.Types, "integer") {
		return n.num.fitsLong
	}
	return p.Takes(v.typeName())
}

func arity(least, most int) string {
	plural := func(n int) string {
		if n == 1 {
			return "1 argument"
		}
		return strconv.Itoa(n) + " arguments"
	}
	switch {
	case most < 0:
		return "at least " + plural(least)
	case least == most:
		return plural(least)
	}
	return strconv.Itoa(least) + " to " + plural(most)
}

// arg gives an error the place of an argument.
func (c *call) arg(i int, e *Error) *Error { return e.at(c.nodes[i].span) }

func (c *call) text(i int) string { return text(c.args[i].raw) }

// integer reads an argument of type "integer".
func (c *call) integer(i int) int64 {
	n, _ := number(c.args[i])
	if n.kind == untypedNum {
		return n.u.long
	}
	return n.i
}

// count reads an integer argument that is a position or a length.
func (c *call) count(i int) (int, *Error) {
	n := c.integer(i)
	if n < 0 {
		return 0, c.arg(i, &Error{Code: diag.WrongType, Message: c.nodes[i].shown + " is negative", Evidence: strconv.FormatInt(n, 10)})
	}
	return int(min(n, maxSize+1)), nil
}

// regex gives a compiled regular expression when the argument is one.
func (c *call) regex(i int) (*regexp.Regexp, *Error) {
	if c.regexes[i] != nil || c.args[i].raw.Type != bson.TypeRegex {
		return c.regexes[i], nil
	}
	pattern, options, _ := strings.Cut(string(c.args[i].raw.Value), "\x00")
	re, err := compileRegex(&ast.Regex{Pattern: pattern, Options: strings.TrimSuffix(options, "\x00")})
	if err != nil {
		return nil, c.arg(i, err)
	}
	return re, nil
}

func environment(c *call) (Value, *Error) { return stringOf(c.env.Name), nil }
