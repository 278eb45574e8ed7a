package mongosh

// Scripts that do not have their documents. In: the files of a state; out: a script that
// reads them from the folder that it stands in, each bound by its digest.

import (
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
	size := 0
	for _, f := range wanted.Files[1:] {
		size += len(f.Data)
	}
	return (&generator{wanted: wanted, beside: size > BesideBytes}).generate()
}

// documents adds those of the collection at a position; same is that of one before with the
// same ones, -1 where there is none.
func (g *generator) documents(at, same int) {
	switch file := g.wanted.FileOf(at); {
	case same >= 0:
		g.add("    documents: %d, // those of the collection at this position\n", same)
	case g.beside && len(file.Data) > 0:
		g.add("    documents: {file: %s, sha256: '%s'}, // beside this script\n", js.Quote(file.Path), g.wanted.SumOf(at))
	default:
		g.lines("documents", file.Data)
	}
}
