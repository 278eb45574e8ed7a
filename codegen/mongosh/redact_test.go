package mongosh

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
)

// TestServerWords: what a server quotes of a key is not repeated where fields are redacted; the twin is
// TestSecretsOfServer of runtime/enforce.
func TestServerWords(t *testing.T) {
	const said = "E11000 dup key: { card: \"4711\nCheck\" }\nCheck the documents"
	for _, test := range []struct {
		redact []desired.Pattern
		want   string
	}{
		{nil, said},
		{[]desired.Pattern{{Leaf: "card"}}, "E11000 dup key: (redacted)\nCheck the documents"},
	} {
		c := collection(t, "shop", "c", desired.Exact)
		c.Redact = test.redact
		js := newVM(t)
		js.Run("var " + strings.TrimPrefix(stateText(t, state(c)), "const "))
		words := js.Function(`(said) => engine.redactor(engine.readState(mongocdState), new Map())(said)`)
		if got := words(said).String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
