package outputs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// TestSameFilesStay: a file of the output that would be written as it is is not written.
func TestSameFilesStay(t *testing.T) {
	dir := t.TempDir()
	replaced := func(text string) map[string]os.FileInfo {
		t.Helper()
		var collections []*desired.Collection
		for _, name := range []string{"same", "other"} {
			value := "x"
			if name == "other" {
				value = text
			}
			d := doc.NewBuilder(64).AppendInt32("_id", 1).AppendString("text", value).Raw()
			collections = append(collections, &desired.Collection{Database: "d", Name: name, Origin: "w.weave:1:1", Mode: desired.Replace, Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: d}}})
		}
		result := &compiler.Result{States: []*desired.State{{Weave: "w", Environment: "prod", Compiler: "mongocd test", Collections: collections}}}
		folders, err := Generate(t.Context(), result, codegen.Targets, Program{})
		if err != nil {
			t.Fatal(err)
		}
		to, err := Open(dir, "build")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Replace(to, folders, false, nil, nil); err != nil {
			t.Fatal(err)
		}
		if found, err := Check(to, folders, true, nil); err != nil || len(found) > 0 {
			t.Errorf("it is not what was written: %v %v", found, err)
		}
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
		files := map[string]os.FileInfo{}
		for _, name := range []string{"manifest.json", "go.sum", "desired/d/same.jsonl", "desired/d/other.jsonl"} {
			info, err := os.Stat(filepath.Join(dir, "build", "prod", "w", filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = info
		}
		return files
	}
	first, second, third := replaced("a"), replaced("a"), replaced("b")
	for name := range first {
		if !os.SameFile(first[name], second[name]) {
			t.Errorf("%s was written again", name)
		}
		if other := name == "manifest.json" || name == "desired/d/other.jsonl"; os.SameFile(second[name], third[name]) == other {
			t.Errorf("%s: it is another file: %v", name, !other)
		}
	}
}
