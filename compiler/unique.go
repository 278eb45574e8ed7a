package compiler

// Identities and keys of unique indexes over the finished documents.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
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
		if n := f.position - len(u.data.documents); n >= 0 {
			u.frozen[i].Origin = u.literal[n].stmt.Span.String()
		}
	}
	return u.ambiguous(groups)
}

// secretsOf are a document's secrets as the state has them.
func secretsOf(list []eval.Secret) []desired.Secret {
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
		literal := slices.IndexFunc(g, func(f identified) bool { return f.position >= len(u.data.documents) })
		if literal < 0 {
			return false
		}
		stmt := u.literal[g[literal].position-len(u.data.documents)].stmt
		d := diag.Diagnostic{Code: diag.DuplicateDocument, Span: stmt.Object.Span, Message: fmt.Sprintf("another document has this %s, which identifies it", u.byText()),
			Notes: []string{u.resultName(g[0].raw), "change the other one by a rule, `where … { … }`, or leave it out: `except where …`"}}
		if g[0].position >= len(u.data.documents) && literal == 0 && len(g) > 1 && g[1].position >= len(u.data.documents) {
			d.Span = u.literal[g[1].position-len(u.data.documents)].stmt.Object.Span
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
		if id, ok := doc.Get(u.data.documents[f.position], doc.Path{"_id"}); ok {
			ids = append(ids, doc.Show(id, 40))
		}
	}
	return fmt.Sprintf("%d documents, _id %s", len(g), strings.Join(ids, ", "))
}

// byText names the identity: "`country`, `day`".
func (u *unit) byText() string {
	parts := make([]string, len(u.by))
	for i, p := range u.by {
		parts[i] = backquote(p.String())
	}
	return strings.Join(parts, ", ")
}

// uniqueIndex is what is needed of an index of listIndexes.
type uniqueIndex struct {
	name   string
	fields []string // dotted, as the server names them
	sparse bool
	// plain: without collation and partialFilterExpression, so that it is about all documents
	plain    bool
	collated bool     // equality is the server's: not judged here
	filter   bson.Raw // partialFilterExpression; nil without
}

// uniqueIndexes picks the unique indexes.
func uniqueIndexes(indexes []bson.Raw) []uniqueIndex {
	var out []uniqueIndex
	for _, raw := range indexes {
		ix := uniqueIndex{plain: true}
		unique := false
		for name, v := range doc.Fields(raw) {
			switch name {
			case "name":
				ix.name, _ = v.StringValueOK()
			case "unique":
				unique = truthy(v)
			case "sparse":
				ix.sparse = truthy(v)
			case "collation":
				ix.plain, ix.collated = false, true
			case "partialFilterExpression":
				ix.plain = false
				ix.filter, _ = v.DocumentOK()
			case "key":
				if v.Type == bson.TypeEmbeddedDocument {
					for field := range doc.Fields(v.Document()) {
						ix.fields = append(ix.fields, field)
					}
				}
			}
		}
		if unique && len(ix.fields) > 0 {
			out = append(out, ix)
		}
	}
	return out
}

// expiring names the date fields by which a TTL index deletes documents.
func (u *unit) expiring(documents []bson.Raw) []string {
	var out []string
	for _, raw := range u.structure.indexes {
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

// truthy is how the server reads a flag of an index: true or a number other than 0.
func truthy(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeBoolean:
		return v.Boolean()
	case bson.TypeInt32:
		return v.Int32() != 0
	case bson.TypeInt64:
		return v.Int64() != 0
	case bson.TypeDouble:
		return v.Double() != 0
	}
	return false
}

// duplicates reports documents that have one key of a unique index.
func (u *unit) duplicates(documents []desired.Document) diag.List {
	var out diag.List
	indexes := uniqueIndexes(u.structure.indexes)
	if !u.byID() { // every collection has the index; documents without `_id` get one of their own
		indexes = append(indexes, uniqueIndex{name: "_id_", fields: []string{"_id"}, sparse: true, plain: true})
	}
	for _, ix := range indexes {
		if ix.collated {
			continue
		}
		first := make(map[string]int, len(documents))
		groups := map[string][]int{}
		var filter *stores.PartialFilter
		if ix.filter != nil {
			var ok bool
			if filter, ok = stores.ParsePartial(ix.filter); !ok { // the server decides
				continue
			}
		}
		filtered := func(d desired.Document) bool { // by what is known when the artefact runs, which looks again
			return filter != nil && slices.ContainsFunc(filter.Paths(), func(p doc.Path) bool { return holdsSecret(d, p) })
		}
		for i, d := range documents {
			secret := func(field string) bool { return holdsSecret(d, strings.Split(field, ".")) }
			if slices.ContainsFunc(ix.fields, secret) || filtered(d) || !filter.Holds(d.Raw) {
				continue
			}
			for _, key := range ix.keys(d.Raw) {
				if at, ok := first[key]; ok {
					if len(groups[key]) == 0 {
						groups[key] = []int{at}
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
		sorted := make([][]int, 0, len(groups))
		for _, g := range groups {
			sorted = append(sorted, g)
		}
		slices.SortFunc(sorted, func(a, b []int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
		d := diag.Diagnostic{Code: diag.DuplicateKey, Span: u.sync.NameSpan,
			Message: "several documents have one key of the unique index " + ix.title()}
		for i, g := range sorted {
			if i == shownDocuments {
				d.Notes = append(d.Notes, fmt.Sprintf("and %d more", len(sorted)-i))
				break
			}
			var names []string
			for _, at := range g[:min(len(g), shownDocuments)] {
				names = append(names, u.resultName(documents[at].Raw))
			}
			if more := len(g) - len(names); more > 0 {
				names = append(names, fmt.Sprintf("%d more", more))
			}
			d.Notes = append(d.Notes, fmt.Sprintf("%s: %s", ix.shown(documents[g[0]].Raw), strings.Join(names, "; ")))
		}
		d.Notes = append(d.Notes, "the index would refuse them: look at the rules that write these fields")
		out = append(out, d)
	}
	return out
}

// holdsSecret reports whether a value of an index at the path is, has in it or
// lies in a secret of the document.
func holdsSecret(d desired.Document, path []string) bool {
	m := masks(nil, d.Secrets)
	return m.Touches(path)
}

// title is what messages call the index: its name, or its fields.
func (ix *uniqueIndex) title() string {
	if ix.name != "" {
		return diag.Quote(ix.name, 64)
	}
	fields := make([]string, len(ix.fields))
	for i, f := range ix.fields {
		fields[i] = backquote(f)
	}
	return "on " + strings.Join(fields, ", ")
}

// shown is the key of a document for people; a field that is an array, or goes
// through one, is only named.
func (ix *uniqueIndex) shown(d bson.Raw) string {
	parts := make([]string, len(ix.fields))
	for i, f := range ix.fields {
		parts[i] = diag.Safe(f, 64)
		v, ok := doc.Get(d, strings.Split(f, "."))
		switch {
		case ok && v.Type != bson.TypeArray:
			parts[i] += " " + doc.Show(v, 60)
		case !ok && len(indexed(d, strings.Split(f, "."))) == 0:
			parts[i] += " missing"
		}
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

// keys are the index entries of a document, one for each element where a field
// is an array; nil when a sparse index leaves the document out.
func (ix *uniqueIndex) keys(d bson.Raw) []string {
	null := bson.RawValue{Type: bson.TypeNull}
	entries := [][]bson.RawValue{nil}
	present := false
	for _, f := range ix.fields {
		values := indexed(d, strings.Split(f, "."))
		if len(values) > 0 {
			present = true
		} else {
			values = []bson.RawValue{null}
		}
		var next [][]bson.RawValue
		for _, e := range entries {
			for _, v := range values {
				next = append(next, append(slices.Clip(e), v))
			}
		}
		entries = next
	}
	if ix.sparse && !present {
		return nil
	}
	var out []string
	for _, e := range entries {
		if k := doc.Key(e...); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// indexed are the values that an index has for a dotted path, arrays entered as the server does.
func indexed(d bson.Raw, path []string) []bson.RawValue {
	v, ok := doc.Get(d, path[:1])
	if !ok {
		return nil
	}
	if len(path) == 1 {
		if v.Type != bson.TypeArray {
			return []bson.RawValue{v}
		}
		var out []bson.RawValue
		for _, e := range doc.Fields(bson.Raw(v.Value)) {
			out = append(out, e)
		}
		if out == nil {
			out = []bson.RawValue{{Type: bson.TypeUndefined}} // the entry of an empty array
		}
		return out
	}
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return indexed(bson.Raw(v.Value), path[1:])
	case bson.TypeArray:
		var out []bson.RawValue
		for name, e := range doc.Fields(bson.Raw(v.Value)) {
			switch {
			case name == path[1] && len(path) == 2:
				out = append(out, e)
			case e.Type == bson.TypeEmbeddedDocument:
				out = append(out, indexed(bson.Raw(e.Value), path[1:])...)
			}
		}
		return out
	}
	return nil
}

// coversIdentity reports whether some unique index keeps two documents from having one identity.
func (u *unit) coversIdentity() bool {
	if u.byID() {
		return true
	}
	for _, ix := range uniqueIndexes(u.structure.indexes) {
		if !ix.plain {
			continue
		}
		covered := true
		for _, f := range ix.fields {
			covered = covered && slices.ContainsFunc(u.by, func(p doc.Path) bool { return strings.Join(p, ".") == f })
		}
		if covered {
			return true
		}
	}
	return false
}
