package editor

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/diag"
)

// TestMongoshCannotHold: an editor is told what the mongosh target cannot write, which no
// rule forbids: the workspace of the message's page.
func TestMongoshCannotHold(t *testing.T) {
	archive, err := txtar.ParseFile("../../../../lang/diag/pages/mongosh-cannot-hold.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		_, name, _ := strings.Cut(f.Name, "/")
		if strings.HasPrefix(f.Name, "mended/") || name == "" {
			continue
		}
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in, send := io.Pipe()
	receive, out := io.Pipe()
	cmd := Command(&console.Console{Stdin: in, Stdout: out, Stderr: t.Output()})
	cmd.SetArgs(nil)
	cmd.SetContext(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := cmd.RunE(cmd, nil)
		ended <- err
		_ = out.Close() // of a pipe: it cannot fail
	}()
	write := func(message string) {
		if _, err := fmt.Fprintf(send, "Content-Length: %d\r\n\r\n%s", len(message), message); err != nil {
			t.Error(err)
		}
	}
	go func() {
		write(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"rootUri":"file://%s","capabilities":{}}}`, filepath.ToSlash(dir)))
		write(`{"jsonrpc":"2.0","method":"initialized","params":{}}`)
	}()
	read := bufio.NewReader(receive)
	for {
		header, err := read.ReadString('\n')
		if err != nil {
			t.Fatal("the session ended: ", err)
		}
		_, length, ok := strings.Cut(strings.TrimSpace(header), "Content-Length: ")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(length)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, n+len("\r\n"))
		if _, err := io.ReadFull(read, body); err != nil {
			t.Fatal(err)
		}
		var m struct {
			Method string
			Params struct {
				Diagnostics []struct {
					Code, Message string
					Severity      int
				}
			}
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		for _, d := range m.Params.Diagnostics {
			if d.Code != string(diag.MongoshCannotHold) {
				continue
			}
			const warning = 2
			if d.Severity != warning || !strings.Contains(d.Message, "_id \"dark-mode\": old is undefined") || !strings.HasPrefix(d.Message, "mongosh cannot write 1 document of \"shop.flags\" byte for byte\n") {
				t.Errorf("%+v", d)
			}
			if err := send.Close(); err != nil { // the editor goes away
				t.Error(err)
			}
			if _, err := io.Copy(io.Discard, read); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			return
		}
	}
}
