package check

// Regular expressions: those of `matches` are run by the compiler with Go's
// RE2; those that are values are only written, with the options BSON knows.

import (
	"errors"
	"regexp/syntax"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// matchRegex checks a regular expression that the compiler runs.
func (f *forms) matchRegex(r *ast.Regex) {
	if r == nil {
		return
	}
	for i, o := range r.Options {
		switch {
		case !strings.ContainsRune("ims", o):
			f.report(diag.BadRegex, r.Span, "the option %s is not known to `matches`", diag.Quote(string(o), 0)).Notes =
				[]string{"`matches` knows the options i, m and s"}
			return
		case strings.ContainsRune(r.Options[:i], o):
			f.report(diag.BadRegex, r.Span, "the option %s is given twice", diag.Quote(string(o), 0))
			return
		}
	}
	if construct, instead := foreignConstruct(r.Pattern); construct != "" {
		f.report(diag.BadRegex, r.Span, "%s cannot be used in `matches`", construct).Notes =
			[]string{instead, "regular expressions of conditions are RE2, so that every one of them is fast"}
		return
	}
	if _, err := syntax.Parse(r.Pattern, syntax.Perl); err != nil {
		f.report(diag.BadRegex, r.Span, "this is no regular expression: %s", regexProblem(err))
	}
}

// regexValue checks a regular expression that is written as a value.
func (f *forms) regexValue(r *ast.Regex) {
	for i, o := range r.Options {
		if !strings.ContainsRune("imsxu", o) {
			f.report(diag.BadRegex, r.Span, "MongoDB has no regular expression option %s", diag.Quote(string(o), 0)).Notes =
				[]string{"the options are i, m, s, x and u"}
			return
		}
		if strings.ContainsRune(r.Options[:i], o) {
			f.report(diag.BadRegex, r.Span, "the option %s is given twice", diag.Quote(string(o), 0))
			return
		}
	}
	if strings.ContainsRune(r.Pattern, 0) {
		f.report(diag.BadRegex, r.Span, "a regular expression has no NUL")
	}
}

// regexProblem words an error of regexp/syntax.
func regexProblem(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return diag.Safe(err.Error(), 200)
	}
	return diag.Safe(e.Code.String(), 100) + " at " + diag.Backquote(e.Expr)
}

// constructs of PCRE2 that RE2 lacks, by how they begin.
var constructs = []struct{ begins, name, instead string }{
	{"(?=", "look-ahead `(?=…)`", "write two conditions joined by `and`"},
	{"(?!", "negative look-ahead `(?!…)`", "write `… and not (x matches /…/)`"},
	{"(?<=", "look-behind `(?<=…)`", "match what stands before as well"},
	{"(?<!", "negative look-behind `(?<!…)`", "write `… and not (x matches /…/)`"},
	{"(?>", "an atomic group `(?>…)`", "write a plain group `(?:…)`"},
	{"(?|", "a branch reset group `(?|…)`", "write a plain group `(?:…)`"},
	{"(?(", "a conditional group `(?(…)…)`", "write two expressions joined by `or`"},
	{"(?#", "a comment `(?#…)`", "write it as a comment of the file"},
	{"(?&", "a subroutine call `(?&…)`", "write the expression out"},
	{"(?R", "recursion `(?R)`", "write the expression out"},
	{`\K`, `\K`, "match the whole and use a group"},
	{`\G`, `\G`, "anchor with `^`"},
	{`\R`, `\R`, `write (?:\r\n|\n|\r)`},
	{`\h`, `\h`, `write [ \t]`},
	{`\X`, `\X`, `write (?:\P{M}\p{M}*)`},
	{`\Z`, `\Z`, `write \n?\z`},
	{`\k`, `a back-reference \k<…>`, "compare the parts with `==`"},
}

// foreignConstruct finds the first construct that RE2 lacks outside of
// character classes, and a way around it.
func foreignConstruct(p string) (construct, instead string) {
	class, repeated := false, false
	for i := 0; i < len(p); i++ {
		rest := p[i:]
		if class {
			switch p[i] {
			case '\\':
				i++
			case ']':
				class = false
			}
			continue
		}
		for _, c := range constructs {
			if strings.HasPrefix(rest, c.begins) {
				return c.name, c.instead
			}
		}
		if end := strings.IndexAny(rest, ":)"); strings.HasPrefix(rest, "(?") && end > 0 && strings.ContainsRune(rest[2:end], 'x') &&
			strings.Trim(rest[2:end], "imsxU-") == "" {
			return "the option x `(?x)`", "write it without spaces and comments"
		}
		wasRepeated := repeated
		repeated = false
		switch p[i] {
		case '\\':
			if len(rest) > 1 && rest[1] >= '1' && rest[1] <= '9' {
				return `a back-reference \` + rest[1:2], "compare the parts with `==`"
			}
			i++
		case '[':
			class = true
			if strings.HasPrefix(p[i+1:], "^") {
				i++
			}
			if strings.HasPrefix(p[i+1:], "]") {
				i++ // a first ] is a character
			}
		case '+':
			if wasRepeated {
				return "a possessive repetition `" + diag.Safe(p[i-1:i+1], 0) + "`", "write it without the second `+`"
			}
			repeated = true
		case '*':
			repeated = true
		case '}':
			open := strings.LastIndexByte(p[:i], '{')
			repeated = open >= 0 && open+1 < i && strings.Trim(p[open+1:i], "0123456789,") == ""
		case '?':
			repeated = !wasRepeated // a lazy repetition is none to add + to
		}
	}
	return "", ""
}
