package safe

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"
)

// TestHidden: every control, format, separator, surrogate and private character of
// the Unicode tables at hand, and every one that is ignored where it is not known,
// is hidden; letters, marks, symbols and the space are not.
func TestHidden(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		ignorable := unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
		want := r != ' ' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Z) || ignorable || r == 0x2800)
		if reserved := r >= 0xfff0 && r <= 0xfff8 || r >= 0xe0000 && r <= 0xe0fff || r == 0x2065; Hidden(r) != want && !reserved {
			t.Errorf("U+%04X: %t", r, Hidden(r))
		}
	}
}

// TestScript: the scripts' half is made of this table. UPDATE_GOLDEN=1 makes it.
func TestScript(t *testing.T) {
	const path = "safe.js"
	var b strings.Builder
	b.WriteString("// Characters that are never shown as they are: made of runtime/safe, by\n// UPDATE_GOLDEN=1 go test ./runtime/safe.\n\nconst ACTS = new RegExp('[' + [\n")
	for _, r := range table {
		fmt.Fprintf(&b, "  '\\\\u{%x}-\\\\u{%x}',\n", r.Lo, r.Hi)
	}
	b.WriteString("].join('') + ']', 'gu');\n")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Errorf("%s is out of date (UPDATE_GOLDEN=1 rewrites it)", path)
	}
}
