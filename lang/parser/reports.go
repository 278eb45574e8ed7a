// The messages about one file: which of them are said.
//
// In: what the scanner reported, and what the parser finds. Out: the messages
// that are no consequence of others.
package parser

import (
	"slices"
	"sort"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/token"
)

type reports struct {
	lexical   diag.List // what the scanner reported, in order
	wholeFile bool      // nothing in the file is what it seems to be: a """ has no end
	errs      diag.List
}

// lexicalFrom returns the index of the first message about a token at or behind an offset.
func (r *reports) lexicalFrom(offset int) int {
	return sort.Search(len(r.lexical), func(i int) bool { return r.lexical[i].Span.Start >= offset })
}

// report adds a message, but none about what stands behind a malformed token on
// its line, or beside a text without an end: that is the cause.
func (r *reports) report(d diag.Diagnostic) {
	if r.wholeFile {
		return
	}
	from, to := d.Span.File.LineAt(d.Span.Start)
	for i := r.lexicalFrom(from); i < len(r.lexical) && r.lexical[i].Span.Start <= to; i++ {
		if r.lexical[i].Span.Start < d.Span.Start || slip.Endless(r.lexical[i]) {
			return
		}
	}
	r.errs = append(r.errs, d)
}

// foremost drops messages of the scanner that follow from others: on a line with
// a text without an end all but that one, and all others when """ has no end.
func (r *reports) foremost() {
	var kept diag.List
	r.wholeFile = false
	for _, d := range r.lexical {
		if d.Code == diag.UnclosedText && d.Span.Text() == `"""` {
			r.wholeFile, kept = true, diag.List{d}
			break
		}
		from, _ := d.Span.File.LineAt(d.Span.Start)
		at := len(kept)
		for at > 0 && kept[at-1].Span.Start >= from {
			at--
		}
		switch {
		case at < len(kept) && slip.Endless(kept[at]):
			continue
		case slip.Endless(d):
			kept = kept[:at]
		}
		kept = append(kept, d)
	}
	r.lexical = kept
}

// forgive drops the scanner's message about a number that turned out to be
// part of a name, as the `2nd` of `eu-2nd` is.
func (r *reports) forgive(t token.Token) {
	i := r.lexicalFrom(t.Start)
	if i < len(r.lexical) && r.lexical[i].Span.Start == t.Start && r.lexical[i].Code == diag.BadNumber {
		r.lexical = slices.Delete(r.lexical, i, i+1)
	}
}
