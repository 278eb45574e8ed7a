package mongosh

// Lists owned in part in random states, and what an application does to them after a run.

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// lists lets the weave own a part of `list`, by key, or of `vals`, by values.
func (g gen) lists(t testing.TB, c *desired.Collection, live []bson.Raw) {
	if c.Mode == desired.Structure || g.IntN(3) > 0 {
		return
	}
	list := func(elements []string) bson.RawValue {
		return parse(t, `{"v": [`+strings.Join(elements, ", ")+`]}`).Lookup("v")
	}
	put := func(d *bson.Raw, path doc.Path, v bson.RawValue) {
		*d = stores.Changed(*d, []stores.Field{{Path: path, Value: v}}, nil)
	}
	fill := func(l desired.List, element func(key int) string) {
		of := func(chance int) (out []string) {
			for _, key := range g.Perm(6) {
				if g.IntN(chance) == 0 {
					out = append(out, element(key))
				}
			}
			return out
		}
		for i := range c.Documents {
			if g.IntN(6) > 0 {
				put(&c.Documents[i].Raw, l.Path, list(of(3)))
			}
		}
		for i := range live {
			switch g.IntN(8) {
			case 0:
			case 1:
				put(&live[i], l.Path, bson.RawValue{Type: bson.TypeNull})
			default:
				put(&live[i], l.Path, list(append(of(2), pick(g, []string{`"own"`, `{"x": 1}`, `7`}))))
			}
		}
		c.Lists, c.Known = append(c.Lists, l), append(c.Known, l.Path)
	}
	key := func(n int) []bson.RawValue {
		return []bson.RawValue{{Type: bson.TypeInt32, Value: []byte{byte(n), 0, 0, 0}}}
	}
	if g.IntN(3) > 0 {
		fill(desired.List{Origin: "w.weave:6:3", Path: doc.Path{"list"}, By: []string{"key"}, Without: [][]bson.RawValue{key(8)}[g.IntN(2):]}, func(n int) string {
			return g.randomFields(1, g.IntN(3), fmt.Sprintf(`"key": %d`, n))
		})
	}
	if g.IntN(3) > 0 {
		l := desired.List{Origin: "w.weave:7:3", Path: doc.Path{"vals"}, Only: g.IntN(2) == 0}
		if l.Only {
			l.Has, l.Without = key(20), [][]bson.RawValue{key(0), key(3)}
		}
		fill(l, func(n int) string { return fmt.Sprint(n) })
	}
}

// listEdits are what an application does to such lists after the run.
var listEdits = []bson.D{
	{{Key: "update", Value: "c"}, {Key: "updates", Value: bson.A{
		bson.D{{Key: "q", Value: bson.D{{Key: "list", Value: bson.D{{Key: "$type", Value: "array"}}}}}, {Key: "multi", Value: true}, {Key: "u", Value: bson.D{
			{Key: "$push", Value: bson.D{{Key: "list", Value: bson.D{{Key: "$position", Value: 1}, {Key: "$each", Value: bson.A{bson.D{{Key: "key", Value: "app"}, {Key: "app", Value: 1}}}}}}}}}}},
		bson.D{{Key: "q", Value: bson.D{{Key: "list.3.key", Value: bson.D{{Key: "$exists", Value: true}}}}}, {Key: "multi", Value: true}, {Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "list.3.app", Value: 1}}}}}},
		bson.D{{Key: "q", Value: bson.D{{Key: "vals", Value: bson.D{{Key: "$type", Value: "array"}}}}}, {Key: "multi", Value: true}, {Key: "u", Value: bson.D{{Key: "$push", Value: bson.D{{Key: "vals", Value: bson.D{{Key: "app", Value: 2}}}}}}}},
	}}},
}
