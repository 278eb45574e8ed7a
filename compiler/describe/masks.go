package describe

// Documents for comparisons by people. In: documents; out: the same with words
// where the artefact fills values in, and without the values that nobody may
// see: of redacted fields, and what stood where a secret goes. Pure.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// WithWords is a wanted document with words where the artefact fills values in,
// as the rules write them: "Bearer ${secret('TOKEN')}". target names the
// collection that a link goes to.
func WithWords(d desired.Document, target func(desired.LinkedID) string) bson.Raw {
	out := d.Raw
	for _, s := range d.Secrets {
		var b strings.Builder
		for _, p := range s.Parts {
			if p.Name != "" {
				fmt.Fprintf(&b, "${secret('%s')}", p.Name)
			} else {
				b.WriteString(p.Text)
			}
		}
		out = doc.Replace(out, s.Path, doc.String(b.String()))
	}
	for _, l := range d.Links {
		out = doc.Replace(out, l.Path, doc.String(linkWords(l, target)))
	}
	return out
}

// linkWords are the words in place of a link.
func linkWords(l desired.LinkedID, target func(desired.LinkedID) string) string {
	var identity []string
	for _, v := range l.Identity {
		identity = append(identity, doc.Show(v, 60))
	}
	return fmt.Sprintf("${_id of %s %s}", target(l), strings.Join(identity, ", "))
}

// Namespace names a link's collection DATABASE.COLLECTION.
func Namespace(l desired.LinkedID) string { return l.Database + "." + l.Collection }

// Mask is a document without the values of redacted fields, and without those
// where the document that it is compared with has a secret. Elements of arrays
// may stand elsewhere there: then those of all are masked.
func Mask(d bson.Raw, redact []desired.Pattern, secrets []desired.Secret) bson.Raw {
	return maskOf(redact, secrets).Document(d)
}

// maskOf hides redacted fields, and what stands where secrets go.
func maskOf(redact []desired.Pattern, secrets []desired.Secret) *desired.Mask {
	m := &desired.Mask{LeftOut: redact}
	for _, s := range secrets {
		var names []string
		for _, p := range s.Parts {
			if p.Name != "" && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
		m.Secrets, m.Names = append(m.Secrets, s.Path), append(m.Names, names)
	}
	return m
}

// sides hide on each side what stands where the other one has a secret and this one none.
func sides(redact []desired.Pattern, before, after []desired.Secret) between.Sides {
	old, now := maskOf(redact, without(after, before)), maskOf(redact, without(before, after))
	if old.Empty() && now.Empty() {
		return between.Sides{}
	}
	return between.Sides{Seen: func(at []string, v bson.RawValue, after bool) (bson.RawValue, []change.HiddenItem) {
		m := old
		if after {
			m = now
		}
		return m.Value(at, v), hiddenIn(m, at, v)
	}}
}

// hiddenIn are the places of a value that a mask hides.
func hiddenIn(m *desired.Mask, at []string, v bson.RawValue) (out []change.HiddenItem) {
	for _, h := range m.Hidden(at, v) {
		out = append(out, change.HiddenItem{At: append([]string{}, h.At...), Secrets: h.Names})
	}
	return out
}

// without are the secrets that have other places than these.
func without(secrets, these []desired.Secret) (out []desired.Secret) {
	for _, s := range secrets {
		if !slices.ContainsFunc(these, func(t desired.Secret) bool { return slices.Equal(s.Path, t.Path) }) {
			out = append(out, s)
		}
	}
	return out
}

// allSecrets are those of any of the documents, one of each place: what stands there in
// another document may be one, too.
func allSecrets(lists ...[]desired.Document) (out []desired.Secret) {
	seen := map[string]bool{}
	for _, list := range lists {
		for _, d := range list {
			for _, s := range d.Secrets {
				if key := strings.Join(s.Path, "\x00"); !seen[key] {
					seen[key], out = true, append(out, s)
				}
			}
		}
	}
	return out
}

// putDocument puts a whole document into an item.
func putDocument(item *change.DocumentItem, d bson.Raw, m *desired.Mask) {
	item.Document, item.Hidden = change.DocumentValue(m.Document(d)), hiddenIn(m, nil, doc.Value(d))
}
