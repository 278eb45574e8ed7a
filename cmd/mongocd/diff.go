package main

// The `diff` command: a workspace in, what its rules change about the extracted
// data out, as text, Markdown or JSON. It reads files only.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// diffItems is how many documents of one action are shown without --verbose.
const diffItems = 20

type diffOptions struct {
	compileOptions
	detailedExit, verbose bool
}

func (a *app) diffCommand() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what the rules change about the extracted data, offline",
		Long: `Runs the rules over the extracted data and shows, for each environment, weave and collection, the documents that they
change, field by field, that they make, and that they leave out. It reads files only; what a destination would get
is shown by plan.

Elements of arrays are compared by their key where all have one (_id, id, key, name, code or sku), else by position. Types
are shown where only the type differs. A change that three documents or more have in common is shown once. What the
artefact fills in is shown as written: ${secret('TOKEN')}.`,
		Example: `  mongocd diff --env prod
  mongocd diff --env prod --output markdown   # for a pull request
  mongocd diff --weave shop --detailed-exitcode`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.diff(cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.environments, "env", nil, "an `environment` (repeatable; default: all)")
	flags.StringArrayVar(&o.weaves, "weave", nil, "a `weave` (repeatable; default: all)")
	flags.StringArrayVar(&o.inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	flags.StringVar(&o.output, "output", "text", "`form`: text, markdown or json")
	flags.BoolVar(&o.detailedExit, "detailed-exitcode", false, "exit with 2 when the rules change anything")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, fmt.Sprintf("show all documents with all changes, not %d of each kind", diffItems))
	return cmd
}

func (a *app) diff(cmd *cobra.Command, o diffOptions) error {
	if !slices.Contains([]string{"text", "markdown", "json"}, o.output) {
		return usagef("--output is %q; it takes text, markdown or json", o.output)
	}
	inputs, err := o.inputValues()
	if err != nil {
		return err
	}
	dir, err := a.workspace()
	if err != nil {
		return err
	}
	workspace, diagnostics := compiler.Load(dir)
	var found []compiler.CollectionChanges
	if !diagnostics.HasErrors() {
		var more diag.List
		found, more = workspace.Diff(cmd.Context(), compiler.Options{Environments: o.environments, Weaves: o.weaves, Inputs: inputs, Compiler: compilerName()})
		diagnostics = append(diagnostics, more...)
	}
	shown := diagnosticOptions{output: "text"}
	if o.output == "json" && diagnostics.HasErrors() {
		shown.output = "json" // then they are the one document on stdout
	}
	if err := a.report(diagnostics, shown); err != nil {
		return err
	}
	limit := diffItems
	if o.verbose {
		limit = int(^uint(0) >> 1)
	}
	switch o.output {
	case "json":
		err = a.writeJSON(diffJSONOf(found))
	case "markdown":
		err = a.print(diffMarkdown(found, limit))
	default:
		err = a.print(diffText(found, limit))
	}
	if err == nil && o.detailedExit && slices.ContainsFunc(found, func(c compiler.CollectionChanges) bool { return len(c.Documents) > 0 }) {
		err = exitError{code: exitDifferences}
	}
	return err
}

// diffSummary is "3 of 4 documents, 2 changed, 1 made".
func diffSummary(c *compiler.CollectionChanges) string {
	text := fmt.Sprintf("%s extracted, %d wanted", plural(c.Extracted, "document"), c.Wanted)
	count := map[string]int{}
	for _, d := range c.Documents {
		count[d.Action]++
	}
	for _, part := range []struct{ action, word string }{
		{compiler.ChangeDocument, "changed"}, {compiler.MakeDocument, "made"}, {compiler.LeaveOutExtract, "left out"},
	} {
		if n := count[part.action]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, part.word)
		}
	}
	if c.Same > 0 {
		text += fmt.Sprintf(", %d as extracted", c.Same)
	}
	return text
}

// shownDocuments are the documents to show, and how many of each action are
// not. Without --verbose, changes that documents have in common are apart.
func shownDocuments(documents []compiler.DocumentChanges, limit int) (groups []alike, shown []compiler.DocumentChanges, hidden map[string]int) {
	if limit == diffItems {
		groups, documents = groupChanges(documents)
	}
	count := map[string]int{}
	hidden = map[string]int{}
	for _, d := range documents {
		if count[d.Action]++; count[d.Action] > limit {
			hidden[d.Action]++
			continue
		}
		shown = append(shown, d)
	}
	return groups, shown, hidden
}

// diffActions are the actions in the order they are shown, with their words.
var diffActions = []struct{ action, sign, word, more string }{
	{compiler.ChangeDocument, "~", "changed", "changed"},
	{compiler.MakeDocument, "+", "made", "made"},
	{compiler.LeaveOutExtract, "-", "left out", "left out"},
}

func diffText(found []compiler.CollectionChanges, limit int) string {
	var b strings.Builder
	for i := range found {
		c := &found[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s for %s: %s -> %s\n  %s\n", diag.Safe(c.Weave, 80), diag.Safe(c.Environment, 80), c.Source, c.Destination, diffSummary(c))
		groups, shown, hidden := shownDocuments(c.Documents, limit)
		for _, g := range groups {
			fmt.Fprintf(&b, "  ~ %s: %s: %s → %s\n", plural(g.documents, "document"), g.path, g.before, g.after)
		}
		for _, act := range diffActions {
			for _, d := range shown {
				if d.Action != act.action {
					continue
				}
				fmt.Fprintf(&b, "  %s %s%s\n", act.sign, d.Document, whyText(d))
				for _, f := range d.Fields {
					before, after := fieldTexts(f, 80)
					fmt.Fprintf(&b, "      %s: %s → %s\n", f.Path, before, after)
				}
			}
			if n := hidden[act.action]; n > 0 {
				fmt.Fprintf(&b, "  … and %d more %s; --verbose shows them\n", n, act.more)
			}
		}
	}
	return b.String()
}

// whyText says of a document that is made or left out that it is.
func whyText(d compiler.DocumentChanges) string {
	switch d.Action {
	case compiler.MakeDocument:
		return " (made by " + diag.Safe(d.Origin, 200) + ")"
	case compiler.LeaveOutExtract:
		return " (left out)"
	}
	return ""
}

// fieldTexts are the two values of a change, told apart.
func fieldTexts(f compiler.FieldChange, max int) (before, after string) {
	text := func(v bson.RawValue) string {
		if v.Type == 0 {
			return "(missing)"
		}
		return doc.Show(v, max)
	}
	before, after = text(f.Before), text(f.After)
	if f.Order {
		return before, after + " (in another order)"
	}
	if before == after {
		if a, b := doc.TypeName(f.Before), doc.TypeName(f.After); a != b {
			return before + " (" + a + ")", after + " (" + b + ")"
		}
		after += " (differs further on)"
	}
	return before, after
}

func diffMarkdown(found []compiler.CollectionChanges, limit int) string {
	var b strings.Builder
	title := ""
	for i := range found {
		c := &found[i]
		if t := fmt.Sprintf("## %s for %s\n\n", inline(c.Weave), inline(c.Environment)); t != title {
			b.WriteString(t)
			title = t
		}
		fmt.Fprintf(&b, "**%s → %s**: %s\n\n", inline(c.Source), inline(c.Destination), diffSummary(c))
		groups, shown, hidden := shownDocuments(c.Documents, limit)
		if len(groups)+len(shown) == 0 {
			continue
		}
		b.WriteString("| | document | field | extracted | wanted |\n|---|---|---|---|---|\n")
		for _, g := range groups {
			fmt.Fprintf(&b, "| changed | %s | %s | %s | %s |\n", plural(g.documents, "document"), inline(g.path), inline(g.before), inline(g.after))
		}
		for _, act := range diffActions {
			for _, d := range shown {
				if d.Action != act.action {
					continue
				}
				if len(d.Fields) == 0 {
					fmt.Fprintf(&b, "| %s | %s | | | |\n", act.word, inline(d.Document))
				}
				for k, f := range d.Fields {
					word, name := act.word, inline(d.Document)
					if k > 0 {
						word, name = "", ""
					}
					before, after := fieldTexts(f, 80)
					fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", word, name, inline(f.Path), inline(before), inline(after))
				}
			}
			if n := hidden[act.action]; n > 0 {
				fmt.Fprintf(&b, "| … | %d more %s | | | |\n", n, act.more)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// inline is a text as code in a Markdown table: nothing in it is markup, a link
// or a mention.
func inline(text string) string {
	return "<code>" + markup.Replace(diag.Safe(text, 300)) + "</code>"
}

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;",
	"~", "&#126;", "\\", "&#92;", "@", "&#64;", "#", "&#35;", ":", "&#58;", "$", "&#36;", "www.", "www&#46;")

// diffJSON is what `diff --output json` writes. Values are canonical Extended JSON.
type diffJSON struct {
	Format      int                  `json:"format"` // 1
	Collections []diffCollectionJSON `json:"collections"`
}

type diffCollectionJSON struct {
	Weave       string             `json:"weave"`
	Environment string             `json:"environment"`
	Source      string             `json:"source"`
	Destination string             `json:"destination"`
	Extracted   int                `json:"extracted"`
	Wanted      int                `json:"wanted"`
	Same        int                `json:"same"`
	Documents   []diffDocumentJSON `json:"documents"`
}

type diffDocumentJSON struct {
	Action   string          `json:"action"` // change, make, leave-out
	Document string          `json:"document"`
	Origin   string          `json:"origin,omitempty"`
	Changes  []diffFieldJSON `json:"changes"`
}

// diffFieldJSON is one field; Before or After is absent when the field is.
type diffFieldJSON struct {
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

func diffJSONOf(found []compiler.CollectionChanges) diffJSON {
	value := func(v bson.RawValue) json.RawMessage {
		if v.Type == 0 {
			return nil
		}
		return doc.AppendCanonicalValue(nil, v)
	}
	out := diffJSON{Format: 1, Collections: []diffCollectionJSON{}}
	for _, c := range found {
		j := diffCollectionJSON{Weave: c.Weave, Environment: c.Environment, Source: c.Source, Destination: c.Destination,
			Extracted: c.Extracted, Wanted: c.Wanted, Same: c.Same, Documents: []diffDocumentJSON{}}
		for _, d := range c.Documents {
			k := diffDocumentJSON{Action: d.Action, Document: d.Document, Origin: d.Origin, Changes: []diffFieldJSON{}}
			for _, f := range d.Fields {
				k.Changes = append(k.Changes, diffFieldJSON{Path: f.Path, Before: value(f.Before), After: value(f.After)})
			}
			j.Documents = append(j.Documents, k)
		}
		out.Collections = append(out.Collections, j)
	}
	return out
}
