// Package fault is a network that fails: a TCP proxy on 127.0.0.1 that cuts,
// truncates and delays what it passes on, at chosen bytes of the traffic.
//
// In: the host:port of a server, and Faults. Out: Proxy, whose URI clients
// connect to. Where in the traffic a fault is does not depend on the clock, so
// that a run through it can be repeated nearly the same from a seed.
package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// Fault is one thing that goes wrong.
type Fault struct {
	// At is the byte of the traffic, both directions and all connections together,
	// counted from the Inject, before which it happens.
	At int64
	// Delay holds the traffic of the connection for a time, when it is not 0; else
	// all connections are cut: a message is truncated there.
	Delay time.Duration
	// Down refuses new connections for a time after a cut.
	Down time.Duration
}

// Proxy passes connections on; Close ends it. Its methods may be called from
// several goroutines.
type Proxy struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu      sync.Mutex
	conns   map[*net.TCPConn]bool
	passed  int64
	faults  []Fault // in order of At
	hit     int     // faults that happened since the Inject
	cuts    int     // since the start
	downTil time.Time
	closed  bool
}

// Start listens on a free port of 127.0.0.1 and passes connections on to
// target ("host:port"). It is faultless until Inject.
func Start(ctx context.Context, target string) (*Proxy, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fault: listen: %w", err)
	}
	p := &Proxy{listener: listener, target: target, conns: map[*net.TCPConn]bool{}}
	p.running.Go(p.accept)
	return p, nil
}

// URI returns the connection string for clients.
func (p *Proxy) URI() string {
	return "mongodb://" + p.listener.Addr().String() + "/?directConnection=true"
}

// Inject makes the faults happen from now on instead of those of before, and
// counts bytes from 0; without faults the network is whole again.
func (p *Proxy) Inject(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed, p.hit, p.downTil = 0, 0, time.Time{}
	p.faults = slices.SortedStableFunc(slices.Values(faults), func(a, b Fault) int { return int(a.At - b.At) })
}

// Passed returns how many bytes were passed on, and how many faults happened, since the Inject.
func (p *Proxy) Passed() (bytes int64, faults int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed, p.hit
}

// Close ends all connections and waits for them.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	err := p.listener.Close()
	p.cut()
	p.mu.Unlock()
	p.running.Wait()
	return err
}

// cut resets all connections: what is in flight is lost. The lock is held.
func (p *Proxy) cut() {
	p.cuts++
	for conn := range maps.Keys(p.conns) {
		// Errors say that the other side was faster.
		if err := conn.SetLinger(0); err == nil || errors.Is(err, net.ErrClosed) {
			ignore(conn.Close())
		}
	}
}

// ignore is for errors of connections that are being broken on purpose.
func ignore(error) {}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		client := conn.(*net.TCPConn)
		p.mu.Lock()
		down, cuts := p.closed || time.Now().Before(p.downTil), p.cuts
		p.mu.Unlock()
		if down {
			ignore(client.Close())
			continue
		}
		p.running.Go(func() { p.serve(client, cuts) })
	}
}

// serve carries one connection, unless all were cut while it was made.
func (p *Proxy) serve(client *net.TCPConn, cuts int) {
	conn, err := net.DialTimeout("tcp", p.target, 10*time.Second)
	if err != nil {
		ignore(client.Close())
		return
	}
	server := conn.(*net.TCPConn)
	p.mu.Lock()
	if p.cuts != cuts {
		p.mu.Unlock()
		ignore(errors.Join(client.Close(), server.Close()))
		return
	}
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.pass(client, server) })
	both.Go(func() { p.pass(server, client) })
	both.Wait()
	p.mu.Lock()
	delete(p.conns, client)
	delete(p.conns, server)
	p.mu.Unlock()
}

// pass carries bytes one way until either side ends; then it ends both.
func (p *Proxy) pass(from, to *net.TCPConn) {
	defer func() { ignore(errors.Join(from.Close(), to.Close())) }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		for rest := buffer[:n]; len(rest) > 0; {
			now, fault := p.next(len(rest))
			if _, err := to.Write(rest[:now]); err != nil {
				return
			}
			rest = rest[now:]
			switch {
			case fault == nil:
			case fault.Delay > 0:
				time.Sleep(fault.Delay)
			default:
				p.mu.Lock()
				p.downTil = time.Now().Add(fault.Down)
				p.cut()
				p.mu.Unlock()
				return
			}
		}
		if err != nil {
			return // the side that reads has ended, or was cut
		}
	}
}

// next says how many of n bytes may pass now, and what happens after them.
func (p *Proxy) next(n int) (int, *Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) == 0 || p.faults[0].At >= p.passed+int64(n) {
		p.passed += int64(n)
		return n, nil
	}
	fault := p.faults[0]
	p.faults = p.faults[1:]
	p.hit++
	now := max(0, fault.At-p.passed)
	p.passed += now
	return int(now), &fault
}
