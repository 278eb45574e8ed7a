package main

// `explain --document`: a document in, where its values come from out.

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/explained"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// documentOptions are the flags of `explain --document`.
type documentOptions struct {
	compiled.Options
	document string
	path     string
}

func (o *documentOptions) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.document, "document", "", "explain where this document comes from: `COLLECTION[field=value,…]`, values as JSON or bare text")
	cmd.Flags().StringVar(&o.path, "path", "", "only the value at this `path`: limits.users, items[0].sku")
	cmd.Flags().StringArrayVar(&o.Environments, "env", nil, "with --document: an `environment` (repeatable; default: all)")
	cmd.Flags().StringArrayVar(&o.Weaves, "weave", nil, "with --document: a `weave` (repeatable; default: all)")
	cmd.Flags().StringArrayVar(&o.Inputs, "input", nil, "with --document: the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	cmd.Flags().StringVar(&o.Output, "output", "text", "`form` with --document: text or json")
}

// explainDocument prints the way of one document through the rules.
func explainDocument(ctx context.Context, a *console.Console, o documentOptions) error {
	if err := o.Validate(); err != nil {
		return err
	}
	inputs, err := o.InputValues()
	if err != nil {
		return err
	}
	selector, err := describe.ParseSelector(o.document)
	if err != nil {
		return console.Usagef("--document: %s", err)
	}
	var path []ast.Step
	if o.path != "" {
		if path, err = describe.ParsePath(o.path); err != nil {
			return console.Usagef("--path: %s", err)
		}
	}
	dir, err := a.Workspace()
	if err != nil {
		return err
	}
	w, diagnostics := workspace.LoadDir(dir)
	if diagnostics.HasErrors() {
		return a.Report(diagnostics, o.DiagnosticOptions)
	}
	found, diagnostics := describe.Explain(ctx, w, workspace.Options{Environments: o.Environments, Weaves: o.Weaves, Inputs: inputs, Compiler: version.Program()}, selector, path)
	if diagnostics.HasErrors() {
		return a.Report(diagnostics, o.DiagnosticOptions)
	}
	if o.Output == "json" {
		return writeProvenance(a, found)
	}
	var b strings.Builder
	for i, p := range found {
		if i > 0 {
			b.WriteByte('\n')
		}
		if err := explained.Write(&b, &p, a.Colored()); err != nil {
			return console.Failf("write the messages: %s", err)
		}
	}
	return a.Print(b.String())
}

// provenanceJSON is one environment of `explain --document --output json`.
type provenanceJSON struct {
	Weave       string           `json:"weave"`
	Environment string           `json:"environment"`
	Source      string           `json:"source"`
	Destination string           `json:"destination"`
	Document    string           `json:"document"`
	Path        string           `json:"path,omitempty"`
	File        string           `json:"file,omitempty"`
	Line        int              `json:"line,omitempty"`
	Extracted   string           `json:"extracted,omitempty"`
	Policies    []statementPlace `json:"policies"`
	Filters     []filterJSON     `json:"filters"`
	Steps       []stepJSON       `json:"steps"`
	Result      string           `json:"result,omitempty"`
	LeftOut     bool             `json:"leftOut"`
	MadeBy      *statementPlace  `json:"madeBy,omitempty"`
	Problems    []diag.JSON      `json:"problems"`
}

type filterJSON struct {
	statementPlace
	Kept bool `json:"kept"`
}

type stepJSON struct {
	statementPlace
	Changes []changeJSON `json:"changes"`
}

type changeJSON struct {
	Path   string `json:"path"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func writeProvenance(a *console.Console, found []describe.Provenance) error {
	out := []provenanceJSON{}
	for _, p := range found {
		j := provenanceJSON{
			Weave: p.Weave, Environment: p.Environment, Source: p.Source, Destination: p.Destination, Document: p.Document,
			Path: p.Path, File: p.File, Line: p.Line, Extracted: p.Extracted, Result: p.Result, LeftOut: p.LeftOut(),
			Filters: []filterJSON{}, Policies: []statementPlace{}, Steps: []stepJSON{}, Problems: diag.ToJSON(p.Problems),
		}
		if !p.Made.IsZero() {
			made := placeOf(p.Made)
			j.MadeBy = &made
		}
		for _, f := range p.Filters {
			j.Filters = append(j.Filters, filterJSON{placeOf(f.Span), f.Kept})
		}
		for _, policy := range p.Policies {
			place := placeOf(policy.Span)
			place.Statement = policy.Text
			j.Policies = append(j.Policies, place)
		}
		for _, s := range p.Steps {
			step := stepJSON{statementPlace: placeOf(s.Span)}
			for _, c := range s.Changes {
				step.Changes = append(step.Changes, changeJSON(c))
			}
			j.Steps = append(j.Steps, step)
		}
		out = append(out, j)
	}
	return a.WriteJSON(out)
}
