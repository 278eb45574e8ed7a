package eval

// Secrets: strings whose value only the running artefact knows.
//
// While a document is changed, a secret stands in it as a value of a type that
// BSON does not have, so no data can pose as one and it goes wherever values
// go: through fields, arrays, objects and lets. When the document is finished,
// null takes its place, and a list says what goes where. Whatever needs the
// value of a secret refuses it.

import (
	"encoding/binary"
	"regexp"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// secretType marks a secret: a length in four bytes, then its parts, each a kind
// ('t' text, 'n' name), a length in four bytes and the bytes.
const secretType bson.Type = 0x20

func secretValue(parts []SecretPart) Value {
	var merged []SecretPart
	for _, p := range parts {
		switch last := len(merged) - 1; {
		case p.Name == "" && p.Text == "":
		case p.Name == "" && last >= 0 && merged[last].Name == "":
			merged[last].Text += p.Text
		default:
			merged = append(merged, p)
		}
	}
	b := make([]byte, 4)
	for _, p := range merged {
		kind, s := byte('t'), p.Text
		if p.Name != "" {
			kind, s = 'n', p.Name
		}
		b = binary.LittleEndian.AppendUint32(append(b, kind), uint32(len(s)))
		b = append(b, s...)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return Value{raw: bson.RawValue{Type: secretType, Value: b}}
}

// secretParts reads a value that secretValue made.
func secretParts(v bson.RawValue) []SecretPart {
	var parts []SecretPart
	for b := v.Value[4:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b[1:]))
		s := string(b[5 : 5+n])
		if b[0] == 'n' {
			parts = append(parts, SecretPart{Name: s})
		} else {
			parts = append(parts, SecretPart{Text: s})
		}
		b = b[5+n:]
	}
	return parts
}

// holdsSecret reports whether a value is a secret or has one inside.
func holdsSecret(v bson.RawValue) bool {
	switch v.Type {
	case secretType:
		return true
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		for e := range elementsOf(v.Value) {
			if holdsSecret(e.value(v.Value)) {
				return true
			}
		}
	}
	return false
}

func (v Value) holdsSecret() bool {
	if v.loose == nil {
		return holdsSecret(v.raw)
	}
	return slices.ContainsFunc(v.loose.list, Value.holdsSecret) ||
		slices.ContainsFunc(v.loose.fields, func(f field) bool { return f.value.holdsSecret() })
}

// heldType is the type that a value has at the destination.
func heldType(v bson.RawValue) string {
	if v.Type == secretType {
		return "string"
	}
	return Value{raw: v}.typeName()
}

func secretUsed(shown string, span source.Span) *Error {
	return &Error{Code: diag.SecretUsed, Span: span, Message: shown + " is or holds a secret, whose value is not known yet",
		Notes: []string{"a secret can be written, whole or inside a text; it cannot be compared, checked, calculated with or identify a document"}}
}

// plain is the node that refuses secrets.
func (c *compiler) plain(n *node) *node {
	if !c.secrets {
		return n
	}
	refusing := *n
	refusing.eval = func(f *frame) (Value, *Error) {
		v, err := n.eval(f)
		if err == nil && v.holdsSecret() {
			return Value{}, secretUsed(n.shown, n.span)
		}
		return v, err
	}
	return &refusing
}

// callsSecret reports whether secret(…) or link(…) is called anywhere in a tree.
func callsSecret(n ast.Node) bool {
	found := false
	ast.Walk(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok && (call.Func.Text == "secret" || call.Func.Text == "link") {
			found = true
		}
		return !found
	})
	return found
}

// secretName is a name that every shell and operating system takes for a
// variable (POSIX.1-2024, 8.1 Environment Variable Definition).
var secretName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func secret(c *call) (Value, *Error) {
	name := c.text(0)
	if !secretName.MatchString(name) || len(name) > 200 {
		return badConstant(c, "this cannot be the name of a secret", "it is the name of an environment variable: letters, digits and `_`, not beginning with a digit")
	}
	return secretValue([]SecretPart{{Name: name}}), nil
}

// extractSecrets puts null in place of every secret and says where they were.
func extractSecrets(d bson.Raw) (bson.Raw, []Secret) {
	if !holdsSecret(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}) {
		return d, nil
	}
	var secrets []Secret
	plain := withoutSecrets(nil, d, false, nil, &secrets)
	return plain, secrets
}

func withoutSecrets(dst, d []byte, array bool, path []string, secrets *[]Secret) []byte {
	start, n := len(dst), 0
	dst = append(dst, 0, 0, 0, 0)
	for e := range elementsOf(d) {
		v := e.value(d)
		name := d[e.name : e.data-1]
		step := string(name)
		if array { // positions count, whatever the elements are called
			step = strconv.Itoa(n)
		}
		n++
		inner := append(path[:len(path):len(path)], step)
		switch v.Type {
		case secretType:
			*secrets = append(*secrets, Secret{Path: inner, Parts: secretParts(v)})
			dst = appendElement(dst, string(name), nullValue.raw)
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			dst = append(append(append(dst, byte(v.Type)), name...), 0)
			dst = withoutSecrets(dst, v.Value, v.Type == bson.TypeArray, inner, secrets)
		default:
			dst = append(dst, d[e.start:e.end]...)
		}
	}
	return sized(append(dst, 0), start)
}

// withSecrets is the reverse of extractSecrets.
func withSecrets(d bson.Raw, secrets []Secret) bson.Raw {
	return withValues(d, secrets, func(s Secret) bson.RawValue { return secretValue(s.Parts).raw })
}

// withValues puts a value at the place of every secret.
func withValues(d bson.Raw, secrets []Secret, value func(Secret) bson.RawValue) bson.Raw {
	for _, s := range secrets {
		w := &walker{shown: func(int) string { return "…" }}
		v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
		for _, name := range s.Path {
			step := ast.Step{Kind: ast.FieldStep, Name: name}
			if v.Type == bson.TypeArray {
				n, err := strconv.Atoi(name)
				if err != nil {
					return d // not a place that extractSecrets gave
				}
				step = ast.Step{Kind: ast.PositionStep, Position: n}
			}
			w.steps = append(w.steps, step)
			e, ok := find(v.Value, &step)
			if !ok {
				return d
			}
			v = e.value(v.Value)
		}
		if changed, _, err := w.put(nil, d, 0, value(s)); err == nil {
			d = changed
		}
	}
	return d
}
