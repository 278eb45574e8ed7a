package layout

// Reading a folder. In: a file system and its path there; out: the Collection in it, or every fault
// found (up to ten) as Error values. Files are parsed by two goroutines; the
// order of documents is that of file names and lines.

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
)

const (
	documentsDir   = "documents"
	documentsLines = "documents.jsonl"
	maxErrors      = 10
)

// Read reads the collection in a folder. A folder without collection.json is a
// plain collection with no index but `_id`. The error holds Error values (see
// Errors), is fs.ErrNotExist when there is no such folder, or the context's.
func Read(ctx context.Context, fsys fs.FS, dir string) (*Collection, error) {
	return read(ctx, fsys, dir, true, Parsing{})
}

// Parsing is what a reader does with the documents beside; the zero value is nothing. Several
// goroutines call each.
type Parsing struct {
	// Keep is given each piece of them as soon as it is parsed, and may put other slices with
	// the same bytes into it.
	Keep func([]Document)
	// Known are the documents of a file, and its digest, where these are known: it is not
	// read then.
	Known func(file string) ([]Document, Digest, bool)
}

// ReadWith is Read with more to do.
func ReadWith(ctx context.Context, fsys fs.FS, dir string, p Parsing) (*Collection, error) {
	return read(ctx, fsys, dir, true, p)
}

// Survey is Read without the documents: what is in their files is not looked at, but
// for the digests. Where Read succeeds all else is the same.
func Survey(ctx context.Context, fsys fs.FS, dir string) (*Collection, error) {
	return read(ctx, fsys, dir, false, Parsing{})
}

func read(ctx context.Context, fsys fs.FS, dir string, parsed bool, p Parsing) (*Collection, error) {
	root, err := openFolder(fsys, dir)
	if err != nil {
		return nil, err
	}
	c := &Collection{Database: nameOf(path.Base(path.Dir(dir))), Name: nameOf(path.Base(dir)), Kind: KindCollection}
	r := &folderReader{root: root, dir: dir, digests: map[string]Digest{}}
	var locked map[string]string
	text, hasLock := r.read(LockName)
	if hasLock {
		locked, c.SourceID, c.BadLines = parseLock(text)
		c.Unmerged = unmerged(text)
		if c.Unmerged {
			c.BadLines = nil
		}
	}
	asExtracted := r.description(c)
	c.Unlocked = asExtracted && !hasLock
	files := r.list(c)
	if len(r.errs) == 0 {
		c.Documents = r.documents(ctx, files, parsed, p)
	}
	c.Digests = r.digests
	if c.Digest = DigestOf(LockOf(c.SourceID, r.digests)); hasLock && !c.Unmerged {
		c.Edits = edits(locked, r.digests)
		for i, e := range c.Edits {
			if e.How != "changed" {
				continue
			}
			if text, ok := r.read(e.File); ok {
				c.Edits[i].LineEnds = DigestOf(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))).String() == locked[e.File]
			}
		}
	}
	if r.docs != nil {
		err = disk.CloseSub(r.docs)
	}
	if err := errors.Join(err, disk.CloseSub(root)); err != nil {
		r.fail("", 0, reason(err), "")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return c, nil
}

// openFolder opens a folder that is no symbolic link; what is read through it
// cannot lead out of it. It is closed with disk.CloseSub.
func openFolder(fsys fs.FS, dir string) (fs.FS, error) {
	info, err := fs.Lstat(fsys, dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &Error{File: dir, Message: "this is no folder", Hint: "symbolic links and plain files are not followed here: put the folder itself in this place"}
	}
	return disk.Sub(fsys, dir)
}

type folderReader struct {
	root fs.FS
	docs fs.FS // documents/; nil when there is none
	dir  string
	errs []error
	// digests are those of the files read so far; nil where nobody asks.
	digests map[string]Digest
}

func (r *folderReader) fail(file string, line int, message, hint string) {
	r.errs = append(r.errs, &Error{File: r.place(file), Line: line, Message: message, Hint: hint})
}

func (r *folderReader) place(file string) string {
	return path.Join(r.dir, file)
}

// description reads collection.json, and reports whether it is as extract writes it.
func (r *folderReader) description(c *Collection) bool {
	text, ok := r.read(describeName)
	if !ok {
		return false
	}
	c.Described = true
	if r.digests != nil {
		r.digests[describeName] = DigestOf(text)
	}
	if err := parseDescription(c, text); err != nil {
		r.errs = append(r.errs, r.parseError(describeName, text, 1, err))
		return false
	}
	written, err := describe(c)
	return err == nil && bytes.Equal(written, bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
}

// read reads a regular file of the folder; false when it is missing or cannot be read (then noted).
func (r *folderReader) read(name string) ([]byte, bool) {
	data, err := readRegular(r.root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	case errors.Is(err, errNotRegular):
		r.failLink(name)
		return nil, false
	case err != nil:
		r.fail(name, 0, "cannot be read: "+reason(err), "")
		return nil, false
	}
	return data, true
}

func (r *folderReader) failLink(name string) {
	r.fail(name, 0, "this is no regular file", "symbolic links are not followed here: put the file itself in this place")
}

// readDocuments reads a file with documents, which list found to be a regular
// one: a link put there since then could not lead out of the folder either.
func (r *folderReader) readDocuments(name string) ([]byte, bool) {
	base, inDir := strings.CutPrefix(name, documentsDir+"/")
	if !inDir {
		return r.read(name)
	}
	data, err := fs.ReadFile(r.docs, base)
	if err != nil {
		r.fail(name, 0, "cannot be read: "+reason(err), "")
		return nil, false
	}
	return data, true
}

// reason is an operating system's error without the path that stands before it already.
func reason(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

// list names the files with documents, in order, and refuses folders that hold two layouts at once.
func (r *folderReader) list(c *Collection) []string {
	entries, err := r.openDocuments()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.fail(documentsDir, 0, "cannot be read as a folder: "+reason(err), "")
		return nil
	}
	var files []string
	single, lines := 0, 0
	for _, e := range entries {
		name := path.Join(documentsDir, e.Name())
		switch ext := path.Ext(e.Name()); {
		case strings.HasPrefix(e.Name(), "."):
			continue // .gitkeep and the like
		case e.IsDir():
			r.fail(name, 0, "a folder among the documents", "documents lie directly in documents/")
		case !e.Type().IsRegular():
			r.failLink(name)
		case ext == ".json" || ext == ".bson":
			single++
			files = append(files, name)
		case ext == ".jsonl":
			lines++
			files = append(files, name)
		default:
			r.fail(name, 0, "this file is no document: its name ends in none of .json, .bson and .jsonl", "rename it, or move it out of documents/")
		}
	}
	_, err = fs.Lstat(r.root, documentsLines)
	hasLines := err == nil
	switch {
	case hasLines && len(files) > 0:
		r.fail(documentsDir, 0, "documents are in documents/ and in documents.jsonl", "keep one of them")
	case single > 0 && lines > 0:
		r.fail(documentsDir, 0, "documents/ holds single documents (.json, .bson) and files of lines (.jsonl)", "keep one of the two")
	}
	if c.Layout == "" {
		switch {
		case hasLines:
			c.Layout = Lines
		case single > 0:
			c.Layout = Files
		case lines > 0:
			c.Layout = Shards
		}
	}
	if hasLines {
		files = append(files, documentsLines)
	}
	return files
}

// openDocuments opens documents/ and lists it.
func (r *folderReader) openDocuments() ([]fs.DirEntry, error) {
	info, err := fs.Stat(r.root, documentsDir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errors.New("not a directory")
	}
	if r.docs, err = disk.Sub(r.root, documentsDir); err != nil {
		return nil, err
	}
	return fs.ReadDir(r.docs, ".")
}

func (r *folderReader) parse(p *part) {
	switch {
	case p.digestOnly && p.data == nil:
		var err error
		if p.digest, err = digestFile(r.root, p.file); errors.Is(err, errNotRegular) {
			r.failLink(p.file)
		} else if err != nil {
			r.fail(p.file, 0, "cannot be read: "+reason(err), "")
		}
		return
	case p.digestOnly:
		p.digest, p.data = DigestOf(p.data), nil
		return
	}
	switch path.Ext(p.file) {
	case ".jsonl":
		r.parseLines(p)
	case ".json":
		data, ok := r.readDocuments(p.file)
		if !ok {
			return
		}
		if p.locked {
			p.digest = DigestOf(data)
		}
		d, err := doc.ParseExtJSON(trimMark(data))
		if err != nil {
			r.errs = append(r.errs, r.parseError(p.file, trimMark(data), 1, err))
			return
		}
		p.docs = []Document{{Raw: d, File: p.file, Line: 1}}
	case ".bson":
		data, ok := r.readDocuments(p.file)
		if !ok {
			return
		}
		if p.locked {
			p.digest = DigestOf(data)
		}
		if err := doc.ValidateStructure(data); err != nil {
			r.fail(p.file, 0, err.Error(), "extract it again, or take this file from a version that reads")
			return
		}
		p.docs = []Document{{Raw: data, File: p.file}}
	}
}

func (r *folderReader) parseLines(p *part) {
	if p.line == 1 {
		p.data = trimMark(p.data)
	}
	number := p.line
	for rest := p.data; len(rest) > 0; number++ {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		d, err := doc.ParseLine(line)
		if err != nil {
			r.errs = append(r.errs, r.parseError(p.file, line, number, err))
			continue
		}
		p.docs = append(p.docs, Document{Raw: d, File: p.file, Line: number})
	}
	p.data = nil
}

const conflictMessage = "the marks of a merge conflict are still in this file"

// trimMark takes off a UTF-8 byte-order mark, which editors on Windows write.
func trimMark(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }

// parseError turns a reader's error into one with line and column. text begins at line first.
func (r *folderReader) parseError(file string, text []byte, first int, err error) error {
	e := &Error{File: r.place(file), Message: err.Error()}
	var syntax *doc.SyntaxError
	if !errors.As(err, &syntax) {
		return e
	}
	before := text[:min(syntax.Offset, len(text))]
	e.Line = first + bytes.Count(before, []byte{'\n'})
	start := bytes.LastIndexByte(before, '\n') + 1
	e.Column = utf8.RuneCount(before[start:]) + 1
	e.Message = syntax.Message
	for _, mark := range conflictMarks {
		if bytes.HasPrefix(text[start:], []byte(mark)) {
			e.Message, e.Hint = conflictMessage, "resolve the conflict, then run `mongocd extract --relock`"
		}
	}
	return e
}
