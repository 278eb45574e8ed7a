package query

// Renaming. In: a name at a place and another one for it; out: the edits of the
// weave, or why it cannot be renamed.

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// Renamed is the name at an offset that can be renamed; the error says why it cannot be.
func (s *Snapshot) Renamed(name string, offset int) (Mention, error) {
	here := s.mentions(name, offset)
	if len(here) == 0 {
		return Mention{}, errors.New("there is no name here that a weave declares; fields are named by the data: `rename A to B` renames one at the destination")
	}
	m := here[len(here)-1]
	switch {
	case m.Kind == "collection":
		return m, errors.New("a collection has its name at the source: `sync NAME as OTHER` writes it under another one")
	case m.Kind == "function":
		return m, errors.New("a function of the language cannot be renamed")
	case m.Declared.File == nil:
		return m, fmt.Errorf("nothing in this weave declares the %s %s", m.Kind, diag.Quote(m.Name, 64))
	case m.Kind == "source":
		return m, errors.New("extracted/ has a folder of the source's name: rename it by hand, with the folder")
	}
	return m, nil
}

// plainNames are names of values, wideNames those of environments.
var plainNames, wideNames = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$`)

// Rename are the edits that give the name at an offset another one, everywhere in its weave.
func (s *Snapshot) Rename(name string, offset int, to string) ([]*diag.Fix, error) {
	m, err := s.Renamed(name, offset)
	if err != nil {
		return nil, err
	}
	form := plainNames
	if m.Kind == "environment" {
		form = wideNames
	}
	if !form.MatchString(to) || ast.Reserved[to] || to == "this" {
		return nil, fmt.Errorf("%s is no name for this", diag.Quote(to, 64))
	}
	p, _ := s.parsed(name)
	for _, tree := range errorsOf(p) {
		return nil, fmt.Errorf("%s has errors: mend them first, so that no mention is missed", diag.Quote(tree, 200))
	}
	mentions := s.References(name, offset, true)
	if taken := taken(s, mentions, m, to); taken != "" {
		return nil, fmt.Errorf("%s is the name of %s already", diag.Quote(to, 64), taken)
	}
	var out []*diag.Fix
	for _, r := range mentions {
		out = append(out, &diag.Fix{Span: r.Span, Text: to})
	}
	return out, nil
}

// errorsOf are the files of a weave with syntax errors.
func errorsOf(p *workspace.Parsed) []string {
	var out []string
	for _, d := range p.Syntax.Errors() {
		out = append(out, d.Span.File.Name)
	}
	return unique(out)
}

// taken says what has a name in the weave, or in the documents that the mentions are
// about; "" when nothing has it.
func taken(s *Snapshot, mentions []Mention, m Mention, to string) string {
	p, _ := s.parsed(mentions[0].Span.File.Name)
	for _, other := range allMentions(p) {
		if other.Name == to && (other.Kind == "environment") == (m.Kind == "environment") && slices.Contains([]string{"let", "input", "lookup", "element", "environment"}, other.Kind) {
			return "a name of kind " + other.Kind
		}
	}
	if m.Kind == "environment" {
		return ""
	}
	for _, r := range mentions {
		if shape := s.around(r.Span.File.Name, r.Span.Start).document(); shape != nil && shape.Root.Field(to) != nil {
			return "a field of the documents there"
		}
	}
	return ""
}
