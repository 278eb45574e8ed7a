package cases

// What random weaves say once for several: a database for each of some documents, and
// defaults of the weave and of a `from`; weavestatements_test.go has the table.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
)

// tenants are documents that get a database each.
func (g *generator) tenants() []bson.D {
	var out []bson.D
	for i := range 2 + g.IntN(2) {
		out = append(out, bson.D{{Key: "_id", Value: int32(i)}, {Key: "code", Value: string(rune('a' + i))}, {Key: "n", Value: int32(g.IntN(9))}})
	}
	return out
}

// number is the field `n` of the document whose database is finished.
func (w *weaver) number() int32 { return w.tenant[2].Value.(int32) }

// setTenant writes a field of the fan-out's document.
func (w *weaver) setTenant() (statement, bool) {
	f, ok := w.any(intField)
	return statement{text: fmt.Sprintf("set %s = tenant.n", f.path), change: func(d bson.D) bson.D { return model.Set(d, w.number(), f.names()...) }}, ok && w.fanned
}

// whereTenant is a block for some of the databases.
func (w *weaver) whereTenant() (statement, bool) {
	if !w.fanned {
		return statement{}, false
	}
	limit := int32(w.IntN(9))
	body, change := w.block()
	return statement{text: fmt.Sprintf("where tenant.n <= %d expect any {\n%s}", limit, body), change: func(d bson.D) bson.D {
		if w.number() <= limit {
			return change(d)
		}
		return d
	}}, body != ""
}

// isDefault reports whether a statement may stand where defaults do.
func (s statement) isDefault() bool {
	return s.policy != nil && s.text != "mode structure"
}

// defaults are what stands in `defaults { … }`, which is empty where nothing does, and
// in the `from`; some of it is overridden.
func (w *weaver) defaults() (ofWeave, ofFrom string) {
	var weave, from strings.Builder
	for _, s := range w.says {
		switch s.at {
		case "defaults":
			weave.WriteString("  " + s.written() + "\n")
		case "from":
			from.WriteString("  " + s.written() + "\n")
			if strings.HasPrefix(s.text, "mode ") && w.chance(30) {
				weave.WriteString("  mode exact\n")
			}
		}
	}
	if slices.ContainsFunc(w.says, func(s statement) bool { return s.at == "" && strings.HasPrefix(s.text, "prune ") }) && w.chance(40) {
		from.WriteString("  prune all at most 0\n")
	}
	if weave.Len() > 0 {
		ofWeave = "defaults {\n" + weave.String() + "}\n\n"
	}
	return ofWeave, from.String()
}
