package capture

// How a weave writes a value, a path and a name. In: BSON; out: text of the language that
// is never more than the constant, path or name it stands for, or why there is none.

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

// maxNesting is that of the language's brackets, less what stands around a value.
const maxNesting = 80

// writer writes values. Bare: numbers that may take their type from where they stand are
// written without it.
type writer struct {
	bare bool
	// taken are names that have another meaning in the weave: constants, inputs, environments.
	taken map[string]bool
	// created reports whether a field of a whole document is one that no other has.
	created func(at doc.Path) bool
	at      doc.Path
	b       strings.Builder
}

// literal writes a value; the error is why the language cannot.
func (w *writer) literal(v bson.RawValue) (string, error) {
	w.b.Reset()
	if err := w.value(v, 0); err != nil {
		return "", err
	}
	return w.b.String(), nil
}

func (w *writer) value(v bson.RawValue, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("it is nested more than %d deep", maxNesting)
	}
	b := &w.b
	switch v.Type {
	case bson.TypeNull:
		b.WriteString("null")
	case bson.TypeBoolean:
		fmt.Fprint(b, v.Boolean())
	case bson.TypeInt32:
		w.number("int", doc.NumberText(v), true)
	case bson.TypeInt64:
		w.number("long", doc.NumberText(v), depth == 0)
	case bson.TypeDouble:
		return w.double(v.Double(), depth)
	case bson.TypeDecimal128:
		text := doc.NumberText(v)
		if strings.ContainsAny(text, "NIi") {
			return fmt.Errorf("the decimal %s has no constant", text)
		}
		if !plainDecimal.MatchString(text) { // a sign or an exponent would be calculated
			fmt.Fprintf(b, "decimal(%q)", text)
			return nil
		}
		w.number("decimal", text, depth == 0)
	case bson.TypeString:
		text, err := textOf(v.StringValue())
		if err != nil {
			return err
		}
		b.WriteString(text)
	case bson.TypeDateTime:
		text := doc.ShowTyped(v, 0, nil)
		if !strings.HasPrefix(text, `date("`) {
			return fmt.Errorf("the date is outside of the years 0 to 9999, which have no constant")
		}
		b.WriteString(text)
	case bson.TypeObjectID, bson.TypeTimestamp, bson.TypeMinKey, bson.TypeMaxKey:
		b.WriteString(doc.ShowTyped(v, 0, nil))
	case bson.TypeBinary:
		return w.binary(v)
	case bson.TypeRegex:
		return w.regex(v)
	case bson.TypeEmbeddedDocument:
		return w.object(v, depth)
	case bson.TypeArray:
		b.WriteByte('[')
		first := true
		for _, e := range doc.Fields(bson.Raw(v.Value)) {
			if !first {
				b.WriteString(", ")
			}
			first = false
			if err := w.value(e, depth+1); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	default:
		return fmt.Errorf("the type %s has no constant", doc.TypeName(v))
	}
	return nil
}

var plainDecimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// number writes one with its type, unless it may be bare.
func (w *writer) number(name, text string, may bool) {
	if w.bare && may && !strings.ContainsAny(text, "eE+") {
		w.b.WriteString(text)
		return
	}
	fmt.Fprintf(&w.b, "%s(%s)", name, text)
}

func (w *writer) double(f float64, depth int) error {
	if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 && math.Signbit(f) {
		return fmt.Errorf("the double %s has no constant", doc.NumberText(bson.RawValue{Type: bson.TypeDouble, Value: doubleBytes(f)}))
	}
	text := doc.NumberText(bson.RawValue{Type: bson.TypeDouble, Value: doubleBytes(f)})
	if strings.ContainsAny(text, "eE") { // without a sign of the exponent, which numbers do not have
		fmt.Fprintf(&w.b, "double(%q)", text)
		return nil
	}
	w.number("double", text, depth == 0 || f != math.Trunc(f))
	return nil
}

func doubleBytes(f float64) []byte {
	bits, out := math.Float64bits(f), make([]byte, 8)
	for i := range out {
		out[i] = byte(bits >> (8 * i))
	}
	return out
}

func (w *writer) binary(v bson.RawValue) error {
	subtype, payload, exact := doc.BinaryParts(v.Value)
	switch {
	case !exact:
		return fmt.Errorf("binary data whose lengths do not agree has no constant")
	case subtype == bson.TypeBinaryUUID && len(payload) == 16:
		h := hex.EncodeToString(payload)
		fmt.Fprintf(&w.b, `uuid("%s-%s-%s-%s-%s")`, h[:8], h[8:12], h[12:16], h[16:20], h[20:])
	default:
		fmt.Fprintf(&w.b, `binary("%s", %d)`, base64.StdEncoding.EncodeToString(payload), subtype)
	}
	return nil
}

// regex writes one whose text can stand between slashes as it is.
func (w *writer) regex(v bson.RawValue) error {
	pattern, options := v.Regex()
	if pattern == "" || strings.HasPrefix(pattern, " ") || strings.ContainsFunc(pattern, safe.Hidden) || !utf8.ValidString(pattern) || strings.Trim(options, "imsux") != "" {
		return fmt.Errorf("this regular expression has no constant")
	}
	if strings.Contains(pattern, "/") { // between slashes it is `\/`, which is read as a slash alone
		return fmt.Errorf("a regular expression with a slash has no constant")
	}
	if slashes := len(pattern) - len(strings.TrimRight(pattern, `\`)); slashes%2 == 1 {
		return fmt.Errorf("this regular expression has no constant")
	}
	fmt.Fprintf(&w.b, "/%s/%s", pattern, options)
	return nil
}

func (w *writer) object(v bson.RawValue, depth int) error {
	d := bson.Raw(v.Value)
	if !doc.Distinct(d) {
		return fmt.Errorf("an object with two fields of one name has no constant")
	}
	if doc.IsEmpty(v) {
		w.b.WriteString("{}")
		return nil
	}
	w.b.WriteString("{ ")
	first := true
	for name, e := range doc.Fields(d) {
		if !first {
			w.b.WriteString(", ")
		}
		first = false
		text, err := w.field(name)
		if err != nil {
			return err
		}
		w.at = w.at.Child(name)
		if w.created != nil && w.created(w.at) {
			text = "create " + text
		}
		inside := w.created
		if e.Type == bson.TypeArray { // the fields of elements are known to nobody
			w.created = nil
		}
		w.b.WriteString(text + ": ")
		err = w.value(e, depth+1)
		w.created, w.at = inside, w.at[:len(w.at)-1]
		if err != nil {
			return err
		}
	}
	w.b.WriteString(" }")
	return nil
}

var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// field is the name of a field of an object.
func (w *writer) field(name string) (string, error) {
	if plain.MatchString(name) && name != "create" && !ast.Reserved[name] && !w.taken[name] {
		return name, nil
	}
	return nameOf(name)
}

// path is a path of fields from the document; root is the name of an element, or empty.
func (w *writer) path(root string, p doc.Path) (string, error) {
	var b strings.Builder
	b.WriteString(root)
	for i, name := range p {
		text, err := stepName(name)
		if err != nil {
			return "", err
		}
		switch {
		case b.Len() > 0:
			b.WriteString("." + text)
		case i == 0 && text == name && !ast.Reserved[name] && name != "this" && !w.taken[name]:
			b.WriteString(text)
		default:
			b.WriteString("this." + text)
		}
	}
	return b.String(), nil
}

// stepName is a name behind a dot.
func stepName(name string) (string, error) {
	if plain.MatchString(name) {
		return name, nil
	}
	return nameOf(name)
}

// nameOf is a name in quotes.
func nameOf(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", fmt.Errorf("a field's name is no valid UTF-8, which no name in a weave is")
	}
	if name == "" {
		return "", fmt.Errorf("a field without a name cannot be written in a weave")
	}
	return quoted(name), nil
}

// textOf is a text in quotes.
func textOf(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("a text is no valid UTF-8, which no text in a weave is")
	}
	return quoted(s), nil
}

// quoted is a text in double quotes, in which nothing is interpolated and nothing hidden.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		if s[i] == '$' && i+1 < len(s) && s[i+1] == '{' {
			b.WriteString(`\$`)
			i++
			continue
		}
		i += safe.EscapeOne(&b, s[i:], `"\`)
	}
	b.WriteByte('"')
	return b.String()
}
