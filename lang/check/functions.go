package check

// Calls, as far as they can be checked without data: names and numbers of
// arguments, by the table of lang/function.

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/source"
)

// call checks a function's name and number of arguments.
func (s *scope) call(x *ast.Call) {
	for i, a := range x.Args {
		if r, ok := a.(*ast.Regex); ok && i == 1 && (x.Func.Text == "replace" || x.Func.Text == "split" || x.Func.Text == "match") {
			s.matchRegex(r) // it is run, not written
			continue
		}
		s.expr(a)
	}
	f := function.Find(x.Func.Text)
	if f == nil {
		e := s.report(diag.UnknownFunction, x.Func.Span, "there is no function %s", diag.Backquote(x.Func.Text))
		near := habit.Renamed(x.Func.Text)
		if near == "" && habit.Function(x.Func.Text) == "" {
			near = diag.Suggest(x.Func.Text, function.Names())
		}
		if odd := diag.Lookalike(x.Func.Text, function.Names()); odd != "" {
			e.Notes = []string{odd}
		} else if near != "" {
			e.Label = fmt.Sprintf("did you mean `%s`?", near)
			e.Fix = &diag.Fix{Span: x.Func.Span, Text: near}
			if habit.Renamed(x.Func.Text) != "" {
				e.Label = fmt.Sprintf("it is called `%s`", near)
			}
		} else if instead := habit.Function(x.Func.Text); instead != "" {
			e.Notes = []string{s.instead(x, instead)}
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

// instead fills the arguments of a call into what is written instead of it.
func (s *scope) instead(x *ast.Call, form string) string {
	if len(x.Args) == 0 {
		return form
	}
	args := source.Span{File: x.Span.File, Start: x.Args[0].Place().Start, End: x.Args[len(x.Args)-1].Place().End}
	if m := typeCompared.FindStringSubmatch(x.Span.File.Text[x.Span.End:]); m != nil && len(x.Args) == 1 && strings.Contains(form, "and the type") {
		return fmt.Sprintf("write `%s is %s%s`", shortText(args), map[string]string{"!": "not "}[m[1]], orSame(habit.Type(m[2]), m[2]))
	}
	if strings.EqualFold(x.Func.Text, "isinstance") && len(x.Args) == 2 {
		word := x.Args[1].Place().Text()
		return fmt.Sprintf("write `%s is %s`", shortText(x.Args[0].Place()), orSame(habit.Type(word), word))
	}
	if list, value := x.Args[0].Place(), x.Args[len(x.Args)-1].Place(); len(x.Args) == 2 && strings.Contains(form, "add VALUE to LIST") {
		return strings.NewReplacer("LIST", shortText(list), "VALUE", shortText(value)).Replace(form)
	}
	return strings.NewReplacer("ARGS", shortText(args), "LIST", shortText(x.Args[0].Place())).Replace(form)
}

// typeCompared is what stands behind a call that asks for a type.
var typeCompared = regexp.MustCompile(`^\s*([=!])==?\s*["'](\w+)["']`)

func orSame(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
