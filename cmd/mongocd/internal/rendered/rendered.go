// Package rendered is the wanted documents as they are, for people and for tools that
// compare files.
//
// In: compiled states, and which of their collections and documents are asked for; out:
// collections in the layout of extracted/ (runtime/layout), with words where the artefact
// fills values in: "${secret('TOKEN')}", "${_id of roles \"admin\"}".
package rendered

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Collection is what is wanted of one collection in one environment.
type Collection struct {
	Environment, Weave string
	// Origin is the place of its `sync`.
	Origin string
	layout.Collection
}

// Choice says what is asked for; a zero value is everything.
type Choice struct {
	// Collections are names, NAME or DATABASE.NAME.
	Collections []string
	// Document chooses documents, and the collections that have them.
	Document *describe.Selector
}

// Collections are those of the states that are chosen, in the order of the states.
func Collections(states []*desired.State, choice Choice) []Collection {
	var out []Collection
	for _, s := range states {
		for _, c := range s.Collections {
			names := []string{c.Name, c.Namespace()}
			asked := func(name string) bool { return slices.Contains(names, name) }
			if len(choice.Collections) > 0 && !slices.ContainsFunc(choice.Collections, asked) || choice.Document != nil && !asked(choice.Document.Collection) {
				continue
			}
			r := Collection{Environment: s.Environment, Weave: s.Weave, Origin: c.Origin, Collection: layout.Collection{
				Database: c.Database, Name: c.Name, Kind: kindOf(c), Key: c.Identity, Options: c.Options, Indexes: c.Indexes,
				Redacted: redact.PatternTexts(c.Redact), Omitted: redact.PatternTexts(c.Omit),
			}}
			for _, d := range c.Documents {
				d.Raw = describe.Mask(d.Raw, c.Redact, nil) // the names of secrets may be seen there
				shown := describe.WithWords(d, within(c.Database))
				if choice.Document == nil || choice.Document.Matches(shown) {
					r.Documents = append(r.Documents, layout.Document{Raw: shown})
				}
			}
			if choice.Document == nil || len(r.Documents) > 0 {
				out = append(out, r)
			}
		}
	}
	return out
}

// within names the collections of links: those of the same database without it.
func within(database string) func(desired.LinkedID) string {
	return func(l desired.LinkedID) string {
		if l.Database == database {
			return l.Collection
		}
		return describe.Namespace(l)
	}
}

func kindOf(c *desired.Collection) string {
	if c.IsView() {
		return layout.KindView
	}
	if _, series := doc.Get(c.Options, doc.Path{"timeseries"}); series {
		return layout.KindTimeseries
	}
	return layout.KindCollection
}

// Namespace is DATABASE.COLLECTION.
func (c *Collection) Namespace() string { return c.Database + "." + c.Name }

// Text is the documents as their files have them, one after the other.
func (c *Collection) Text() (string, error) {
	var out []byte
	for _, d := range c.Documents {
		if !doc.Lossless(d.Raw) {
			return "", fmt.Errorf("a document of %s cannot be written as text: it is nested too deep, or holds text that is not UTF-8; --output-dir writes it as BSON", c.Namespace())
		}
		out = append(doc.AppendReview(out, d.Raw, true), '\n')
	}
	return string(out), nil
}
