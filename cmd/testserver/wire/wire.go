// Package wire records what a client sends to a MongoDB server: a TCP proxy on
// 127.0.0.1 that reads the client's OP_MSG messages and passes every byte on.
//
// In: the host:port of a server. Out: Proxy, whose URI clients connect to, and
// the Commands they sent, in the order in which they were passed on. Tests use
// it to assert that a run sent no write, and to let "the application" write
// between a run's reading and its writing (OnCommand). message.go reads messages;
// writes.go says which commands write.
package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"syscall"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Proxy is a recording proxy; Close ends it. Its methods may be called from
// several goroutines.
type Proxy struct {
	listener net.Listener
	target   string
	done     chan struct{}
	running  sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool
	commands []Command
	hook     func(Command)
	answer   func(Command) bson.Raw
	require  func(Command) error
	between  Handler
	errs     []error
	closed   bool
}

// Start listens on a free port of 127.0.0.1 and passes connections on to
// target ("host:port"). The proxy ends with ctx or at Close; clients that are
// to say good-bye through it are disconnected before.
func Start(ctx context.Context, target string) (*Proxy, error) {
	if _, _, err := net.SplitHostPort(target); err != nil {
		return nil, fmt.Errorf("wire: the target is not host:port: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("wire: listen: %w", err)
	}
	p := &Proxy{listener: listener, target: target, done: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.running.Add(1)
	go p.accept(ctx)
	stop := context.AfterFunc(ctx, p.shutdown)
	go func() { <-p.done; stop() }()
	return p, nil
}

// Addr returns the host:port on which the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URI returns the connection string for clients. It asks for a direct
// connection, because a replica set member advertises its own address, and a
// client that followed it would go round the proxy.
func (p *Proxy) URI() string { return "mongodb://" + p.Addr() + "/?directConnection=true" }

// Commands returns what was recorded since the start or the last Reset.
func (p *Proxy) Commands() []Command {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.commands)
}

// Reset forgets the recorded commands.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commands = nil
}

// OnCommand sets a function that is called with each command after it was
// recorded and before it is passed on; nil removes it. It is called from the
// goroutine of the connection, so it may be called concurrently, and what it
// does (a write through another connection) has happened before the command
// reaches the server.
func (p *Proxy) OnCommand(hook func(Command)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = hook
}

// Answer sets a function that may answer a command in the server's place: a
// command for which it gives a reply is recorded and not passed on. So tests see
// the form of commands that the server lacks. nil removes it.
func (p *Proxy) Answer(answer func(Command) bson.Raw) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// Require sets what every command has to satisfy from now on; one that does not is
// passed on, and is an error of the proxy.
func (p *Proxy) Require(rule func(Command) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.require = rule
}

// Err returns what went wrong since the start: messages that could not be read,
// connections that could not be made, commands that are not as required. Connections that clients or the
// server close are no errors.
func (p *Proxy) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.errs...)
}

// Close ends all connections, waits for them, and returns what Err returns.
func (p *Proxy) Close() error {
	p.shutdown()
	p.running.Wait()
	return p.Err()
}

func (p *Proxy) shutdown() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	open := slices.Collect(maps.Keys(p.conns))
	if err := p.listener.Close(); err != nil {
		p.errs = append(p.errs, fmt.Errorf("wire: close: %w", err))
	}
	p.mu.Unlock()
	close(p.done)
	for _, conn := range open {
		p.end(conn)
	}
}

func (p *Proxy) accept(ctx context.Context) {
	defer p.running.Done()
	for {
		client, err := p.listener.Accept()
		if err != nil {
			p.failed(fmt.Errorf("wire: accept: %w", err))
			return
		}
		if !p.track(client) {
			return
		}
		p.running.Add(1)
		go func() {
			defer p.running.Done()
			p.serve(ctx, client)
		}()
	}
}

// serve carries one client's connection until either side closes it.
func (p *Proxy) serve(ctx context.Context, client net.Conn) {
	defer p.untrack(client)
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", p.target)
	if err != nil {
		p.failed(fmt.Errorf("wire: no connection to the server: %w", err))
		return
	}
	if !p.track(server) {
		return
	}
	defer p.untrack(server)

	p.mu.Lock()
	handler := p.between
	p.mu.Unlock()
	if handler != nil {
		if err := p.handled(client, server, handler); err != nil {
			p.failed(err)
		}
		p.end(server)
		return
	}
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		// Ends when either side closes; the bytes are the server's, nothing is recorded.
		_, err := io.Copy(client, server)
		if err != nil && !gone(err) {
			p.failed(fmt.Errorf("wire: passing answers on: %w", err))
		}
		p.end(client) // wakes the reader of requests
	}()
	if err := p.requests(client, server); err != nil {
		p.failed(err)
	}
	p.end(server)
	<-answers
}

// requests passes the client's messages on until it closes the connection.
func (p *Proxy) requests(client io.ReadWriter, server io.Writer) error {
	for {
		message, command, ok, err := next(client)
		if message == nil || err != nil {
			return err
		}
		if ok {
			if reply := p.record(command); reply != nil {
				if _, err := client.Write(replyTo(message, reply)); err != nil {
					return fmt.Errorf("wire: answering: %w", err)
				}
				continue
			}
		}
		if _, err := server.Write(message); err != nil {
			if gone(err) {
				return nil
			}
			return fmt.Errorf("wire: passing a message on: %w", err)
		}
	}
}

// next reads a message of a client, and the command in it if it is one; no message: the
// client closed the connection.
func next(client io.Reader) (message []byte, command Command, ok bool, err error) {
	message, err = readMessage(client)
	if err != nil {
		if gone(err) {
			return nil, Command{}, false, nil
		}
		return nil, Command{}, false, fmt.Errorf("wire: reading a message: %w", err)
	}
	command, ok, err = parse(message)
	return message, command, ok, err
}

// record keeps a command, calls the hook, and returns the answer if there is one.
func (p *Proxy) record(c Command) bson.Raw {
	p.mu.Lock()
	p.commands = append(p.commands, c)
	hook, answer := p.hook, p.answer
	if p.require != nil {
		if err := p.require(c); err != nil {
			p.errs = append(p.errs, fmt.Errorf("wire: %w in %s", err, c.Body))
		}
	}
	p.mu.Unlock()
	if hook != nil {
		hook(c)
	}
	if answer == nil {
		return nil
	}
	return answer(c)
}

// failed keeps an error unless it is the consequence of closing the proxy.
func (p *Proxy) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.errs = append(p.errs, err)
	}
}

// track remembers a connection so that Close ends it; false: too late, it is closed.
func (p *Proxy) track(conn net.Conn) bool {
	p.mu.Lock()
	late := p.closed
	if !late {
		p.conns[conn] = true
	}
	p.mu.Unlock()
	if late {
		p.end(conn)
	}
	return !late
}

func (p *Proxy) untrack(conn net.Conn) {
	p.mu.Lock()
	delete(p.conns, conn)
	p.mu.Unlock()
	p.end(conn)
}

// end closes a connection; it may be closed already, from its other direction.
func (p *Proxy) end(conn net.Conn) {
	if err := conn.Close(); err != nil && !gone(err) {
		p.failed(fmt.Errorf("wire: close a connection: %w", err))
	}
}

// gone reports whether an error only says that a side closed the connection
// or was killed.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
