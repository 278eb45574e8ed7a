package view

// Documents that have another identity alone. In: a collection of a report; out: which of
// its inserted documents are, but for that, as one that is deleted. Pure.

import (
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

//js:table
const textRenames = 200 // documents among which those are looked for

// Inserts is how many inserted documents of a collection a text that is not verbose says
// anything of one by one, at most.
const Inserts = max(textItems, textRenames)

// renames are the inserted documents, by position, that but for their identity are as one
// that is deleted. Nothing is said where there are several of these, or where values that
// nobody may see could differ.
func renames(c *change.CollectionReport) map[int]*change.DocumentItem {
	if c.Counts.Insert == 0 || c.Counts.Delete == 0 || c.Counts.Insert+c.Counts.Delete > textRenames {
		return nil
	}
	comes, goes := map[string][]int{}, map[string][]int{}
	for i := range c.Documents {
		d := &c.Documents[i]
		if d.Document.Missing() || len(d.Hidden) > 0 {
			continue
		}
		switch rest := restOf(d); {
		case rest == "{}":
		case d.Action == "insert":
			comes[rest] = append(comes[rest], i)
		case d.Action == "delete":
			goes[rest] = append(goes[rest], i)
		}
	}
	out := map[int]*change.DocumentItem{}
	for rest, of := range comes {
		if gone := goes[rest]; len(of) == 1 && len(gone) == 1 {
			out[of[0]] = &c.Documents[gone[0]]
		}
	}
	return out
}

// restOf is a document as text, without its identity and `_id`.
func restOf(d *change.DocumentItem) string {
	var texts []string
	for field, v := range doc.Fields(d.Document.Value) {
		path := doc.Path{field}.String()
		if _, identity := doc.Get(d.Identity.Value, doc.Path{path}); !identity && field != "_id" {
			texts = append(texts, path+": "+change.ShowWhole(v))
		}
	}
	return "{" + strings.Join(texts, ", ") + "}"
}
