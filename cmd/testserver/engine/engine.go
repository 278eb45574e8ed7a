// Package engine runs a MongoDB-compatible server for tests, the demo and trying mongocd out.
//
// In: which engine (see docs/testing.md) and where it keeps its data. Out: a URI on 127.0.0.1 that answers, until
// Stop, Kill or the end of this process, however it ends. The engines are installed by `make tools`.
package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 20 * time.Second // the wrapper gives the server 10 s
)

// Options say which engine to start and where.
type Options struct {
	Engine  string    // SecantusRust or SecantusPython; "" = Default()
	DataDir string    // kept; "" = a temporary one, removed by Stop
	Log     io.Writer // what the server prints; nil = nowhere
	Flags   []string  // more flags for the server, e.g. --auth
}

// Server is a running engine.
type Server struct {
	uri     string
	pid     int
	wrapper *exec.Cmd
	input   io.Closer       // the wrapper ends the server when this closes
	ended   <-chan struct{} // closed when server and wrapper are gone: nothing holds their output any more
	stop    func() error
}

// wrapper starts the server, prints its pid and waits for its end. Its standard input ends by Stop, or because the
// process that started it is gone, even by SIGKILL: then it ends the server, at once when the data is temporary ($1),
// else politely first. Temporary data it removes.
const wrapper = `
data=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & server=$!
echo "engine-pid $server"
exec >/dev/null 2>&1 # a message to a reader that is gone would end this script before it has cleaned up
(
	read -r end <&3
	if [ -z "$data" ]; then kill $server; sleep 10; fi
	kill -9 $server
) & watcher=$!
wait $server
kill $watcher
if [ -n "$data" ]; then rm -rf "$data"; fi
`

// Start starts the embedded engine on a free port of 127.0.0.1 and returns once it answers hello.
// It returns an error that says how to get the engine when it is not installed.
func Start(ctx context.Context, opts Options) (*Server, error) {
	name := opts.Engine
	if name == "" {
		name = Default()
	}
	dataDir, temporary := opts.DataDir, ""
	if dataDir == "" {
		var err error
		if dataDir, err = os.MkdirTemp("", "mongocd-engine-"); err != nil {
			return nil, err
		}
		temporary = dataDir
	}
	server, err := start(ctx, name, dataDir, temporary, opts)
	if err != nil && temporary != "" {
		err = errors.Join(err, os.RemoveAll(temporary))
	}
	return server, err
}

func start(ctx context.Context, name, dataDir, temporary string, opts Options) (*Server, error) {
	command, err := commandLine(name, dataDir, temporary == "")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("sh", slices.Concat([]string{"-c", wrapper, "engine", temporary}, command, opts.Flags)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ^C in the terminal is for this process, which then stops the server
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = write, write
	err = errors.Join(cmd.Start(), write.Close()) // the wrapper has its own
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", name, err), read.Close())
	}
	ended := make(chan struct{})
	s := &Server{wrapper: cmd, input: input, ended: ended}
	s.stop = sync.OnceValue(s.end)

	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.await(ctx, readOutput(read, ended, opts.Log)); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", name, err), s.Stop())
	}
	return s, nil
}

// URI is what clients connect to.
func (s *Server) URI() string { return s.uri }

// PID is the server's process.
func (s *Server) PID() int { return s.pid }

// Done is closed when the server has ended, by itself or not.
func (s *Server) Done() <-chan struct{} { return s.ended }

// Stop ends the server and waits for it; a temporary data folder is removed. Calling it again does nothing more.
func (s *Server) Stop() error { return s.stop() }

// Kill ends the server as a crash would (SIGKILL) and waits for it. The data folder that was given stays.
func (s *Server) Kill() error {
	select {
	case <-s.ended:
		return errors.New("killing the engine: it has ended already")
	default:
	}
	if err := syscall.Kill(s.pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing the engine: %w", err)
	}
	<-s.ended
	return s.Stop()
}

func (s *Server) end() error {
	closeErr := s.input.Close()
	timer := time.AfterFunc(stopTimeout, func() { _ = s.wrapper.Process.Kill() }) // Wait then reports the signal
	defer timer.Stop()
	if err := s.wrapper.Wait(); err != nil {
		return fmt.Errorf("stopping the engine: %w", err)
	}
	<-s.ended
	return closeErr
}

// outputEvents are what a server's output says while it starts.
type outputEvents struct {
	pid, port chan int
	last      func() string // its last lines, for an error message
}

var listening = regexp.MustCompile(`listening on 127\.0\.0\.1:(\d+)`)

// readOutput passes the server's output on to log and picks its pid and port out of it.
func readOutput(read io.ReadCloser, done chan<- struct{}, log io.Writer) outputEvents {
	var (
		mu    sync.Mutex
		lines []string
	)
	events := outputEvents{pid: make(chan int, 1), port: make(chan int, 1), last: func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(lines, "\n")
	}}
	go func() {
		defer close(done)
		defer func() { _ = read.Close() }() // only read from
		reader := bufio.NewReader(read)
		for {
			line, err := reader.ReadString('\n')
			if pid, ok := strings.CutPrefix(line, "engine-pid "); ok {
				send(events.pid, strings.TrimSpace(pid))
				continue
			}
			if match := listening.FindStringSubmatch(line); match != nil {
				send(events.port, match[1])
			}
			if log != nil {
				_, _ = io.WriteString(log, line) // a log that cannot be written must not stop the server
			}
			mu.Lock()
			lines = append(lines, strings.TrimSpace(line))
			lines = lines[max(0, len(lines)-20):]
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return events
}

func send(to chan int, digits string) {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return
	}
	select {
	case to <- n:
	default: // said before
	}
}

// await fills in pid and uri once the server answers hello.
func (s *Server) await(ctx context.Context, events outputEvents) error {
	port := 0
	for s.pid == 0 || port == 0 {
		select {
		case s.pid = <-events.pid:
		case port = <-events.port:
		case <-s.ended:
			return fmt.Errorf("it ended at once: %s", events.last())
		case <-ctx.Done():
			return fmt.Errorf("%w; it printed: %s", context.Cause(ctx), events.last())
		}
	}
	s.uri = fmt.Sprintf("mongodb://127.0.0.1:%d/?directConnection=true", port)
	client, err := mongo.Connect(options.Client().ApplyURI(s.uri))
	if err != nil {
		return err
	}
	err = client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Err()
	return errors.Join(err, client.Disconnect(ctx))
}
