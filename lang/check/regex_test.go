package check

import (
	"regexp/syntax"
	"testing"
)

// TestForeignConstruct holds which constructs are named, and that none is seen where RE2 has no trouble.
func TestForeignConstruct(t *testing.T) {
	for _, test := range []struct{ pattern, want string }{
		{`^a(?=b)`, "look-ahead `(?=…)`"},
		{`(?<!x)y`, "negative look-behind `(?<!…)`"},
		{`(?<=x)y`, "look-behind `(?<=…)`"},
		{`(a)\1`, `a back-reference \1`},
		{`(?<n>a)\k<n>`, `a back-reference \k<…>`},
		{`(?>a)b`, "an atomic group `(?>…)`"},
		{`a*+`, "a possessive repetition `*+`"},
		{`a{2}+`, "a possessive repetition `}+`"},
		{`a?+`, "a possessive repetition `?+`"},
		{`(?x) a`, "the option x `(?x)`"},
		{`(?ix:a)`, "the option x `(?x)`"},
		{`a\Kb`, `\K`},
		{`a\Z`, `\Z`},
		{`\h+`, `\h`},
		{`(?#note)a`, "a comment `(?#…)`"},
		{`[(?=]\+`, ""},
		{`\(?=`, ""},
		{`[]a(?=]`, ""},
		{`[^]\]a*+]`, ""},
		{`a\*+`, ""},
		{`a+?`, ""},
		{`a\\K`, ""},
		{`x}+`, ""},
		{`(?i)a`, ""},
		{`(?:ax)`, ""},
		{`(?P<x>a)`, ""},
		{`(?s-i:x)`, ""},
	} {
		got, instead := foreignConstruct(test.pattern)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.pattern, got, test.want)
		}
		if got != "" && instead == "" {
			t.Errorf("%s: no way around is offered", test.pattern)
		}
		if _, err := syntax.Parse(test.pattern, syntax.Perl); test.want == "" && err != nil {
			t.Errorf("%s: %v", test.pattern, err)
		}
	}
}
