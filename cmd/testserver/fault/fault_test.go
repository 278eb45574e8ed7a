package fault

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// upper is a server that sends back what it gets in upper case.
func upper(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				buffer := make([]byte, 1024)
				for {
					n, err := conn.Read(buffer)
					if _, failed := io.WriteString(conn, strings.ToUpper(string(buffer[:n]))); err != nil || failed != nil {
						ignore(conn.Close())
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestFaults(t *testing.T) {
	p, err := Start(context.Background(), upper(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", p.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	ask := func(conn net.Conn, text string) (string, error) {
		if _, err := io.WriteString(conn, text); err != nil {
			return "", err
		}
		answer := make([]byte, len(text))
		n, err := io.ReadFull(conn, answer)
		return string(answer[:n]), err
	}

	whole := dial()
	if got, err := ask(whole, "abc"); got != "ABC" || err != nil {
		t.Fatalf("%q, %v through a whole network", got, err)
	}
	if n, hit := p.Passed(); n != 6 || hit != 0 {
		t.Errorf("%d bytes and %d faults, want 6 and none", n, hit)
	}

	p.Inject(Fault{At: 2, Delay: 50 * time.Millisecond})
	start := time.Now()
	if got, err := ask(whole, "abc"); got != "ABC" || err != nil || time.Since(start) < 50*time.Millisecond {
		t.Errorf("%q, %v after %v of a delay", got, err, time.Since(start))
	}

	// In the answer: one byte of it gets through. The cut takes all connections, and lasts.
	p.Inject(Fault{At: 4, Down: 200 * time.Millisecond})
	other := dial()
	if got, err := ask(whole, "abc"); err == nil || len(got) > 1 {
		t.Errorf("%q, %v, want at most one byte", got, err)
	}
	if _, err := ask(other, "abc"); err == nil {
		t.Error("the other connection was not cut")
	}
	if _, err := ask(dial(), "abc"); err == nil {
		t.Error("the network was not down after the cut")
	}
	time.Sleep(250 * time.Millisecond)
	if got, err := ask(dial(), "abc"); got != "ABC" || err != nil {
		t.Errorf("%q, %v after the network came back", got, err)
	}
	if _, hit := p.Passed(); hit != 1 {
		t.Errorf("%d faults happened, want 1", hit)
	}
	p.Inject()
	if got, err := ask(dial(), "abc"); got != "ABC" || errors.Is(err, io.EOF) {
		t.Errorf("%q, %v without faults", got, err)
	}
}
