// Package serve is the `playground` command: the page, and what answers it, on this
// machine alone.
//
// In: the console, a port, and the workspace that it was started in, which is copied into
// the page's memory; out: an address on stdout, then HTTP on 127.0.0.1. The address holds
// a secret, so that no other user of the machine, and no page of another origin, has the
// workspace. Nothing is written, and nothing is asked of the network.
package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/playground"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/playground/page"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/runtime/disk"
)

// Command is the command.
func Command(c *console.Console) *cobra.Command {
	var port uint16
	var compile compiled.Options
	cmd := &cobra.Command{
		Use:   "playground",
		Short: "A page on this machine to try rules and data in",
		Long: `Serves a page on 127.0.0.1 and prints its address, until it is interrupted: weaves and data on the left, with all that the language
server knows; on the right the result for each environment, what differs, where a document comes from, and the script.

It begins with the workspace, where there is one, else with an example; a folder or zip archive is opened by dropping it. What is
changed there stays in the page: nothing is written to the disk, and nothing is sent elsewhere. The address holds a secret: whoever
has it and is on this machine reads the workspace. "Copy link" puts the whole workspace, data included, behind the # of the
address, which a browser does not send; docs/guides/playground.md has more, and how to build the same page as static files.`,
		Example: `  mongocd playground
  mongocd playground --port 8421 --workspace shop`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			inputs, err := compile.InputValues()
			if err != nil {
				return err
			}
			here, err := workspaceOf(c)
			if err != nil {
				return err
			}
			if here != nil {
				defer func() { err = errors.Join(err, here.Close()) }()
			}
			listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				return console.Failf("listen on 127.0.0.1: %s", err)
			}
			o := playground.Options{Program: version.Program(), Inputs: inputs, Log: c.Stderr}
			if here != nil {
				o.Here = here
			}
			secret := rand.Text()
			if err := c.Print(fmt.Sprintf("http://%s/%s/\n", listener.Addr(), secret)); err != nil {
				return errors.Join(err, listener.Close())
			}
			return run(cmd.Context(), listener, Handler(listener.Addr().String(), secret, o))
		},
	}
	cmd.Flags().Uint16Var(&port, "port", 0, "listen on this `port` of 127.0.0.1 (default: any that is free)")
	cmd.Flags().StringArrayVar(&compile.Inputs, "input", nil, "the value of an `input` of the weaves to begin with, NAME=VALUE (repeatable)")
	return cmd
}

// workspaceOf is the workspace of the command line; nil where neither extracted data nor
// a weave is in the folder.
func workspaceOf(c *console.Console) (_ *disk.Folder, err error) {
	dir, err := c.Workspace()
	if err != nil {
		return nil, err
	}
	folder, err := disk.Open(dir)
	if err != nil {
		return nil, console.Failf("open the workspace: %s", err)
	}
	weaves, err := fs.Glob(folder, "*.weave")
	if err != nil {
		return nil, errors.Join(console.Failf("read the workspace: %s", err), folder.Close())
	}
	if info, err := fs.Stat(folder, "extracted"); len(weaves) == 0 && (err != nil || !info.IsDir()) {
		return nil, folder.Close()
	}
	return folder, nil
}

// run serves until the context ends.
func run(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve returns what went wrong before
	defer done()
	if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return console.Failf("serve the page: %s", err)
	}
	return nil
}

// Handler answers the page below /secret/ at a host, and nothing else: a name that leads
// to this machine from elsewhere is another host.
func Handler(host, secret string, o playground.Options) http.Handler {
	types := map[string]string{".js": "text/javascript", ".css": "text/css", ".txt": "text/plain", "": "text/html"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", page.Policy()+"; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		name, ours := strings.CutPrefix(r.URL.Path, "/"+secret+"/")
		if !ours || r.Host != host || r.Method != http.MethodGet {
			http.Error(w, "mongocd playground: this is not the address that was printed", http.StatusNotFound)
			return
		}
		if name == "session" {
			session(w, r, o)
			return
		}
		text := []byte(page.Served(o.Here != nil))
		if name != "" {
			var err error
			if text, err = fs.ReadFile(page.Files, name); err != nil || path.Ext(name) == ".html" {
				http.Error(w, "mongocd playground: there is no such file", http.StatusNotFound)
				return
			}
		}
		h.Set("Content-Type", types[path.Ext(name)]+"; charset=utf-8")
		if _, err := w.Write(text); err != nil {
			return // the browser went away
		}
	})
}

// session carries the messages of one page; other origins are refused (websocket.Accept).
func session(w http.ResponseWriter, r *http.Request, o playground.Options) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	conn.SetReadLimit(mostMessage)
	if err := playground.Serve(r.Context(), messages{r.Context(), conn}, o); err != nil {
		fmt.Fprintln(o.Log, "mongocd playground:", err)
	}
}

// mostMessage is a workspace of the most bytes in base64, and what is around it.
const mostMessage = 96 << 20

// messages are lsp.Messages on a WebSocket.
type messages struct {
	ctx  context.Context
	conn *websocket.Conn
}

func (m messages) Read() ([]byte, error) {
	_, data, err := m.conn.Read(m.ctx)
	if err != nil && (websocket.CloseStatus(err) >= 0 || m.ctx.Err() != nil) {
		return nil, io.EOF // the page went away, or the program ends
	}
	return data, err
}

func (m messages) Write(data []byte) error { return m.conn.Write(m.ctx, websocket.MessageText, data) }

func (m messages) Close() error {
	if err := m.conn.Close(websocket.StatusNormalClosure, ""); err != nil && websocket.CloseStatus(err) < 0 && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
