package lsp

// Messages on a byte stream: a header with Content-Length, an empty line, JSON. In:
// bytes of a client; out: the messages among them. What is no message is skipped,
// and said to the client when it was framed as one, so that a broken message does
// not end the session.

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/sourcegraph/jsonrpc2"
)

// maxMessage is the size in bytes up to which a message is read.
const maxMessage = 256 << 20

// Messages are the messages of a client, one whole message of JSON each.
type Messages interface {
	// Read gives the next message; io.EOF when the client is gone.
	Read() ([]byte, error)
	// Write sends a message; it is called by one goroutine at a time.
	Write([]byte) error
	Close() error
}

// wire is a jsonrpc2.ObjectStream.
type wire struct {
	Messages
	mutex sync.Mutex // of Write
}

// ReadObject reads the next message into v.
func (w *wire) ReadObject(v any) error {
	for {
		body, err := w.Read()
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, v); err == nil {
			return nil
		}
		code, text := jsonrpc2.CodeParseError, "the message is no JSON"
		if json.Valid(body) {
			code, text = jsonrpc2.CodeInvalidRequest, "the message is neither a request nor a response"
		}
		if err := w.WriteObject(map[string]any{"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": code, "message": text}}); err != nil {
			return err
		}
	}
}

// WriteObject writes a message.
func (w *wire) WriteObject(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.Write(body)
}

// framed are Messages on a byte stream.
type framed struct {
	in    *bufio.Reader
	out   io.Writer
	close func() error
}

// Read reads up to the end of the next message and returns its body.
func (w *framed) Read() ([]byte, error) {
	length := -1
	for {
		line, err := w.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue // no header is that long
		}
		if err != nil {
			return nil, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" && length >= 0 {
			break
		}
		name, value, _ := strings.Cut(text, ":")
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n >= 0 && n <= maxMessage {
			length = n
		}
	}
	body := make([]byte, length)
	_, err := io.ReadFull(w.in, body)
	return body, err
}

// Write writes a header and a message.
func (w *framed) Write(body []byte) error {
	if _, err := fmt.Fprintf(w.out, "Content-Length: %d\r\n\r\n", len(body)); err != nil {
		return err
	}
	_, err := w.out.Write(body)
	return err
}

// Close closes both directions.
func (w *framed) Close() error { return w.close() }
