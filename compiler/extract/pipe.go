package extract

// Two ends at work at once. In: one that makes documents; out: the same, to one
// that takes them, in order. A few chunks of documents are on their way between
// them, so that neither waits for the other one for long.

import (
	"encoding/binary"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/parallel"
)

const (
	// chunks are on their way at most, each of about chunkSize bytes.
	chunks    = 4
	chunkSize = 1 << 20
)

// errTaken tells the one that makes documents that no more are taken.
var errTaken = errors.New("no more documents are taken")

// maker makes documents one after the other; it ends when emit has an error.
type maker func(emit func(d bson.Raw) error) error

// pipe calls take with every document that is emitted, in order. A document is
// valid until take returns. The error is take's, else the maker's.
func pipe(produce maker, take func(d bson.Raw) error) error {
	full, empty, stop := make(chan []byte, chunks), make(chan []byte, chunks), make(chan struct{})
	for range chunks {
		empty <- nil
	}
	var making, taking error
	parallel.Run(2, func(end int) {
		if end == 0 {
			defer close(full)
			making = fill(produce, full, empty, stop)
			return
		}
		defer close(stop)
		taking = drain(take, full, empty)
	})
	if taking != nil {
		return taking
	}
	return making
}

// fill is the end that makes documents.
func fill(produce maker, full chan<- []byte, empty <-chan []byte, stop <-chan struct{}) error {
	c := (<-empty)[:0]
	err := produce(func(d bson.Raw) error {
		c = append(c, d...)
		if len(c) < chunkSize {
			return nil
		}
		full <- c // never waits: there are no more chunks than it holds
		select {
		case c = <-empty:
			c = c[:0]
			return nil
		case <-stop:
			c = nil
			return errTaken
		}
	})
	if len(c) > 0 && err == nil {
		full <- c
	}
	return err
}

// drain is the end that takes them.
func drain(take func(d bson.Raw) error, full <-chan []byte, empty chan<- []byte) error {
	for c := range full {
		for at := 0; at < len(c); {
			size := int(binary.LittleEndian.Uint32(c[at:]))
			if err := take(bson.Raw(c[at : at+size : at+size])); err != nil {
				return err
			}
			at += size
		}
		empty <- c
	}
	return nil
}
