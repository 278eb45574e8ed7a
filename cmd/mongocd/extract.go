package main

// The `extract` command: live sources in, extracted/ out. internal/connect finds
// the connection strings and what is read, and says what was done.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/connect"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

type extractOptions struct {
	connect.Asked
	discardEdits  bool
	check, relock bool
	layout        string
	maxDocuments  int64
	sample        int64
	maxSize       string
	output        string
	verbose       bool
}

func (a *app) extractCommand() *cobra.Command {
	var o extractOptions
	cmd := &cobra.Command{
		Use:   "extract",
		Short: "Bring the source's documents, indexes and options into extracted/",
		Long: `Reads the collections that the weaves of the workspace name, and nothing else, from their sources and writes
them to extracted/<source>/<collection>/: documents as Extended JSON, indexes and options. It only reads from the source.
--database and --collection name what is read instead; they need no weave.

The source's connection string is in MONGOCD_SOURCE_URI_<SOURCE>, else in MONGOCD_SOURCE_URI; with _FILE behind the name,
in the file that the variable names; or in --uri, without a password. MONGOSOURCEPASSWORD is the password of a connection
string with a user and no password; without it, extract asks for it on a terminal.

All collections are replaced, or none, also when the command is stopped half way. Fields in redact and omit never reach
the files. Where a field looks like a secret, nothing is written, until the weave says what it is: redact PATH, omit PATH
or not secret PATH. Files that were changed by hand since the last extract are named and kept, and nothing is written;
--discard-edits overwrites them, --relock takes them for extracted ones.

--sample is for collections that only compile --target pipeline is to see: collection.json says that it is one, and no other
target takes it for all that is wanted (sampled-data).

Exit codes: 0 done; 1 failed, nothing written; 2 files and sources differ (--check); 3 refused, nothing written: a field
looks like a secret; 64 wrong usage.`,
		Example: `  MONGOCD_SOURCE_URI=mongodb://reader@db.example:27017/?authSource=admin mongocd extract
  mongocd extract --uri mongodb://127.0.0.1:27017 --database shop --collection flags --collection price_lists
  mongocd extract --sample 1000          # for pipelines: enough to know what the documents look like
  mongocd extract --check                # in a pipeline: do the files still say what the source says?
  mongocd extract --relock               # after a git merge of extracted files`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return extractAll(cmd.Context(), a.Console, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.URI, "uri", "", "the `connection string` of every source, without a password")
	flags.StringVar(&o.Database, "database", "", "extract from this `database`, whether a weave names it or not")
	flags.StringArrayVar(&o.Collections, "collection", nil, "extract only this `collection` (repeatable; with --database also one that no weave names)")
	flags.BoolVar(&o.discardEdits, "discard-edits", false, "overwrite files that were changed by hand")
	flags.BoolVar(&o.check, "check", false, "write nothing; exit with 2 when files and sources differ, and say where")
	flags.BoolVar(&o.relock, "relock", false, "after a git merge: take the files as they are for extracted ones; reads no source")
	flags.StringVar(&o.layout, "layout", "", "`layout` of the documents: files, lines or shards (default: as it is; at first by the size)")
	flags.Int64Var(&o.maxDocuments, "max-documents", extract.MaxDocuments, "refuse a collection of more documents")
	flags.Int64Var(&o.sample, "sample", 0, "of a collection that has more, read the first and the last `documents` by _id, half of them each: for compile --target pipeline")
	flags.StringVar(&o.maxSize, "max-size", mebibytes(extract.MaxBytes), "refuse a collection of more `bytes`: 200MiB, 1GiB, 1000000")
	flags.DurationVar(&o.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to the server")
	flags.StringVar(&o.output, "output", "text", "`form` of the result: text, or json, one document on stdout")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "say on stderr what was decided, and where that is set")
	return cmd
}

// options checks the flags.
func (o *extractOptions) options(to *outputs.Place) (extract.Options, error) {
	chosen := layout.Layout(o.layout)
	size, err := parseSize(o.maxSize)
	switch {
	case o.layout != "" && !slices.Contains([]layout.Layout{layout.Files, layout.Lines, layout.Shards}, chosen):
		return extract.Options{}, console.Usagef("--layout is %q; it takes files, lines or shards", o.layout)
	case o.output != "text" && o.output != "json":
		return extract.Options{}, console.Usagef("--output is %q; it takes text or json", o.output)
	case o.check && (o.relock || o.discardEdits) || o.relock && o.discardEdits:
		return extract.Options{}, console.Usagef("--check, --relock and --discard-edits do not go together")
	case o.maxDocuments < 1:
		return extract.Options{}, console.Usagef("--max-documents is %d; it takes a number from 1", o.maxDocuments)
	case o.sample < 0:
		return extract.Options{}, console.Usagef("--sample is %d; it takes a number from 1", o.sample)
	case o.sample > 0 && o.relock:
		return extract.Options{}, console.Usagef("--relock reads no source: --sample does not go with it")
	case err != nil:
		return extract.Options{}, console.Usagef("--max-size is %q; it takes a size such as 200MiB, 1GiB or 1000000", o.maxSize)
	case o.Timeout <= 0:
		return extract.Options{}, console.Usagef("--timeout is %s; it takes a duration such as 5m", o.Timeout)
	}
	return extract.Options{Disk: to.Folder, Root: to.Way, Layout: chosen, DiscardEdits: o.discardEdits, Check: o.check, MaxDocuments: o.maxDocuments, MaxBytes: size, Sample: o.sample}, nil
}

// sizeUnits are what a size may end in.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1}}

// parseSize reads a size of at least one byte.
func parseSize(text string) (int64, error) {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil {
			return 0, err
		}
		if n < 1 || n > (1<<62)/unit.bytes {
			return 0, errors.New("out of range")
		}
		return n * unit.bytes, nil
	}
	return 0, errors.New("no size")
}

func mebibytes(n int64) string { return strconv.FormatInt(n>>20, 10) + "MiB" }

func extractAll(ctx context.Context, a *console.Console, o extractOptions) (err error) {
	dir, err := a.Workspace()
	if err != nil {
		return err
	}
	to, err := outputs.Open(dir, "extracted")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	options, err := o.options(to)
	if err != nil {
		return err
	}
	if o.relock {
		return relock(ctx, a, to, o)
	}
	w, err := extractWorkspace(a, dir, o)
	if err != nil {
		return err
	}
	var stores connect.Stores
	defer func() { err = errors.Join(err, stores.Close(ctx)) }()
	var sources []extract.From
	var selected []connect.Selection
	for _, s := range connect.Selections(w, o.Asked) {
		from, err := connect.Open(ctx, a, &s, o.Asked, to, &stores)
		if err != nil {
			return err
		}
		sources, selected = append(sources, from), append(selected, s)
	}
	if o.verbose {
		say, said := a.VerboseLines()
		defer func() { err = errors.Join(err, said()) }()
		options.Verbose = say
		for _, line := range o.defaults() {
			options.Verbose(line)
		}
	}
	bar := a.ProgressBar()
	options.Progress = bar.Show
	results, err := extract.Live(ctx, sources, options)
	bar.Clear()
	switch {
	case errors.Is(err, extract.ErrSecrets):
		if err := a.ReportBeside(connect.Suspects(selected, results), o.output); !errors.As(err, new(console.ExitError)) {
			return err
		}
		return console.ExitError{Code: console.ExitRefused}
	case errors.Is(err, context.Canceled):
		return console.Failf("interrupted: nothing was changed")
	case err != nil:
		return console.Failf("%s", stores.Redact(err.Error()))
	}
	return connect.Extracted(a, results, o.output, o.check)
}

// relock takes the files as they are for extracted ones.
func relock(ctx context.Context, a *console.Console, to *outputs.Place, o extractOptions) error {
	names, err := extract.Relock(ctx, to.Folder, to.Way, func(source, collection string) bool {
		return (o.Database == "" || o.Database == source) && (len(o.Collections) == 0 || slices.Contains(o.Collections, collection))
	})
	if err != nil {
		return connect.Faults(err)
	}
	if o.output == "json" {
		if names == nil {
			names = []string{}
		}
		return a.WriteJSON(struct {
			Format   int      `json:"format"` // 1
			Relocked []string `json:"relocked"`
		}{1, names})
	}
	text := ""
	for _, name := range names {
		text += diag.Safe(name, 160) + ": locked as it is\n"
	}
	if text == "" {
		text = "nothing to do: the locks say what the files are\n"
	}
	return a.Print(text)
}

// extractWorkspace loads the weaves; with --database there need be none: nil.
func extractWorkspace(a *console.Console, dir string, o extractOptions) (*workspace.Workspace, error) {
	w, diagnostics := workspace.LoadDir(dir)
	if o.Database != "" && len(diagnostics) == 1 && diagnostics[0].Code == diag.NoWeave {
		return nil, nil
	}
	if err := a.Report(diagnostics, console.DiagnosticOptions{Output: "text"}); err != nil {
		return nil, err
	}
	return w, nil
}

// defaults are the values that nobody gave, and where to give them.
func (o *extractOptions) defaults() []string {
	var out []string
	if o.maxDocuments == extract.MaxDocuments {
		out = append(out, fmt.Sprintf("at most %d documents a collection (default; --max-documents)", extract.MaxDocuments))
	}
	if o.maxSize == mebibytes(extract.MaxBytes) {
		out = append(out, fmt.Sprintf("at most %s a collection (default; --max-size)", o.maxSize))
	}
	if o.Timeout == mongo.DefaultTimeout {
		out = append(out, fmt.Sprintf("at most %s for one call to the server (default; --timeout)", o.Timeout))
	}
	return out
}
