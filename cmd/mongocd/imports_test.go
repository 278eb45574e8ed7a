package main

// Holds the import directions of ARCHITECTURE.md over `go list`.

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hayone1/mongocd/"

// mayImport lists, for a package prefix, the prefixes of this module that its
// non-test code may import (besides itself).
var mayImport = []struct {
	prefix  string
	allowed []string
}{
	{"cmd/testserver/", []string{"cmd/testserver/"}},
	{"internal/doctest", []string{"runtime/doc"}}, // of tests
	{"examples", nil},
	{"cmd/", []string{"cmd/", "compiler", "codegen", "examples", "lang", "runtime"}},
	{"compiler/words", []string{"lang/source"}},
	{"compiler/cache", []string{"compiler/paged", "runtime/parallel"}},
	{"compiler/paged", nil},
	{"compiler/limit", []string{"lang/diag", "lang/source"}},
	{"compiler/shape", []string{"runtime/doc", "runtime/parallel"}},
	{"compiler/eval/raw", []string{"runtime/doc"}},
	{"compiler/eval/value", []string{"compiler/eval/raw", "lang/diag", "lang/source", "runtime/doc"}}, // no syntax tree
	{"compiler/eval/stats", []string{"compiler/eval/value", "lang/ast", "lang/source"}},
	{"compiler/eval/zone", nil},
	{"compiler/eval/builtin", []string{"compiler/eval/value", "compiler/eval/zone", "lang/diag", "lang/source", "runtime/doc"}},
	{"compiler/eval", []string{"compiler/eval", "compiler/limit", "lang", "runtime/doc"}},
	{"compiler/pushdown", []string{"compiler/eval", "lang", "runtime/desired", "runtime/doc"}},
	{"compiler/infer", []string{"compiler/eval", "compiler/policy", "compiler/shape", "compiler/words", "compiler/workspace", "lang", "runtime/desired", "runtime/doc"}},
	{"compiler/mistake", []string{"lang/diag", "runtime/parallel"}},
	{"compiler/redact", []string{"lang/ast", "runtime/desired", "runtime/doc", "runtime/parallel"}},
	{"compiler/dump", []string{"lang/diag", "runtime/doc", "runtime/layout"}},
	{"compiler/extract", []string{"compiler/redact", "lang/diag", "runtime/desired", "runtime/disk", "runtime/doc", "runtime/layout", "runtime/parallel", "runtime/replace", "runtime/stores"}},
	{"compiler/workspace", []string{"compiler/cache", "compiler/eval", "compiler/limit", "compiler/mistake", "compiler/paged", "compiler/shape", "compiler/words", "lang", "runtime/desired", "runtime/disk", "runtime/doc", "runtime/layout", "runtime/parallel", "runtime/replace", "runtime/stores"}},
	{"compiler/policy", []string{"compiler/eval", "compiler/words", "compiler/workspace", "lang", "runtime/desired", "runtime/doc", "runtime/stores"}},
	{"compiler/sources", []string{"compiler/cache", "compiler/policy", "compiler/redact", "compiler/words", "compiler/workspace", "lang", "runtime/desired"}},
	{"compiler/rules", []string{"compiler/cache", "compiler/eval", "compiler/infer", "compiler/policy", "compiler/redact", "compiler/shape", "compiler/words", "compiler/workspace", "lang", "runtime/desired", "runtime/doc", "runtime/parallel", "runtime/stores", "runtime/validator"}},
	{"compiler/job", []string{"compiler/eval", "compiler/infer", "compiler/limit", "compiler/policy", "compiler/pushdown", "compiler/rules", "compiler/words", "compiler/workspace", "lang", "runtime/desired", "runtime/doc"}},
	{"compiler/weavetest", []string{"compiler/eval", "compiler/infer", "compiler/job", "compiler/mistake", "compiler/policy", "compiler/rules", "compiler/shape", "compiler/sources", "compiler/words", "compiler/workspace", "lang", "runtime/desired", "runtime/doc", "runtime/layout"}},
	{"compiler/describe", []string{"compiler", "lang", "runtime/change", "runtime/desired", "runtime/doc", "runtime/structure"}},
	{"compiler/capture", []string{"compiler", "lang", "runtime/change", "runtime/desired", "runtime/doc", "runtime/safe", "runtime/stores", "runtime/structure"}},
	{"compiler/propose", []string{"lang", "runtime/doc"}},
	{"compiler/promote", []string{"compiler", "lang/diag", "runtime/disk", "runtime/doc", "runtime/layout", "runtime/replace"}},
	{"compiler/query", []string{"compiler", "lang", "runtime/desired", "runtime/doc", "runtime/layout"}},
	{"compiler", []string{"compiler/cache", "compiler/job", "compiler/limit", "compiler/mistake", "compiler/paged", "compiler/pushdown", "compiler/rules", "compiler/sources", "compiler/weavetest", "compiler/workspace", "lang/diag", "lang/source", "runtime/desired"}},
	{"codegen", []string{"codegen", "runtime"}},
	{"lang/source", nil},
	{"lang/diag", []string{"lang/source", "runtime/near", "runtime/safe"}},
	{"lang/ast", []string{"lang/source", "runtime/safe"}},
	{"lang/habit", nil},
	{"lang/token", []string{"lang/ast", "lang/diag", "lang/source", "runtime/safe"}},
	{"lang/parser/keyword", []string{"lang/token"}},
	{"lang/parser/slip", []string{"lang/ast", "lang/diag", "lang/habit", "lang/parser/keyword", "lang/source", "lang/token"}},
	{"lang/parser", []string{"lang/ast", "lang/diag", "lang/habit", "lang/parser", "lang/source", "lang/token"}},
	{"lang/format", []string{"lang/parser", "lang/ast", "lang/diag", "lang/source", "lang/token"}},
	{"lang/function", nil},
	{"lang/check", []string{"lang/ast", "lang/diag", "lang/function", "lang/habit", "lang/source"}},
	{"runtime/doctor", []string{"runtime/capability", "runtime/change", "runtime/control", "runtime/desired", "runtime/doc", "runtime/enforce", "runtime/stores"}},
	{"runtime/doc", []string{"runtime/safe"}},
	{"runtime/disk", nil},
	{"runtime/layout", []string{"runtime/disk", "runtime/doc", "runtime/parallel", "runtime/replace"}},
	{"runtime/parallel", nil},
	{"runtime/replace", []string{"runtime/disk", "runtime/parallel"}},
	{"runtime/desired", []string{"runtime/doc", "runtime/layout", "runtime/parallel", "runtime/pattern"}},
	{"runtime/change/view", []string{"runtime/change", "runtime/change/between", "runtime/desired", "runtime/doc", "runtime/safe"}},
	{"runtime/change/between", []string{"runtime/change", "runtime/desired", "runtime/doc"}},
	{"runtime/change", []string{"runtime/doc", "runtime/safe"}},
	{"runtime/compare", []string{"runtime/capability", "runtime/change", "runtime/change/between", "runtime/desired", "runtime/doc", "runtime/stores"}},
	{"runtime/capability", []string{"runtime/doc", "runtime/stores"}},
	{"runtime/control", []string{"runtime/capability", "runtime/change", "runtime/desired", "runtime/doc", "runtime/parallel", "runtime/stores"}},
	{"runtime/journal", []string{"runtime/compare", "runtime/control", "runtime/desired", "runtime/doc", "runtime/stores", "runtime/structure"}},
	{"runtime/cause", []string{"runtime/change", "runtime/compare", "runtime/control", "runtime/desired", "runtime/doc"}},
	{"runtime/enforce", []string{"runtime/capability", "runtime/cause", "runtime/change", "runtime/change/between", "runtime/compare", "runtime/control", "runtime/desired", "runtime/doc", "runtime/journal", "runtime/layout", "runtime/order", "runtime/parallel", "runtime/stores", "runtime/structure", "runtime/validator"}},
	{"runtime/undo", []string{"runtime/capability", "runtime/change", "runtime/change/between", "runtime/compare", "runtime/control", "runtime/desired", "runtime/doc", "runtime/enforce", "runtime/journal", "runtime/order", "runtime/stores", "runtime/structure"}},
	{"runtime/fanout", []string{"runtime/capability", "runtime/change", "runtime/control", "runtime/desired", "runtime/doc", "runtime/enforce", "runtime/stores", "runtime/undo"}},
	{"runtime/validator", []string{"runtime/doc", "runtime/stores"}},
	{"runtime/order", []string{"runtime/doc", "runtime/stores"}},
	{"runtime/structure", []string{"runtime/capability", "runtime/change", "runtime/change/between", "runtime/desired", "runtime/doc", "runtime/stores"}},
	{"runtime/pattern", nil},
	{"runtime/pipeline", []string{"runtime/change"}},
	{"runtime/safe", nil},
	{"runtime/near", nil},
	{"runtime/prelude", []string{"runtime"}},
	{"runtime", []string{"runtime"}},
}

func TestImportsGoOneWay(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "../../...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	packages := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages++
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			checkImport(t, path, imported)
		}
	}
	if packages < 15 {
		t.Errorf("go list named %d packages only; the test looks in the wrong place", packages)
	}
}

func checkImport(t *testing.T, path, imported string) {
	t.Helper()
	if strings.HasPrefix(imported, "github.com/alecthomas/participle") && path != "lang/parser" {
		t.Errorf("%s imports participle; only lang/parser may", path)
	}
	external := strings.Contains(strings.Split(imported, "/")[0], ".")
	if !strings.HasPrefix(imported, module) {
		if external && strings.HasPrefix(path, "runtime") && !strings.HasPrefix(imported, "go.mongodb.org/mongo-driver/v2") {
			t.Errorf("%s imports %s; runtime is copied into artefacts and may import the standard library and the driver only", path, imported)
		}
		return
	}
	imported = strings.TrimPrefix(imported, module)
	for _, rule := range mayImport {
		if path != rule.prefix && !strings.HasPrefix(path, rule.prefix) {
			continue
		}
		for _, prefix := range rule.allowed {
			if strings.HasPrefix(imported, prefix) {
				return
			}
		}
		t.Errorf("%s imports %s; allowed are %v", path, imported, rule.allowed)
		return
	}
}

// TestCompilerNeedsNoClient holds that reading and compiling link of the driver
// what its package bson needs, and no client: the one package of the compiler
// that has one is that which reads live sources. The same of the playground's WebAssembly.
func TestCompilerNeedsNoClient(t *testing.T) {
	list := func(args ...string) []string {
		out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
		if err != nil {
			t.Fatalf("go list %v: %v", args, err)
		}
		return strings.Fields(string(out))
	}
	const driver = "go.mongodb.org/mongo-driver/v2/"
	allowed := list("-deps", driver+"bson")
	compiler := slices.DeleteFunc(list("../../compiler/..."), func(p string) bool { return p == module+"compiler/extract" })
	if len(compiler) < 5 {
		t.Fatalf("go list named %v only; the test looks in the wrong place", compiler)
	}
	for _, p := range list(append([]string{"-deps"}, compiler...)...) {
		if strings.HasPrefix(p, driver) && !slices.Contains(allowed, p) {
			t.Errorf("compiling links %s", p)
		}
	}
	if !slices.Contains(list("-deps", module+"compiler/extract"), driver+"mongo") {
		t.Error("compiler/extract links no client; the test knows the driver by another name")
	}
	t.Setenv("GOOS", "js")
	t.Setenv("GOARCH", "wasm")
	for _, p := range list("-deps", module+"cmd/mongocd/internal/playground/wasm") {
		if strings.HasPrefix(p, driver) && !slices.Contains(allowed, p) || p == "net/http" || p == "os/exec" {
			t.Errorf("the WebAssembly of the playground links %s", p)
		}
	}
}
