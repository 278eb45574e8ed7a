package workspace

// Data pinned for an environment: releases/<environment>/ has the collections that it
// is compiled with, laid out as in extracted/, and pin.json, which says which they are
// and what they were when they were promoted. In: a file system; out: a Pin.
//
//	{
//	  "shop/flags": {"documents": 213, "digest": "6c7f…"},
//
//	  "shop/plans": {"documents": 4, "digest": "90ab…"},
//
//	  "format": 1
//	}
//
// A line a folder, sorted. The empty lines between them, and the format at the end, let
// git merge branches that promote different collections. The digest is the SHA-256 of
// the collection's mongocd.lock, which has those of its files (layout.Collection.Digest).

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Releases is the folder of pinned data in a workspace, and PinName the file in the
// folder of an environment that says what is pinned.
const (
	Releases = "releases"
	PinName  = "pin.json"
)

// pinFormat is the version of pin.json that is written. A newer one is refused.
const pinFormat = 1

// MaxPin is the size in bytes up to which a pin.json is read.
const MaxPin = 16 << 20

// Pin is the data that an environment is compiled with instead of the extracted one.
// Nothing changes it.
type Pin struct {
	Environment string
	// Entries are the collections, sorted by folder.
	Entries []PinEntry
	// held are the collections of one that lies in no folder.
	held map[Key]*Collection
}

// PinEntry is a collection of a pin.
type PinEntry struct {
	Folder    string // SOURCE/COLLECTION below the pin, as in extracted/
	Documents int
	Digest    string // the SHA-256 of its lock, in hex
}

// Held is the pin of an environment that has these collections.
func Held(environment string, collections map[Key]*Collection) *Pin {
	return &Pin{Environment: environment, held: collections}
}

// PinFolder is where the pin of an environment lies in a workspace.
func PinFolder(environment string) string {
	return path.Join(Releases, layout.EncodeName(environment))
}

// PinText is the pin.json of entries, which it sorts. Their folders are text.
func PinText(entries []PinEntry) []byte {
	slices.SortFunc(entries, func(a, b PinEntry) int { return strings.Compare(a.Folder, b.Folder) })
	out := []byte("{\n")
	for _, e := range entries {
		out = append(out, "  "...)
		out = doc.AppendCanonicalValue(out, doc.String(e.Folder))
		out = fmt.Appendf(out, ": {\"documents\": %d, \"digest\": \"%s\"},\n\n", e.Documents, e.Digest)
	}
	return fmt.Appendf(out, "  \"format\": %d\n}\n", pinFormat)
}

// parsePin reads a pin.json. The error is one clause for people.
func parsePin(text []byte) ([]PinEntry, error) {
	if strings.Contains("\n"+string(text), "\n<<<<<<<") {
		return nil, errors.New("it has the marks of a merge conflict")
	}
	d, err := doc.ParseExtJSON(text)
	if err != nil {
		return nil, err
	}
	var out []PinEntry
	format := int64(0)
	for name, v := range doc.Fields(d) {
		if name == "format" {
			n, ok := v.AsInt64OK()
			if !ok || n < 1 {
				return nil, fmt.Errorf("format must be a whole number from 1, not %s", doc.Show(v, 40))
			}
			if format = n; n > pinFormat {
				return nil, fmt.Errorf("this was written in format %d; this mongocd reads formats up to %d: use a newer mongocd", n, pinFormat)
			}
			continue
		}
		e, err := parseEntry(name, v)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(other PinEntry) bool { return other.Folder == e.Folder }) {
			return nil, fmt.Errorf("%s is there twice: keep the line that fits the folder", diag.Quote(e.Folder, 200))
		}
		out = append(out, e)
	}
	if format == 0 {
		return nil, fmt.Errorf(`the field "format" is missing; write "format": %d`, pinFormat)
	}
	return out, nil
}

func parseEntry(folder string, v bson.RawValue) (PinEntry, error) {
	e := PinEntry{Folder: folder}
	if parts := strings.Split(folder, "/"); len(parts) != 2 || !fs.ValidPath(folder) || strings.HasPrefix(parts[0], ".") || strings.HasPrefix(parts[1], ".") {
		return e, fmt.Errorf("%s is not SOURCE/COLLECTION, the folder of a collection", diag.Quote(folder, 200))
	}
	d, ok := v.DocumentOK()
	if !ok {
		return e, fmt.Errorf("%s must have an object, not %s", diag.Quote(folder, 200), doc.Show(v, 40))
	}
	for name, v := range doc.Fields(d) {
		switch name {
		case "documents":
			n, ok := v.AsInt64OK()
			if !ok || n < 0 {
				return e, fmt.Errorf("documents of %s must be a whole number from 0, not %s", diag.Quote(folder, 200), doc.Show(v, 40))
			}
			e.Documents = int(n)
		case "digest":
			e.Digest, ok = v.StringValueOK()
			if digest, err := hex.DecodeString(e.Digest); !ok || err != nil || len(digest) != 32 {
				return e, fmt.Errorf("digest of %s must be 64 hexadecimal digits, not %s", diag.Quote(folder, 200), doc.Show(v, 80))
			}
		default:
			return e, fmt.Errorf("there is no field %s of a collection in a %s of format %d", diag.Quote(name, 60), PinName, pinFormat)
		}
	}
	if e.Digest == "" {
		return e, fmt.Errorf("%s has no digest", diag.Quote(folder, 200))
	}
	return e, nil
}

// Instead is the workspace where the data of an environment are those of another pin;
// nil: those of extracted/.
func (w *Workspace) Instead(environment string, p *Pin) *Workspace {
	other := *w
	other.instead = map[string]*Pin{environment: p}
	return &other
}

// PinOf is the pin of an environment; nil: it has none, and is compiled with extracted/.
func (w *Workspace) PinOf(environment string) (p *Pin, diags diag.List) {
	if p, ok := w.instead[environment]; ok {
		return p, nil
	}
	files, done, err := w.extracted()
	if err != nil {
		return nil, unusable(err)
	}
	defer func() {
		if err := done(); err != nil {
			diags = append(diags, unusable(err)...)
		}
	}()
	return readPin(files, environment)
}

// readPin reads the pin of an environment.
func readPin(files fs.FS, environment string) (*Pin, diag.List) {
	folder := PinFolder(environment)
	name := path.Join(folder, PinName)
	bad := func(why string, notes ...string) (*Pin, diag.List) {
		return nil, diag.List{{Code: diag.BadPin, Message: fmt.Sprintf("the data pinned for %s cannot be told: %s: %s", environment, diag.Safe(name, 200), why), Notes: notes}}
	}
	again := fmt.Sprintf("take it from git again, or, when the folders beside it are as you want them, write it anew: `mongocd promote --relock %s`", environment)
	info, err := fs.Lstat(files, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.IsDir() {
		return bad("its folder is a link or a plain file, and these are not followed", "put the folder itself in this place")
	}
	text, err := readFile(files, name, MaxPin)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bad("it is missing", again, fmt.Sprintf("or remove the folder %s, and the environment is compiled with extracted/", folder))
	case disk.Escapes(err):
		return nil, diag.List{unreadable(name, err)}
	case err != nil:
		return bad(reason(err), again)
	}
	entries, err := parsePin(text)
	if err != nil {
		return bad(diag.Safe(err.Error(), 300), again)
	}
	return &Pin{Environment: environment, Entries: entries}, nil
}

// misnamedPins reports pins that no environment has.
func (w *Workspace) misnamedPins() diag.List {
	files, done, err := w.extracted()
	if err != nil {
		return nil // whoever reads the data says it
	}
	all := w.Environments()
	folders := map[string]bool{}
	for _, env := range all {
		folders[layout.EncodeName(env)] = true
	}
	var out diag.List
	entries, err := fs.ReadDir(files, Releases)
	if err != nil {
		entries = nil // there are none; or whoever reads one says why it cannot
	}
	for _, e := range entries {
		if folders[e.Name()] || !e.IsDir() {
			continue
		}
		if _, err := fs.Lstat(files, path.Join(Releases, e.Name(), PinName)); err == nil {
			d := Unknown(diag.BadPin, "environment", e.Name(), all)
			d.Notes = append(d.Notes, fmt.Sprintf("%s pins the data of one: rename the folder as the environment is, or remove it", diag.Quote(path.Join(Releases, e.Name()), 200)))
			out = append(out, d)
		}
	}
	if err := done(); err != nil {
		out = append(out, unusable(err)...)
	}
	return out
}

// root is the folder that the collections of a job lie in.
func (p *Pin) root() string {
	if p == nil {
		return extractedDir
	}
	return PinFolder(p.Environment)
}

// names are the collections of a source, sorted.
func (p *Pin) names(files fs.FS, source string) ([]string, error) {
	if p == nil || p.held == nil {
		return layout.Collections(files, p.root(), source)
	}
	var out []string
	for k := range p.held {
		if k.Source == source {
			out = append(out, k.Name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// read reads a collection of the pin through the cache.
func (p *Pin) read(ctx context.Context, cache *Cache, space *paged.Space, files fs.FS, k Key, at source.Span) (*Collection, diag.List) {
	if p.held != nil {
		if c := p.held[k]; c != nil {
			return c, nil
		}
		return nil, diag.List{p.lacks(k, at)}
	}
	if _, err := layout.Find(files, p.root(), k.Source, k.Name); errors.Is(err, fs.ErrNotExist) {
		return nil, diag.List{p.lacks(k, at)}
	}
	c, diags := cache.read(ctx, space, files, place{p.root(), k}, at)
	if c == nil {
		return nil, diags
	}
	return c, append(diags, p.tampered(c, at)...)
}

// lacks is the error for a collection that is not pinned.
func (p *Pin) lacks(k Key, at source.Span) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.NotPinned, Span: at,
		Message: fmt.Sprintf("the collection %s of %s is not among the data pinned for %s", diag.Quote(k.Name, 64), diag.Quote(k.Source, 64), p.Environment)}
	folder := path.Join(layout.FolderName(k.Source), layout.FolderName(k.Name))
	if slices.ContainsFunc(p.Entries, func(e PinEntry) bool { return e.Folder == folder }) {
		d.Message = fmt.Sprintf("%s is missing, which is pinned for %s", diag.Quote(path.Join(p.root(), folder), 200), p.Environment)
		d.Notes = []string{"take the folder from git again"}
	}
	d.Notes = append(d.Notes, fmt.Sprintf("to take it as it was extracted: `mongocd promote extracted %s --collection %s`", p.Environment, diag.Safe(words.Argument(k.Source+"."+k.Name), 200)))
	return d
}

// SameSource reports whether two collections are copies of one at a source, or of none.
func (c *Collection) SameSource(other *Collection) bool { return c.sourceID == other.sourceID }

// tampered reports a collection that is not as it was promoted.
func (p *Pin) tampered(c *Collection, at source.Span) diag.List {
	folder := diag.Safe(c.Folder, 200)
	d := diag.Diagnostic{Code: diag.EditedPin, Span: at, Message: fmt.Sprintf("%s is not as it was promoted to %s", folder, p.Environment)}
	i := slices.IndexFunc(p.Entries, func(e PinEntry) bool { return path.Join(p.root(), e.Folder) == c.Folder })
	switch {
	case c.unmerged:
		d.Notes = []string{folder + "/" + layout.LockName + " has the marks of a merge conflict"}
	case len(c.edits) > 0:
		for n, e := range c.edits {
			if n == maxEdits {
				d.Notes = append(d.Notes, fmt.Sprintf("… and %d more", len(c.edits)-maxEdits))
				break
			}
			d.Notes = append(d.Notes, fmt.Sprintf("%s: %s/%s", e.How, folder, diag.Safe(e.File, 200)))
		}
		if !slices.ContainsFunc(c.edits, func(e layout.Edit) bool { return !e.LineEnds }) {
			d.Notes = append(d.Notes, "only the ends of their lines differ: write `releases/** -text` into .gitattributes, and let git write the files again")
			return diag.List{d}
		}
	case i < 0:
		d.Notes = []string{fmt.Sprintf("%s does not list it", path.Join(p.root(), PinName))}
	case p.Entries[i].Digest != c.digest:
		d.Notes = []string{fmt.Sprintf("%s has another digest of it", path.Join(p.root(), PinName))}
	default:
		return nil
	}
	d.Notes = append(d.Notes, "take it from git again: `git checkout -- "+diag.Safe(words.Argument(c.Folder), 200)+"`; or promote all of it anew",
		fmt.Sprintf("after a git merge, when the files are as you want them: `mongocd promote --relock %s`", p.Environment))
	return diag.List{d}
}
