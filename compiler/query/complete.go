package query

// What could stand at a place. In: a file and an offset, whose text need not be
// whole; out: items, each with the text that it stands for. completevalue.go has
// what can stand in expressions.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Item is something that could stand at a place.
type Item struct {
	Label string
	// Kind is keyword, snippet, field, value, name, function, collection, source,
	// environment, type or code.
	Kind string
	// Detail is one line beside the label, Documentation Markdown.
	Detail, Documentation string
	// Insert is the text; in a snippet, ${1:…} are places to fill in.
	Insert  string
	Snippet bool
}

// Completions are the items at a place, best first, and the text that they replace.
func (s *Snapshot) Completions(name string, offset int) ([]Item, source.Span) {
	a := s.around(name, offset)
	if a == nil || a.silent {
		return nil, source.Span{}
	}
	c := &completer{around: a}
	if a.inText >= 0 {
		c.texts()
		return c.items, c.replace
	}
	c.replace = a.replaced()
	c.complete()
	return c.items, c.replace
}

// completer collects items.
type completer struct {
	*around
	items   []Item
	replace source.Span
	taken   map[string]bool
}

func (c *completer) add(items ...Item) {
	if c.taken == nil {
		c.taken = map[string]bool{}
	}
	for _, i := range items {
		if i.Insert == "" {
			i.Insert = i.Label
		}
		if key := i.Kind + " " + i.Label; !c.taken[key] {
			c.taken[key] = true
			c.items = append(c.items, i)
		}
	}
}

// words adds words of the language.
func (c *completer) words(list ...string) {
	for _, w := range list {
		c.add(Item{Label: w, Kind: "keyword"})
	}
}

// complete finds what the place is, by the statement there and what stands before.
func (c *completer) complete() {
	s := c.statement()
	if len(s) == 0 {
		c.statements()
		return
	}
	last := c.Tokens[c.end()-1]
	if c.Is(last, ".") {
		c.fields()
		return
	}
	if n := len(c.brackets); n > 0 {
		c.inBrackets(c.brackets[n-1], last)
		return
	}
	c.clause(c.Text(s[0]), s, last)
}

// statements adds what can begin where a statement can.
func (c *completer) statements() {
	block := c.headWord(*c.block())
	for _, k := range parser.Keywords() {
		fits := false
		switch {
		case block == "":
			fits = k.Place == keyword.Declaration || k.Word == "let"
		case block == "test":
			fits = k.Place == keyword.TestOnly
		case block == "from":
			fits = k.Place == keyword.FromOnly || k.Place == keyword.Policy || k.Word == "for"
		case block == "defaults":
			fits = k.Place == keyword.Policy || k.Word == "for"
		case block == "source":
			fits = slices.Contains([]string{"redact", "omit", "not"}, k.Word)
		case block == "before" || block == "after" || block == "environment":
		case block == "for" && c.enclosing("sync", "amend") == nil:
			fits = k.Place == keyword.Policy
		default:
			fits = k.Place == keyword.Statement || k.Place == keyword.Policy
		}
		if fits {
			c.add(statementItem(k))
		}
	}
	for _, k := range parser.Keywords() {
		if k.Place == keyword.Anywhere && !slices.Contains([]string{"test", "source", "before", "after", "environment"}, block) {
			c.add(statementItem(k))
		}
	}
	switch block {
	case "source":
		c.words("database")
	case "before", "after":
		c.add(Item{Label: "run", Kind: "snippet", Insert: "run { $1 }", Snippet: true})
	case "environment":
		c.words("cluster matches")
	case "where":
		c.words("else", "else where")
	}
}

// snippets are how statements are begun that have places to fill in.
var snippets = map[string]string{
	"weave": "weave ${1:name}", "environments": "environments ${1:preprod}, ${2:prod}", "environment": "environment ${1:prod} { cluster matches /${2:pattern}/ }",
	"source": "source ${1:name} {\n  $0\n}", "input": "input ${1:name}: ${2:string}", "from": "from ${1:source} into ${2:database} {\n  $0\n}",
	"defaults": "defaults {\n  $0\n}", "amend": "amend ${1:collection} for ${2:environment} {\n  $0\n}", "test": "test \"${1:what it shows}\" {\n  $0\n}",
	"given": "given ${1:collection} { $0 }", "expect": "expect ${1:collection} with { $0 }", "sync": "sync ${1:collection} by ${2:_id} {\n  $0\n}",
	"only": "only where $0", "except": "except where $0", "lookup": "lookup ${1:name} in ${2:collection} where ${3:condition}", "let": "let ${1:name} = $0",
	"set": "set ${1:path} = $0", "create": "create ${1:path} = $0", "rename": "rename ${1:path} to ${2:path}", "add": "add ${1:value} to ${2:path}",
	"each": "each ${1:x} in ${2:path} {\n  $0\n}", "where": "where ${1:condition} {\n  $0\n}", "for": "for ${1:environment} {\n  $0\n}", "document": "document {\n  $0\n}",
	"moved": "moved ${1:old} to ${2:new}", "check": "check ${1:condition} else \"${2:message}\"", "warn": "warn ${1:condition} else \"${2:message}\"",
	"not": "not secret $0", "link": "link ${1:path} to ${2:collection}", "prune": "prune ${1:all} at most ${2:5}", "backup": "backup keep ${1:20}", "drift": "drift ${1:stop}", "index": "index on ${1:path}",
	"drop": "drop index ${1:name}", "options": "options { $0 }", "before": "before { run { $0 } }", "after": "after { run { $0 } }", "accept": "accept ${1:code} \"${2:say why}\"",
}

func statementItem(k *keyword.Keyword) Item {
	i := Item{Label: k.Word, Kind: "keyword", Detail: k.Form, Insert: k.Word + " "}
	if text, ok := snippets[k.Word]; ok {
		i.Kind, i.Insert, i.Snippet = "snippet", text, true
	}
	if k.Word == "not" {
		i.Label = "not secret"
	}
	return i
}

var perEnvironment = Item{Label: "per environment", Kind: "snippet", Detail: "a value for each environment", Insert: "per environment { ${1:environment}: $2, else: $3 }", Snippet: true}

func (c *completer) sourceDetail(name string) string {
	n := len(c.snapshot.collections(name))
	if n == 0 {
		return "nothing extracted"
	}
	return fmt.Sprintf("%d collection%s extracted", n, words.Plural(n))
}

// collectionsOf adds the extracted collections of sources.
func (c *completer) collectionsOf(sources []string) {
	for _, from := range sources {
		for _, name := range c.snapshot.collections(from) {
			c.add(Item{Label: name, Kind: "collection", Detail: "of " + from, Insert: ast.WrittenName(name)})
		}
	}
}

// syncable adds the collections that no `sync` of the block names.
func (c *completer) syncable() {
	c.collectionsOf(c.fromSources())
	b := c.enclosing("from")
	if b == nil {
		return
	}
	c.items = slices.DeleteFunc(c.items, func(i Item) bool {
		return i.Kind == "collection" && slices.ContainsFunc(b.stmts, func(from int) bool {
			if from >= c.end() || !c.Is(c.Tokens[from], "sync") {
				return false
			}
			name, _ := c.dashed(from + 1)
			return name == i.Label
		})
	})
}

// synced adds the collections that the syncs of the weave name.
func (c *completer) synced() {
	for d := range decls(c.weave) {
		f, ok := d.(*ast.FromDecl)
		if !ok {
			continue
		}
		for _, s := range f.Body {
			if s, ok := s.(*ast.Sync); ok {
				for _, p := range s.Collections {
					if p.Name != nil {
						c.add(Item{Label: p.Name.Text, Kind: "collection", Detail: head(s.Span.Text()), Insert: ast.WrittenName(p.Name.Text)})
					}
				}
				if s.All || len(s.Collections) == 0 {
					c.collectionsOf(namesOf(f.Source))
				}
			}
		}
	}
}

// environments adds environments and groups.
func (c *completer) environments() {
	names, groups := environments(c.weave)
	for _, n := range names {
		c.add(Item{Label: n, Kind: "environment"})
	}
	for _, n := range slices.Sorted(keys(groups)) {
		c.add(Item{Label: n, Kind: "environment", Detail: "stands for " + strings.Join(groups[n], ", ")})
	}
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (c *completer) codes() {
	for _, info := range diag.Codes {
		if slices.Contains(diag.Acceptable, info.Code) || c.Is(c.statement()[0], "expect") {
			c.add(Item{Label: string(info.Code), Kind: "code", Detail: info.Title})
		}
	}
}

func (c *completer) types() {
	c.words("string", "int", "long", "double", "decimal", "bool", "date", "objectId", "uuid")
}

// paths adds the paths of the documents that the place is about, and of the names
// of elements that are given there.
func (c *completer) paths() {
	for _, g := range c.givens() {
		if g.kind == "element" {
			c.add(Item{Label: g.name, Kind: "name", Detail: "element: " + types(g.node, g.documents)})
		}
	}
	if s := c.document(); s != nil {
		c.fieldsOf(s.Root, s.Documents, true)
	}
}

// fields adds the fields of what stands before a dot.
func (c *completer) fields() {
	last := c.end() - 2 // before the dot
	if last < 0 {
		return
	}
	from := c.pathStart(last)
	document := c.document()
	list := c.givens()
	node, _ := c.upTo(last).at(document, finder(list), from)
	documents := count(document)
	if g := finder(list)(c.Text(c.Tokens[from])); g != nil {
		documents = g.documents
	}
	if node == nil && c.Is(c.Tokens[max(from-1, 0)], "to") { // refers to COLLECTION.PATH
		if s := c.shapeNamed(c.nameOf(c.Tokens[from]), c.fromSources()); s != nil {
			node, documents = s.Root, s.Documents
		}
	}
	c.fieldsOf(node, documents, false)
}

// fieldsOf adds the fields of a node.
func (c *completer) fieldsOf(n *shape.Node, documents int, first bool) {
	if n == nil {
		return
	}
	if len(n.Fields) == 0 && n.Elements != nil && !first { // of an array: what its elements have, as hints are of no use there
		return
	}
	for _, f := range n.Fields {
		text := doc.Path{f.Name}.String()
		if first {
			text = ast.Written(text)
		}
		c.add(Item{Label: f.Name, Kind: "field", Detail: types(f, documents), Documentation: samples(f), Insert: text})
	}
}

// samples are values of a path as Markdown.
func samples(n *shape.Node) string {
	list, more := literals(n)
	if len(list) == 0 {
		return ""
	}
	if len(list) > 10 {
		list, more = list[:10], true
	}
	var b strings.Builder
	for _, v := range list {
		b.WriteString("- " + code(v) + "\n")
	}
	if more {
		b.WriteString("- …\n")
	}
	return b.String()
}

// code is text as Markdown shows code: between more backquotes than it has in a row.
func code(text string) string {
	text = diag.Safe(text, 200)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

var placeholder = regexp.MustCompile(`\$\{\d+:([^}]*)\}|\$\d`)

// Plain is a snippet as text, for editors that know none.
func Plain(snippet string) string { return placeholder.ReplaceAllString(snippet, "$1") }
