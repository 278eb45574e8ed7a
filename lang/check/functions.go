package check

// Calls, as far as they can be checked without data: names and numbers of
// arguments, by the table of lang/function.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
)

// call checks a function's name and number of arguments.
func (s *scope) call(x *ast.Call) {
	for i, a := range x.Args {
		if r, ok := a.(*ast.Regex); ok && i == 1 && (x.Func.Text == "replace" || x.Func.Text == "split") {
			s.matchRegex(r) // it is run, not written
			continue
		}
		s.expr(a)
	}
	f := function.Find(x.Func.Text)
	if f == nil {
		e := s.report(diag.UnknownFunction, x.Func.Span, "there is no function %s", diag.Backquote(x.Func.Text))
		if near := diag.Suggest(x.Func.Text, function.Names()); near != "" {
			e.Label = fmt.Sprintf("did you mean `%s`?", near)
			e.Fix = &diag.Fix{Span: x.Func.Span, Text: near}
		} else if instead := foreignFunctions[strings.ToLower(x.Func.Text)]; instead != "" {
			e.Notes = []string{instead}
		}
		return
	}
	if least, most := f.Arity(); len(x.Args) < least || most >= 0 && len(x.Args) > most {
		s.report(diag.WrongArguments, x.Span, "`%s` takes %s, not %d", x.Func.Text, arguments(least, most), len(x.Args)).Notes = []string{"it is " + f.String()}
		return
	}
	s.pointless(x)
}

func arguments(least, most int) string {
	switch {
	case most < 0:
		return fmt.Sprintf("at least %d argument%s", least, plural(least))
	case least != most:
		return fmt.Sprintf("%d to %d arguments", least, most)
	default:
		return fmt.Sprintf("%d argument%s", least, plural(least))
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
