package query

// What names and paths mean at a place. In: the tokens around it; out: the names
// that are given there with what they stand for, and what the data has at a path.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/token"
	"github.com/hayone1/mongocd/runtime/doc"
)

// given is a name that stands for a value.
type given struct {
	name string
	// kind is let, input, lookup, element or document (of a fan-out).
	kind string
	// node is what the data has there; nil where nothing is known.
	node      *shape.Node
	documents int
	value     string // of a let, as written
}

// fromSources are the names behind the `from` that holds the place.
func (a *around) fromSources() []string {
	if b := a.enclosing("from"); b != nil {
		if i := b.head + 1; a.Is(a.Tokens[i], "per") {
			var out []string
			for ; i < b.open && !a.Is(a.Tokens[i], "}"); i++ {
				if a.Is(a.Tokens[i-1], ":") {
					out = append(out, a.nameOf(a.Tokens[i]))
				}
			}
			return unique(out)
		}
		name, _ := a.dashed(b.head + 1)
		return []string{name}
	}
	// Tests and amendments stand outside: the sources of all `from` blocks.
	var out []string
	for d := range decls(a.weave) {
		if d, ok := d.(*ast.FromDecl); ok {
			out = append(out, namesOf(d.Source)...)
		}
	}
	return unique(out)
}

// namesOf are the names that something that may depend on the environment has.
func namesOf(n ast.NameOrPerEnv) []string {
	var out []string
	if n.Name != nil {
		out = append(out, n.Name.Text)
	}
	if n.PerEnv != nil {
		for _, e := range n.PerEnv.Entries {
			if p := ast.PathOf(e.Value); p != nil {
				out = append(out, p.Span.Text())
			} else if t, ok := e.Value.(*ast.Text); ok && len(t.Parts) == 1 {
				out = append(out, t.Parts[0].Literal)
			}
		}
	}
	return out
}

// dashed is the name that begins at token i, whose parts dashes may join, and the
// index behind it.
func (a *around) dashed(i int) (string, int) {
	if i >= len(a.Tokens) || !isWord(a.Tokens[i]) {
		return "", i
	}
	if a.Tokens[i].Kind == token.Raw {
		return a.nameOf(a.Tokens[i]), i + 1
	}
	end := i
	for end+1 < len(a.Tokens) && a.Tokens[end+1].Start == a.Tokens[end].End && (isWord(a.Tokens[end+1]) || a.Is(a.Tokens[end+1], "-")) {
		end++
	}
	return a.File.Text[a.Tokens[i].Start:a.Tokens[end].End], end + 1
}

// collection is the name of the collection that the place is about; "" for none.
func (a *around) collection() string {
	if b := a.enclosing("sync", "amend"); b != nil {
		name, _ := a.dashed(b.head + 1)
		return name
	}
	if s := a.statement(); len(s) > 1 && slices.Contains([]string{"sync", "given", "expect"}, a.Text(s[0])) {
		i := a.IndexAt(s[1].Start)
		for i < a.end() && (a.Is(a.Tokens[i], "no") || a.Tokens[i].Kind == token.Number) {
			i++
		}
		name, _ := a.dashed(i)
		return name
	}
	return ""
}

// shapeNamed is what is known of a collection of the first of the sources that has it, as
// it is extracted or pinned for what the place is about.
func (a *around) shapeNamed(name string, sources []string) *shape.Shape {
	data := a.data()
	for _, from := range sources {
		if name == "" || name == "all" || !slices.Contains(data.collections(from), name) {
			continue
		}
		if c := data.load(workspace.Key{Source: from, Name: name}); c != nil {
			return c.Shape
		}
	}
	return nil
}

// document is the shape of the documents that the place is about; nil when unknown.
func (a *around) document() *shape.Shape { return a.shapeNamed(a.collection(), a.fromSources()) }

// givens are the names that are given at the place, innermost first.
func (a *around) givens() []given {
	var out []given
	document := a.document()
	find := func(name string) *given {
		for i := len(out) - 1; i >= 0; i-- {
			if out[i].name == name {
				return &out[i]
			}
		}
		return nil
	}
	element := func(i int) *shape.Node {
		n, _ := a.at(document, find, i)
		if n == nil {
			return nil
		}
		return n.Elements
	}
	for d := range decls(a.weave) {
		switch d := d.(type) {
		case *ast.Let:
			out = append(out, given{name: d.Name.Text, kind: "let", value: d.Value.Place().Text()})
		case *ast.InputDecl:
			out = append(out, given{name: d.Name.Text, kind: "input", value: d.Type.Text})
		}
	}
	for _, b := range a.blocks {
		if b.head >= 0 {
			a.headGives(b, document, &out, element)
		}
		for _, from := range b.stmts {
			if from >= a.end() {
				break
			}
			switch a.Text(a.Tokens[from]) {
			case "let":
				if b.head < 0 { // among the declarations
					continue
				}
				name, i := a.dashed(from + 1)
				node, end := a.at(document, find, i+1)
				if end < len(a.Tokens) && !a.Tokens[end].First {
					node = nil // more than a path
				}
				out = append(out, given{name: name, kind: "let", node: node, documents: count(document)})
			case "lookup":
				name, i := a.dashed(from + 1)
				out = append(out, a.looked(name, i+1))
			}
		}
	}
	if s := a.statement(); len(s) > 0 {
		from := a.IndexAt(s[0].Start)
		for i := from; i < len(a.Tokens)-3; i++ {
			if i > a.end() && a.Tokens[i].First && keywords[a.Text(a.Tokens[i])] {
				break
			}
			word := a.Text(a.Tokens[i])
			if i > from && word == "for" || word == "any" || word == "every" {
				if a.Is(a.Tokens[i+2], "in") && isWord(a.Tokens[i+1]) {
					out = append(out, given{name: a.nameOf(a.Tokens[i+1]), kind: "element", node: element(i + 3), documents: count(document)})
				}
			}
		}
		if a.Text(s[0]) == "lookup" && len(s) > 3 {
			name, i := a.dashed(from + 1)
			out = append(out, a.looked(name, i+1))
		}
		if a.Text(s[0]) == "each" {
			a.headGives(openBlock{head: from, open: a.end()}, document, &out, element)
		}
	}
	slices.Reverse(out)
	return out
}

func count(s *shape.Shape) int {
	if s == nil {
		return 0
	}
	return s.Documents
}

// looked is the name of a lookup; its collection stands at token i.
func (a *around) looked(name string, i int) given {
	collection, i := a.dashed(i)
	sources := a.fromSources()
	if i+1 < len(a.Tokens) && a.Is(a.Tokens[i], "from") {
		from, _ := a.dashed(i + 1)
		sources = []string{from}
	}
	g := given{name: name, kind: "lookup"}
	if s := a.shapeNamed(collection, sources); s != nil {
		g.node, g.documents = s.Root, s.Documents
	}
	return g
}

// headGives adds the names that the head of a block gives: of `each` and of a fan-out.
func (a *around) headGives(b openBlock, document *shape.Shape, out *[]given, element func(i int) *shape.Node) {
	switch a.headWord(b) {
	case "each":
		name, i := a.dashed(b.head + 1)
		if i < b.open && a.Is(a.Tokens[i], ",") {
			*out = append(*out, given{name: name, kind: "element"})
			name, i = a.dashed(i + 1)
		}
		g := given{name: name, kind: "element", documents: count(document)}
		if i < b.open && a.Is(a.Tokens[i], "in") {
			g.node = element(i + 1)
		}
		*out = append(*out, g)
	case "from":
		for i := b.head; i+3 < b.open; i++ {
			if a.Is(a.Tokens[i], "for") && a.Is(a.Tokens[i+1], "each") {
				name, k := a.dashed(i + 2)
				g := a.looked(name, k+1)
				g.kind = "document"
				*out = append(*out, g)
			}
		}
	}
}

// at is what the data has at the path that begins at token i, and the index behind it.
func (a *around) at(document *shape.Shape, find func(string) *given, i int) (*shape.Node, int) {
	end := a.pathEnd(i)
	if end == i {
		return nil, i
	}
	var node *shape.Node
	if document != nil {
		node = document.Root
	}
	if head := a.Text(a.Tokens[i]); head != "this" {
		if g := find(head); g != nil {
			node = g.node
		} else {
			node = node.Field(a.nameOf(a.Tokens[i]))
		}
	}
	for k := i + 1; k < end && node != nil; k++ {
		switch {
		case a.Is(a.Tokens[k], "["):
			node = node.Elements
		case isWord(a.Tokens[k]) && a.Is(a.Tokens[k-1], "."):
			node = node.Field(a.nameOf(a.Tokens[k]))
		}
	}
	return node, end
}

// pathEnd is the index behind the path that begins at token i; i when none does.
func (a *around) pathEnd(i int) int {
	if i >= len(a.Tokens) || a.Tokens[i].Kind != token.Ident && a.Tokens[i].Kind != token.Raw {
		return i
	}
	end := i + 1
	for end < len(a.Tokens)-1 {
		switch {
		case a.Is(a.Tokens[end], ".") && isWord(a.Tokens[end+1]):
			end += 2
		case a.Is(a.Tokens[end], "[") && a.Tokens[end].Start == a.Tokens[end-1].End && a.Is(a.Tokens[end+1], "]"):
			end += 2
		case a.Is(a.Tokens[end], "[") && a.Tokens[end].Start == a.Tokens[end-1].End && a.Tokens[end+1].Kind == token.Number && a.Is(a.Tokens[min(end+2, len(a.Tokens)-1)], "]"):
			end += 3
		default:
			return end
		}
	}
	return end
}

// pathStart is the index of the first token of the path that ends behind token last.
func (a *around) pathStart(last int) int {
	i := last
	for i >= 0 {
		if a.Is(a.Tokens[i], "]") {
			for i > 0 && !a.Is(a.Tokens[i], "[") {
				i--
			}
			i--
			continue
		}
		if i > 0 && a.Is(a.Tokens[i-1], ".") {
			i -= 2
			continue
		}
		return i
	}
	return last
}

// upTo is the place as if the file ended behind token last.
func (a *around) upTo(last int) *around {
	cut := *a
	end := a.Tokens[last].End
	cut.Tokens = append(slices.Clone(a.Tokens[:last+1]), token.Token{Kind: token.EOF, Start: end, End: end})
	return &cut
}

// finder finds names among givens.
func finder(list []given) func(string) *given {
	return func(name string) *given {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
		return nil
	}
}

// types says what a path is: "string, in 213 of 213 documents".
func types(n *shape.Node, documents int) string {
	if n == nil || len(n.Types) == 0 {
		return ""
	}
	if len(n.Types) == 1 {
		return fmt.Sprintf("%s, in %s", n.Types[0].Type, words.OfDocuments(n.Count, documents))
	}
	parts := make([]string, len(n.Types))
	for i, t := range n.Types {
		parts[i] = fmt.Sprintf("%s in %d", t.Type, t.Count)
	}
	return fmt.Sprintf("%s of %d document%s", strings.Join(parts, ", "), documents, words.Plural(documents))
}

// literals are the values of a path as the language writes them, sorted; more: there are others.
func literals(n *shape.Node) (out []string, more bool) {
	if n == nil {
		return nil, false
	}
	values := slices.Clone(n.Values)
	slices.SortFunc(values, doc.Compare)
	for _, v := range values {
		if v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray {
			continue
		}
		text := doc.Show(v, 120)
		if strings.HasSuffix(text, "…") || v.Type == bson.TypeBinary && !strings.HasPrefix(text, "uuid") || strings.Contains(text, "${") {
			more = true
			continue
		}
		out = append(out, text)
	}
	return unique(out), more || n.Many
}
