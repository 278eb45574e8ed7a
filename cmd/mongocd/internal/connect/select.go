// Package connect is what extract reads, and how it gets there.
//
// In: the sources of the weaves, flags, connection strings of the environment; out:
// connected sources with the collections to read, and messages about fields that look
// like secrets.
package connect

import (
	"context"
	"slices"
	"time"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Selection is a source and what is wanted of it.
type Selection struct {
	sources.Source
	workspace *workspace.Workspace // nil: there are no weaves
	// all: every collection of the database, not only those of the weaves.
	all bool
	// only are the collections that the flags name; none: no such flag.
	only   []string
	wanted []sources.Wanted // filled by openSource
}

// Asked is which sources the user names, and how they are reached.
type Asked struct {
	URI, Database string
	Flag          string // that has the URI; empty: --uri
	Collections   []string
	Timeout       time.Duration // of one call
}

// Selections are the sources to read.
func Selections(w *workspace.Workspace, o Asked) []Selection {
	var out []Selection
	if w != nil {
		for _, s := range sources.All(w) {
			if o.Database == "" || o.Database == s.Name || o.Database == s.Database {
				out = append(out, Selection{Source: s, workspace: w, all: o.Database != "", only: o.Collections})
			}
		}
	}
	if len(out) == 0 && o.Database != "" {
		out = append(out, Selection{Source: sources.Source{Name: o.Database, Database: o.Database}, workspace: w, all: true, only: o.Collections})
	}
	return out
}

// choose gives the collections; names are those that the source has, where
// needsNames says so.
func (s *Selection) choose(names []string) []extract.Collection {
	if s.workspace != nil {
		s.wanted = sources.Of(s.workspace, s.Name, names)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(s.wanted, func(w sources.Wanted) bool { return w.Collection == name })
	}
	if s.all {
		more := s.only
		if len(more) == 0 {
			more = names
		}
		for _, name := range more {
			if !has(name) {
				more := sources.Wanted{Collection: name}
				if s.workspace != nil {
					more = sources.Unnamed(s.workspace, s.Name, name)
				}
				s.wanted = append(s.wanted, more)
			}
		}
	}
	if len(s.only) > 0 {
		s.wanted = slices.DeleteFunc(s.wanted, func(w sources.Wanted) bool { return !slices.Contains(s.only, w.Collection) })
	}
	var out []extract.Collection
	for _, w := range s.wanted {
		c := extract.Collection{Name: w.Collection, Redact: w.Redact, Omit: w.Omit, NotSecret: w.NotSecret}
		for _, path := range w.By {
			c.Key = append(c.Key, doc.Path(path))
		}
		out = append(out, c)
	}
	return out
}

// Imported is a collection that comes from a file, with what the weaves say of it: w is
// nil where there are none.
func Imported(w *workspace.Workspace, source, collection string) (Selection, extract.Collection) {
	s := Selection{Source: sources.Source{Name: source, Database: source}, workspace: w, all: true, only: []string{collection}}
	return s, s.choose([]string{collection})[0]
}

// gone are the collections that were extracted because of a pattern, and that
// the source, which has names, has no longer.
func (s *Selection) gone(names []string, to *outputs.Place) ([]string, error) {
	extracted, err := layout.Collections(to, to.Way, s.Name)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, w := range sources.Of(s.workspace, s.Name, extracted) {
		// What a weave names, and the source lacks, is an error already.
		if slices.Contains(extracted, w.Collection) && !slices.Contains(names, w.Collection) &&
			!slices.ContainsFunc(s.wanted, func(o sources.Wanted) bool { return o.Collection == w.Collection }) {
			out = append(out, w.Collection)
		}
	}
	return out, nil
}

// Open connects to a source and finds its collections.
func Open(ctx context.Context, a *console.Console, s *Selection, o Asked, to *outputs.Place, stores *Stores) (extract.From, error) {
	store, err := stores.Open(ctx, a, s.Name, o)
	if err != nil {
		return extract.From{}, err
	}
	from := extract.From{Client: store.Client(), Source: s.Name, Database: s.Database}
	var names []string
	if s.Patterns || s.all && len(s.only) == 0 {
		if names, err = extract.Names(ctx, store.Client(), s.Database); err != nil {
			return from, console.Failf("%s", store.Redact(err.Error()))
		}
	}
	from.Collections = s.choose(names)
	if s.Patterns && len(s.only) == 0 {
		if from.Gone, err = s.gone(names, to); err != nil {
			return from, console.Failf("look at the extracted files: %s", err)
		}
	}
	if len(from.Collections) == 0 && len(s.only) > 0 {
		return from, console.Failf("no weave reads %s from the source %s; with --database %s it is extracted without a weave",
			diag.Quote(s.only[0], 64), diag.Safe(s.Name, 64), diag.Safe(s.Database, 64))
	}
	return from, nil
}

// From is a source whose collections the weaves name, at a store that is open.
func From(s *Selection, store *mongo.Store) extract.From {
	return extract.From{Client: store.Client(), Source: s.Name, Database: s.Database, Collections: s.choose(nil)}
}

// Suspects are the errors about fields that look like secrets.
func Suspects(selected []Selection, results []extract.Result) diag.List {
	var out diag.List
	for _, r := range results {
		at := sources.Wanted{Collection: r.Collection}
		for _, s := range selected {
			for _, w := range s.wanted {
				if s.Name == r.Source && w.Collection == r.Collection {
					at = w
				}
			}
		}
		for _, field := range r.Suspects {
			out = append(out, sources.LikelySecret(field, r.Source, at, at.Span, "nothing was written: add one of these lines to %s, the second one if it is no secret, and extract again"))
		}
	}
	return out
}
