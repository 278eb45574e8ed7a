package main

// The `render` command: a workspace in, the documents that it wants out, as text, JSON or
// files. It reads files only.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/rendered"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
)

type renderOptions struct {
	compiled.Options
	collections         []string
	document, outputDir string
}

func (a *app) renderCommand() *cobra.Command {
	var o renderOptions
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Write the documents that the rules want, offline",
		Long: `Runs the rules over the extracted data and writes what they want of each environment: the documents as they will be, not what
changes. It reads files only. Documents are Extended JSON as in extracted/, so that both can be compared; what the artefact fills
in is written as the rules have it: "${secret('TOKEN')}", "${_id of roles \"admin\"}"; values of redacted fields are masked.

On stdout a line "# ENVIRONMENT DATABASE.COLLECTION" stands before the documents of each collection. With --output-dir they are
files, DIR/ENVIRONMENT/DATABASE/COLLECTION/, with options and indexes in collection.json: what extracted/ would be, had it been
extracted there. The folder of an environment is replaced as a whole, unless a file in it was changed or is not of render.

--output json is {"format": 1, "collections": [{"environment": …, "weave": …, "database": …, "collection": …, "documents": […]}]}, in
canonical Extended JSON.`,
		Example: `  mongocd render --env prod --document 'flags[name=beta]'
  mongocd render --env prod --output-dir rendered && git diff --no-index extracted/shop_test rendered/prod/shop
  diff -r rendered/prod-eu rendered/prod-us         # what two environments get`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return render(cmd.Context(), a.Console, o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Environments, "env", nil, "an `environment` (repeatable; default: all)")
	flags.StringArrayVar(&o.Weaves, "weave", nil, "a `weave` (repeatable; default: all)")
	flags.StringArrayVar(&o.collections, "collection", nil, "a `collection` of the destination, NAME or DATABASE.NAME (repeatable; default: all)")
	flags.StringVar(&o.document, "document", "", "only documents like this: `COLLECTION[field=value,…]`, values as JSON or bare text")
	flags.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	compiled.WithEditsFlag(flags, &o.WithEdits)
	flags.StringVar(&o.outputDir, "output-dir", "", "write files into this `directory`, within the workspace unless absolute")
	flags.StringVar(&o.Output, "output", "text", "`form` on stdout: text or json")
	return cmd
}

func render(ctx context.Context, a *console.Console, o renderOptions) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if o.outputDir != "" && o.Output != "text" {
		return console.Usagef("--output-dir writes files: --output does not go with it")
	}
	choice := rendered.Choice{Collections: o.collections}
	if o.document != "" {
		selector, err := describe.ParseSelector(o.document)
		if err != nil {
			return console.Usagef("--document: %s", err)
		}
		choice.Document = &selector
	}
	options, err := o.CompilerOptions()
	if err != nil {
		return err
	}
	dir, err := a.Workspace()
	if err != nil {
		return err
	}
	states, _, err := wanted(ctx, a, dir, options, o.Output)
	if err != nil {
		return err
	}
	collections := rendered.Collections(states, choice)
	if len(collections) == 0 {
		return console.Failf("nothing is wanted that is like this: no such %s", noneOf(o))
	}
	switch {
	case o.outputDir != "":
		return renderFiles(a, dir, o.outputDir, collections)
	case o.Output == "json":
		return renderJSON(a, collections)
	}
	return renderText(a, collections)
}

// noneOf says what was asked for that there is none of.
func noneOf(o renderOptions) string {
	switch {
	case o.document != "":
		return "document " + diag.Quote(o.document, 200) + " in what the rules want"
	case len(o.collections) > 0:
		return "collection " + diag.Quote(strings.Join(o.collections, ", "), 200)
	}
	return "collection in these environments"
}

func renderFiles(a *console.Console, dir, outputDir string, collections []rendered.Collection) (err error) {
	to, err := outputs.Open(dir, outputDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	folders, err := outputs.WriteRendered(to, collections)
	if err != nil {
		return console.Failf("%s", view.Printable(err.Error()))
	}
	for _, folder := range folders {
		if err := a.Print(diag.Safe(to.Show(folder), 300) + "\n"); err != nil {
			return err
		}
	}
	return nil
}

func renderText(a *console.Console, collections []rendered.Collection) error {
	for _, c := range collections {
		text, err := c.Text()
		if err != nil {
			return console.Failf("%s", view.Printable(err.Error()))
		}
		head := fmt.Sprintf("# %s %s\n", diag.Safe(c.Environment, 80), diag.Safe(c.Namespace(), 200))
		if err := a.Print(head + string(view.EscapeJSON([]byte(text)))); err != nil {
			return err
		}
	}
	return nil
}

// renderJSON writes one document on stdout.
func renderJSON(a *console.Console, collections []rendered.Collection) error {
	type collectionJSON struct {
		Environment string            `json:"environment"`
		Weave       string            `json:"weave"`
		Database    string            `json:"database"`
		Collection  string            `json:"collection"`
		Origin      string            `json:"origin"`
		Documents   []json.RawMessage `json:"documents"`
	}
	out := struct {
		Format      int              `json:"format"` // 1
		Collections []collectionJSON `json:"collections"`
	}{Format: 1, Collections: []collectionJSON{}}
	for _, c := range collections {
		j := collectionJSON{Environment: c.Environment, Weave: c.Weave, Database: c.Database, Collection: c.Name, Origin: c.Origin, Documents: []json.RawMessage{}}
		for _, d := range c.Documents {
			j.Documents = append(j.Documents, doc.AppendCanonical(nil, d.Raw))
		}
		out.Collections = append(out.Collections, j)
	}
	return a.WriteJSON(out)
}
