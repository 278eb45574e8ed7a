package promote

// The folder of a pin. In: a Promotion and the workspace; out: releases/<environment>/,
// as it was or all of it new: unchanged files are taken over, others copied from where
// the data comes from.

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// Write writes the pin below the workspace. After an error nothing was changed.
func Write(ctx context.Context, base *disk.Folder, p *Promotion) (err error) {
	work, err := replace.Begin(base, workspace.Releases, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	own := []string{workspace.PinName}
	entries := slices.Clone(p.From)
	if p.Whole {
		entries = nil
	}
	for _, e := range p.From {
		own = append(own, path.Dir(e.Folder))
	}
	for _, c := range p.Collections {
		own = append(own, path.Dir(c.below()))
		entries = slices.DeleteFunc(entries, func(e workspace.PinEntry) bool { return e.Folder == c.below() })
	}
	slices.Sort(own)
	at := workspace.PinFolder(p.To)
	folder, err := work.Folder(path.Base(at), slices.Compact(own))
	if err != nil {
		return err
	}
	w := &writer{base: base, pin: at, to: folder}
	for _, e := range entries { // what the rules do not need, and nobody asked about
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := w.copied(path.Join(at, e.Folder), e.Folder); err != nil {
			return err
		}
	}
	for _, c := range p.Collections {
		if err := ctx.Err(); err != nil {
			return err
		}
		lock, err := w.collection(ctx, &c)
		if err != nil {
			return fmt.Errorf("%s: %w", diag.Safe(c.folder, 200), err)
		}
		entries = append(entries, workspace.PinEntry{Folder: c.below(), Documents: c.Documents, Digest: layout.DigestOf(lock).String()})
	}
	if err := folder.Write(workspace.PinName, workspace.PinText(entries)); err != nil {
		return err
	}
	return work.Commit()
}

// writer writes the folder of a pin.
type writer struct {
	base *disk.Folder
	pin  string // where the pin lies now
	to   *replace.Folder
}

// collection writes the folder of a collection, and returns its lock.
func (w *writer) collection(ctx context.Context, c *Collection) ([]byte, error) {
	if c.merged == nil {
		return w.copied(c.folder, c.below())
	}
	of, err := layout.Read(ctx, w.base, c.folder)
	if err != nil {
		return nil, err
	}
	of.Documents = nil
	for _, d := range c.merged {
		of.Documents = append(of.Documents, layout.Document{Raw: d})
	}
	files, err := layout.Render(of)
	if err != nil {
		return nil, err
	}
	there, err := layout.Inspect(w.base, path.Join(w.pin, c.below()))
	if err != nil {
		return nil, err
	}
	var lock []byte
	for _, f := range files {
		name := path.Join(c.below(), f.Name)
		if f.Name == layout.LockName {
			lock = f.Data
		} else if there.Files[f.Name] == layout.DigestOf(f.Data) {
			if kept, err := w.to.Keep(name); kept || err != nil {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		if err := w.to.Write(name, f.Data); err != nil {
			return nil, err
		}
	}
	return lock, nil
}

// copied takes over the files of a collection as they are, with a lock of what they are.
func (w *writer) copied(from, below string) ([]byte, error) {
	state, err := layout.Inspect(w.base, from)
	if err != nil {
		return nil, err
	}
	there, err := layout.Inspect(w.base, path.Join(w.pin, below))
	if err != nil {
		return nil, err
	}
	digests := map[string]layout.Digest{}
	for name, digest := range state.Files {
		if there.Files[name] == digest {
			kept, err := w.to.Keep(path.Join(below, name))
			if err != nil {
				return nil, err
			}
			if kept {
				digests[name] = digest
				continue
			}
		}
		if digests[name], err = w.file(path.Join(from, name), path.Join(below, name)); err != nil {
			return nil, err
		}
	}
	lock := layout.LockOf(state.SourceID, digests)
	return lock, w.to.Write(path.Join(below, layout.LockName), lock)
}

// file copies a file, and returns its digest.
func (w *writer) file(from, to string) (_ layout.Digest, err error) {
	in, err := w.base.Open(from)
	if err != nil {
		return layout.Digest{}, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := w.to.Create(to)
	if err != nil {
		return layout.Digest{}, err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	return layout.Digest(h.Sum(nil)), errors.Join(err, out.Close())
}

// Relock takes the folders of a pin as they are for what was promoted: after a git
// merge. It returns how many collections there are.
func Relock(ctx context.Context, base *disk.Folder, environment string) (n int, err error) {
	if err := replace.Finish(base, workspace.Releases); err != nil {
		return 0, err
	}
	at := workspace.PinFolder(environment)
	var entries []workspace.PinEntry
	sources, err := folders(base, at)
	if err != nil {
		return 0, err
	}
	for _, source := range sources {
		collections, err := folders(base, path.Join(at, source))
		if err != nil {
			return 0, err
		}
		for _, name := range collections {
			folder := path.Join(at, source, name)
			c, err := layout.Read(ctx, base, folder)
			if err != nil {
				return 0, err
			}
			if _, err := layout.Relock(base, folder); err != nil {
				return 0, err
			}
			lock, err := base.ReadFile(path.Join(folder, layout.LockName))
			if err != nil {
				return 0, err
			}
			entries = append(entries, workspace.PinEntry{Folder: path.Join(source, name), Documents: len(c.Documents), Digest: layout.DigestOf(lock).String()})
		}
	}
	const temporary = workspace.PinName + ".new"
	if err := base.Root().WriteFile(path.Join(at, temporary), workspace.PinText(entries), 0o644); err != nil {
		return 0, err
	}
	return len(entries), base.Root().Rename(path.Join(at, temporary), path.Join(at, workspace.PinName))
}

// folders are those in a folder that are no links and not hidden, sorted.
func folders(base *disk.Folder, at string) ([]string, error) {
	entries, err := fs.ReadDir(base, at)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out, nil
}
