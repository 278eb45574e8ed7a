package mongo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// wires is a network to a server that can be cut.
type wires struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	open     []net.Conn
	// The connection on which this text is sent next is cut before it is passed on.
	at []byte
}

func newWires(t *testing.T) *wires {
	t.Helper()
	target, err := url.Parse(engine.ForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wires{listener: listener, target: target.Host}
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			ended.Go(func() { w.connect(from) })
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		w.mu.Lock()
		end(w.open...)
		w.mu.Unlock()
		ended.Wait()
	})
	return w
}

func (w *wires) connect(from net.Conn) {
	to, err := net.Dial("tcp", w.target)
	if err != nil {
		return
	}
	w.mu.Lock()
	w.open = append(w.open, from, to)
	w.mu.Unlock()
	var copied sync.WaitGroup
	copied.Go(func() {
		if _, err := io.Copy(from, to); err == nil || !errors.Is(err, net.ErrClosed) {
			end(from, to)
		}
	})
	copied.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			n, err := from.Read(buffer)
			if err != nil || w.breaks(buffer[:n]) {
				break
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		end(from, to)
	})
	copied.Wait()
}

// breaks reports whether the connection that sends this is to be cut.
func (w *wires) breaks(sent []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := w.at != nil && bytes.Contains(sent, w.at)
	if found {
		w.at = nil
	}
	return found
}

// end closes connections that may be closed already.
func end(connections ...net.Conn) {
	for _, c := range connections {
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			panic(err)
		}
	}
}

func (w *wires) cutAt(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = []byte(text)
}

// What breaks on the way can be tried again, and it is not known whether it was
// done; what a server answers was not done; a time limit ends it for good.
func TestErrors(t *testing.T) {
	w := newWires(t)
	// Directly: a member's own name would lead round the wires. Without the
	// driver's second attempts.
	uri := "mongodb://" + w.listener.Addr().String() + "/?directConnection=true&retryReads=false&retryWrites=false"
	store, err := mongo.Open(t.Context(), uri, mongo.Options{Comment: "mongocd w/e"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	ns := stores.Namespace{Database: "errors", Collection: "c"}
	ping := func(ctx context.Context) error {
		_, err := store.Command(ctx, "errors", marshal(t, bson.D{{Key: "ping", Value: 1}}))
		return err
	}
	if err := ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	var unsure *stores.UnsureError
	w.cutAt("ping")
	if err := ping(t.Context()); !errors.As(err, &unsure) || !stores.Retryable(err) || stores.IsRefused(err) {
		t.Errorf("a command on a connection that was cut: %v", err)
	}
	w.cutAt("a-text")
	inserts := []stores.Op{{Action: stores.Insert, Document: marshal(t, bson.D{{Key: "_id", Value: "a-text"}})}}
	if _, err := store.Write(t.Context(), ns, inserts); !stores.Retryable(err) || stores.IsRefused(err) {
		t.Errorf("a batch on a connection that was cut: %v", err)
	}
	if err := store.Run(t.Context(), "errors", marshal(t, bson.D{{Key: "nonsense", Value: 1}})); !stores.IsRefused(err) || stores.Retryable(err) || stores.Code(err) != 59 {
		t.Errorf("an unknown command: %v, code %d", err, stores.Code(err))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	if err := ping(ctx); err == nil || stores.Retryable(err) || stores.IsRefused(err) {
		t.Errorf("a command without time: %v", err)
	}
	duplicate := marshal(t, bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: 2}}, bson.D{{Key: "_id", Value: 2}}}}})
	reply, err := store.Command(t.Context(), "errors", duplicate)
	if list, ok := reply.Lookup("writeErrors").ArrayOK(); err != nil || !ok || bson.Raw(list).Lookup("0", "code").AsInt64() != 11000 {
		t.Errorf("a duplicate key: %v, %v", reply, err)
	}
	view := marshal(t, bson.D{{Key: "create", Value: "v"}, {Key: "viewOn", Value: "c"}, {Key: "pipeline", Value: bson.A{}}})
	if err := store.Run(t.Context(), "errors", view); err != nil {
		t.Fatal(err)
	}
	into := marshal(t, bson.D{{Key: "insert", Value: "v"}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: 1}}}}})
	if err := store.Run(t.Context(), "errors", into); err == nil || !strings.Contains(err.Error(), "CommandNotSupportedOnView (166)") {
		t.Errorf("an insert into a view: %v", err) // that the server says of the document, not of the command
	}
	if err := store.Client().Database("errors").Drop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRetryable(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"none":                  {nil, false},
		"other":                 {driver.ErrClientDisconnected, false},
		"connection":            {&stores.UnsureError{Err: io.EOF}, true},
		"not confirmed":         {&stores.UnsureError{Err: io.EOF, Code: 64}, false},
		"stepped down":          {&stores.UnsureError{Err: io.EOF, Code: 189}, true},
		"no primary":            {&stores.RefusedError{Err: io.EOF, Code: 10107}, true},
		"no right":              {&stores.RefusedError{Err: io.EOF, Code: 13}, false},
		"said by the server":    {&stores.RefusedError{Err: io.EOF, Code: 13, Labels: []string{"RetryableWriteError"}}, true},
		"of a transaction only": {&stores.RefusedError{Err: io.EOF, Code: 112, Labels: []string{"TransientTransactionError"}}, false},
	} {
		if got := stores.Retryable(test.err); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func marshal(t *testing.T, d bson.D) bson.Raw {
	t.Helper()
	raw, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
