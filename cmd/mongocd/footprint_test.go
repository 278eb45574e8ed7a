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
	line := func(i int, text string) []byte {
		return fmt.Appendf(nil, "{\"_id\": %d, \"name\": \"Article %d\", \"text\": %q}\n", i, i, text)
	}
	const sentence = "Wool, washed at thirty degrees. "
	small, large := strings.Repeat(sentence, 28), strings.Repeat(sentence, 15<<20/len(sentence))
	var lines [16][]byte
	for i := range 50_000 {
		lines[i/3125] = append(lines[i/3125], line(i, small)...)
	}
	compileFootprint(t, "50,000 documents", lines[:], ".jsonl", "--target go --no-cache", "--target mongosh --no-cache", "--target go", "--target go")
	var files [8][]byte
	for i := range files {
		files[i] = line(i, large)
	}
	compileFootprint(t, "8 documents of 15 MiB", files[:], ".json", "--target go --no-cache")
}

// compileFootprint compiles a collection of such files with some flags after the other.
func compileFootprint(t *testing.T, what string, files [][]byte, ending string, compilations ...string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "workspace")
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
	for i, text := range files {
		write(fmt.Sprintf("extracted/src/items/documents/%x%s", i, ending), text)
		size += int64(len(text))
	}
	write("w.weave", []byte("weave w\nenvironments prod\n\nfrom src into dst {\n  sync items by _id { set name = \"${name}!\" }\n}\n"))
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range compilations {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Args = append([]string{"mongocd", "compile", "--workspace", dir, "--out", filepath.Join(dir, strings.ReplaceAll(flags, " ", ""))}, strings.Fields(flags)...) // TestMain looks at the name
		cmd.Env = append(os.Environ(), "MONGOCD_CACHE="+filepath.Join(dir, "..", "cache"))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		took, err := engine.HighWater(t, cmd, "mongocd")
		if err != nil {
			t.Fatalf("%s\n%s", err, out.Bytes())
		}
		const own = 80 << 20 // this program with all its tests
		if took > 2*size+own {
			t.Errorf("%s, compile %s: %d MB resident, %d MB extracted", what, flags, took>>20, size>>20)
		} else {
			t.Logf("%s, compile %s: %d MB resident, %d MB extracted", what, flags, took>>20, size>>20)
		}
	}
}
