package ast

// Words that are no names. In: a name or the text of a path; out: how a statement takes it.

import (
	"strings"

	"github.com/hayone1/mongocd/runtime/safe"
)

// Reserved are the words of expressions: none of them is a name by itself.
var Reserved = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "is": true, "matches": true, "between": true, "if": true,
	"then": true, "else": true, "true": true, "false": true, "null": true, "any": true, "every": true, "per": true,
}

// Written is a path, as doc.Path or a field writes it, as statements and expressions
// take it: behind `this.` where its first name is quoted or reserved.
func Written(path string) string {
	first := path
	if i := strings.IndexAny(path, ".["); i >= 0 {
		first = path[:i]
	}
	if strings.HasPrefix(path, "'") || Reserved[first] || first == "this" {
		return "this." + path
	}
	return path
}

// WrittenName is a name of a collection or source as statements take it: in quotes
// where it is more than letters, digits, underscores and dashes, or a word of a statement.
func WrittenName(name string) string {
	for i, r := range name {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && (r == '-' || r >= '0' && r <= '9') {
			continue
		}
		return quoted(name)
	}
	if name == "" || Reserved[name] || clauses[name] || strings.HasSuffix(name, "-") {
		return quoted(name)
	}
	return name
}

// clauses are words that have a meaning of their own where a name stands.
var clauses = map[string]bool{"all": true, "except": true, "for": true, "each": true, "from": true, "into": true, "as": true, "by": true}

// quoted is a name in quotes, as a text with escapes where characters of it are hidden.
func quoted(name string) string {
	if !strings.ContainsFunc(name, safe.Hidden) {
		return "'" + strings.ReplaceAll(name, "'", "''") + "'"
	}
	var b strings.Builder
	safe.Escape(&b, name, "\"\\")
	return `"` + strings.ReplaceAll(b.String(), "${", `\${`) + `"`
}
