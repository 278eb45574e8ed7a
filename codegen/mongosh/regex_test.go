package mongosh

import (
	"regexp"
	"testing"

	"github.com/hayone1/mongocd/runtime/pattern"
)

// What the language's regular expressions match, those of scripts match.
func TestExpressions(t *testing.T) {
	texts := []string{
		"", "prod", "PROD", "rs-prod-eu", "prod-eu.example:27017", "staging\nprod", "prod\n", "k", "\u212a", "é", "É", "a.b", "a+b", "]", `\`, "a/b",
		"\U0001f600", "aaa", "aaaa", "x1", "_", "-", "^", "$",
	}
	js := newVM(t)
	matches := js.Function(`(expression, text) => new RegExp(expression, 'u').test(text)`)
	for _, test := range []struct{ pattern, options string }{
		{"prod", ""}, {"^prod", ""}, {"prod$", ""}, {"^prod$", "m"}, {"PROD", "i"}, {"^k$", "i"}, {"É", "i"}, {"a.b", ""}, {`a\+b`, ""}, {`[\]\\]`, ""},
		{"a/b", ""}, {".", ""}, {"^.$", "s"}, {"^.+$", ""}, {"^a{2,3}$", ""}, {"^a{4,}$", ""}, {"^(a|prod)+?", ""}, {"^[^a-z]*$", ""}, {`\bprod\b`, ""},
		{`\d`, ""}, {`^\w$`, ""}, {`\pL\d`, ""}, {`[[:upper:]]`, ""}, {`^\x{1f600}$`, ""}, {"(?i:p)rod", ""}, {`\Aprod\z`, ""}, {"^$", ""}, {"[a-c]", "i"}, {"[-^$]", ""},
	} {
		want := regexp.MustCompile(map[bool]string{true: "(?" + test.options + ")", false: ""}[test.options != ""] + test.pattern)
		got, err := pattern.Script(test.pattern, test.options)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if found := matches(got, text).ToBoolean(); found != want.MatchString(text) {
				t.Errorf("/%s/%s is %s: %q matches: %v", test.pattern, test.options, got, text, found)
			}
		}
	}
}
