package extract

// Three ends at work at once. In: one that makes documents; out: the same, to one that takes
// them, in order, with what was made of them in between on all processors. A few chunks of
// documents are on their way, so that none waits for another one for long.

import (
	"encoding/binary"
	"errors"
	"iter"
	"runtime"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/parallel"
)

const (
	// chunks are on their way at most, each of about chunkSize bytes; of those with large documents fewer.
	chunks    = 6
	chunkSize = 512 << 10
	// largeSize is what all large ones may have, or one.
	largeSize = 16 << 20
)

// errCut is of a document that is not as long as it says.
var errCut = errors.New("a document is damaged: its length is another one than it says")

// errTaken tells the one that makes documents that no more are taken.
var errTaken = errors.New("no more documents are taken")

// maker makes documents one after the other; it ends when emit has an error.
type maker func(emit func(d bson.Raw) error) error

// chunk are some documents and what was made of them, which is made anew in the memory of an earlier one.
type chunk[T any] struct {
	documents []byte
	made      T
	ready     chan struct{} // one value each time that it is made
}

// all are the documents. They are valid until the chunk was taken.
func (c *chunk[T]) all() iter.Seq[bson.Raw] {
	return func(yield func(bson.Raw) bool) {
		for at := 0; at < len(c.documents); {
			size := int(binary.LittleEndian.Uint32(c.documents[at:]))
			if !yield(bson.Raw(c.documents[at : at+size : at+size])) {
				return
			}
			at += size
		}
	}
}

// pipe calls take with all documents that are emitted, in order, some at a time, and with what work has made
// of them, which several goroutines call. The error is take's, else the maker's.
func pipe[T any](produce maker, work func(all iter.Seq[bson.Raw], into *T), take func(all iter.Seq[bson.Raw], made *T) error) error {
	p := &pipeline[T]{
		order: make(chan *chunk[T], chunks), open: make(chan *chunk[T], chunks), empty: make(chan *chunk[T], chunks),
		large: make(chan struct{}, largeSize/chunkSize), stop: make(chan struct{}),
	}
	for range chunks {
		p.empty <- &chunk[T]{ready: make(chan struct{}, 1)}
	}
	var making, taking error
	parallel.Run(2+runtime.GOMAXPROCS(0), func(end int) {
		switch end {
		case 0:
			defer close(p.order)
			defer close(p.open)
			making = p.fill(produce)
		case 1:
			defer close(p.stop)
			taking = p.drain(work, take)
		default:
			p.make(work)
		}
	})
	if taking != nil {
		return taking
	}
	return making
}

// pipeline are the chunks between the ends; no end waits when it puts one, as there are no more than each channel holds.
type pipeline[T any] struct {
	order chan *chunk[T] // full ones, for the end that takes
	open  chan *chunk[T] // the same, for those that make something of them
	empty chan *chunk[T]
	large chan struct{} // a value for each chunkSize of large ones in order
	stop  chan struct{} // closed: no more are taken
}

// fill is the end that makes documents.
func (p *pipeline[T]) fill(produce maker) error {
	c := <-p.empty
	put := func() error {
		if n := c.parts(); n > 0 {
			for range n {
				select {
				case p.large <- struct{}{}:
				case <-p.stop:
					return errTaken
				}
			}
		} else {
			p.open <- c
		}
		p.order <- c
		return nil
	}
	err := produce(func(d bson.Raw) error {
		if len(d) < 4 || int(binary.LittleEndian.Uint32(d)) != len(d) {
			return errCut
		}
		c.documents = append(c.documents, d...)
		if len(c.documents) < chunkSize {
			return nil
		}
		if err := put(); err != nil {
			return err
		}
		select {
		case c = <-p.empty:
			return nil
		case <-p.stop:
			return errTaken
		}
	})
	if len(c.documents) > 0 && err == nil {
		return put()
	}
	return err
}

// parts are how much room one takes that is taken as it is, as what is made of several large documents would be in memory
// at once; 0: of the others.
func (c *chunk[T]) parts() int {
	if len(c.documents) <= 2*chunkSize {
		return 0
	}
	return min(len(c.documents), largeSize) / chunkSize
}

// make is an end that makes something of chunks.
func (p *pipeline[T]) make(work func(all iter.Seq[bson.Raw], into *T)) {
	defer func() { // where one panics, nobody waits for the rest
		for c := range p.open {
			c.ready <- struct{}{}
		}
	}()
	for c := range p.open {
		func() {
			defer func() { c.ready <- struct{}{} }()
			work(c.all(), &c.made)
		}()
	}
}

// drain is the end that takes them.
func (p *pipeline[T]) drain(work func(all iter.Seq[bson.Raw], into *T), take func(all iter.Seq[bson.Raw], made *T) error) error {
	for c := range p.order {
		large := c.parts()
		if large > 0 {
			work(c.all(), &c.made)
		} else {
			<-c.ready
		}
		if err := take(c.all(), &c.made); err != nil {
			return err
		}
		if large > 0 {
			*c = chunk[T]{ready: c.ready} // its memory is not kept
			for range large {
				<-p.large
			}
		}
		c.documents = c.documents[:0]
		p.empty <- c
	}
	return nil
}
