package lsp

// Diagnostics, sent when the analysis of what was typed last is done. In: a
// workspace; out: for each of its files what is wrong there.

import (
	"context"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// analyse analyses a workspace as it is now in place of the analysis that is running.
func (s *server) analyse(w *workspaceFiles) {
	ctx, cancel := context.WithCancel(context.Background())
	s.mutex.Lock()
	w.stop()
	w.stop = cancel
	first := len(w.shown) == 0
	s.mutex.Unlock()
	snapshot := w.query.Now()
	s.work.Go(func() {
		defer cancel()
		if first { // the data is not read yet
			s.publish(ctx, w, snapshot, snapshot.Static())
		}
		a, err := snapshot.Analyse(ctx)
		if err != nil {
			return // a later one is running
		}
		s.publish(ctx, w, snapshot, a.Diagnostics)
		s.renew(ctx)
	})
}

// renew asks the client to ask again for what the analysis has changed.
func (s *server) renew(ctx context.Context) {
	s.mutex.Lock()
	can := s.client.Capabilities.Workspace
	s.mutex.Unlock()
	for _, r := range []struct {
		supported bool
		method    string
	}{{can.CodeLens.RefreshSupport, "workspace/codeLens/refresh"}, {can.InlayHint.RefreshSupport, "workspace/inlayHint/refresh"}} {
		if r.supported && ctx.Err() == nil {
			if err := s.conn.Call(ctx, r.method, nil, nil); ctx.Err() == nil {
				s.unsent(err)
			}
		}
	}
}

// publish sends the diagnostics of every file that has or had some.
func (s *server) publish(ctx context.Context, w *workspaceFiles, snapshot *query.Snapshot, found diag.List) {
	byFile := map[string][]diagnostic{}
	names := snapshot.Files()
	for _, d := range found {
		if d.Severity == diag.Accepted {
			continue
		}
		if d.Span.File == nil && len(names) > 0 { // about no file: it is shown at the first one
			d.Span = source.Span{File: snapshot.File(names[0])}
		}
		if d.Span.File != nil {
			byFile[d.Span.File.Name] = append(byFile[d.Span.File.Name], s.diagnostic(w, d))
		}
	}
	for _, name := range names {
		params := publishDiagnostics{URI: s.uriOf(w, name), Version: s.versionOf(w, name), Diagnostics: byFile[name]}
		s.mutex.Lock()
		stale, shown := ctx.Err() != nil, w.shown[name]
		w.shown[name] = true
		s.mutex.Unlock()
		if stale {
			return
		}
		if params.Diagnostics == nil {
			params.Diagnostics = []diagnostic{}
			if !shown && params.Version == nil {
				continue
			}
		}
		s.unsent(s.conn.Notify(ctx, "textDocument/publishDiagnostics", params))
	}
	s.mutex.Lock()
	var gone []string
	for name := range w.shown {
		if !slices.Contains(names, name) {
			gone = append(gone, name)
			delete(w.shown, name)
		}
	}
	s.mutex.Unlock()
	slices.Sort(gone)
	for _, name := range gone {
		s.unsent(s.conn.Notify(ctx, "textDocument/publishDiagnostics", publishDiagnostics{URI: s.uriOf(w, name), Diagnostics: []diagnostic{}}))
	}
}

// severities of the protocol.
var severities = map[diag.Severity]int{diag.Error: 1, diag.Warning: 2, diag.Hint: 4}

// pages is where the pages of codes are read.
const pages = "https://github.com/hayone1/mongocd/blob/main/lang/diag/pages/"

// diagnostic is a message as the protocol has it.
func (s *server) diagnostic(w *workspaceFiles, d diag.Diagnostic) diagnostic {
	const unnecessary = 1
	out := diagnostic{Severity: severities[d.Severity], Code: string(d.Code), Source: "mongocd", Message: sentence(d),
		Range: linesOf(d.Span.File.Text, s.encoding).rang(d.Span.Start, d.Span.End), CodeDescription: &codeDescription{Href: pages + string(d.Code) + ".txtar"}}
	if d.Code == diag.UnusedName || d.Code == diag.NoEffect || d.Code == diag.AcceptNeedless || d.Code == diag.UnusedDefault {
		out.Tags = []int{unnecessary}
	}
	for _, r := range d.Related {
		if r.Span.File != nil {
			out.RelatedInformation = append(out.RelatedInformation, relatedLocation{
				Location: location{URI: s.uriOf(w, r.Span.File.Name), Range: linesOf(r.Span.File.Text, s.encoding).rang(r.Span.Start, r.Span.End)}, Message: r.Message})
		}
	}
	return out
}

// sentence is the message with its evidence and the edit to make.
func sentence(d diag.Diagnostic) string {
	parts := []string{d.Message}
	if d.Label != "" {
		parts = append(parts, d.Label)
	}
	return strings.Join(append(parts, d.Notes...), "\n")
}
