package describe

// Which document and which value is meant: COLLECTION[field=value] and a path.

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Selector names one document: COLLECTION[field=value,…].
type Selector struct {
	// Collection is the name at the source or at the destination, or SOURCE.COLLECTION.
	Collection string
	Fields     []SelectorField
}

// SelectorField is one condition of a Selector.
type SelectorField struct {
	Path []ast.Step
	// Text is the value as written; JSON is what it is read as, Type 0 when it is no JSON.
	Text string
	JSON bson.RawValue
}

// ParseSelector reads a selector. The error is one clause for people.
func ParseSelector(text string) (Selector, error) {
	name, rest, ok := strings.Cut(text, "[")
	if !ok || !strings.HasSuffix(rest, "]") || name == "" {
		return Selector{}, fmt.Errorf("%s is not COLLECTION[field=value]", diag.Quote(text, 80))
	}
	s := Selector{Collection: name}
	for _, part := range splitOutside(strings.TrimSuffix(rest, "]"), ',') {
		pair := splitOutside(part, '=')
		if len(pair) < 2 {
			return Selector{}, fmt.Errorf("%s is not field=value", diag.Quote(part, 80))
		}
		path, err := ParsePath(strings.TrimSpace(pair[0]))
		if err != nil {
			return Selector{}, err
		}
		f := SelectorField{Path: path, Text: strings.TrimSpace(strings.Join(pair[1:], "="))}
		if v, err := doc.ParseExtJSONValue([]byte(f.Text)); err == nil {
			f.JSON = v
		}
		s.Fields = append(s.Fields, f)
	}
	return s, nil
}

// splitOutside splits at a separator outside of quotes and brackets.
func splitOutside(text string, separator byte) []string {
	var out []string
	start, depth := 0, 0
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && (i == start || text[i-1] == '=' || text[i-1] == '.' || depth > 0):
			quote = c
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == separator && depth == 0:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}

// ParsePath reads a path of fields and positions as the language writes it.
func ParsePath(text string) ([]ast.Step, error) {
	bad := fmt.Errorf("%s is no path: write limits.users, items[0].sku or notes.'a-b'", diag.Quote(text, 80))
	file, errs := parser.Parse(source.NewFile("", "let path = "+text))
	if len(errs) > 0 || len(file.Decls) != 1 {
		return nil, bad
	}
	let, ok := file.Decls[0].(*ast.Let)
	if !ok {
		return nil, bad
	}
	path, ok := let.Value.(*ast.Path)
	if !ok {
		return nil, bad
	}
	steps := slices.Clone(path.Steps)
	if path.Head != "this" {
		steps = append([]ast.Step{{Kind: ast.FieldStep, Name: path.Head}}, steps...)
	}
	if slices.ContainsFunc(steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
		return nil, bad
	}
	return steps, nil
}

// Matches reports whether a document is one that the selector names.
func (s Selector) Matches(d bson.Raw) bool {
	return !slices.ContainsFunc(s.Fields, func(f SelectorField) bool {
		return !f.matches(eval.ValueAt(d, f.Path).BSON)
	})
}

// matches compares a value with what was written: as JSON, or as bare text.
func (f SelectorField) matches(v bson.RawValue) bool {
	if f.JSON.Type != 0 && v.Type != 0 && doc.Same(f.JSON, v) {
		return true
	}
	switch v.Type {
	case bson.TypeString:
		return v.StringValue() == f.Text
	case bson.TypeObjectID:
		id := v.ObjectID()
		return strings.EqualFold(hex.EncodeToString(id[:]), f.Text)
	case bson.TypeBinary:
		subtype, data := v.Binary()
		return subtype == bson.TypeBinaryUUID && strings.EqualFold(hex.EncodeToString(data), strings.ReplaceAll(f.Text, "-", ""))
	case bson.TypeDateTime:
		t, err := time.Parse(time.RFC3339Nano, f.Text)
		return err == nil && t.UnixMilli() == v.DateTime()
	}
	return false
}
