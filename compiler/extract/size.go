package extract

// How large collections are. In: collections; out: those that are too large to be extracted. Documents are
// counted before anything is read, which servers know without looking. How many bytes they are is asked for when
// a part was read, while more of it is; most collections are smaller, and are not asked about. What is read is
// held to both limits in any case.

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// askedAfter is the part of Options.MaxBytes of which a collection is read before its size is asked for.
const askedAfter = 8

// count counts the documents of collections; it is an error when some have too many.
func (s *source) count(ctx context.Context, jobs []*job) error {
	errs := make([]error, len(jobs))
	parallel.Each(Concurrency, len(jobs), func(i int) {
		if jobs[i].info.Type != "view" {
			errs[i] = s.counted(ctx, jobs[i])
		}
	})
	refused := false
	for i, j := range jobs {
		if errs[i] != nil {
			return errs[i]
		}
		refused = refused || s.tooMany(j) != ""
	}
	if refused {
		return s.allTooLarge(ctx)
	}
	return nil
}

// counted asks the server how many documents a collection has.
func (s *source) counted(ctx context.Context, j *job) (err error) {
	if j.total, err = s.db.Collection(j.want.Name).EstimatedDocumentCount(ctx, options.EstimatedDocumentCount().SetComment(comment)); err != nil {
		return explain("counting the documents of "+s.where(j.want.Name), err)
	}
	return nil
}

// tooMany says of how many documents a collection has too many; empty: it has not.
func (s *source) tooMany(j *job) string {
	n, most := j.total, s.o.MaxDocuments
	switch {
	case s.o.Sample > 0 && n > s.o.Sample:
		if s.o.Sample > most {
			return fmt.Sprintf("the sample of %s has %d documents, more than the %d", s.where(j.want.Name), s.o.Sample, most)
		}
	case n > most:
		return fmt.Sprintf("%s has %d documents, more than the %d", s.where(j.want.Name), n, most)
	}
	return ""
}

// measurable reports whether the server's word on a collection's bytes is one on what is extracted: what is left out
// does not count, and of a sample the bytes are counted while it is read.
func (s *source) measurable(j *job) bool {
	return s.export == nil && j.info.Type != "view" && s.o.Sample == 0 && len(j.want.Redact)+len(j.want.Omit) == 0
}

// tooLarge says why a collection whose documents are counted is too large; empty: it is not, as far as can be seen before it is read.
func (s *source) tooLarge(ctx context.Context, j *job) string {
	if many := s.tooMany(j); many != "" || !s.measurable(j) {
		return many
	}
	var stats struct{ Size bson.RawValue }
	err := s.db.RunCommand(ctx, bson.D{{Key: "collStats", Value: j.want.Name}, {Key: "comment", Value: comment}}).Decode(&stats)
	bytes, _ := stats.Size.AsInt64OK()
	switch {
	case err != nil && ctx.Err() == nil:
		s.verbose("%s: its size is seen only while it is read: the server says %s", s.where(j.want.Name), diag.Safe(err.Error(), 200))
	case bytes > s.o.MaxBytes:
		return fmt.Sprintf("%s has %s, more than the %s", s.where(j.want.Name), mebibytes(bytes), mebibytes(s.o.MaxBytes))
	}
	return ""
}

// allTooLarge names each collection of the source that is too large, so that one run tells all; nil: none is. It is
// the context's error where that has ended.
func (s *source) allTooLarge(ctx context.Context) error {
	reasons := make([]string, len(s.jobs))
	parallel.Each(Concurrency, len(s.jobs), func(i int) { reasons[i] = s.tooLarge(ctx, s.jobs[i]) })
	if err := ctx.Err(); err != nil {
		return err // another collection was refused meanwhile, or all of it stopped: this list may lack some
	}
	var large []string
	for _, reason := range reasons {
		if reason != "" {
			large = append(large, reason)
		}
	}
	if len(large) == 0 {
		return nil
	}
	return tooLarge(large)
}

// watched calls read, which calls large when it has come upon so much that the collection may be too large. Then the
// server is asked; where it says so, read is stopped by its context, and the error names all collections that are too
// large. The answer is waited for only where read itself finds that there is too much: it says how much.
func (s *source) watched(ctx context.Context, j *job, read func(ctx context.Context, large func()) error) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	asking, answered := context.WithCancel(ctx)
	defer answered()
	wanted := make(chan struct{}, 1)
	var refusal, err error
	parallel.Run(2, func(end int) {
		if end == 1 {
			defer close(wanted)
			err = read(reading, func() {
				select {
				case wanted <- struct{}{}:
				default:
				}
			})
			if !errors.As(err, new(*Error)) {
				answered()
			}
			return
		}
		if _, ok := <-wanted; ok && s.measurable(j) && s.tooLarge(asking, j) != "" {
			if refusal = s.allTooLarge(ctx); refusal != nil { // else it has become smaller
				stop()
			}
		}
	})
	if refusal != nil {
		return refusal
	}
	return err
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20) }

func tooLarge(reasons []string) error {
	e := &Error{Message: reasons[0] + " that are extracted"}
	for _, more := range reasons[1:] {
		e.Notes = append(e.Notes, more+" that are extracted")
	}
	e.Notes = append(e.Notes,
		"mongocd promotes configuration and reference data that people review in git; for data of this size use a copy or a migration",
		"leave the collection out of the weave, or keep what is to be promoted in a collection of its own",
		"where it must be, raise the limits: --max-documents, --max-size")
	return e
}
