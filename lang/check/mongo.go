package check

// MongoDB's rules for names of databases and collections
// (manual: reference/limits, Naming Restrictions).

import (
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// databaseName checks the name of a database (a source is one as well).
func (f *forms) databaseName(n ast.Name) {
	if rule := DatabaseRule(n.Text); rule != "" {
		f.badMongoName(n, rule)
	}
}

// DatabaseRule is the rule that the name of a database breaks; empty: none.
func DatabaseRule(name string) string {
	switch {
	case name == "":
		return "the name of a database is not empty"
	case len(name) > 63:
		return "the name of a database has at most 63 bytes"
	case strings.ContainsAny(name, "/\\. \"$*<>:|?\x00"):
		return "the name of a database has none of `/ \\ . \" $ * < > : | ?`, no space and no NUL"
	case !utf8.ValidString(name):
		return "the name of a database is UTF-8"
	case name == "admin" || name == "config" || name == "local":
		return "the databases admin, config and local are the server's own"
	}
	return ""
}

// collectionName checks the name of a collection.
func (f *forms) collectionName(n ast.Name) {
	switch {
	case n.Text == "":
		f.badMongoName(n, "the name of a collection is not empty")
	case strings.ContainsAny(n.Text, "$\x00"):
		f.badMongoName(n, "the name of a collection has no `$` and no NUL")
	case len(n.Text) > 200:
		f.badMongoName(n, "the name of a collection has at most 200 bytes")
	case strings.HasPrefix(n.Text, "system."):
		f.badMongoName(n, "collections named `system.…` are the server's own")
	case strings.HasPrefix(n.Text, "_mongocd"):
		f.badMongoName(n, "collections named `_mongocd…` are mongocd's own")
	case strings.HasPrefix(n.Text, ".") || strings.HasSuffix(n.Text, "."):
		f.badMongoName(n, "the name of a collection does not begin or end with a dot")
	case !utf8.ValidString(n.Text):
		f.badMongoName(n, "the name of a collection is UTF-8")
	}
}

func (f *forms) badMongoName(n ast.Name, rule string) {
	f.report(diag.BadName, n.Span, "%s cannot be promoted to or from", diag.Quote(n.Text, 64)).Notes = []string{rule}
}
