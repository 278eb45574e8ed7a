package mongosh

// Random states and destinations.

import (
	"fmt"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// randomValue writes Extended JSON.
func (g gen) randomValue(depth int) string {
	if depth < 3 && g.IntN(4) == 0 {
		return g.randomFields(depth+1, g.IntN(4), "")
	}
	return pick(g, scalars)
}

func (g gen) randomFields(depth, n int, first string) string {
	out, seen := "{"+first, map[string]bool{"k": depth == 0}
	for range n {
		name := pick(g, fieldNames)
		if g.IntN(25) == 0 {
			name = pick(g, []string{"a.b", "$x", ""})
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if out != "{" {
			out += ", "
		}
		if (name == "n" || name == "m") && depth < 3 && g.IntN(3) > 0 {
			out += fmt.Sprintf("%q: %s", name, g.randomFields(depth+1, g.IntN(4), ""))
			continue
		}
		out += fmt.Sprintf("%q: %s", name, g.randomValue(depth))
	}
	return out + "}"
}

func (g gen) somePaths(n int) []doc.Path {
	var out []doc.Path
	for range n {
		out = append(out, pick(g, testPaths))
	}
	return out
}

// place is what is at the destination of one collection.
type place struct{ documents, indexes []bson.Raw }

// world makes a state and what is at its destination.
func (g gen) world(t testing.TB, database string) (s *desired.State, live, indexes []bson.Raw) {
	c, p := g.collection(t, database, "c")
	return state(c), p.documents, p.indexes
}

func (g gen) collection(t testing.TB, database, name string) (*desired.Collection, place) {
	var live, indexes []bson.Raw
	c := &desired.Collection{Database: database, Name: name, Origin: "w.weave:1:1", Identity: []doc.Path{{"_id"}}}
	c.Mode = pick(g, []desired.Mode{desired.Replace, desired.Replace, desired.Exact, desired.Exact, desired.Merge, desired.Merge, desired.Insert, desired.Update, desired.Structure})
	byKey := g.IntN(2) == 0
	if byKey {
		c.Identity = []doc.Path{{"k"}}
	}
	c.Preserve, c.Ignore = g.somePaths(g.IntN(3)*g.IntN(2)), g.somePaths(g.IntN(3)*g.IntN(2))
	if g.IntN(4) == 0 {
		c.Redact = []desired.Pattern{{Leaf: pick(g, append([]string{"x"}, fieldNames...))}, {Path: pick(g, testPaths)}}[g.IntN(2):]
	}
	if g.IntN(4) == 0 {
		c.Omit = []desired.Pattern{{Leaf: pick(g, append([]string{"x"}, fieldNames...))}}
	}
	if c.Mode == desired.Merge || c.Mode == desired.Update {
		c.Absent = g.somePaths(g.IntN(3))
	}
	for range g.IntN(8) {
		c.Known = append(c.Known, pick(g, testPaths))
	}
	var texts []string
	for i := range g.IntN(7) {
		first := fmt.Sprintf(`"_id": %d, "k": "k%d"`, i, i)
		if byKey && g.IntN(3) == 0 {
			first = fmt.Sprintf(`"k": "k%d"`, i)
		}
		text := g.randomFields(0, g.IntN(6), first)
		texts = append(texts, text)
		origin := ""
		if g.IntN(3) == 0 {
			origin = "w.weave:5:3"
		}
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, text), Origin: origin})
	}
	for i := range g.IntN(9) {
		id := fmt.Sprintf(`"_id": %d`, i)
		if g.IntN(8) == 0 {
			id = fmt.Sprintf(`"_id": {"$numberLong": "%d"}`, i)
		}
		key := i
		if byKey && g.IntN(6) == 0 {
			key = g.IntN(9)
		}
		text := g.randomFields(0, g.IntN(6), fmt.Sprintf(`%s, "k": "k%d"`, id, key))
		if i < len(texts) && g.IntN(3) == 0 {
			d := parse(t, texts[i])
			if _, ok := doc.Get(d, doc.Path{"_id"}); ok {
				text = texts[i]
			}
		}
		live = append(live, parse(t, text))
	}
	if g.IntN(3) == 0 { // so many that documents are found by key
		for i := range 20 {
			live = append(live, parse(t, g.randomFields(0, g.IntN(3), fmt.Sprintf(`"_id": %d, "k": "x%d"`, 100+i, i))))
		}
	}
	if g.IntN(6) == 0 {
		c.Identity = append(c.Identity, doc.Path{"n", "a"})
		c.Documents = slices.DeleteFunc(c.Documents, func(d desired.Document) bool {
			v, ok := doc.Get(d.Raw, doc.Path{"n", "a"})
			return !ok || v.Type == bson.TypeNull || v.Type == bson.TypeArray
		})
	}
	if g.IntN(2) == 0 {
		// The test engine keeps the entry of a missing field when the field is set: only `k`, which is never missing, does without sparse.
		spec := pick(g, []string{
			`{"key": {"u": 1}, "name": "ix", "unique": true, "sparse": true}`, `{"key": {"n.a": 1}, "name": "ix", "unique": true, "sparse": true}`,
			`{"key": {"k": 1}, "name": "ix", "unique": true, "sparse": true}`, `{"key": {"k": 1}, "name": "ix", "unique": true}`,
		})
		if g.IntN(2) == 0 {
			indexes = append(indexes, parse(t, spec))
		}
		if g.IntN(2) == 0 {
			c.Indexes = append(c.Indexes, parse(t, spec))
		}
	}
	if g.IntN(2) == 0 {
		c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: int64(g.IntN(5)), Percent: g.IntN(3) == 0}
		if c.Prune.Percent {
			c.Prune.AtMost *= 20
		}
		if g.IntN(2) == 0 {
			c.Prune.Filter = parse(t, `{}`)
			v, err := doc.ParseExtJSONValue([]byte(pick(g, scalars)))
			if err != nil {
				t.Fatal(err)
			}
			c.Prune.Where = &desired.Cond{Op: pick(g, []desired.CondOp{desired.CondEq, desired.CondNe, desired.CondLt, desired.CondGe, desired.CondIn, desired.CondContains}), Path: pick(g, testPaths), Values: []bson.RawValue{v}}
			if g.IntN(3) == 0 {
				c.Prune.Where = &desired.Cond{Op: desired.CondNot, Args: []*desired.Cond{c.Prune.Where}}
			}
			if g.IntN(3) == 0 {
				c.Prune.Where = &desired.Cond{Op: desired.CondIs, Path: pick(g, testPaths), Word: pick(g, []string{"missing", "number", "string", "array", "null", "present"})}
			}
		}
	}
	g.lists(t, c, live)
	for i := range c.Documents {
		if g.IntN(3) == 0 {
			d := &c.Documents[i]
			d.Raw = bson.Raw(g.hide(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, nil, d).Value)
		}
	}
	if c.Mode == desired.Structure {
		c.Documents, c.Prune = nil, nil
		if g.IntN(3) == 0 {
			c.Options, c.Indexes = parse(t, `{"viewOn": "base", "pipeline": [{"$match": {"a": 1}}]}`), nil
			if g.IntN(2) == 0 {
				live, indexes = nil, nil
			}
		}
	}
	return c, place{live, indexes}
}

// hooks adds commands, one of which changes what the first look saw.
func (g gen) hooks(t testing.TB, s *desired.State) {
	c := s.Collections[0]
	command := func(origin, database, text string) []desired.Command {
		return []desired.Command{{Origin: origin, Database: database, Command: parse(t, text)}}
	}
	if g.IntN(4) == 0 {
		s.Before = command("w.weave:1:2", c.Database, `{"ping": 1}`)
	}
	if g.IntN(4) == 0 {
		c.Before = command("w.weave:1:3", c.Database, `{"update": "c", "updates": [{"q": {"_id": 0}, "u": {"$set": {"b": 5}}}]}`)
	}
	if g.IntN(4) == 0 {
		c.After = command("w.weave:1:4", c.Database, `{"ping": 1}`)
		s.After = command("w.weave:1:5", "admin", `{"ping": 1}`)
	}
}

// hide makes secrets of some values of a document, which become null.
func (g gen) hide(v bson.RawValue, at []string, d *desired.Document) bson.RawValue {
	if len(at) > 0 && (at[0] == "_id" || at[0] == "k" || at[0] == "vals" || slices.Contains(at, "key") || slices.Equal(at, []string{"n", "a"})) {
		return v
	}
	ofList := len(at) > 0 && len(at) < 3 && at[0] == "list"                           // as a whole, or an element as a whole
	if len(at) > 0 && !ofList && !slices.Equal(at, []string{"n"}) && g.IntN(6) == 0 { // n.a may be in the identity
		secret := desired.Secret{Path: at, Parts: []desired.SecretPart{{Name: pick(g, []string{"A", "B", "C"})}}}
		if g.IntN(3) == 0 {
			secret.Parts = append(secret.Parts, desired.SecretPart{Text: "-"}, desired.SecretPart{Name: "B"})
		}
		d.Secrets = append(d.Secrets, secret)
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
