package capture

// What differs. In: the destination compared with what is wanted; out: an item for each
// difference that is to be captured, with the forms that could say it.

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// target is a collection of the environment.
type target struct {
	weave    string
	module   *check.Module
	job      *job.Finished
	unit     *rules.Unit
	outcome  *rules.Outcome // nil: it has no documents
	database string         // as the weave names it
	ns       stores.Namespace
	// ambiguous: another source has a collection of the name.
	ambiguous bool
	taken     map[string]bool // names that are no field's
	known     []doc.Path      // of fields that a rule may `set`
	positions map[string]int  // of wanted documents in the outcome, by the key of their identity
	steps     map[int][]step  // what statements did to a document, by its position
}

// prepare finds the collections of the environment.
func (c *capturer) prepare(ctx context.Context) error {
	for _, j := range c.base.jobs {
		if j.Environment != c.o.Environment || len(c.o.Weaves) > 0 && !slices.Contains(c.o.Weaves, j.Weave.Module.Name) {
			continue
		}
		for _, u := range j.Units {
			database, collection := u.Destination()
			t := &target{
				weave: j.Weave.Module.Name, module: j.Weave.Module, job: j, unit: u, outcome: j.Done.Of(u), database: database,
				ns: stores.Namespace{Database: database, Collection: collection}, taken: names(j.Weave.Module), positions: map[string]int{}, steps: map[int][]step{},
			}
			if f := u.Target.FanOut; f != nil {
				t.taken[f.Name.Text] = true
			}
			t.ambiguous = slices.ContainsFunc(j.Units, func(o *rules.Unit) bool {
				return o.Key() != u.Key() && o.Key().Name == u.Key().Name
			})
			if t.outcome != nil {
				t.known = t.outcome.Paths()
				for n, d := range t.outcome.Documents {
					t.positions[keyOf(doc.Value(identityOf(u.By, d.Raw)))] = n
				}
			}
			c.targets = append(c.targets, t)
		}
	}
	return c.count(ctx)
}

// identityOf is the identity of a document as reports have it.
func identityOf(by []doc.Path, d bson.Raw) bson.Raw {
	b := new(doc.Builder)
	for _, p := range by {
		if v, ok := doc.Get(d, p); ok {
			b.Append(p.String(), v)
		}
	}
	return b.Raw()
}

// keyOf is equal for identities that are the same.
func keyOf(identity bson.RawValue) string {
	d, ok := identity.DocumentOK()
	if !ok {
		return ""
	}
	var values []bson.RawValue
	for _, v := range doc.Fields(d) {
		values = append(values, v)
	}
	return doc.Key(values...)
}

// wanted is the document of an identity in what was compiled; nil: there is none.
func (t *target) wanted(now *compiled, key string) *desired.Document {
	for _, s := range now.states {
		if s.Weave != t.weave || s.Environment != t.job.Environment {
			continue
		}
		for _, n := range s.Collections {
			if n.Database != t.database || n.Name != t.ns.Collection {
				continue
			}
			if at, ok := t.positions[key]; ok && at < len(n.Documents) && keyOf(doc.Value(identityOf(t.unit.By, n.Documents[at].Raw))) == key {
				return &n.Documents[at]
			}
			for i := range n.Documents {
				if keyOf(doc.Value(identityOf(t.unit.By, n.Documents[i].Raw))) == key {
					return &n.Documents[i]
				}
			}
		}
	}
	return nil
}

// find compares the destination with what is wanted now. What was accepted and still
// differs is among the items, in its next form.
func (c *capturer) find(ctx context.Context) ([]*item, error) {
	var found []*item
	c.unclear = 0
	for _, s := range c.now.states {
		if s.Environment != c.o.Environment || len(c.o.Weaves) > 0 && !slices.Contains(c.o.Weaves, s.Weave) {
			continue
		}
		report, err := c.to.Plan(ctx, s)
		if err != nil {
			return nil, err
		}
		if report.Failure != nil {
			return nil, errors.New(report.Failure.Message)
		}
		for n := range report.Collections { // links lead to others, wherever the run was led to
			if t := c.target(s, &report.Collections[n]); t != nil {
				t.ns.Database = report.Collections[n].Database
			}
		}
		for n := range report.Collections {
			r := &report.Collections[n]
			t := c.target(s, r)
			if t == nil || !c.asked(t) {
				continue
			}
			items, err := c.ofCollection(ctx, s, t, r, report.Conflicts)
			if err != nil {
				return nil, err
			}
			found = append(found, items...)
		}
	}
	var out []*item
	for _, i := range found {
		was := c.known(i)
		switch {
		case was == nil && len(i.forms) == 0:
			c.leave(i, "it cannot be said in the language")
		case was == nil:
			out = append(out, i)
		case slices.Contains(c.accepted, was):
			c.accepted, c.stale = slices.DeleteFunc(c.accepted, func(a *item) bool { return a == was }), true
			was.next("the destination would still differ")
			out = append(out, was)
		}
	}
	return out, nil
}

// target is the collection that a report is about. One statement can be about several
// databases, and a run can be led to another one.
func (c *capturer) target(s *desired.State, r *change.CollectionReport) *target {
	var found *target
	for _, t := range c.targets {
		if t.weave != s.Weave || t.ns.Collection != r.Collection || t.unit.Target.FanOut == nil && t.unit.Target.Destination != r.Collection {
			continue
		}
		switch {
		case t.database == r.Database:
			return t
		case found == nil && slices.ContainsFunc(s.Collections, func(n *desired.Collection) bool {
			return n.Database == t.database && n.Name == r.Collection && n.Origin == r.Origin
		}):
			found = t
		}
	}
	return found
}

// asked reports whether a collection is one of those that are captured.
func (c *capturer) asked(t *target) bool {
	is := func(name string) bool {
		return slices.Contains([]string{t.ns.Collection, t.ns.String(), t.unit.Key().Name, t.unit.Key().Source + "." + t.unit.Key().Name}, name)
	}
	if len(c.o.Collections) > 0 && !slices.ContainsFunc(c.o.Collections, is) {
		return false
	}
	if len(c.o.Documents) == 0 {
		return true
	}
	for _, s := range c.o.Documents {
		if is(s.Collection) {
			return true
		}
	}
	return false
}

// named reports whether a document is one of those that were named; without any, every one is.
func (c *capturer) named(t *target, sides ...bson.Raw) bool {
	if len(c.o.Documents) == 0 {
		return true
	}
	for _, s := range c.o.Documents {
		if !slices.Contains([]string{t.ns.Collection, t.ns.String(), t.unit.Key().Name, t.unit.Key().Source + "." + t.unit.Key().Name}, s.Collection) {
			continue
		}
		if slices.ContainsFunc(sides, func(d bson.Raw) bool { return d != nil && s.Matches(d) }) {
			return true
		}
	}
	return false
}

// drifted reports whether a difference is to be captured by its cause.
func (c *capturer) drifted(cause string) bool {
	switch {
	case c.o.All || len(c.o.Documents) > 0 || cause == "destination" || cause == "both":
		return true
	case cause == "":
		c.unclear++
	}
	return false
}

// ofCollection are the items of one collection.
func (c *capturer) ofCollection(ctx context.Context, s *desired.State, t *target, r *change.CollectionReport, conflicts []change.Conflict) ([]*item, error) {
	if c.o.Structure {
		return c.structure(ctx, s, t, r)
	}
	there, err := c.read(ctx, t, r)
	if err != nil {
		return nil, err
	}
	var out []*item
	for n := range r.Documents {
		d := &r.Documents[n]
		i := item{of: t, document: named(d.Identity.RawValue), key: keyOf(d.Identity.RawValue), since: d.Since}
		i.identity, _ = d.Identity.DocumentOK()
		var wanted bson.Raw
		if w := t.wanted(c.now, i.key); w != nil {
			wanted = w.Raw
		}
		found := there[string(doc.Key(d.ID.RawValue))]
		if !c.named(t, found, wanted) {
			continue
		}
		switch d.Action {
		case "update":
			changes, err := c.changes(ctx, t, i, d, wanted, found)
			if err != nil {
				return nil, err
			}
			out = append(out, changes...)
		case "insert":
			if c.drifted(d.Cause) {
				i.kind, i.whole = "missing", wanted
				i.forms, i.reason = t.exclude(&i)
				out = append(out, &i)
			}
		case "delete":
			if c.drifted(d.Cause) {
				i.kind = "more"
				i.forms, i.reason = t.more(&i, found)
				out = append(out, &i)
			}
		case "move":
			if c.drifted("") {
				i.kind, i.reason = "value", "the rules move the document to another identity, which the destination has not done yet"
				out = append(out, &i)
			}
		}
	}
	if out, err = moves(ctx, c, t, r, out); err != nil {
		return nil, err
	}
	more, err := c.conflicts(ctx, t, conflicts)
	if err != nil {
		return nil, err
	}
	out = append(out, more...)
	unwanted, err := c.unwanted(ctx, t, r)
	if err != nil {
		return nil, err
	}
	out = append(out, unwanted...)
	c.preferred(t, r, out)
	return out, nil
}

// named is an identity for people.
func named(identity bson.RawValue) string {
	d, ok := identity.DocumentOK()
	if !ok {
		return ""
	}
	var parts []string
	for name, v := range doc.Fields(d) {
		parts = append(parts, diag.Safe(name, 80)+" "+doc.Show(v, 120))
	}
	return strings.Join(parts, ", ")
}

// preferred puts `preserve` first for a field that differs in most of the documents and has
// another value in each: the destination's own.
func (c *capturer) preferred(t *target, r *change.CollectionReport, items []*item) {
	const few = 3
	of := map[string][]*item{}
	for _, i := range items {
		if i.kind == "value" && len(i.forms) > 0 {
			of[i.path.String()] = append(of[i.path.String()], i)
		}
	}
	for _, same := range of {
		values := map[string]bool{}
		for _, i := range same {
			values[string(rune(i.value.Type))+string(i.value.Value)] = true
		}
		if len(same) < few || 2*len(same) <= r.Counts.Desired || len(values) < few {
			continue
		}
		own, ok := t.preserve(same[0].path)
		if !ok {
			continue
		}
		for _, i := range same {
			i.forms = append([]form{own}, i.forms...)
		}
	}
}
