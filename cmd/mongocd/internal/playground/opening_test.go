package playground

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/examples"
)

// zipped is an archive of names with contents.
func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		to, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(to, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestZip: a workspace is found where it lies in an archive, and what is no name within
// one is taken nowhere.
func TestZip(t *testing.T) {
	link := "a"
	for _, test := range []struct {
		name    string
		opening Opening
		files   string
		wrong   string
	}{
		{"plain", Opening{Zip: zipped(t, "a.weave", "", "extracted/s/c/documents.jsonl", "", "README.md", "")}, "a.weave extracted/s/c/documents.jsonl", ""},
		{"below a folder", Opening{Zip: zipped(t, "repo-main/x/extracted/s/c/documents.jsonl", "", "repo-main/x/a.weave", "", "repo-main/x/sub/b.weave", "", "repo-main/other.weave", "")}, "a.weave extracted/s/c/documents.jsonl sub/b.weave", ""},
		{"weaves alone", Opening{Zip: zipped(t, "x/a.weave", "", "x/y/b.weave", "")}, "a.weave y/b.weave", ""},
		{"what is built and hidden", Opening{Zip: zipped(t, "a.weave", "", "build/b.weave", "", ".git/c.weave", "", "x/.hidden/d.weave", "", "extracted/s/.c/documents.jsonl", "")}, "a.weave extracted/s/.c/documents.jsonl", ""},
		{"a folder", Opening{Files: []File{{Name: "dropped/a.weave"}, {Name: "dropped/extracted/s/c/collection.json"}}}, "a.weave extracted/s/c/collection.json", ""},
		{"up", Opening{Zip: zipped(t, "a.weave", "", "../b.weave", "")}, "", `"../b.weave", which is no name within a workspace`},
		{"within, then up", Opening{Zip: zipped(t, "a.weave", "", "x/../../b.weave", "")}, "", "no name within"},
		{"absolute", Opening{Zip: zipped(t, "/etc/b.weave", "")}, "", "no name within"},
		{"backslashes", Opening{Zip: zipped(t, `x\..\..\b.weave`, "")}, "", "no name within"},
		{"a folder that leads up", Opening{Files: []File{{Name: "../a.weave"}}}, "", "no name of a file"},
		{"nothing", Opening{Zip: zipped(t, "README.md", "")}, "", "there is no workspace in it"},
		{"no archive", Opening{Zip: []byte("PK")}, "", "no zip archive"},
		{"a bomb", Opening{Zip: zipped(t, "extracted/s/c/documents.jsonl", strings.Repeat("\x00", mostBytes+1))}, "", "more than 64 MB"},
		{"half a link", Opening{Link: &link}, "", "the link is not whole"},
		{"no example", Opening{Example: "../.."}, "", "there is no example"},
		{"nothing asked", Opening{}, "", "there is no example"},
		{"here, where nothing is", Opening{Here: true}, "", "there is no example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files, err := test.opening.files(nil)
			switch {
			case test.wrong != "":
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Errorf("got %v, want %s", err, test.wrong)
				}
			case err != nil:
				t.Error(err)
			default:
				if got := strings.Join(files.Names(), " "); got != test.files {
					t.Errorf("got %s, want %s", got, test.files)
				}
			}
		})
	}
	many := []string{}
	for i := range mostFiles + 1 {
		many = append(many, fmt.Sprintf("extracted/s/c/documents/%d.json", i), "{}")
	}
	if _, err := fromZip(zipped(t, many...)); err == nil || !strings.Contains(err.Error(), "more than 20000 files") {
		t.Error(err)
	}
}

// TestHere: of the workspace on a disk what belongs to it is taken, and no link is followed.
func TestHere(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/extracted", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.weave": "x", "secret.txt": "x", "extracted/x": "x"} {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", dir+"/b.weave"); err != nil {
		t.Fatal(err)
	}
	files, err := (&Opening{Here: true}).files(os.DirFS(dir))
	if err != nil || !slices.Equal(files.Names(), []string{"a.weave", "extracted/x"}) {
		t.Errorf("%v %v", files, err)
	}
}

// TestLink: what a link holds is what was put in; every example has room in one.
func TestLink(t *testing.T) {
	for _, name := range examples.Names {
		of, err := fs.Sub(examples.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := copied(of)
		if err != nil {
			t.Fatal(err)
		}
		again(t, f)
	}
	f := NewFiles()
	for i, text := range hostile.Texts {
		data, err := json.Marshal(text)
		if err == nil {
			err = f.Write(fmt.Sprintf("extracted/s/c/documents/%d.json", i), data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	again(t, f)

	large, r := NewFiles(), rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		var text strings.Builder
		for range 10_000 {
			text.WriteByte(byte(' ' + r.IntN(90)))
		}
		if err := large.Write(fmt.Sprintf("%d.weave", i), []byte(text.String())); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := toLink(large, nil); err == nil || !strings.Contains(err.Error(), "share it as a zip archive") {
		t.Error(err)
	}
	if err := f.Write("extracted/s/c/documents/x.bson", []byte{0xff}); err != nil {
		t.Fatal(err)
	}
	if _, err := toLink(f, nil); err == nil || !strings.Contains(err.Error(), "is no text") {
		t.Error(err)
	}
}

func again(t *testing.T, f *Files) {
	t.Helper()
	inputs := map[string]string{"rollout": "20", "<b>": "&#="}
	link, err := toLink(f, inputs)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files: a link of %d characters", len(f.Names()), len(link))
	back, given, err := fromLink(link)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(given, inputs) {
		t.Errorf("the inputs are %v", given)
	}
	o := Opening{Link: &link, Inputs: map[string]string{"rollout": "30"}}
	if _, err := o.files(nil); err != nil || o.Inputs["rollout"] != "30" || o.Inputs["<b>"] != "&#=" {
		t.Errorf("behind the link: %v %v", o.Inputs, err)
	}
	if err := fstest.TestFS(back, f.Names()...); err != nil {
		t.Error(err)
	}
	for _, name := range f.Names() {
		was, err := f.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if is, err := back.ReadFile(name); err != nil || !bytes.Equal(is, was) {
			t.Errorf("%s is otherwise: %v", name, err)
		}
	}
	if _, _, err := fromLink(link[:len(link)/2]); err == nil {
		t.Error("half of the link is taken")
	}
}
