// Package describe tells people what states and documents have: what differs
// between two sides (states.go; diff.go for what the rules change), where the
// values of one document come from, and what nobody wrote (defaults.go).
//
// In: states of two environments or revisions. Out: reports, as those of runs are
// (runtime/change). Values of secrets and of redacted fields are in none of it (masks.go).
package describe

import (
	"cmp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/structure"
)

// Structure is the structure of a collection as one document.
func Structure(options bson.Raw, indexes []bson.Raw) bson.Raw {
	b := doc.NewBuilder(256)
	if len(options) > 0 {
		b.AppendDocument("options", options)
	}
	values := make([]bson.RawValue, len(indexes))
	for i, index := range indexes {
		values[i] = bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: index}
	}
	return b.AppendArray("indexes", values...).Raw()
}

// sets are settings of which the order says nothing.
var sets = []string{"preserve", "ignore", "absent", "redact", "omit", "secrets", "indexes", "dropIndexes", "moves", "links", "inputs"}

// settingsBetween are the changes of settings; sets in another order are the same.
func settingsBetween(before, after bson.Raw) []change.Change {
	return slices.DeleteFunc(between.Documents(before, after, between.Sides{}), func(c change.Change) bool {
		if len(c.At) > 0 && c.At[0].Field == "options" {
			inside := c
			inside.At = c.At[1:]
			return structure.InAnyOrder(inside)
		}
		ordered := c.Kind == change.KindOrdered && len(c.At) == 1 || c.Kind == change.KindMoved && len(c.At) == 2
		return ordered && slices.Contains(sets, c.At[0].Field)
	})
}

// DiffStates compares what is wanted by states of the two sides of a comparison, of
// revisions or environments: a report of each weave in each environment, of
// environments one of each weave. Collections come in the order of the second side's,
// then those that only the first has.
func DiffStates(before, after []*desired.State, c change.Comparison) []*change.Report {
	across := c.Kind == "environments"
	out := []*change.Report{}
	of := func(in []*desired.State, s *desired.State) *desired.State {
		i := slices.IndexFunc(in, func(o *desired.State) bool {
			return o.Weave == s.Weave && (across || o.Environment == s.Environment)
		})
		if i < 0 {
			return nil
		}
		return in[i]
	}
	for _, s := range after {
		out = append(out, diffState(of(before, s), s, c))
	}
	for _, s := range before {
		if of(after, s) == nil {
			out = append(out, diffState(s, nil, c))
		}
	}
	return out
}

// diffState compares two states of one weave; one of them may be nil.
func diffState(before, after *desired.State, sides change.Comparison) *change.Report {
	across := sides.Kind == "environments"
	empty := &desired.State{}
	a, b := cmp.Or(before, empty), cmp.Or(after, empty)
	r := newReport(cmp.Or(b.Weave, a.Weave), cmp.Or(b.Environment, a.Environment), sides)
	r.Settings = settingsBetween(a.Settings(), b.Settings())
	// In two environments the databases differ, the statement is the same one.
	ofA, ofB := memberNames(a), memberNames(b)
	same := func(c, d *desired.Collection) bool { // in both orders
		if across {
			return c.Name == d.Name && c.Origin == d.Origin && cmp.Or(ofA[c.Database], ofB[c.Database]) == cmp.Or(ofA[d.Database], ofB[d.Database])
		}
		return c.Namespace() == d.Namespace()
	}
	// So do those of the collections that are linked to, and what one revision changes is
	// to be the same in each environment.
	target := func(l desired.LinkedID) string { return targetOf(a, b, l) }
	old := linked{target: target, by: func(l desired.LinkedID) []doc.Path { return identityIn(a, l) }}
	now := linked{target: target, by: func(l desired.LinkedID) []doc.Path { return identityIn(b, l) }}
	other := func(in *desired.State, c *desired.Collection) *desired.Collection {
		if i := slices.IndexFunc(in.Collections, func(d *desired.Collection) bool { return same(c, d) }); i >= 0 {
			return in.Collections[i]
		}
		return nil
	}
	for _, c := range b.Collections {
		r.Collections = append(r.Collections, diffCollection(other(a, c), c, old, now))
	}
	for _, c := range a.Collections {
		if other(b, c) == nil {
			r.Collections = append(r.Collections, diffCollection(c, nil, old, now))
		}
	}
	settle(r)
	fanOut(r, slices.Concat(a.Apart, b.Apart))
	if across {
		r.Databases = slices.DeleteFunc(r.Databases, func(d change.DatabaseItem) bool { return !slices.Contains(b.Apart, d.Database) })
	}
	return r
}

// memberNames tell the databases of fan-outs apart in every environment: their names
// without what all begin with, up to a character that is no letter or digit.
func memberNames(s *desired.State) map[string]string {
	if len(s.Apart) == 0 {
		return nil
	}
	common := s.Apart[0]
	for _, name := range s.Apart {
		for !strings.HasPrefix(name, common) {
			common = common[:len(common)-1]
		}
	}
	common = strings.TrimRightFunc(common, func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	out := map[string]string{}
	for _, name := range s.Apart {
		out[name] = "\x00" + strings.TrimPrefix(name, common)
	}
	return out
}

// targetOf names a link's collection without its database, which is another
// one in each environment; with it where a state has two collections of the name.
func targetOf(a, b *desired.State, l desired.LinkedID) string {
	for _, s := range []*desired.State{a, b} {
		if slices.Contains(s.Apart, l.Database) {
			return l.Collection // of the same database
		}
		n := 0
		for _, c := range s.Collections {
			if c.Name == l.Collection {
				n++
			}
		}
		if n > 1 {
			return Namespace(l)
		}
	}
	return l.Collection
}

// identityIn are the paths that identify the document that a link goes to.
func identityIn(s *desired.State, l desired.LinkedID) []doc.Path {
	for _, c := range s.Collections {
		if c.Database == l.Database && c.Name == l.Collection {
			return c.Identity
		}
	}
	return nil
}

// diffCollection compares what two states want of a collection; one of them may
// be nil. old and now say what the links of each go to.
func diffCollection(before, after *desired.Collection, old, now linked) change.CollectionReport {
	a, b := cmp.Or(before, &desired.Collection{}), cmp.Or(after, &desired.Collection{})
	left, right := new(doc.Builder).Raw(), new(doc.Builder).Raw()
	one := cmp.Or(after, before)
	old.database, now.database, old.shown, now.shown = a.Database, b.Database, one.Database, one.Database
	c := change.CollectionReport{
		Database: one.Database, Collection: one.Name, Origin: one.Origin, Mode: string(one.Mode), Missing: before == nil, Gone: after == nil,
		Counts: change.Counts{Desired: len(b.Documents)}, Indexes: []change.IndexItem{}, Documents: []change.DocumentItem{},
	}
	if before != nil {
		left = before.Settings()
		if before.Namespace() != one.Namespace() {
			c.From = before.Namespace()
		}
	}
	if after != nil {
		right = after.Settings()
	}
	c.Settings = settingsBetween(left, right)
	redact := slices.Concat(a.Redact, b.Redact)
	key := func(d desired.Document) string {
		var values []bson.RawValue
		for _, p := range one.Identity {
			v, _ := doc.Get(d.Raw, p)
			values = append(values, v)
		}
		return doc.Key(values...)
	}
	olds := make(map[string]*desired.Document, len(a.Documents))
	for i := range a.Documents {
		olds[key(a.Documents[i])] = &a.Documents[i]
	}
	news := make(map[string]bool, len(b.Documents))
	secrets := allSecrets(a.Documents, b.Documents)
	for _, d := range b.Documents {
		k := key(d)
		news[k] = true
		item := documentItem("insert", one.Identity, d.Raw, cmp.Or(d.Origin, c.Origin))
		if was := olds[k]; was == nil {
			putDocument(&item, WithWords(d, now.target), maskOf(redact, without(secrets, d.Secrets)))
			now.putLinks(&item, d)
		} else {
			known := withLinks(sides(redact, was.Secrets, d.Secrets), old, now, *was, d)
			item.Action, item.Changes = "update", between.Documents(WithWords(*was, old.target), WithWords(d, now.target), known)
			if len(item.Changes) == 0 {
				c.Counts.InSync++
				continue
			}
		}
		c.Documents = append(c.Documents, item)
	}
	for _, d := range a.Documents {
		if !news[key(d)] {
			item := documentItem("delete", one.Identity, d.Raw, cmp.Or(d.Origin, c.Origin))
			putDocument(&item, WithWords(d, old.target), maskOf(redact, without(secrets, d.Secrets)))
			old.putLinks(&item, d)
			c.Documents = append(c.Documents, item)
		}
	}
	return c
}
