package compiler

// What the rules change: every document as extracted beside what is wanted.
//
// In: a Workspace. Out: the documents that rules change, make or leave out, for
// each environment, weave and collection. The rules run as Compile runs them.

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// CollectionChanges is what the rules do to one collection in one environment.
type CollectionChanges struct {
	Weave, Environment string
	// Source and Destination are DATABASE.COLLECTION, safe for terminals.
	Source, Destination string
	// Extracted and Wanted are numbers of documents, Same of those that no rule changes.
	Extracted, Wanted, Same int
	// Documents are those changed or made, by identity, then those left out, as extracted.
	Documents []DocumentChanges
}

// What the rules do to a document.
const (
	ChangeDocument  = "change"
	MakeDocument    = "make"
	LeaveOutExtract = "leave-out"
)

// DocumentChanges is one document that is not wanted as it was extracted.
type DocumentChanges struct {
	Action string
	// Document is what identifies it, for people.
	Document string
	// Origin is the place of the `document` statement that makes it.
	Origin string
	// Fields are the differing ones of a changed document.
	Fields []FieldChange
}

// Diff finds what the rules change. The result is nil exactly when there are errors.
func (w *Workspace) Diff(ctx context.Context, o Options) (_ []CollectionChanges, diags diag.List) {
	doing := "comparing documents"
	defer recovered(&doing, &diags)
	jobs, _, diags := w.run(ctx, o)
	if diags.HasErrors() {
		return nil, diags
	}
	out := []CollectionChanges{}
	for _, j := range jobs {
		for _, u := range j.units {
			if u.done != nil {
				out = append(out, u.changes())
			}
		}
	}
	return out, diags
}

// changes compares the documents of a unit that ran.
func (u *unit) changes() CollectionChanges {
	env := u.job.environment
	c := CollectionChanges{
		Weave: u.job.weave.Module.Name, Environment: env,
		Source: diag.Safe(u.key().source+"."+u.key().name, 200), Destination: diag.Safe(u.sync.Database[env]+"."+u.sync.Destination, 200),
		Extracted: len(u.data.documents), Wanted: len(u.frozen),
	}
	for i, d := range u.frozen {
		position := u.done.order[i]
		if position >= len(u.data.documents) {
			c.Documents = append(c.Documents, DocumentChanges{Action: MakeDocument, Document: u.documentName(position), Origin: d.Origin})
			continue
		}
		fields := Changes(u.data.documents[position], filledIn(d))
		if len(fields) == 0 {
			c.Same++
			continue
		}
		c.Documents = append(c.Documents, DocumentChanges{Action: ChangeDocument, Document: u.documentName(position), Fields: fields})
	}
	for i := range u.data.documents {
		if u.done.documents[i] == nil {
			c.Documents = append(c.Documents, DocumentChanges{Action: LeaveOutExtract, Document: u.documentName(i)})
		}
	}
	return c
}

// filledIn is a wanted document with words where the artefact fills values in,
// as the rules write them: "Bearer ${secret('TOKEN')}".
func filledIn(d desired.Document) bson.Raw {
	words := map[string]string{}
	for _, s := range d.Secrets {
		var b strings.Builder
		for _, p := range s.Parts {
			if p.Name != "" {
				fmt.Fprintf(&b, "${secret('%s')}", p.Name)
			} else {
				b.WriteString(p.Text)
			}
		}
		words[strings.Join(s.Path, "\x00")] = b.String()
	}
	for _, l := range d.Links {
		var identity []string
		for _, v := range l.Identity {
			identity = append(identity, doc.Show(v, 60))
		}
		words[strings.Join(l.Path, "\x00")] = fmt.Sprintf("${_id of %s.%s %s}", l.Database, l.Collection, strings.Join(identity, ", "))
	}
	if len(words) == 0 {
		return d.Raw
	}
	return withWords(d.Raw, nil, words)
}

// withWords writes strings over the values at paths, positions in decimal.
func withWords(d bson.Raw, at []string, words map[string]string) bson.Raw {
	b := doc.NewBuilder(len(d) + 64)
	for name, v := range doc.Fields(d) {
		here := append(slices.Clone(at), name)
		if text, ok := words[strings.Join(here, "\x00")]; ok {
			b.AppendString(name, text)
			continue
		}
		if v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray {
			v.Value = withWords(v.Value, here, words)
		}
		b.Append(name, v)
	}
	return b.Raw()
}

// elementName is how a path names an element by its key: [sku: "a"].
func elementName(key string, v bson.RawValue) string {
	return "[" + doc.Path{key}.String() + ": " + doc.Show(v, 40) + "]"
}

func position(i int) string { return "[" + strconv.Itoa(i) + "]" }
