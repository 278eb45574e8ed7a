package query

// What a place stands in, read from the tokens alone, so that it is known while the
// text is not whole. In: a file and an offset; out: the open blocks with their
// heads, the statement there, and the word that is being written.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// around is a place in a file.
type around struct {
	token.Matched
	snapshot *Snapshot
	weave    *workspace.Parsed
	offset   int
	// word is the token that the place is in or directly behind, when it is a name, a
	// number or a text in single quotes; -1 when there is none.
	word int
	// next is the first token that is not before the place or that word.
	next int
	// blocks are the open ones, outermost first; the first one is the file.
	blocks []openBlock
	// brackets are the indices of other brackets open in the statement, outermost first.
	brackets []int
	// silent: the place is in a comment, or in a text that is written out.
	silent bool
	// inText is the token that begins the text that the place is in; -1 for none.
	inText int
}

// openBlock is a block that holds the place.
type openBlock struct {
	head, open int   // the first token of what it belongs to, and its brace; -1 of the file
	stmts      []int // the first tokens of its statements, up to the place
}

// words of keywords, and those that go on with a statement on its next line.
var keywords = func() map[string]bool {
	out := map[string]bool{"else": true}
	for _, k := range parser.Keywords() {
		out[k.Word] = true
	}
	return out
}()

var clauses = map[string][]string{
	"sync": {"by", "as", "except", "expect"}, "from": {"into", "for", "where", "expect", "from"}, "lookup": {"where", "expect", "from"}, "each": {"where", "expect"},
	"where": {"expect"}, "only": {"where", "expect"}, "except": {"where", "expect"}, "prune": {"where"}, "check": {"else"}, "warn": {"else"},
	"test": {"for"}, "amend": {"for", "from"}, "remove": {"expect"}, "else": {"where", "expect"}, "set": {"else"}, "create": {"else"}, "let": {"else"}, "add": {"else"}, "given": {"from"}, "expect": {"from"},
}

var blockWords = []string{"from", "sync", "where", "else", "each", "for", "amend", "defaults", "source", "test", "before", "after", "environment"}

// around reads the tokens of a file up to a place, and those behind it.
func (s *Snapshot) around(name string, offset int) *around {
	p, i := s.parsed(name)
	if p == nil {
		return nil
	}
	a := &around{snapshot: s, weave: p, offset: offset, word: -1, inText: -1}
	a.File = p.Files[i]
	all, _ := token.Scan(a.File)
	for _, t := range all {
		if t.Kind != token.Comment {
			a.Tokens = append(a.Tokens, t)
		} else if t.Start < offset && (offset < t.End || offset == t.End && !strings.HasPrefix(a.File.Text[t.Start:], "/*")) {
			a.silent = true
		}
	}
	a.locate()
	a.read()
	return a
}

// locate finds the word at the place.
func (a *around) locate() {
	for i, t := range a.Tokens {
		a.next = i
		if t.Start >= a.offset && !(t.Start == a.offset && isWord(t)) || t.Kind == token.EOF {
			break
		}
		if t.End >= a.offset && isWord(t) {
			a.word, a.next = i, min(i+1, len(a.Tokens)-1)
			break
		}
	}
	text := -1
	for i := range a.end() {
		switch a.Tokens[i].Kind {
		case token.TextStart, token.InterpEnd:
			if a.Tokens[i].Kind == token.TextStart {
				text = i
			}
			a.inText = text
		case token.TextEnd, token.InterpStart:
			a.inText = -1
		}
	}
	if a.inText >= 0 && a.word >= 0 {
		a.word = -1
	}
	if t := a.Tokens[max(a.end()-1, 0)]; t.Kind == token.TextEnd && t.Start == t.End && t.End == a.offset { // not closed yet
		a.inText = text
	}
}

func isWord(t token.Token) bool {
	return t.Kind == token.Ident || t.Kind == token.Reserved || t.Kind == token.Raw || t.Kind == token.Number
}

// end is the index behind the last token before the place and its word.
func (a *around) end() int {
	if a.word >= 0 {
		return a.word
	}
	return a.next
}

// read goes through the tokens before the place.
func (a *around) read() {
	a.blocks = []openBlock{{head: -1, open: -1}}
	type open struct {
		index int
		block bool
	}
	var stack []open
	fresh := true // the next token begins a statement
	for i := range a.end() {
		t := a.Tokens[i]
		inner := len(stack) > 0 && !stack[len(stack)-1].block
		block := &a.blocks[len(a.blocks)-1]
		c := a.Bracket(t)
		if !inner && c != '}' && (fresh || t.First && a.begins(block, i)) {
			block.stmts = append(block.stmts, i)
			fresh = false
		}
		switch c {
		case '{', '(', '[', '$':
			if c == '{' && !inner && len(block.stmts) > 0 && a.opensBlock(block.stmts[len(block.stmts)-1], i) {
				a.blocks = append(a.blocks, openBlock{head: block.stmts[len(block.stmts)-1], open: i})
				stack = append(stack, open{i, true})
				fresh = true
				continue
			}
			stack = append(stack, open{i, false})
		case '}', ')', ']', '%':
			at := len(stack) - 1
			for at >= 0 && token.Partner[a.Bracket(a.Tokens[stack[at].index])] != c {
				at--
			}
			if at < 0 {
				continue
			}
			for _, o := range stack[at:] {
				if o.block {
					a.blocks = a.blocks[:len(a.blocks)-1]
					fresh = true
				}
			}
			stack = stack[:at]
			if len(stack) > 0 && !stack[len(stack)-1].block {
				fresh = false
			}
		}
	}
	if i := a.end(); a.word >= 0 && (len(stack) == 0 || stack[len(stack)-1].block) { // the word itself may begin one
		block := &a.blocks[len(a.blocks)-1]
		if fresh || a.Tokens[i].First && !slices.Contains(a.clausesAt(block), a.Text(a.Tokens[i])) && a.ended(i) {
			block.stmts = append(block.stmts, i)
		}
	} else if fresh || len(stack) == 0 || stack[len(stack)-1].block {
		if block := &a.blocks[len(a.blocks)-1]; fresh || a.newLine() && a.ended(i) {
			block.stmts = append(block.stmts, i)
		}
	}
	for k := len(stack) - 1; k >= 0 && !stack[k].block; k-- {
		a.brackets = append([]int{stack[k].index}, a.brackets...)
	}
}

// newLine reports whether the place is the first one of its line that is no white space.
func (a *around) newLine() bool {
	from, _ := a.File.LineAt(a.offset)
	return strings.TrimSpace(a.File.Text[from:a.offset]) == ""
}

// ended reports whether a statement can end before token i: it does not ask for more.
func (a *around) ended(i int) bool {
	if i == 0 {
		return true
	}
	before := a.Tokens[i-1]
	switch before.Kind {
	case token.Punct:
		return a.Is(before, "}") || a.Is(before, ")") || a.Is(before, "]")
	case token.Reserved:
		return slices.Contains([]string{"true", "false", "null"}, a.Text(before))
	}
	return true
}

func (a *around) clausesAt(b *openBlock) []string {
	if len(b.stmts) == 0 {
		return nil
	}
	return clauses[a.Text(a.Tokens[b.stmts[len(b.stmts)-1]])]
}

// begins reports whether a statement begins at token i, the first one of its line.
func (a *around) begins(b *openBlock, i int) bool {
	word := a.Text(a.Tokens[i])
	if !keywords[word] || a.Tokens[i].Kind != token.Ident && a.Tokens[i].Kind != token.Reserved || slices.Contains(a.clausesAt(b), word) {
		return false
	}
	return a.ended(i)
}

// opensBlock reports whether the brace at token i, of the statement that begins at
// token from, holds statements.
func (a *around) opensBlock(from, i int) bool {
	word := a.Text(a.Tokens[from])
	if from == i || !slices.Contains(blockWords, word) {
		return false
	}
	if before := a.Tokens[i-1]; a.Is(before, "=") || a.Is(before, ",") || a.Is(before, ":") || a.Is(before, "in") || a.Is(before, "==") {
		return false
	}
	return !(i > 1 && a.Is(a.Tokens[i-1], "environment") && a.Is(a.Tokens[i-2], "per"))
}

// block is the innermost open block.
func (a *around) block() *openBlock { return &a.blocks[len(a.blocks)-1] }

// statement are the tokens of the statement up to the place, without the word there.
func (a *around) statement() []token.Token {
	b := a.block()
	if len(b.stmts) == 0 {
		return nil
	}
	return a.Tokens[min(b.stmts[len(b.stmts)-1], a.end()):a.end()]
}

// headWord is the first word of what a block belongs to; "" for the file.
func (a *around) headWord(b openBlock) string {
	if b.head < 0 {
		return ""
	}
	return a.Text(a.Tokens[b.head])
}

// enclosing is the innermost open block of the words; nil when there is none.
func (a *around) enclosing(words ...string) *openBlock {
	for i := len(a.blocks) - 1; i >= 0; i-- {
		if slices.Contains(words, a.headWord(a.blocks[i])) {
			return &a.blocks[i]
		}
	}
	return nil
}

// replaced is the text that a completion stands for: the word at the place.
func (a *around) replaced() source.Span {
	s := source.Span{File: a.File, Start: a.offset, End: a.offset}
	if a.word >= 0 {
		s.Start, s.End = a.Tokens[a.word].Start, a.Tokens[a.word].End
	}
	return s
}

// nameOf is the text of a token as a name: without quotes.
func (a *around) nameOf(t token.Token) string {
	text := a.Text(t)
	if t.Kind == token.Raw && len(text) >= 2 {
		return strings.ReplaceAll(text[1:len(text)-1], `''`, `'`)
	}
	return text
}
