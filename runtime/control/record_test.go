package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
)

// TestRecordTables: docs/state.md has the tables of records.
func TestRecordTables(t *testing.T) {
	text, err := os.ReadFile("../../docs/state.md")
	if err != nil {
		t.Fatal(err)
	}
	for kind, fields := range recordFields {
		if fields == "" {
			fields = "(no field)"
		}
		if line := fmt.Sprintf("    %-13s %s\n", kind, fields); !strings.Contains(string(text), line) {
			t.Errorf("docs/state.md lacks\n%s", line)
		}
		for _, part := range strings.Split(recordFields[kind], ", ") {
			if _, typ, ok := strings.Cut(part, " "); ok {
				typ = strings.Trim(typ, "[]?")
				if _, nested := recordFields[typ]; !nested && typeWords(typ) == "" {
					t.Errorf("%s: there is no type %s", kind, typ)
				}
			}
		}
	}
}

// TestSeals: the prelude's HMAC is that of the library, for keys of any length.
func TestSeals(t *testing.T) {
	js := jsvm.New(t)
	f := js.Function(`(key, data) => { const sum = engine.hmac(host.encode(key), host.encode(data)); return [...sum].map(b => b.toString(16).padStart(2, '0')).join(''); }`)
	for _, n := range []int{1, 16, 63, 64, 65, 200} {
		key, data := strings.Repeat("k", n), strings.Repeat("d", 3*n)
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(data))
		if got, want := f(key, data).Export(), hex.EncodeToString(h.Sum(nil)); got != any(want) {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
