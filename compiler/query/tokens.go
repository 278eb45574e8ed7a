package query

// What each word of a file is, for colours that grammars cannot tell. In: a file; out:
// its words with their kinds, in order.

import (
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// Word is a word with its kind: keyword, operator, string, number, regexp, comment,
// property (a field), variable, parameter, function, enumMember (an environment),
// class (a collection), namespace (a source).
type Word struct {
	Span     source.Span
	Kind     string
	Declares bool
}

// kindsOfMentions are the kinds of words by the kinds of mentions.
var kindsOfMentions = map[string]string{"let": "variable", "input": "parameter", "lookup": "variable", "element": "variable", "environment": "enumMember", "collection": "class", "source": "namespace", "function": "function"}

// Words are those of a file.
func (s *Snapshot) Words(name string) []Word {
	p, i := s.parsed(name)
	if p == nil {
		return nil
	}
	f := p.Files[i]
	mentioned := map[source.Span]Mention{}
	for _, m := range allMentions(p) {
		mentioned[m.Span] = m
	}
	fields := map[int]bool{}
	for _, d := range p.Trees[i].Decls {
		ast.Walk(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Path:
				if n.Head != "this" {
					fields[n.HeadSpan.Start] = true
				}
			case ast.ObjectField:
				if n.Key == nil {
					fields[n.Name.Span.Start] = true
				}
			case ast.Step:
				if n.Kind == ast.FieldStep {
					fields[n.Span.Start], fields[n.Span.Start+1] = true, true // behind its dot
				}
			}
			return true
		})
	}
	all, _ := token.Scan(f)
	var out []Word
	for n := 0; n < len(all); n++ {
		t := all[n]
		at := source.Span{File: f, Start: t.Start, End: t.End}
		if m, end := mention(mentioned, all, n, at); m != nil {
			out = append(out, Word{m.Span, kindsOfMentions[m.Kind], m.Span == m.Declared})
			n = end
			continue
		}
		kind := ""
		switch t.Kind {
		case token.Comment:
			kind = "comment"
		case token.Number:
			kind = "number"
		case token.Regex:
			kind = "regexp"
		case token.Raw, token.TextStart, token.Chars, token.TextEnd, token.Escape:
			kind = "string"
			if fields[t.Start] {
				kind = "property"
			}
		case token.Reserved:
			kind = "keyword"
			if fields[t.Start] {
				kind = "property"
			}
		case token.Ident:
			kind = "keyword"
			if fields[t.Start] {
				kind = "property"
			}
		}
		if kind != "" && at.End > at.Start {
			out = append(out, Word{Span: at, Kind: kind})
		}
	}
	return out
}

// mention is the mention that begins at token n, whose parts dashes may join, and its
// last token.
func mention(of map[source.Span]Mention, all []token.Token, n int, at source.Span) (*Mention, int) {
	for end := n; end < len(all) && (end == n || all[end].Start == all[end-1].End); end++ {
		if m, ok := of[source.Span{File: at.File, Start: at.Start, End: all[end].End}]; ok {
			return &m, end
		}
	}
	return nil, n
}
