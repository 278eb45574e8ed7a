// Expressions.
package ast

import "github.com/hayone1/mongocd/lang/source"

// Expr is an expression.
type Expr interface {
	Node
	expr()
}

// Path is a name and what follows it: `limits.users`, `item.'a.b'`,
// `items[].sku`, `this.in`. Head is the first word ("this" for `this.…`).
type Path struct {
	At
	Head     string
	HeadSpan source.Span
	Steps    []Step
}

// StepKind says what a Step does.
type StepKind int

// The kinds of steps: `.name`, `[3]` and `[]`.
const (
	FieldStep StepKind = iota
	PositionStep
	AllStep
)

// Step is one suffix of a path.
type Step struct {
	At
	Kind     StepKind
	Name     string // FieldStep
	Position int    // PositionStep
}

// Select is suffixes on something that is not a name: `(a ?? b).c`.
type Select struct {
	At
	X     Expr
	Steps []Step
}

// Number is an untyped numeric literal as written, without a sign.
type Number struct {
	At
	Text string
}

// Text is a string; Parts alternate as written. The empty string has no parts.
type Text struct {
	At
	Parts []TextPart
	// Form keeps how it was written for the formatter: '"', '\'' or 'm' (""" … """).
	Form byte
}

// TextPart is literal text, or an interpolated expression when Expr is set.
type TextPart struct {
	At
	Literal string
	Expr    Expr
}

// Regex is `/pattern/options`.
type Regex struct {
	At
	Pattern string
	Options string
}

// Bool is `true` or `false`.
type Bool struct {
	At
	Value bool
}

// Null is `null`.
type Null struct{ At }

// List is `[a, b]`.
type List struct {
	At
	Elems []Expr
}

// Comprehension is `[E for NAME in X where C sort by S]` or, with a Key, `{ [K]: E for NAME in X where C sort by S }`.
type Comprehension struct {
	At
	Key  Expr // of the field that an element makes; nil: a list
	Elem Expr
	Name Name
	In   Expr
	Cond Expr // nil when not given
	Sort []SortKey
}

// SortKey is `E [desc]` behind `sort by`.
type SortKey struct {
	At
	X    Expr
	Desc bool
}

// Object is `{ name: E, … }`, fields in order.
type Object struct {
	At
	Fields []ObjectField
}

// ObjectField is one field of an Object. Create: `create NAME: E`, which says
// of a document that is written out that no other one has the field. Key:
// `[K]: E`, a name that is computed; Name is empty then, at its brackets.
type ObjectField struct {
	At
	Create bool
	Name   Name
	Key    Expr // nil: Name is written out
	Value  Expr
}

// Call is `name(args)`.
type Call struct {
	At
	Func Name
	Args []Expr
}

// If is `if C then A else B`.
type If struct {
	At
	Cond, Then, Else Expr
}

// PerEnv is `per environment { env: E, else: E }`.
type PerEnv struct {
	At
	Entries []EnvEntry
}

// EnvEntry is one entry of PerEnv; Else is set for `else:`.
type EnvEntry struct {
	At
	Env   Name
	Else  bool
	Value Expr
}

// Op is the operator of Unary and Binary, as it is written.
type Op string

// The operators.
const (
	Or      Op = "or"
	And     Op = "and"
	Not     Op = "not"
	Eq      Op = "=="
	Ne      Op = "!="
	Lt      Op = "<"
	Le      Op = "<="
	Gt      Op = ">"
	Ge      Op = ">="
	In      Op = "in"
	NotIn   Op = "not in"
	Default Op = "??"
	Plus    Op = "+"
	Minus   Op = "-"
	Times   Op = "*"
	Divide  Op = "/"
	Modulo  Op = "%"
)

// Unary is `not X` or `-X`.
type Unary struct {
	At
	Op Op
	X  Expr
}

// Binary is `X op Y`.
type Binary struct {
	At
	Op     Op
	OpSpan source.Span
	X, Y   Expr
}

// Is is `X is [not] WORD`; Word is a type name, missing, present or null.
type Is struct {
	At
	X    Expr
	Not  bool
	Word Name
}

// Matches is `X matches /…/`.
type Matches struct {
	At
	X     Expr
	Regex *Regex
}

// Between is `X between Low and High`, both ends included.
type Between struct {
	At
	X, Low, High Expr
}

// Quantified is `any|every NAME in X [where C] has E`.
type Quantified struct {
	At
	Every bool
	Name  Name
	In    Expr
	Cond  Expr // nil when not given
	Has   Expr
}

// Paren is `(X)`.
type Paren struct {
	At
	X Expr
}

// BadExpr stands where an expression could not be parsed; its error is already reported.
type BadExpr struct{ At }

func (*Path) expr()          {}
func (*Select) expr()        {}
func (*Number) expr()        {}
func (*Text) expr()          {}
func (*Regex) expr()         {}
func (*Bool) expr()          {}
func (*Null) expr()          {}
func (*List) expr()          {}
func (*Comprehension) expr() {}
func (*Object) expr()        {}
func (*Call) expr()          {}
func (*If) expr()            {}
func (*PerEnv) expr()        {}
func (*Unary) expr()         {}
func (*Binary) expr()        {}
func (*Is) expr()            {}
func (*Matches) expr()       {}
func (*Between) expr()       {}
func (*Quantified) expr()    {}
func (*Paren) expr()         {}
func (*BadExpr) expr()       {}
