// Package slip says what a text that cannot be parsed was probably meant to be.
//
// In: the tokens of a file, with the statement that is parsed, and the token that
// could not be taken. Out: the message that names the edit: by what is forgotten
// most (unexpected.go, repair.go), what stands where a statement should begin
// (unknown.go, habitstmt.go), what people write at first (mistakes.go), and what
// they write in other languages (habits.go). It parses nothing.
package slip

import "github.com/hayone1/mongocd/lang/parser/keyword"

// Statement is the place in a file where something went wrong.
type Statement struct {
	keyword.Reading
	Start     int  // the first token of the statement that is parsed
	WordBlock bool // a block that begins with a word was reported, so that it may end with one
}
