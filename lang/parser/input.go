// The cursor over the tokens, and the failures at it.
//
// In: the machine's tokens and participle's place in them. Out: the next token,
// taken or not, or the failure that it is not what is expected.
package parser

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/token"
)

// input is a cursor over the machine's tokens.
type input struct {
	*machine
	lex *lexer.PeekingLexer
}

func (in input) index() int            { return in.lex.Cursor() }
func (in input) peek() token.Token     { return in.Tokens[in.lex.Cursor()] }
func (in input) previous() token.Token { return in.Tokens[max(0, in.lex.Cursor()-1)] }

// ahead is the token n behind the next one.
func (in input) ahead(n int) token.Token {
	return in.Tokens[min(in.lex.Cursor()+n, len(in.Tokens)-1)]
}

func (in input) next() token.Token {
	t := in.peek()
	in.lex.Next()
	return t
}

// accept takes the next token if it is this word or operator.
func (in input) accept(text string) bool {
	if !in.Is(in.peek(), text) {
		return false
	}
	in.lex.Next()
	return true
}

// want takes this word or operator or fails.
func (in input) want(text string) error {
	if in.accept(text) {
		return nil
	}
	return in.fail("`" + text + "`")
}

// fail is the error that the next token is not what is expected, in words.
func (in input) fail(expected string) error { return in.unexpected(in.index(), expected) }

// failClause is fail for a part of the statement itself.
func (in input) failClause(expected string) error {
	f := in.unexpected(in.index(), expected)
	f.outside = true
	return f
}

// since is the place from a token to the last one taken.
func (in input) since(start token.Token) ast.At {
	return ast.At{Span: in.Span(start, in.previous())}
}

// missingValue is the failure of a value that is not there.
func (in input) missingValue() error {
	return &failure{index: in.index(), diag: *slip.MissingValue(&in.Statement, in.index())}
}

// missingBefore reports whether the next word begins the next statement
// rather than naming a field: the first on its line, a statement's keyword and
// followed on that line by what only a statement has.
func (in input) missingBefore() bool {
	return in.index() > 0 && in.BeginsStatement(in.index())
}
