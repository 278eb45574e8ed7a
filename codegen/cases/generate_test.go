package cases

// Random desired states and destinations: small, full of near misses. In: a
// seed. Out: a state and the world to start from. Names and values come from
// small pools, so that paths meet, types collide and keys repeat.

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

type generator struct {
	*rand.Rand
	t *testing.T
	// moving lets unique values move from document to document. The test engine
	// does not take an insert of a value that an update gave up before.
	moving bool
}

func newGenerator(t *testing.T, seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 0)), t: t}
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

var (
	plainNames = []string{"a", "b", "c", "d"}
	oddNames   = []string{"x.y", "$d", "", "0", "10", "__proto__", "é", "a b", "'"}
)

func (g *generator) name() string {
	if g.chance(12) {
		return pick(g, oddNames)
	}
	return pick(g, plainNames)
}

// value returns a value that both engines can send, in a guard too. What the test
// engine cannot do is left out: symbols cannot be indexed or compared, and for
// $expr, which guards documents with names that a filter cannot address, neither
// minKey nor maxKey is equal to itself. goja has one NaN, and so have these values.
func (g *generator) value(depth int) any {
	if depth > 0 && g.chance(35) {
		if g.chance(30) {
			list := bson.A{}
			for range g.IntN(4) {
				list = append(list, g.value(depth-1))
			}
			return list
		}
		return g.document(depth - 1)
	}
	n := g.IntN(4)
	switch g.IntN(18) {
	case 0, 1, 2:
		return int32(n)
	case 3:
		return int64(n)
	case 4:
		return float64(n)
	case 5:
		return must(bson.ParseDecimal128(fmt.Sprintf("%d.%0*d", n, g.IntN(3)+1, 0)))
	case 6:
		return pick(g, []any{math.Float64frombits(0x7ff8 << 48), math.Inf(1), math.Copysign(0, -1), 0.5, int64(math.MaxInt64), int64(1<<53 + 1), float64(1 << 53)})
	case 7, 8, 9:
		return pick(g, []string{"", "a", "b", "$a", "${x}`", "\u2028\x00", "\U0001f6d2"})
	case 10:
		return nil
	case 11:
		return g.chance(50)
	case 12:
		return bson.DateTime(n)
	case 13:
		return bson.ObjectID{11: byte(n)}
	case 14:
		// The bytes say the subtype too: the test engine's indexes do not tell subtypes apart.
		subtype := pick(g, []byte{0, 3, 4, 128})
		return bson.Binary{Subtype: subtype, Data: bytes.Repeat([]byte{byte(n)<<4 + subtype}, 16)}
	case 15:
		return bson.Timestamp{T: uint32(n), I: 1}
	case 16:
		return pick(g, []any{bson.JavaScript("1"), bson.Regex{Pattern: "^a", Options: "i"}})
	default:
		return bson.D{}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// document returns up to four fields of different names.
func (g *generator) document(depth int) bson.D {
	d := bson.D{}
	for range g.IntN(5) {
		if name := g.name(); !has(d, name) {
			d = append(d, bson.E{Key: name, Value: g.value(depth)})
		}
	}
	return d
}

func has(d bson.D, name string) bool {
	return slices.ContainsFunc(d, func(e bson.E) bool { return e.Key == name })
}

// key returns a value for an identity: few, and some the same number.
func (g *generator) key() any {
	n := g.IntN(6)
	switch g.IntN(8) {
	case 0:
		return float64(n)
	case 1:
		return int64(n)
	case 2:
		return must(bson.ParseDecimal128(fmt.Sprintf("%d.0", n)))
	case 3, 4:
		return pick(g, []string{"a", "b", "$gt", "é"})
	case 5:
		return bson.D{{Key: "x", Value: int32(n)}}
	default:
		return int32(n)
	}
}

// mutate changes a document here and there, never a field of keep.
func (g *generator) mutate(d bson.D, keep []string) bson.D {
	out := bson.D{}
	for _, e := range d {
		switch sub, ok := e.Value.(bson.D); {
		case slices.Contains(keep, e.Key):
			out = append(out, e)
		case g.chance(10): // gone
		case ok && g.chance(40):
			out = append(out, bson.E{Key: e.Key, Value: g.mutate(sub, nil)})
		case g.chance(15):
			out = append(out, bson.E{Key: e.Key, Value: g.value(2)})
		default:
			out = append(out, e)
		}
	}
	if name := g.name(); g.chance(15) && !has(out, name) {
		out = append(out, bson.E{Key: name, Value: g.value(2)})
	}
	if len(out) > 2 && g.chance(10) {
		i := 1 + g.IntN(len(out)-1)
		out[1], out[i] = out[i], out[1]
	}
	return out
}

func (g *generator) raw(d bson.D) bson.Raw {
	raw, err := bson.Marshal(d)
	if err != nil {
		g.t.Fatal(err)
	}
	return raw
}

// world returns a state of one collection, db.items, or two, db.others first,
// and a destination for it.
func (g *generator) world() (*desired.State, []collection) {
	c, live := g.collection("items")
	wanted, world := []*desired.Collection{c}, []*collection{live}
	if g.chance(30) {
		c, live := g.collection("others")
		wanted, world = []*desired.Collection{c, wanted[0]}, []*collection{live, world[0]}
	}
	if g.chance(40) {
		g.links(wanted, world)
	}
	state := &desired.State{Weave: "random", Environment: "prod", Compiler: "mongocd test", Collections: wanted}
	var out []collection
	for _, c := range world {
		if c != nil {
			out = append(out, *c)
		}
	}
	sortWorld(out)
	return state, out
}

// linkShapes are values with null where a link is, and the path of the link.
var linkShapes = []struct {
	null any
	path []string
}{
	{nil, []string{"l"}},
	{bson.D{{Key: "to", Value: nil}, {Key: "n", Value: int32(1)}}, []string{"l", "to"}},
	{bson.A{"x", bson.D{{Key: "to", Value: nil}}}, []string{"l", "1", "to"}},
}

// with is a document with the fields of another one after its own.
func with(d, more bson.Raw) bson.Raw {
	out := doc.NewBuilder(len(d) + len(more))
	for _, from := range []bson.Raw{d, more} {
		for name, v := range doc.Fields(from) {
			out.Append(name, v)
		}
	}
	return out.Raw()
}

// collection returns a wanted collection of db, and what is there; nil: nothing.
func (g *generator) collection(name string) (*desired.Collection, *collection) {
	c := &desired.Collection{
		Database: "db", Name: name, Origin: "random.weave:1:1",
		Mode: pick(g, []desired.Mode{desired.Replace, desired.Exact, desired.Merge, desired.Insert, desired.Update, desired.Structure}),
	}
	if c.Mode == desired.Replace && g.chance(30) {
		c.Mode = desired.Merge
	}
	c.Identity = pick(g, [][]doc.Path{{{"_id"}}, {{"_id"}}, {{"k"}}, {{"k"}, {"m", "n"}}})
	c.Preserve, c.Ignore = g.paths(25), g.paths(15)
	if c.Mode == desired.Merge || c.Mode == desired.Update {
		c.Absent = g.paths(25)
	}
	c.Ignore = slices.DeleteFunc(c.Ignore, func(p doc.Path) bool { return overlaps(p, c.Preserve) })
	c.Absent = slices.DeleteFunc(c.Absent, func(p doc.Path) bool { return overlaps(p, c.Preserve) || overlaps(p, c.Ignore) })

	byID := c.IdentityIsID()
	seen, wanted, ids := map[string]bool{}, []bson.D{}, map[string]bool{}
	for i := range 1 + g.IntN(6) {
		d := g.identified(byID, i)
		raw := g.raw(d)
		if key := doc.Key(identityValues(raw, c.Identity)...); !seen[key] {
			seen[key] = true
			wanted = append(wanted, d)
		}
	}
	for _, d := range wanted {
		if !byID && g.chance(30) && d[0].Key == "_id" {
			d = d[1:]
		}
		c.Documents = append(c.Documents, desired.Document{Raw: g.raw(d), Origin: pick(g, []string{"", "random.weave:2:5"})})
	}
	slices.SortFunc(c.Documents, func(a, b desired.Document) int { return compareIdentity(a.Raw, b.Raw, c.Identity) })

	live := collection{database: "db", name: name}
	add := func(d bson.D) {
		raw := g.raw(d)
		if id := doc.Key(raw.Lookup("_id")); !ids[id] {
			ids[id] = true
			live.documents = append(live.documents, raw)
		}
	}
	for i, d := range wanted {
		switch {
		case g.chance(25): // to be inserted
		case byID:
			add(g.mutate(d, []string{"_id"}))
		default:
			l := g.mutate(d, []string{"_id", "k", "m"})
			if g.chance(60) && l[0].Key == "_id" {
				l[0].Value = fmt.Sprintf("live-%d", i)
			}
			add(l)
		}
	}
	for i := range g.IntN(4) {
		add(g.identified(byID, 100+i))
	}
	g.lists(c, &live)
	c.Known = g.known(c.Documents, live.documents)
	for i := range c.Documents {
		if d := &c.Documents[i]; g.chance(20) {
			d.Raw = bson.Raw(g.hide(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, nil, d).Value)
		}
	}
	if g.chance(35) {
		c.Prune = g.prune()
	}
	if c.Mode == desired.Structure {
		c.Documents, c.Prune = nil, nil
	}
	if g.chance(25) {
		g.moves(c, &live)
	}
	moving := g.moving && g.chance(12)
	if moving {
		g.move(c, &live)
	}
	if moving || g.chance(20) {
		unique := g.raw(bson.D{{Key: "key", Value: bson.D{{Key: "a", Value: int32(1)}}}, {Key: "name", Value: "a_1"}, {Key: "unique", Value: true}, {Key: "sparse", Value: true}})
		c.Indexes = append(c.Indexes, unique)
		if (moving || g.chance(60)) && distinct(live.documents) {
			live.indexes = append(live.indexes, unique)
		}
	}
	if g.chance(20) {
		c.Indexes = append(c.Indexes, g.raw(bson.D{{Key: "key", Value: bson.D{{Key: "b", Value: int32(1)}, {Key: "c.a", Value: int32(-1)}}}, {Key: "name", Value: "b_c"}}))
	}
	if c.Mode == desired.Structure && g.chance(40) {
		c.Options, c.Indexes = g.raw(bson.D{{Key: "viewOn", Value: "base"}, {Key: "pipeline", Value: bson.A{bson.D{{Key: "$limit", Value: int32(1)}}}}}), nil
		if g.chance(40) {
			return c, &collection{database: "db", name: name, options: c.Options}
		}
	}
	if len(live.documents) == 0 && g.chance(50) {
		return c, nil
	}
	return c, &live
}

// randomSecrets are what artefacts are given in random runs.
var randomSecrets = map[string]string{"RANDOM_A": "a", "RANDOM_B": "\u2028b\"\\"}

// identified returns a document with _id, and k and m.n for the other identities.
func (g *generator) identified(byID bool, i int) bson.D {
	d := bson.D{{Key: "_id", Value: any(fmt.Sprintf("id-%d", i))}}
	if byID {
		d[0].Value = g.key()
	}
	if !byID || g.chance(20) {
		d = append(d, bson.E{Key: "k", Value: g.key()}, bson.E{Key: "m", Value: append(bson.D{{Key: "n", Value: g.key()}}, g.document(1)...)})
	}
	for _, e := range g.document(3) {
		if !has(d, e.Key) {
			d = append(d, e)
		}
	}
	return d
}

func identityValues(raw bson.Raw, identity []doc.Path) []bson.RawValue {
	var values []bson.RawValue
	for _, p := range identity {
		v, ok := doc.Get(raw, p)
		if !ok {
			panic(fmt.Sprintf("%s has no %s", raw, p))
		}
		values = append(values, v)
	}
	return values
}

func compareIdentity(a, b bson.Raw, identity []doc.Path) int {
	for _, p := range identity {
		x, _ := doc.Get(a, p)
		y, _ := doc.Get(b, p)
		if n := doc.Compare(x, y); n != 0 {
			return n
		}
	}
	return 0
}
