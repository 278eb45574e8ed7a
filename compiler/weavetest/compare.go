package weavetest

// `expect` of a test against what the rules gave: which documents differ, and in which paths.

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// units are those of the collections; none when the rules were not run.
func (j *run) units() []*rules.Unit {
	if j.finished == nil {
		return nil
	}
	return j.finished.Units
}

// unit finds the unit of a collection.
func (j *run) unit(k workspace.Key) *rules.Unit {
	for _, u := range j.units() {
		if u.Key() == k {
			return u
		}
	}
	return nil
}

// documents are the finished ones of a collection, of a fan-out those of all databases.
func (j *run) documents(k workspace.Key) []desired.Document {
	var out []desired.Document
	for _, u := range j.units() {
		if o := j.finished.Done.Of(u); u.Key() == k && o != nil {
			out = append(out, o.Documents...)
		}
	}
	return out
}

// compare compares one expectation about documents with what came out.
func (j *run) compare(e *ast.Expected) diag.List {
	target, _ := j.expectedTarget(e)
	u := j.unit(target.Key(j.Environment))
	documents := j.documents(u.Key())
	want, errs := j.wanted(e, target)
	if len(errs) > 0 {
		return errs
	}
	if e.Counted {
		return j.compareCount(e, u, documents, want)
	}
	var failed diag.List
	for _, d := range documents {
		if !identifiedBy(want, d.Raw, u.By) || failed != nil && u.Target.FanOut == nil {
			continue
		}
		differences := value.Differences(want, d.Raw, secretParts(d), j.linkParts(d), e.Exactly)
		for _, p := range e.Without {
			if v := eval.ValueAt(d.Raw, p.FromRoot()); !v.Missing() {
				differences = append(differences, value.Difference{Path: eval.ShowPath(p.FromRoot()), Want: "nothing", Got: v.Show()})
			}
		}
		if len(differences) == 0 {
			return nil
		}
		f := j.failure(e.Span, "%s is not as expected", u.ResultName(d.Raw))
		for _, x := range differences {
			f.Notes = append(f.Notes, fmt.Sprintf("%s: expected %s, got %s", x.Path, x.Want, x.Got))
		}
		if failed == nil {
			failed = diag.List{f}
		}
	}
	if failed != nil {
		return failed
	}
	f := j.failure(e.Span, "no such document comes out: there is none with %s", wantedName(u, want))
	f.Notes = append(f.Notes, leftOut(u, want)...)
	f.Notes = append(f.Notes, "what came out: "+names(u, documents))
	return diag.List{f}
}

// compareCount compares a number of documents.
func (j *run) compareCount(e *ast.Expected, u *rules.Unit, documents []desired.Document, want value.Value) diag.List {
	matching := documents
	if e.Document != nil {
		matching = nil
		for _, d := range documents {
			if len(value.Differences(want, d.Raw, secretParts(d), j.linkParts(d), false)) == 0 {
				matching = append(matching, d)
			}
		}
	}
	if int64(len(matching)) == e.Count {
		return nil
	}
	wanted := fmt.Sprint(e.Count)
	if e.Count == 0 {
		wanted = "none"
	}
	what := "document" + words.Plural(len(matching))
	if e.Document != nil {
		what += " like this"
	}
	f := j.failure(e.Span, "expected %s, got %d %s", wanted, len(matching), what)
	if len(matching) > 0 {
		f.Notes = append(f.Notes, "there are: "+names(u, matching))
	}
	if len(matching) < len(documents) {
		f.Notes = append(f.Notes, "what came out: "+names(u, documents))
	}
	return diag.List{f}
}

// names lists documents by what identifies them.
func names(u *rules.Unit, documents []desired.Document) string {
	if len(documents) == 0 {
		return "no documents"
	}
	var parts []string
	for i, d := range documents {
		if i == rules.Shown {
			parts = append(parts, fmt.Sprintf("and %d more", len(documents)-i))
			break
		}
		parts = append(parts, u.ResultName(d.Raw))
	}
	return strings.Join(parts, "; ")
}

// wantedName is what identifies a wanted document.
func wantedName(u *rules.Unit, want value.Value) string {
	var parts []string
	for _, p := range u.By {
		v, _ := wantedAt(want, p)
		parts = append(parts, p.String()+" "+v.Show())
	}
	return strings.Join(parts, ", ")
}

// leftOut says which filters leave out a given document of the wanted identity.
func leftOut(u *rules.Unit, want value.Value) []string {
	var out []string
	for _, d := range u.Data.Documents {
		if !identifiedBy(want, d, u.By) {
			continue
		}
		for _, f := range u.Filters {
			if holds, err := f.Cond.Test(d); err == nil && holds == f.Stmt.Except {
				out = append(out, fmt.Sprintf("it was given, and `%s` leaves it out (%s)", diag.Safe(words.OneLine(f.Stmt.Span.Text()), 80), words.Line(f.Stmt.Span)))
			}
		}
	}
	return out
}

// identifiedBy reports whether a document has the identity of a wanted one.
func identifiedBy(want value.Value, d bson.Raw, by []doc.Path) bool {
	for _, p := range by {
		w, ok := wantedAt(want, p)
		v, has := doc.Get(d, p)
		if !ok || !has || !w.Equals(v) {
			return false
		}
	}
	return true
}

// wantedAt is the value of a wanted document at a path.
func wantedAt(want value.Value, p doc.Path) (value.Value, bool) {
	v := want
	for _, name := range p {
		next, ok := v.Fields()[name]
		if !ok {
			return value.Value{}, false
		}
		v = next
	}
	return v, true
}

// secretParts are the secrets of a finished document.
func secretParts(d desired.Document) []value.Secret {
	out := make([]value.Secret, len(d.Secrets))
	for i, s := range d.Secrets {
		out[i].Path = s.Path
		for _, p := range s.Parts {
			out[i].Parts = append(out[i].Parts, value.SecretPart{Text: p.Text, Name: p.Name})
		}
	}
	return out
}

// linkParts are the links of a finished document, as link(…) writes them.
func (j *run) linkParts(d desired.Document) []value.Link {
	out := make([]value.Link, len(d.Links))
	for i, l := range d.Links {
		name, database := l.Collection, l.Database
		for _, u := range j.units() {
			if t := u.Target; t.Database(j.Environment) == l.Database && t.Destination == l.Collection {
				name, database = t.Collection, (&workspace.Target{Target: t.Target}).Database(j.Environment) // as the rules say it
			}
		}
		out[i] = value.Link{Path: l.Path, Key: linkKey(database, l.Collection, l.Identity), Shown: shownLink(name, l.Identity)}
	}
	return out
}

// linkKey is the same for links to one document.
func linkKey(database, collection string, identity []bson.RawValue) string {
	return database + "\x00" + collection + "\x00" + doc.Key(identity...)
}

func shownLink(collection string, identity []bson.RawValue) string {
	parts := []string{diag.Quote(collection, 64)}
	for _, v := range identity {
		parts = append(parts, doc.Show(v, 60))
	}
	return "link(" + strings.Join(parts, ", ") + ")"
}
