package main

// What `compile` has resident, by both targets: at most twice what is extracted, and what the
// program itself takes.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/compiler/paged"
)

func TestCompileFootprint(t *testing.T) {
	if !paged.Mapped {
		t.Skip("documents are in memory here")
	}
	dir := t.TempDir()
	text := strings.Repeat("Wool, washed at thirty degrees. ", 28)
	size := int64(0)
	write := func(name string, data []byte) {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var lines []byte // of one file
	for i := range 50_000 {
		lines = fmt.Appendf(lines, "{\"_id\": %d, \"name\": \"Article %d\", \"text\": %q}\n", i, i, text)
		if i%3125 == 3124 {
			write(fmt.Sprintf("extracted/src/items/documents/%x.jsonl", i/3125), lines)
			size, lines = size+int64(len(lines)), lines[:0]
		}
	}
	write("w.weave", []byte("weave w\nenvironments prod\n\nfrom src into dst {\n  sync items by _id { set name = \"${name}!\" }\n}\n"))
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--target", "go", "--no-cache"}, {"--target", "mongosh", "--no-cache"}, {"--target", "go"}, {"--target", "go"}} {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Args = append([]string{"mongocd", "compile", "--workspace", dir, "--out", filepath.Join(dir, strings.Join(args, ""))}, args...) // TestMain looks at the name
		cmd.Env = append(os.Environ(), "MONGOCD_CACHE="+filepath.Join(dir, "..", "cache"))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		took, err := engine.HighWater(t, cmd, "mongocd")
		if err != nil {
			t.Fatalf("%s\n%s", err, out.Bytes())
		}
		const own = 80 << 20 // this program with all its tests
		if took > 2*size+own {
			t.Errorf("compile %s: %d MB resident, %d MB extracted", args, took>>20, size>>20)
		} else {
			t.Logf("compile %s: %d MB resident, %d MB extracted", args, took>>20, size>>20)
		}
	}
}
