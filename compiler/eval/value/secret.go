package value

// Secrets and links: strings and keys that only a run knows.
//
// A secret stands in a document as a value of a type that BSON does not have,
// so no data can pose as one and it goes wherever values go: through fields,
// arrays, objects and lets. When the document is finished, null takes its place,
// and a list says what goes where. A link is of the same type, with parts of its own.

import (
	"encoding/binary"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/runtime/doc"
)

// NewSecret makes a secret of its parts.
func NewSecret(parts []SecretPart) Value {
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
	return Value{BSON: bson.RawValue{Type: raw.Hidden, Value: b}}
}

// SecretParts reads a value that secretValue made.
func SecretParts(v bson.RawValue) []SecretPart {
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

// IsSecret reports whether the value is a secret or a link.
func (v Value) IsSecret() bool { return v.BSON.Type == raw.Hidden }

// HoldsSecret reports whether a value is a secret or has one inside.
func HoldsSecret(v bson.RawValue) bool {
	switch v.Type {
	case raw.Hidden:
		return true
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		for e := range raw.Elements(v.Value) {
			if HoldsSecret(e.Value(v.Value)) {
				return true
			}
		}
	}
	return false
}

// HoldsSecret reports whether the value is a secret or has one inside.
func (v Value) HoldsSecret() bool {
	if v.loose == nil {
		return HoldsSecret(v.BSON)
	}
	return slices.ContainsFunc(v.loose.list, Value.HoldsSecret) ||
		slices.ContainsFunc(v.loose.fields, func(f Field) bool { return f.Value.HoldsSecret() })
}

// HeldType is the type that a value has at the destination.
func HeldType(v bson.RawValue) string {
	if v.Type == raw.Hidden {
		return "string"
	}
	return Value{BSON: v}.TypeName()
}

// WithoutSecrets puts null in place of every secret and says where they were.
func WithoutSecrets(d bson.Raw) (bson.Raw, []Secret) {
	if !HoldsSecret(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}) {
		return d, nil
	}
	var secrets []Secret
	plain := withoutSecrets(nil, d, false, nil, &secrets)
	return plain, secrets
}

func withoutSecrets(dst, d []byte, array bool, path []string, secrets *[]Secret) []byte {
	start, n := len(dst), 0
	dst = append(dst, 0, 0, 0, 0)
	for e := range raw.Elements(d) {
		v := e.Value(d)
		name := d[e.Name : e.Data-1]
		step := string(name)
		if array { // positions count, whatever the elements are called
			step = strconv.Itoa(n)
		}
		n++
		inner := append(path[:len(path):len(path)], step)
		switch v.Type {
		case raw.Hidden:
			*secrets = append(*secrets, Secret{Path: inner, Parts: SecretParts(v)})
			dst = raw.AppendElement(dst, string(name), Null.BSON)
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			dst = append(append(append(dst, byte(v.Type)), name...), 0)
			dst = withoutSecrets(dst, v.Value, v.Type == bson.TypeArray, inner, secrets)
		default:
			dst = append(dst, d[e.Start:e.End]...)
		}
	}
	return raw.Sized(append(dst, 0), start)
}

// WithSecrets is the reverse of WithoutSecrets.
func WithSecrets(d bson.Raw, secrets []Secret) bson.Raw {
	for _, s := range secrets {
		d = replaced(d, s.Path, NewSecret(s.Parts).BSON)
	}
	return d
}

// WithSecretNames puts texts that name them in the places of secrets, for people.
func WithSecretNames(d bson.Raw, secrets []Secret) bson.Raw {
	for _, s := range secrets {
		text := ""
		for _, p := range s.Parts {
			if p.Name != "" {
				text += "${secret(" + p.Name + ")}"
			} else {
				text += p.Text
			}
		}
		d = replaced(d, s.Path, doc.String(text))
	}
	return d
}

// replaced puts a value in the place of the one at a path of fields and
// positions; a document that has none there stays as it is.
func replaced(d bson.Raw, path []string, v bson.RawValue) bson.Raw {
	if out, ok := replacedIn(nil, d, false, path, v); ok {
		return out
	}
	return d
}

func replacedIn(dst, d []byte, array bool, path []string, v bson.RawValue) ([]byte, bool) {
	if len(path) == 0 {
		return nil, false
	}
	e, ok := raw.Element{}, false
	if !array {
		e, ok = raw.Member(d, path[0])
	} else if n, err := strconv.Atoi(path[0]); err == nil {
		e, ok = raw.At(d, n)
	}
	if !ok {
		return nil, false
	}
	start := len(dst)
	dst = append(dst, d[:e.Start]...)
	if len(path) == 1 {
		dst = append(append(append(dst, byte(v.Type)), d[e.Name:e.Data]...), v.Value...)
	} else {
		inner := e.Value(d)
		if inner.Type != bson.TypeEmbeddedDocument && inner.Type != bson.TypeArray {
			return nil, false
		}
		dst = append(dst, d[e.Start:e.Data]...)
		if dst, ok = replacedIn(dst, inner.Value, inner.Type == bson.TypeArray, path[1:], v); !ok {
			return nil, false
		}
	}
	return raw.Sized(append(dst, d[e.End:]...), start), true
}

// Secret is a place of a document whose value is only known when the
// artefact runs; the document holds null there.
type Secret struct {
	// Path is the fields and positions from the root; positions are decimal, and
	// the document tells them from names.
	Path []string
	// Parts make up the string, in order; neighbours are never both literal text.
	Parts []SecretPart
}

// SecretPart is literal text, or a secret when Name is set.
type SecretPart struct{ Text, Name string }

// Link is a link of a finished document: Path as that of Secret, Key and Shown
// as Env.Link gives them.
type Link struct {
	Path       []string
	Key, Shown string
}

// linkPart begins the value of a link: the kind, the length of the key, the
// key, and what people read. No secret has a part of this kind.
const linkPart = 'l'

// NewLink makes a link: key tells apart what is linked to, shown is for people.
func NewLink(key, shown string) Value {
	b := append(make([]byte, 4), linkPart)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(key)))
	b = append(append(b, key...), shown...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return Value{BSON: bson.RawValue{Type: raw.Hidden, Value: b}}
}

func isLink(v bson.RawValue) bool {
	return v.Type == raw.Hidden && len(v.Value) > 4 && v.Value[4] == linkPart
}

// linkParts are the key and the text of a link's value.
func linkParts(v bson.RawValue) (key, shown string) {
	n := 9 + int(binary.LittleEndian.Uint32(v.Value[5:]))
	return string(v.Value[9:n]), string(v.Value[n:])
}

func sameLink(a, b bson.RawValue) bool {
	x, _ := linkParts(a)
	y, _ := linkParts(b)
	return x == y
}

func shownLink(v bson.RawValue) string {
	_, shown := linkParts(v)
	return shown
}

// withLinks puts the values of links in their places.
func withLinks(d bson.Raw, links []Link) bson.Raw {
	for _, l := range links {
		d = replaced(d, l.Path, NewLink(l.Key, l.Shown).BSON)
	}
	return d
}
