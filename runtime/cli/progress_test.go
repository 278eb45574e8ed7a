package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/runtime/enforce"
)

// One line changes, is cut to the width, and is gone when it is told so.
func TestProgressLine(t *testing.T) {
	var out bytes.Buffer
	now := time.Now()
	show := progressLine(&out, func() time.Time { return now })
	at := func(after time.Duration, p enforce.Progress) string {
		now = now.Add(after)
		out.Reset()
		show(p)
		return out.String()
	}
	p := enforce.Progress{Phase: "write", Collection: "shop.flags", Done: 1000, Total: 20000, Unit: "documents"}
	const line = "write shop.flags: 1000 of 20000 documents"
	if got := at(0, enforce.Progress{}); got != "" {
		t.Errorf("nothing was shown, and %q takes it away", got)
	}
	if got := at(time.Millisecond, p); got != "" {
		t.Errorf("%q comes at once", got)
	}
	if got := at(time.Second, p); got != "\r"+line {
		t.Errorf("%q", got)
	}
	p.Collection = "a.b"
	if got := at(time.Second, p); got != "\rwrite a.b: 1000 of 20000 documents       " {
		t.Errorf("what is longer is not written over: %q", got)
	}
	if got := at(0, enforce.Progress{}); got != "\r"+strings.Repeat(" ", len(line)-7)+"\r" {
		t.Errorf("%q", got)
	}
	p.Collection = "shop.\x1b[2J" + strings.Repeat("x", 200)
	if got := at(time.Second, p); len([]rune(got)) != 1+progressWidth || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
	if ProgressLine(&out) != nil {
		t.Error("there is progress without a terminal")
	}
	broken := progressLine(failing{}, func() time.Time { now = now.Add(time.Second); return now })
	broken(p)
	broken(p) // it does not matter
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("closed") }
