package eval

// The built-in functions (LANGUAGE.md 2.7): one table of signatures, and how a
// call is compiled from it. functions_text.go, functions_number.go and
// functions_list.go have the implementations.
//
// In: a call. Out: a node. To add a function, add a row and its implementation.
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
	"github.com/hayone1/mongocd/lang/source"
)

// Signature describes a function to the checker, to messages and to the reference.
type Signature struct {
	Name   string
	Params []Param
	// Variadic: the last parameter may be given any number of times more.
	Variadic bool
	// Result is a type name, "number" or "any" (that of the arguments or elements).
	Result string
	// Structural functions move values without looking at them: they take secrets inside.
	Structural bool
	// Summary is one line for the reference.
	Summary string
	// Errors are the errors that a call may give besides those that all functions
	// give: an argument that is missing, null or of another type, a result larger
	// than a document may be. Empty: no others.
	Errors string
}

// Param is one parameter.
type Param struct {
	Name string
	// Types are the type names that it takes; "number" is all four numeric
	// types, "integer" int and long, "any" everything.
	Types []string
	// Optional: it may be left out, with all after it.
	Optional bool
	// Constant: the argument may not depend on a document.
	Constant bool
	// check judges a text that is known before any document is seen.
	check func(text string) *Error
}

// String is the signature as people write it: "padStart(text, length, [fill])".
func (s Signature) String() string {
	var b strings.Builder
	b.WriteString(s.Name + "(")
	for i, p := range s.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		if p.Optional {
			b.WriteString("[" + p.Name + "]")
		} else {
			b.WriteString(p.Name)
		}
	}
	if s.Variadic {
		b.WriteString(", …")
	}
	return b.String() + ")"
}

// Function finds the signature of a function.
func Function(name string) (Signature, bool) {
	i := slices.IndexFunc(functions, func(f function) bool { return f.Name == name })
	if i < 0 {
		return Signature{}, false
	}
	return functions[i].Signature, true
}

// Functions gives all signatures in the order of the reference. An argument that
// is missing or null is always an error, but for total(…), which leaves it out.
func Functions() []Signature {
	all := make([]Signature, len(functions))
	for i, f := range functions {
		all[i] = f.Signature
	}
	return all
}

type function struct {
	Signature
	call func(c *call) (Value, *Error)
}

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

// params reads "text string, length integer, [fill string]"; `|` joins types, `!` after a type means constant.
func params(list string) []Param {
	var ps []Param
	for part := range strings.SplitSeq(list, ", ") {
		if part == "" {
			continue
		}
		inner := strings.Trim(part, "[]")
		name, types, _ := strings.Cut(inner, " ")
		p := Param{Name: name, Optional: inner != part, Constant: strings.HasSuffix(types, "!"), Types: strings.Split(strings.TrimSuffix(types, "!"), "|")}
		if name == "zone" {
			p.check = checkZone
		}
		ps = append(ps, p)
	}
	return ps
}

func row(name, list, result, summary string, f func(*call) (Value, *Error)) function {
	variadic := strings.HasSuffix(list, ", …")
	return function{Signature{Name: name, Params: params(strings.TrimSuffix(list, ", …")), Variadic: variadic, Result: result,
		Structural: slices.Contains(structural, name), Summary: summary, Errors: faults[name]}, f}
}

// check adds the check of a parameter.
func (f function) check(i int, check func(text string) *Error) function {
	f.Params[i].check = check
	return f
}

var structural = []string{"length", "first", "last", "reverse", "concat", "flatten", "keys", "values", "merge", "slice"}

var functions = []function{
	// text
	row("lower", "text string", "string", "lower case, by simple Unicode mapping", textFunc(strings.ToLower)),
	row("upper", "text string", "string", "upper case, by simple Unicode mapping", textFunc(strings.ToUpper)),
	row("trim", "text string", "string", "without white space at both ends", textFunc(strings.TrimSpace)),
	row("trimStart", "text string", "string", "without white space at the start", textFunc(trimStart)),
	row("trimEnd", "text string", "string", "without white space at the end", textFunc(trimEnd)),
	row("replace", "text string, what string|regex, by string", "string", "all occurrences replaced; with a regex, $1 is its first group", replace),
	row("split", "text string, separator string|regex", "array", "the parts between the separators", split),
	row("join", "list array, separator string", "string", "the elements as text, the separator between them", join),
	row("slice", "x string|array, start integer, [end integer]", "any", "from position start up to, not including, end", slice),
	row("startsWith", "text string, prefix string", "bool", "whether the text begins so", textTest(strings.HasPrefix)),
	row("endsWith", "text string, suffix string", "bool", "whether the text ends so", textTest(strings.HasSuffix)),
	row("contains", "text string, part string", "bool", "whether the part occurs in the text", textTest(strings.Contains)),
	row("padStart", "text string, length integer, [fill string]", "string", "filled up at the start to a length", padStart),
	row("length", "x string|array", "int", "code points of a text, elements of an array", length),
	row("string", "x string|number|bool|objectId|uuid|date", "string", "the text form, as in interpolation", toString),

	// numbers
	row("int", "x number|string", "int", "as int, exactly or an error", convert("int")),
	row("long", "x number|string", "long", "as long, exactly or an error", convert("long")),
	row("double", "x number|string", "double", "as double; a decimal fraction must come back the same", convert("double")),
	row("decimal", "x number|string", "decimal", "as decimal; a double by its shortest text form", convert("decimal")),
	row("round", "x number, [digits integer], [mode string]", "number", "rounded half-even, or with mode \"half-up\"; the type stays", round),
	row("floor", "x number", "number", "the greatest whole number not above x; the type stays", wholeFunc(floorMode)),
	row("ceil", "x number", "number", "the least whole number not below x; the type stays", wholeFunc(ceilMode)),
	row("abs", "x number", "number", "without the sign", abs),
	row("min", "x any, …", "any", "the least of the arguments, or of one array", extreme(-1)),
	row("max", "x any, …", "any", "the greatest of the arguments, or of one array", extreme(1)),
	row("div", "a integer, b integer", "number", "the quotient of integers without its fraction", div),

	// arrays
	row("first", "list array", "any", "the first element; missing when there is none", first),
	row("last", "list array", "any", "the last element; missing when there is none", last),
	row("sort", "list array", "array", "in BSON comparison order", sortList),
	row("reverse", "list array", "array", "in the opposite order", reverse),
	row("distinct", "list array", "array", "without elements equal to an earlier one", distinct),
	row("sum", "list array", "number", "the sum of the elements", sum),
	row("concat", "list array, …", "array", "the elements of all lists", concat),
	row("flatten", "list array", "array", "with the elements of nested lists in their place, one level", flatten),

	// objects
	row("keys", "x object", "array", "the names of the fields", keys),
	row("values", "x object", "array", "the values of the fields", values),
	row("merge", "x object, …", "object", "the fields of all objects; a later value wins, the first place counts", merge),

	// dates
	row("addDays", "date date, days integer, [zone string]", "date", "so many days later at the same local time; 24 hours each without a zone", addDays),
	row("addHours", "date date, hours integer", "date", "so many hours later", addHours),
	row("addMonths", "date date, months integer, [zone string]", "date", "so many months later at the same local time, on the month's last day at most; UTC without a zone", addMonths),
	row("startOfDay", "date date, zone string", "date", "the first instant of the day", startOf(false)),
	row("startOfMonth", "date date, zone string", "date", "the first instant of the month", startOf(true)),
	row("year", "date date, zone string", "int", "the year", calendar(time.Time.Year)),
	row("month", "date date, zone string", "int", "the month, 1 to 12", calendar(func(t time.Time) int { return int(t.Month()) })),
	row("dayOfMonth", "date date, zone string", "int", "the day of the month, 1 to 31", calendar(time.Time.Day)),
	row("formatDate", "date date, format string, zone string", "string", "the local time as text; the format has letters after %", formatDate).check(1, checkFormat),
	row("parseDate", "text string, format string, zone string", "date", "the date that a text of this format means; a local time that comes twice is the first", parseDate).check(1, checkParseFormat),
	row("daysBetween", "from date, to date, [zone string]", "int", "how many midnights are between them, negative when to is earlier; UTC without a zone", daysBetween),

	// BSON values
	row("objectId", "hex string", "objectId", "of 24 hexadecimal digits", toObjectID),
	row("date", "text string", "date", "of ISO 8601 with a zone, to the millisecond", toDate),
	row("uuid", "text string", "uuid", "of the usual 36 characters", toUUID),
	row("uuid5", "namespace uuid, name string", "uuid", "RFC 9562 version 5: by SHA-1 of namespace and name", uuid5),
	row("binary", "base64 string!, [subtype integer!]", "binary", "bytes with a subtype, 0 if not given", toBinary),
	row("timestamp", "seconds integer!, increment integer!", "timestamp", "MongoDB's internal timestamp", toTimestamp),
	row("minKey", "", "minKey", "below all other values", constantFunc(bson.TypeMinKey)),
	row("maxKey", "", "maxKey", "above all other values", constantFunc(bson.TypeMaxKey)),
	row("sha256", "x string|binary|uuid", "string", "the SHA-256 in lower-case hexadecimal", sha256Hex),

	// environment
	row("environment", "", "string", "the name of the environment", environment),
	row("secret", "name string", "string", "a text that the artefact reads when it runs, from the environment variable of that name", secret),
	row("link", "collection string, identity any, …", "any", "the `_id` of the document of this identity, as `link` puts it there; in `expect` of a test only", link),

	// aggregates, compiled by compiler.aggregate
	row("count", "", "int", "how many documents the finished collection has; in `check` and `warn` only", nil),
	row("total", "x any", "number", "the sum of x over the finished documents, missing and null left out; in `check` and `warn` only", nil),
}

func (c *compiler) call(x *ast.Call) *node {
	i := slices.IndexFunc(functions, func(f function) bool { return f.Name == x.Func.Text })
	if i < 0 {
		e := &Error{Code: diag.UnknownFunction, Span: x.Func.Span, Message: "there is no function " + diag.Quote(x.Func.Text, 40)}
		names := make([]string, len(functions))
		for i, f := range functions {
			names[i] = f.Name
		}
		return c.fail(e.suggest(x.Func.Text, names))
	}
	fn := &functions[i]
	least := len(fn.Params)
	for least > 0 && fn.Params[least-1].Optional {
		least--
	}
	if len(x.Args) < least || len(x.Args) > len(fn.Params) && !fn.Variadic {
		return c.fail(&Error{Code: diag.WrongArguments, Span: x.Span, Message: "`" + fn.Name + "` takes " + arity(least, len(fn.Params), fn.Variadic) + ", not " + strconv.Itoa(len(x.Args)),
			Notes: []string{"it is " + fn.Signature.String() + ": " + fn.Summary}})
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
		p := fn.param(i)
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
func (f *function) takes(i int, n *node, v Value) *Error {
	p := f.param(i)
	switch {
	case p.takes(v):
		return nil
	case v.raw.Type == secretType:
		return secretUsed(n.shown, n.span)
	}
	return &Error{Code: diag.WrongType, Span: n.span, Message: n.shown + " is " + withArticle(v.typeName()) + "; `" + f.Name + "` takes " + withArticle(orList(p.Types)),
		Evidence: v.show(), Notes: []string{"it is " + f.Signature.String() + ": " + f.Summary}}
}

// checkConstant checks an argument that is known before any document is seen.
func (f *function) checkConstant(i int, n *node) *Error {
	v, err := n.solid(nil)
	if err == nil {
		err = f.takes(i, n, v)
	}
	if p := f.param(i); err == nil && p.check != nil {
		err = p.check(text(v.raw)).at(n.span)
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

func (f *function) param(i int) Param { return f.Params[min(i, len(f.Params)-1)] }

func (p Param) takes(v Value) bool {
	name := v.typeName()
	for _, t := range p.Types {
		switch t {
		case "any", name:
			return true
		case "number":
			if v.isNumber() {
				return true
			}
		case "integer":
			if name == "int" || name == "long" || v.loose != nil && v.loose.num != nil && v.loose.num.fitsLong {
				return true
			}
		}
	}
	return false
}

func arity(least, most int, variadic bool) string {
	plural := func(n int) string {
		if n == 1 {
			return "1 argument"
		}
		return strconv.Itoa(n) + " arguments"
	}
	switch {
	case variadic:
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
