package rules

// Keys of unique indexes over the finished documents, and fields by which the
// server deletes them.

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// uniqueIndexes picks the unique indexes, but that of `_id` and those whose entries
// only a server knows.
func uniqueIndexes(indexes []bson.Raw) []stores.UniqueIndex {
	var out []stores.UniqueIndex
	for _, raw := range indexes {
		if ix, ok := stores.ParseUnique(raw); ok {
			out = append(out, ix)
		}
	}
	return out
}

// expiring names the date fields by which a TTL index deletes documents.
func (o *Outcome) expiring() []string {
	var out []string
	for _, raw := range o.Structure.Indexes {
		if _, ttl := doc.Get(raw, doc.Path{"expireAfterSeconds"}); !ttl {
			continue
		}
		key, ok := doc.Get(raw, doc.Path{"key"})
		if !ok || key.Type != bson.TypeEmbeddedDocument {
			continue
		}
		for field := range doc.Fields(key.Document()) {
			path := doc.Path(strings.Split(field, "."))
			if slices.ContainsFunc(o.Results, func(d bson.Raw) bool {
				v, ok := doc.Get(d, path)
				return ok && v.Type == bson.TypeDateTime
			}) {
				out = append(out, field)
			}
		}
	}
	return out
}

// duplicates reports documents that have one key of a unique index.
func (o *Outcome) duplicates() diag.List {
	var out diag.List
	documents := o.Documents
	for n, ix := range o.uniques() {
		if !o.repeats(n, &ix) {
			continue
		}
		first := make(map[string]int, len(documents))
		groups, entries := map[string][]int{}, map[string]stores.Entry{}
		for i, d := range documents {
			o.Job.Space.Touched(len(d.Raw))
			for _, e := range entriesOf(&ix, d) {
				key := e.Key()
				if at, ok := first[key]; ok {
					if len(groups[key]) == 0 {
						groups[key], entries[key] = []int{at}, e
					}
					groups[key] = append(groups[key], i)
				} else {
					first[key] = i
				}
			}
		}
		if len(groups) == 0 {
			continue
		}
		sorted := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
			return cmp.Or(slices.Compare(groups[a], groups[b]), strings.Compare(a, b))
		})
		d := diag.Diagnostic{Code: diag.DuplicateKey, Span: o.Target.NameSpan,
			Message: "several documents have one key of the unique index " + indexTitle(&ix)}
		for i, key := range sorted {
			if i == Shown {
				d.Notes = append(d.Notes, fmt.Sprintf("and %d more", len(sorted)-i))
				break
			}
			g := groups[key]
			var names []string
			for _, at := range g[:min(len(g), Shown)] {
				names = append(names, o.ResultName(documents[at].Raw))
			}
			if more := len(g) - len(names); more > 0 {
				names = append(names, fmt.Sprintf("%d more", more))
			}
			d.Notes = append(d.Notes, fmt.Sprintf("%s: %s", shownEntry(&ix, documents[g[0]].Raw, entries[key]), strings.Join(names, "; ")))
		}
		d.Notes = append(d.Notes, "the index would refuse them: look at the rules that write these fields")
		out = append(out, d)
	}
	return out
}

// entriesOf are the entries that a document has in an index; none where a secret has a part in
// them: the artefact looks, which knows it.
func entriesOf(ix *stores.UniqueIndex, d desired.Document) []stores.Entry {
	secret := func(p doc.Path) bool { return holdsSecret(d, p) }
	if len(d.Secrets) > 0 && (slices.ContainsFunc(ix.Paths, secret) || slices.ContainsFunc(ix.Filter.Paths(), secret)) {
		return nil
	}
	return ix.Entries(d.Raw)
}

// repeats reports whether two entries of an index, the nth, may be the same: false is certain. It is
// what is asked of collections that are as they should be, so it looks at no document.
func (o *Outcome) repeats(n int, ix *stores.UniqueIndex) bool {
	var literals []byte
	for i := len(o.Data.Documents); i < len(o.Results); i++ {
		if o.Results[i] != nil {
			literals, _ = appendHashes(literals, ix, desired.Document{Raw: o.Results[i], Secrets: secretsOf(o.Secrets[i])}, nil)
		}
	}
	lists := [][]byte{literals}
	for _, s := range o.summaries {
		lists = append(lists, s.entries[n])
	}
	seen := make(map[uint64]struct{}, len(o.Documents))
	for _, list := range lists {
		for ; len(list) > 0; list = list[8:] {
			h := binary.LittleEndian.Uint64(list)
			if _, ok := seen[h]; ok {
				return true
			}
			seen[h] = struct{}{}
		}
	}
	return false
}

// holdsSecret reports whether a value of an index at the path is, has in it or
// lies in a secret of the document.
func holdsSecret(d desired.Document, path []string) bool {
	var m desired.Mask
	for _, s := range d.Secrets {
		m.Secrets = append(m.Secrets, s.Path)
	}
	return m.Touches(path)
}

// indexTitle is what messages call the index: its name, or its fields.
func indexTitle(ix *stores.UniqueIndex) string {
	if ix.Name != "" {
		return diag.Quote(ix.Name, 64)
	}
	fields := make([]string, len(ix.Fields))
	for i, f := range ix.Fields {
		fields[i] = diag.Backquote(f)
	}
	return "on " + strings.Join(fields, ", ")
}

// shownEntry is an entry of a document for people.
func shownEntry(ix *stores.UniqueIndex, d bson.Raw, e stores.Entry) string {
	parts := make([]string, len(ix.Fields))
	for i, f := range ix.Fields {
		value := "missing"
		if len(stores.IndexValues(d, ix.Paths[i])) > 0 {
			value = doc.Show(e[i], 60)
		}
		parts[i] = diag.Safe(f, 64) + " " + value
	}
	return strings.Join(parts, ", ")
}

// coversIdentity reports whether some unique index keeps two documents from having one
// identity. One with a collation does: it takes more values for the same, never fewer.
func (o *Outcome) coversIdentity() bool {
	if o.byID() {
		return true
	}
	for _, ix := range uniqueIndexes(o.Structure.Indexes) {
		if ix.Filter != nil {
			continue
		}
		covered := true
		for _, f := range ix.Fields {
			covered = covered && slices.ContainsFunc(o.By, func(p doc.Path) bool { return strings.Join(p, ".") == f })
		}
		if covered {
			return true
		}
	}
	return false
}
