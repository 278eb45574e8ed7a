package extract

// Reading a source. In: a client; out: what its collections are, and their
// documents one after the other. Reads are at one moment where the server
// offers it (a snapshot session), and are begun again after an error that
// passes, a bounded number of times.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/parallel"
	"github.com/hayone1/mongocd/runtime/stores"
)

// comment is what the server's log and profiler see.
const comment = "mongocd extract"

// batchSize documents a round trip; the server ends a batch at 16 MiB before that.
const batchSize = 5_000

// attempts is how often a read is begun in all.
const attempts = 5

// source is one source while it is read.
type source struct {
	From
	o      *Options
	db     *mongo.Database
	export *Export // stands in for the server; nil: there is none
	jobs   []*job  // of Collections

	mu sync.Mutex
	at *bson.Timestamp // the moment that is read; nil: each read its own
}

// info is one entry of listCollections.
type info struct {
	Name    string   `bson:"name"`
	Type    string   `bson:"type"`
	Options bson.Raw `bson:"options"`
	Info    struct {
		UUID bson.Binary `bson:"uuid"`
	} `bson:"info"`
}

// prepare lists the source's collections and makes the jobs; a collection that
// is missing or too large is an error.
func (s *source) prepare(ctx context.Context) ([]*job, error) {
	s.db = database(s.Client, s.Database)
	infos, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	jobs := make([]*job, len(s.Collections))
	for i, c := range s.Collections {
		if jobs[i], err = s.job(c); err != nil {
			return nil, err
		}
		jobs[i].info = infos[c.Name]
	}
	s.jobs = jobs
	counting := error(nil)
	parallel.Run(2, func(end int) {
		if end == 0 {
			s.openSnapshot(ctx)
		} else {
			counting = s.count(ctx, jobs)
		}
	})
	if counting != nil {
		return nil, counting
	}
	for _, name := range s.Gone {
		j, err := s.job(Collection{Name: name})
		if err != nil {
			return nil, err
		}
		if len(j.state.Files) == 0 && j.state.Lock == nil {
			continue // only a user's own files are left
		}
		j.gone, j.result.Changed, j.result.Note = true, true, "the source has it no longer"
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// job looks at the folder of a collection.
func (s *source) job(c Collection) (*job, error) {
	j := &job{source: s, want: c}
	j.result.Source, j.result.Collection = s.Source, c.Name
	var err error
	if j.folder, err = layout.Place(s.o.Disk, s.o.Root, s.Source, c.Name); err != nil {
		return nil, err
	}
	j.result.Folder = j.folder
	if j.state, err = layout.Inspect(s.o.Disk, j.folder); err != nil {
		return nil, fmt.Errorf("looking at %s: %w", j.folder, err)
	}
	return j, nil
}

func database(client *mongo.Client, name string) *mongo.Database {
	return client.Database(name, options.Database().SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Majority()))
}

func (s *source) where(collection string) string { return diag.Safe(s.Database+"."+collection, 128) }

func (s *source) verbose(format string, args ...any) {
	if s.o.Verbose != nil {
		s.o.Verbose(fmt.Sprintf(format, args...))
	}
}

// list finds the collections; one that is missing is an error with the nearest name.
func (s *source) list(ctx context.Context) (map[string]info, error) {
	all, err := listCollections(ctx, s.db)
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
	for _, c := range s.Collections {
		if _, ok := infos[c.Name]; ok {
			continue
		}
		e := &Error{Message: fmt.Sprintf("the database %s has no collection %s", diag.Quote(s.Database, 64), diag.Quote(c.Name, 64))}
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
	doing := "listing the collections of " + diag.Safe(db.Name(), 64)
	cursor, err := db.ListCollections(ctx, bson.D{})
	if err != nil {
		return nil, explain(doing, err)
	}
	var all []info
	if err := cursor.All(ctx, &all); err != nil {
		return nil, explain(doing, err)
	}
	return all, nil
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

// openSnapshot fixes the moment that is read, where the server offers it
// (MongoDB manual, Read Concern "snapshot": replica sets and sharded clusters
// from 5.0 on).
func (s *source) openSnapshot(ctx context.Context) {
	at, err := s.moment(ctx)
	switch {
	case err != nil:
		s.verbose("source %s: no snapshot, each collection is read for itself: the server says %s", diag.Safe(s.Source, 64), diag.Safe(err.Error(), 200))
	case at.T == 0:
		s.verbose("source %s: no snapshot, each collection is read for itself: the server gives none", diag.Safe(s.Source, 64))
	default:
		s.at = &at
		s.verbose("source %s: all collections are read as of one moment (read concern snapshot)", diag.Safe(s.Source, 64))
	}
}

func (s *source) moment(ctx context.Context) (bson.Timestamp, error) {
	i := slices.IndexFunc(s.Collections, func(c Collection) bool { return c.Name != "" })
	if i < 0 {
		return bson.Timestamp{}, nil
	}
	session, err := s.Client.StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		return bson.Timestamp{}, err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	ctx = mongo.NewSessionContext(ctx, session)
	cursor, err := s.db.Collection(s.Collections[i].Name).Find(ctx, bson.D{}, options.Find().SetLimit(1).SetComment(comment))
	if err != nil {
		return bson.Timestamp{}, err
	}
	return session.SnapshotTime(), cursor.Close(ctx)
}

// moved gives up the snapshot: the server keeps it for some minutes only.
func (s *source) moved() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = nil
}

func (s *source) snapshot() *bson.Timestamp {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// indexes reads the indexes without what the server adds by itself, by name.
func (s *source) indexes(ctx context.Context, collection string) ([]bson.Raw, error) {
	if s.export != nil {
		return plainIndexes(s.export.Indexes), nil
	}
	cursor, err := s.db.Collection(collection).Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var all []bson.Raw
	if err := cursor.All(ctx, &all); err != nil {
		return nil, err
	}
	return plainIndexes(all), nil
}

func plainIndexes(all []bson.Raw) []bson.Raw {
	var out []bson.Raw
	for _, index := range all {
		if plain, ok := layout.PlainIndex(index); ok {
			out = append(out, plain)
		}
	}
	slices.SortFunc(out, func(a, b bson.Raw) int {
		x, _ := doc.Get(a, doc.Path{"name"})
		y, _ := doc.Get(b, doc.Path{"name"})
		return doc.Compare(x, y)
	})
	return out
}

// Error codes of the server (MongoDB manual: reference/error-codes).
const (
	codeUnauthorized        = 13
	codeSnapshotTooOld      = 239
	codeSnapshotUnavailable = 246
)

// passing are the codes that pass by themselves where nothing but reading is done, besides
// those of runs: a cursor or plan that was killed, no member to read from, a router behind.
var passing = []int{43, 63, 133, 150, 175, 234, 13388}

func passes(err error) bool {
	var server mongo.ServerError
	if !errors.As(err, &server) {
		return mongo.IsNetworkError(err)
	}
	own := func(code int) bool { return stores.RetryableCode(code) || slices.Contains(passing, code) }
	return server.HasErrorLabel("RetryableReadError") || slices.ContainsFunc(server.ErrorCodes(), own) || mongo.IsNetworkError(err)
}

// tooOld reports whether the server has given up the moment that was to be read.
func tooOld(err error) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && (server.HasErrorCode(codeSnapshotTooOld) || server.HasErrorCode(codeSnapshotUnavailable))
}

// again does a read up to attempts times; a try begins from the start.
func (s *source) again(ctx context.Context, doing string, try func() error) error {
	wait := s.o.wait
	for n := 1; ; n++ {
		err := try()
		var refusal *Error
		var own *ownError
		switch {
		case err == nil || errors.As(err, &refusal) || errors.As(err, &own):
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		case tooOld(err) && s.snapshot() != nil:
			s.moved()
			s.verbose("%s: the server keeps its snapshot no longer; each collection that is left is read for itself", doing)
		case n == attempts:
			return explain(fmt.Sprintf("%s, the %dth time", doing, n), err)
		case !passes(err):
			return explain(doing, err)
		default:
			s.verbose("%s failed and is tried again in %s (%d of %d): %s", doing, wait, n+1, attempts, diag.Safe(err.Error(), 200))
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
			wait *= 2
		}
	}
}

// ownError is an error of this program's own side, which no retry mends.
type ownError struct{ err error }

func (e *ownError) Error() string { return e.err.Error() }
func (e *ownError) Unwrap() error { return e.err }

// ours makes an ownError of an error; nil of nil.
func ours(err error) error {
	if err == nil {
		return nil
	}
	return &ownError{err}
}

// explain says what failed and what to check.
func explain(doing string, err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: interrupted: %w", doing, context.Canceled)
	}
	var command mongo.CommandError
	answered := errors.As(err, &command) // else its code is 0
	hint, known := "check what the server says against its version and its log", stores.Advice(int(command.Code), err.Error())
	switch {
	case answered && command.Code == codeUnauthorized:
		hint = "check the user's rights: extract needs the role read on the database, and nothing more"
	case known != "":
		hint = strings.ReplaceAll(known, "\n", "\n  ")
	case mongo.IsNetworkError(err):
		hint = "check the network and the server, then run extract again: nothing was changed"
	}
	return fmt.Errorf("%s failed: %w\n  %s", doing, err, hint)
}
