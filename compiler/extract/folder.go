package extract

// One collection. In: where it is at the source; out: its files in a sink, and
// its Result.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// job is one collection to extract.
type job struct {
	source *source
	want   Collection
	gone   bool // the source has it no longer
	info   info
	total  int64 // documents, as the server estimates them
	folder string
	state  *layout.State

	sink      sink
	temporary func() (*replace.Temporary, error)
	result    Result
}

var idKey = []doc.Path{{"_id"}}

// run extracts the collection.
func (j *job) run(ctx context.Context) (err error) {
	if j.gone {
		if compare, ok := j.sink.(*compareSink); ok {
			compare.gone(&j.result)
		}
		return nil
	}
	s := j.source
	c := &layout.Collection{Database: s.Source, Name: j.want.Name, Kind: layout.KindCollection, Options: bytes.Clone(j.info.Options)}
	if uuid := j.info.Info.UUID; len(uuid.Data) > 0 {
		c.SourceID = layout.SourceID(uuid.Data)
	}
	sorted := newSorter(idKey, s.o.memory, j.temporary)
	defer func() { err = errors.Join(err, sorted.close()) }()
	switch j.info.Type {
	case "view":
		c.Kind = layout.KindView
		j.result.Note = "a view: only its definition was extracted"
	default:
		if j.info.Type == "timeseries" {
			c.Kind = layout.KindTimeseries
		}
		if err = s.again(ctx, "reading "+s.where(c.Name), func() error {
			return s.watched(ctx, j, func(ctx context.Context, large func()) error {
				sorted, err = j.read(ctx, sorted, large)
				return err
			})
		}); err != nil {
			return err
		}
		if err = s.again(ctx, "listing the indexes of "+s.where(c.Name), func() error {
			c.Indexes, err = s.indexes(ctx, c.Name)
			return err
		}); err != nil {
			return err
		}
	}
	c.Redacted, c.Omitted = redact.PatternTexts(j.want.Redact), redact.PatternTexts(j.want.Omit)
	c.Key = sorted.key
	if c.Kind != layout.KindView && s.o.Sample > 0 && j.total > s.o.Sample {
		c.Sample = s.o.Sample
		j.result.Note = strings.TrimPrefix(j.result.Note+fmt.Sprintf("; a sample: the first and the last by _id, of %d", j.total), "; ")
	}
	if err := j.layout(c); err != nil {
		return err
	}
	if err := j.write(c, sorted); err != nil {
		return fmt.Errorf("%s cannot be written as files: %w", s.where(c.Name), err)
	}
	j.result.Kind, j.result.Layout, j.result.Indexes = c.Kind, c.Layout, len(c.Indexes)
	j.progress(true)
	return nil
}

func (j *job) progress(done bool) {
	if p := j.source.o.Progress; p != nil {
		p(Progress{Source: j.source.Source, Collection: j.want.Name, Documents: j.result.Documents, Bytes: j.result.Bytes, Total: j.total, Done: done})
	}
}

// read reads all documents into a sorter by the wanted key, or by `_id` where
// that is none. old is the one of the try before; large is told when there is so much that it may be too much.
func (j *job) read(ctx context.Context, old *sorter, large func()) (*sorter, error) {
	s := j.source
	if err := old.close(); err != nil {
		return old, ours(err)
	}
	key := j.want.Key
	if len(key) == 0 {
		key = idKey
	}
	sorted := newSorter(key, s.o.memory, j.temporary)
	j.result.Documents, j.result.Bytes, j.result.Note = 0, 0, ""
	left := slices.Concat(j.want.Redact, j.want.Omit)
	suspects := redact.Suspects{Known: j.want.NotSecret}
	read := s.documents
	if s.o.Sample > 0 && j.total > s.o.Sample {
		read = s.sampled
	}
	add := func(d bson.Raw) error {
		j.result.Documents++
		j.result.Bytes += int64(len(d))
		if j.result.Bytes > s.o.MaxBytes/askedAfter {
			large()
		}
		switch {
		case j.result.Bytes > s.o.MaxBytes:
			return tooLarge([]string{fmt.Sprintf("%s has more than the %s", s.where(j.want.Name), mebibytes(s.o.MaxBytes))})
		case j.result.Documents > s.o.MaxDocuments:
			return tooLarge([]string{fmt.Sprintf("%s has more than the %d documents", s.where(j.want.Name), s.o.MaxDocuments)})
		}
		if j.result.Documents%1000 == 0 {
			j.progress(false)
		}
		err := sorted.add(d)
		if errors.Is(err, errNoKey) {
			if sorted, err = j.byID(sorted, "a document has no"); err == nil {
				err = sorted.add(d)
			}
		}
		return ours(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := pipe(func(emit func(d bson.Raw) error) error { return read(ctx, j.want.Name, emit) }, func(all iter.Seq[bson.Raw], into *lookedAt) {
		into.documents, into.suspects.Known = into.documents[:0], j.want.NotSecret
		into.suspects.Reset()
		for d := range all {
			if into.damaged = doc.ValidateStructure(d); into.damaged != nil {
				return
			}
			d = redact.LeaveOut(d, left)
			into.suspects.Add(d)
			into.documents = append(into.documents, d)
		}
	}, func(_ iter.Seq[bson.Raw], made *lookedAt) error {
		if made.damaged != nil {
			cancel()
			return ours(fmt.Errorf("the source has a document that is damaged: %w", made.damaged))
		}
		suspects.Join(&made.suspects, made.documents)
		for _, d := range made.documents {
			if err := add(d); err != nil {
				cancel() // the batch that is under way is not waited for
				return err
			}
		}
		return nil
	})
	j.result.Suspects = suspects.Found()
	if err != nil || isID(sorted.key) && s.export == nil { // a server has each once
		return sorted, err
	}
	unique, err := sorted.unique()
	if err == nil && !unique {
		sorted, err = j.byID(sorted, "two documents have the same")
	}
	return sorted, ours(err)
}

// lookedAt are documents without what is left out, and what in them looks like a secret.
type lookedAt struct {
	documents []bson.Raw
	suspects  redact.Suspects
	damaged   error // what is wrong with the document behind them
}

// byID sorts by `_id` instead, and notes why; it is an error where they are sorted by it.
func (j *job) byID(s *sorter, why string) (*sorter, error) {
	if isID(s.key) {
		return s, &Error{Message: why + " `_id`", Notes: []string{"give each document one of its own, or name other fields that tell them apart with --by"}}
	}
	j.result.Note = fmt.Sprintf("files are named by _id: %s %s", why, paths(s.key))
	fresh := newSorter(idKey, s.memory, j.temporary)
	return fresh, errors.Join(s.unordered(fresh.add), s.close())
}

func isID(key []doc.Path) bool { return len(key) == 1 && doc.ComparePaths(key[0], idKey[0]) == 0 }

func paths(list []doc.Path) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}

// layout is the one that was asked for, else that of the folder, else one by
// the size. A description that cannot be read, one of a newer format say, is
// overwritten only when edits are discarded.
func (j *job) layout(c *layout.Collection) error {
	o := j.source.o
	where := j.source.where(c.Name)
	if c.Layout = o.Layout; c.Layout != "" {
		return nil
	}
	old, err := layout.Describe(o.Disk, j.folder)
	switch {
	case err == nil && old.Layout != "":
		c.Layout = old.Layout
		j.source.verbose("%s: layout %s, as before (another one: --layout)", where, c.Layout)
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist) && !o.DiscardEdits:
		return err
	}
	c.Layout = layout.Choose(int(j.result.Documents), j.result.Bytes)
	j.source.verbose("%s: layout %s, for %d documents of %d bytes (default; another one: --layout)", where, c.Layout, j.result.Documents, j.result.Bytes)
	return nil
}

// encoded are documents as lines, unless one has no key.
type encoded struct {
	lines layout.Encoded
	keyed bool
}

// write sends the files to the sink.
func (j *job) write(c *layout.Collection, sorted *sorter) error {
	w, err := layout.NewWriter(c, j.sink)
	if err != nil {
		return err
	}
	err = pipe(func(emit func(d bson.Raw) error) error {
		return sorted.each(func(d bson.Raw, _ []bson.RawValue) error { return emit(d) })
	}, func(all iter.Seq[bson.Raw], into *encoded) {
		if !w.Encodes() {
			return
		}
		var key []bson.RawValue
		for d := range all {
			if key, into.keyed = sorted.appendKey(key[:0], d); !into.keyed {
				return
			}
			w.Encode(&into.lines, d, key)
		}
	}, func(all iter.Seq[bson.Raw], made *encoded) error {
		if w.Encodes() {
			if !made.keyed {
				return errNoKey
			}
			return w.Write(&made.lines)
		}
		for d := range all {
			key, ok := sorted.keyOf(d)
			if !ok {
				return errNoKey
			}
			if err := w.Add(d, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return errors.Join(err, w.Abort())
	}
	lock, err := w.Close()
	if err != nil {
		return err
	}
	j.result.Changed, err = j.sink.done(lock, &j.result)
	return err
}
