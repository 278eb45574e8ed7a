package rules

// Which documents need which others. In: what running the rules gave; out: for a
// finished document those that it links or refers to, and its keys of unique indexes.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Referred is what a document needs by a `link` or a `refers to`: one of some
// documents of another collection, by their positions in Outcome.Documents.
type Referred struct {
	Of        *Outcome
	Documents []int
}

// Referred returns what tells of a finished document of o what it needs.
func (d *Done) Referred(o *Outcome) func(document int) []Referred {
	linked := map[*Outcome]map[string][]int{}
	identified := func(other *Outcome) map[string][]int {
		if linked[other] == nil {
			linked[other] = map[string][]int{}
			for i, wanted := range other.Documents {
				values := make([]bson.RawValue, len(other.By))
				for n, p := range other.By {
					values[n], _ = doc.Get(wanted.Raw, p)
				}
				k := doc.Key(values...)
				linked[other][k] = append(linked[other][k], i)
			}
		}
		return linked[other]
	}
	having := map[*ast.Check]map[string][]int{}
	valued := func(other *Outcome, c *ast.Check) map[string][]int {
		if having[c] == nil {
			having[c] = map[string][]int{}
			for i := range other.Documents {
				for p := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: other.result(i)}, c.RefersTo.Path.FromRoot(), nil) {
					k := doc.Key(p.value)
					having[c][k] = append(having[c][k], i)
				}
			}
		}
		return having[c]
	}
	return func(document int) []Referred {
		var out []Referred
		for _, l := range o.Documents[document].Links {
			for _, u := range d.Units {
				database, collection := u.Destination()
				if other := d.Of(u); other != nil && database == l.Database && collection == l.Collection {
					out = append(out, Referred{other, identified(other)[doc.Key(l.Identity...)]})
				}
			}
		}
		for _, ref := range o.references[o.Order[document]] {
			u := d.named(o.Unit, ref.Check.RefersTo.Collection.Text, ref.Check.RefersTo.Source)
			if u == nil || d.Of(u) == nil || ref.Check.Warn {
				continue
			}
			there := valued(d.Of(u), ref.Check)
			for _, v := range ref.Values {
				out = append(out, Referred{d.Of(u), there[doc.Key(v)]})
			}
		}
		return out
	}
}

// result is a finished document before links were put into it.
func (o *Outcome) result(document int) bson.Raw { return o.Results[o.Order[document]] }

// Extracted is the extracted document that a finished one was made of; nil: it is one
// of `document`.
func (o *Outcome) Extracted(document int) bson.Raw {
	if at := o.Order[document]; at < len(o.Data.Documents) {
		return o.Data.Documents[at]
	}
	return nil
}

// UniqueKeys are the keys of unique indexes that a finished document has; no other one
// may have one of them.
func (o *Outcome) UniqueKeys(document int) []string {
	var out []string
	for _, ix := range uniqueIndexes(o.Structure.Indexes) {
		secret := func(p doc.Path) bool { return holdsSecret(o.Documents[document], p) }
		if ix.Collation != nil || slices.ContainsFunc(ix.Paths, secret) || slices.ContainsFunc(ix.Filter.Paths(), secret) {
			continue // the server decides, or the artefact
		}
		for _, e := range ix.Entries(o.result(document)) {
			out = append(out, ix.Name+"\x00"+e.Key())
		}
	}
	return out
}
