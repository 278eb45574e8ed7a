// Package extract brings collections of a live source database into the
// workspace's extracted/ folder: documents, indexes and options.
//
// In: a client and what to read. Out: folders in the layout of runtime/layout,
// and a Result that says what was done. Everything is read and judged before
// anything is written. Nothing is ever written to the source.
package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// The sizes above which a collection is refused: what git and people can review.
const (
	MaxDocuments = 100_000
	MaxBytes     = 200 << 20
)

// Options say what is extracted, and where to.
type Options struct {
	// Root is the folder extracted/ of the workspace.
	Root string
	// Source is the name that the weaves use; Database the real one, empty: Source.
	Source   string
	Database string
	// Collections to read, each once.
	Collections []Collection
	// Layout of all collections; empty: kept as it is, or chosen by the size.
	Layout layout.Layout
	// DiscardEdits overwrites files that were changed since they were written.
	DiscardEdits bool
	// Progress, if set, is called with the number of documents read so far.
	Progress func(collection string, documents int)
}

// Collection is one collection to extract.
type Collection struct {
	Name string
	// Key are the identity paths that name the documents; empty: `_id`.
	Key []doc.Path
	// Redact and Omit are fields that are left out.
	Redact, Omit []desired.Pattern
}

// Result is what was done with one collection.
type Result struct {
	Collection string
	Folder     string // under Options.Root
	Kind       string // collection, view or timeseries
	Layout     layout.Layout
	Documents  int
	Bytes      int64
	Indexes    int
	Changed    bool   // false: the folder was up to date already
	Note       string // something to know, in words; may be empty
}

// Error is a refusal in words, safe to print.
type Error struct {
	Message string
	Notes   []string // evidence and what to do
}

// Error gives the message and the notes.
func (e *Error) Error() string { return strings.Join(append([]string{e.Message}, e.Notes...), "\n  ") }

// Live extracts collections. The result has one entry a collection, in the
// order of the options. The errors are *Error, or the driver's with words before them.
func Live(ctx context.Context, client *mongo.Client, o Options) ([]Result, error) {
	return run(ctx, client, o, MaxDocuments, MaxBytes)
}

func run(ctx context.Context, client *mongo.Client, o Options, maxDocuments int64, maxBytes int) ([]Result, error) {
	if o.Database == "" {
		o.Database = o.Source
	}
	l := &live{Options: o, maxDocuments: maxDocuments, maxBytes: maxBytes, db: client.Database(o.Database, options.Database().SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Majority()))}
	infos, err := l.list(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.refuseEdited(); err != nil {
		return nil, err
	}
	read := make([]*layout.Collection, len(o.Collections))
	results := make([]Result, len(o.Collections))
	for i, c := range o.Collections {
		results[i].Collection = c.Name
		if read[i], err = l.read(ctx, c, infos[c.Name], &results[i]); err != nil {
			return nil, err
		}
		if _, err := layout.Render(read[i]); err != nil {
			return nil, fmt.Errorf("%s.%s cannot be written as files: %w", diag.Safe(l.Database, 64), diag.Safe(c.Name, 64), err)
		}
	}
	for i, c := range read {
		results[i].Changed, err = layout.Update(results[i].Folder, c)
		if err != nil {
			return results[:i], fmt.Errorf("writing %s: %w", results[i].Folder, err)
		}
	}
	return results, nil
}

type live struct {
	Options
	db           *mongo.Database
	maxDocuments int64
	maxBytes     int
}

// info is one entry of listCollections.
type info struct {
	Name    string   `bson:"name"`
	Type    string   `bson:"type"`
	Options bson.Raw `bson:"options"`
}

// list finds the collections; one that is missing is an error with the nearest name.
func (l *live) list(ctx context.Context) (map[string]info, error) {
	all, err := listCollections(ctx, l.db)
	if err != nil {
		return nil, err
	}
	infos := make(map[string]info, len(all))
	names := make([]string, 0, len(all))
	for _, i := range all {
		infos[i.Name] = i
		names = append(names, i.Name)
	}
	slices.Sort(names)
	for _, c := range l.Collections {
		if _, ok := infos[c.Name]; ok {
			continue
		}
		e := &Error{Message: fmt.Sprintf("the database %s has no collection %s", diag.Quote(l.Database, 64), diag.Quote(c.Name, 64))}
		switch near := diag.Suggest(c.Name, names); {
		case near != "":
			e.Notes = append(e.Notes, fmt.Sprintf("did you mean %s?", diag.Quote(near, 64)))
		case len(names) == 0:
			e.Notes = append(e.Notes, "it has no collections at all that this user can see: is it the right server, and is the name written as there?")
		default:
			e.Notes = append(e.Notes, fmt.Sprintf("it has %d: %s", len(names), shorten(names)))
		}
		return nil, e
	}
	return infos, nil
}

func listCollections(ctx context.Context, db *mongo.Database) ([]info, error) {
	cursor, err := db.ListCollections(ctx, bson.D{})
	if err != nil {
		return nil, fmt.Errorf("listing the collections of %s: %w", diag.Safe(db.Name(), 64), err)
	}
	var all []info
	if err := cursor.All(ctx, &all); err != nil {
		return nil, fmt.Errorf("listing the collections of %s: %w", diag.Safe(db.Name(), 64), err)
	}
	return all, nil
}

// Names lists the collections of a database, sorted. The errors are the
// driver's with words before them.
func Names(ctx context.Context, client *mongo.Client, database string) ([]string, error) {
	all, err := listCollections(ctx, client.Database(database, options.Database().SetReadPreference(readpref.Primary())))
	if err != nil {
		return nil, err
	}
	names := make([]string, len(all))
	for i, info := range all {
		names[i] = info.Name
	}
	slices.Sort(names)
	return names, nil
}

// shorten lists up to ten names.
func shorten(names []string) string {
	shown := make([]string, 0, 11)
	for i, name := range names {
		if i == 10 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, diag.Quote(name, 64))
	}
	return strings.Join(shown, ", ")
}

// folder is where a collection lies, or is to lie.
func (l *live) folder(name string) (string, error) {
	dir, err := layout.Find(l.Root, l.Source, name)
	if errors.Is(err, fs.ErrNotExist) {
		return layout.Dir(l.Root, l.Source, name), nil
	}
	return dir, err
}

// refuseEdited stops before files that a person has changed are overwritten.
func (l *live) refuseEdited() error {
	if l.DiscardEdits {
		return nil
	}
	var edited []string
	for _, c := range l.Collections {
		dir, err := l.folder(c.Name)
		if err != nil {
			return err
		}
		names, err := layout.Edited(dir)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(l.Root, dir)
		if err != nil {
			return err
		}
		for _, name := range names {
			edited = append(edited, diag.Safe(filepath.ToSlash(filepath.Join(filepath.Base(l.Root), relative, name)), 300))
		}
	}
	if len(edited) == 0 {
		return nil
	}
	e := &Error{Message: fmt.Sprintf("%d files were changed since they were extracted, and would be overwritten", len(edited))}
	if len(edited) == 1 {
		e.Message = "a file was changed since it was extracted, and would be overwritten"
	}
	for i, name := range edited {
		if i == 10 {
			e.Notes = append(e.Notes, fmt.Sprintf("and %d more", len(edited)-i))
			break
		}
		e.Notes = append(e.Notes, name)
	}
	e.Notes = append(e.Notes, "make the change by a rule in the weave, and give --discard-edits to overwrite the files")
	return e
}

// read reads one collection as it is to be written.
func (l *live) read(ctx context.Context, want Collection, i info, r *Result) (*layout.Collection, error) {
	c := &layout.Collection{Database: l.Source, Name: want.Name, Kind: layout.KindCollection, Options: bytes.Clone(i.Options)}
	var err error
	if r.Folder, err = l.folder(want.Name); err != nil {
		return nil, err
	}
	switch i.Type {
	case "view":
		c.Kind = layout.KindView
	case "timeseries":
		c.Kind = layout.KindTimeseries
	}
	if c.Kind == layout.KindView {
		r.Note = "a view: only its definition was extracted"
	} else {
		if err := l.documents(ctx, c); err != nil {
			return nil, err
		}
		if err := l.indexes(ctx, c); err != nil {
			return nil, err
		}
	}
	left := slices.Concat(want.Redact, want.Omit)
	for i := range c.Documents {
		c.Documents[i].Raw = LeaveOut(c.Documents[i].Raw, left)
	}
	c.Redacted, c.Omitted = patternTexts(want.Redact), patternTexts(want.Omit)
	c.Key, r.Note = keyFor(c, want.Key, r.Note)
	for _, d := range c.Documents {
		r.Bytes += int64(len(d.Raw))
	}
	if c.Layout, err = l.layoutOf(r.Folder); err != nil {
		return nil, err
	}
	if c.Layout == "" {
		c.Layout = layout.Choose(len(c.Documents), r.Bytes)
	}
	r.Kind, r.Layout, r.Documents, r.Indexes = c.Kind, c.Layout, len(c.Documents), len(c.Indexes)
	return c, nil
}

// layoutOf is the layout to keep: the one that was asked for, else that of the
// folder; empty when there is none. A description that cannot be read, one of a
// newer format say, is overwritten only when edits are discarded.
func (l *live) layoutOf(folder string) (layout.Layout, error) {
	if l.Layout != "" {
		return l.Layout, nil
	}
	c, err := layout.Describe(folder)
	switch {
	case err == nil:
		return c.Layout, nil
	case errors.Is(err, fs.ErrNotExist) || l.DiscardEdits:
		return "", nil
	}
	return "", err
}

// batchSize documents a round trip; the server ends a batch at 16 MiB before that.
const batchSize = 10_000

func (l *live) documents(ctx context.Context, c *layout.Collection) error {
	where := diag.Safe(l.Database+"."+c.Name, 128)
	collection := l.db.Collection(c.Name)
	n, err := collection.EstimatedDocumentCount(ctx)
	if err != nil {
		return fmt.Errorf("counting the documents of %s: %w", where, err)
	}
	if n > l.maxDocuments {
		return tooLarge(where, fmt.Sprintf("has %d documents, more than the %d", n, l.maxDocuments))
	}
	cursor, err := collection.Find(ctx, bson.D{}, options.Find().SetBatchSize(batchSize).SetComment("mongocd extract"))
	if err != nil {
		return fmt.Errorf("reading %s: %w", where, err)
	}
	size := 0
	c.Documents = make([]layout.Document, 0, n)
	for cursor.Next(ctx) {
		size += len(cursor.Current)
		c.Documents = append(c.Documents, layout.Document{Raw: bytes.Clone(cursor.Current)})
		switch {
		case size > l.maxBytes:
			err = tooLarge(where, fmt.Sprintf("has more than the %d MiB", l.maxBytes>>20))
		case int64(len(c.Documents)) > l.maxDocuments:
			err = tooLarge(where, fmt.Sprintf("has more than the %d documents", l.maxDocuments))
		}
		if err != nil {
			break
		}
		if l.Progress != nil && len(c.Documents)%1000 == 0 {
			l.Progress(c.Name, len(c.Documents))
		}
	}
	if err == nil && cursor.Err() != nil {
		err = fmt.Errorf("reading %s: %w", where, cursor.Err())
	}
	if closed := cursor.Close(context.WithoutCancel(ctx)); err == nil && closed != nil {
		err = fmt.Errorf("reading %s: %w", where, closed)
	}
	return err
}

func tooLarge(where, what string) error {
	return &Error{Message: fmt.Sprintf("%s %s that are extracted", where, what), Notes: []string{
		"mongocd promotes configuration and reference data that people review in git; for data of this size use a copy or a migration",
		"leave the collection out of the weave, or keep what is to be promoted in a collection of its own",
	}}
}

// indexes reads the indexes without what the server adds by itself.
func (l *live) indexes(ctx context.Context, c *layout.Collection) error {
	cursor, err := l.db.Collection(c.Name).Indexes().List(ctx)
	if err != nil {
		return fmt.Errorf("listing the indexes of %s: %w", diag.Safe(l.Database+"."+c.Name, 128), err)
	}
	var all []bson.Raw
	if err := cursor.All(ctx, &all); err != nil {
		return fmt.Errorf("listing the indexes of %s: %w", diag.Safe(l.Database+"."+c.Name, 128), err)
	}
	for _, index := range all {
		b := doc.NewBuilder(len(index))
		name := ""
		for field, v := range doc.Fields(index) {
			switch field {
			case "v", "ns":
				continue
			case "name":
				name, _ = v.StringValueOK()
			}
			b.Append(field, v)
		}
		if name != "_id_" {
			c.Indexes = append(c.Indexes, b.Raw())
		}
	}
	slices.SortFunc(c.Indexes, func(a, b bson.Raw) int {
		x, _ := doc.Get(a, doc.Path{"name"})
		y, _ := doc.Get(b, doc.Path{"name"})
		return doc.Compare(x, y)
	})
	return nil
}

// keyFor takes the wanted key if every document has it and no two have the
// same; else `_id`, with a note that says why.
func keyFor(c *layout.Collection, want []doc.Path, note string) ([]doc.Path, string) {
	id := []doc.Path{{"_id"}}
	if len(want) == 0 || len(want) == 1 && doc.ComparePaths(want[0], id[0]) == 0 {
		return id, note
	}
	c.Key = want
	seen := make(map[string]bool, len(c.Documents))
	for _, d := range c.Documents {
		values, ok := c.KeyOf(d.Raw)
		if !ok {
			return id, fmt.Sprintf("files are named by _id: a document has no %s", paths(want))
		}
		key := doc.Key(values...)
		if seen[key] {
			return id, fmt.Sprintf("files are named by _id: two documents have the same %s", paths(want))
		}
		seen[key] = true
	}
	return want, note
}

func paths(list []doc.Path) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}
