// Tests: `test` declarations and the two statements that stand in them.
package ast

// TestDecl is `test "NAME" [for e, …] { … }`. Body holds *Given, *Expected and *BadStmt.
type TestDecl struct {
	At
	Name         Name
	Environments Environments // empty: all
	Body         *Block
}

// Given is `given COLLECTION [from SOURCE] { document }`: one extracted document.
type Given struct {
	At
	Collection Name
	Source     *Name
	Document   *Object
}

// Expected says what a test must give. One of three forms:
//
//	expect COLLECTION [from SOURCE] with { … } [without P, …]   a document with these fields
//	expect COLLECTION [from SOURCE] exactly { … }               a document with these fields and no others
//	expect (no | N) COLLECTION [from SOURCE] [with { … }]       how many documents there are
//	expect (error | warning) CODE                               a message
type Expected struct {
	At
	// Message is set for `error` and `warning`; nothing else is then.
	Message *ExpectedMessage

	Collection Name
	Source     *Name
	// Counted says that Count is the wanted number of documents; `no` is 0.
	Counted bool
	Count   int64
	Exactly bool
	// Document is nil when not given, which only a counted one allows.
	Document *Object
	Without  []*Path
}

// ExpectedMessage is a message by its code.
type ExpectedMessage struct {
	Warning bool
	Code    Name
}

func (*TestDecl) decl() {}
func (*Given) stmt()    {}
func (*Expected) stmt() {}
