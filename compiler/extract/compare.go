package extract

// How files and source differ. In: the files that extract would write; out:
// Differences from those that are there, without writing.

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Difference is one file that is not what the source gives.
type Difference struct {
	// Path is the file, from the folder extracted/ on.
	Path string `json:"path"`
	// Kind is "changed": both have it; "missing": only the source has it;
	// "extra": only the files have it; "edited": changed by hand since it was extracted.
	Kind string `json:"kind"`
	// Detail says which documents of a file of lines differ; may be empty.
	Detail string `json:"detail,omitempty"`
}

// compareSink takes the files of a collection and compares them.
type compareSink struct {
	job   *job
	seen  map[string]bool
	found []Difference
}

func (s *compareSink) add(name, kind, detail string) {
	j := s.job
	if slices.Contains(j.state.Edited, name) && kind != "missing" {
		kind = "edited"
	}
	s.found = append(s.found, Difference{Path: shownPath(j.folder, name), Kind: kind, Detail: detail})
}

// File implements layout.Sink.
func (s *compareSink) File(name string, digest layout.Digest, _ []byte) error {
	s.seen[name] = true
	have, ok := s.job.state.Files[name]
	switch {
	case !ok:
		s.add(name, "missing", "")
	case have != digest:
		s.add(name, "changed", "")
	}
	return nil
}

// Lines implements layout.Sink.
func (s *compareSink) Lines(name string) (io.WriteCloser, error) {
	s.seen[name] = true
	l := &lineComparer{sink: s, name: name, disk: s.job.source.o.Disk, file: path.Join(s.job.folder, name)}
	if _, ok := s.job.state.Files[name]; !ok {
		l.absent = true
		return l, nil
	}
	l.lines = map[lineDigest]int{}
	return l, eachLine(l.disk, l.file, func(line []byte) error {
		l.lines[digestLine(line)]++
		return nil
	})
}

// done implements sink: what is left are files that the source does not give.
func (s *compareSink) done(lock []byte, r *Result) (bool, error) {
	for _, name := range slices.Sorted(maps.Keys(s.job.state.Files)) {
		if !s.seen[name] {
			s.add(name, "extra", "")
		}
	}
	if len(s.found) == 0 && !bytes.Equal(lock, s.job.state.Lock) {
		detail := "it is not what extract writes"
		if s.job.state.Lock != nil && !bytes.HasPrefix(lock, []byte("# source "+s.job.state.SourceID+"\n")) {
			detail = "the files are those of another collection at the source, which was made again, or extracted before mongocd kept this"
		}
		s.add(layout.LockName, "changed", detail)
	}
	slices.SortFunc(s.found, func(a, b Difference) int { return cmp.Compare(a.Path, b.Path) })
	r.Differences = s.found
	return len(s.found) > 0, nil
}

// gone is for a collection that the source has no longer.
func (s *compareSink) gone(r *Result) {
	j := s.job
	r.Differences = []Difference{{Path: shownPath(j.folder, "") + "/", Kind: "extra", Detail: "the source has the collection no longer"}}
}

// lineDigest stands for one line; 16 bytes are enough to tell lines apart.
type lineDigest [16]byte

func digestLine(line []byte) lineDigest {
	sum := sha256.Sum256(bytes.TrimRight(line, "\r\n"))
	return lineDigest(sum[:16])
}

// eachLine reads a file line by line.
func eachLine(files fs.FS, name string, do func(line []byte) error) (err error) {
	file, err := files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed since it was looked at: then it differs
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in := bufio.NewReaderSize(file, 64<<10)
	var line []byte
	for {
		line = line[:0]
		for {
			part, err := in.ReadSlice('\n')
			line = append(line, part...)
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			break
		}
		if len(line) == 0 {
			return nil
		}
		if err := do(line); err != nil {
			return err
		}
	}
}

// lineComparer compares a file of lines, document by document.
type lineComparer struct {
	sink       *compareSink
	disk       fs.FS
	name, file string
	absent     bool
	lines      map[lineDigest]int // of the file, how often
	only       documentNames      // at the source
}

// Write gets lines of the source.
func (l *lineComparer) Write(lines []byte) (int, error) {
	if l.absent {
		return len(lines), nil
	}
	for line := range bytes.Lines(lines) {
		if d := digestLine(line); l.lines[d] > 0 {
			l.lines[d]--
		} else {
			l.only.add(line)
		}
	}
	return len(lines), nil
}

// Close says what was found.
func (l *lineComparer) Close() error {
	if l.absent {
		l.sink.add(l.name, "missing", "")
		return nil
	}
	var here documentNames
	err := eachLine(l.disk, l.file, func(line []byte) error {
		if d := digestLine(line); l.lines[d] > 0 {
			l.lines[d]--
			here.add(line)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch detail := compareNames(l.only, here); {
	case detail != "":
		l.sink.add(l.name, "changed", detail)
	case slices.Contains(l.sink.job.state.Edited, l.name):
		l.sink.add(l.name, "changed", "the same documents in another order")
	}
	return nil
}

// documentNames are the `_id`s of some lines, for messages.
type documentNames []string

// maxNamed bounds how many are kept; beyond, documents are only counted.
const maxNamed = 10_000

func (n *documentNames) add(line []byte) {
	name := ""
	if len(*n) < maxNamed {
		name = "a line that is no document"
		if d, err := doc.ParseLine(line); err == nil {
			id, _ := doc.Get(d, idKey[0])
			name = "_id " + doc.Show(id, 40)
		}
	}
	*n = append(*n, name)
}

// compareNames says what is at the source, here, and in both but otherwise.
func compareNames(source, here documentNames) string {
	var changed, missing, extra []string
	theirs := map[string]bool{}
	for _, name := range here {
		theirs[name] = true
	}
	for _, name := range source {
		if name != "" && theirs[name] {
			changed = append(changed, name)
			delete(theirs, name)
		} else {
			missing = append(missing, name)
		}
	}
	for _, name := range here {
		if name == "" || theirs[name] {
			extra = append(extra, name)
		}
	}
	var parts []string
	for _, p := range []struct {
		what  string
		names []string
	}{{"changed", changed}, {"only at the source", missing}, {"only in the file", extra}} {
		if len(p.names) == 0 {
			continue
		}
		shown := p.names[:min(5, len(p.names))]
		more := ""
		if len(p.names) > len(shown) {
			more = ", …"
		}
		parts = append(parts, fmt.Sprintf("%d %s (%s%s)", len(p.names), p.what, strings.Join(shown, ", "), more))
	}
	return strings.Join(parts, "; ")
}
