package desired

import (
	"bytes"
	"embed"
	"io/fs"
	"testing"
	"testing/fstest"
)

//go:embed *.go
var sources embed.FS

// What is embedded is found in the program's file, each file as it is.
func TestFromProgram(t *testing.T) {
	names, err := fs.Glob(sources, "*.go")
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		f, err := sources.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := fs.ReadFile(sources, name)
		if err != nil {
			t.Fatal(err)
		}
		found := fromProgram(f)
		if found == nil {
			t.Fatalf("%s is not found in the program's file", name)
		}
		got := make([]byte, len(want))
		if n, err := found.ReadAt(got, 0); n < len(want) || !bytes.Equal(got, want) {
			t.Errorf("%s is another text in the program's file: %d bytes, %v", name, n, err)
		}
	}
	other, err := fstest.MapFS{"f": {Data: []byte("x")}}.Open("f")
	if err != nil {
		t.Fatal(err)
	}
	if fromProgram(other) != nil {
		t.Error("a file that is not embedded is found in the program's file")
	}
}
