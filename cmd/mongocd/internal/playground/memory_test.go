package playground

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestFiles(t *testing.T) {
	f := NewFiles()
	for _, name := range []string{"a.weave", "extracted/db/items/documents.jsonl", "extracted/db/items/collection.json", "a.weave"} {
		if err := f.Write(name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := fstest.TestFS(f, f.Names()...); err != nil {
		t.Error(err)
	}
	before, err := f.Stat("a.weave")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write("a.weave", []byte("A.weave")); err != nil {
		t.Fatal(err)
	}
	if after, err := f.Stat("a.weave"); err != nil || after.ModTime().Equal(before.ModTime()) {
		t.Error("a file that was written again looks as before", err)
	}
	for name, want := range map[string]string{
		"../x": "no name of a file", "/x": "no name of a file", "a//b": "no name of a file", ".": "no name of a file", `a\b`: "no name of a file", "a/../../b": "no name of a file", "a\x00b": "no name of a file",
		"extracted/db": "is a folder", "a.weave/b": "is a file",
	} {
		if err := f.Write(name, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := f.Write("large", make([]byte, mostBytes)); err == nil || !strings.Contains(err.Error(), "larger than 64 MB") {
		t.Error(err)
	}
	if names := f.Names(); len(names) != 3 {
		t.Errorf("what was refused is there: %q", names)
	}
}
