package lsp

// What is asked at a place: completion, hover, signatures, definitions, references,
// names. In: a document and a position; out: what query says of it.

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/lang/diag"
)

// itemKinds are those of the protocol by those of query.
var itemKinds = map[string]int{"keyword": 14, "snippet": 15, "field": 5, "value": 12, "name": 6, "function": 3, "collection": 7, "source": 9, "environment": 20, "type": 25, "code": 21}

// at is a document with the offset of a position.
func (s *server) at(p atPosition) (*file, int, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, 0, err
	}
	return f, f.lines.offset(p.Position), nil
}

func answerCompletion(_ context.Context, s *server, p atPosition) (any, error) {
	f, at, err := s.at(p)
	if err != nil {
		return nil, err
	}
	items, replace := f.snapshot.Completions(f.Name, at)
	snippets := s.client.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	out := completionList{Items: []completionItem{}}
	for n, i := range items {
		item := completionItem{Label: diag.Safe(i.Label, 200), Kind: itemKinds[i.Kind], Detail: diag.Safe(i.Detail, 200), SortText: fmt.Sprintf("%04d", n), FilterText: i.Label}
		text := i.Insert
		if i.Snippet && snippets {
			const snippet = 2
			item.InsertTextFormat = snippet
		} else if i.Snippet {
			text = query.Plain(text)
		}
		item.TextEdit = &textEdit{Range: f.location(replace).Range, NewText: text}
		if i.Documentation != "" {
			item.Documentation = &markup{"markdown", i.Documentation}
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

func answerHover(_ context.Context, s *server, p atPosition) (any, error) {
	f, at, err := s.at(p)
	if err != nil {
		return nil, err
	}
	text, of := f.snapshot.Hover(f.Name, at)
	if text == "" {
		return nil, nil
	}
	r := f.location(of).Range
	return hover{Contents: markup{"markdown", text}, Range: &r}, nil
}

func answerSignatureHelp(_ context.Context, s *server, p atPosition) (any, error) {
	f, at, err := s.at(p)
	if err != nil {
		return nil, err
	}
	fn, active := f.snapshot.Signature(f.Name, at)
	if fn == nil {
		return nil, nil
	}
	label := fn.String() + " → " + fn.Result
	sig := signature{Label: label, Documentation: &markup{"markdown", fn.Summary}, Parameters: []parameter{}}
	from := strings.IndexByte(label, '(') + 1
	for _, p := range fn.Params {
		i := from + strings.Index(label[from:], p.Name)
		sig.Parameters = append(sig.Parameters, parameter{Label: [2]int{s.length(label[:i]), s.length(label[:i+len(p.Name)])}})
		from = i + len(p.Name)
	}
	return signatureHelp{Signatures: []signature{sig}, ActiveParameter: active}, nil
}

// length is how many units of the encoding a text has.
func (s *server) length(text string) int {
	switch s.encoding {
	case utf8Units:
		return len(text)
	case utf32Units:
		return utf8.RuneCountInString(text)
	}
	return len(utf16.Encode([]rune(text)))
}

func answerDefinition(_ context.Context, s *server, p atPosition) (any, error) {
	f, at, err := s.at(p)
	if err != nil {
		return nil, err
	}
	out := []location{}
	for _, d := range f.snapshot.Definition(f.Name, at) {
		out = append(out, f.location(d))
	}
	return out, nil
}

type referenceParams struct {
	atPosition
	Context struct {
		IncludeDeclaration bool `json:"includeDeclaration"`
	} `json:"context"`
}

func answerReferences(_ context.Context, s *server, p referenceParams) (any, error) {
	f, at, err := s.at(p.atPosition)
	if err != nil {
		return nil, err
	}
	out := []location{}
	for _, m := range f.snapshot.References(f.Name, at, p.Context.IncludeDeclaration) {
		out = append(out, f.location(m.Span))
	}
	return out, nil
}

func answerDocumentHighlight(_ context.Context, s *server, p atPosition) (any, error) {
	f, at, err := s.at(p)
	if err != nil {
		return nil, err
	}
	const read, write = 2, 3
	out := []documentHighlight{}
	for _, m := range f.snapshot.References(f.Name, at, true) {
		if m.Span.File == f.File {
			kind := read
			if m.Span == m.Declared {
				kind = write
			}
			out = append(out, documentHighlight{Range: f.location(m.Span).Range, Kind: kind})
		}
	}
	return out, nil
}

func answerPrepareRename(_ context.Context, s *server, p atPosition) (any, error) {
	f, at, err := s.at(p)
	if err != nil {
		return nil, err
	}
	m, err := f.snapshot.Renamed(f.Name, at)
	if err != nil {
		return nil, err
	}
	return map[string]any{"range": f.location(m.Span).Range, "placeholder": m.Name}, nil
}

type renameParams struct {
	atPosition
	NewName string `json:"newName"`
}

func answerRename(_ context.Context, s *server, p renameParams) (any, error) {
	f, at, err := s.at(p.atPosition)
	if err != nil {
		return nil, err
	}
	edits, err := f.snapshot.Rename(f.Name, at, p.NewName)
	if err != nil {
		return nil, err
	}
	return f.edit(edits...), nil
}

type selectionParams struct {
	TextDocument textDocument `json:"textDocument"`
	Positions    []position   `json:"positions"`
}

func answerSelectionRange(_ context.Context, s *server, p selectionParams) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	out := []selectionRange{}
	for _, at := range p.Positions {
		var outer *selectionRange
		list := f.snapshot.Enclosing(f.Name, f.lines.offset(at))
		for i := len(list) - 1; i >= 0; i-- {
			outer = &selectionRange{Range: f.location(list[i]).Range, Parent: outer}
		}
		out = append(out, *outer)
	}
	return out, nil
}
