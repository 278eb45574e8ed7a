package workspace

// Inputs: values given on the command line, `input NAME: TYPE [= default]`.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// giveInputs gives the inputs of every job their values.
func (w *Workspace) giveInputs(jobs []*Job, given map[string]string) diag.List {
	diags := w.unknownInputs(given)
	found := make([]diag.List, len(jobs))
	for i, j := range jobs {
		j.values, j.Inputs, found[i] = j.readInputs(given)
	}
	return append(diags, Merge(jobs, found)...)
}

// unknownInputs reports inputs that were given and that no weave declares.
func (w *Workspace) unknownInputs(given map[string]string) diag.List {
	var known []string
	for _, weave := range w.Weaves {
		for _, in := range weave.Module.Inputs {
			known = append(known, in.Name.Text)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	var diags diag.List
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(known, name) {
			continue
		}
		d := diag.Diagnostic{Code: diag.UnknownInput, Message: fmt.Sprintf("no weave has an input %s", diag.Quote(name, 64))}
		if near := diag.Suggest(name, known); near != "" {
			d.Notes = []string{fmt.Sprintf("did you mean %s?", near)}
		}
		if len(known) > 0 {
			d.Notes = append(d.Notes, "there are "+strings.Join(known, ", "))
		} else {
			d.Notes = append(d.Notes, "declare it: `input "+diag.Safe(name, 64)+": string`")
		}
		diags = append(diags, d)
	}
	return diags
}

// readInputs gives the values of the weave's inputs.
func (j *Job) readInputs(given map[string]string) (values map[string]value.Value, record []desired.InputValue, diags diag.List) {
	values = map[string]value.Value{}
	for _, in := range j.Weave.Module.Inputs {
		text, ok := given[in.Name.Text]
		var v value.Value
		var errs []*value.Error
		switch {
		case ok:
			v, errs = j.inputValue(in, text)
		case in.Default != nil:
			v, errs = j.Env(nil).Constant(typed(in.Type.Text, in.Default))
		default:
			diags = append(diags, diag.Diagnostic{Code: diag.MissingInput, Span: in.Name.Span, Message: fmt.Sprintf("the input %s is not given", diag.Backquote(in.Name.Text)),
				Notes: []string{fmt.Sprintf("give it on the command line: --input %s=…", in.Name.Text), "or declare a default: `" + diag.Safe(in.Span.Text(), 80) + " = …`"}})
			continue
		}
		if len(errs) == 0 {
			raw, err := v.Raw()
			if err == nil && doc.TypeName(raw) != in.Type.Text {
				err = &value.Error{Code: diag.WrongType, Span: in.Place(), Message: fmt.Sprintf("the input %s is %s, not %s", diag.Backquote(in.Name.Text), words.Article([]string{doc.TypeName(raw)}), words.Article([]string{in.Type.Text})),
					Notes: []string{"give a default of the declared type"}}
			}
			if err == nil {
				values[in.Name.Text] = v
				record = append(record, desired.InputValue{Name: in.Name.Text, Type: in.Type.Text, Value: bson.RawValue{Type: raw.Type, Value: slices.Clone(raw.Value)}})
				continue
			}
			errs = []*value.Error{err}
		}
		diags = append(diags, value.Diagnostics(errs)...)
	}
	return values, record, diags
}

// inputValue is a text of the command line as a value of the declared type.
func (j *Job) inputValue(in *ast.InputDecl, text string) (value.Value, []*value.Error) {
	at := in.At
	var x ast.Expr = &ast.Text{At: at, Parts: []ast.TextPart{{At: at, Literal: text}}, Form: '\''}
	switch in.Type.Text {
	case "bool":
		b, err := strconv.ParseBool(text)
		if err != nil || text != "true" && text != "false" {
			return value.Value{}, []*value.Error{badInput(in, text)}
		}
		x = &ast.Bool{At: at, Value: b}
	}
	v, errs := j.Env(nil).Constant(typed(in.Type.Text, x))
	if len(errs) > 0 {
		return v, []*value.Error{badInput(in, text)}
	}
	return v, nil
}

func badInput(in *ast.InputDecl, text string) *value.Error {
	return &value.Error{Code: diag.WrongType, Span: in.Place(),
		Message: fmt.Sprintf("the input %s is declared as %s, and %s is none", diag.Backquote(in.Name.Text), in.Type.Text, diag.Quote(text, 64)),
		Notes:   []string{fmt.Sprintf("change what is given: --input %s=%s", in.Name.Text, inputForms[in.Type.Text])}}
}

// inputForms are values as the command line has them, by type.
var inputForms = map[string]string{
	"string": "…", "bool": "true", "int": "5", "long": "5", "double": "0.5", "decimal": "9.90", "date": "2026-10-01T00:00:00Z",
	"objectId": "65f0c0ffee00000000000001", "uuid": "00112233-4455-6677-8899-aabbccddeeff",
}

// typed puts a value through the constructor of a type.
func typed(typeName string, x ast.Expr) ast.Expr {
	switch typeName {
	case "string", "bool":
		return x
	case "date", "objectId", "uuid":
		if _, ok := x.(*ast.Text); !ok {
			return x // `date("…")` already
		}
	}
	at := ast.At{Span: x.Place()}
	return &ast.Call{At: at, Func: ast.Name{At: at, Text: typeName}, Args: []ast.Expr{x}}
}
