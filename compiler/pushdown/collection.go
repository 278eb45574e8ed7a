package pushdown

// A collection as pipelines that a cluster runs by itself: what is wanted of the source,
// beside what the destination has, in a collection of work; and from there to the
// destination, guarded.
//
// A document of the collection of work is {_id: the identity, w: wanted, s: as the
// destination had it, f: the fault of the rules, twice: two have this identity, x: what
// the destination alone has in the scope of prune, now: the same while it is deleted,
// done: false, "prune" for one with x, the number of its range where there is something to
// write, or true when it was deleted, z: with the number, insert, update or deep: an update
// of a document that is nested deeper than Shallow}.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Depth is how deep documents within documents are merged, and looked at for types. One
// that is nested deeper is at fault in the modes that merge.
const Depth = 6

// Shallow is how deep most documents are nested. Servers may read the pipeline of `$merge`
// anew for each document, so that it is a small one for these.
const Shallow = 1

const limitDepth = Limit + "nested-deeper-than-6"

// Names of fields of what `$merge` is given; it is never written.
const (
	wantedField = "mongocd_wanted"
	seenField   = "mongocd_seen"
)

// Collection is a collection of a weave as pipelines.
type Collection struct {
	// Source and Into are [database, collection].
	Source, Into [2]string
	Origin       string
	// On are the names of the fields that identify a document.
	On   []string
	Mode desired.Mode
	// Read leaves of the source what the rules read.
	Read bson.A
	// Lookups are the collections that lookups read, in the database of the source.
	Lookups []string
	// Wanted goes from the source into work, Found from the destination into work.
	Wanted, Found bson.A
	// State says of a document of work what is to be done: fault, twice, beside, inside,
	// prune, insert, update, same.
	State any
	// Beside are the paths of fields that stand in the way of `mode replace`, each a list
	// of names; nil in other modes.
	Beside any
	// Inserts and Updates make of documents of work what `$merge` is given.
	Inserts, Updates bson.A
	// WhenMatched is the pipeline of `$merge` for updates.
	WhenMatched bson.A
	// Deep says of a document of work whether WhenMatchedDeep is that for it instead; nil: never.
	Deep            any
	WhenMatchedDeep bson.A
	// Prune is nil where nothing is deleted.
	Prune *Prune
}

// Pipelines are the parts that runtime/pipeline runs, by their names there.
func (c *Collection) Pipelines() bson.D {
	out := bson.D{{Key: "wanted", Value: c.Wanted}, {Key: "found", Value: c.Found}, {Key: "state", Value: c.State},
		{Key: "inserts", Value: c.Inserts}, {Key: "updates", Value: c.Updates}, {Key: "whenMatched", Value: c.WhenMatched}}
	if c.Beside != nil {
		out = append(out, bson.E{Key: "beside", Value: c.Beside})
	}
	if c.Deep != nil {
		out = append(out, bson.E{Key: "deep", Value: c.Deep}, bson.E{Key: "whenMatchedDeep", Value: c.WhenMatchedDeep})
	}
	if p := c.Prune; p != nil {
		out = append(out, bson.E{Key: "prune", Value: bson.D{{Key: "origin", Value: p.Origin}, {Key: "atMost", Value: p.AtMost}, {Key: "percent", Value: p.Percent},
			{Key: "scope", Value: p.Scope}, {Key: "candidates", Value: p.Candidates}, {Key: "look", Value: p.Look}, {Key: "changed", Value: p.Changed}}})
	}
	return out
}

// Policies are what becomes of the destination's documents.
type Policies struct {
	On                       []string
	Mode                     desired.Mode
	Preserve, Ignore, Absent []doc.Path
	// LeftOut are paths that are not read in the source and are the destination's own.
	LeftOut []doc.Path
	// Known are the paths that documents of the sample have before or after the rules.
	Known []doc.Path
	Prune *desired.Prune
}

// Merge adds what goes from the rules into the destination.
func (c *Collection) Merge(rules Program, p Policies) {
	m := &merger{compiler: compiler{root: "$$ROOT"}, Policies: p}
	m.Preserve = append(append([]doc.Path{}, p.Preserve...), p.LeftOut...)
	c.On, c.Mode, c.Lookups = p.On, p.Mode, rules.Reads
	c.Wanted = bson.A{}
	if len(p.LeftOut) > 0 {
		c.Wanted = append(c.Wanted, of("replaceWith", m.stripped("$$ROOT", p.LeftOut)))
	}
	c.Read = append(c.Wanted[:len(c.Wanted):len(c.Wanted)], rules.Selection...)
	c.Wanted = append(append(c.Wanted, rules.Stages...), m.keyed(c.Origin)...)
	c.Found = bson.A{
		of("match", bson.D{{Key: "$expr", Value: not(m.keyless("$$ROOT"))}}),
		of("replaceWith", bson.D{{Key: "_id", Value: m.key("$$ROOT")}, {Key: "s", Value: "$$ROOT"}}),
	}
	if p.Mode == desired.Replace {
		c.Beside = m.beside("$s", "$w", m.fields(), nil, Depth)
	}
	c.State = choose("same",
		branch{eq(typeOf("$f"), "object"), "fault"},
		branch{eq("$twice", true), "twice"},
		branch{eq(typeOf("$x"), "object"), "prune"},
		branch{eq(typeOf("$s"), "missing"), "insert"},
		branch{m.inside("$s", "$w"), "inside"},
		branch{some(c.Beside), "beside"},
		branch{m.differs("$s", "$w"), "update"})
	if p.Prune != nil {
		c.Prune = m.prune(p.Prune)
	}
	c.Inserts = bson.A{of("replaceWith", "$w")}
	given := bson.D{}
	for _, name := range p.On {
		given = append(given, bson.E{Key: name, Value: "$w." + name})
	}
	given = append(given, bson.E{Key: wantedField, Value: m.owned("$w")}, bson.E{Key: seenField, Value: m.let(m.owned("$w"), func(w string) any { return m.ofWeave("$s", w, Depth) })})
	c.Updates = bson.A{of("replaceWith", given)}
	if !m.merges() {
		c.WhenMatched = m.guarded(Depth)
		return
	}
	c.WhenMatched = m.guarded(Shallow)
	c.Deep, c.WhenMatchedDeep = m.deeper("$w", Shallow), m.guarded(Depth)
}

// guarded is the pipeline of `$merge` for documents that are nested at most so deep: it
// writes where what the weave owns of the document is still what was seen.
func (m *merger) guarded(levels int) bson.A {
	wanted, seen := "$$new."+wantedField, "$$new."+seenField
	return bson.A{of("replaceWith", cond(eq(m.ofWeave("$$ROOT", wanted, levels), seen), m.result("$$ROOT", wanted, levels), "$$ROOT"))}
}

// merger writes what becomes of a document of the destination.
type merger struct {
	compiler
	Policies
}

// key is the identity of a document.
func (m *merger) key(root string) any {
	at := func(name string) string {
		if root == "$$ROOT" {
			return "$" + name
		}
		return root + "." + name
	}
	if len(m.On) == 1 {
		return at(m.On[0])
	}
	key := bson.D{}
	for _, name := range m.On {
		key = append(key, bson.E{Key: name, Value: at(name)})
	}
	return key
}

// keyless is whether a document has no identity: a value is missing, null or of a type that identifies nothing.
func (m *merger) keyless(root string) any {
	var tests []any
	for _, name := range m.On {
		v := root + "." + name
		if root == "$$ROOT" {
			v = "$" + name
		}
		tests = append(tests, among(typeOf(v), "missing", "null", "undefined", "array", "regex"))
	}
	return or(tests...)
}

// keyed makes documents of work of envelopes.
func (m *merger) keyed(origin string) bson.A {
	fault := func(code string) any { return literal(bson.D{{Key: "code", Value: code}, {Key: "at", Value: origin}}) }
	steps := []branch{{ne("$f", nil), "$f"}, {m.keyless("$d"), fault("missing-identity")}}
	if m.merges() || m.Mode == desired.Replace {
		steps = append(steps, branch{m.deeper("$d", Depth), fault(limitDepth)})
	}
	return bson.A{
		of("set", bson.D{{Key: "f", Value: choose(nil, steps...)}}),
		of("replaceWith", bson.D{
			{Key: "_id", Value: cond(eq("$f", nil), m.key("$d"), bson.D{{Key: "fault", Value: "$d._id"}})},
			{Key: "w", Value: cond(eq("$f", nil), "$d", "$$REMOVE")}, {Key: "f", Value: "$f"}, {Key: "done", Value: false}}),
	}
}

func (m *merger) merges() bool { return m.Mode == desired.Merge || m.Mode == desired.Update }

// deeper is whether objects are nested in a value more than so many levels.
func (m *merger) deeper(v any, levels int) any {
	if levels == 0 {
		return eq(typeOf(v), "object")
	}
	e := m.fresh()
	return cond(eq(typeOf(v), "object"), of("anyElementTrue", bson.A{of("map", bson.D{{Key: "input", Value: of("objectToArray", v)}, {Key: "as", Value: e}, {Key: "in", Value: m.deeper("$$"+e+".v", levels-1)}})}), false)
}

// stripped is a document without what is at some paths.
func (m *merger) stripped(v any, paths []doc.Path) any {
	for _, p := range paths {
		v = m.cut(v, p)
	}
	return v
}

func (m *merger) cut(v any, p doc.Path) any {
	e := m.fresh()
	entries := of("objectToArray", v)
	if len(p) == 1 {
		return op("arrayToObject", of("filter", bson.D{{Key: "input", Value: entries}, {Key: "as", Value: e}, {Key: "cond", Value: ne("$$"+e+".k", literal(p[0]))}}))
	}
	inner := cond(and(eq("$$"+e+".k", literal(p[0])), eq(typeOf("$$"+e+".v"), "object")), m.cut("$$"+e+".v", p[1:]), "$$"+e+".v")
	return op("arrayToObject", of("map", bson.D{{Key: "input", Value: entries}, {Key: "as", Value: e}, {Key: "in", Value: bson.D{{Key: "k", Value: "$$" + e + ".k"}, {Key: "v", Value: inner}}}}))
}

// owned is what a wanted document says of one that is there: all but what the destination keeps.
func (m *merger) owned(wanted any) any {
	return m.stripped(wanted, append(append([]doc.Path{}, m.Preserve...), doc.Path{"_id"}))
}

// result is what becomes of a document of the destination, of what is owned of the wanted
// one. It keeps its `_id`.
func (m *merger) result(current, owned any, levels int) any {
	if m.merges() {
		return m.stripped(m.merged(current, owned, levels), m.Absent)
	}
	// replace, exact: fields stay in their place, and what is new comes last.
	kept := bson.A{"_id"}
	for _, p := range m.Preserve {
		kept = append(kept, p[0])
	}
	e := m.fresh()
	stays := op("in", "$$"+e+".k", op("concatArrays", literal(kept), m.names(owned)))
	return op("mergeObjects", op("arrayToObject", of("filter", bson.D{{Key: "input", Value: of("objectToArray", current)}, {Key: "as", Value: e}, {Key: "cond", Value: stays}})), owned)
}

// names are the names of the fields of a document.
func (m *merger) names(document any) any {
	n := m.fresh()
	return of("map", bson.D{{Key: "input", Value: of("objectToArray", document)}, {Key: "as", Value: n}, {Key: "in", Value: "$$" + n + ".k"}})
}

// entry is the value of a field of a document, whose name is known when it runs; null for none.
func (m *merger) entry(document, name any, in func(v string) any) any {
	e := m.fresh()
	found := op("arrayElemAt", of("filter", bson.D{{Key: "input", Value: of("objectToArray", document)}, {Key: "as", Value: e}, {Key: "cond", Value: eq("$$"+e+".k", name)}}), zero)
	return m.let(found, func(f string) any { return in(f + ".v") })
}

// merged is a document with the leaves of another one.
func (m *merger) merged(current, wanted any, levels int) any {
	e := m.fresh()
	k, v := "$$"+e+".k", "$$"+e+".v"
	var value any = v
	if levels > 0 {
		value = m.entry(current, k, func(c string) any {
			return cond(and(eq(typeOf(c), "object"), eq(typeOf(v), "object")), m.merged(c, v, levels-1), v)
		})
	}
	return op("mergeObjects", current, op("arrayToObject", of("map", bson.D{{Key: "input", Value: of("objectToArray", wanted)}, {Key: "as", Value: e}, {Key: "in", Value: bson.D{{Key: "k", Value: k}, {Key: "v", Value: value}}}})))
}

// picked is what a document has of the leaves of another one.
func (m *merger) picked(current, wanted any, levels int) any {
	e := m.fresh()
	k, v := "$$"+e+".k", "$$"+e+".v"
	there := of("filter", bson.D{{Key: "input", Value: of("objectToArray", current)}, {Key: "as", Value: e}, {Key: "cond", Value: op("in", k, m.names(wanted))}})
	var value any = v
	if levels > 0 {
		value = m.entry(wanted, k, func(w string) any {
			return cond(and(eq(typeOf(w), "object"), eq(typeOf(v), "object")), m.picked(v, w, levels-1), v)
		})
	}
	return op("arrayToObject", of("map", bson.D{{Key: "input", Value: there}, {Key: "as", Value: e}, {Key: "in", Value: bson.D{{Key: "k", Value: k}, {Key: "v", Value: value}}}}))
}

// ofWeave is what the weave owns of a document of the destination, by what is owned of the wanted one.
func (m *merger) ofWeave(current, owned any, levels int) any {
	if m.merges() {
		return m.picked(current, owned, levels)
	}
	return m.stripped(current, m.Preserve)
}

// differs is whether the result is another document, in its values or their types, apart from what is ignored.
func (m *merger) differs(current, wanted any) any {
	if m.Mode == desired.Insert {
		return nil
	}
	becomes := m.let(m.owned(wanted), func(w string) any { return m.result(current, w, Depth) })
	return m.let(m.stripped(becomes, m.Ignore), func(r string) any {
		return m.let(m.stripped(current, m.Ignore), func(s string) any {
			return or(ne(r, s), ne(m.types(r, Depth), m.types(s, Depth)))
		})
	})
}

// types are the types of a value and of all in it, as lists within lists: `$eq` takes 1 for
// 1.0, a decimal 1.1 for 1.10 and 0.0 for -0.0, of which the texts differ.
func (m *merger) types(v any, levels int) any {
	kind := choose(typeOf(v), branch{eq(typeOf(v), "decimal"), of("toString", v)}, branch{and(eq(typeOf(v), "double"), eq(v, zero)), of("toString", v)})
	if levels == 0 {
		return kind
	}
	e, f := m.fresh(), m.fresh()
	values := of("map", bson.D{{Key: "input", Value: of("objectToArray", v)}, {Key: "as", Value: f}, {Key: "in", Value: "$$" + f + ".v"}})
	within := of("map", bson.D{{Key: "input", Value: cond(eq(typeOf(v), "object"), values, v)}, {Key: "as", Value: e}, {Key: "in", Value: m.types("$$"+e, levels-1)}})
	return cond(among(typeOf(v), "object", "array"), within, kind)
}
