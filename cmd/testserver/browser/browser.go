// Package browser runs a headless Chromium for tests of the HTML pages.
//
// In: a test, a file to open; out: what the page says, what it looks like, and what
// it tried to fetch or to run. It speaks the DevTools protocol over a pipe
// (https://chromedevtools.github.io/devtools-protocol/), so that no port is open and
// no driver is to be kept in step with the browser: this file has the process and
// its messages, tab.go what tests do with a page, picture.go pictures for documentation.
package browser

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// Variable names the browser to use.
const Variable = "MONGOCD_BROWSER"

const missing = `there is no Chromium to test the HTML page in.
    Debian and Ubuntu: apt-get install chromium (make tools does so, as root)
    elsewhere: install Chromium or Google Chrome
    one that is not in PATH: ` + Variable + `=/path/to/chrome go test …`

// limit is how long anything that is asked of the browser may take.
const limit = 60 * time.Second

// find returns the browser's path; empty where there is none.
func find() string {
	for _, name := range []string{os.Getenv(Variable), "chromium", "chromium-browser", "google-chrome-stable", "google-chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	return ""
}

// Browser is a running Chromium.
type Browser struct {
	out *os.File
	mu  sync.Mutex
	// last is the number of the last command; waiting are those without an answer.
	last    int
	waiting map[int]chan message
	tabs    map[string]*Tab // by session
	ended   bool
}

// message is a command, its answer or an event.
type message struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// ForTest starts a browser for a test, and fails the test where there is none.
func ForTest(t testing.TB) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		t.Fatal(missing)
	}
	theirs, ours, err := os.Pipe() // what it reads
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe() // what it writes
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "--no-first-run", "--no-default-browser-check",
		"--no-sandbox", // which root and containers have not got; what is opened are files of the test
		"--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--disable-features=IsolateSandboxedIframes", // one session sees what frames do
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--force-color-profile=srgb", "--font-render-hinting=none", "--hide-scrollbars", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, write} // descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	if err := errors.Join(theirs.Close(), write.Close()); err != nil {
		t.Fatal(err)
	}
	b := &Browser{out: ours, waiting: map[int]chan message{}, tabs: map[string]*Tab{}}
	done := make(chan struct{})
	go func() {
		b.receive(read)
		close(done)
	}()
	t.Cleanup(func() {
		if _, err := b.send("", "Browser.close", nil); err != nil {
			t.Logf("close the browser: %v", err)
		}
		timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // how it ended does not matter
		timer.Stop()
		<-done
		if err := errors.Join(ours.Close(), read.Close()); err != nil {
			t.Log(err)
		}
	})
	return b
}

// receive hands out what the browser says, until it says no more.
func (b *Browser) receive(from *os.File) {
	reader := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := reader.ReadBytes(0)
		if err != nil {
			break
		}
		var m message
		var params json.RawMessage
		m.Params = &params
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			continue
		}
		b.mu.Lock()
		answer, tab := b.waiting[m.ID], b.tabs[m.Session]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		switch {
		case m.ID != 0 && answer != nil:
			answer <- m
		case tab != nil:
			tab.event(m.Method, params)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	for _, answer := range b.waiting {
		close(answer)
	}
}

// send gives a command and returns its result.
func (b *Browser) send(session, method string, params any) (json.RawMessage, error) {
	answer := make(chan message, 1)
	b.mu.Lock()
	if b.ended {
		b.mu.Unlock()
		return nil, fmt.Errorf("%s: the browser has ended", method)
	}
	b.last++
	id := b.last
	b.waiting[id] = answer
	text, err := json.Marshal(message{ID: id, Method: method, Params: params, Session: session})
	if err == nil {
		_, err = b.out.Write(append(text, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case m, ok := <-answer:
		switch {
		case !ok && method != "Browser.close":
			return nil, fmt.Errorf("%s: the browser ended", method)
		case m.Error != nil:
			return nil, fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		return m.Result, nil
	case <-time.After(limit):
		return nil, fmt.Errorf("%s: no answer after %s", method, limit)
	}
}
