// Package words has the words that messages of several phases share. In: counts, names
// of types, and places; out: their part of a sentence. Pure.
package words

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/source"
)

// Plural is the ending of a noun behind a number.
func Plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// OfDocuments is "3 of 118 documents"; of more than there are documents, "120 places".
func OfDocuments(n, of int) string {
	if n > of { // elements of arrays
		return fmt.Sprintf("%d places", n)
	}
	return fmt.Sprintf("%d of %d document%s", n, of, Plural(of))
}

// Article names types with their articles: "an int or a string".
func Article(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		switch {
		case t == "null":
			words[i] = t
		case strings.ContainsRune("aeiou", rune(t[0])) && t != "uuid":
			words[i] = "an " + t
		default:
			words[i] = "a " + t
		}
	}
	return strings.Join(words, " or ")
}

// Argument is a text as an argument of a command line in a POSIX shell.
func Argument(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/-@:+,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// OneLine is source text with its line breaks and indentation as single spaces.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Line is the place of a span as "file:line".
func Line(s source.Span) string {
	return fmt.Sprintf("%s:%d", s.File.Name, s.Position().Line)
}
