package main

// The `init` command: a folder in, a workspace that compiles at once out.

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
)

// starter is the workspace that `init` writes; its gitignore becomes .gitignore, its gitattributes .gitattributes.
//
//go:embed init
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Start a workspace: rules and example data that compile at once",
		Long: `Writes a workspace into DIR (default: the workspace): shop.weave, a weave with a comment for every statement;
extracted/, a collection of example data; .gitignore and .gitattributes; a README for your team. No file is ever written over: when one is in
the way, all of those are named and nothing is written.`,
		Example: `  mongocd init shop-data
  cd shop-data && mongocd check && mongocd compile`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return initWorkspace(a.Console, args) },
	}
}

func initWorkspace(a *console.Console, args []string) error {
	var dir string
	if len(args) > 0 {
		dir = args[0]
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return console.Failf("make the folder: %s", err)
		}
	} else {
		var err error
		if dir, err = a.Workspace(); err != nil {
			return err
		}
	}
	files, err := starterFiles()
	if err != nil {
		return console.Failf("read the starter workspace: %s", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return console.Failf("open the folder: %s", err)
	}
	defer root.Close()
	taken, err := inTheWay(root, files)
	if err != nil {
		return console.Failf("look at the folder: %s", err)
	}
	if len(taken) > 0 {
		return console.Failf("nothing was written, because these are there already:\n  %s\nMove them away, or start in another folder: mongocd init DIR", strings.Join(taken, "\n  "))
	}
	if err := writeNew(root, files); err != nil {
		return console.Failf("write the workspace: %s", err)
	}
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintln(&b, outputs.ShownPath(filepath.Join(dir, f.name)))
	}
	if err := a.Print(b.String()); err != nil {
		return err
	}
	return a.Log(console.LevelInfo, "next: mongocd check, then mongocd compile; the comments in shop.weave say how to make it yours")
}

type starterFile struct {
	name string // with slashes
	data []byte
}

// starterFiles are the files of the starter workspace, sorted by name.
func starterFiles() ([]starterFile, error) {
	var files []starterFile
	err := fs.WalkDir(starter, "init", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(starter, name)
		name = strings.TrimPrefix(name, "init/")
		if strings.HasPrefix(name, "git") {
			name = "." + name
		}
		files = append(files, starterFile{name, data})
		return err
	})
	return files, err
}

// inTheWay are the paths that exist already: files, other weaves of the folder
// itself, and anything at all in extracted/.
func inTheWay(root *os.Root, files []starterFile) ([]string, error) {
	var taken []string
	add := func(name string) error {
		_, err := root.Lstat(name)
		if err == nil {
			taken = append(taken, name)
		} else if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".weave") && e.Name() != "shop.weave" {
			taken = append(taken, e.Name())
		}
	}
	seen := map[string]bool{}
	for _, f := range files {
		name := f.name
		if strings.HasPrefix(name, "extracted/") {
			name = "extracted"
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// writeNew writes files that do not exist; when one fails, those before it are removed.
func writeNew(root *os.Root, files []starterFile) (err error) {
	var written []string
	defer func() {
		if err == nil {
			return
		}
		for _, name := range written {
			err = errors.Join(err, root.Remove(name))
		}
	}()
	for _, f := range files {
		if err := root.MkdirAll(path.Dir(f.name), 0o755); err != nil {
			return err
		}
		if err := createFile(root, f); err != nil {
			return err
		}
		written = append(written, f.name)
	}
	return nil
}

func createFile(root *os.Root, f starterFile) (err error) {
	file, err := root.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = file.Write(f.data)
	return err
}
