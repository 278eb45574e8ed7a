package lsp

// What is asked of a whole document or workspace. In: a document; out: its symbols,
// folds, hints and the like.

import (
	"context"
	"slices"

	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/lang/source"
)

// symbolKinds are those of the protocol by those of query.
var symbolKinds = map[string]int{"weave": 4, "environments": 10, "environment": 22, "source": 19, "input": 14, "let": 14, "from": 3, "sync": 5, "amend": 5, "defaults": 8, "test": 6, "lookup": 13, "index": 20}

func answerDocumentSymbol(_ context.Context, s *server, p inDocument) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	return f.symbols(f.snapshot.Symbols(f.Name)), nil
}

func (f *file) symbols(list []query.Symbol) []documentSymbol {
	out := []documentSymbol{}
	for _, sym := range list {
		out = append(out, documentSymbol{Name: sym.Name, Detail: sym.Kind, Kind: symbolKinds[sym.Kind], Children: f.symbols(sym.Children),
			Range: f.location(sym.Span).Range, SelectionRange: f.location(sym.Selection).Range})
	}
	return out
}

type workspaceSymbolParams struct {
	Query string `json:"query"`
}

func answerWorkspaceSymbol(_ context.Context, s *server, p workspaceSymbolParams) (any, error) {
	s.mutex.Lock()
	all := s.all()
	s.mutex.Unlock()
	out := []symbolInformation{}
	for _, w := range all {
		snapshot := w.query.Now()
		for _, sym := range snapshot.Find(p.Query) {
			f, err := s.fileOf(w, snapshot, sym.Span.File.Name)
			if err != nil {
				return nil, err
			}
			out = append(out, symbolInformation{Name: sym.Name, Kind: symbolKinds[sym.Kind], Location: f.location(sym.Selection), ContainerName: sym.Span.File.Name})
		}
	}
	return out, nil
}

func answerFoldingRange(_ context.Context, s *server, p inDocument) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	blocks, comments := f.snapshot.Folds(f.Name)
	out := []foldingRange{}
	add := func(at source.Span, kind string, keep int) {
		from, to := f.lines.position(at.Start).Line, f.lines.position(at.End).Line-keep
		if from < to {
			out = append(out, foldingRange{StartLine: from, EndLine: to, Kind: kind})
		}
	}
	for _, at := range blocks {
		add(at, "", 1) // the line of the closing bracket stays
	}
	for _, at := range comments {
		add(at, "comment", 0)
	}
	slices.SortFunc(out, func(a, b foldingRange) int { return a.StartLine - b.StartLine })
	return out, nil
}
