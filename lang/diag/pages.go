// The pages behind `mongocd explain`: for every code of the registry what it
// means in plain words, a workspace that gives it, what mongocd says to that,
// and the workspace mended.
//
// In: pages/CODE.txtar, read from the binary when a page is asked for. Out: a
// Page. A test of cmd/mongocd compiles both workspaces of every page.
package diag

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

//go:embed pages/*.txtar
var pages embed.FS

// Page explains one code.
type Page struct {
	CodeInfo
	// Text says what the code means and what to do, in lines of at most 100 characters.
	Text string
	// ShownBy names the test that provokes the code when no files of a
	// workspace can; such a page has no examples.
	ShownBy string
	// Both are files of both workspaces; Broken and Mended those of one.
	// Names are relative to the workspace.
	Both, Broken, Mended []PageFile
	// Says is what mongocd prints about the broken workspace.
	Says string
}

// PageFile is one file of an example.
type PageFile struct {
	Name, Text string
}

// shownBy begins the header line of a page without examples.
const shownBy = "shown-by: "

// Explain returns the page of a registered code.
func Explain(code Code) (Page, error) {
	i := slices.IndexFunc(Codes, func(c CodeInfo) bool { return c.Code == code })
	if i < 0 {
		return Page{}, fmt.Errorf("there is no code %s", Quote(string(code), 64))
	}
	text, err := pages.ReadFile("pages/" + string(code) + ".txtar")
	if err != nil {
		return Page{}, fmt.Errorf("the page of %s: %w", code, err)
	}
	archive := txtar.Parse(text)
	p := Page{CodeInfo: Codes[i], Text: strings.TrimSpace(string(archive.Comment))}
	if first, rest, _ := strings.Cut(p.Text, "\n"); strings.HasPrefix(first, shownBy) {
		p.ShownBy, p.Text = strings.TrimPrefix(first, shownBy), strings.TrimSpace(rest)
	}
	for _, f := range archive.Files {
		where, name, _ := strings.Cut(f.Name, "/")
		file := PageFile{Name: name, Text: string(f.Data)}
		switch where {
		case "both":
			p.Both = append(p.Both, file)
		case "broken":
			p.Broken = append(p.Broken, file)
		case "mended":
			p.Mended = append(p.Mended, file)
		case "says":
			p.Says = string(f.Data)
		default:
			return Page{}, fmt.Errorf("the page of %s has a file %s, outside of both/, broken/ and mended/", code, Quote(f.Name, 64))
		}
	}
	return p, nil
}
