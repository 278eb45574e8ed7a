package value

// What is wrong with a value, as plain data.

import (
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Error is what is wrong with one document, or with an expression for every
// document when compiling gives it. The caller groups errors by (Code, Span),
// counts them and names the documents.
type Error struct {
	Code diag.Code
	Span source.Span
	// Message is a clause that "in 3 of 118 documents" can follow:
	// "`limits.users` is missing".
	Message string
	// Label stands beside the caret.
	Label string
	// Evidence is what this document has, short and safe for terminals; it may be empty.
	Evidence string
	// Notes are hints that hold for all documents: the edit to make.
	Notes []string
	// Fix is the one edit that would mend it, when there is exactly one.
	Fix *diag.Fix
}

// Error gives the message with its place.
func (e *Error) Error() string { return e.Span.String() + ": " + e.Message }

// Diagnostic gives an error that concerns no single document.
func (e *Error) Diagnostic() diag.Diagnostic {
	return diag.Diagnostic{Code: e.Code, Span: e.Span, Message: e.Message, Label: e.Label, Notes: e.Notes, Fix: e.Fix}
}

// At gives an error its place unless it has one.
func (e *Error) At(span source.Span) *Error {
	if e != nil && e.Span.IsZero() {
		e.Span = span
	}
	return e
}

// WithArticle names a type with its article: "an int".
func WithArticle(typeName string) string {
	switch typeName {
	case "missing", "null":
		return typeName
	case "int", "array", "object", "objectId", "undefined":
		return "an " + typeName
	}
	return "a " + typeName
}

// OrList joins words: "int, long or double".
func OrList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// Suggest adds the candidate that a word most likely stands for; the error's
// span is the word.
func (e *Error) Suggest(word string, candidates []string) *Error {
	if s := diag.Suggest(word, candidates); s != "" {
		e.Label = "did you mean `" + s + "`?"
		e.Fix = &diag.Fix{Span: e.Span, Text: s}
	}
	return e
}

// SecretUsed is the error for a secret where its value is needed; shown is what
// messages call it.
func SecretUsed(shown string, span source.Span) *Error {
	return &Error{Code: diag.SecretUsed, Span: span, Message: shown + " is or holds a secret, whose value is not known yet",
		Notes: []string{"a secret can be written, whole or inside a text; it cannot be compared, checked, calculated with or identify a document"}}
}

// MaxSize bounds every value that is made, in bytes: a document cannot be larger.
const MaxSize = 16 << 20

// CheckSize is v, or the error that no document can hold it.
func CheckSize(v Value, span source.Span) (Value, *Error) {
	if v.Size() > MaxSize {
		return Value{}, TooLarge(span)
	}
	return v, nil
}

// Size is about how many bytes a document needs for the value.
func (v Value) Size() int {
	if v.loose == nil {
		return len(v.BSON.Value)
	}
	size := 8
	for _, e := range v.loose.list {
		size += e.Size()
	}
	for _, f := range v.loose.fields {
		size += len(f.Name) + f.Value.Size()
	}
	return size
}

// TooLarge is the error for a value that no document can hold.
func TooLarge(span source.Span) *Error {
	return &Error{Code: diag.ResultTooLarge, Span: span, Message: "the value is larger than 16 MiB",
		Notes: []string{"no document can be larger"}}
}

// Diagnostics converts errors that concern no single document.
func Diagnostics(errs []*Error) diag.List {
	var out diag.List
	for _, e := range errs {
		out = append(out, e.Diagnostic())
	}
	return out
}
