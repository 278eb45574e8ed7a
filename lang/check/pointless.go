package check

// Calls whose constants leave them nothing to do, and comparisons of
// environment() with what is none. In: calls and comparisons. Out: errors.

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// pointless reports a constant argument with which a function gives the same for every text.
func (s *scope) pointless(x *ast.Call) {
	report := func(i int, format string, args ...any) *diag.Diagnostic {
		return s.report(diag.PointlessArgument, x.Args[i].Place(), "with this, `"+x.Func.Text+"` "+format, args...)
	}
	arg := func(i int) ast.Expr {
		if i < len(x.Args) {
			return ast.Unparen(x.Args[i])
		}
		return nil
	}
	switch x.Func.Text {
	case "startsWith", "endsWith", "contains":
		if text, ok := literalText(arg(1)); ok && text == "" {
			report(1, "is true for every text").Notes = []string{"write the text to look for; that a text is not empty is `x != \"\"`"}
		}
	case "slice":
		from, ok := literalWhole(arg(1))
		to, also := literalWhole(arg(2))
		if ok && also && from >= to {
			report(2, "gives nothing: it ends at position %d, where it begins at %d", to, from).Notes =
				[]string{fmt.Sprintf("the third argument is the position behind the last one, not a length: `slice(…, %d, %d)` has %d of them", from, from+to, to)}
		}
	case "padStart":
		if n, ok := literalWhole(arg(1)); ok && n == 0 {
			report(1, "fills nothing up").Notes = []string{"write the length that the text is to have at least"}
		}
	case "replace":
		s.replacement(x, arg(1), arg(2), report)
	}
}

var groupNumber = regexp.MustCompile(`\$(\$|[1-9][0-9]?|\{)`)

// replacement judges the text that replaces what is found.
func (s *scope) replacement(x *ast.Call, what, by ast.Expr, report func(i int, format string, args ...any) *diag.Diagnostic) {
	text, ok := literalText(by)
	if !ok {
		return
	}
	if found, ok := literalText(what); ok {
		if found == text {
			report(2, "changes nothing: the text is replaced by itself").Notes = []string{"write the text that is to stand there"}
		}
		return
	}
	r, ok := what.(*ast.Regex)
	if !ok {
		return
	}
	re, err := syntax.Parse(r.Pattern, syntax.Perl)
	if err != nil {
		return // reported
	}
	groups := re.MaxCap()
	for _, m := range groupNumber.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n <= groups || n >= 10 && groups >= n/10 {
			continue // `$$`, or one digit is the group and the other one text
		}
		e := report(2, "would write %s as it is: the expression has %s", diag.Backquote(m[0]), count(groups, "group"))
		e.Notes = []string{fmt.Sprintf("a group is made by brackets, `/(…)/`; to write a dollar sign, write `$$%s`", strings.TrimPrefix(m[0], "$"))}
		return
	}
}

func count(n int, what string) string {
	if n == 0 {
		return "no " + what + "s"
	}
	return fmt.Sprintf("%d %s%s", n, what, plural(n))
}

// environmentCompared reports environment() compared with a text that is no environment.
func (s *scope) environmentCompared(x *ast.Binary) {
	switch x.Op {
	case ast.Eq, ast.Ne, ast.In, ast.NotIn:
	default:
		return
	}
	is := func(x ast.Expr) bool {
		c, ok := ast.Unparen(x).(*ast.Call)
		return ok && c.Func.Text == "environment"
	}
	var others []ast.Expr
	switch {
	case is(x.X):
		others = []ast.Expr{x.Y}
		if l, ok := ast.Unparen(x.Y).(*ast.List); ok {
			others = l.Elems
		}
	case is(x.Y):
		others = []ast.Expr{x.X}
	}
	for _, o := range others {
		text, ok := literalText(ast.Unparen(o))
		if !ok {
			continue
		}
		if len(s.module.Groups[text]) > 0 {
			e := s.report(diag.UnknownEnvironment, o.Place(), "%s is a group: environment() is the name of one of its members", diag.Quote(text, 64))
			e.Notes = []string{fmt.Sprintf("write `environment() in [\"%s\"]`, or a block `for %s { … }`", strings.Join(s.module.Groups[text], `", "`), text)}
			continue
		}
		if slices.Contains(s.module.Environments, text) || s.environments == nil {
			continue
		}
		e := s.report(diag.UnknownEnvironment, o.Place(), "there is no environment %s", diag.Quote(text, 64))
		if near := diag.Suggest(text, s.module.Environments); near != "" {
			e.Label = fmt.Sprintf("did you mean `\"%s\"`?", near)
			e.Fix = &diag.Fix{Span: o.Place(), Text: `"` + near + `"`}
		}
		e.Notes = []string{"declared are " + strings.Join(s.module.Environments, ", ")}
		e.Related = []diag.Related{{Span: s.environments.Span, Message: "declared here"}}
	}
}

// literalText is the text of a literal without interpolation.
func literalText(x ast.Expr) (string, bool) {
	t, ok := x.(*ast.Text)
	if !ok {
		return "", false
	}
	return constantText(t)
}

// literalWhole is the value of a whole number that is written out.
func literalWhole(x ast.Expr) (int64, bool) {
	n, ok := x.(*ast.Number)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Text, 10, 64)
	return v, err == nil
}
