package playground

// What a session begins with: an example, the workspace on the disk, a folder, a zip
// archive, or what stands in a link. In: an Opening; out: the files of its workspace.

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/examples"
)

// mostLink is how long the part of a link behind # may be: what chats, mail and
// browsers were seen to keep whole is far less than what a specification allows.
const mostLink = 256 << 10

// Opening is the first message of a page: one of its fields.
type Opening struct {
	Example string  `json:"example,omitempty"`
	Here    bool    `json:"here,omitempty"` // the workspace that the program was started in
	Files   []File  `json:"files,omitempty"`
	Zip     []byte  `json:"zip,omitempty"` // base64 in JSON
	Link    *string `json:"link,omitempty"`
	// Inputs are values of `input` declarations by name, before those of a link.
	Inputs map[string]string `json:"inputs,omitempty"`
}

// File is a file of a dropped folder; its name has slashes.
type File struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// Opened answers it: Error, or what the workspace has.
type Opened struct {
	Error string   `json:"error,omitempty"`
	Files []string `json:"files,omitempty"`
	// Inputs are the values of `input` declarations that it was opened with.
	Inputs map[string]string `json:"inputs,omitempty"`
	// Examples are the workspaces that can be chosen. Here: there is one on the disk.
	Examples []string `json:"examples"`
	Here     bool     `json:"here"`
}

// files are those of the workspace.
func (o *Opening) files(here fs.FS) (*Files, error) {
	switch {
	case o.Here && here != nil:
		return copied(here)
	case o.Link != nil:
		files, inputs, err := fromLink(*o.Link)
		for name, value := range o.Inputs { // written behind the link by who knows better
			if inputs == nil {
				inputs = map[string]string{}
			}
			inputs[name] = value
		}
		o.Inputs = inputs
		return files, err
	case o.Zip != nil:
		return fromZip(o.Zip)
	case o.Files != nil:
		all := newGathered()
		for _, f := range o.Files {
			if err := all.add(f.Name, f.Data); err != nil {
				return nil, err
			}
		}
		return all.workspace()
	case slices.Contains(examples.Names, o.Example):
		of, err := fs.Sub(examples.Files, o.Example)
		if err != nil {
			return nil, err
		}
		return copied(of)
	}
	return nil, fmt.Errorf("there is no example %.80q", o.Example)
}

// copied are the files of a workspace in a file system: the weaves, and what was extracted.
func copied(from fs.FS) (*Files, error) {
	to := NewFiles()
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && !belongs(name, true):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !belongs(name, false):
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Size() > mostBytes {
			return fmt.Errorf("%.200q alone is larger than %d MB, the most that the playground takes of a workspace", name, mostBytes>>20)
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return to.Write(name, data)
	})
	return to, err
}

// belongs reports whether a workspace is read from a file or folder: it is what was
// extracted, or a weave, or leads there.
func belongs(name string, folder bool) bool {
	if name == "extracted" || strings.HasPrefix(name, "extracted/") || name == "." {
		return folder || name != "extracted"
	}
	hidden := slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.HasPrefix(part, ".") })
	return !hidden && name != "build" && (folder || strings.HasSuffix(name, ".weave"))
}

// gathered are files in which a workspace is to be found.
type gathered struct{ *Files }

func newGathered() gathered { return gathered{NewFiles()} }

// add takes a file; what no workspace is read from is left out.
func (g gathered) add(name string, data []byte) error {
	if !strings.HasSuffix(name, ".weave") && !strings.HasPrefix(name, "extracted/") && !strings.Contains(name, "/extracted/") {
		return nil
	}
	return g.Write(name, data)
}

// workspace are the files of the one workspace: the folder with extracted/, else the
// one with weaves, that is nearest to the top.
func (g gathered) workspace() (*Files, error) {
	root, depth := "", -1
	for _, extracted := range []bool{true, false} {
		for _, name := range g.Names() {
			at := path.Dir(name)
			if extracted {
				before, _, found := strings.Cut("/"+name, "/extracted/")
				if at = strings.TrimPrefix(before, "/"); !found {
					continue
				}
				if at == "" {
					at = "."
				}
			} else if !strings.HasSuffix(name, ".weave") {
				continue
			}
			if n := len(strings.Split(at, "/")); at == "." || depth < 0 || n < depth {
				root, depth = at, n
				if at == "." {
					depth = 0
				}
			}
		}
		if depth >= 0 {
			break
		}
	}
	if depth < 0 {
		return nil, errors.New("there is no workspace in it: no .weave file and no folder extracted/")
	}
	in, err := fs.Sub(g.Files, root)
	if err != nil {
		return nil, err
	}
	return copied(in)
}

// fromZip are the files of an archive, which is read from memory alone: names that
// lead out of it are an error, links are left out, sizes are what is really read.
func fromZip(data []byte) (*Files, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errors.New("the file is no zip archive: " + err.Error())
	}
	all := newGathered()
	left := int64(mostBytes)
	for _, f := range archive.File {
		name := strings.TrimPrefix(f.Name, "./")
		if !fs.ValidPath(strings.TrimSuffix(name, "/")) || strings.Contains(name, "\\") {
			return nil, fmt.Errorf("the archive has a file %.200q, which is no name within a workspace: nothing of it is taken", f.Name)
		}
		if !f.Mode().IsRegular() {
			continue
		}
		content, err := unpacked(f, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(content))
		if err := all.add(name, content); err != nil {
			return nil, err
		}
	}
	return all.workspace()
}

// unpacked is the content of a file of an archive, of at most so many bytes.
func unpacked(f *zip.File, most int64) (_ []byte, err error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%.200q of the archive cannot be read: %w", f.Name, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("%.200q of the archive cannot be read: %w", f.Name, err)
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("the archive holds more than %d MB, the most that the playground takes", mostBytes>>20)
	}
	return content, nil
}

// linked is what a link holds, compressed: format 1, and 2 where it has inputs.
type linked struct {
	Format int               `json:"format"`
	Files  map[string]string `json:"files"`
	Inputs map[string]string `json:"inputs,omitempty"` // of format 2
}

// toLink is the workspace as the part of a link behind #.
func toLink(f *Files, inputs map[string]string) (string, error) {
	l := linked{Format: 1, Files: map[string]string{}, Inputs: inputs}
	if len(inputs) > 0 {
		l.Format = 2
	}
	for _, name := range f.Names() {
		data, err := f.ReadFile(name)
		if err != nil {
			return "", err
		}
		if !utf8.Valid(data) {
			return "", fmt.Errorf("%.200q is no text, and links hold texts: share the workspace as a zip archive", name)
		}
		l.Files[name] = string(data)
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if err := errors.Join(json.NewEncoder(w).Encode(l), w.Close()); err != nil {
		return "", err
	}
	link := base64.RawURLEncoding.EncodeToString(packed.Bytes())
	if len(link) > mostLink {
		return "", fmt.Errorf("a link to this workspace would have %d KB, and what is longer than %d KB does not survive mail and chats: share it as a zip archive", len(link)>>10, mostLink>>10)
	}
	return link, nil
}

// fromLink are the files that a link holds, and the values of inputs.
func fromLink(link string) (*Files, map[string]string, error) {
	broken := errors.New("the link is not whole: what stands behind # is not what the playground wrote")
	if len(link) > mostLink {
		return nil, nil, broken
	}
	packed, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil {
		return nil, nil, broken
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), 2*mostBytes+1))
	if err != nil || len(text) > 2*mostBytes {
		return nil, nil, broken
	}
	var l linked
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, nil, broken
	}
	if l.Format != 1 && l.Format != 2 {
		return nil, nil, fmt.Errorf("the link was made by a newer playground (format %d; this one reads 1 and 2)", l.Format)
	}
	to := NewFiles()
	for name, text := range l.Files {
		if err := to.Write(name, []byte(text)); err != nil {
			return nil, nil, err
		}
	}
	return to, l.Inputs, nil
}
