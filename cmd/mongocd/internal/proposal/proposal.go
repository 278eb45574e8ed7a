// Package proposal makes a workspace of a database that somebody has.
//
// In: a folder, and how the database is reached. Out: its collections in extracted/, and the
// text of a weave that goes with them: compiler/propose writes it, then extract and the
// compiler are asked what it lacks, and what they ask for is written into it. On an error
// nothing is left in the folder.
package proposal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/connect"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/compiler/propose"
	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// sample is how many documents of a collection are looked at for what tells them apart.
const sample = 1_000

// rounds bounds how often the weave is held against what it was made of.
const rounds = 6

// Proposal is a workspace that was made.
type Proposal struct {
	File    string // the weave's name in the folder
	Weave   string
	Results []extract.Result
	// Left is what is still wrong: for people.
	Left diag.List
}

// Make makes it in a folder, which has no extracted/ and no weave yet. The weave is named after the
// folder, or else after the database.
func Make(ctx context.Context, c *console.Console, dir string, o connect.Asked) (_ *Proposal, err error) {
	var stores connect.Stores
	defer func() { err = errors.Join(err, stores.Close(ctx)) }()
	store, err := stores.Open(ctx, c, o.Database, o)
	if err != nil {
		return nil, err
	}
	fail := func(err error) error {
		if errors.Is(err, context.Canceled) {
			return console.Failf("interrupted: nothing was written")
		}
		return console.Failf("%s", store.Redact(err.Error()))
	}
	if o.Database == "" {
		if o.Database = databaseOf(o.URI); o.Database == "" {
			return nil, unnamed(ctx, store)
		}
	}
	found, err := extract.Survey(ctx, store.Client(), o.Database, o.Collections, sample, extract.Options{})
	if err != nil {
		return nil, fail(err)
	}
	weave := propose.Weave{Name: propose.Name(filepath.Base(dir), o.Database), Database: o.Database}
	synced := 0
	for _, s := range found {
		collection := propose.Collection(s)
		weave.Collections = append(weave.Collections, &collection)
		if collection.Synced() {
			synced++
		}
	}
	if synced == 0 {
		return nil, console.Failf("the database %s has no collection with documents that this user can see and that extract takes: is it the right one, and is its name written as there?", diag.Quote(o.Database, 64))
	}
	p := &Proposal{File: weave.Name + ".weave"}
	if p.Weave, err = weave.Text(); err != nil {
		return nil, console.Failf("%s", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, console.Failf("open the folder: %s", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, root.RemoveAll("extracted"))
		}
		err = errors.Join(err, root.Close())
	}()
	w := query.Open(root.FS(), workspace.Options{Compiler: version.Program()}, nil)
	for range rounds {
		w.Edit(p.File, p.Weave)
		var said diag.List
		if p.Results == nil {
			if p.Results, said, err = read(ctx, c, w.Now(), dir, store); err != nil {
				return nil, fail(err)
			}
		}
		if len(said) == 0 { // everything is there, and can be judged
			w.Refresh()
			a, err := w.Now().Analyse(ctx)
			if err != nil {
				return nil, fail(err)
			}
			said, p.Left = a.Diagnostics, a.Diagnostics
		}
		text, err := written(w.Now(), p.File, p.Weave, said)
		if err != nil {
			return nil, console.Failf("%s", err)
		}
		if text == p.Weave {
			break
		}
		p.Weave = text
	}
	return p, nil
}

// databaseOf is the database that a connection string names; empty: none.
func databaseOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, name, _ := strings.Cut(rest, "/")
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// unnamed is the error for a database that nobody named, with those that there are.
func unnamed(ctx context.Context, store *mongo.Store) error {
	names, err := store.Client().ListDatabaseNames(ctx, bson.D{})
	if err != nil {
		return console.Failf("name the database with --database: the server does not list them: %s", store.Redact(err.Error()))
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains([]string{"admin", "config", "local"}, name) })
	slices.Sort(names)
	for i, name := range names {
		names[i] = diag.Safe(name, 64)
	}
	return console.Usagef("name the database with --database: %s", strings.Join(names, ", "))
}

// read extracts what the weave says; fields that look like secrets are messages, and then
// nothing was extracted.
func read(ctx context.Context, c *console.Console, s *query.Snapshot, dir string, store *mongo.Store) (_ []extract.Result, said diag.List, err error) {
	checked, wrong := s.Checked()
	if wrong.HasErrors() {
		return nil, nil, fmt.Errorf("the weave that was made is not valid (%s): this is a mistake in mongocd; please report it", wrong.Errors()[0].Message)
	}
	to, err := outputs.Open(dir, "extracted")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	selected := connect.Selections(checked, connect.Asked{})
	from := []extract.From{connect.From(&selected[0], store)}
	bar := c.ProgressBar()
	results, err := extract.Live(ctx, from, extract.Options{Disk: to.Folder, Root: to.Way, Progress: bar.Show})
	bar.Clear()
	if errors.Is(err, extract.ErrSecrets) {
		return nil, connect.Suspects(selected, results), nil
	}
	return results, nil, err
}

// written is the weave with the first of the statements that each message offers; the
// others stand below it as comments.
func written(s *query.Snapshot, name, weave string, said diag.List) (string, error) {
	type edit struct {
		at   int
		text string
	}
	var edits []edit
	for _, d := range said {
		fixes := s.Mending(d)
		if len(fixes) == 0 {
			continue
		}
		text := fixes[0].Text
		at := fixes[0].Span.Start
		if strings.HasPrefix(text, " {") { // the sync gets its block: what else belongs there is written in the next round
			if !slices.ContainsFunc(edits, func(e edit) bool { return e.at == at }) {
				edits = append(edits, edit{at, text})
			}
			continue
		}
		for _, other := range d.Statements[1:] {
			text += "\n# or: " + diag.Safe(other, 400)
		}
		if len(fixes) > 1 {
			text += "\n" // what stands behind is no part of the comment
		}
		if e := (edit{at, text}); !slices.Contains(edits, e) { // other environments say the same
			edits = append(edits, e)
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return b.at - a.at })
	for _, e := range edits {
		weave = weave[:e.at] + e.text + weave[e.at:]
	}
	text, faults := format.Format(source.NewFile(name, weave))
	if len(faults) > 0 {
		return "", fmt.Errorf("the weave that was made is not valid (%s): this is a mistake in mongocd; please report it", diag.Safe(faults[0].Message, 200))
	}
	return text, nil
}
