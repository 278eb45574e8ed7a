// Files that are no text.
//
// In: the bytes of a file. Out: the one message about a picture, an archive or
// a text in another encoding, whose every byte would otherwise be an error.
package parser

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// judged is how much of a file is looked at.
const judged = 8000

// noText is the message about a file that is no UTF-8 text at all; nil when it
// is one, though perhaps with a few bad bytes.
func noText(f *source.File) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: diag.UnexpectedCharacter, Span: source.Span{File: f}}
	head := f.Text[:min(len(f.Text), judged)]
	if utf16Text(head) {
		d.Message, d.Label = "this file is UTF-16, and a weave is UTF-8", "save it as UTF-8"
		return d
	}
	bad := 0
	for i := 0; i < len(head); {
		r, size := utf8.DecodeRuneInString(head[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && !strings.ContainsRune("\t\n\r\f", r) {
			bad++
		}
		i += size
	}
	if bad < 8 || bad*20 < len(head) {
		return nil
	}
	d.Message, d.Label = "this is not a text file", "is it a weave?"
	d.Notes = []string{"a weave is UTF-8 text"}
	return d
}

// utf16Text reports whether a text has the mark of UTF-16, or a zero in every other byte.
func utf16Text(head string) bool {
	if strings.HasPrefix(head, "\xff\xfe") || strings.HasPrefix(head, "\xfe\xff") {
		return true
	}
	for first := range 2 {
		var half []byte
		for i := first; i < len(head); i += 2 {
			half = append(half, head[i])
		}
		if n := bytes.Count(half, []byte{0}); n >= 4 && n*10 > len(half)*8 && n*10 > strings.Count(head, "\x00")*8 {
			return true
		}
	}
	return false
}
