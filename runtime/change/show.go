package change

// Values and names for people. In: canonical Extended JSON, or any text; out:
// one short line that is safe on a terminal, the same from both engines
// (docs/enforcement.md, The report as text).

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

//js:table
const showWidth = 80

// MissingText stands for a value that is missing.
//
//js:table
const MissingText = "(missing)"

// ShowOr is the short form of a value that may be missing.
func ShowOr(value json.RawMessage) string {
	if value == nil {
		return MissingText
	}
	return Show(value)
}

// ShowValue writes the short form of a value.
func ShowValue(v bson.RawValue) string { return Show(doc.CanonicalValue(v)) }

// Show writes the short form of canonical Extended JSON.
func Show(text []byte) string {
	node, err := parseNode(text)
	if err != nil {
		return Clean(string(text))
	}
	return Shorten(node.text())
}

// Shorten cuts to showWidth code points, the last one then "…".
func Shorten(s string) string {
	if utf8.RuneCountInString(s) <= showWidth {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == showWidth {
			return s[:i] + "…"
		}
	}
	return s
}

// node is JSON with the order of fields kept.
type node struct {
	scalar any // string, bool, nil, json.Number; unused with fields and elements
	kind   byte
	names  []string
	values []node
}

// linkKind is the kind of a node that is written as it stands.
const linkKind = 'l'

func parseNode(text []byte) (node, error) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return readNode(decoder)
}

// text writes all of it.
func (n node) text() string {
	var b strings.Builder
	n.show(&b)
	return b.String()
}

func readNode(d *json.Decoder) (node, error) {
	token, err := d.Token()
	if err != nil {
		return node{}, err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return node{scalar: token}, nil
	}
	n := node{kind: byte(open)}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return n, err
			}
			text, _ := name.(string)
			n.names = append(n.names, text)
		}
		value, err := readNode(d)
		if err != nil {
			return n, err
		}
		n.values = append(n.values, value)
	}
	_, err = d.Token()
	return n, err
}

func (n node) show(b *strings.Builder) {
	switch n.kind {
	case 0:
		switch v := n.scalar.(type) {
		case string:
			quote(b, v)
		case nil:
			b.WriteString("null")
		default:
			fmt.Fprint(b, v)
		}
	case linkKind:
		fmt.Fprint(b, n.scalar)
	case '[':
		b.WriteByte('[')
		for i, v := range n.values {
			if i > 0 {
				b.WriteString(", ")
			}
			v.show(b)
		}
		b.WriteByte(']')
	default:
		if n.wrapper(b) {
			return
		}
		b.WriteByte('{')
		for i, v := range n.values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(doc.Path{n.names[i]}.String())
			b.WriteString(": ")
			v.show(b)
		}
		b.WriteByte('}')
	}
}

// stringValue returns the value as a string; false when it is none.
func (n node) stringValue() (string, bool) {
	s, ok := n.scalar.(string)
	return s, ok && n.kind == 0
}

// members returns the values of an object that has exactly these names.
func (n node) members(names ...string) ([]node, bool) {
	if n.kind != '{' || len(n.names) != len(names) {
		return nil, false
	}
	for i, name := range names {
		if n.names[i] != name {
			return nil, false
		}
	}
	return n.values, true
}

// wrapper writes a value that Extended JSON wraps in an object.
func (n node) wrapper(b *strings.Builder) bool {
	if len(n.names) != 1 || !strings.HasPrefix(n.names[0], "$") {
		return false
	}
	v := n.values[0]
	s, isText := v.stringValue()
	switch n.names[0] {
	case "$numberInt", "$numberDouble":
		if isText {
			escape(b, s, 0)
		}
		return isText
	case "$numberLong":
		return call(b, "long", s, isText)
	case "$numberDecimal":
		return call(b, "decimal", s, isText)
	case "$oid":
		return call(b, "objectId", `"`+s+`"`, isText)
	case "$symbol":
		if isText {
			b.WriteString("symbol(")
			quote(b, s)
			b.WriteByte(')')
		}
		return isText
	case "$date":
		return showDate(b, v)
	case "$minKey":
		return call(b, "minKey", "", v.kind == 0)
	case "$maxKey":
		return call(b, "maxKey", "", v.kind == 0)
	case "$undefined":
		if v.kind == 0 {
			b.WriteString("undefined")
		}
		return v.kind == 0
	case "$timestamp":
		parts, ok := v.members("t", "i")
		return ok && call(b, "timestamp", fmt.Sprint(parts[0].scalar, ", ", parts[1].scalar), parts[0].kind == 0 && parts[1].kind == 0)
	case "$regularExpression":
		return showRegex(b, v)
	case "$binary":
		return showBinary(b, v)
	}
	return false
}

func call(b *strings.Builder, name, arg string, ok bool) bool {
	if ok {
		b.WriteString(name)
		b.WriteByte('(')
		escape(b, arg, 0)
		b.WriteByte(')')
	}
	return ok
}

func showDate(b *strings.Builder, v node) bool {
	parts, ok := v.members("$numberLong")
	if !ok {
		return false
	}
	s, _ := parts[0].stringValue()
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return false
	}
	if t := time.UnixMilli(ms).UTC(); t.Year() >= 0 && t.Year() <= 9999 {
		return call(b, "date", t.Format(`"2006-01-02T15:04:05.000Z"`), true)
	}
	return call(b, "date", s, true)
}

func showRegex(b *strings.Builder, v node) bool {
	parts, ok := v.members("pattern", "options")
	if !ok {
		return false
	}
	pattern, ok1 := parts[0].stringValue()
	options, ok2 := parts[1].stringValue()
	if !ok1 || !ok2 {
		return false
	}
	b.WriteByte('/')
	escape(b, pattern, 0)
	b.WriteByte('/')
	escape(b, options, 0)
	return true
}

func showBinary(b *strings.Builder, v node) bool {
	parts, ok := v.members("base64", "subType")
	if !ok {
		return false
	}
	data, ok1 := parts[0].stringValue()
	subtype, ok2 := parts[1].stringValue()
	n, err := strconv.ParseUint(subtype, 16, 8)
	if !ok1 || !ok2 || err != nil {
		return false
	}
	if raw, err := base64.StdEncoding.DecodeString(data); n == 4 && err == nil && len(raw) == 16 {
		h := hex.EncodeToString(raw)
		return call(b, "uuid", `"`+strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")+`"`, true)
	}
	return call(b, "binary", fmt.Sprintf(`"%s", %d`, data, n), true)
}

func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	escape(b, s, '"')
	b.WriteByte('"')
}

// escape writes s with hidden characters (runtime/safe) as \u{hex}; with a
// quote character, it and the backslash are escaped by a backslash.
func escape(b *strings.Builder, s string, quote rune) {
	for _, r := range s {
		switch {
		case safe.Hidden(r):
			fmt.Fprintf(b, `\u{%x}`, r)
		case quote != 0 && (r == quote || r == '\\'):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
}

// Clean escapes a name.
func Clean(s string) string {
	var b strings.Builder
	escape(&b, s, 0)
	return b.String()
}

// PathTexts joins the first n paths for a message.
func PathTexts(paths []doc.Path, n int) string {
	texts := make([]string, 0, n+1)
	for i, p := range paths {
		if i == n {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ", ")
}
