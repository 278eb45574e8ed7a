package prelude

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	sources "github.com/hayone1/mongocd/runtime"
)

// scripts are the JavaScript files of a file system, by their paths under runtime.
func scripts(t *testing.T, files fs.FS) (out []string) {
	t.Helper()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".js") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ofPipelines are joined by codegen/pipeline, for scripts of their own.
var ofPipelines = []string{"pipeline/pipeline.js", "pipeline/stage.js", "pipeline/write.js"}

// TestScripts: every JavaScript file below runtime is embedded, and joined once.
func TestScripts(t *testing.T) {
	joined := slices.Sorted(slices.Values(slices.Concat([]string{shell, node}, pure, ofPipelines)))
	if got := scripts(t, sources.Scripts); !slices.Equal(got, joined) {
		t.Errorf("embedded are %q, joined are %q", got, joined)
	}
	if got := scripts(t, os.DirFS("..")); !slices.Equal(got, joined) {
		t.Errorf("there are %q, joined are %q", got, joined)
	}
}

// TestGlobals: what the pure part takes of JavaScript is a constant where scripts evaluate it.
func TestGlobals(t *testing.T) {
	text := regexp.MustCompile(`(?m)^ *//.*$|'(?:[^'\\\n]|\\.)*'|"[^"\n]*"| // .*$`).ReplaceAllString(join(append(slices.Clone(pure), node)), "")
	listed := strings.Split(globals, ", ")
	for _, name := range strings.Fields("Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error Float64Array Function Infinity Int32Array Intl JSON Map Math NaN Number Object Promise " +
		"Proxy RangeError Reflect RegExp Set String Symbol SyntaxError TypeError Uint16Array Uint32Array Uint8Array WeakMap WeakSet decodeURIComponent encodeURIComponent isFinite isNaN parseFloat parseInt structuredClone") {
		if used := regexp.MustCompile(`(^|[^\w.])` + name + `\b`).MatchString(text); used != slices.Contains(listed, name) {
			t.Errorf("%s is used: %v, and listed: %v", name, used, !used)
		}
	}
}

// TestUsed: whatever the pure part declares for all of it is declared once and used in it.
func TestUsed(t *testing.T) {
	text := regexp.MustCompile(`(?m)^ *//.*$|'(?:[^'\\\n]|\\.)*'| // .*$`).ReplaceAllString(Pure(), "")
	constant := regexp.MustCompile(`^[A-Z][A-Z0-9]*_[A-Z0-9_]+$`)
	words := map[string]int{"engine": 1}
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(text, -1) {
		words[word]++
	}
	declared := regexp.MustCompile(`(?m)^(?:function ?\*? ?|class |const )(\w+)`).FindAllStringSubmatch(text, -1)
	seen := map[string]bool{}
	for _, m := range declared {
		if seen[m[1]] {
			t.Errorf("%s is declared twice", m[1])
		}
		seen[m[1]] = true
		if words[m[1]] < 2 {
			t.Errorf("nothing uses %s", m[1])
		}
	}
	for word := range words {
		if constant.MatchString(word) && !strings.Contains(text, "const "+word+" ") && !regexp.MustCompile(`(?m)^(?:const|  )[^\n]*\b`+word+` = `).MatchString(text) {
			t.Errorf("nothing declares %s", word)
		}
	}
	if len(declared) < 400 {
		t.Errorf("%d declarations", len(declared))
	}
}
