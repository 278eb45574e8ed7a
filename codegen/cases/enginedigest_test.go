package cases

// The digest of an artefact's code: what the plan of each says is what `compile --check`
// names, in every form; a script whose engine was edited says another one.

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/prelude"
)

func TestEngineDigest(t *testing.T) {
	uri := engine.ForTest(t)
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(strings.Replace(raceWorkspace, "MODE", "replace", 1))).Files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
	}
	state := compile(t, dir, "prod")
	text, err := os.ReadFile(buildScript(t, state))
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "mongosh.js")
	// Tests wait for less than what is shipped: this one is about what is shipped.
	text = bytes.Replace(text, []byte("const SETTLE_SECONDS = 2;"), []byte("const SETTLE_SECONDS = 60;"), 1)
	writeFile(t, script, text)
	ofPrograms, err := gosync.EngineDigest(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		artefact
		engine string
	}{{scriptArtefact(script), prelude.Digest()}, {goArtefact(buildGo(t, state)), ofPrograms}} {
		plan := test.run(t, "plan", uri, nil, true)
		schema.Report(t, []byte(plan.stdout))
		if !strings.Contains(plan.stdout, "\n  \"engine\": \""+test.engine+"\",\n") {
			t.Errorf("%s: not %s\n%s%s", test.name, test.engine, plan.stdout, plan.stderr)
		}
		if plan = test.run(t, "plan", uri, nil, false); !strings.Contains(plan.stdout, "\nengine: "+test.engine+"\n\nresult: ") {
			t.Errorf("%s: not %s\n%s", test.name, test.engine, plan.stdout)
		}
		if verify := test.run(t, "verify", uri, nil, true); strings.Contains(verify.stdout, `"engine"`) {
			t.Errorf("%s: verify has an engine\n%s", test.name, verify.stdout)
		}
	}
	if ofPrograms == prelude.Digest() {
		t.Error("scripts and programs have the same engine")
	}

	for _, edit := range []struct{ from, to string }{
		{"const MAX_ATTEMPTS = 3;", "const MAX_ATTEMPTS = 4;"}, // of the engine
		{"const mongocdShell = '", "const mongocdShell = '0"},  // what it says of the rest
	} {
		edited := strings.Replace(string(text), edit.from, edit.to, 1)
		if edited == string(text) {
			t.Fatalf("the script has no %s", edit.from)
		}
		path := filepath.Join(t.TempDir(), "mongosh.js")
		writeFile(t, path, []byte(edited))
		if plan := scriptArtefact(path).run(t, "plan", uri, nil, false); plan.code != 0 || !strings.Contains(plan.stdout, "\nengine: sha256:") || strings.Contains(plan.stdout, prelude.Digest()) {
			t.Errorf("after %s: exit %d\n%s%s", edit.to, plan.code, plan.stdout, plan.stderr)
		}
	}
}
