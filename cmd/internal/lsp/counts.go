package lsp

// How many documents statements concern, beside them. In: a document; out: inlay
// hints of conditions, code lenses of syncs and tests; and the kinds of its words.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/compiler/words"
)

func answerInlayHint(ctx context.Context, s *server, p inRange) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	counts, err := f.snapshot.Counts(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	at := f.span(p.Range)
	out := []inlayHint{}
	for _, c := range counts {
		end := c.Head.Start + len(strings.TrimRight(c.Head.Text(), " \t\r\n"))
		if c.Kind == "sync" || end < at.Start || at.End < end {
			continue
		}
		label, each := s.counted(c)
		out = append(out, inlayHint{Position: f.lines.position(end), Label: label, PaddingLeft: true, Tooltip: &markup{"markdown", each}})
	}
	return out, nil
}

// counted is a count in one line, of the environment that is set, and in each environment.
func (s *server) counted(c query.Count) (label, each string) {
	s.mutex.Lock()
	chosen := s.client.Options.Environment
	s.mutex.Unlock()
	in := c.In
	if k := slices.IndexFunc(in, func(e query.InEnvironment) bool { return e.Environment == chosen }); k >= 0 {
		in = in[k : k+1]
	}
	least, most := in[0], in[0]
	for _, e := range in {
		if e.Matched < least.Matched {
			least = e
		}
		if e.Matched > most.Matched {
			most = e
		}
	}
	label = fmt.Sprintf("%d of %d", most.Matched, most.Of)
	if least.Matched != most.Matched {
		label = fmt.Sprintf("%d to %d of %d", least.Matched, most.Matched, most.Of)
	}
	var b strings.Builder
	for _, e := range c.In {
		fmt.Fprintf(&b, "- %s: %d of %d document%s\n", e.Environment, e.Matched, e.Of, words.Plural(e.Of))
	}
	return label, b.String()
}

func answerCodeLens(ctx context.Context, s *server, p inDocument) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	counts, err := f.snapshot.Counts(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	out := []codeLens{}
	for _, c := range counts {
		if c.Kind != "sync" {
			continue
		}
		r := f.location(c.Span).Range
		args := func(environment string) []any {
			return []any{commandParams{URI: p.TextDocument.URI, Position: r.Start, Environment: environment}}
		}
		first := c.In[0]
		out = append(out, codeLens{Range: r, Command: &command{Title: f.lens(c), Command: showResult, Arguments: args(first.Environment)}})
		for _, e := range c.In {
			out = append(out, codeLens{Range: r, Command: &command{Title: "show the result in " + e.Environment, Command: showResult, Arguments: args(e.Environment)}})
		}
	}
	s.mutex.Lock()
	options := s.client.Options
	s.mutex.Unlock()
	if options.Lenses == "expressions" {
		title := "show the result"
		if options.Environment != "" {
			title += " in " + options.Environment
		}
		for _, x := range query.Expressions(f.snapshot, f.Name) {
			r := f.location(x).Range
			out = append(out, codeLens{Range: r, Command: &command{Title: title, Command: showResult,
				Arguments: []any{commandParams{URI: p.TextDocument.URI, Position: r.Start, Range: &r, Environment: options.Environment}}}})
		}
	}
	for _, t := range query.Tests(f.snapshot, f.Name) {
		r := f.location(t.Span).Range
		out = append(out, codeLens{Range: r, Command: &command{Title: "run", Command: runTest, Arguments: []any{commandParams{URI: p.TextDocument.URI, Position: r.Start, Test: t.Name}}}})
	}
	return out, nil
}

// lens is what a `sync` comes to: how many documents were extracted, and the
// environments that get another number.
func (f *file) lens(c query.Count) string {
	of := c.In[0].Of
	parts := []string{fmt.Sprintf("%d document%s", of, words.Plural(of))}
	same := !slices.ContainsFunc(c.In, func(e query.InEnvironment) bool { return e.Matched != c.In[0].Matched })
	if same && c.In[0].Matched != of {
		return fmt.Sprintf("%d of %d document%s", c.In[0].Matched, of, words.Plural(of))
	}
	for _, e := range c.In {
		if e.Matched != of {
			parts = append(parts, fmt.Sprintf("%s %d", e.Environment, e.Matched))
		}
	}
	return strings.Join(parts, " · ")
}

// wordKinds are the kinds of words in the order of their numbers.
var wordKinds = []string{"keyword", "operator", "string", "number", "regexp", "comment", "property", "variable", "parameter", "function", "enumMember", "class", "namespace"}

type semanticTokens struct {
	Data []int `json:"data"`
}

func answerSemanticTokensFull(_ context.Context, s *server, p inDocument) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	return f.words(0, len(f.Text)), nil
}

func answerSemanticTokensRange(_ context.Context, s *server, p inRange) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	at := f.span(p.Range)
	return f.words(at.Start, at.End), nil
}

// words are the words between two offsets, each by its distance from the one before,
// line by line: a token of the protocol does not go over the end of a line.
func (f *file) words(from, to int) semanticTokens {
	out := semanticTokens{Data: []int{}}
	var last position
	for _, w := range f.snapshot.Words(f.Name) {
		if w.Span.End < from || to < w.Span.Start {
			continue
		}
		for line := f.lines.position(w.Span.Start).Line; line <= f.lines.position(w.Span.End).Line; line++ {
			start, end := max(w.Span.Start, f.lines.starts[line]), min(w.Span.End, f.lines.end(line))
			if start >= end {
				continue
			}
			at, length := f.lines.position(start), f.lines.position(end).Character-f.lines.position(start).Character
			column := at.Character
			if at.Line == last.Line {
				column -= last.Character
			}
			declaration := 0
			if w.Declares {
				declaration = 1
			}
			out.Data = append(out.Data, at.Line-last.Line, column, length, slices.Index(wordKinds, w.Kind), declaration)
			last = at
		}
	}
	return out
}
