package watch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
)

// TestTerminal: the screen is cleared before a run on a terminal, and nowhere else.
func TestTerminal(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = master.Close() }()
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = terminal.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	c := &console.Console{Stdout: terminal, Stderr: &bytes.Buffer{}}
	if err := again(ctx, c, t.TempDir(), nil, func() error { stop(); return c.Print("result") }); err != nil {
		t.Fatal(err)
	}
	shown := make([]byte, 100)
	n, err := master.Read(shown)
	if err != nil || string(shown[:n]) != clearScreen+"result" {
		t.Errorf("%q, %v", shown[:n], err)
	}
}
