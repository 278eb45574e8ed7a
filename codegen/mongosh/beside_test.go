package mongosh

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
)

// A script with much data reads its documents from beside it, wherever mongosh was started,
// and runs with none but those that it was compiled with.
func TestBeside(t *testing.T) {
	client, uri := connect(t)
	db := freshDatabase(t, client, "f_beside")
	c := collection(t, "f_beside", "c/d", desired.Exact)
	for n := range 8 { // lines longer than what is read at once, and characters of several bytes; several files
		text := strings.Repeat("é\U0001f600", 100_000*(n+1)/2)
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, fmt.Sprintf(`{"_id": %d, "text": %q}`, n, text))})
	}
	wanted := rendered(t, state(c, collection(t, "f_beside", "empty", desired.Exact)))
	beside, err := GenerateBeside(wanted)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Generate(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if size := len(whole[0].Data); size < BesideBytes || len(beside[0].Data) > size-BesideBytes/2 {
		t.Fatalf("%d bytes beside its documents, %d with them", len(beside[0].Data), size)
	}
	dir := t.TempDir()
	script, data := filepath.Join(dir, FileName), filepath.Join(dir, filepath.FromSlash(wanted.FilesOf(0)[0].Path))
	write := func(path string, bytes []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(script, beside[0].Data)
	refused := func(words string) {
		t.Helper()
		run := engine.Mongosh(t, uri, script, "MONGOCD_MODE=apply")
		if run.Code != 1 || !strings.Contains(run.Stderr, words) || strings.Contains(run.Stderr, "too old") || run.Stdout != "" {
			t.Errorf("exit %d, want the words %q\n%s%s", run.Code, words, run.Stdout, run.Stderr)
		}
	}
	refused(wanted.FilesOf(0)[0].Path + " beside it, in \"" + dir + "\", which is not there")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	refused("which is no file: take mongosh.js and desired/ along together, or compile with --self-contained")
	if err := os.Remove(data); err != nil {
		t.Fatal(err)
	}
	// As a volume of Kubernetes is: what stands in it are links.
	volume, files := t.TempDir(), wanted.FilesOf(0)
	if len(files) < 2 {
		t.Fatal("the documents lie in one file")
	}
	for _, f := range files {
		write(filepath.Join(volume, filepath.FromSlash(f.Path)), f.Data)
	}
	if err := os.RemoveAll(filepath.Join(dir, "desired")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(volume, "desired"), filepath.Join(dir, "desired")); err != nil {
		t.Fatal(err)
	}
	if run := engine.Mongosh(t, uri, script, "MONGOCD_MODE=apply"); run.Code != 0 {
		t.Fatalf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	found := stored(t, db.Collection("c/d"))
	if len(found) != len(c.Documents) {
		t.Fatalf("%d documents are there", len(found))
	}
	for i, d := range c.Documents {
		if !bytes.Equal(found[i], d.Raw) {
			t.Errorf("document %d is another one", i)
		}
	}
	self := filepath.Join(t.TempDir(), FileName)
	write(self, whole[0].Data)
	for _, path := range []string{script, self} {
		if run := engine.Mongosh(t, uri, path, "MONGOCD_MODE=verify"); run.Code != 0 {
			t.Errorf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	piped := exec.CommandContext(ctx, engine.MongoshPath(t), uri, "--quiet") // which would take an hour
	piped.Stdin = bytes.NewReader(beside[0].Data)
	if out, err := piped.CombinedOutput(); piped.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "--file /dev/stdin") {
		t.Errorf("%v\n%s", err, out)
	}
	last := files[len(files)-1]
	path := filepath.Join(dir, filepath.FromSlash(last.Path))
	write(path, bytes.Replace(last.Data, []byte("é"), []byte("e\u0301"), 1))
	refused(last.Path + " beside this script is not the one that it was compiled with")
	write(path, bytes.TrimSuffix(last.Data, []byte("\n")))
	refused(last.Path + " beside this script is not the one that it was compiled with")
}
