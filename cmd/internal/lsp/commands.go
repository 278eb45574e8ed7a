package lsp

// What code lenses and editors run: the result of an expression or a `sync` in an
// environment, and tests. In: a command with a place; out: text for people, as the
// result of the request and as a message in the editor.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// The commands.
const (
	showResult = "mongocd.showResult"
	runTest    = "mongocd.runTest"
)

// commandParams is the one argument of the commands: a place; of showResult a range in
// place of it for one of several expressions, an environment (none: each) and a document
// (none: all); of runTest the name of a test.
type commandParams struct {
	URI         string   `json:"uri"`
	Position    position `json:"position"`
	Range       *rang    `json:"range,omitempty"`
	Environment string   `json:"environment,omitempty"`
	Document    string   `json:"document,omitempty"`
	Test        string   `json:"test,omitempty"`
}

// commandResult is what a command gives.
type commandResult struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	// Failed: a test failed, or there is no result.
	Failed bool `json:"failed"`
}

func answerExecuteCommand(ctx context.Context, s *server, p executeCommand) (any, error) {
	wrong := func(text string) error { return &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: text} }
	if len(p.Arguments) != 1 {
		return nil, wrong("the command takes one argument: {uri, position, environment | test}")
	}
	var args commandParams
	if err := json.Unmarshal(p.Arguments[0], &args); err != nil {
		return nil, wrong("the argument is not {uri, position, environment | test}: " + err.Error())
	}
	f, err := s.file(args.URI)
	if err != nil {
		return nil, err
	}
	var result commandResult
	switch p.Command {
	case showResult:
		if result, err = f.result(ctx, args); err != nil {
			return nil, err
		}
	case runTest:
		result = f.test(ctx, args.Test)
	default:
		return nil, wrong(fmt.Sprintf("there is no command %q", p.Command))
	}
	const isError, isInfo = 1, 3
	kind := isInfo
	if result.Failed {
		kind = isError
	}
	s.mutex.Lock()
	shows := s.client.Options.ShowsResults
	s.mutex.Unlock()
	if !shows {
		s.unsent(s.conn.Notify(ctx, "window/showMessage", map[string]any{"type": kind, "message": result.Title + "\n" + firstLines(result.Text, 12)}))
	}
	return result, nil
}

// firstLines are the first lines of a text.
func firstLines(text string, n int) string {
	rows := strings.SplitAfterN(text, "\n", n+1)
	if len(rows) > n {
		rows[n] = "…"
	}
	return strings.TrimRight(strings.Join(rows, ""), "\n")
}

func (f *file) result(ctx context.Context, args commandParams) (commandResult, error) {
	at := rang{args.Position, args.Position}
	if args.Range != nil {
		at = *args.Range
	}
	part := f.span(at)
	r, err := query.Evaluate(ctx, f.snapshot, query.Asked{File: f.Name, Start: part.Start, End: part.End, Environment: args.Environment, Document: args.Document})
	if err != nil {
		return commandResult{}, err
	}
	title := fmt.Sprintf("%s in %s", short(r.Of), diag.Safe(strings.Join(r.In, ", "), 200))
	if args.Document != "" {
		title += " for " + diag.Safe(args.Document, 80)
	}
	return commandResult{Title: title, Text: r.Text}, nil
}

// short is a part of a text in one line.
func short(at source.Span) string { return diag.Safe(firstLines(at.Text(), 1), 80) }

func (f *file) test(ctx context.Context, name string) commandResult {
	results, diags := query.RunTest(ctx, f.snapshot, f.Name, name)
	out := commandResult{Title: fmt.Sprintf("test %s: passed", diag.Quote(name, 80))}
	var b strings.Builder
	said := func(l diag.List) {
		for _, d := range l {
			out.Failed = true
			fmt.Fprintf(&b, "  %s: %s\n", d.Span, strings.ReplaceAll(sentence(d), "\n", "\n    "))
		}
	}
	if results == nil {
		said(diags.Errors())
	}
	for _, r := range results {
		if len(r.Failures) == 0 {
			fmt.Fprintf(&b, "passed in %s\n", r.Environment)
			continue
		}
		fmt.Fprintf(&b, "failed in %s\n", r.Environment)
		said(r.Failures)
	}
	if results == nil && !out.Failed {
		out.Failed = true
		b.WriteString("there is no test of that name\n")
	}
	if out.Failed {
		out.Title = fmt.Sprintf("test %s: failed", diag.Quote(name, 80))
	}
	out.Text = b.String()
	return out
}
