package check

// The functions of the language, as far as they can be checked without data:
// names and numbers of arguments. compiler/eval has their meaning; a test there
// holds that the two tables agree.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// Function is the form of a function; Max is -1 for any number of arguments.
type Function struct {
	Min, Max int
	// Ready: compiler/eval has it; the others are refused as not implemented.
	Ready bool
}

// Functions are all functions of the language by name.
var Functions = map[string]Function{
	// BSON constructors and conversions
	"int": {1, 1, true}, "long": {1, 1, true}, "double": {1, 1, true}, "decimal": {1, 1, true}, "string": {1, 1, true},
	"objectId": {1, 1, true}, "date": {1, 1, true}, "uuid": {1, 1, true}, "binary": {1, 2, true},
	"timestamp": {2, 2, true}, "minKey": {0, 0, true}, "maxKey": {0, 0, true},
	// text
	"lower": {1, 1, true}, "upper": {1, 1, true}, "trim": {1, 1, true}, "trimStart": {1, 1, true}, "trimEnd": {1, 1, true},
	"replace": {3, 3, true}, "split": {2, 2, true}, "join": {2, 2, true}, "slice": {2, 3, true},
	"startsWith": {2, 2, true}, "endsWith": {2, 2, true}, "contains": {2, 2, true}, "padStart": {2, 3, true}, "length": {1, 1, true},
	// numbers
	"round": {1, 3, true}, "floor": {1, 1, true}, "ceil": {1, 1, true}, "abs": {1, 1, true},
	"min": {1, -1, true}, "max": {1, -1, true}, "div": {2, 2, true},
	// dates
	"addDays": {2, 3, true}, "addHours": {2, 2, true}, "addMonths": {2, 3, true}, "startOfDay": {2, 2, true}, "startOfMonth": {2, 2, true},
	"year": {2, 2, true}, "month": {2, 2, true}, "dayOfMonth": {2, 2, true}, "formatDate": {3, 3, true}, "parseDate": {3, 3, true},
	"daysBetween": {2, 3, true},
	// arrays and objects
	"first": {1, 1, true}, "last": {1, 1, true}, "sort": {1, 1, true}, "reverse": {1, 1, true}, "distinct": {1, 1, true},
	"sum": {1, 1, true}, "concat": {1, -1, true}, "flatten": {1, 1, true}, "keys": {1, 1, true}, "values": {1, 1, true}, "merge": {1, -1, true},
	// hashes, environment, aggregates, secrets
	"uuid5": {2, 2, true}, "sha256": {1, 1, true}, "environment": {0, 0, true}, "count": {0, 0, false}, "total": {1, 1, false}, "secret": {1, 1, false},
}

// call checks a function's name and number of arguments.
func (s *scope) call(x *ast.Call) {
	for i, a := range x.Args {
		if r, ok := a.(*ast.Regex); ok && i == 1 && (x.Func.Text == "replace" || x.Func.Text == "split") {
			s.matchRegex(r) // it is run, not written
			continue
		}
		s.expr(a)
	}
	f, ok := Functions[x.Func.Text]
	if !ok {
		e := s.report(diag.UnknownFunction, x.Func.Span, "there is no function %s", backquote(x.Func.Text))
		names := make([]string, 0, len(Functions))
		for n := range Functions {
			names = append(names, n)
		}
		slices.Sort(names)
		if near := diag.Suggest(x.Func.Text, names); near != "" {
			e.Label = fmt.Sprintf("did you mean `%s`?", near)
			e.Fix = &diag.Fix{Span: x.Func.Span, Text: near}
		} else if instead := foreignFunctions[strings.ToLower(x.Func.Text)]; instead != "" {
			e.Notes = []string{instead}
		}
		return
	}
	if !f.Ready {
		s.notImplemented(x.Func, x.Func.Text+"()")
		return
	}
	if n := len(x.Args); n < f.Min || f.Max >= 0 && n > f.Max {
		s.report(diag.WrongArguments, x.Span, "`%s` takes %s, not %d", x.Func.Text, arguments(f), n)
	}
}

func arguments(f Function) string {
	switch {
	case f.Max < 0:
		return fmt.Sprintf("at least %d argument%s", f.Min, plural(f.Min))
	case f.Min != f.Max:
		return fmt.Sprintf("%d to %d arguments", f.Min, f.Max)
	default:
		return fmt.Sprintf("%d argument%s", f.Min, plural(f.Min))
	}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// foreignFunctions are what people of other languages try first.
var foreignFunctions = map[string]string{
	"now":        "there is no clock: the same inputs always give the same result",
	"random":     "there is no chance: the same inputs always give the same result",
	"uuid4":      "there is no chance: write the constant `uuid(\"…\")`",
	"env":        "the process's environment cannot be read; write `per environment { … }`",
	"exists":     "write `p is present`",
	"isnull":     "write `p is null`",
	"coalesce":   "write `a ?? b`",
	"ifnull":     "write `a ?? b`",
	"tolower":    "it is called `lower`",
	"toupper":    "it is called `upper`",
	"substring":  "it is called `slice`",
	"substr":     "it is called `slice`",
	"len":        "it is called `length`",
	"size":       "it is called `length`",
	"isodate":    "write `date(\"2026-01-01T00:00:00Z\")`",
	"numberlong": "it is called `long`",
	"numberint":  "it is called `int`",
	"regex":      "write `/pattern/options`",
}
