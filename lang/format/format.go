// Package format writes .weave files in the one style of the language.
//
// In: a source.File. Out: its text with the same meaning and the same comments.
// Line breaks are not the author's choice: what fits into 100 columns is joined,
// and a block joins with its one statement; what does not fit is broken at the
// outermost place: objects, lists and arguments one a line, conditions before
// `and` and `or`. The author's are comments and single empty lines between statements.
//
// tidy.go changes the words that one style has (`as` before `by`, needless
// parentheses and quotes), layout.go asks the syntax tree what the tokens are,
// stream.go puts spaces, groups and places for breaks between them, and print.go
// decides where lines end.
package format

import (
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

// Format returns the formatted text; its lines end as the first one of the file
// does. A file with syntax errors is returned unchanged with its diagnostics.
func Format(f *source.File) (string, diag.List) {
	file, errs := parser.Parse(f)
	if len(errs) > 0 {
		return f.Text, errs
	}
	file = tidied(file)
	p := printer{items: stream(file)}
	out := p.print()
	if out != "" {
		out += "\n"
	}
	if first, _, _ := strings.Cut(f.Text, "\n"); strings.HasSuffix(first, "\r") { // a checkout with other line ends
		out = strings.ReplaceAll(out, "\n", "\r\n")
	}
	return out, nil
}
