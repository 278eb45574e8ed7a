package eval

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/lang/function"
)

// Texts are sequences of code points, compared byte by byte; nothing is normalised.
func TestUnicode(t *testing.T) {
	const composed, decomposed = "\u00e9", "e\u0301" // é in two forms
	d := `{"c":"` + composed + `","d":"` + decomposed + `","family":"👨‍👩‍👧","l":["Z","a","Ä","ä","z"],"tr":"İIıi","s":"Straße","fin":"ΟΔΟΣ"}`
	tests := []struct{ expr, want string }{
		{`c == d`, `false`},
		{`[length(c), length(d), length(family), length("𝄞")]`, `[{"$numberInt":"1"},{"$numberInt":"2"},{"$numberInt":"5"},{"$numberInt":"1"}]`},
		{`slice(d, 0, 1)`, `"e"`},
		{`slice("a𝄞b", 1, 2)`, `"𝄞"`},
		{`lower("ÄÖÜ ΑΣ Я")`, `"äöü ασ я"`},
		{`upper(s)`, `"STRAßE"`},  // ß has no simple upper case
		{`upper("ŉ ﬁ")`, `"ŉ ﬁ"`}, // nor have these
		{`lower(fin)`, `"οδοσ"`},  // no final sigma: every code point by itself
		{`lower(tr)`, `"iiıi"`},   // no language's rules
		{`upper("ǆ")`, `"Ǆ"`},     // upper, not title case
		{`upper("ﬃ𐐨")`, `"ﬃ𐐀"`},   // beyond 16 bits
		{`trim("\u00a0\u2003x\u3000\u0085")`, `"x"`},
		{`trim("\u200bx")`, "\"\u200bx\""}, // the zero-width space is no white space
		{`sort(l)`, `["Z","a","z","Ä","ä"]`},
		{`"a" < "Ä" and "z" < "ä"`, `true`},
		{`startsWith(d, "e")`, `true`},
		{`startsWith(c, "e")`, `false`},
		{`padStart("é", 3, "👍")`, `"👍👍é"`},
		{`c matches /^.$/`, `true`},
		{`d matches /^.$/`, `false`},
		{`"Ä" matches /ä/i`, `true`},
		{`"x1" matches /^\w\d$/ and not ("é٣" matches /^\w\d$/)`, `true`}, // \w and \d are ASCII
		{`"é٣" matches /^\p{L}\p{Nd}$/`, `true`},
		{`"K" matches /k/i`, `true`}, // the Kelvin sign folds to k
		{`split("a·b·c", "·")`, `["a","b","c"]`},
		{`replace("añb", /ñ/, "$0$0")`, `"aññb"`},
		{`sha256("é")`, `"4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"`},
		{`distinct([c, d, c])`, `["` + composed + `","` + decomposed + `"]`},
	}
	for _, tt := range tests {
		if got, err := evaluate(t, &Env{Name: "prod"}, tt.expr, d); got != tt.want {
			t.Errorf("%s is %s, want %s (%v)", tt.expr, got, tt.want, err)
		}
	}
	if builtin.UnicodeVersion != unicode.Version || builtin.UnicodeVersion == "" {
		t.Error(builtin.UnicodeVersion)
	}
}

// The table is complete: the reference is printed from it.
func TestFunctionTable(t *testing.T) {
	types := append([]string{"any", "number", "integer"}, typeWords...)
	names := map[string]bool{}
	for _, s := range function.All() {
		if names[s.Name] {
			t.Errorf("%s is there twice", s.Name)
		}
		names[s.Name] = true
		if s.Summary == "" || strings.HasSuffix(s.Summary, ".") || !slices.Contains(types, s.Result) {
			t.Errorf("%s: result %q, summary %q", s.Name, s.Result, s.Summary)
		}
		optional := false
		for _, p := range s.Params {
			if p.Name == "" || len(p.Types) == 0 || optional && !p.Optional {
				t.Errorf("%s: parameter %+v", s.Name, p)
			}
			optional = p.Optional
			for _, typ := range p.Types {
				if !slices.Contains(types, typ) {
					t.Errorf("%s: parameter %s has the type %q", s.Name, p.Name, typ)
				}
			}
		}
	}
	for _, name := range strings.Fields(`lower upper trim trimStart trimEnd replace split join slice startsWith endsWith contains padStart length string
		int long double decimal round floor ceil abs min max div
		date addDays addHours addMonths startOfDay startOfMonth year month dayOfMonth formatDate parseDate daysBetween
		first last sort reverse distinct sum concat flatten keys values merge objectId uuid uuid5 binary sha256
		count total timestamp minKey maxKey environment secret`) {
		if !names[name] {
			t.Errorf("%s is missing", name)
		}
	}
	if got := function.Find("addMonths").String(); got != "addMonths(date, months, [zone])" {
		t.Error(got)
	}
}
