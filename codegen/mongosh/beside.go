package mongosh

// Scripts that do not have their documents. In: the files of a state; out: a script that
// reads them from the folder that it stands in, each bound by its digest.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/js"
	"github.com/hayone1/mongocd/runtime/desired"
)

// BesideBytes are how many bytes of documents a script has itself at most, unless it is to be
// self-contained. mongosh rewrites and keeps the text of what it runs, so that each byte
// in the script takes many of memory.
const BesideBytes = 5_000_000

// headerBeside is for the person who takes the script elsewhere.
const headerBeside = `//
// The documents are not in this script but in desired/ beside it: take both along, and run it with --file or load().
`

// GenerateBeside returns the script of a state that stands in the folder with the files of
// the state: it reads the documents from there where these are more than BesideBytes.
func GenerateBeside(wanted *desired.Rendered) ([]codegen.File, error) {
	return (&generator{wanted: wanted, beside: wanted.Size() > BesideBytes}).generate()
}

// documents adds those of the collection at a position; same is that of one before with the
// same ones, -1 where there is none.
func (g *generator) documents(at, same int) {
	files := g.wanted.FilesOf(at)
	switch {
	case same >= 0:
		g.add("    documents: %d, // those of the collection at this position\n", same)
	case g.beside && len(g.wanted.State.Collections[at].Documents) > 0:
		texts := make([]string, len(files))
		for n, f := range g.wanted.DocumentsOf(at) {
			texts[n] = fmt.Sprintf("{file: %s, sha256: '%s'}", js.Quote(f.Path), f.SHA256)
		}
		if len(files) == 1 {
			g.add("    documents: %s, // beside this script\n", texts[0])
			return
		}
		g.add("    documents: [ // beside this script, one after the other\n      %s,\n    ],\n", strings.Join(texts, ",\n      "))
	default:
		var lines []byte
		for _, f := range files {
			if len(files) == 1 {
				lines = f.Text()
			} else {
				lines = append(lines, f.Text()...)
			}
		}
		g.lines("documents", lines)
	}
}
