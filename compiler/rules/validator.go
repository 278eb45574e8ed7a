package rules

// The validator that the destination will have, over the wanted documents. In: a
// unit whose documents are finished; out: what the server would refuse, with the
// statement that wrote the value, and what of the validator cannot be judged
// here. Judged is what the documents decide, whatever the destination has beside
// them; the artefact judges what comes of both (docs/enforcement.md, Validators).

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/validator"
)

// broken is a rule that documents break.
type broken struct {
	rule   string
	first  validator.Breach
	shown  []sample
	at     []validator.Breach // of shown
	count  int
	origin int // position of the document counted last
}

// validated judges the unit's documents.
func (o *Outcome) validated(ctx context.Context) diag.List {
	settings := validator.SettingsOf(o.Structure.Options)
	if !settings.Judges() || len(o.Documents) == 0 {
		return nil
	}
	v := settings.Parse()
	var out diag.List
	if len(v.Unjudged) > 0 {
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.ValidatorUnjudged, Span: o.validatorPlace(),
			Message: fmt.Sprintf("the validator of %s has parts that only the server judges: %s", o.Data.Name, codeList(v.Unjudged)),
			Notes:   []string{"a document that breaks them is refused while it is written; the rest of the validator is judged here"}})
	}
	var groups []*broken
	byRule := map[string]*broken{}
	refused := 0
	for i := range o.Documents {
		if ctx.Err() != nil {
			return nil // the caller looks at the context
		}
		holes, open := o.holes(i)
		if v.Judge(o.Documents[i].Raw, holes, open) != validator.Broken {
			continue
		}
		refused++
		for _, b := range v.Breaches(o.Documents[i].Raw, holes, open, func(v bson.RawValue) string { return doc.Show(v, 60) }) {
			rule := ruleText(b)
			g := byRule[rule]
			if g == nil {
				g = &broken{rule: rule, first: b, origin: -1}
				byRule[rule], groups = g, append(groups, g)
			}
			if position := o.Order[i]; g.origin != position {
				g.origin = position
				g.count++
			}
			if len(g.shown) < Shown {
				g.shown = append(g.shown, sample{o.Order[i], evidenceOf(b)})
				g.at = append(g.at, b)
			}
		}
	}
	for _, g := range groups {
		out = append(out, o.refused(ctx, g, settings))
	}
	return out
}

// refused words a rule that documents break.
func (o *Outcome) refused(ctx context.Context, g *broken, s validator.Settings) diag.Diagnostic {
	d := diag.Diagnostic{
		Code: diag.ValidatorViolation, Span: o.validatorPlace(),
		Message: fmt.Sprintf("the validator refuses %s: %s", words.OfDocuments(g.count, len(o.Documents)), g.rule),
		Notes:   []string{documentList(g.shown, g.count, o.DocumentName)},
	}
	where := "the validator is in the options of the source"
	if o.Policy.Options != nil && o.Policy.Options.Object != nil && slices.Contains(o.Structure.SetOptions, "validator") {
		where = ""
	}
	enforced := slices.Contains(o.Structure.SetOptions, "validator")
	switch {
	case !enforced:
		d.Severity = diag.Warning
		where += ", which a collection gets only when it is created"
	case s.Action == validator.Warn:
		d.Severity = diag.Warning
		d.Notes = append(d.Notes, "`validationAction` is `warn`: the server writes them and logs that")
	case s.Level == validator.Moderate && o.Policy.Mode != desired.Insert:
		d.Severity = diag.Warning
		d.Notes = append(d.Notes, "`validationLevel` is `moderate`: new documents are refused, and those that satisfied the validator before; the artefact finds out which before it writes")
	}
	if where != "" {
		d.Notes = append(d.Notes, where)
	}
	var written []source.Span
	for i, sample := range g.shown {
		if at, ok := o.writer(ctx, sample.document, g.at[i].Path); ok && !slices.Contains(written, at) {
			written = append(written, at)
		}
	}
	if len(written) == 0 {
		d.Notes = append(d.Notes, "no rule writes it: the values are as they were extracted")
		return d
	}
	if d.Span.File != nil {
		d.Related = append(d.Related, diag.Related{Span: d.Span, Message: "the validator"})
	}
	for _, at := range written[1:] {
		d.Related = append(d.Related, diag.Related{Span: at, Message: "also written here"})
	}
	d.Span, d.Label = written[0], "written here"
	return d
}

// validatorPlace is the statement that the validator comes by.
func (o *Outcome) validatorPlace() source.Span {
	if stmt := o.Policy.Options; stmt != nil && slices.Contains(o.Structure.SetOptions, "validator") {
		if stmt.Object != nil {
			for _, f := range stmt.Object.Fields {
				if f.Name.Text == "validator" {
					return f.Name.Span
				}
			}
		}
		return stmt.Span
	}
	return o.Target.NameSpan
}

// ruleText says what must be so, of all elements of an array at once.
func ruleText(b validator.Breach) string {
	must := diag.Safe(b.Must, 300)
	if len(b.Path) == 0 {
		return "the document " + must
	}
	return diag.Backquote(diag.Safe(b.Rule, 120)) + " " + must
}

// evidenceOf is what a document has there.
func evidenceOf(b validator.Breach) string {
	at := diag.Safe(b.At, 120)
	switch {
	case len(b.Path) == 0:
		return ""
	case b.Missing:
		return at + " is missing"
	case b.Value.Type == 0:
		return at
	}
	return at + " is " + doc.Show(b.Value, 60)
}

// codeList writes the first of several names.
func codeList(names []string) string {
	var parts []string
	for i, name := range names {
		if i == Shown {
			parts = append(parts, fmt.Sprintf("and %d more", len(names)-i))
			break
		}
		parts = append(parts, diag.Backquote(diag.Safe(name, 120)))
	}
	return strings.Join(parts, ", ")
}

// holes are the places of a finished document that others decide: secrets, links,
// an `_id` that the destination has or makes, and what is left to the destination.
// open: other fields may be there, too.
func (o *Outcome) holes(i int) (*validator.Holes, bool) {
	d, h := &o.Documents[i], &validator.Holes{}
	for _, s := range d.Secrets {
		h.Add(s.Path, validator.Text)
	}
	for _, l := range d.Links {
		h.Add(l.Path, validator.Any)
	}
	mode := o.Policy.Mode
	if _, has := doc.Get(d.Raw, doc.Path{"_id"}); !has || !o.byID() && mode != desired.Insert {
		h.Add([]string{"_id"}, validator.Any)
	}
	if mode == desired.Insert { // a new document is what is wanted and nothing else
		return h, false
	}
	for _, p := range o.Policy.Paths {
		path := check.Fields(p.Path)
		switch p.Kind {
		case ast.Preserve:
			h.Add(path, validator.Maybe)
		case ast.Absent:
			if _, wanted := doc.Get(d.Raw, path); !wanted {
				h.Add(path, validator.Gone)
			}
		}
	}
	redact, omit := o.Policy.LeftOutPatterns()
	for _, p := range slices.Concat(redact, omit) {
		leaveOpen(h, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, nil, p)
	}
	return h, mode == desired.Merge || mode == desired.Update
}

// leaveOpen makes holes where a document lacks a field that a pattern names.
func leaveOpen(h *validator.Holes, v bson.RawValue, at []string, p desired.Pattern) {
	if p.Leaf == "" {
		if _, wanted := doc.Get(bson.Raw(v.Value), p.Path); !wanted {
			h.Add(p.Path, validator.Maybe)
		}
		return
	}
	if v.Type == bson.TypeEmbeddedDocument {
		if _, wanted := doc.Get(bson.Raw(v.Value), doc.Path{p.Leaf}); !wanted {
			h.Add(append(slices.Clone(at), p.Leaf), validator.Maybe)
		}
	}
	for name, w := range doc.Fields(bson.Raw(v.Value)) {
		if w.Type == bson.TypeEmbeddedDocument || w.Type == bson.TypeArray {
			leaveOpen(h, w, append(slices.Clone(at), name), p)
		}
	}
}

// writer finds the last statement that changed what is at a path of a document,
// by its position; the rules are run again over this document alone.
func (o *Outcome) writer(ctx context.Context, position int, path doc.Path) (source.Span, bool) {
	if n := position - len(o.Data.Documents); n >= 0 {
		return o.Literals[n].Stmt.Object.Span, true
	}
	var last source.Span
	found := false
	env := *o.Env
	env.Trace = func(s ast.Stmt, before, after bson.Raw) {
		steps := stepsOf(after, path)
		if len(path) == 0 || len(eval.Changes(before, after, steps)) > 0 {
			last, found = s.Place(), true
		}
	}
	program, errs := env.Program(o.Target.Blocks[0], o.Target.Blocks[1:]...)
	if len(errs) > 0 {
		return last, false
	}
	one := o.One(position)
	one.program = program
	if _, err := one.Run(ctx); err != nil {
		return last, false // the caller looks at the context
	}
	return last, found
}

// stepsOf tells names from positions by the document.
func stepsOf(d bson.Raw, path doc.Path) []ast.Step {
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	steps := make([]ast.Step, len(path))
	for i, name := range path {
		steps[i] = ast.Step{Kind: ast.FieldStep, Name: name}
		if v.Type == bson.TypeArray {
			if n, err := strconv.Atoi(name); err == nil { // arrays in BSON can have other names: no rule means those
				steps[i] = ast.Step{Kind: ast.PositionStep, Name: name, Position: n}
			}
		}
		next := bson.RawValue{}
		if v.Type == bson.TypeArray || v.Type == bson.TypeEmbeddedDocument {
			next, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
		}
		v = next
	}
	return steps
}
