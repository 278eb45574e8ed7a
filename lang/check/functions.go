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

// Function is the form of a function.
type Function struct {
	// Form is the call as people write it: "padStart(text, length, [fill])";
	// in brackets what may be left out, "…" for any number more of the last one.
	Form string
	// Min and Max are the numbers of arguments; Max is -1 for any number.
	Min, Max int
}

// Functions are all functions of the language by name.
var Functions = functions(`
	int(x) long(x) double(x) decimal(x) string(x)
	objectId(hex) date(text) uuid(text) binary(base64, [subtype]) timestamp(seconds, increment) minKey() maxKey()

	lower(text) upper(text) trim(text) trimStart(text) trimEnd(text) replace(text, what, by) split(text, separator)
	join(list, separator) slice(x, start, [end]) startsWith(text, prefix) endsWith(text, suffix) contains(text, part)
	padStart(text, length, [fill]) length(x)

	round(x, [digits], [mode]) floor(x) ceil(x) abs(x) min(x, …) max(x, …) div(a, b)

	addDays(date, days, [zone]) addHours(date, hours) addMonths(date, months, [zone])
	startOfDay(date, zone) startOfMonth(date, zone) year(date, zone) month(date, zone) dayOfMonth(date, zone)
	formatDate(date, format, zone) parseDate(text, format, zone) daysBetween(from, to, [zone])

	first(list) last(list) sort(list) reverse(list) distinct(list) sum(list) concat(list, …) flatten(list)
	keys(x) values(x) merge(x, …)

	uuid5(namespace, name) sha256(x) environment() count() total(x) secret(name) link(collection, identity, …)
`)

// functions reads forms.
func functions(forms string) map[string]Function {
	out := map[string]Function{}
	for form := range strings.SplitSeq(strings.TrimSpace(forms), ")") {
		name, list, ok := strings.Cut(strings.TrimSpace(form), "(")
		if !ok {
			continue
		}
		f := Function{Form: name + "(" + list + ")"}
		for _, p := range strings.Split(list, ", ") {
			switch {
			case p == "…":
				f.Max = -1
			case strings.HasPrefix(p, "["):
				f.Max++
			case p != "":
				f.Min++
				f.Max++
			}
		}
		out[name] = f
	}
	return out
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
	if n := len(x.Args); n < f.Min || f.Max >= 0 && n > f.Max {
		s.report(diag.WrongArguments, x.Span, "`%s` takes %s, not %d", x.Func.Text, arguments(f), n).Notes = []string{"it is " + f.Form}
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
