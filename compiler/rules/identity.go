package rules

// The finished documents by identity.

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// identified is a finished document with the values that identify it.
type identified struct {
	raw      bson.Raw
	sum      *[sha256.Size]byte // of raw; nil: it is not known
	identity []bson.RawValue
	// position in the extracted data, to name the document
	position int
}

// freeze sorts the finished documents by identity and finds identities that
// several of them have. The result is what the state holds.
func (o *Outcome) freeze(parts []*part) {
	frozen := o.identified(parts)
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
	o.Documents = make([]desired.Document, len(frozen))
	o.Order = make([]int, len(frozen))
	for i, f := range frozen {
		o.Documents[i] = desired.Document{Raw: f.raw, Secrets: secretsOf(o.Secrets[f.position]), Sum: f.sum}
		o.Order[i] = f.position
		if n := f.position - len(o.Data.Documents); n >= 0 {
			o.Documents[i].Origin = o.Literals[n].Stmt.Span.String()
		}
	}
	o.ambiguous = o.sameIdentity(groups)
}

// identified are the finished documents in the order of their identities, and those of one in
// the order of their positions.
func (o *Outcome) identified(parts []*part) []identified {
	compare := func(a, b identified) int {
		for i := range a.identity {
			if c := doc.Compare(a.identity[i], b.identity[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.position, b.position)
	}
	all := make([]identified, 0, o.kept+len(o.Literals))
	ends := []int{0} // of the documents of each part, then of the literals
	for _, p := range parts {
		for i := p.from; i < p.to; i++ {
			if d := o.Results[i]; d != nil {
				all = append(all, identified{raw: d, position: i})
			}
		}
		ends = append(ends, len(all))
	}
	for i := len(o.Data.Documents); i < len(o.Results); i++ {
		if d := o.Results[i]; d != nil {
			f := identified{raw: d, position: i}
			for _, p := range o.By {
				v, _ := doc.Get(d, p)
				f.identity = append(f.identity, v)
			}
			all = append(all, f)
		}
	}
	ends = append(ends, len(all))
	parallel.Each(runtime.GOMAXPROCS(0), len(ends)-1, func(n int) {
		part := all[ends[n]:ends[n+1]]
		if n < len(parts) {
			values, rest := make([]bson.RawValue, len(part)*len(o.By)), parts[n].summary.identities
			for i := range part {
				f := &part[i]
				f.sum = parts[n].summary.sum(i)
				f.identity, values = values[:len(o.By):len(o.By)], values[len(o.By):]
				rest, _ = readIdentity(rest, f.identity) // summarize made it, or summary.of has read it to its end
			}
		}
		slices.SortFunc(part, compare)
	})
	return merged(all, ends, compare)
}

// merged is a list of sorted lists, of which the ends are said, as one.
func merged[T any](all []T, ends []int, compare func(a, b T) int) []T {
	for other := make([]T, len(all)); len(ends) > 2; all, other = other, all {
		next := []int{0}
		for n := 2; n < len(ends); n += 2 {
			next = append(next, ends[n])
		}
		if len(ends)%2 == 0 {
			next = append(next, len(all))
		}
		parallel.Each(runtime.GOMAXPROCS(0), len(next)-1, func(n int) {
			to := other[next[n]:next[n]]
			a, b := all[ends[2*n]:ends[2*n+1]], all[ends[2*n+1]:next[n+1]]
			for len(a) > 0 && len(b) > 0 {
				if compare(a[0], b[0]) <= 0 {
					to, a = append(to, a[0]), a[1:]
				} else {
					to, b = append(to, b[0]), b[1:]
				}
			}
			_ = append(append(to, a...), b...)
		})
		ends = next
	}
	return all
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

// sameIdentity words groups of documents with one identity.
func (o *Outcome) sameIdentity(groups [][]identified) diag.List {
	if len(groups) == 0 {
		return nil
	}
	var out diag.List
	groups = slices.DeleteFunc(groups, func(g []identified) bool {
		literal := slices.IndexFunc(g, func(f identified) bool { return f.position >= len(o.Data.Documents) })
		if literal < 0 {
			return false
		}
		stmt := o.Literals[g[literal].position-len(o.Data.Documents)].Stmt
		d := diag.Diagnostic{Code: diag.DuplicateDocument, Span: stmt.Object.Span, Message: fmt.Sprintf("another document has this %s, which identifies it", o.byText()),
			Notes: []string{o.ResultName(g[0].raw), "change the other one by a rule, `where … { … }`, or leave it out: `except where …`"}}
		if g[0].position >= len(o.Data.Documents) && literal == 0 && len(g) > 1 && g[1].position >= len(o.Data.Documents) {
			d.Span = o.Literals[g[1].position-len(o.Data.Documents)].Stmt.Object.Span
			d.Related = []diag.Related{{Span: stmt.Object.Span, Message: "the other one"}}
			d.Notes[1] = "keep one of the two"
		}
		out = append(out, d)
		return true
	})
	if len(groups) == 0 {
		return out
	}
	at := o.Target.NameSpan
	if len(o.Target.By) > 0 {
		at = o.Target.By[0].Span.To(o.Target.By[len(o.Target.By)-1].Span)
	}
	d := diag.Diagnostic{Code: diag.AmbiguousIdentity, Span: at, Message: fmt.Sprintf("several documents have the same %s, which identifies them", o.byText())}
	for i, g := range groups {
		if i == Shown {
			d.Notes = append(d.Notes, fmt.Sprintf("and %d more", len(groups)-i))
			break
		}
		parts := make([]string, len(o.By))
		for k, p := range o.By {
			parts[k] = p.String() + " " + doc.Show(g[0].identity[k], 60)
		}
		d.Notes = append(d.Notes, fmt.Sprintf("%s: %s", strings.Join(parts, ", "), o.members(g)))
	}
	if o.byID() {
		d.Notes = append(d.Notes, "a collection has each `_id` once: look at the rules that write it, and at the extracted file")
	} else {
		d.Notes = append(d.Notes, "add a field to `by` that tells them apart, or leave all but one out: `only where …`")
	}
	return append(out, d)
}

// members names the documents of a group by their extracted `_id`.
func (o *Outcome) members(g []identified) string {
	var ids []string
	for i, f := range g {
		if i == Shown {
			ids = append(ids, "…")
			break
		}
		if id, ok := doc.Get(o.Data.Documents[f.position], doc.Path{"_id"}); ok {
			ids = append(ids, doc.Show(id, 40))
		}
	}
	return fmt.Sprintf("%d documents, _id %s", len(g), strings.Join(ids, ", "))
}
