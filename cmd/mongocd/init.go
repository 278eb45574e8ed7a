package main

// The `init` command: a folder in, a workspace out, that compiles at once or is made of
// a configuration of MongoPrismSync.

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/connect"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/prism"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/proposal"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// starter is the workspace that `init` writes; its gitignore becomes .gitignore, its gitattributes .gitattributes.
//
//go:embed init
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Start a workspace: rules and example data that compile at once, or rules from what you have",
		Long: `Writes a workspace into DIR (default: the workspace): shop.weave, a weave with a comment for every statement;
extracted/, a collection of example data; .gitignore and .gitattributes; a README for your team. No file is ever written over: when one is in
the way, all of those are named and nothing is written.

--from weaveconfig.yml makes the weave of a configuration of MongoPrismSync: collections, identity, patches, and the validators that
are lists of constraints. What it does not say is listed with its line, here and at the head of the weave.

--from-source makes it of a live database, which it only reads: a sync for each collection that extract takes, by what its unique
indexes tell documents apart by; a link for each field that holds the ids of another collection; redact for what looks
like a secret; and as comments what the data only suggests. The data is extracted with it. The weave is named after DIR, without one
after the database. The password is taken as extract takes it; with --database alone, the connection string, too.`,
		Example: `  mongocd init shop-data
  cd shop-data && mongocd check && mongocd compile
  mongocd init --from MongoWeave/weaveconfig.yml shop-data
  mongocd init --from-source 'mongodb://reader@test.example.com/shop_test?authSource=admin' shop-data`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return initWorkspace(cmd.Context(), a.Console, args, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "the `file` weaveconfig.yml of MongoPrismSync to begin with")
	flags.StringVar(&o.source.URI, "from-source", "", "the `connection string` of a server, without a password, whose database to begin with")
	flags.StringVar(&o.source.Database, "database", "", "with --from-source, or with MONGOCD_SOURCE_URI: the `database` (default: that of the connection string)")
	flags.StringArrayVar(&o.source.Collections, "collection", nil, "of the database only this `collection` (repeatable)")
	flags.DurationVar(&o.source.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to the server")
	return cmd
}

// initOptions say what a workspace is made of; neither: the starter.
type initOptions struct {
	from   string
	source connect.Asked
}

func (o *initOptions) live() bool { return o.source.URI != "" || o.source.Database != "" }

func (o *initOptions) validate() error {
	switch {
	case o.from != "" && o.live():
		return console.Usagef("--from and --from-source are two beginnings: give one of them")
	case len(o.source.Collections) > 0 && !o.live():
		return console.Usagef("--collection goes with --from-source or --database")
	case o.source.Timeout <= 0:
		return console.Usagef("--timeout is %s; it takes a duration such as 5m", o.source.Timeout)
	}
	return nil
}

func initWorkspace(ctx context.Context, a *console.Console, args []string, o initOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	files, err := starterFiles()
	if err != nil {
		return console.Failf("read the starter workspace: %s", err)
	}
	next := "mongocd check and mongocd compile; the comments in shop.weave say how to make it yours"
	var left []prism.Left
	if o.from != "" || o.live() {
		files = slices.DeleteFunc(files, func(f starterFile) bool { return !strings.HasPrefix(f.name, ".git") })
	}
	if o.from != "" {
		name, weave, unsaid, err := converted(o.from)
		if err != nil {
			return err
		}
		left = unsaid
		files = append(files, starterFile{name + ".weave", []byte(weave)})
		next = "mongocd extract and mongocd check"
	}
	var dir string
	if len(args) > 0 {
		dir = args[0]
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return console.Failf("make the folder: %s", err)
		}
	} else if dir, err = a.Workspace(); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return console.Failf("open the folder: %s", err)
	}
	defer root.Close()
	places := files
	if o.live() { // that will be written, too, and a weave
		places = append(slices.Clone(files), starterFile{name: "extracted/"})
	}
	taken, err := inTheWay(root, places)
	if err != nil {
		return console.Failf("look at the folder: %s", err)
	}
	if len(taken) > 0 {
		return console.Failf("nothing was written, because these are there already:\n  %s\nMove them away, or start in another folder: mongocd init DIR", strings.Join(taken, "\n  "))
	}
	var made *proposal.Proposal
	if o.live() {
		o.source.Flag = "--from-source"
		if made, err = proposal.Make(ctx, a, dir, o.source); err != nil {
			return err
		}
		files = append(files, starterFile{made.File, []byte(made.Weave)})
		next = "read " + made.File + ", then mongocd check and mongocd diff"
	}
	if err := writeNew(root, files); err != nil {
		if made != nil {
			err = errors.Join(err, root.RemoveAll("extracted"))
		}
		return console.Failf("write the workspace: %s", err)
	}
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintln(&b, outputs.ShownPath(filepath.Join(dir, f.name)))
	}
	if err := a.Print(b.String()); err != nil {
		return err
	}
	if made != nil {
		if err := errors.Join(connect.Extracted(a, made.Results, "text", false), a.LogDiagnostics(made.Left, false)); err != nil {
			return err
		}
	}
	for _, l := range left {
		if err := a.Log(console.LevelWarning, fmt.Sprintf("%s:%d: %s", diag.Safe(o.from, 160), l.Line, l.Message)); err != nil {
			return err
		}
	}
	if len(args) > 0 || a.WorkspaceFlag != "" { // else the commands find the workspace as this one did
		next = "cd " + shellWord(dir) + ", then " + next
	}
	return a.Log(console.LevelInfo, "next: "+next)
}

// shellWord is a path as one word of a shell.
func shellWord(name string) string {
	name = outputs.ShownPath(name)
	if regexp.MustCompile(`^[A-Za-z0-9_.,:+/@%][A-Za-z0-9_.,:+/@%-]*$`).MatchString(name) {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// maxConfig is the size of a configuration, and of a patch.
const maxConfig = 8 << 20

// converted is the weave of a configuration of MongoPrismSync, and its name; its patches are read from overlays/ beside it.
func converted(file string) (name, weave string, left []prism.Left, err error) {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return "", "", nil, console.Failf("open the folder of %s: %s", diag.Quote(file, 160), err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	read := func(name string) (_ []byte, err error) {
		f, err := root.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
		if err == nil && len(data) > maxConfig {
			err = fmt.Errorf("it has more than %d MiB", maxConfig>>20)
		}
		return data, err
	}
	data, err := read(filepath.Base(file))
	if err != nil {
		return "", "", nil, console.Failf("read %s: %s", diag.Quote(file, 160), err)
	}
	name, weave, left, err = prism.Convert(data, func(patch string) ([]byte, error) { return read(path.Join("overlays", patch)) })
	if err != nil {
		return "", "", nil, console.Failf("%s: %s", diag.Safe(file, 160), err)
	}
	return name, weave, left, nil
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
		if strings.HasSuffix(e.Name(), ".weave") && !slices.ContainsFunc(files, func(f starterFile) bool { return f.name == e.Name() }) {
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
