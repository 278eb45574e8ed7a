// What the tokens of a file are, by its syntax tree.
//
// In: an ast.File. Out: pieces, the tokens in the order in which they are
// written, each with its role.
package format

import (
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

// role is what a piece is for the space around it.
type role int

const (
	word role = iota
	lineComment
	blockComment
	comma
	colon
	dot
	unary   // a minus sign
	percent // of prune
	blockOpen
	objectOpen // also of per environment
	listOpen
	callOpen
	groupOpen
	stepOpen
	blockClose // the closing roles are in the order of the opening ones
	objectClose
	listClose
	callClose
	groupClose
	stepClose
)

func (r role) opens() bool  { return blockOpen <= r && r <= stepOpen }
func (r role) closes() bool { return r >= blockClose }

// piece is a token, a whole text or a whole dashed name.
type piece struct {
	text     string
	role     role
	end      int  // its end in the source, -1 for a comma that is not there
	newlines int  // line breaks before it in the source
	starts   bool // begins a declaration or statement
	attached bool // begins an accept, which stands below the statement that it is about
	inline   bool // a statement or brace of a block that stays in one line
	element  bool // begins an element, entry or argument
}

// follow says whether a comma follows an element.
type follow int

const (
	always   follow = iota + 1 // another element follows
	ifBroken                   // the last one: where the bracket is closed on its own line
)

// layout is what the tree knows, by offsets in the source.
type layout struct {
	file     *source.File
	tokens   []parser.Token
	index    map[int]int // of tokens, by start
	roles    map[int]role
	starts   map[int]bool
	attached map[int]bool
	inline   map[int]bool
	elements map[int]bool
	follows  map[int]follow // by the end of an element
	names    map[int]int    // ends of names, by start
	blocks   []blockRange
	syncs    []*ast.Sync // that have `by` before `as`
}

// blockRange is a block: the offsets of its braces and what it holds.
type blockRange struct {
	open, close int
	starts      []int
}

func newLayout(file *ast.File) *layout {
	tokens, _ := parser.Scan(file.Source)
	l := &layout{
		file: file.Source, tokens: tokens, index: map[int]int{}, roles: map[int]role{}, starts: map[int]bool{}, attached: map[int]bool{}, inline: map[int]bool{},
		elements: map[int]bool{}, follows: map[int]follow{}, names: map[int]int{},
	}
	for i, t := range tokens {
		l.index[t.Start] = i
	}
	for _, d := range file.Decls {
		l.starts[d.Place().Start] = true
		ast.Walk(d, l.visit)
	}
	for _, a := range file.Accepts {
		ast.Walk(a, l.visit)
	}
	for i, b := range l.blocks {
		inline := l.oneLine(b)
		for j := i + 1; inline && j < len(l.blocks) && l.blocks[j].open < b.close; j++ {
			inline = l.oneLine(l.blocks[j])
		}
		l.inline[b.open], l.inline[b.close] = inline, inline
		for _, s := range b.starts {
			l.starts[s] = !l.attached[s]
			l.inline[s] = inline
		}
	}
	return l
}

// oneLine reports whether a block holds at most one statement and no line break.
func (l *layout) oneLine(b blockRange) bool {
	return len(b.starts) <= 1 && !strings.Contains(l.file.Text[b.open:b.close], "\n")
}

// find returns the start of the first such token at or behind an offset where a token starts.
func (l *layout) find(offset int, text string) int {
	for _, t := range l.tokens[l.after(offset):] {
		if t.Kind == parser.Punct && l.file.Text[t.Start:t.End] == text {
			return t.Start
		}
	}
	return len(l.file.Text)
}

// after returns the index of the first token at or behind an offset.
func (l *layout) after(offset int) int {
	low, high := 0, len(l.tokens)-1
	for low < high {
		if mid := (low + high) / 2; l.tokens[mid].Start < offset {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

func (l *layout) brackets(open, end int, r role) {
	l.roles[open], l.roles[end-1] = r, r+(blockClose-blockOpen)
}

func (l *layout) block(open, end int, starts []int) {
	l.brackets(open, end, blockOpen)
	l.blocks = append(l.blocks, blockRange{open: open, close: end - 1, starts: starts})
}

func places[T ast.Node](nodes []T) []int {
	var out []int
	for _, n := range nodes {
		out = append(out, n.Place().Start)
	}
	return out
}

// list marks the elements of a bracket; last says whether a comma may follow the last one.
func list[T ast.Node](l *layout, elems []T, last bool) {
	for i, e := range elems {
		l.elements[e.Place().Start] = true
		if i < len(elems)-1 {
			l.follows[e.Place().End] = always
		} else if last {
			l.follows[e.Place().End] = ifBroken
		}
	}
}

func (l *layout) visit(n ast.Node) bool {
	at := n.Place()
	switch n := n.(type) {
	case *ast.FromDecl:
		l.block(l.find(n.Into.Span.End, "{"), at.End, append(places(n.Body), places(n.Accepts)...))
	case *ast.ClusterDecl:
		open := l.find(n.Environment.Span.End, "{")
		l.block(open, at.End, []int{l.significant(open + 1)})
	case *ast.SourceDecl:
		open := l.find(n.Name.Span.End, "{")
		var starts []int
		if n.Database != nil {
			starts = []int{l.significant(open + 1)}
		}
		l.block(open, at.End, append(starts, places(n.Policies)...))
	case ast.EnvironmentEntry:
		if n.Members != nil {
			l.brackets(l.find(n.Name.Span.End, "("), at.End, groupOpen)
		}
	case *ast.Block:
		l.block(at.Start, at.End, append(places(n.Stmts), places(n.Accepts)...))
	case *ast.Accept:
		l.attached[at.Start] = n.About != nil
	case *ast.Hook:
		l.block(l.find(at.Start, "{"), at.End, places(n.Runs))
	case *ast.Sync:
		if n.As != nil && n.By != nil && n.As.Span.Start > n.By[0].Span.Start {
			l.syncs = append(l.syncs, n)
		}
	case *ast.Prune:
		if n.Percent {
			l.roles[at.End-1] = percent
		}
	case ast.Name:
		l.names[at.Start] = at.End
	case *ast.Object:
		l.brackets(at.Start, at.End, objectOpen)
		list(l, n.Fields, true)
	case *ast.PerEnv:
		l.brackets(l.find(at.Start, "{"), at.End, objectOpen)
		list(l, n.Entries, true)
	case *ast.List:
		l.brackets(at.Start, at.End, listOpen)
		list(l, n.Elems, true)
	case *ast.Comprehension:
		l.brackets(at.Start, at.End, listOpen)
		l.elements[n.Elem.Place().Start] = true
	case *ast.Call:
		l.brackets(l.find(n.Func.Span.End, "("), at.End, callOpen)
		list(l, n.Args, false)
	case *ast.Paren:
		l.brackets(at.Start, at.End, groupOpen)
	case *ast.Unary:
		if n.Op == ast.Minus {
			l.roles[at.Start] = unary
		}
	case ast.Step:
		if n.Kind != ast.FieldStep {
			l.brackets(at.Start, at.End, stepOpen)
		}
	case *ast.Text:
		return false // written as it is
	}
	return true
}

// significant is the start of the first token behind an offset that is no comment.
func (l *layout) significant(offset int) int {
	i := l.after(offset)
	for l.tokens[i].Kind == parser.Comment {
		i++
	}
	return l.tokens[i].Start
}

// pieces lists what is written, commas as they should be and clauses in order.
func pieces(f *source.File, l *layout) []piece {
	var out []piece
	var open []role
	end := 0
	for i := 0; l.tokens[i].Kind != parser.EOF; i++ {
		t := l.tokens[i]
		p := piece{
			role: l.role(t), newlines: strings.Count(f.Text[end:t.Start], "\n"),
			starts: l.starts[t.Start], attached: l.attached[t.Start], inline: l.inline[t.Start], element: l.elements[t.Start],
		}
		if p.role == comma && len(open) > 0 && (open[len(open)-1] == objectOpen || open[len(open)-1] == listOpen || open[len(open)-1] == callOpen) {
			continue // commas come with the elements
		}
		p.end = t.End
		switch {
		case t.Kind == parser.TextStart:
			i = l.textEnd(i)
			p.end = l.tokens[i].End
		case l.names[t.Start] > t.End:
			for p.end = l.names[t.Start]; l.tokens[i].End < p.end; {
				i++
			}
		}
		p.text, end = f.Text[t.Start:p.end], p.end
		switch {
		case p.role.opens():
			open = append(open, p.role)
		case p.role.closes():
			open = open[:len(open)-1]
			if n := len(out); p.newlines == 0 && out[n-1].role != lineComment {
				out = dropLastComma(out)
			}
		}
		out = append(out, p)
		if l.follows[p.end] != 0 && p.role != lineComment && p.role != blockComment {
			out = append(out, piece{text: ",", role: comma, end: -int(l.follows[p.end])})
		}
	}
	for _, s := range l.syncs {
		swapClauses(out, s)
	}
	return out
}

func (l *layout) role(t parser.Token) role {
	if r, ok := l.roles[t.Start]; ok {
		return r
	}
	switch text := l.file.Text[t.Start:t.End]; {
	case t.Kind == parser.Comment && strings.HasPrefix(text, "/*"):
		return blockComment
	case t.Kind == parser.Comment:
		return lineComment
	case t.Kind != parser.Punct:
		return word
	case text == ",":
		return comma
	case text == ":":
		return colon
	case text == ".":
		return dot
	}
	return word
}

// textEnd is the index of the token that ends the text begun at token i.
func (l *layout) textEnd(i int) int {
	for depth := 0; ; i++ {
		switch l.tokens[i].Kind {
		case parser.TextStart:
			depth++
		case parser.TextEnd:
			if depth--; depth == 0 {
				return i
			}
		}
	}
}

// dropLastComma takes out the comma behind the last element of a bracket that
// closes on the same line; only comments stand behind that comma.
func dropLastComma(out []piece) []piece {
	for n := len(out) - 1; n >= 0; n-- {
		switch {
		case out[n].role == comma && out[n].end == -int(ifBroken):
			return append(out[:n], out[n+1:]...)
		case out[n].role != blockComment && out[n].role != lineComment:
			return out
		}
	}
	return out
}

// swapClauses puts the `as` of a sync before its `by`, unless comments stand
// among them, which belong to the one or the other.
func swapClauses(out []piece, s *ast.Sync) {
	by, as, end := -1, -1, -1
	for i, p := range out {
		switch start := p.end - len(p.text); {
		case start == s.By[0].Span.Start:
			by = i - 1
		case start == s.As.Span.Start:
			as = i - 1
		}
		if p.end == s.As.Span.End {
			end = i + 1
		}
	}
	for _, p := range out[by:end] {
		if p.role == lineComment || p.role == blockComment {
			return
		}
	}
	out[by].newlines, out[as].newlines = out[as].newlines, out[by].newlines
	swapped := append(append([]piece(nil), out[as:end]...), out[by:as]...)
	copy(out[by:end], swapped)
}

// written is the text of a piece on a line of some indentation.
func (p *piece) written(line int) string {
	switch {
	case p.role == lineComment:
		return strings.TrimRight(p.text, " \t\r")
	case p.role == blockComment:
		return strings.ReplaceAll(p.text, "\r\n", "\n")
	case strings.HasPrefix(p.text, `"""`):
		return reindent(p.text, strings.Repeat(indentation, line+1))
	}
	return p.text
}

// reindent gives the lines of a """ text another common indentation.
func reindent(text, indent string) string {
	common := parser.CommonIndent(text[3 : len(text)-3])
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines[1:] {
		if strings.Trim(line, " \t") == "" {
			lines[i+1] = ""
			continue
		}
		lines[i+1] = indent + strings.TrimPrefix(line, common)
	}
	return strings.Join(lines, "\n")
}
