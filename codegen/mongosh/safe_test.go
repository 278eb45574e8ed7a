package mongosh

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

// TestHiddenCharacters: of all code points, everything that writes for people hides
// the same ones, in Go and in JavaScript, and shows them by their number.
func TestHiddenCharacters(t *testing.T) {
	vm := jsvm.New(t)
	if n := vm.Run(`let hidden = []; for (let r = 0; r <= 0x10ffff; r++) { const c = String.fromCodePoint(r); if (engine.clean('a' + c) !== 'a' + c) hidden.push(r); } hidden.length`).ToInteger(); n < 1000 {
		t.Fatalf("%d characters", n)
	}
	inScripts := map[rune]bool{}
	for _, r := range strings.Split(vm.Run(`hidden.join(' ')`).String(), " ") {
		var n rune
		if _, err := fmt.Sscan(r, &n); err != nil {
			t.Fatal(err)
		}
		inScripts[n] = true
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if inScripts[r] != safe.Hidden(r) {
			t.Fatalf("U+%04X: scripts hide it: %t, the table: %t", r, inScripts[r], safe.Hidden(r))
		}
		if r >= 0xd800 && r <= 0xdfff { // no text in Go
			continue
		}
		text, number := "a"+string(r), fmt.Sprintf(`a\u{%x}`, r)
		short := map[rune]string{'\n': `a\n`, '\t': `a\t`, '\r': `a\r`}[r]
		for name, got := range map[string]string{
			"messages": diag.Safe(text, 0), "values": strings.Trim(doc.Show(doc.String(text), 0), `"`), "reports": view.Printable(text), "names": strings.Trim(doc.Path{text}.String(), "'"),
		} {
			hides := got == number || short != "" && got == short
			if shows := got == text; safe.Hidden(r) && !hides && (name != "reports" || r != '\n') || !safe.Hidden(r) && !shows && !strings.ContainsRune(`"\'`, r) {
				t.Fatalf("U+%04X in %s: %q", r, name, got)
			}
		}
	}
	for _, text := range []string{"a\u200b", "\u00a0", "x\u202ey", "\U000e0041", "e\ufe0f", "é ü 漢 😀"} {
		want := view.Printable(text)
		if got := vm.Function("engine.clean")(text).String(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		report := vm.Function("engine.jsonString")(text).String()
		if strings.ContainsFunc(report, safe.Hidden) || string(view.EscapeJSON([]byte(`"`+text+`"`))) != report {
			t.Errorf("%q: %s in the report", text, report)
		}
	}
}
