package compiler_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hayone1/mongocd/compiler/workspace"
)

// Two secrets look alike only because their places hold null: whether the
// values collide is known when the artefact runs.
func TestSecretsAreNoDuplicateKey(t *testing.T) {
	rules := `
from src into dst {
  sync flags by key {
    set token = secret("TOKEN_${key}")
  }
}
`
	dir := newWorkspace(t, rules, `{"_id": 1, "key": "a", "token": "x"}
{"_id": 2, "key": "b", "token": "y"}
`)
	indexes := `{"format": 1, "kind": "collection", "layout": "lines", "indexes": [
  {"key": {"key": 1}, "name": "key_1", "unique": true}, {"key": {"token": 1}, "name": "token_1", "unique": true}]}`
	if err := os.WriteFile(filepath.Join(dir, "extracted", "src", "flags", "collection.json"), []byte(indexes), 0o600); err != nil {
		t.Fatal(err)
	}
	if diags := compileDir(t, dir); diags.HasErrors() {
		t.Errorf("compiling says\n%s", renderAll(t, diags))
	}
	for _, c := range states(t, dir, workspace.Options{}) {
		if len(c.Documents) != 2 || len(c.Documents[0].Secrets) != 1 {
			t.Errorf("wanted are %d documents: %+v", len(c.Documents), c.Documents)
		}
	}
}
