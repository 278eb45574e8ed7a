package query

// What can go on with a statement that is begun: its clauses, by its first word and
// what stands before the place.

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/token"
)

// clause adds what can go on with a statement.
func (c *completer) clause(word string, s []token.Token, last token.Token) {
	before := c.Text(last)
	has := func(w string) bool { return slices.ContainsFunc(s[1:], func(t token.Token) bool { return c.Is(t, w) }) }
	first := len(s) == 1
	switch word {
	case "from":
		switch {
		case first:
			for _, name := range c.snapshot.sources(c.weave) {
				c.add(Item{Label: name, Kind: "source", Detail: c.sourceDetail(name), Insert: ast.WrittenName(name)})
			}
			c.add(perEnvironment)
		case before == "into":
			c.add(perEnvironment)
		case before == "in" || before == "from":
			c.collectionsOf(c.snapshot.sources(c.weave))
		case has("where"):
			c.expression(last)
		default:
			c.words("into", "for each")
		}
	case "sync":
		switch {
		case first, before == "," && !has("by"):
			c.syncable()
			if first {
				c.words("all")
			}
		case before == "by" || before == "," && has("by"):
			c.paths()
		case before == "as":
		case before == "except":
			c.collectionsOf(c.fromSources())
		case before == "expect":
			c.words("any")
		default:
			c.words("by", "as", "except", "expect")
		}
	case "amend", "given":
		switch {
		case first:
			c.synced()
		case before == "for" || before == ",":
			c.environments()
		default:
			c.words("for", "from")
		}
	case "expect":
		switch {
		case first:
			c.synced()
			c.words("no", "error", "warning")
		case before == "no":
			c.synced()
		case before == "error" || before == "warning":
			c.codes()
		default:
			c.words("with", "exactly", "without", "from")
		}
	case "for", "test":
		if before == "for" || before == "," || before == "except" {
			c.environments()
		}
		if before == "for" {
			c.words("all except")
		}
		if word == "test" && before != "for" {
			c.words("for")
		}
	case "environment":
		if first {
			c.environments()
		}
	case "input":
		if before == ":" {
			c.types()
		} else if has("=") {
			c.expression(last)
		}
	case "mode":
		c.words("replace", "exact", "merge", "update", "insert", "structure")
	case "indexes":
		c.words("from source", "exact", "none")
	case "drift":
		c.words("repair", "keep", "stop")
	case "options":
		c.words("from source")
	case "backup":
		c.words("keep")
	case "drop":
		if first {
			c.words("index")
		}
	case "index":
		switch {
		case first:
			c.words("on")
		case before == "on" || before == ",":
			c.paths()
		default:
			c.words("asc", "desc", "text", "hashed")
		}
	case "accept":
		if first {
			c.codes()
		}
	case "not":
		if first {
			c.words("secret")
		} else {
			c.paths()
		}
	case "remove", "preserve", "ignore", "absent", "redact", "omit":
		if first || before == "," {
			c.paths()
		} else if word == "remove" {
			c.words("expect any")
		}
	case "set", "create":
		switch {
		case first:
			c.paths()
		case has("="):
			c.expression(last)
		}
	case "rename":
		switch {
		case first || before == "to":
			c.paths()
		default:
			c.words("to")
		}
	case "link":
		switch {
		case first:
			c.paths()
		case before == "to":
			c.collectionsOf(c.fromSources())
		default:
			c.words("to")
		}
	case "lookup":
		switch {
		case before == "in":
			c.collectionsOf(c.fromSources())
		case before == "from":
			for _, name := range c.snapshot.sources(c.weave) {
				c.add(Item{Label: name, Kind: "source", Insert: ast.WrittenName(name)})
			}
		case has("where"):
			c.expression(last)
		case has("in"):
			c.words("where", "from")
		case len(s) > 1:
			c.words("in")
		}
	case "each":
		switch {
		case before == "in" || before == "of":
			c.paths()
		case has("where"):
			c.expression(last)
		case has("in"):
			c.words("where", "expect any")
		case len(s) > 1:
			c.words("in", "at any depth of")
		}
	case "prune":
		switch {
		case first:
			c.words("all at most", "where")
		case has("where") && !has("most"):
			c.expression(last)
			c.words("at most")
		}
	case "only", "except":
		if first {
			c.words("where")
		} else {
			c.expression(last)
		}
	case "check", "warn":
		if first {
			c.words("unique")
		}
		if before == "unique" || before == "," && has("unique") {
			c.paths()
			return
		}
		if before == "to" && c.Is(s[max(len(s)-2, 0)], "refers") {
			c.synced()
			return
		}
		c.expression(last)
		if !first && c.endsOperand(last) {
			c.words("refers to", "else")
		}
	case "where", "let", "add", "moved", "else":
		if word == "let" && !has("=") {
			return
		}
		if word == "else" && first {
			c.words("where")
			return
		}
		if word == "add" && before == "to" {
			c.paths()
			return
		}
		c.expression(last)
		if word == "add" && !first && c.endsOperand(last) {
			c.words("to")
		}
	case "weave":
		if len(s) > 1 {
			c.words("language")
		}
	}
}
