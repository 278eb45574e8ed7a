package compiler

// Identities and keys of unique indexes over the finished documents.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// identified is a finished document with the values that identify it.
type identified struct {
	raw      bson.Raw
	identity []bson.RawValue
	// position in the extracted data, to name the document
	position int
}

// freeze sorts the finished documents by identity and reports identities that
// several of them have. The result is what the state holds.
func (u *unit) freeze() diag.List {
	o := u.done
	frozen := make([]identified, 0, o.kept+len(u.literal))
	values := make([]bson.RawValue, 0, cap(frozen)*len(u.by))
	for i, d := range o.documents {
		if d == nil {
			continue
		}
		for _, p := range u.by {
			v, _ := doc.Get(d, p)
			values = append(values, v)
		}
		frozen = append(frozen, identified{raw: d, identity: values[len(values)-len(u.by):], position: i})
	}
	slices.SortStableFunc(frozen, func(a, b identified) int {
		for i := range a.identity {
			if c := doc.Compare(a.identity[i], b.identity[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	same := func(a, b identified) bool { return slices.EqualFunc(a.identity, b.identity, doc.Same) }
	var groups [][]identified
	for i := 0; i < len(frozen); {
		end := i + 1
		for end < len(frozen) && same(frozen[i], frozen[end]) {
			end++
		}
		if end > i+1 {
			groups = append(groups, frozen[i:end])
		}
		i = end
	}
	u.frozen = make([]desired.Document, len(frozen))
	o.order = make([]int, len(frozen))
	for i, f := range frozen {
		u.frozen[i] = desired.Document{Raw: f.raw, Secrets: secretsOf(o.secrets[f.position])}
		o.order[i] = f.position
		if n := f.position - len(u.data.Documents); n >= 0 {
			u.frozen[i].Origin = u.literal[n].stmt.Span.String()
		}
	}
	return u.ambiguous(groups)
}

// secretsOf are a document's secrets as the state has them.
func secretsOf(list []value.Secret) []desired.Secret {
	var out []desired.Secret
	for _, s := range list {
		secret := desired.Secret{Path: s.Path}
		for _, p := range s.Parts {
			secret.Parts = append(secret.Parts, desired.SecretPart(p))
		}
		out = append(out, secret)
	}
	return out
}

// ambiguous words groups of documents with one identity.
func (u *unit) ambiguous(groups [][]identified) diag.List {
	if len(groups) == 0 {
		return nil
	}
	var out diag.List
	groups = slices.DeleteFunc(groups, func(g []identified) bool {
		literal := slices.IndexFunc(g, func(f identified) bool { return f.position >= len(u.data.Documents) })
		if literal < 0 {
			return false
		}
		stmt := u.literal[g[literal].position-len(u.data.Documents)].stmt
		d := diag.Diagnostic{Code: diag.DuplicateDocument, Span: stmt.Object.Span, Message: fmt.Sprintf("another document has this %s, which identifies it", u.byText()),
			Notes: []string{u.resultName(g[0].raw), "change the other one by a rule, `where … { … }`, or leave it out: `except where …`"}}
		if g[0].position >= len(u.data.Documents) && literal == 0 && len(g) > 1 && g[1].position >= len(u.data.Documents) {
			d.Span = u.literal[g[1].position-len(u.data.Documents)].stmt.Object.Span
			d.Related = []diag.Related{{Span: stmt.Object.Span, Message: "the other one"}}
			d.Notes[1] = "keep one of the two"
		}
		out = append(out, d)
		return true
	})
	if len(groups) == 0 {
		return out
	}
	at := u.sync.NameSpan
	if len(u.sync.By) > 0 {
		at = u.sync.By[0].Span.To(u.sync.By[len(u.sync.By)-1].Span)
	}
	d := diag.Diagnostic{Code: diag.AmbiguousIdentity, Span: at, Message: fmt.Sprintf("several documents have the same %s, which identifies them", u.byText())}
	for i, g := range groups {
		if i == shownDocuments {
			d.Notes = append(d.Notes, fmt.Sprintf("and %d more", len(groups)-i))
			break
		}
		parts := make([]string, len(u.by))
		for k, p := range u.by {
			parts[k] = p.String() + " " + doc.Show(g[0].identity[k], 60)
		}
		d.Notes = append(d.Notes, fmt.Sprintf("%s: %s", strings.Join(parts, ", "), u.members(g)))
	}
	if u.byID() {
		d.Notes = append(d.Notes, "a collection has each `_id` once: look at the rules that write it, and at the extracted file")
	} else {
		d.Notes = append(d.Notes, "add a field to `by` that tells them apart, or leave all but one out: `only where …`")
	}
	return append(out, d)
}

// members names the documents of a group by their extracted `_id`.
func (u *unit) members(g []identified) string {
	var ids []string
	for i, f := range g {
		if i == shownDocuments {
			ids = append(ids, "…")
			break
		}
		if id, ok := doc.Get(u.data.Documents[f.position], doc.Path{"_id"}); ok {
			ids = append(ids, doc.Show(id, 40))
		}
	}
	return fmt.Sprintf("%d documents, _id %s", len(g), strings.Join(ids, ", "))
}

// byText names the identity: "`country`, `day`".
func (u *unit) byText() string {
	parts := make([]string, len(u.by))
	for i, p := range u.by {
		parts[i] = diag.Backquote(p.String())
	}
	return strings.Join(parts, ", ")
}

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
func (u *unit) expiring(documents []bson.Raw) []string {
	var out []string
	for _, raw := range u.structure.Indexes {
		if _, ttl := doc.Get(raw, doc.Path{"expireAfterSeconds"}); !ttl {
			continue
		}
		key, ok := doc.Get(raw, doc.Path{"key"})
		if !ok || key.Type != bson.TypeEmbeddedDocument {
			continue
		}
		for field := range doc.Fields(key.Document()) {
			path := doc.Path(strings.Split(field, "."))
			if slices.ContainsFunc(documents, func(d bson.Raw) bool {
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
func (u *unit) duplicates(documents []desired.Document) diag.List {
	var out diag.List
	indexes := uniqueIndexes(u.structure.Indexes)
	if !u.byID() { // every collection has the index; documents without `_id` get one of their own
		indexes = append(indexes, stores.UniqueIndex{Name: "_id_", Fields: []string{"_id"}, Paths: []doc.Path{{"_id"}}, Sparse: true})
	}
	for _, ix := range indexes {
		if ix.Collation != nil { // which texts are the same, the server decides
			continue
		}
		first := make(map[string]int, len(documents))
		groups, entries := map[string][]int{}, map[string]stores.Entry{}
		for i, d := range documents {
			secret := func(p doc.Path) bool { return holdsSecret(d, p) }
			if slices.ContainsFunc(ix.Paths, secret) || slices.ContainsFunc(ix.Filter.Paths(), secret) { // the artefact looks, which knows it
				continue
			}
			for _, e := range ix.Entries(d.Raw) {
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
		d := diag.Diagnostic{Code: diag.DuplicateKey, Span: u.sync.NameSpan,
			Message: "several documents have one key of the unique index " + indexTitle(&ix)}
		for i, key := range sorted {
			if i == shownDocuments {
				d.Notes = append(d.Notes, fmt.Sprintf("and %d more", len(sorted)-i))
				break
			}
			g := groups[key]
			var names []string
			for _, at := range g[:min(len(g), shownDocuments)] {
				names = append(names, u.resultName(documents[at].Raw))
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

// resultName names a finished document by its identity.
func (u *unit) resultName(d bson.Raw) string {
	parts := make([]string, 0, len(u.by))
	for _, p := range u.by {
		if v, ok := doc.Get(d, p); ok {
			parts = append(parts, p.String()+" "+doc.Show(v, 60))
		}
	}
	return strings.Join(parts, ", ")
}

// coversIdentity reports whether some unique index keeps two documents from having one
// identity. One with a collation does: it takes more values for the same, never fewer.
func (u *unit) coversIdentity() bool {
	if u.byID() {
		return true
	}
	for _, ix := range uniqueIndexes(u.structure.Indexes) {
		if ix.Filter != nil {
			continue
		}
		covered := true
		for _, f := range ix.Fields {
			covered = covered && slices.ContainsFunc(u.by, func(p doc.Path) bool { return strings.Join(p, ".") == f })
		}
		if covered {
			return true
		}
	}
	return false
}
