package playground

// What a page shows of a workspace. In: the workspace as it is, with texts that are not
// saved, and what the page asks for; out: plain values with texts as the command line
// prints them. While there are errors, Problems are they and there is nothing else.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/explained"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/rendered"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/review"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

const (
	// mostDocuments is how many documents of a collection are shown.
	mostDocuments = 200
	// mostText is how large a file of data is edited in a page, in bytes.
	mostText = 2 << 20
)

// views answers the methods.
type views struct {
	files   *Files
	program string
}

// of is what a page asks about: an environment, and for some a weave, a document or a file.
type of struct {
	Environment string `json:"environment"`
	Weave       string `json:"weave"`
	Document    string `json:"document"` // COLLECTION[field=value,…]
	Name        string `json:"name"`     // of a file
	Text        string `json:"text"`     // for it
	// Inputs are values of `input` declarations by name.
	Inputs map[string]string `json:"inputs"`
}

// shown is a text, or why there is none.
type shown struct {
	Text     string `json:"text"`
	Problems string `json:"problems,omitempty"`
}

// problems are messages as `mongocd check` prints them.
func problems(found diag.List) string {
	var b strings.Builder
	if err := diag.Render(&b, found.Errors(), diag.RenderOptions{Bare: true}); err != nil {
		return err.Error()
	}
	return b.String()
}

// compilable is the workspace with the options for one environment; "" for all.
func (v *views) compilable(w *query.Workspace, environment string) (*workspace.Workspace, workspace.Options, string) {
	found, o, diags := query.Compilable(w.Now())
	if found == nil {
		return nil, o, problems(diags)
	}
	o.Compiler = v.program
	if environment != "" {
		o.Environments = []string{environment}
	}
	return found, o, ""
}

// compile compiles one environment, with the checks of `mongocd compile --target mongosh`.
func (v *views) compile(ctx context.Context, w *query.Workspace, environment string) (*compiler.Result, string) {
	found, o, wrong := v.compilable(w, environment)
	if found == nil {
		return nil, wrong
	}
	result, diags := compiler.Compile(ctx, found, o)
	if result != nil {
		refused, _ := rendered.MongoshCannotHold(found, result, nil) // the result is never bare here
		diags = append(diags, refused...)
	}
	if diags.HasErrors() {
		return nil, problems(diags)
	}
	return result, ""
}

// about is what can be chosen.
type about struct {
	Environments []string `json:"environments"`
	Weaves       []string `json:"weaves"`
	Files        []string `json:"files"`
	Inputs       []input  `json:"inputs"`
	Problems     string   `json:"problems,omitempty"`
}

// input is an `input` declaration.
type input struct {
	Name string `json:"name"`
	// Value is the one that was given; "" with Given false: none.
	Value string `json:"value"`
	Given bool   `json:"given"`
	// Declared is its text: input NAME: TYPE = default.
	Declared string `json:"declared"`
}

// inputsOf are the declarations of a workspace, each name once.
func inputsOf(s *query.Snapshot, given map[string]string) []input {
	out := []input{}
	for _, d := range query.Inputs(s) {
		if !slices.ContainsFunc(out, func(i input) bool { return i.Name == d.Name.Text }) {
			value, ok := given[d.Name.Text]
			out = append(out, input{Name: d.Name.Text, Value: value, Given: ok, Declared: diag.Safe(d.Span.Text(), 200)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) { // an error says that it is declared nowhere
		if !slices.ContainsFunc(out, func(i input) bool { return i.Name == name }) {
			out = append(out, input{Name: name, Value: given[name], Given: true})
		}
	}
	return out
}

// inputs gives `input` declarations other values.
func (v *views) inputs(_ context.Context, w *query.Workspace, p of) (shown, error) {
	w.SetInputs(p.Inputs)
	return shown{}, nil
}

func (v *views) about(_ context.Context, w *query.Workspace, _ of) (about, error) {
	out := about{Environments: []string{}, Weaves: []string{}, Files: v.files.Names(), Inputs: inputsOf(w.Now(), w.Inputs())}
	found, _, wrong := v.compilable(w, "")
	if found == nil {
		out.Problems = wrong
		return out, nil
	}
	out.Environments = found.Environments()
	for _, weave := range found.Weaves {
		out.Weaves = append(out.Weaves, weave.Module.Name)
	}
	return out, nil
}

// read is the text of a file for an editor.
func (v *views) read(_ context.Context, _ *query.Workspace, p of) (shown, error) {
	data, err := v.files.ReadFile(p.Name)
	switch {
	case err != nil:
		return shown{}, err
	case len(data) > mostText:
		return shown{}, fmt.Errorf("%s has %d KB; up to %d KB are edited here", diag.Quote(p.Name, 200), len(data)>>10, mostText>>10)
	case !utf8.Valid(data):
		return shown{}, fmt.Errorf("%s is no text", diag.Quote(p.Name, 200))
	}
	return shown{Text: string(data)}, nil
}

// write writes a file, of data or a new one.
func (v *views) write(_ context.Context, w *query.Workspace, p of) (shown, error) {
	if !belongs(p.Name, false) {
		return shown{}, fmt.Errorf("%s would not be read: a workspace is made of .weave files and of what is in extracted/", diag.Quote(p.Name, 200))
	}
	if err := v.files.Write(p.Name, []byte(p.Text)); err != nil {
		return shown{}, err
	}
	w.Refresh()
	return shown{}, nil
}

// collection is what is wanted of a collection.
type collection struct {
	Name      string     `json:"name"` // DATABASE.NAME
	Weave     string     `json:"weave"`
	Origin    string     `json:"origin"` // of its sync
	Count     int        `json:"count"`
	Documents []document `json:"documents"` // the first ones
}

type document struct {
	Text string `json:"text"`
	Name string `json:"name"` // COLLECTION[field=value,…]
}

type result struct {
	Collections []collection `json:"collections"`
	Problems    string       `json:"problems,omitempty"`
}

// result is the documents that are wanted in an environment, as `mongocd render` has them.
func (v *views) result(ctx context.Context, w *query.Workspace, p of) (result, error) {
	out := result{Collections: []collection{}}
	compiled, wrong := v.compile(ctx, w, p.Environment)
	if compiled == nil {
		out.Problems = wrong
		return out, nil
	}
	for _, c := range rendered.Collections(compiled.States, rendered.Choice{}) {
		shown := collection{Name: diag.Safe(c.Namespace(), 200), Weave: c.Weave, Origin: c.Origin, Count: len(c.Documents), Documents: []document{}}
		for _, d := range c.Documents[:min(len(c.Documents), mostDocuments)] {
			text := doc.AppendReview(nil, d.Raw, true)
			if !utf8.Valid(text) {
				text = []byte(`"` + "this document holds text that is not UTF-8" + `"`)
			}
			var fields []string
			for _, path := range c.Key {
				if value, ok := doc.Get(d.Raw, path); ok {
					fields = append(fields, path.String()+"="+string(view.EscapeJSON(doc.CanonicalValue(value))))
				}
			}
			shown.Documents = append(shown.Documents, document{Text: string(view.EscapeJSON(text)), Name: c.Name + "[" + strings.Join(fields, ",") + "]"})
		}
		out.Collections = append(out.Collections, shown)
	}
	return out, nil
}

// diff is what `mongocd diff --env` prints.
func (v *views) diff(ctx context.Context, w *query.Workspace, p of) (shown, error) {
	found, o, wrong := v.compilable(w, p.Environment)
	if found == nil {
		return shown{Problems: wrong}, nil
	}
	reports, diags := describe.Diff(ctx, found, o)
	if diags.HasErrors() {
		return shown{Problems: problems(diags)}, nil
	}
	return shown{Text: (&review.Comparison{Reports: reports}).Text(view.Form{})}, nil
}

// explain is what `mongocd explain --document` prints.
func (v *views) explain(ctx context.Context, w *query.Workspace, p of) (shown, error) {
	selector, err := describe.ParseSelector(p.Document)
	if err != nil {
		return shown{}, err
	}
	found, o, wrong := v.compilable(w, p.Environment)
	if found == nil {
		return shown{Problems: wrong}, nil
	}
	provenance, diags := describe.Explain(ctx, found, o, selector, nil)
	if diags.HasErrors() {
		return shown{Problems: problems(diags)}, nil
	}
	var b strings.Builder
	for i, one := range provenance {
		if i > 0 {
			b.WriteByte('\n')
		}
		if err := explained.Write(&b, &one, false); err != nil {
			return shown{}, err
		}
	}
	return shown{Text: b.String()}, nil
}

// script is the mongosh.js of a weave in an environment, byte for byte.
func (v *views) script(ctx context.Context, w *query.Workspace, p of) (shown, error) {
	compiled, wrong := v.compile(ctx, w, p.Environment)
	if compiled == nil {
		return shown{Problems: wrong}, nil
	}
	at := slices.IndexFunc(compiled.States, func(s *desired.State) bool { return s.Weave == p.Weave })
	if at < 0 {
		return shown{}, fmt.Errorf("no weave %s is in %s", diag.Quote(p.Weave, 80), diag.Quote(p.Environment, 80))
	}
	wanted, err := desired.Render(compiled.States[at])
	if err != nil {
		return shown{}, err
	}
	files, err := mongosh.Generate(wanted)
	if err != nil {
		return shown{}, err
	}
	for _, f := range files {
		if f.Path == mongosh.FileName {
			return shown{Text: string(f.Data)}, nil
		}
	}
	return shown{}, errors.New("no script was generated")
}

// link is the workspace, with what is not saved, as the part of an address behind #.
func (v *views) link(_ context.Context, w *query.Workspace, _ of) (shown, error) {
	all := NewFiles()
	for _, name := range v.files.Names() {
		data, err := v.files.ReadFile(name)
		if err != nil {
			return shown{}, err
		}
		if err := all.Write(name, data); err != nil {
			return shown{}, err
		}
	}
	now := w.Now()
	for _, name := range now.Files() {
		if err := all.Write(name, []byte(now.File(name).Text)); err != nil {
			return shown{}, err
		}
	}
	text, err := toLink(all, w.Inputs())
	return shown{Text: text}, err
}
