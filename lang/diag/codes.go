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

// Codes of compiler/eval.
const (
	FieldMissing       Code = "field-missing"
	NullValue          Code = "null-value"
	WrongType          Code = "wrong-type"
	NotBoolean         Code = "not-boolean"
	ArrayCompared      Code = "array-compared"
	PathThroughArray   Code = "path-through-array"
	NotAnArray         Code = "not-an-array"
	NumberOverflow     Code = "number-overflow"
	NotRepresentable   Code = "not-representable"
	NotFinite          Code = "not-finite"
	MixedNumbers       Code = "mixed-number-types"
	AmbiguousNumber    Code = "ambiguous-number-type"
	IntegerDivision    Code = "integer-division"
	DivisionByZero     Code = "division-by-zero"
	BadConstant        Code = "bad-constant"
	UnknownFunction    Code = "unknown-function"
	WrongArguments     Code = "wrong-arguments"
	BadRegex           Code = "bad-regex"
	FieldExists        Code = "field-exists"
	ParentNotObject    Code = "parent-not-object"
	PositionOutOfRange Code = "position-out-of-range"
	ResultTooDeep      Code = "result-too-deep"
	ResultTooLarge     Code = "result-too-large"
	TooManySteps       Code = "too-many-steps"
	NotConstant        Code = "not-constant"
	BadPath            Code = "bad-path"
	UnknownType        Code = "unknown-type"
	RepeatedField      Code = "repeated-field"
	SecretUsed         Code = "secret-used"
	LookupCount        Code = "lookup-count"
	AmendsCollide      Code = "amends-collide"
	UnknownZone        Code = "unknown-zone"
	BadDateFormat      Code = "bad-date-format"
)

// Codes of lang/check.
const (
	DuplicateDeclaration Code = "duplicate-declaration"
	MissingDeclaration   Code = "missing-declaration"
	LanguageVersion      Code = "language-version"
	DuplicateName        Code = "duplicate-name"
	GroupOfGroups        Code = "group-of-groups"
	CircularLet          Code = "circular-let"
	UnknownEnvironment   Code = "unknown-environment"
	NotExhaustive        Code = "not-exhaustive"
	UsedTooEarly         Code = "used-too-early"
	NotAField            Code = "not-a-field"
	NeverApplies         Code = "never-applies"
	DuplicatePolicy      Code = "duplicate-policy"
	PolicyThroughArray   Code = "policy-through-array"
	PreservedIdentity    Code = "preserved-identity"
	PruneCondition       Code = "prune-condition"
	OverlappingSync      Code = "overlapping-sync"
	DuplicateDatabase    Code = "duplicate-database"
	BadLookup            Code = "bad-lookup"
	UnknownCode          Code = "unknown-code"
	EmptyTest            Code = "empty-test"
	ContradictoryTest    Code = "contradictory-test"
	EmptyBlock           Code = "empty-block"
	DocumentOrElement    Code = "document-or-element"
	BareName             Code = "bare-name"
	OperatorAsValue      Code = "operator-as-value"
	EnvironmentsAsFields Code = "environments-as-fields"
	UnusedName           Code = "unused-name"
	BadList              Code = "bad-list"
	BadMove              Code = "bad-move"
	UnusedDefault        Code = "unused-default"
	NotAcceptable        Code = "not-acceptable"
	PointlessArgument    Code = "pointless-argument"
	ContinuedLine        Code = "continued-line"
)

// Codes of compiler.
const (
	NoWeave              Code = "no-weave"
	UnreadableFile       Code = "unreadable-file"
	OutsideWorkspace     Code = "outside-workspace"
	UnknownWeave         Code = "unknown-weave"
	NotExtracted         Code = "not-extracted"
	BadExtract           Code = "bad-extract"
	EditedExtract        Code = "edited-extract"
	BadLock              Code = "bad-lock"
	BadPin               Code = "bad-pin"
	EditedPin            Code = "edited-pin"
	NotPinned            Code = "not-pinned"
	ChoiceIncomplete     Code = "choice-incomplete"
	WrongKind            Code = "wrong-kind"
	ViewReadsElsewhere   Code = "view-reads-elsewhere"
	UnknownField         Code = "unknown-field"
	NameClash            Code = "name-clash"
	NeverEqual           Code = "never-equal"
	NeverOrdered         Code = "never-ordered"
	UnknownValue         Code = "unknown-value"
	MatchesNothing       Code = "matches-nothing"
	WrongCount           Code = "wrong-count"
	CheckFailed          Code = "check-failed"
	BadIdentity          Code = "bad-identity"
	AmbiguousIdentity    Code = "ambiguous-identity"
	DuplicateKey         Code = "duplicate-key"
	ValidatorViolation   Code = "validator-violation"
	ValidatorUnjudged    Code = "validator-unjudged"
	BadID                Code = "bad-id"
	IdentityChanged      Code = "identity-changed"
	DocumentTooLarge     Code = "document-too-large"
	TypeChanged          Code = "type-changed"
	NoEffect             Code = "no-effect"
	NoUniqueIndex        Code = "no-unique-index"
	OutsidePrune         Code = "outside-prune"
	Interrupted          Code = "interrupted"
	LimitExceeded        Code = "limit-exceeded"
	DestinationOnlyField Code = "destination-only-field"
	RemovedInMerge       Code = "removed-in-merge"
	ExpiringDocuments    Code = "expiring-documents"
	NoDocuments          Code = "no-documents"
	LikelySecret         Code = "likely-secret"
	PolicyNotInMode      Code = "policy-not-in-mode"
	UnknownInput         Code = "unknown-input"
	UnknownOption        Code = "unknown-option"
	WantedAbsent         Code = "wanted-absent"
	MissingInput         Code = "missing-input"
	RedactedWrite        Code = "redacted-write"
	RedactedValue        Code = "redacted-value"
	PreservedWrite       Code = "preserved-write"
	DuplicateDocument    Code = "duplicate-document"
	DanglingReference    Code = "dangling-reference"
	NotUnique            Code = "not-unique"
	LinkNeeded           Code = "link-needed"
	MongoshCannotHold    Code = "mongosh-cannot-hold"
	NotInPipeline        Code = "not-in-pipeline"
	SampledData          Code = "sampled-data"
	UnknownCollection    Code = "unknown-collection"
	IncompleteIdentity   Code = "incomplete-identity"
	AcceptNeedless       Code = "accept-needless"
	TestFailed           Code = "test-failed"
	UnlikeBranches       Code = "unlike-branches"
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
	{FieldMissing, "a field that is used is missing in some documents"},
	{NullValue, "null is used where a value is needed"},
	{WrongType, "a value has a type that cannot be used there"},
	{NotBoolean, "a condition gives something other than true or false"},
	{ArrayCompared, "an array is compared as if it were one of its elements"},
	{PathThroughArray, "a path enters an array without saying which element"},
	{NotAnArray, "an array is needed"},
	{NumberOverflow, "an integer result does not fit its type"},
	{NotRepresentable, "a number cannot be held exactly by its type"},
	{NotFinite, "a calculation gives NaN or infinity"},
	{MixedNumbers, "a double and a decimal are combined"},
	{AmbiguousNumber, "a constant is written to a field that holds several numeric types"},
	{IntegerDivision, "two integers are divided with `/`"},
	{DivisionByZero, "a divisor is zero"},
	{BadConstant, "a constant is not written as its type wants it"},
	{UnknownFunction, "there is no function of that name"},
	{WrongArguments, "a function is given too few or too many arguments"},
	{BadRegex, "a regular expression cannot be used"},
	{FieldExists, "a field that is created or renamed to exists already"},
	{ParentNotObject, "a field is written into something that is no object"},
	{PositionOutOfRange, "a position beyond the end of an array is written"},
	{ResultTooDeep, "a document is nested deeper than BSON allows"},
	{ResultTooLarge, "a value is larger than a document may be"},
	{TooManySteps, "the rules go through too much for one document"},
	{NotConstant, "a constant reads a document"},
	{BadPath, "a path cannot be written to"},
	{UnknownType, "there is no type of that name"},
	{RepeatedField, "an object has one field twice"},
	{SecretUsed, "the value of a secret is needed before it is known"},
	{LookupCount, "a `lookup` finds no document, or several"},
	{AmendsCollide, "two `amend` blocks write one path of one document"},
	{UnknownZone, "there is no time zone of that name"},
	{BadDateFormat, "a date format has a letter that it does not know"},
	{DuplicateDeclaration, "what is declared once in a weave is declared again"},
	{MissingDeclaration, "a weave lacks its name or its environments"},
	{LanguageVersion, "the file wants another version of the language"},
	{DuplicateName, "a name is given twice"},
	{GroupOfGroups, "a group of environments has a group as member"},
	{CircularLet, "constants need each other"},
	{UnknownEnvironment, "there is no environment of that name"},
	{NotExhaustive, "`per environment` has no value for some environment"},
	{UsedTooEarly, "a name is used above its `let`"},
	{NotAField, "a constant is written to as if it were a field"},
	{NeverApplies, "a `for` block can never apply"},
	{DuplicatePolicy, "a policy is given twice"},
	{PolicyThroughArray, "a policy names something inside an array"},
	{PreservedIdentity, "a path that identifies documents is preserved"},
	{PruneCondition, "a condition of `prune where` that cannot be evaluated at the destination"},
	{BadLookup, "the condition of a `lookup` does not look at what it looks up"},
	{OverlappingSync, "two `sync` statements read or write one collection"},
	{DuplicateDatabase, "a fan-out gives one database twice, or one that is something else"},
	{UnknownCode, "a message is named that does not exist"},
	{NotAcceptable, "`accept` names an error"},
	{EmptyTest, "a test expects nothing"},
	{ContradictoryTest, "a test expects what cannot come together"},
	{EmptyBlock, "a block has no statements"},
	{DocumentOrElement, "inside of `each`, a bare name is written"},
	{BareName, "a bare name is also a constant, an input or an environment"},
	{OperatorAsValue, "an operator of MongoDB stands in a value"},
	{EnvironmentsAsFields, "an object has environments as its fields"},
	{PointlessArgument, "a function is given a constant with which it does nothing"},
	{BadList, "a list of `elements` or `ensure` that is none, or whose elements are not told apart"},
	{BadMove, "a `moved` that no document can follow"},
	{UnusedDefault, "a default that no `sync` uses"},
	{ContinuedLine, "a line that seems to begin something new goes on with the value before it"},
	{UnusedName, "a name is given to a value, and nothing uses it"},
	{NoWeave, "there are no .weave files"},
	{UnreadableFile, "a file of the workspace cannot be read"},
	{OutsideWorkspace, "a link leads out of the workspace"},
	{UnknownWeave, "there is no weave of that name"},
	{NotExtracted, "a collection was not extracted"},
	{BadExtract, "a file of extracted/ cannot be used"},
	{EditedExtract, "a file of extracted/ is not as it was extracted"},
	{BadPin, "what is pinned for an environment cannot be told"},
	{EditedPin, "a file of pinned data is not as it was promoted"},
	{NotPinned, "a collection is not among the data pinned for an environment"},
	{ChoiceIncomplete, "chosen documents need others that are not promoted"},
	{BadLock, "the lock of extracted files is gone, or has a line that says nothing"},
	{ViewReadsElsewhere, "a view would read another collection at the destination than at the source"},
	{WrongKind, "a collection of this kind cannot be synced so"},
	{UnknownField, "no document has a field of that name"},
	{NameClash, "a name is both a constant and a field"},
	{NeverEqual, "two values are compared that are never equal"},
	{NeverOrdered, "a field is compared with a type that it never has"},
	{UnknownValue, "a value that no document has"},
	{MatchesNothing, "a filter or statement matches no document"},
	{WrongCount, "a statement matches more or fewer documents than expected"},
	{CheckFailed, "a `check` does not hold"},
	{BadIdentity, "a document has no value to identify it by"},
	{AmbiguousIdentity, "several documents have one identity"},
	{DuplicateKey, "several documents have one key of a unique index"},
	{ValidatorViolation, "the destination's validator would refuse documents"},
	{ValidatorUnjudged, "a part of the destination's validator is judged by the server alone"},
	{BadID, "MongoDB refuses a document with such an `_id`"},
	{IdentityChanged, "a rule changes the `_id` that identifies a document"},
	{DocumentTooLarge, "a document is larger than MongoDB takes"},
	{TypeChanged, "a rule changes the type of a field"},
	{UnlikeBranches, "a value has another numeric type in other documents"},
	{NoEffect, "what a rule writes is overwritten unread"},
	{NoUniqueIndex, "no unique index covers the identity"},
	{OutsidePrune, "a wanted document is outside of its `prune where`"},
	{Interrupted, "the work was stopped before its end"},
	{LimitExceeded, "a compilation would take more than the machine is for"},
	{DestinationOnlyField, "a policy names a field that no extracted document has"},
	{RemovedInMerge, "`remove` in `mode merge` removes nothing at the destination"},
	{ExpiringDocuments, "a TTL index deletes documents that are promoted"},
	{PolicyNotInMode, "a policy has no meaning in the collection's mode"},
	{WantedAbsent, "a wanted document has a field that `absent` takes away"},
	{UnknownOption, "an index or a collection is given an option that is not known"},
	{UnknownInput, "an input is given that no weave declares"},
	{MissingInput, "an input without a default is not given"},
	{RedactedWrite, "a rule writes a field that is left out of extracted data"},
	{LikelySecret, "a field of extracted data looks like a secret"},
	{RedactedValue, "extracted files still have a value that is redacted or omitted"},
	{PreservedWrite, "a rule writes a field that the destination keeps"},
	{DuplicateDocument, "a `document` has the identity of another one"},
	{DanglingReference, "a value refers to a document that will not be there"},
	{NotUnique, "a `check unique` does not hold"},
	{LinkNeeded, "a field holds `_id`s that the destination may have otherwise"},
	{NoDocuments, "a collection without documents cannot be checked"},
	{MongoshCannotHold, "mongosh cannot write a document byte for byte"},
	{NotInPipeline, "a construct that no aggregation pipeline says exactly"},
	{SampledData, "extracted data that is a sample is no wanted state"},
	{UnknownCollection, "the rules have no collection of that name"},
	{IncompleteIdentity, "an expected document lacks the fields that identify it"},
	{TestFailed, "the rules do not do what a test expects"},
	{AcceptNeedless, "`accept` names a message that does not come"},
}

// Acceptable are the codes that `accept` may name: those that come as warnings
// or hints, and link-needed, which is an error by a judgement that may be wrong.
// A test accepts a message of each.
var Acceptable = []Code{
	ContinuedLine, UnknownValue, NoEffect, TypeChanged, RemovedInMerge, UnknownOption, PreservedWrite, DestinationOnlyField,
	CheckFailed, NotUnique, DanglingReference, LinkNeeded, IdentityChanged, OutsidePrune, ExpiringDocuments, NoUniqueIndex,
	NoDocuments, UnusedName, UnusedDefault, BadLock, BadList,
	ValidatorViolation, ValidatorUnjudged,
}
