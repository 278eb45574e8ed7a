// The registry of diagnostic codes: every code that any phase reports, with
// its title. A test holds that codes are unique, kebab-case and that no
// Diagnostic in the tree uses one that is not here.
package diag

// CodeInfo describes one code of the registry.
type CodeInfo struct {
	Code Code
	// Title is what the code means, one line without a full stop.
	Title string
}

// Codes of lang/parser.
const (
	InternalError       Code = "internal-error"
	SyntaxError         Code = "syntax-error"
	UnknownStatement    Code = "unknown-statement"
	MisplacedStatement  Code = "misplaced-statement"
	MissingValue        Code = "missing-value"
	MissingComma        Code = "missing-comma"
	ForeignOperator     Code = "foreign-operator"
	ReservedWord        Code = "reserved-word"
	ComparisonChain     Code = "comparison-chain"
	RegexNotDivision    Code = "regex-not-division"
	BadNumber           Code = "bad-number"
	BadEscape           Code = "bad-escape"
	BadPosition         Code = "bad-position"
	BadInterpolation    Code = "bad-interpolation"
	BadName             Code = "bad-name"
	UnclosedText        Code = "unclosed-text"
	UnclosedRegex       Code = "unclosed-regex"
	UnclosedComment     Code = "unclosed-comment"
	UnclosedBracket     Code = "unclosed-bracket"
	UnmatchedBracket    Code = "unmatched-bracket"
	UnexpectedCharacter Code = "unexpected-character"
	NestedTooDeeply     Code = "nested-too-deeply"
	UnboundedPrune      Code = "unbounded-prune"
	RepeatedClause      Code = "repeated-clause"
)

// Codes is the registry, in the order in which the phases run.
var Codes = []CodeInfo{
	{InternalError, "mongocd itself failed; the file may still be right"},
	{SyntaxError, "a statement is not written as the language wants it"},
	{UnknownStatement, "a line begins with a word that begins no statement"},
	{MisplacedStatement, "a statement stands where it cannot stand"},
	{MissingValue, "a value is missing"},
	{MissingComma, "two things of a list have no comma between them"},
	{ForeignOperator, "an operator of another language"},
	{ReservedWord, "a reserved word is used as a name"},
	{ComparisonChain, "comparisons do not chain"},
	{RegexNotDivision, "a division was read as a regular expression"},
	{BadNumber, "a number is not written as the language wants it"},
	{BadEscape, "an unknown escape in a text"},
	{BadPosition, "a position in an array is not a whole number from 0"},
	{BadInterpolation, "an interpolation `${…}` is not one expression"},
	{BadName, "a name is not written as the language wants it"},
	{UnclosedText, "a text has no closing quote"},
	{UnclosedRegex, "a regular expression has no closing slash"},
	{UnclosedComment, "a comment has no closing `*/`"},
	{UnclosedBracket, "a bracket has no closing partner"},
	{UnmatchedBracket, "a closing bracket has no opening partner"},
	{UnexpectedCharacter, "a character that has no meaning in the language"},
	{NestedTooDeeply, "brackets or expressions are nested too deeply"},
	{UnboundedPrune, "`prune` without a bound"},
	{RepeatedClause, "a clause is given twice in one statement"},
}
