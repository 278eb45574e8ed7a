package query

// What can stand in an expression: paths, names, functions, words, and behind a
// comparison the values that the data has.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
	"github.com/hayone1/mongocd/runtime/doc"
)

// endsOperand reports whether an operand ends with a token: an operator can follow.
func (a *around) endsOperand(t token.Token) bool {
	switch t.Kind {
	case token.Ident, token.Number, token.Raw, token.TextEnd, token.Regex:
		return true
	case token.Reserved:
		return slices.Contains([]string{"true", "false", "null"}, a.Text(t))
	case token.Punct:
		return a.Is(t, ")") || a.Is(t, "]") || a.Is(t, "}")
	}
	return false
}

// expression adds what can stand behind a token of an expression.
func (c *completer) expression(last token.Token) {
	switch {
	case c.Is(last, "is"):
		c.words("missing", "present", "null", "empty", "not")
		c.types()
		c.words("array", "object", "binary", "regex", "number")
		return
	case c.compares(last):
		c.values(c.compared(c.end() - 2))
	case c.Is(last, "between") || c.Is(last, "and") && c.betweenBefore():
		c.values(c.comparedWith(c.end()-1, "between"))
	case c.endsOperand(last) && c.end() > 0 && !slices.Contains([]string{"where", "only", "except", "check", "warn", "let", "set"}, c.Text(last)):
		c.words("and", "or", "in", "not in", "is", "matches", "between")
		return
	}
	c.operands()
}

// operands adds paths, names, functions and words.
func (c *completer) operands() {
	for _, g := range c.givens() {
		detail := g.kind
		switch {
		case g.node != nil && g.kind != "lookup" && g.kind != "document":
			detail += ": " + types(g.node, g.documents)
		case g.value != "":
			detail += " = " + clipped(g.value)
		}
		if g.name != "" {
			c.add(Item{Label: g.name, Kind: "name", Detail: detail})
		}
	}
	if s := c.document(); s != nil {
		c.fieldsOf(s.Root, s.Documents, true)
	}
	for _, f := range function.All() {
		c.add(Item{Label: f.Name, Kind: "function", Detail: f.String() + " → " + f.Result, Documentation: documentation(f), Insert: f.Name + "($1)$0", Snippet: true})
	}
	c.add(perEnvironment,
		Item{Label: "if", Kind: "snippet", Detail: "if C then A else B", Insert: "if ${1:condition} then ${2:value} else ${3:value}", Snippet: true},
		Item{Label: "any", Kind: "snippet", Detail: "whether an element has it", Insert: "any ${1:x} in ${2:path} has ${3:condition}", Snippet: true},
		Item{Label: "every", Kind: "snippet", Detail: "whether all elements have it", Insert: "every ${1:x} in ${2:path} has ${3:condition}", Snippet: true})
	c.words("not", "true", "false", "null", "this")
}

func clipped(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 60 {
		text = string(r[:59]) + "…"
	}
	return text
}

// documentation is a function as Markdown.
func documentation(f *function.Function) string {
	out := "```\n" + f.String() + " → " + f.Result + "\n```\n\n" + f.Summary
	if f.Errors != "" {
		out += "\n\nErrors: " + f.Errors
	}
	return out
}

// compares reports whether a token compares what stands on both of its sides.
func (c *completer) compares(t token.Token) bool {
	return slices.ContainsFunc([]string{"==", "!=", "<", "<=", ">", ">="}, func(op string) bool { return c.Is(t, op) })
}

// compared is what the data has at the path that ends with token last.
func (c *completer) compared(last int) *shape.Node {
	if last < 0 {
		return nil
	}
	node, end := c.at(c.document(), finder(c.givens()), c.pathStart(last))
	if end != last+1 {
		return nil
	}
	return node
}

// comparedWith is the path before the last token that is a word.
func (c *completer) comparedWith(from int, word string) *shape.Node {
	for i := from; i > 0 && i > from-12; i-- {
		if c.Is(c.Tokens[i], word) {
			return c.compared(i - 1)
		}
	}
	return nil
}

// betweenBefore reports whether the `and` before the place is that of `between`.
func (c *completer) betweenBefore() bool {
	for i := c.end() - 2; i > 0 && i > c.end()-6; i-- {
		if c.Is(c.Tokens[i], "and") || c.Is(c.Tokens[i], "or") {
			return false
		}
		if c.Is(c.Tokens[i], "between") {
			return true
		}
	}
	return false
}

// values adds the values of a path.
func (c *completer) values(n *shape.Node) {
	list, _ := literals(n)
	for _, v := range list {
		c.add(Item{Label: v, Kind: "value", Detail: types(n, n.Count)})
	}
}

// inBrackets adds what can stand in the innermost open bracket.
func (c *completer) inBrackets(open int, last token.Token) {
	switch {
	case c.Is(c.Tokens[open], "["):
		if open > 0 && c.Is(c.Tokens[open-1], "in") && (c.Is(last, "[") || c.Is(last, ",")) {
			at := open - 2
			if c.Is(c.Tokens[max(at, 0)], "not") {
				at--
			}
			c.values(c.compared(at))
		}
	case c.Is(c.Tokens[open], "{"):
		before := c.Tokens[max(open-1, 0)]
		key := c.Is(last, "{") || c.Is(last, ",")
		if c.Is(before, "environment") && open > 1 && c.Is(c.Tokens[open-2], "per") {
			if key {
				c.environments()
				c.words("else")
				return
			}
			break
		}
		if key {
			c.objectKeys(open)
			return
		}
	}
	c.expression(last)
}

// objectKeys adds the fields of the documents that an object is written for.
func (c *completer) objectKeys(open int) {
	s := c.statement()
	switch c.Text(s[0]) {
	case "index":
		c.words("unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "collation", "name")
		return
	case "options":
		c.words("validator", "validationLevel", "validationAction", "collation")
		return
	case "given", "expect", "document":
	default:
		return
	}
	document := c.document()
	if document == nil {
		return
	}
	node := document.Root
	for _, b := range c.brackets { // `name: {` and `name: [{`
		switch i := b - 2; {
		case c.Is(c.Tokens[b], "["):
			if i >= 0 && c.Is(c.Tokens[b-1], ":") {
				node = node.Field(c.nameOf(c.Tokens[i]))
			}
			if node != nil {
				node = node.Elements
			}
		case i >= 0 && c.Is(c.Tokens[b-1], ":"):
			node = node.Field(c.nameOf(c.Tokens[i]))
		}
	}
	if node == nil {
		return
	}
	for _, f := range node.Fields {
		c.add(Item{Label: f.Name, Kind: "field", Detail: types(f, document.Documents), Documentation: samples(f), Insert: doc.Path{f.Name}.String() + ": "})
	}
}

// texts adds, in a text that is compared, the texts that the data has.
func (c *completer) texts() {
	from := c.inText
	end := c.offset
	for i := from; i < len(c.Tokens); i++ {
		if t := c.Tokens[i]; t.Kind == token.TextEnd {
			if c.File.Position(t.Start).Line == c.File.Position(c.offset).Line && t.Start >= c.offset {
				end = t.End
			}
			break
		}
	}
	c.replace = source.Span{File: c.File, Start: c.Tokens[from].Start, End: end}
	if from == 0 {
		return
	}
	var node *shape.Node
	switch before := c.Tokens[from-1]; {
	case c.compares(before):
		node = c.compared(from - 2)
	case len(c.brackets) > 0 && c.Is(c.Tokens[c.brackets[len(c.brackets)-1]], "["):
		open := c.brackets[len(c.brackets)-1]
		if open > 1 && c.Is(c.Tokens[open-1], "in") {
			at := open - 2
			if c.Is(c.Tokens[at], "not") {
				at--
			}
			node = c.compared(at)
		}
	}
	if node == nil {
		return
	}
	list, _ := literals(node)
	for _, v := range list {
		if strings.HasPrefix(v, `"`) {
			c.add(Item{Label: v, Kind: "value", Detail: types(node, node.Count)})
		}
	}
}
