// Custom productions: expressions.
//
// A precedence climber over the tokens gives compact trees; a participle
// struct a level would give deep ones and vaguer errors. Operators, from loose
// to tight: or · and · not, any/every, comparisons · ?? · + - · * / % · unary -.
package parser

import (
	"errors"
	"fmt"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/token"
)

// customGrammar is the part of Grammar that is written here by hand.
const customGrammar = `Expr = And ("or" And)* .
And = Not ("and" Not)* .
Not = ("not" Not) | Quantified | Compare .
Quantified = ("any" | "every") <ident> "in" Sum ("where" Expr)? "has" Expr .
Compare = Default ((("==" | "!=" | "<" | "<=" | ">" | ">=") Default) | ("not"? "in" Default) | ("is" "not"? (<ident> | "null")) | ("not"? "matches" Regex) | ("not"? "between" Default "and" Default))? .
Default = Sum ("??" Sum)* .
Sum = Product (("+" | "-") Product)* .
Product = Unary (("*" | "/" | "%") Unary)* .
Unary = ("-" Unary) | (Primary Step*) .
Step = ("." (<ident> | <reserved> | Text)) | ("[" Number? "]") .
Primary = Number | Text | Regex | "true" | "false" | "null" | PerEnv | If | List | Object | MadeObject | ("(" Expr ")") | Call | <ident> .
If = "if" Expr "then" Expr "else" Expr .
List = "[" (Expr (ForEach | ("," Expr)* ","?))? "]" .
Call = <ident> "(" (Expr ("," Expr)* ","?)? ")" .
PerEnv = "per" "environment" "{" Entry ("," Entry)* ","? "}" .
Entry = (Name | "else") ":" Expr .
Object = "{" (Field ("," Field)* ","?)? "}" .
Field = ("create"? (<ident> | <reserved> | <number> | Text) | ("[" Expr "]")) ":" Expr .
MadeObject = "{" "[" Expr "]" ":" Expr ForEach "}" .
ForEach = "for" <ident> "in" Expr ("where" Expr)? ("sort" "by" Expr "desc"? ("," Expr "desc"?)*)? .
Path = <ident> Step* .
PathPattern = Path | ("*" "." (<ident> | <reserved> | Text)) .
Name = (<ident> ("-" (<ident> | <number>))*) | Text .
Ident = <ident> .
Reason = Text .
Bounds = Bound | ("per" "environment" "{" BoundEntry ("," BoundEntry)* ","? "}") .
BoundEntry = (Name | "else") ":" Bound .
Bound = "any" | (Number "%"?) .
ForList = ("all" "except")? Name ("," Name)* .
Code = (<ident> | <reserved>) ("-" (<ident> | <reserved> | <number>))* .
Number = <number> .
Regex = <regex> .
Raw = <raw> .
Text = <raw> | (<textstart> (<chars> | <escape> | ("${" Expr "}"))* <textend>) .
Database = PerEnv | Text | Path | Name .
Block = "{" Statement* "}" .
`

// MaxExpression limits how deep expressions nest without brackets (not not …,
// else if …, a + b + …), so that no walk over a tree exhausts the stack.
const MaxExpression = 1000

// values parses expressions with what they are made of.
type values struct{ input }

// enter counts a level of nesting; leave takes it back.
func (in values) enter() error {
	if in.nesting++; in.nesting <= MaxExpression {
		return nil
	}
	t := in.peek()
	return &failure{index: in.index(), diag: diag.Diagnostic{
		Code: diag.NestedTooDeeply, Span: in.Span(t, t), Message: "this expression is too long",
		Label: fmt.Sprintf("more than %d operators", MaxExpression), Notes: []string{"use `let` for its parts"},
	}}
}

func (in values) leave(n int) { in.nesting -= n }

// parseExpr parses an expression for participle.
func (m *machine) parseExpr(lex *lexer.PeekingLexer) (expr, error) {
	e, err := values{input{m, lex}}.expr()
	if err != nil {
		return nil, err
	}
	return e, nil
}

// The levels of binary operators, loose to tight.
const (
	orLevel = iota
	andLevel
	compareLevel
	defaultLevel
	sumLevel
	productLevel
	unaryLevel
)

var binaryOps = [unaryLevel][]ast.Op{
	orLevel: {ast.Or}, andLevel: {ast.And}, defaultLevel: {ast.Default},
	sumLevel: {ast.Plus, ast.Minus}, productLevel: {ast.Times, ast.Divide, ast.Modulo},
}

var comparisons = []ast.Op{ast.Eq, ast.Ne, ast.Le, ast.Ge, ast.Lt, ast.Gt}

func (in values) expr() (ast.Expr, error) {
	if err := in.enter(); err != nil {
		return nil, err
	}
	defer in.leave(1)
	return in.binary(orLevel)
}

// binary parses operators of a level and tighter ones; all but comparisons
// group from the left.
func (in values) binary(level int) (ast.Expr, error) {
	switch level {
	case compareLevel:
		return in.condition()
	case unaryLevel:
		return in.unary()
	}
	start := in.peek()
	x, err := in.binary(level + 1)
	if err != nil {
		return nil, err
	}
	operators := 0
	defer func() { in.leave(operators) }()
	for {
		op, ok := in.operator(binaryOps[level])
		if !ok {
			return x, nil
		}
		operators++
		if err := in.enter(); err != nil {
			return nil, err
		}
		opToken := in.next()
		y, err := in.binary(level + 1)
		if err != nil {
			return nil, err
		}
		x = &ast.Binary{At: in.since(start), Op: op, OpSpan: in.Span(opToken, opToken), X: x, Y: y}
	}
}

// operator is the next token when it is one of ops.
func (in values) operator(ops []ast.Op) (ast.Op, bool) {
	for _, op := range ops {
		if in.Is(in.peek(), string(op)) {
			return op, true
		}
	}
	return "", false
}

// condition parses not, any/every and a comparison.
func (in values) condition() (ast.Expr, error) {
	start := in.peek()
	switch {
	case in.Is(start, "not"):
		if err := in.enter(); err != nil {
			return nil, err
		}
		defer in.leave(1)
		in.next()
		x, err := in.condition()
		if err != nil {
			return nil, err
		}
		return &ast.Unary{At: in.since(start), Op: ast.Not, X: x}, nil
	case in.Is(start, "any"), in.Is(start, "every"):
		return in.quantified()
	}
	x, err := in.binary(defaultLevel)
	if err != nil {
		return nil, err
	}
	op, negated := in.peek(), false
	if next := in.ahead(1); in.Is(op, "not") && (in.Is(next, "matches") || in.Is(next, "between")) {
		negated = in.accept("not")
	}
	compared, err := in.comparison(start, x)
	if err != nil || compared == nil {
		return x, err
	}
	if negated {
		compared = &ast.Unary{At: in.since(start), Op: ast.Not, X: compared}
	}
	return compared, in.noChain(compared)
}

// comparison parses what may follow x; nil when nothing does.
func (in values) comparison(start token.Token, x ast.Expr) (ast.Expr, error) {
	op := in.peek()
	if found, ok := in.operator(comparisons); ok {
		in.next()
		y, err := in.binary(defaultLevel)
		return &ast.Binary{At: in.since(start), Op: found, OpSpan: in.Span(op, op), X: x, Y: y}, err
	}
	switch {
	case in.Is(op, "in"), in.Is(op, "not") && in.Is(in.ahead(1), "in"):
		kind := ast.In
		if in.accept("not") {
			kind = ast.NotIn
		}
		in.next()
		opSpan := in.since(op).Span
		y, err := in.binary(defaultLevel)
		return &ast.Binary{At: in.since(start), Op: kind, OpSpan: opSpan, X: x, Y: y}, err
	case in.Is(op, "is"):
		in.next()
		not := in.accept("not")
		word := in.peek()
		if word.Kind != token.Ident && !in.Is(word, "null") || in.missingBefore() {
			return nil, in.fail("a type, `missing`, `present`, `empty` or `null`")
		}
		in.next()
		return &ast.Is{At: in.since(start), X: x, Not: not, Word: ast.Name{At: in.since(word), Text: in.Text(word)}}, nil
	case in.Is(op, "matches"):
		in.next()
		re, err := in.parseRegex(in.lex)
		if errors.Is(err, errNoMatch) {
			return nil, in.fail("a regular expression `/…/`")
		}
		return &ast.Matches{At: in.since(start), X: x, Regex: as[*ast.Regex](re)}, err
	case in.Is(op, "between"):
		in.next()
		low, err := in.binary(defaultLevel)
		if err != nil {
			return nil, err
		}
		if err := in.want("and"); err != nil {
			return nil, err
		}
		high, err := in.binary(defaultLevel)
		return &ast.Between{At: in.since(start), X: x, Low: low, High: high}, err
	}
	return nil, nil
}

// noChain refuses a second comparison, a < b < c.
func (in values) noChain(first ast.Expr) error {
	t := in.peek()
	_, ok := in.operator(comparisons)
	if n := in.ahead(1); in.Is(t, "not") && (in.Is(n, "in") || in.Is(n, "matches") || in.Is(n, "between")) {
		ok = false
	} else if !ok && !in.Is(t, "in") && !in.Is(t, "is") && !in.Is(t, "matches") && !in.Is(t, "between") {
		return nil
	}
	d := diag.Diagnostic{
		Code: diag.ComparisonChain, Span: in.Span(t, t), Message: "comparisons do not chain", Label: "a second comparison",
		Notes: []string{"join two comparisons with `and`, or put one in parentheses"},
	}
	if b, isBinary := first.(*ast.Binary); isBinary && ok {
		middle := diag.Safe(b.Y.Place().Text(), 40)
		d.Notes = []string{fmt.Sprintf("write `%s and %s %s …`", diag.Safe(first.Place().Text(), 80), middle, in.Text(t))}
	}
	return &failure{index: in.index(), diag: d}
}

// quantified parses any|every NAME in X [where C] has E.
func (in values) quantified() (ast.Expr, error) {
	if err := in.enter(); err != nil {
		return nil, err
	}
	defer in.leave(1)
	start := in.next()
	q := &ast.Quantified{Every: in.Is(start, "every")}
	n, err := in.parseIdent(in.lex)
	if err != nil {
		return nil, err
	}
	q.Name = as[ast.Name](n)
	if err := in.want("in"); err != nil {
		return nil, err
	}
	if q.In, err = in.binary(sumLevel); err != nil {
		return nil, err
	}
	if in.accept("where") {
		if q.Cond, err = in.expr(); err != nil {
			return nil, err
		}
	}
	if err := in.want("has"); err != nil {
		return nil, err
	}
	if q.Has, err = in.expr(); err != nil {
		return nil, err
	}
	q.At = in.since(start)
	return q, nil
}

func (in values) unary() (ast.Expr, error) {
	start := in.peek()
	if in.Is(start, "-") {
		if err := in.enter(); err != nil {
			return nil, err
		}
		defer in.leave(1)
		in.next()
		x, err := in.unary()
		if err != nil {
			return nil, err
		}
		return &ast.Unary{At: in.since(start), Op: ast.Minus, X: x}, nil
	}
	x, err := in.primary()
	if err != nil {
		return nil, err
	}
	steps, err := in.steps()
	if err != nil || len(steps) == 0 {
		return x, err
	}
	if n, ok := x.(*ast.Number); ok {
		return nil, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.BadNumber, Span: in.since(start).Span, Message: "a number has no fields",
			Label: fmt.Sprintf("`%s` is a number", n.Text),
		}}
	}
	return &ast.Select{At: in.since(start), X: x, Steps: steps}, nil
}
