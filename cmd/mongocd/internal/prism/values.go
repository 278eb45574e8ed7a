package prism

// Values, paths and names. In: YAML; out: how a weave writes it.

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hayone1/mongocd/lang/ast"
)

// get is a field of a mapping; nil where there is none.
func get(n *yaml.Node, name string) *yaml.Node {
	var found *yaml.Node
	eachField(n, func(key, value *yaml.Node) {
		if key.Value == name {
			found = value
		}
	})
	return found
}

func eachField(n *yaml.Node, do func(name, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		do(n.Content[i], n.Content[i+1])
	}
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// scalar is a value's text; empty for null and what is no scalar.
func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// maxNesting is that of the language's own brackets, less what stands around a value.
const maxNesting = 90

// value writes a constant; false for one that the language does not have, which is left.
func (c *converter) value(n *yaml.Node) (string, bool) { return c.nested(n, 0) }

func (c *converter) nested(n *yaml.Node, depth int) (string, bool) {
	if n == nil {
		return "null", true
	}
	if depth > maxNesting {
		c.leave(n, "this value is nested too deeply")
		return "", false
	}
	switch n.Kind {
	case yaml.SequenceNode:
		var out []string
		for _, item := range n.Content {
			v, ok := c.nested(item, depth+1)
			if !ok {
				return "", false
			}
			out = append(out, v)
		}
		return "[" + strings.Join(out, ", ") + "]", true
	case yaml.MappingNode:
		if v, ok := wrapped(n); ok {
			return v, true
		}
		var out []string
		fine := true
		eachField(n, func(name, value *yaml.Node) {
			v, ok := c.nested(value, depth+1)
			fine = fine && ok
			out = append(out, fieldText(name.Value)+": "+v)
		})
		return "{ " + strings.Join(out, ", ") + " }", fine
	case yaml.ScalarNode:
		return c.constant(n)
	}
	c.leave(n, "this value cannot be written as a constant")
	return "", false
}

func (c *converter) constant(n *yaml.Node) (string, bool) {
	switch n.Tag {
	case "!!null":
		return "null", true
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err == nil {
			return strconv.FormatBool(b), true
		}
	case "!!int":
		var i int64
		if err := n.Decode(&i); err == nil {
			return strconv.FormatInt(i, 10), true
		}
		c.leave(n, "the number %s is beyond 64 bits", text(n.Value))
		return "", false
	case "!!float":
		var f float64
		if err := n.Decode(&f); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			s := strconv.FormatFloat(f, 'f', -1, 64)
			if !strings.Contains(s, ".") {
				s += ".0"
			}
			return s, true
		}
		c.leave(n, "the number %s cannot be written as a constant", text(n.Value))
		return "", false
	}
	return text(n.Value), true
}

// wrappers are the values of Extended JSON that the language makes by a function.
var wrappers = map[string]string{"$oid": "objectId", "$date": "date", "$numberInt": "int", "$numberLong": "long", "$numberDouble": "double", "$numberDecimal": "decimal", "$uuid": "uuid"}

// wrapped is a value of Extended JSON, such as {$oid: …}.
func wrapped(n *yaml.Node) (string, bool) {
	if len(n.Content) != 2 || wrappers[n.Content[0].Value] == "" || scalar(n.Content[1]) == "" {
		return "", false
	}
	return wrappers[n.Content[0].Value] + "(" + text(scalar(n.Content[1])) + ")", true
}

// text is a text in double quotes.
func text(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(strings.ToValidUTF8(s, "\ufffd")); err != nil {
		return `""` // a string is always encoded
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "${", `\${`)
}

var word = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{M}\p{Nd}_$]*$`)

// fieldText is the name of a field of an object; stepText one behind a dot.
func fieldText(name string) string {
	if word.MatchString(name) && name != "create" {
		return name
	}
	return text(name)
}

func stepText(name string) string {
	if word.MatchString(name) {
		return name
	}
	return text(name)
}

// nameText is the name of a database, collection or environment.
func nameText(name string) string {
	if regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*$`).MatchString(name) && !ast.Reserved[name] && !clauseWords[name] {
		return name
	}
	return text(name)
}

// clauseWords are words that a statement may have where a name stands.
var clauseWords = map[string]bool{"all": true, "except": true, "for": true, "each": true, "from": true, "into": true, "as": true, "by": true, "expect": true, "test": true, "error": true, "warning": true, "no": true}

// pathText is a path of names; those of digits alone are positions.
func pathText(path []string) string {
	if len(path) == 0 {
		return "this"
	}
	var b strings.Builder
	if first := path[0]; word.MatchString(first) && !ast.Reserved[first] && first != "this" {
		b.WriteString(first)
	} else {
		b.WriteString("this." + stepText(first))
	}
	for _, step := range path[1:] {
		if position.MatchString(step) {
			b.WriteString("[" + step + "]")
		} else {
			b.WriteString("." + stepText(step))
		}
	}
	return b.String()
}

var position = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// regexText is a regular expression between slashes; one that begins with a space or a
// star is put into a group.
func regexText(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			b.WriteByte(pattern[i])
			i++
		} else if pattern[i] == '/' {
			b.WriteByte('\\')
		}
		b.WriteByte(pattern[i])
	}
	if strings.HasPrefix(pattern, " ") || strings.HasPrefix(pattern, "\t") {
		return "/(?:" + b.String() + ")/"
	}
	return "/" + b.String() + "/"
}
