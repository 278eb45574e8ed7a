package main

// The `import` command: a file of another tool in, the folder of a collection in
// extracted/ out. compiler/dump reads the file, compiler/extract writes the folder.

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/connect"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/compiler/dump"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

type importOptions struct {
	extractOptions
	source, collection string
	form, columns      string
	ignoreBlanks       bool
	by                 []string
}

func (a *app) importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Bring a collection from a file into extracted/: mongoexport's JSON or CSV, mongodump's BSON",
		Long: `Writes extracted/<source>/<collection>/ as extract does, from a file instead of a server. The file is

  .json .jsonl  Extended JSON v2, canonical or relaxed: an array of documents, or documents one after the other
  .csv          a row a document; the first line names the columns, or --columns does. A dot in a name is a field within
                a field. A type stands behind a name as with mongoimport's --columnsHaveTypes: price.decimal(),
                since.date(2006-01-02); objectId() is one, too. Without a type a column is int, long, double or ObjectId
                where all its cells are exactly that, else text: 007 and 1.10 stay as they are.
  .bson         mongodump's; options and indexes are read from COLLECTION.metadata.json beside it

and may be compressed (.gz). The collection is replaced as a whole, or not at all: a mistake in the file is named with its
line, and nothing is written. Fields in redact and omit never reach the files; where a field looks like a secret, nothing is
written, until the weave says what it is, as with extract.

Exit codes: 0 done; 1 failed, nothing written; 3 refused, nothing written: a field looks like a secret; 64 wrong usage.`,
		Example: `  mongocd import --source shop flags.json
  mongocd import --source shop --collection price_lists --by market --by sku prices.csv
  mongocd import --source shop --columns 'code.string(),rate.decimal(),since.date(2006-01-02)' --by code rates.csv
  mongocd import --source shop dump/shop/flags.bson.gz`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return importFile(cmd.Context(), a.Console, o, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.source, "source", "", "the `source` that the weaves read the collection from (default: the only one that they have)")
	flags.StringVar(&o.collection, "collection", "", "the `collection` (default: as the file is named)")
	flags.StringVar(&o.form, "type", "", "`form` of the file: json, csv or bson (default: by its name)")
	flags.StringVar(&o.columns, "columns", "", "`names` of the columns of CSV without a first line that has them, with commas between, types as above")
	flags.BoolVar(&o.ignoreBlanks, "ignore-blanks", false, "leave the fields of empty cells of CSV out")
	flags.StringArrayVar(&o.by, "by", nil, "name and sort the files by this `path` (repeatable; default: what the weaves say, else _id)")
	flags.BoolVar(&o.discardEdits, "discard-edits", false, "overwrite files that were changed by hand")
	flags.StringVar(&o.layout, "layout", "", "`layout` of the documents: files, lines or shards (default: as it is; at first by the size)")
	flags.Int64Var(&o.maxDocuments, "max-documents", extract.MaxDocuments, "refuse a collection of more documents")
	flags.StringVar(&o.maxSize, "max-size", mebibytes(extract.MaxBytes), "refuse a collection of more `bytes`: 200MiB, 1GiB, 1000000")
	flags.StringVar(&o.output, "output", "text", "`form` of the result: text, or json, one document on stdout")
	return cmd
}

// file checks the flags that are about the file.
func (o *importOptions) file() (dump.Options, []doc.Path, error) {
	form := dump.Form(o.form)
	if form != "" && !slices.Contains([]dump.Form{dump.JSON, dump.CSV, dump.BSON}, form) {
		return dump.Options{}, nil, console.Usagef("--type is %q; it takes json, csv or bson", o.form)
	}
	var by []doc.Path
	for _, text := range o.by {
		path := doc.Path(strings.Split(text, "."))
		if slices.Contains(path, "") {
			return dump.Options{}, nil, console.Usagef("--by is %q; it takes a path such as code or market.code", text)
		}
		by = append(by, path)
	}
	var columns []string
	if o.columns != "" {
		columns = splitColumns(o.columns)
	}
	return dump.Options{Form: form, Columns: columns, IgnoreBlanks: o.ignoreBlanks}, by, nil
}

// splitColumns splits at the commas that are not within the parentheses of a type.
func splitColumns(text string) []string {
	depth := 0
	return strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return r == ',' && depth <= 0
	})
}

func importFile(ctx context.Context, a *console.Console, o importOptions, name string) (err error) {
	form, by, err := o.file()
	if err != nil {
		return err
	}
	dir, err := a.Workspace()
	if err != nil {
		return err
	}
	to, err := outputs.Open(dir, "extracted")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	o.Timeout = mongo.DefaultTimeout // of no use here
	options, err := o.options(to)
	if err != nil {
		return err
	}
	w, err := extractWorkspace(a, dir, extractOptions{Asked: connect.Asked{Database: "any"}})
	if err != nil {
		return err
	}
	if o.source, err = importSource(w, o.source); err != nil {
		return err
	}
	file, err := dump.Open(ctx, name, form)
	if err != nil {
		return connect.Faults(err)
	}
	if o.collection == "" {
		o.collection = file.Name
	}
	if o.collection == "" {
		return console.Usagef("--collection is missing: the name of the file does not say it")
	}
	selected, c := connect.Imported(w, o.source, o.collection)
	if len(by) > 0 {
		c.Key = by
	}
	file.NeedID(len(c.Key) == 0)
	results, err := extract.Import(ctx, extract.Export{
		Source: o.source, Collection: c, Options: file.CollectionOptions, Indexes: file.Indexes, Documents: file.Documents,
	}, options)
	switch {
	case errors.Is(err, extract.ErrSecrets):
		if err := a.ReportBeside(connect.Suspects([]connect.Selection{selected}, results), o.output); !errors.As(err, new(console.ExitError)) {
			return err
		}
		return console.ExitError{Code: console.ExitRefused}
	case errors.Is(err, context.Canceled):
		return console.Failf("interrupted: nothing was changed")
	case len(layout.Errors(err)) > 0:
		return connect.Faults(err)
	case err != nil:
		return console.Failf("%s", err)
	}
	return connect.Extracted(a, results, o.output, false)
}

// importSource is the source that was named, else the only one of the weaves.
func importSource(w *workspace.Workspace, named string) (string, error) {
	if named != "" {
		return named, nil
	}
	var names []string
	if w != nil {
		for _, s := range sources.All(w) {
			names = append(names, diag.Safe(s.Name, 64))
		}
	}
	switch len(names) {
	case 1:
		return sources.All(w)[0].Name, nil
	case 0:
		return "", console.Usagef("--source is missing: there is no weave that says what the source is called")
	}
	return "", console.Usagef("--source is missing: the weaves read from %s", strings.Join(names, ", "))
}
