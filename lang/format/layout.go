// What the tokens of a file are, by its syntax tree.
//
// In: an ast.File. Out: pieces, the tokens in the order in which they are
// written, each with its role.
package format

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
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
	keyOpen    // of a computed name
	blockClose // the closing roles are in the order of the opening ones
	objectClose
	listClose
	callClose
	groupClose
	stepClose
	keyClose
)

func (r role) opens() bool  { return blockOpen <= r && r <= keyOpen }
func (r role) closes() bool { return r >= blockClose }

// piece is a token, a whole text or a whole dashed name.
type piece struct {
	text     string
	role     role
	start    int  // in the source
	end      int  // in the source
	newlines int  // line breaks before it in the source
	starts   bool // begins a declaration or statement
	attached bool // begins an accept, which stands below the statement that it is about
	inline   bool // a statement or brace of a block that stays in one line
	element  bool // begins an element, entry or argument
	comma    bool // a comma stands behind it in the source
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
	tokens   []token.Token
	index    map[int]int // of tokens, by start
	roles    map[int]role
	starts   map[int]bool
	attached map[int]bool
	inline   map[int]bool
	broken   map[int]bool // braces of blocks that are never in one line
	elements map[int]bool
	ends     map[int]int    // how many accepts end at an offset
	follows  map[int]follow // by the end of an element
	names    map[int]int    // ends of names, by start
	blocks   []blockRange
	groups   []groupRange
	apart    map[int]bool      // the declarations that empty lines stand around
	heads    map[int]int       // the ends of statements without their blocks, by start
	clauses  map[int]bool      // which of breaks are those of a statement
	breaks   map[int]bool      // before which tokens a chain is broken, by start
	owner    int               // the start of the statement whose parts are visited
	inner    map[ast.Expr]bool // parts of a chain that are no chain of their own
}

// blockRange is a block: the offsets of its braces and what it holds, and of its statement.
type blockRange struct {
	start, open, close int
	starts             []int
}

// groupRange is what is broken as a whole: [start, end). A chain nests its lines, a bracket does so itself;
// the head of a block nests them twice, so that none stands with what is in the block.
type groupRange struct {
	start, end  int
	chain, head bool
}

func newLayout(file *ast.File) *layout {
	tokens, _ := token.Scan(file.Source)
	l := &layout{
		file: file.Source, tokens: tokens, index: map[int]int{}, roles: map[int]role{}, starts: map[int]bool{}, attached: map[int]bool{}, inline: map[int]bool{}, broken: map[int]bool{},
		elements: map[int]bool{}, ends: map[int]int{}, breaks: map[int]bool{}, apart: map[int]bool{}, heads: map[int]int{}, clauses: map[int]bool{}, inner: map[ast.Expr]bool{}, follows: map[int]follow{}, names: map[int]int{},
	}
	for i, t := range tokens {
		l.index[t.Start] = i
	}
	for _, d := range file.Decls {
		l.starts[d.Place().Start] = true
		switch d.(type) {
		case *ast.FromDecl, *ast.TestDecl, *ast.DefaultsDecl, *ast.AmendDecl:
			l.apart[d.Place().Start] = true
		}
		ast.Walk(d, l.visit)
	}
	for _, a := range file.Accepts {
		ast.Walk(a, l.visit)
	}
	ofBlock := map[int]bool{}
	for i, b := range l.blocks {
		ofBlock[b.start] = true
		holdsBlock := i+1 < len(l.blocks) && l.blocks[i+1].open < b.close
		inline := !holdsBlock && !l.broken[b.open] && (len(b.starts) == 0 || len(b.starts) == 1 && !l.attached[b.starts[0]]) && !l.commented(b.open, b.close)
		l.inline[b.open], l.inline[b.close] = inline, inline
		for _, s := range b.starts {
			l.starts[s] = !l.attached[s]
			l.inline[s] = inline
		}
		l.groups = append(l.groups, groupRange{start: b.start, end: b.close + 1})
		l.heads[b.start] = l.endBefore(b.open)
	}
	for start, end := range l.heads {
		if l.breaksIn(start, end) {
			l.groups = append(l.groups, groupRange{start: start, end: end, chain: true, head: ofBlock[start]})
		}
	}
	slices.SortFunc(l.groups, func(a, b groupRange) int {
		if c := cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)); c != 0 {
			return c
		}
		if a.chain == b.chain {
			return 0
		} else if b.chain {
			return -1
		}
		return 1
	})
	return l
}

// find returns the start of the first such token at or behind an offset where a token starts.
func (l *layout) find(offset int, text string) int {
	for _, t := range l.tokens[l.after(offset):] {
		if t.Kind == token.Punct && l.file.Text[t.Start:t.End] == text {
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
	if r != blockOpen && r != stepOpen && r != keyOpen {
		l.groups = append(l.groups, groupRange{start: open, end: end})
	}
	l.roles[open], l.roles[end-1] = r, r+(blockClose-blockOpen)
}

func (l *layout) block(start, open, end int, starts []int) {
	l.brackets(open, end, blockOpen)
	l.blocks = append(l.blocks, blockRange{start: start, open: open, close: end - 1, starts: starts})
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
		open := n.Into.Span.End
		if n.FanOut != nil {
			open = n.FanOut.Span.End
		}
		l.block(at.Start, l.find(open, "{"), at.End, append(places(n.Body), places(n.Accepts)...))
	case *ast.FanOut:
		l.clause(at.Start)
		if n.Cond != nil {
			l.clause(l.wordBefore(n.Cond.Place().Start))
		}
		if n.Expect != nil {
			l.clause(n.Expect.Span.Start)
		}
	case *ast.ClusterDecl:
		open := l.find(n.Environment.Span.End, "{")
		l.block(at.Start, open, at.End, []int{l.significant(open + 1)})
	case *ast.SourceDecl:
		open := l.find(n.Name.Span.End, "{")
		var starts []int
		if n.Database != nil {
			starts = []int{l.significant(open + 1)}
		}
		l.block(at.Start, open, at.End, append(starts, places(n.Policies)...))
	case ast.EnvironmentEntry:
		if n.Members != nil {
			l.brackets(l.find(n.Name.Span.End, "("), at.End, groupOpen)
		}
	case *ast.Block:
		l.block(l.owner, at.Start, at.End, append(places(n.Stmts), places(n.Accepts)...))
	case *ast.Where:
		for e := n.Else; e != nil; e = e.Where.Else { // either all of them in one line, or none: none
			l.broken[n.Body.Span.Start] = true
			if e.Where == nil {
				l.broken[e.Body.Span.Start] = true
				break
			}
			l.broken[e.Where.Body.Span.Start] = true
		}
	case *ast.Accept:
		if l.attached[at.Start] = n.About != nil; n.About != nil {
			l.ends[at.End]++
		}
	case *ast.Hook:
		l.block(at.Start, l.find(at.Start, "{"), at.End, places(n.Runs))
	case *ast.EnvironmentsDecl:
		names(l, n.Entries)
	case *ast.TestDecl:
		names(l, n.Environments.Names)
	case *ast.AmendDecl:
		names(l, n.Environments.Names)
	case *ast.For:
		names(l, n.Environments.Names)
	case *ast.Remove:
		names(l, n.Paths)
	case *ast.PathPolicy:
		names(l, n.Paths)
	case *ast.OwnedPart:
		names(l, n.By)
		names(l, n.Values)
	case *ast.Index:
		names(l, n.Keys)
	case *ast.Expected:
		names(l, n.Without)
	case *ast.Sync:
		names(l, n.Collections)
		names(l, n.Except)
		names(l, n.By)
		if n.As != nil {
			l.clause(l.wordBefore(n.As.Span.Start))
		}
		if n.By != nil {
			l.clause(l.wordBefore(n.By[0].Span.Start))
		}
		if n.Expect != nil {
			l.clause(n.Expect.Span.Start)
		}
	case *ast.Check:
		names(l, n.Unique)
		if n.Else != nil {
			l.clause(l.wordBefore(n.Else.Place().Start))
		}
	case *ast.Lookup:
		l.clause(l.wordBefore(n.Cond.Place().Start))
	case *ast.If:
		l.chain(n, l.wordBefore(n.Then.Place().Start), l.wordBefore(n.Else.Place().Start))
	case *ast.Quantified:
		before := []int{l.wordBefore(n.Has.Place().Start)}
		if n.Cond != nil {
			before = append(before, l.wordBefore(n.Cond.Place().Start))
		}
		l.chain(n, before...)
	case *ast.Binary:
		for _, level := range levels {
			if strings.Contains(level, " "+string(n.Op)+" ") && !l.inner[n] {
				l.chain(n)
				l.operators(n, level)
			}
		}
	case ast.Bounds:
		if n.PerEnv {
			l.brackets(l.find(at.Start, "{"), at.End, objectOpen)
			list(l, n.Entries, true)
		}
	case ast.Bound:
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
	case ast.ObjectField:
		if n.Key != nil {
			l.brackets(n.Name.Span.Start, n.Name.Span.End, keyOpen)
		}
	case *ast.Comprehension:
		first := n.Elem.Place().Start
		if n.Key != nil {
			first = l.significant(at.Start + 1)
			l.brackets(at.Start, at.End, objectOpen)
			l.brackets(first, l.find(n.Key.Place().End, "]")+1, keyOpen)
		} else {
			l.brackets(at.Start, at.End, listOpen)
		}
		l.elements[first] = true
		l.breaks[l.wordBefore(n.Name.Span.Start)] = true
		if n.Cond != nil {
			l.breaks[l.wordBefore(n.Cond.Place().Start)] = true
		}
		for _, k := range n.Sort[:max(0, len(n.Sort)-1)] {
			l.follows[k.Span.End] = always
		}
		if len(n.Sort) > 0 {
			l.breaks[l.wordBefore(l.wordBefore(n.Sort[0].Span.Start))] = true
		}
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
	}
	_, isStmt := n.(ast.Stmt)
	if _, isDecl := n.(ast.Decl); isDecl || isStmt {
		l.owner = at.Start
		l.heads[at.Start] = at.End
	}
	return true
}

// significant is the start of the first token behind an offset that is no comment.
func (l *layout) significant(offset int) int {
	i := l.after(offset)
	for l.tokens[i].Kind == token.Comment {
		i++
	}
	return l.tokens[i].Start
}

func (l *layout) role(t token.Token) role {
	if r, ok := l.roles[t.Start]; ok {
		return r
	}
	switch text := l.file.Text[t.Start:t.End]; {
	case t.Kind == token.Comment && strings.HasPrefix(text, "/*"):
		return blockComment
	case t.Kind == token.Comment:
		return lineComment
	case t.Kind != token.Punct:
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
		case token.TextStart:
			depth++
		case token.TextEnd:
			if depth--; depth == 0 {
				return i
			}
		}
	}
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
