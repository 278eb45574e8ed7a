package cases

// Random policies of a generated collection: paths, links, secrets, hooks, prune and conditions.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// links adds links to documents of the collections: to those of the other one,
// or of their own.
func (g *generator) links(wanted []*desired.Collection, world []*collection) {
	for n, c := range wanted {
		target, there := wanted[g.IntN(len(wanted))], world[n]
		if len(target.Documents) == 0 || g.chance(20) {
			continue
		}
		c.Links = []desired.Link{{Origin: c.Origin, Steps: []string{"l"}, Database: target.Database, Collection: target.Name}}
		c.Known = append(c.Known, doc.Path{"l"}, doc.Path{"l", "to"})
		slices.SortFunc(c.Known, doc.ComparePaths)
		shape := pick(g, linkShapes)
		for i := range c.Documents {
			if g.chance(25) {
				continue
			}
			d := &c.Documents[i]
			identity := identityValues(pick(g, target.Documents).Raw, target.Identity)
			if g.chance(3) { // nobody's
				identity = slices.Repeat([]bson.RawValue{doc.String("nobody")}, len(identity))
			}
			d.Raw = with(d.Raw, g.raw(bson.D{{Key: "l", Value: shape.null}}))
			d.Links = append(d.Links, desired.LinkedID{Path: shape.path, Database: target.Database, Collection: target.Name, Identity: identity})
		}
		for i := 0; there != nil && i < len(there.documents); i++ {
			if id := there.documents[i].Lookup("_id"); g.chance(60) {
				there.documents[i] = with(there.documents[i], g.raw(bson.D{{Key: "l", Value: pick(g, []any{nil, id, bson.D{{Key: "to", Value: id}, {Key: "n", Value: int32(1)}}, g.value(2)})}}))
			}
		}
	}
}

// move gives wanted and live documents few values of `a`, so that under a unique
// index they move from document to document.
func (g *generator) move(c *desired.Collection, live *collection) {
	values := func(n int) []int { return g.Perm(n + 2)[:n] }
	for i, a := range values(len(c.Documents)) {
		c.Documents[i].Secrets = slices.DeleteFunc(c.Documents[i].Secrets, func(s desired.Secret) bool { return s.Path[0] == "a" })
		c.Documents[i].Raw = with(without(c.Documents[i].Raw, "a"), g.raw(bson.D{{Key: "a", Value: int32(a)}}))
	}
	for i, a := range values(len(live.documents)) {
		live.documents[i] = with(without(live.documents[i], "a"), g.raw(bson.D{{Key: "a", Value: int32(a)}}))
	}
}

// hide makes secrets of some values of a document that are in no identity; they
// become null.
func (g *generator) hide(v bson.RawValue, at []string, d *desired.Document) bson.RawValue {
	inKey := slices.ContainsFunc(at, func(name string) bool { return name == "key" || name == "sub" })
	if len(at) > 0 && slices.Contains([]string{"_id", "k", "m", "p"}, at[0]) || inKey {
		return v
	}
	ofList := len(at) > 0 && (at[0] == "q" && len(at) < 3 || at[0] == "w" && len(at) < 4) // as a whole, or an element as a whole
	if len(at) > 0 && !ofList && g.chance(15) {
		d.Secrets = append(d.Secrets, desired.Secret{Path: at, Parts: pick(g, [][]desired.SecretPart{
			{{Name: "RANDOM_A"}}, {{Name: "RANDOM_B"}}, {{Text: "x"}, {Name: "RANDOM_A"}, {Name: "RANDOM_B"}}})})
		return bson.RawValue{Type: bson.TypeNull}
	}
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
		return v
	}
	out := doc.NewBuilder(64)
	for name, w := range doc.Fields(bson.Raw(v.Value)) {
		out.Append(name, g.hide(w, append(slices.Clip(at), name), d))
	}
	return bson.RawValue{Type: v.Type, Value: out.Raw()}
}

// hooks adds commands, one of which changes what the first look saw. A directory
// carries none out.
func (g *generator) hooks(s *desired.State) {
	command := func(origin, database string, d bson.D) []desired.Command {
		return []desired.Command{{Origin: origin, Database: database, Command: g.raw(d)}}
	}
	ping := bson.D{{Key: "ping", Value: int32(1)}}
	if g.chance(20) {
		s.Before = command("random.weave:4:5", "db", ping)
	}
	if g.chance(20) {
		update := bson.D{{Key: "q", Value: bson.D{}}, {Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "d", Value: int32(7)}}}}}}
		s.Collections[0].Before = command("random.weave:5:5", "db", bson.D{{Key: "update", Value: "items"}, {Key: "updates", Value: bson.A{update}}})
	}
	if g.chance(20) {
		s.Collections[0].After = command("random.weave:6:5", "db", ping)
		s.After = command("random.weave:7:5", "admin", ping)
	}
}

func (g *generator) path() doc.Path {
	p := doc.Path{pick(g, plainNames)}
	for g.chance(50) && len(p) < 3 {
		p = append(p, g.name())
	}
	return p
}

// paths returns some paths, none a prefix of another.
func (g *generator) paths(percent int) []doc.Path {
	var out []doc.Path
	for g.chance(percent) && len(out) < 2 {
		p := g.path()
		if !overlaps(p, out) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, doc.ComparePaths)
	return out
}

func overlaps(p doc.Path, others []doc.Path) bool {
	return slices.ContainsFunc(others, func(q doc.Path) bool { return p.HasPrefix(q) || q.HasPrefix(p) })
}

// known returns the paths of the wanted documents, and mostly those of the live ones.
func (g *generator) known(wanted []desired.Document, live []bson.Raw) []doc.Path {
	var out []doc.Path
	var walk func(prefix doc.Path, d bson.Raw)
	walk = func(prefix doc.Path, d bson.Raw) {
		for name, v := range doc.Fields(d) {
			p := append(slices.Clone(prefix), name)
			out = append(out, p)
			if sub, ok := v.DocumentOK(); ok {
				walk(p, sub)
			}
		}
	}
	for _, d := range wanted {
		walk(nil, d.Raw)
	}
	for _, d := range live {
		if g.chance(85) {
			walk(nil, d)
		}
	}
	slices.SortFunc(out, doc.ComparePaths)
	return slices.CompactFunc(out, func(a, b doc.Path) bool { return doc.ComparePaths(a, b) == 0 })
}

func (g *generator) prune() *desired.Prune {
	p := &desired.Prune{Origin: "random.weave:3:5", AtMost: int64(g.IntN(4)), Filter: g.raw(bson.D{})}
	if g.chance(30) {
		p.AtMost, p.Percent = int64(pick(g, []int{10, 50, 100})), true
	}
	if g.chance(60) {
		p.Where = g.condition(2)
	}
	return p
}

// condition returns a scope; the filter is left empty, which narrows nothing.
func (g *generator) condition(depth int) *desired.Cond {
	if depth > 0 && g.chance(40) {
		op := pick(g, []desired.CondOp{desired.CondAnd, desired.CondOr, desired.CondNot})
		c := &desired.Cond{Op: op, Args: []*desired.Cond{g.condition(depth - 1)}}
		if op != desired.CondNot {
			c.Args = append(c.Args, g.condition(depth-1))
		}
		return c
	}
	c := &desired.Cond{Path: doc.Path{pick(g, plainNames)}}
	if g.chance(25) {
		c.Path = append(c.Path, g.name())
	}
	c.Op = pick(g, []desired.CondOp{
		desired.CondEq, desired.CondNe, desired.CondLt, desired.CondLe, desired.CondGt, desired.CondGe, desired.CondIn, desired.CondNotIn,
		desired.CondBetween, desired.CondIs, desired.CondIsNot, desired.CondContains, desired.CondStartsWith, desired.CondEndsWith,
	})
	scalar := func() bson.RawValue {
		return g.raw(bson.D{{Key: "v", Value: g.value(0)}}).Lookup("v")
	}
	switch c.Op {
	case desired.CondIs, desired.CondIsNot:
		c.Word = pick(g, []string{"missing", "present", "null", "int", "long", "double", "decimal", "number", "string", "bool", "date", "object", "array", "uuid", "binary"})
	case desired.CondIn, desired.CondNotIn:
		for range 1 + g.IntN(3) {
			c.Values = append(c.Values, scalar())
		}
	case desired.CondBetween:
		c.Values = []bson.RawValue{scalar(), scalar()}
	case desired.CondStartsWith, desired.CondEndsWith:
		c.Values = []bson.RawValue{g.raw(bson.D{{Key: "v", Value: pick(g, []string{"", "a", "$", "\u2028"})}}).Lookup("v")}
	default:
		c.Values = []bson.RawValue{scalar()}
	}
	return c
}

// distinct reports whether a sparse unique index on `a` could exist.
func distinct(documents []bson.Raw) bool {
	seen := map[string]bool{}
	for _, d := range documents {
		v, ok := doc.Get(d, doc.Path{"a"})
		if !ok {
			continue
		}
		if v.Type == bson.TypeArray {
			return false // entries of arrays are left to the cases of the corpus
		}
		key := doc.Key(v)
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}
