// Where parsing goes on after a statement that failed.
//
// In: where it began and where it failed. Out: the token of the next statement;
// blocks on the way are parsed for their errors.
package parser

import (
	"slices"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/diag"
)

// pathEnd is the index behind the path that may begin at token i.
func (m *machine) pathEnd(i int) int {
	end := i + 1
	for m.is(m.tokens[end], ".") || m.is(m.tokens[end], "[") {
		if close := m.pair[end]; close > end {
			end = close + 1
		} else {
			end = min(end+2, len(m.tokens)-1)
		}
	}
	return end
}

// resync is the token where parsing goes on after the statement that began at
// start, where the cursor was at from, and failed at fail. Blocks on the way are parsed for their errors.
func (in input) resync(from lexer.Checkpoint, start, fail int) int {
	depth, first := in.depth[start], in.tokens[start]
	if in.bracket(first) == '}' {
		return start + 1 // a brace that closes nothing
	}
	column := -1
	if first.First {
		column = in.column(first)
	}
	for i := max(start+1, fail); i < len(in.tokens); i++ {
		t := in.tokens[i]
		switch {
		case t.Kind == EOF || in.depth[i] < depth:
			return i
		case in.depth[i] > depth:
		case in.bracket(t) == '{' && in.opensBlock(i):
			end := in.blockErrors(from, i)
			if end <= i {
				return i
			}
			i = end - 1
		case !t.First || t.Kind != Ident && t.Kind != Reserved:
		case in.column(t) <= column, in.beginsStatement(i):
			return i
		}
	}
	return len(in.tokens) - 1
}

// opensBlock reports whether the `{` at token i holds statements.
func (m *machine) opensBlock(i int) bool {
	return m.tokens[i+1].Kind == Ident && m.fieldEnd(i+1) == 0
}

// blockErrors parses the block at token i for its errors and returns the index
// behind it; from is a place before it.
func (in input) blockErrors(from lexer.Checkpoint, i int) int {
	in.lex.LoadCheckpoint(from)
	in.lex.FastForward(lexer.RawCursor(i - 1))
	errs := len(in.errs)
	if in.owner == "" { // nobody knows what may stand in it
		defer func() {
			kept := slices.DeleteFunc(slices.Clone(in.errs[errs:]), func(d diag.Diagnostic) bool {
				return d.Code == diag.UnknownStatement && d.Fix == nil || d.Code == diag.MisplacedStatement
			})
			in.errs = append(in.errs[:errs:errs], kept...)
		}()
	}
	if _, err := in.parseBlock(in.lex); err != nil {
		return i + 1
	}
	return in.index()
}
