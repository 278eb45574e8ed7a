package main

// The `extract` command: a live source in, extracted/ out.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

const (
	sourceVariable   = "MONGOCD_SOURCE_URI"
	passwordVariable = "MONGOSOURCEPASSWORD"
)

type extractOptions struct {
	discardEdits bool
	layout       string
	timeout      time.Duration
}

func (a *app) extractCommand() *cobra.Command {
	var o extractOptions
	cmd := &cobra.Command{
		Use:   "extract",
		Short: "Bring the source's documents, indexes and options into extracted/",
		Long: `Reads the collections that the weaves of the workspace name, and nothing else, from their sources and writes
them to extracted/<source>/<collection>/: documents as Extended JSON, indexes and options. It only reads from the source.

The source's connection string is in MONGOCD_SOURCE_URI_<SOURCE>, else in MONGOCD_SOURCE_URI; with _FILE behind the name,
in the file that the variable names. MONGOSOURCEPASSWORD is the password of a connection string with a user and no password.

Files that were changed by hand since the last extract are named and kept, and nothing is written; --discard-edits overwrites them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.extract(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.discardEdits, "discard-edits", false, "overwrite files that were changed by hand")
	cmd.Flags().StringVar(&o.layout, "layout", "", "`layout` of the documents: files, lines or shards (default: as it is; at first by the size)")
	cmd.Flags().DurationVar(&o.timeout, "timeout", mongo.DefaultTimeout, "limit of the extraction of one source")
	return cmd
}

func (a *app) extract(ctx context.Context, o extractOptions) error {
	chosen := layout.Layout(o.layout)
	if o.layout != "" && !slices.Contains([]layout.Layout{layout.Files, layout.Lines, layout.Shards}, chosen) {
		return usagef("--layout is %q; it takes files, lines or shards", o.layout)
	}
	dir, err := a.workspace()
	if err != nil {
		return err
	}
	workspace, diagnostics := compiler.Load(dir)
	if err := a.report(diagnostics, diagnosticOptions{output: "text"}); err != nil {
		return err
	}
	for _, source := range workspace.Sources() {
		results, err := a.extractSource(ctx, workspace, source, extract.Options{
			Root:         filepath.Join(dir, "extracted"),
			Source:       source.Name,
			Database:     source.Database,
			Layout:       chosen,
			DiscardEdits: o.discardEdits,
		}, o.timeout)
		for _, r := range results {
			fmt.Fprintln(a.stdout, extractedLine(source.Name, r))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// extractSource connects to one source and extracts its collections.
func (a *app) extractSource(ctx context.Context, w *compiler.Workspace, source compiler.Source, o extract.Options, timeout time.Duration) (_ []extract.Result, err error) {
	uri, err := cli.ConnectionString(a.lookupEnv, "source", sourceVariable, source.Name)
	if err != nil {
		return nil, failf("%s", err)
	}
	password, _ := a.lookupEnv(passwordVariable)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	store, err := mongo.Open(ctx, withPassword(uri, password), mongo.Options{Comment: "mongocd extract", Timeout: timeout})
	if err != nil {
		return nil, failf("%s", err)
	}
	defer func() {
		if closing := store.Close(context.WithoutCancel(ctx)); closing != nil && err == nil {
			err = failf("%s", closing)
		}
	}()
	var names []string
	if source.Patterns {
		if names, err = extract.Names(ctx, store.Client(), source.Database); err != nil {
			return nil, failf("%s", store.Redact(err.Error()))
		}
	}
	for _, w := range w.Wanted(source.Name, names) {
		c := extract.Collection{Name: w.Collection, Redact: w.Redact, Omit: w.Omit}
		for _, path := range w.By {
			c.Key = append(c.Key, doc.Path(path))
		}
		o.Collections = append(o.Collections, c)
	}
	results, err := extract.Live(ctx, store.Client(), o)
	var refusal *extract.Error
	switch {
	case errors.As(err, &refusal):
		return results, failf("%s", refusal)
	case err != nil:
		return results, failf("%s", store.Redact(err.Error()))
	}
	return results, nil
}

// withPassword puts a password into a connection string that has a user and no password.
func withPassword(uri, password string) string {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || password == "" {
		return uri
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	if at <= 0 || strings.Contains(authority[:at], ":") {
		return uri
	}
	escaped := strings.ReplaceAll(url.QueryEscape(password), "+", "%20")
	return scheme + "://" + rest[:at] + ":" + escaped + rest[at:]
}

// extractedLine says what was done with one collection.
func extractedLine(source string, r extract.Result) string {
	state := "unchanged"
	if r.Changed {
		state = "written"
	}
	line := fmt.Sprintf("%s.%s: %s, %s, layout %s, %s", diag.Safe(source, 80), diag.Safe(r.Collection, 80),
		plural(r.Documents, "document"), pluralOf(r.Indexes, "index", "indexes"), r.Layout, state)
	if r.Note != "" {
		line += " (" + r.Note + ")"
	}
	return line
}
