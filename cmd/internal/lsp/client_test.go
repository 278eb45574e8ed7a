package lsp

// A client for tests: it speaks with the built server process as an editor does.

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// buildDir is where the server is built; empty until a test needs it.
var buildDir string

var built = sync.OnceValues(func() (name string, err error) {
	if buildDir, err = os.MkdirTemp("", "mongocd-lsp"); err != nil {
		return "", err
	}
	name = filepath.Join(buildDir, "mongocd")
	out, err := exec.Command("go", "build", "-o", name, "../../mongocd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if buildDir != "" {
		if err := os.RemoveAll(buildDir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// client is an editor.
type client struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	stderr strings.Builder
	ended  chan error

	mutex    sync.Mutex
	next     int
	waiting  map[int]chan message
	seen     map[string]publishDiagnostics // the last ones, by URI
	arrived  chan struct{}
	requests []message // of the server
}

type message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// start starts a server process.
func start(t *testing.T, args ...string) *client {
	t.Helper()
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, cmd: exec.Command(name, append([]string{"lsp"}, args...)...), ended: make(chan error, 1), waiting: map[int]chan message{}, seen: map[string]publishDiagnostics{}, arrived: make(chan struct{}, 1)}
	c.in, err = c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stderr = &c.stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		c.read(out)
		c.ended <- c.cmd.Wait()
	}()
	t.Cleanup(func() {
		if err := c.in.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		select {
		case err := <-c.ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the server does not end when its client goes away")
			if err := c.cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() && c.stderr.Len() > 0 {
			t.Log("stderr:", c.stderr.String())
		}
	})
	return c
}

func (c *client) read(out io.Reader) {
	w := &wire{Messages: &framed{in: bufio.NewReader(out)}}
	for {
		body, err := w.Read()
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			c.t.Errorf("the server wrote %q: %v", body, err)
			return
		}
		c.mutex.Lock()
		switch {
		case m.Method == "textDocument/publishDiagnostics":
			var p publishDiagnostics
			if err := json.Unmarshal(m.Params, &p); err != nil {
				c.t.Error(err)
			}
			c.seen[p.URI] = p
			select {
			case c.arrived <- struct{}{}:
			default:
			}
		case m.Method != "" && m.ID != nil:
			c.requests = append(c.requests, m)
			c.write(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": nil})
		case m.Method == "":
			var id int
			if json.Unmarshal(m.ID, &id) == nil && c.waiting[id] != nil {
				c.waiting[id] <- m
				delete(c.waiting, id)
			} else if c.waiting[-1] != nil { // an answer to no request
				c.waiting[-1] <- m
			}
		}
		c.mutex.Unlock()
	}
}

func (c *client) write(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil && !errors.Is(err, os.ErrClosed) {
		c.t.Log("writing to the server:", err)
	}
}

// ask sends a request and returns its number.
func (c *client) ask(method string, params any) (id int, answer chan message) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.next++
	answer = make(chan message, 1)
	c.waiting[c.next] = answer
	c.write(map[string]any{"jsonrpc": "2.0", "id": c.next, "method": method, "params": params})
	return c.next, answer
}

// wait waits for an answer.
func (c *client) wait(answer chan message) message {
	c.t.Helper()
	select {
	case m := <-answer:
		return m
	case <-time.After(60 * time.Second):
		c.t.Fatal("no answer within a minute")
		return message{}
	}
}

// call is a request with its result.
func (c *client) call(method string, params any) json.RawMessage {
	c.t.Helper()
	_, answer := c.ask(method, params)
	m := c.wait(answer)
	if m.Error != nil {
		c.t.Fatalf("%s: %d %s", method, m.Error.Code, m.Error.Message)
	}
	return m.Result
}

func (c *client) notify(method string, params any) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.write(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// initialize begins a session in folders.
func (c *client) initialize(encodings []string, dirs ...string) json.RawMessage {
	c.t.Helper()
	folders := []map[string]any{}
	for _, dir := range dirs {
		folders = append(folders, map[string]any{"uri": uri(dir), "name": filepath.Base(dir)})
	}
	result := c.call("initialize", map[string]any{"processId": os.Getpid(), "workspaceFolders": folders, "capabilities": map[string]any{
		"general":      map[string]any{"positionEncodings": encodings},
		"textDocument": map[string]any{"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": true}}},
		"workspace":    map[string]any{"workspaceEdit": map[string]any{"documentChanges": true}, "didChangeWatchedFiles": map[string]any{"dynamicRegistration": true}},
	}})
	c.notify("initialized", map[string]any{})
	return result
}

func (c *client) open(file, text string) {
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri(file), "languageId": "weave", "version": 1, "text": text}})
}

func (c *client) change(file string, version int, changes ...contentChange) {
	c.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": uri(file), "version": version}, "contentChanges": changes})
}

// diagnostics waits until those of a file are as they should be.
func (c *client) diagnostics(file string, done func(publishDiagnostics) bool) publishDiagnostics {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		c.mutex.Lock()
		p, ok := c.seen[uri(file)]
		c.mutex.Unlock()
		if ok && done(p) {
			return p
		}
		select {
		case <-c.arrived:
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			c.t.Fatalf("the diagnostics of %s are %+v", file, p)
		}
	}
}

// version waits for diagnostics of a version.
func version(n int) func(publishDiagnostics) bool {
	return func(p publishDiagnostics) bool { return p.Version != nil && *p.Version == n }
}
