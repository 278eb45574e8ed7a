package mongo

// What a cursor has. In: a cursor; out: its documents, while the next reply is asked for.

import (
	"context"
	"errors"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/runtime/parallel"
)

// Documents are read in pieces of memory, and up to so many of these, and of the sum of their
// bytes, ahead of who asks for them: as much as a reply of documents of 1 KiB has.
const (
	pieceBytes  = 64 << 10
	aheadPieces = 64
)

// some are documents of a cursor, in one piece of memory, or one that is larger.
type some struct {
	documents []bson.Raw
	bytes     int
	err       error // behind them: there are no more
}

// documents yields what a cursor has and closes it. Who keeps one document keeps a piece.
func (s *Store) documents(ctx context.Context, cursor *mongo.Cursor) iter.Seq2[bson.Raw, error] {
	return func(yield func(bson.Raw, error) bool) {
		pieces := s.pieces(ctx, cursor)
		if cursor.ID() != 0 { // there are more replies than the first
			pieces = parallel.Ahead(aheadPieces, func(p some) int { return p.bytes / pieceBytes }, pieces)
		}
		for p := range pieces {
			for _, d := range p.documents {
				if !yield(d, nil) {
					return
				}
			}
			if p.err != nil {
				yield(nil, p.err)
				return
			}
		}
	}
}

// pieces yields what a cursor has in pieces and closes it.
func (s *Store) pieces(ctx context.Context, cursor *mongo.Cursor) iter.Seq[some] {
	return func(yield func(some) bool) {
		var p some
		var memory []byte
		wanted := true
		add := func(d bson.Raw) bool {
			if len(d) > cap(memory)-len(memory) {
				if len(p.documents) > 0 {
					wanted = yield(p)
				}
				p, memory = some{}, make([]byte, 0, max(len(d), pieceBytes))
			}
			memory = append(memory, d...)
			p.documents, p.bytes = append(p.documents, memory[len(memory)-len(d):len(memory):len(memory)]), p.bytes+len(d)
			return wanted
		}
		for s.reply(ctx, cursor, add) {
		}
		p.err = errors.Join(cursor.Err(), cursor.Close(context.WithoutCancel(ctx)))
		if wanted && (len(p.documents) > 0 || p.err != nil) {
			yield(p)
		}
	}
}

// reply adds what is left of a reply, or what the next one has. False: it is enough, or there
// is no more. The time limit is of the reply: a context of its own for each document takes
// longer than reading it.
func (s *Store) reply(ctx context.Context, cursor *mongo.Cursor, add func(bson.Raw) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for cursor.Next(ctx) {
		if !add(cursor.Current) {
			return false
		}
		if cursor.RemainingBatchLength() == 0 {
			return true
		}
	}
	return false
}
