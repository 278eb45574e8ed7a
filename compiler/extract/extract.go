// Package extract brings collections of live source databases into the
// workspace's extracted/ folder: documents, indexes and options.
//
// In: clients and what to read. Out: folders in the layout of runtime/layout,
// and a Result for each that says what was done. Everything is read, judged and
// written beside its place before any folder is replaced (runtime/replace): all
// of them or none. Nothing is ever written to a source.
//
// source.go reads a source, size.go finds what is too large of it, survey.go says what is in one, export.go an export in its place, sorter.go puts its documents in order in bounded
// memory, folder.go writes one collection, compare.go finds how files and
// source differ; compiler/redact looks for secrets and leaves fields out.
package extract

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/parallel"
	"github.com/hayone1/mongocd/runtime/replace"
)

// The defaults of the sizes above which a collection is refused: what git and
// people can review.
const (
	MaxDocuments = 100_000
	MaxBytes     = 200 << 20
)

// Concurrency is how many collections are read at once.
const Concurrency = 4

// Options say how is extracted, and where to.
type Options struct {
	// Disk is the workspace, and Root the path of its folder extracted/.
	Disk *disk.Folder
	Root string
	// Layout of all collections; empty: kept as it is, or chosen by the size.
	Layout layout.Layout
	// DiscardEdits overwrites files that were changed since they were written.
	DiscardEdits bool
	// Check writes nothing, and finds how files and sources differ instead.
	Check bool
	// MaxDocuments and MaxBytes of a collection; 0: the defaults.
	MaxDocuments, MaxBytes int64
	// Sample is how many documents of a collection are read that has more: the first and
	// the last by `_id`, half of them each; 0: all.
	Sample int64
	// Progress, if set, is called now and then, by several goroutines.
	Progress func(Progress)
	// Verbose, if set, is told what was decided, in lines; by several goroutines.
	Verbose func(line string)

	// For tests: what a collection's documents may take in memory, and the wait
	// before the first retry.
	memory int
	wait   time.Duration
}

// Progress is how far the reading of one collection is.
type Progress struct {
	Source, Collection string
	Documents, Bytes   int64 // read so far
	Total              int64 // documents, as the server estimates them
	Done               bool
}

// From is one source.
type From struct {
	Client *mongo.Client
	// Source is the name that the weaves use; Database the real one, empty: Source.
	Source   string
	Database string
	// Collections to read, each once.
	Collections []Collection
	// Gone are collections whose folders go: the source has them no longer.
	Gone []string
}

// Collection is one collection to extract.
type Collection struct {
	Name string
	// Key are the identity paths that name the documents; empty: `_id`.
	Key []doc.Path
	// Redact and Omit are fields that are left out.
	Redact, Omit []desired.Pattern
	// NotSecret are fields that look like secrets and are none.
	NotSecret []desired.Pattern
}

// Result is what was done with one collection.
type Result struct {
	Source     string        `json:"source"`
	Collection string        `json:"collection"`
	Folder     string        `json:"-"`    // its path in Options.Disk
	Kind       string        `json:"kind"` // collection, view or timeseries
	Layout     layout.Layout `json:"layout"`
	Documents  int64         `json:"documents"`
	Bytes      int64         `json:"bytes"` // of BSON
	Indexes    int           `json:"indexes"`
	Changed    bool          `json:"changed"`        // false: the folder was, or is, up to date
	Note       string        `json:"note,omitempty"` // something to know, in words
	// Suspects are fields that look like secrets.
	Suspects []redact.Suspect `json:"suspects,omitempty"`
	// Differences are what Check found.
	Differences []Difference `json:"differences,omitempty"`
}

// Error is a refusal in words, safe to print.
type Error struct {
	Message string
	Notes   []string // evidence and what to do
}

// Error gives the message and the notes.
func (e *Error) Error() string { return strings.Join(append([]string{e.Message}, e.Notes...), "\n  ") }

// ErrSecrets is the refusal to write fields that look like secrets.
var ErrSecrets = errors.New("some fields look like secrets")

// Live extracts collections. The results have one entry a collection, in the
// order of the sources; none after an error, when nothing was replaced, but with
// ErrSecrets they say which fields. The errors are *Error, or the driver's and the
// system's with words before them.
func Live(ctx context.Context, sources []From, o Options) ([]Result, error) {
	o = o.withDefaults()
	if err := replace.Finish(o.Disk, o.Root); err != nil {
		return nil, err
	}
	var jobs []*job
	for _, from := range sources {
		if from.Database == "" {
			from.Database = from.Source
		}
		s := &source{From: from, o: &o}
		found, err := s.prepare(ctx)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, found...)
	}
	return extractAll(ctx, jobs, o)
}

func (o Options) withDefaults() Options {
	if o.MaxDocuments == 0 {
		o.MaxDocuments = MaxDocuments
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = MaxBytes
	}
	if o.memory == 0 {
		o.memory = sortMemory
	}
	if o.wait == 0 {
		o.wait = 500 * time.Millisecond
	}
	return o
}

// extractAll is Live with the collections known.
func extractAll(ctx context.Context, jobs []*job, o Options) (_ []Result, err error) {
	if !o.DiscardEdits && !o.Check {
		if err := refuseEdited(jobs); err != nil {
			return nil, err
		}
	}
	if o.Check {
		return check(ctx, jobs)
	}
	work, err := replace.Begin(o.Disk, o.Root, true)
	if err != nil {
		return nil, fmt.Errorf("begin to write: %w", err)
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	for _, j := range jobs {
		relative, err := layout.Below(o.Root, j.folder)
		if err != nil {
			return nil, err
		}
		if j.gone {
			if err := work.Remove(relative, layout.Own); err != nil {
				return nil, err
			}
			continue
		}
		out, err := work.Folder(relative, layout.Own)
		if err != nil {
			return nil, err
		}
		j.sink = &folderSink{folder: out, state: j.state}
		j.temporary = work.Temporary
	}
	if err := all(ctx, jobs); err != nil {
		return nil, err
	}
	if found := results(jobs); suspected(found) {
		return found, ErrSecrets
	}
	if !o.DiscardEdits {
		// Somebody may have edited a file meanwhile.
		for _, j := range jobs {
			if !j.result.Changed {
				continue
			}
			if j.state, err = layout.Inspect(o.Disk, j.folder); err != nil {
				return nil, err
			}
		}
		if err := refuseEdited(jobs); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("stopped before anything was replaced: %w", err)
	}
	if err := work.Commit(); err != nil {
		return nil, fmt.Errorf("writing the extracted files: %w", err)
	}
	return results(jobs), nil
}

// check is Live without writing anything under the root.
func check(ctx context.Context, jobs []*job) (_ []Result, err error) {
	temporary, err := os.MkdirTemp("", "mongocd-extract-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	base, err := disk.Open(temporary)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	work, err := replace.Begin(base, ".", false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	for _, j := range jobs {
		j.sink = &compareSink{job: j, seen: map[string]bool{}}
		j.temporary = work.Temporary
	}
	if err := all(ctx, jobs); err != nil {
		return nil, err
	}
	found := results(jobs)
	if suspected(found) {
		return found, ErrSecrets
	}
	return found, nil
}

func suspected(found []Result) bool {
	return slices.ContainsFunc(found, func(r Result) bool { return len(r.Suspects) > 0 })
}

func results(jobs []*job) []Result {
	out := make([]Result, len(jobs))
	for i, j := range jobs {
		out[i] = j.result
	}
	return out
}

// all extracts the collections, some at once. The error is that of the first
// collection which failed by itself; it stops the others.
func all(ctx context.Context, jobs []*job) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(jobs))
	parallel.Each(Concurrency, len(jobs), func(i int) {
		if ctx.Err() != nil {
			return
		}
		if errs[i] = jobs[i].run(ctx); errs[i] != nil {
			cancel()
		}
	})
	var first error
	for _, err := range errs {
		if err != nil && (first == nil || errors.Is(first, context.Canceled) && !errors.Is(err, context.Canceled)) {
			first = err
		}
	}
	if first == nil {
		first = ctx.Err()
	}
	return first
}

// refuseEdited stops before files that a person has changed are overwritten.
func refuseEdited(jobs []*job) error {
	var edited []string
	for _, j := range jobs {
		for _, name := range j.state.Edited {
			edited = append(edited, shownPath(j.folder, name))
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
	e.Notes = append(e.Notes, "make the change by a rule in the weave, and give --discard-edits to overwrite the files",
		"after a git merge of extracted files, run `mongocd extract --relock` first")
	return e
}

// shownPath is a file for messages: extracted/shop/flags/documents.jsonl.
func shownPath(folder, name string) string { return diag.Safe(path.Join(folder, name), 300) }

// Relock takes the folders of collections below a root, which has a path in base,
// as they are for what was extracted, after a git merge. They must read without faults. It names the collections,
// as SOURCE.COLLECTION, whose lock changed. The errors are the layout's.
func Relock(ctx context.Context, base *disk.Folder, root string, wanted func(source, collection string) bool) ([]string, error) {
	if err := replace.Finish(base, root); err != nil {
		return nil, err
	}
	sources, err := layout.Databases(base, root)
	if err != nil {
		return nil, err
	}
	var folders, names []string
	for _, source := range sources {
		collections, err := layout.Collections(base, root, source)
		if err != nil {
			return nil, err
		}
		for _, name := range collections {
			if !wanted(source, name) {
				continue
			}
			folder, err := layout.Find(base, root, source, name)
			if err != nil {
				return nil, err
			}
			if _, err := layout.Read(ctx, base, folder); err != nil {
				return nil, err
			}
			folders, names = append(folders, folder), append(names, source+"."+name)
		}
	}
	var changed []string
	for i, folder := range folders {
		written, err := layout.Relock(base, folder)
		if err != nil {
			return changed, fmt.Errorf("writing the lock of %s: %w", diag.Safe(names[i], 128), err)
		}
		if written {
			changed = append(changed, names[i])
		}
	}
	return changed, nil
}
