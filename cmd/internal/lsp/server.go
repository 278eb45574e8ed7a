// Package lsp is the language server: the Language Server Protocol 3.17 over a byte
// stream, for what compiler/query answers.
//
// In: messages of an editor. Out: answers, and diagnostics. server.go has the life of
// a session and gives each message to what answers it; wire.go is messages on bytes,
// protocol.go their types, position.go places in them · documents.go the texts that
// are open and the workspaces that they belong to, publish.go diagnostics ·
// edits.go code actions, formatting and renaming, asks.go completion, hover and
// what else is asked at a place, views.go what is asked of a whole document,
// counts.go hints, lenses and words, commands.go what lenses run.
package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"runtime/debug"
	"sync"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/lang/diag"
)

// Options are what the command line gives.
type Options struct {
	// Version of this program.
	Version string
	// Inputs are the values of `input` declarations by name.
	Inputs map[string]string
	// Log takes what goes wrong on the wire.
	Log io.Writer
	// Files are the only workspace, in place of folders on the disk; the URI of a file
	// is file:///NAME.
	Files fs.FS
	// Further is query.Open's: what is found in finished documents beside what rules say.
	Further func(o *rules.Outcome) diag.List
	// Methods answer requests beyond the protocol, which are about the workspace of Files.
	Methods map[string]Method
}

// Method answers a request beyond the protocol.
type Method func(ctx context.Context, w *query.Workspace, params json.RawMessage) (any, error)

// Serve speaks with one client on a byte stream until it says exit, goes away, or the
// context ends. The error is ErrExit where the client left without shutdown.
func Serve(ctx context.Context, in io.Reader, out io.Writer, done func() error, o Options) error {
	return Speak(ctx, &framed{in: bufio.NewReaderSize(in, 64<<10), out: out, close: done}, o)
}

// Speak is Serve where something else carries the messages.
func Speak(ctx context.Context, m Messages, o Options) error {
	s := &server{options: o, encoding: utf16Units, documents: map[string]*document{}, workspaces: map[string]*workspaceFiles{}, running: map[jsonrpc2.ID]context.CancelFunc{}, started: make(chan struct{})}
	logger := log.New(o.Log, "mongocd lsp: ", 0)
	stream := &wire{Messages: m}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.conn = jsonrpc2.NewConn(ctx, stream, s, jsonrpc2.SetLogger(logger))
	close(s.started)
	select {
	case <-s.conn.DisconnectNotify():
	case <-ctx.Done():
	}
	cancel()
	s.work.Wait()
	err := s.closeAll()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.exited && !s.shut {
		err = errors.Join(err, ErrExit)
	}
	return err
}

// ErrExit is that the client left without asking for shutdown.
var ErrExit = errors.New("the client left without shutdown")

// server is one session.
type server struct {
	options Options
	conn    *jsonrpc2.Conn
	started chan struct{} // closed when conn is set
	work    sync.WaitGroup

	mutex        sync.Mutex
	ready        bool // initialize was answered
	shut, exited bool
	encoding     string
	client       initializeParams
	folders      []string             // paths of the workspace folders
	documents    map[string]*document // open ones by URI
	workspaces   map[string]*workspaceFiles
	running      map[jsonrpc2.ID]context.CancelFunc
}

// handler answers a request.
type handler func(ctx context.Context, s *server, params json.RawMessage) (any, error)

// asked takes params of a type.
func asked[P any](answer func(ctx context.Context, s *server, params P) (any, error)) handler {
	return func(ctx context.Context, s *server, raw json.RawMessage) (any, error) {
		var params P
		if err := json.Unmarshal(raw, &params); err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: "the parameters are not those of the method: " + err.Error()}
		}
		return answer(ctx, s, params)
	}
}

// requests are answered beside each other, notifications in their order before
// anything that comes after them.
var requests, notifications map[string]handler

func init() {
	requests = map[string]handler{
		"textDocument/codeAction":           asked(answerCodeAction),
		"textDocument/codeLens":             asked(answerCodeLens),
		"textDocument/completion":           asked(answerCompletion),
		"textDocument/definition":           asked(answerDefinition),
		"textDocument/documentHighlight":    asked(answerDocumentHighlight),
		"textDocument/documentSymbol":       asked(answerDocumentSymbol),
		"textDocument/foldingRange":         asked(answerFoldingRange),
		"textDocument/formatting":           asked(answerFormatting),
		"textDocument/hover":                asked(answerHover),
		"textDocument/inlayHint":            asked(answerInlayHint),
		"textDocument/onTypeFormatting":     asked(answerTypeFormatting),
		"textDocument/prepareRename":        asked(answerPrepareRename),
		"textDocument/rangeFormatting":      asked(answerRangeFormatting),
		"textDocument/references":           asked(answerReferences),
		"textDocument/rename":               asked(answerRename),
		"textDocument/selectionRange":       asked(answerSelectionRange),
		"textDocument/semanticTokens/full":  asked(answerSemanticTokensFull),
		"textDocument/semanticTokens/range": asked(answerSemanticTokensRange),
		"textDocument/signatureHelp":        asked(answerSignatureHelp),
		"workspace/executeCommand":          asked(answerExecuteCommand),
		"workspace/symbol":                  asked(answerWorkspaceSymbol),
	}
	notifications = map[string]handler{
		"initialized":                         func(ctx context.Context, s *server, _ json.RawMessage) (any, error) { return nil, s.initialized(ctx) },
		"textDocument/didOpen":                asked(answerDidOpen),
		"textDocument/didChange":              asked(answerDidChange),
		"textDocument/didClose":               asked(answerDidClose),
		"textDocument/didSave":                func(_ context.Context, s *server, _ json.RawMessage) (any, error) { return nil, s.refresh() },
		"workspace/didChangeWatchedFiles":     func(_ context.Context, s *server, _ json.RawMessage) (any, error) { return nil, s.refresh() },
		"workspace/didChangeWorkspaceFolders": asked(answerDidChangeFolders),
		"workspace/didChangeConfiguration":    asked(answerDidChangeConfiguration),
	}
}

// codes of errors that the protocol adds to those of JSON-RPC.
const (
	notInitialized   = -32002
	requestFailed    = -32803
	requestCancelled = -32800
)

// Handle gives a message to what answers it.
func (s *server) Handle(ctx context.Context, _ *jsonrpc2.Conn, req *jsonrpc2.Request) {
	<-s.started // messages are read before NewConn returns
	var params json.RawMessage = []byte("{}")
	if req.Params != nil {
		params = *req.Params
	}
	s.mutex.Lock()
	ready, shut := s.ready, s.shut
	s.mutex.Unlock()
	if req.Notif {
		s.notified(ctx, req.Method, params, ready && !shut)
		return
	}
	refuse := func(code int64, text string) { s.reply(ctx, req.ID, nil, &jsonrpc2.Error{Code: code, Message: text}) }
	switch {
	case req.Method == "initialize":
		if ready {
			refuse(jsonrpc2.CodeInvalidRequest, "the session is initialized already")
			return
		}
		result, err := asked(initialize)(ctx, s, params)
		s.reply(ctx, req.ID, result, err)
	case !ready:
		refuse(notInitialized, "initialize comes first")
	case req.Method == "shutdown":
		s.mutex.Lock()
		s.shut = true
		s.mutex.Unlock()
		s.reply(ctx, req.ID, nil, nil)
	case shut:
		refuse(jsonrpc2.CodeInvalidRequest, "the session is shut down")
	case s.method(req.Method) == nil:
		refuse(jsonrpc2.CodeMethodNotFound, fmt.Sprintf("there is no method %q", req.Method))
	default:
		s.answer(ctx, req.ID, req.Method, params)
	}
}

// method is what answers a request; nil: nothing.
func (s *server) method(name string) handler {
	beyond := s.options.Methods[name]
	if beyond == nil {
		return requests[name]
	}
	return func(ctx context.Context, s *server, params json.RawMessage) (any, error) {
		s.mutex.Lock()
		w, err := s.workspace(memory)
		s.mutex.Unlock()
		if err != nil {
			return nil, err
		}
		return beyond(ctx, w.query, params)
	}
}

// answer answers a request beside others, until it is cancelled.
func (s *server) answer(ctx context.Context, id jsonrpc2.ID, method string, params json.RawMessage) {
	ctx, cancel := context.WithCancel(ctx)
	s.mutex.Lock()
	s.running[id] = cancel
	s.mutex.Unlock()
	s.work.Go(func() {
		defer func() {
			cancel()
			s.mutex.Lock()
			delete(s.running, id)
			s.mutex.Unlock()
		}()
		result, err := s.run(ctx, s.method(method), method, params)
		if ctx.Err() != nil {
			err = &jsonrpc2.Error{Code: requestCancelled, Message: "cancelled"}
		}
		s.reply(context.WithoutCancel(ctx), id, result, err)
	})
}

// run runs a handler; a panic, which is a mistake of ours, is its error.
func (s *server) run(ctx context.Context, h handler, method string, params json.RawMessage) (result any, err error) {
	defer func() {
		if value := recover(); value != nil {
			d := mistake.Diagnostic("answering "+method, value, debug.Stack())
			err = &jsonrpc2.Error{Code: jsonrpc2.CodeInternalError, Message: d.Message}
		}
	}()
	return h(ctx, s, params)
}

// reply answers; a client that is gone is no mistake.
func (s *server) reply(ctx context.Context, id jsonrpc2.ID, result any, err error) {
	if err == nil {
		err = s.conn.Reply(ctx, id, result)
	} else {
		var wrong *jsonrpc2.Error
		if !errors.As(err, &wrong) {
			wrong = &jsonrpc2.Error{Code: requestFailed, Message: err.Error()}
		}
		err = s.conn.ReplyWithError(ctx, id, wrong)
	}
	s.unsent(err)
}

// unsent logs that something could not be sent to a client that is still there.
func (s *server) unsent(err error) {
	if err != nil && !errors.Is(err, jsonrpc2.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
		fmt.Fprintln(s.options.Log, "mongocd lsp: an answer could not be sent:", err)
	}
}

// notified takes a notification.
func (s *server) notified(ctx context.Context, method string, params json.RawMessage, open bool) {
	switch {
	case method == "exit":
		s.mutex.Lock()
		s.exited = true
		s.mutex.Unlock()
		s.unsent(s.conn.Close())
	case method == "$/cancelRequest":
		var p struct {
			ID jsonrpc2.ID `json:"id"`
		}
		if json.Unmarshal(params, &p) == nil {
			s.mutex.Lock()
			if cancel := s.running[p.ID]; cancel != nil {
				cancel()
			}
			s.mutex.Unlock()
		}
	case open && notifications[method] != nil:
		if _, err := s.run(ctx, notifications[method], method, params); err != nil {
			s.say(ctx, err.Error())
		}
	}
}

// say logs a message at the client.
func (s *server) say(ctx context.Context, text string) {
	const isError = 1
	s.unsent(s.conn.Notify(ctx, "window/logMessage", map[string]any{"type": isError, "message": text}))
}

// initialize begins the session.
func initialize(_ context.Context, s *server, p initializeParams) (any, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.client, s.ready = p, true
	s.encoding = negotiated(p.Capabilities.General.PositionEncodings)
	for _, f := range p.WorkspaceFolders {
		s.addFolder(f.URI)
	}
	if len(p.WorkspaceFolders) == 0 && p.RootURI != nil {
		s.addFolder(*p.RootURI)
	}
	return map[string]any{
		"capabilities": s.capabilities(),
		"serverInfo":   map[string]any{"name": "mongocd", "version": s.options.Version},
	}, nil
}

// capabilities are what the server can do.
func (s *server) capabilities() map[string]any {
	const incremental = 2
	return map[string]any{
		"positionEncoding":                 s.encoding,
		"textDocumentSync":                 map[string]any{"openClose": true, "change": incremental, "save": map[string]any{"includeText": false}},
		"codeActionProvider":               map[string]any{"codeActionKinds": []string{quickFix, show, fixAll}},
		"documentFormattingProvider":       true,
		"documentRangeFormattingProvider":  true,
		"documentOnTypeFormattingProvider": map[string]any{"firstTriggerCharacter": "}"},
		"documentSymbolProvider":           true,
		"workspaceSymbolProvider":          true,
		"foldingRangeProvider":             true,
		"completionProvider":               map[string]any{"triggerCharacters": []string{".", " ", "\"", "[", ","}},
		"hoverProvider":                    true,
		"signatureHelpProvider":            map[string]any{"triggerCharacters": []string{"(", ","}},
		"definitionProvider":               true,
		"referencesProvider":               true,
		"documentHighlightProvider":        true,
		"renameProvider":                   map[string]any{"prepareProvider": true},
		"selectionRangeProvider":           true,
		"inlayHintProvider":                true,
		"codeLensProvider":                 map[string]any{"resolveProvider": false},
		"executeCommandProvider":           map[string]any{"commands": []string{showResult, runTest}},
		"semanticTokensProvider": map[string]any{"full": true, "range": true,
			"legend": map[string]any{"tokenTypes": wordKinds, "tokenModifiers": []string{"declaration"}}},
		"workspace": map[string]any{"workspaceFolders": map[string]any{"supported": true, "changeNotifications": true}},
	}
}

// initialized asks the client to watch files, and says what is wrong in the folders.
func (s *server) initialized(ctx context.Context) error {
	s.mutex.Lock()
	watch := s.client.Capabilities.Workspace.DidChangeWatchedFiles.DynamicRegistration
	s.mutex.Unlock()
	if watch {
		s.work.Go(func() {
			watchers := []map[string]any{{"globPattern": "**/*.weave"}, {"globPattern": "**/extracted/**"}, {"globPattern": "**/releases/**"}}
			s.unsent(s.conn.Call(ctx, "client/registerCapability", map[string]any{"registrations": []map[string]any{
				{"id": "files", "method": "workspace/didChangeWatchedFiles", "registerOptions": map[string]any{"watchers": watchers}}}}, nil))
		})
	}
	return s.openFolders()
}
