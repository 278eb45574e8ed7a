package cases

// The statements of random weaves about the destination; weavestatements_test.go has
// the table, and those about documents.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// said reports whether a statement that begins so is there.
func (w *weaver) said(begins ...string) bool {
	return slices.ContainsFunc(w.says, func(s statement) bool {
		return slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(s.text, b) })
	})
}

func (w *weaver) mode() (statement, bool) {
	m := pick(w.generator, []desired.Mode{desired.Exact, desired.Merge, desired.Update, desired.Insert})
	return statement{text: "mode " + string(m), policy: func(c *desired.Collection) { c.Mode = m }}, !w.said("mode", "preserve", "ignore", "absent", "prune", "elements", "ensure")
}

// those are the paths that are known, or like no known one.
func (w *weaver) those(paths ...string) []string {
	return slices.DeleteFunc(paths, func(p string) bool {
		return !strings.HasSuffix(p, "livelihood") && !slices.ContainsFunc(w.fields, func(f field) bool { return f.path == p })
	})
}

func (w *weaver) preserve() (statement, bool) {
	p := pick(w.generator, w.those("livelihood", "d.livelihood", "a", "d.e"))
	return statement{text: "preserve " + p, policy: func(c *desired.Collection) { c.Preserve = []doc.Path{strings.Split(p, ".")} }},
		!w.said("preserve", "ignore", "mode insert", "mode update")
}

func (w *weaver) ignore() (statement, bool) {
	p := pick(w.generator, w.those("livelihood", "b", "d.f"))
	return statement{text: "ignore " + p, policy: func(c *desired.Collection) { c.Ignore = []doc.Path{strings.Split(p, ".")} }},
		!w.said("preserve", "ignore", "mode insert", "mode update")
}

func (w *weaver) absent() (statement, bool) {
	p := pick(w.generator, []string{"old", "d.old"})
	return statement{text: "absent " + p, policy: func(c *desired.Collection) { c.Absent = []doc.Path{strings.Split(p, ".")} }}, w.said("mode merge") && !w.said("absent")
}

func (w *weaver) prunes() (statement, bool) {
	p := &desired.Prune{Origin: "rules.weave:1:1", AtMost: int64(w.IntN(4)), Filter: w.raw(bson.D{})}
	text, bound := "all", fmt.Sprint(p.AtMost)
	if w.chance(30) {
		p.AtMost, p.Percent, bound = 50, true, "50%"
	}
	if w.chance(10) {
		p.AtMost, p.Percent, bound = 100, true, "any"
	}
	if w.chance(30) {
		bound = fmt.Sprintf("per environment { test: %s, %s: %s }", pick(w.generator, []string{"any", "3", "1%"}), pick(w.generator, []string{"prod", "else"}), bound)
	}
	c, condition, ok := w.cond(1)
	if ok && w.chance(60) {
		p.Where, text = c, "where "+condition
	}
	return statement{text: fmt.Sprintf("prune %s at most %s", text, bound), policy: func(c *desired.Collection) { c.Prune = p }}, !w.said("prune", "mode update")
}

func (w *weaver) drifts() (statement, bool) {
	policy := pick(w.generator, []desired.Drift{desired.DriftRepair, desired.DriftKeep, desired.DriftStop})
	return statement{text: "drift " + string(policy), policy: func(c *desired.Collection) {
		if c.Drift = policy; policy == desired.DriftRepair {
			c.Drift = "" // as without
		}
	}}, !w.said("drift")
}

func (w *weaver) link() (statement, bool) {
	path := pick(w.generator, []string{"o", "m"})
	has := slices.ContainsFunc(w.extracted, func(d bson.D) bool { _, ok := model.Get(d, path); return ok })
	if w.others == nil || !has || w.said("link "+path) {
		return statement{}, false
	}
	w.linked = append(w.linked, path)
	steps := []string{path}
	if path == "m" {
		steps = append(steps, desired.AnyElement)
	}
	return statement{text: fmt.Sprintf("link %s to others", strings.Join(steps, "")), policy: func(c *desired.Collection) {
		c.Links = append(c.Links, desired.Link{Origin: c.Origin, Steps: steps, Database: c.Database, Collection: "others"})
	}}, true
}

func (w *weaver) indexOn() (statement, bool) {
	names := []string{}
	for _, f := range w.fields {
		names = append(names, f.path)
	}
	if w.said("create n1 ") {
		names = append(names, "n1")
	}
	if len(names) == 0 {
		return statement{}, false
	}
	name := pick(w.generator, names)
	spec := w.raw(bson.D{{Key: "key", Value: bson.D{{Key: name, Value: int32(1)}}}, {Key: "name", Value: "on"}, {Key: "unique", Value: true}})
	return statement{text: fmt.Sprintf(`index on %s { unique: true, name: "on" }`, name), policy: func(c *desired.Collection) {
		c.Indexes, c.Declared = append(c.Indexes, spec), []string{"on"}
	}}, !w.said("index ") && !slices.ContainsFunc(w.indexes, func(s bson.Raw) bool { _, err := s.LookupErr("key", name); return err == nil })
}

func (w *weaver) indexesExact() (statement, bool) {
	return statement{text: "indexes exact", policy: func(c *desired.Collection) { c.IndexesExact = true }}, !w.said("indexes")
}

// structure is the mode without documents: no statement is about them.
func (w *weaver) structure() (statement, bool) {
	alone := len(w.says) == 0 || w.said("index") && len(w.says) == 1
	return statement{text: "mode structure", policy: func(c *desired.Collection) { c.Mode = desired.Structure }}, alone && w.name == "items"
}

func (w *weaver) dropIndex() (statement, bool) {
	return statement{text: `drop index "gone"`, policy: func(c *desired.Collection) { c.DropIndexes = []string{"gone"} }}, !w.said("drop index")
}

func (w *weaver) redact() (statement, bool) {
	pattern, text := desired.Pattern{Leaf: "hushed"}, "*.hushed"
	if w.chance(50) {
		pattern, text = desired.Pattern{Path: doc.Path{"hushed"}}, "hushed"
	}
	word := pick(w.generator, []string{"redact", "omit"})
	return statement{text: word + " " + text, policy: func(c *desired.Collection) {
		if word == "omit" {
			c.Omit = append(c.Omit, pattern)
		} else {
			c.Redact = append(c.Redact, pattern)
		}
	}}, !w.said("redact", "omit")
}
