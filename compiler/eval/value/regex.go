package value

// Regular expressions: those that match here, and those that are values.

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
)

// CompileRegex compiles a regular expression of the RE2 dialect with the flags i, m and s.
func CompileRegex(pattern, options string) (*regexp.Regexp, *Error) {
	for _, o := range options {
		if !strings.ContainsRune("ims", o) {
			return nil, &Error{Code: diag.BadRegex, Message: "the flag " + diag.Quote(string(o), 10) + " cannot be used here",
				Notes: []string{"conditions know the flags i (any case), m (^ and $ at lines) and s (. matches newlines)"}}
		}
	}
	flagged := pattern
	if options != "" {
		flagged = "(?" + options + ")" + pattern
	}
	re, err := regexp.Compile(flagged)
	if err != nil {
		return nil, &Error{Code: diag.BadRegex, Message: "this regular expression cannot be used: " + regexFault(err), Notes: regexHints(pattern)}
	}
	return re, nil
}

func regexFault(err error) string {
	var fault *syntax.Error
	if errors.As(err, &fault) {
		return diag.Safe(string(fault.Code), 80) + " " + diag.Quote(fault.Expr, 40)
	}
	return diag.Safe(err.Error(), 120)
}

// foreignRegex are constructs of PCRE2 that RE2 lacks, and the way around.
var foreignRegex = []struct{ construct, hint string }{
	{"(?=", "look-ahead `(?=…)` is not in this dialect: join two conditions with `and`"},
	{"(?!", "look-ahead `(?!…)` is not in this dialect: add `and … not matches /…/`"},
	{"(?<=", "look-behind `(?<=…)` is not in this dialect: match the text before as well"},
	{"(?<!", "look-behind `(?<!…)` is not in this dialect: add `and … not matches /…/`"},
	{"(?>", "atomic groups `(?>…)` are not in this dialect and not needed: matching takes linear time"},
	{"(?x", "the flag x is not in this dialect: write the expression without spaces and comments"},
	{"++", "possessive repetition is not in this dialect and not needed: write one `+`"},
	{"*+", "possessive repetition is not in this dialect and not needed: write `*`"},
	{"?+", "possessive repetition is not in this dialect and not needed: write `?`"},
	{`\K`, `\K is not in this dialect: use a group and replace with $1`},
	{`\G`, `\G is not in this dialect`},
	{`\R`, `\R is not in this dialect: write \r?\n`},
	{`\h`, `\h is not in this dialect: write [ \t]`},
	{`\X`, `\X is not in this dialect`},
	{`\Z`, `\Z is not in this dialect: write \n?\z`},
	{`\1`, "back-references are not in this dialect"},
	{`\2`, "back-references are not in this dialect"},
}

func regexHints(pattern string) []string {
	for _, f := range foreignRegex {
		if strings.Contains(pattern, f.construct) {
			return []string{f.hint}
		}
	}
	return nil
}

// Regex is a regular expression as a BSON value: its text untouched, its
// options in the order that BSON wants.
func Regex(pattern, options string) (Value, *Error) {
	sorted := []byte(options)
	slices.Sort(sorted)
	for i, o := range sorted {
		if !strings.ContainsRune("imsxu", rune(o)) || i > 0 && sorted[i-1] == o {
			return Value{}, &Error{Code: diag.BadRegex, Message: "the options of a regular expression are some of i, m, s, x and u, each once"}
		}
	}
	if strings.ContainsRune(pattern, 0) {
		return Value{}, &Error{Code: diag.BadRegex, Message: "a regular expression cannot contain the character NUL"}
	}
	b := append([]byte(pattern), 0)
	b = append(append(b, sorted...), 0)
	return Value{BSON: bson.RawValue{Type: bson.TypeRegex, Value: b}}, nil
}
