//go:build editors

package editors

// Holds that the tree-sitter grammar takes what the compiler's parser takes. make editors runs it:
// it needs a C compiler and the Python packages of tree-sitter-weave/requirements.txt.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

// fence is an example of the documents that is a whole file.
var fence = regexp.MustCompile("(?ms)^```weave(?: fragment=file)?\n(.*?)^```$")

// texts are all weaves of the repository, by where they stand: files, parts of txtar files and of documents.
func texts(t *testing.T) map[string]string {
	found := map[string]string{}
	for _, root := range []string{"../cmd", "../codegen", "../compiler", "../docs", "../examples", "../lang", "../testdata"} {
		err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			switch filepath.Ext(name) {
			case ".weave", ".txtar", ".md":
			default:
				return nil
			}
			data, err := os.ReadFile(name)
			switch filepath.Ext(name) {
			case ".weave":
				found[name] = string(data)
			case ".txtar":
				for _, file := range txtar.Parse(data).Files {
					if strings.HasSuffix(file.Name, ".weave") {
						found[name+":"+file.Name] = string(file.Data)
					}
				}
			case ".md":
				for i, m := range fence.FindAllSubmatch(data, -1) {
					found[fmt.Sprintf("%s:%d", name, i)] = string(m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// TestTreeSitter gives each weave that the parser takes to the tree-sitter parser, and its queries to all of them.
func TestTreeSitter(t *testing.T) {
	work := t.TempDir()
	valid := 0
	for name, text := range texts(t) {
		_, errs := parser.Parse(source.NewFile(name, text))
		folder := "valid"
		if len(errs) > 0 {
			folder = "invalid"
		} else {
			valid++
		}
		path := filepath.Join(work, folder, regexp.MustCompile(`[^\w.-]+`).ReplaceAllString(strings.TrimPrefix(name, "../"), "+"))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if valid < 400 {
		t.Fatalf("%d valid weaves only: the test looks in the wrong place", valid)
	}
	out, err := exec.Command(os.Getenv("MONGOCD_TOOLS")+"/tree-sitter/bin/python", "tree-sitter-weave/test/agree.py", work).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
