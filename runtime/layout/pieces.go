package layout

// The documents of a folder. In: the names of its files; out: what is in them, in the
// order of names and lines. One file at a time is read, and two goroutines parse its pieces.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"sync"

	"github.com/hayone1/mongocd/runtime/parallel"
)

const (
	chunkSize = 1 << 20
	workers   = 2
)

// part is a piece of work: one file, or some lines of one.
type part struct {
	file string
	data []byte // nil: the whole file, still to be read
	line int    // number of the first line in data
	docs []Document
	errs []error
	// locked: there is a lock, so digest is of the whole file; digestOnly: of a
	// file whose lines are other parts, or that nobody parses.
	locked, digestOnly bool
	known              bool // the documents are here
	digest             Digest
}

// pieces are the parts of files, in order, of which one file at a time is in memory.
type pieces struct {
	*folderReader
	parsed bool
	mutex  sync.Mutex
	files  []string // that are still to be read
	known  map[string]*part
	list   []*part // so far
	data   []byte  // what is left of the file at hand, which begins with the line
	file   string
	line   int
	size   int // of what was read
}

// next is the next piece of work; nil: there is none.
func (p *pieces) next() *part {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for len(p.data) == 0 {
		if len(p.files) == 0 {
			return nil
		}
		file := p.files[0]
		p.files = p.files[1:]
		if known := p.known[file]; known != nil {
			return p.add(known)
		}
		if !p.parsed {
			return p.add(&part{file: file, locked: true, digestOnly: true})
		}
		if path.Ext(file) != ".jsonl" {
			return p.add(&part{file: file, locked: p.digests != nil})
		}
		data, ok := p.readDocuments(file)
		if !ok {
			continue
		}
		p.data, p.line, p.size = data, 1, p.size+len(data)
		p.file = file
		if p.digests != nil {
			return p.add(&part{file: file, data: data, locked: true, digestOnly: true})
		}
	}
	end := len(p.data)
	if end > chunkSize {
		if i := bytes.IndexByte(p.data[chunkSize:], '\n'); i >= 0 {
			end = chunkSize + i + 1
		}
	}
	of := &part{file: p.file, data: p.data[:end:end], line: p.line}
	p.line += bytes.Count(p.data[:end], []byte{'\n'})
	p.data = p.data[end:]
	return p.add(of)
}

func (p *pieces) add(of *part) *part {
	p.list = append(p.list, of)
	return of
}

// knownOf are the files whose documents are known.
func knownOf(files []string, known func(file string) ([]Document, Digest, bool)) map[string]*part {
	if known == nil {
		return nil
	}
	found := make([]*part, len(files))
	parallel.Run(workers, func(w int) {
		for i := w; i < len(files); i += workers {
			if docs, digest, ok := known(files[i]); ok {
				found[i] = &part{file: files[i], docs: docs, digest: digest, locked: true, known: true}
			}
		}
	})
	out := map[string]*part{}
	for _, p := range found {
		if p != nil {
			out[p.file] = p
		}
	}
	return out
}

func (r *folderReader) documents(ctx context.Context, files []string, parsed bool, with Parsing) []Document {
	from := &pieces{folderReader: r, parsed: parsed, files: files, known: knownOf(files, with.Known)}
	parallel.Run(workers, func(int) {
		own := &folderReader{root: r.root, docs: r.docs, dir: r.dir}
		for p := from.next(); p != nil && ctx.Err() == nil; p = from.next() {
			if p.known {
				continue
			}
			own.parse(p)
			p.errs, own.errs = own.errs, nil
			if with.Keep != nil && len(p.docs) > 0 {
				with.Keep(p.docs)
			}
		}
	})
	parts := from.list
	LetGo(from.size)
	total := 0
	unmerged := map[string]bool{}
	for _, p := range parts {
		total += len(p.docs)
		for _, err := range p.errs {
			// The marks of a conflict are one fault of a file, however many there are.
			var e *Error
			if errors.As(err, &e) && e.Message == conflictMessage {
				if unmerged[p.file] {
					continue
				}
				unmerged[p.file] = true
			}
			r.errs = append(r.errs, err)
		}
		if p.locked {
			r.digests[p.file] = p.digest
		}
	}
	if len(r.errs) > maxErrors {
		more := len(r.errs) - maxErrors
		r.errs = append(r.errs[:maxErrors], &Error{File: r.place(documentsDir), Message: fmt.Sprintf("and %d more faults in this collection", more)})
	}
	docs := make([]Document, 0, total)
	for _, p := range parts {
		docs = append(docs, p.docs...)
	}
	return docs
}
