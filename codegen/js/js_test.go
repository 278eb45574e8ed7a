package js

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// read evaluates a literal in a JavaScript engine.
func read(t *testing.T, literal string) string {
	t.Helper()
	v, err := goja.New().RunString("(" + literal + ")")
	if err != nil {
		t.Fatalf("%v\n%s", err, literal)
	}
	s, ok := v.Export().(string)
	if !ok {
		t.Fatalf("%s is no string", literal)
	}
	return s
}

// valid is what a string of any bytes is read back as.
func valid(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

var hostile = []string{
	"", "'", `"`, "`", `\`, "\\'", "${x}", "$", "a${", "\u2028\u2029", "\ufeff", "\x00", "\x7f", "\r\n", "</script>", "<!--", "-->", "*/", "//",
	"\xed\xa0\x80", "\xff", "a\xc3", "\U0001f600", "\u202e", "\U000e0041", "\ufffd", "__proto__", strings.Repeat(`\`, 7) + "'",
}

func TestQuote(t *testing.T) {
	for _, s := range hostile {
		check(t, s)
	}
	if got := Quote("a'b`${c}\n\u2028</x>-->=>"); got != `'a\'b\x60\x24{c}\n\u2028\x3c/x>--\x3e=>'` {
		t.Errorf("got %s", got)
	}
}

// check reads a string back, as Quote and as AppendLines write it.
func check(t *testing.T, s string) {
	t.Helper()
	literal := Quote(s)
	if got := read(t, literal); got != valid(s) {
		t.Errorf("%q: read back as %q from %s", s, got, literal)
	}
	for _, bad := range []string{"\n", "\r", "\u2028", "\u2029", "`", "${", "</", "<!", "-->", "\x00"} {
		if strings.Contains(literal, bad) {
			t.Errorf("%q: the literal has %q: %s", s, bad, literal)
		}
	}
	if got := read(t, string(AppendLines(nil, slices.Values([]string{s, "x", s})))); got != valid(s)+"\nx\n"+valid(s)+"\n" {
		t.Errorf("%q: lines are read back as %q", s, got)
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { check(t, s) })
}

func TestStrings(t *testing.T) {
	if got := List([][]string{{"a", "'"}, nil}, func(p []string) string { return Strings(p) }); got != `[['a', '\''], []]` {
		t.Errorf("got %s", got)
	}
}
