//go:build js && wasm

// Command wasm is the playground in a browser, compiled to WebAssembly: it runs in a
// worker, and speaks with the page through message ports, one for each session.
//
// In: calls of mongocdSession(port), a MessagePort whose messages are texts. Out: its
// answers (cmd/mongocd/internal/playground).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall/js"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/playground"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
)

func main() {
	js.Global().Set("mongocdSession", js.FuncOf(func(_ js.Value, args []js.Value) any {
		p := &port{js: args[0], more: sync.NewCond(&sync.Mutex{})}
		p.js.Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
			if data := args[0].Get("data"); data.Type() == js.TypeString {
				p.put([]byte(data.String()), false)
			} else { // the page has done with the session
				p.put(nil, true)
			}
			return nil
		}))
		go func() {
			if err := playground.Serve(context.Background(), p, playground.Options{Program: version.Program(), Log: os.Stderr}); err != nil {
				fmt.Fprintln(os.Stderr, "mongocd playground:", err)
			}
		}()
		return nil
	}))
	select {}
}

// port carries the messages of a session.
type port struct {
	js     js.Value
	more   *sync.Cond
	waits  [][]byte
	closed bool
}

func (p *port) put(message []byte, closed bool) {
	p.more.L.Lock()
	defer p.more.L.Unlock()
	if closed {
		p.closed = true
	} else {
		p.waits = append(p.waits, message)
	}
	p.more.Broadcast()
}

func (p *port) Read() ([]byte, error) {
	p.more.L.Lock()
	defer p.more.L.Unlock()
	for len(p.waits) == 0 && !p.closed {
		p.more.Wait()
	}
	if p.closed {
		return nil, io.EOF
	}
	first := p.waits[0]
	p.waits = p.waits[1:]
	return first, nil
}

func (p *port) Write(message []byte) error {
	p.js.Call("postMessage", string(message))
	return nil
}

func (p *port) Close() error {
	p.put(nil, true)
	p.js.Call("close")
	return nil
}
