package capture

// The statements that say a difference of one document. In: the document as it is wanted
// and as the destination has it; out: items with their forms, or why there are none.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

const (
	isSecret   = "a secret or a redacted field is in it, and its value is not for a weave"
	isSuspect  = "it looks like a secret, and its value is not for a weave: `redact` it, write `secret(…)` there, or say `not secret`"
	notThere   = "the document was not read again"
	ofIdentity = "it is the document's identity: `moved` says that it has another one"
)

// changes are the items of a document that both sides have.
func (c *capturer) changes(ctx context.Context, t *target, about item, d *change.DocumentItem, wanted, there bson.Raw) (out []*item, err error) {
	collection := t.collection(c.now)
	type group struct {
		path    doc.Path
		changes []*change.Change
	}
	var groups []*group
	for n := range d.Changes {
		x := &d.Changes[n]
		path := fields(x.At)
		ignored := slices.ContainsFunc(collection.Ignore, path.HasPrefix)
		if len(path) == 0 || ignored || !c.drifted(x.Cause) {
			continue
		}
		at := slices.IndexFunc(groups, func(g *group) bool { return slices.Equal(g.path, path) })
		if at < 0 {
			groups, at = append(groups, &group{path: path}), len(groups)
		}
		groups[at].changes = append(groups[at].changes, x)
	}
	for _, g := range groups {
		i := about
		i.kind, i.path, i.shown, i.since = "value", g.path, g.path.String(), g.changes[0].Since
		i.value, _ = doc.Get(there, g.path)
		hidden := slices.ContainsFunc(g.changes, func(x *change.Change) bool { return len(x.Hidden) > 0 || len(x.Unknown) > 0 })
		linked := slices.ContainsFunc(collection.Links, func(l desired.Link) bool { return linkPath(l).Overlaps(g.path) })
		switch {
		case there == nil || wanted == nil:
			i.reason = notThere
		case hidden:
			i.value, i.reason = bson.RawValue{}, isSecret
		case slices.ContainsFunc(t.unit.By, g.path.Overlaps):
			i.reason = ofIdentity
		case linked && i.value.Type != 0 && i.value.Type != bson.TypeNull:
			if i.forms, i.reason, err = linkedTo(ctx, c, t, &i, collection.Links); err != nil {
				return nil, err
			}
		case t.suspect(g.path, i.value):
			i.value, i.reason = bson.RawValue{}, isSuspect
		default:
			if f, ok := c.tracer.ruleForm(t, &i); ok {
				i.forms = append(i.forms, f)
			}
			owned := t.owned(collection, g.path)
			for _, bare := range []bool{true, false} {
				i.forms = append(i.forms, t.arrayForms(&i, owned, g.changes, wanted, there, bare)...)
			}
			if owned {
				i.reason = "of a list that the weave owns in part, only what its elements have in their fields can be said"
				break
			}
			for _, bare := range []bool{true, false} {
				f, err := t.set(&i, bare)
				if err != nil {
					i.reason = err.Error()
					continue
				}
				i.forms = append(i.forms, f)
			}
		}
		c.hosted(t, &i)
		out = append(out, &i)
	}
	return out, nil
}

// linkPath is a link's path up to the first array.
func linkPath(l desired.Link) doc.Path {
	if at := slices.Index(l.Steps, "[]"); at >= 0 {
		return l.Steps[:at]
	}
	return l.Steps
}

// fields is the part of a place that enters documents only.
func fields(at []change.Step) doc.Path {
	var p doc.Path
	for _, s := range at {
		if s.Element != nil {
			break
		}
		p = append(p, s.Field)
	}
	return p
}

// collection is what is wanted of the target.
func (t *target) collection(now *compiled) *desired.Collection {
	for _, s := range now.states {
		if s.Weave != t.weave || s.Environment != t.job.Environment {
			continue
		}
		for _, n := range s.Collections {
			if n.Database == t.database && n.Name == t.ns.Collection {
				return n
			}
		}
	}
	return &desired.Collection{}
}

// owned reports whether a list is the weave's in part only.
func (t *target) owned(n *desired.Collection, path doc.Path) bool {
	return slices.ContainsFunc(n.Lists, func(l desired.List) bool { return slices.Equal(l.Path, path) })
}

// suspect reports whether a value looks like a secret, by the rule of extract.
func (t *target) suspect(path doc.Path, v bson.RawValue) bool {
	if v.Type == 0 {
		return false
	}
	d := doc.NewBuilder(len(v.Value)+32).Append(path[len(path)-1], v).Raw()
	for n := len(path) - 2; n >= 0; n-- {
		d = doc.NewBuilder(len(d)+32).AppendDocument(path[n], d).Raw()
	}
	return t.secrets(d)
}

func (t *target) secrets(d bson.Raw) bool {
	var known []desired.Pattern
	for _, l := range slices.Concat(t.unit.Policy.NotSecret, t.unit.Policy.LeftOut) {
		known = append(known, l.Desired())
	}
	return len(redact.Secrets([]bson.Raw{d}, known, nil)) > 0
}

// writer is one for the target's weave.
func (t *target) writer(bare bool) *writer { return &writer{bare: bare, taken: t.taken} }

// set writes the value of an item at its path, or takes it away.
func (t *target) set(i *item, bare bool) (form, error) {
	w := t.writer(bare)
	path, err := w.path("", i.path)
	if err != nil {
		return form{}, err
	}
	f := form{how: ByAmend, where: true, exact: true, text: "remove " + path}
	if i.value.Type == 0 {
		return f, nil
	}
	value, err := w.literal(i.value)
	if err != nil {
		return form{}, err
	}
	word := "create "
	if t.writable(i.path) {
		word = "set "
	}
	f.text = word + path + " = " + value
	return f, nil
}

// writable reports whether a path is known to the rules.
func (t *target) writable(p doc.Path) bool {
	return slices.ContainsFunc(t.known, func(k doc.Path) bool { return slices.Equal(k, p) })
}

// preserve leaves a path to the destination.
func (t *target) preserve(p doc.Path) (form, bool) {
	path, err := t.writer(true).path("", p)
	if err != nil || slices.ContainsFunc(t.unit.By, p.Overlaps) {
		return form{}, false
	}
	return form{how: ByPreserve, text: "preserve " + path}, true
}

// only are the forms for a field that neither the source nor a rule has.
func (c *capturer) only(t *target, i *item) (forms []form, reason string) {
	if f, ok := t.preserve(i.path); ok {
		forms = append(forms, f)
	}
	if t.suspect(i.path, i.value) {
		i.value = bson.RawValue{}
		return forms, isSuspect
	}
	for _, bare := range []bool{true, false} {
		f, err := t.set(i, bare)
		if err != nil {
			return forms, err.Error()
		}
		forms = append(forms, f)
	}
	return forms, ""
}

// exclude leaves a document out that the destination has not any more.
func (t *target) exclude(i *item) ([]form, string) {
	at, ok := t.positions[i.key]
	if !ok {
		return nil, "the document was not found among those of the rules"
	}
	n := t.outcome.Order[at]
	if n >= len(t.unit.Data.Documents) { // a rule makes it
		stmt := t.unit.Literals[n-len(t.unit.Data.Documents)].Stmt
		return []form{{how: ByExclude, edit: wholeLines(stmt.Span)}}, ""
	}
	extracted := t.unit.Data.Documents[n]
	w := t.writer(true)
	// By the fields of the identity as they were extracted, where they tell it apart; else by `_id`.
	for _, by := range [][]doc.Path{t.unit.By, {{"_id"}}} {
		text, path, err := t.telling(w, by, extracted)
		if err != nil {
			return nil, err.Error()
		}
		if text != "" {
			return []form{{how: ByExclude, text: text, by: path}}, ""
		}
	}
	return nil, "nothing tells the extracted document apart"
}

// telling is a condition that holds for one extracted document alone; empty: there is none.
// Of one path it is the value, beside the path.
func (t *target) telling(w *writer, by []doc.Path, d bson.Raw) (text, path string, err error) {
	values := func(d bson.Raw) (out []bson.RawValue) {
		for _, p := range by {
			if v, ok := doc.Get(d, p); ok && v.Type != bson.TypeArray && v.Type != bson.TypeNull {
				out = append(out, v)
			}
		}
		return out
	}
	own := values(d)
	if len(own) < len(by) {
		return "", "", nil
	}
	same := 0
	for _, other := range t.unit.Data.Documents {
		if o := values(other); len(o) == len(by) && doc.Key(o...) == doc.Key(own...) {
			same++
		}
	}
	if same != 1 {
		return "", "", nil
	}
	texts, paths, err := t.equal(w, by, own)
	if err != nil {
		return "", "", err
	}
	if len(by) == 1 {
		return texts[0], paths[0], nil
	}
	return joined(paths, texts), "", nil
}

// equal are the texts of values and of their paths.
func (t *target) equal(w *writer, by []doc.Path, values []bson.RawValue) (texts, paths []string, err error) {
	for n, p := range by {
		path, err := w.path("", p)
		if err != nil {
			return nil, nil, err
		}
		text, err := w.literal(values[n])
		if err != nil {
			return nil, nil, err
		}
		texts, paths = append(texts, text), append(paths, path)
	}
	return texts, paths, nil
}

// joined is the condition that each path has its value.
func joined(paths, values []string) string {
	parts := make([]string, len(paths))
	for n := range paths {
		parts[n] = paths[n] + " == " + values[n]
	}
	return strings.Join(parts, " and ")
}

// more writes a document that only the destination has.
func (t *target) more(i *item, there bson.Raw) ([]form, string) {
	if there == nil {
		return nil, notThere
	}
	byID := slices.ContainsFunc(t.unit.By, func(p doc.Path) bool { return p[0] == "_id" })
	if !byID {
		there = doc.Without(there, "_id")
	}
	redacted, omitted := t.unit.Policy.LeftOutPatterns()
	there = redact.LeaveOut(there, slices.Concat(redacted, omitted))
	if t.secrets(there) {
		return nil, isSuspect
	}
	i.value = doc.Value(there)
	var out []form
	for _, bare := range []bool{true, false} {
		w := t.writer(bare)
		w.created = func(at doc.Path) bool { return !t.writable(at) && !(len(at) == 1 && at[0] == "_id") }
		text, err := w.literal(i.value)
		if err != nil {
			return nil, err.Error()
		}
		out = append(out, form{how: ByDocument, text: "document " + text})
	}
	return out, ""
}

// member is a condition for the database of a fan-out that the target is of.
func (t *target) member(condition string) string {
	m := t.unit.Target.Member
	if m == nil {
		return condition
	}
	var all []bson.Raw
	for _, u := range t.job.Units {
		if o := u.Target; o.FanOut == t.unit.Target.FanOut && o.Member != nil && !slices.ContainsFunc(all, func(d bson.Raw) bool { return slices.Equal(d, o.Member.Document) }) {
			all = append(all, o.Member.Document)
		}
	}
	for name, v := range doc.Fields(m.Document) {
		switch v.Type {
		case bson.TypeString, bson.TypeInt32, bson.TypeInt64, bson.TypeObjectID:
		default:
			continue
		}
		alike := 0
		for _, d := range all {
			if o, ok := doc.Get(d, doc.Path{name}); ok && doc.Same(o, v) {
				alike++
			}
		}
		w := t.writer(true)
		path, err := w.path(t.unit.Target.FanOut.Name.Text, doc.Path{name})
		text, wrong := w.literal(v)
		if alike != 1 || err != nil || wrong != nil {
			continue
		}
		if condition == "" {
			return path + " == " + text
		}
		return path + " == " + text + " and " + condition
	}
	return condition
}

// condition is what `where` asks of documents: their identities; empty: they are all there are.
func (t *target) condition(documents [][]*item) string {
	w := t.writer(true)
	if t.outcome != nil && len(documents) > 1 && len(documents) == len(t.outcome.Documents) {
		return t.member("")
	}
	var one, any []string
	path := ""
	for _, d := range documents {
		var values []bson.RawValue
		for _, v := range doc.Fields(d[0].identity) {
			values = append(values, v)
		}
		texts, paths, err := t.equal(w, t.unit.By, values)
		if err != nil || len(values) != len(t.unit.By) {
			return "false" // never: such a document has no form
		}
		path = paths[0]
		one, any = append(one, texts[0]), append(any, joined(paths, texts))
	}
	switch {
	case len(any) == 1:
		return t.member(any[0])
	case len(t.unit.By) == 1:
		return t.member(path + " in [" + strings.Join(one, ", ") + "]")
	}
	return t.member("(" + strings.Join(any, " or ") + ")")
}

// hosted gives forms the amendment that has written at the same place of the document: two
// of them may not write one path. An identity that cannot be written leaves none.
func (c *capturer) hosted(t *target, i *item) {
	var values []bson.RawValue
	for _, v := range doc.Fields(i.identity) {
		values = append(values, v)
	}
	if _, _, err := t.equal(t.writer(true), t.unit.By, append(values, make([]bson.RawValue, len(t.unit.By))...)[:len(t.unit.By)]); err != nil {
		i.forms = slices.DeleteFunc(i.forms, func(f form) bool { return f.where })
		i.reason = fmt.Sprintf("its document cannot be named: %s", err)
		return
	}
	host := c.tracer.writtenIn(t, i)
	for n := range i.forms {
		if i.forms[n].where {
			i.forms[n].host = host
		}
	}
}

// literalOf is the `document` that makes a document; nil: it was extracted.
func (t *target) literalOf(key string) *rules.Literal {
	at, ok := t.positions[key]
	if !ok || t.outcome == nil {
		return nil
	}
	if n := t.outcome.Order[at] - len(t.unit.Data.Documents); n >= 0 {
		return &t.unit.Literals[n]
	}
	return nil
}
