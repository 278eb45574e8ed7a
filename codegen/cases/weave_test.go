package cases

// Random workspaces: weaves with the documents that were extracted for them. In: a
// seed. Out: the files, and what the rules mean by an independent model: the state
// that is wanted, or what must be found wrong. weavestatements_test.go has the
// statements, weaverun_test.go compiles and runs them.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// kinds of fields in the extracted documents.
const (
	intField   = "int"   // int32
	textField  = "text"  // string
	mixedField = "mixed" // scalars of any type, null
	textsField = "texts" // array of strings
	itemsField = "items" // array of documents with `b`, an int
)

// field is one that some extracted document has.
type field struct {
	path string // with dots
	kind string
}

// weaver makes one sync.
type weaver struct {
	*generator
	name   string
	by     [][]string
	fields []field // that statements may still use
	made   int     // names that statements made
	// limited: what is being made stands in a `for`.
	limited bool
	// extracted is what the source has; wanted what the rules leave of it, secrets and all.
	extracted []bson.D
	indexes   []bson.Raw // of the source
	says      []statement
	others    *weaver // that links go to; nil: none
	linked    []string
	c         *desired.Collection
	wrong     []string // codes of what must be found
	// unenforced: it is an `_id` that is there twice, for which only the compiler looks.
	unenforced bool
}

// weaveCase is a random workspace.
type weaveCase struct {
	files fstest.MapFS
	state *desired.State
	// wrong are the codes of what must be found; without any it compiles.
	wrong []string
	// server: what is wrong is left to a server: an index has a collation, of which only
	// that knows what it equates, or an `_id` is there twice.
	server bool
}

// weaveOf is the workspace of a seed.
func weaveOf(t *testing.T, seed uint64) *weaveCase {
	t.Helper()
	w := &weaveCase{files: fstest.MapFS{}, state: &desired.State{Weave: "random", Environment: "prod", Compiler: "mongocd test"}}
	g := newGenerator(t, seed)
	items := &weaver{generator: g, name: "items"}
	syncs := []*weaver{items}
	if g.chance(50) {
		items.others = &weaver{generator: g, name: "others"}
		items.others.extractOthers()
		syncs = []*weaver{items.others, items}
	}
	items.extract()
	var text strings.Builder
	text.WriteString("weave random\nenvironments test, prod\n\nfrom src into db {\n")
	for _, s := range syncs {
		s.sync(&text)
		w.file(s.name+"/documents.jsonl", lines(s.extracted, g))
		w.file(s.name+"/collection.json", s.description())
		w.state.Collections = append(w.state.Collections, s.c)
		w.wrong = append(w.wrong, s.wrong...)
		w.server = w.server || s.unenforced || slices.ContainsFunc(s.c.Indexes, func(spec bson.Raw) bool { return len(spec.Lookup("collation").Value) > 0 && !isSimple(spec) })
	}
	text.WriteString("}\n")
	w.files["rules.weave"] = &fstest.MapFile{Data: []byte(text.String())}
	if items.others != nil && len(items.linked) == 0 {
		slices.SortFunc(w.state.Collections, func(a, b *desired.Collection) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.Sort(w.wrong)
	w.wrong = slices.Compact(w.wrong)
	return w
}

func isSimple(spec bson.Raw) bool {
	locale, _ := spec.Lookup("collation", "locale").StringValueOK()
	return locale == "simple"
}

func (w *weaveCase) file(name, data string) {
	w.files["extracted/src/"+name] = &fstest.MapFile{Data: []byte(data)}
}

// String shows the files.
func (w *weaveCase) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(w.files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, w.files[name].Data)
	}
	return b.String()
}

func lines(documents []bson.D, g *generator) string {
	var b strings.Builder
	for _, d := range documents {
		fmt.Fprintf(&b, "%s\n", doc.Line(g.raw(d)))
	}
	return b.String()
}

func (w *weaver) description() string {
	d := bson.D{{Key: "format", Value: int32(1)}, {Key: "kind", Value: "collection"}, {Key: "layout", Value: "lines"}, {Key: "key", Value: bson.A{"_id"}}}
	if len(w.indexes) > 0 {
		list := bson.A{}
		for _, spec := range w.indexes {
			list = append(list, spec)
		}
		d = append(d, bson.E{Key: "indexes", Value: list})
	}
	return string(doc.AppendCanonical(nil, w.raw(d))) + "\n"
}

// extract makes documents with near misses: some lack a field, few values differ.
func (w *weaver) extract() {
	few := pick(w.generator, []int{3, 30, 30, 100})
	w.fields = []field{{"a", intField}, {"b", textField}, {"c", mixedField}, {"d.e", intField}, {"d.f", textField}, {"t", textsField}, {"l", itemsField}}
	for i := range 1 + w.IntN(7) {
		d := bson.D{{Key: "_id", Value: int32(i)}}
		put := func(percent int, key string, value func() any) {
			if w.chance(percent) {
				d = append(d, bson.E{Key: key, Value: value()})
			}
		}
		number := func() any { return int32(w.IntN(few)) }
		text := func() any { return fmt.Sprint(pick(w.generator, []string{"", "a", "B", "é"}), w.IntN(few)) }
		put(97, "k", func() any {
			if w.chance(3) {
				return nil
			}
			return int32(pick(w.generator, []int{i, i, i, i, i, i, i, i, i, w.IntN(8)}))
		})
		put(80, "a", number)
		put(80, "b", text)
		put(80, "c", func() any { return w.mixed(few) })
		put(80, "d", func() any { return bson.D{{Key: "e", Value: number()}, {Key: "f", Value: text()}}[w.IntN(2):] })
		put(60, "t", func() any {
			list := bson.A{}
			for range w.IntN(3) {
				list = append(list, text())
			}
			return list
		})
		put(60, "l", func() any {
			list := bson.A{}
			for range w.IntN(4) {
				list = append(list, bson.D{{Key: "b", Value: number()}, {Key: "g", Value: text()}}[:1+w.IntN(2)])
			}
			return list
		})
		if w.others != nil {
			id := func() any { return pick(w.generator, w.others.extracted)[0].Value }
			put(70, "o", func() any { return pick(w.generator, []any{id(), id(), nil}) })
			put(50, "m", func() any { return bson.A{id(), id()}[:w.IntN(3)] })
		}
		w.extracted = append(w.extracted, d)
	}
	w.fields = slices.DeleteFunc(w.fields, func(f field) bool {
		return !slices.ContainsFunc(w.extracted, func(d bson.D) bool { _, ok := model.Get(d, strings.Split(f.path, ".")...); return ok })
	})
}

// mixed is a scalar, often the same number in another type.
func (w *weaver) mixed(few int) any {
	n := w.IntN(few)
	return pick(w.generator, []any{int32(n), int64(n), float64(n), must(bson.ParseDecimal128(fmt.Sprintf("%d.0", n))), nil, true, fmt.Sprint(n), bson.DateTime(n), bson.ObjectID{11: byte(n)}})
}

// extractOthers makes what links go to.
func (w *weaver) extractOthers() {
	w.fields = []field{{"a", intField}, {"b", textField}}
	for i := range 2 + w.IntN(3) {
		w.extracted = append(w.extracted, bson.D{{Key: "_id", Value: fmt.Sprintf("other-%d", i)}, {Key: "k", Value: int32(i)}, {Key: "a", Value: int32(w.IntN(3))}, {Key: "b", Value: fmt.Sprint(i)}})
	}
}

// sync writes the sync, and makes what it means.
func (w *weaver) sync(text *strings.Builder) {
	w.by = [][]string{{"_id"}}
	if w.chance(65) && slices.ContainsFunc(w.extracted, func(d bson.D) bool { return has(d, "k") }) {
		w.by = [][]string{{"k"}}
	}
	w.c = &desired.Collection{Database: "db", Name: w.name, Origin: "rules.weave:1:1", Mode: desired.Replace}
	for _, p := range w.by {
		w.c.Identity = append(w.c.Identity, p)
	}
	for range 1 + w.IntN(2) {
		if w.chance(50) {
			w.indexes = append(w.indexes, w.index(len(w.indexes)))
		}
	}
	w.indexes = slices.CompactFunc(w.indexes, func(a, b bson.Raw) bool { return a.Lookup("key").Equal(b.Lookup("key")) })
	w.c.Indexes = slices.Clone(w.indexes)
	for range w.IntN(7) {
		if s, ok := w.statement(true); ok {
			w.says = append(w.says, s)
		}
	}
	fmt.Fprintf(text, "  sync %s", w.name)
	if w.by[0][0] != "_id" {
		fmt.Fprintf(text, " by %s", w.by[0][0])
	}
	if !w.said("mode structure") {
		text.WriteString(" expect any")
	}
	text.WriteString(" {\n")
	for _, s := range w.says {
		text.WriteString(indent(s.text))
	}
	text.WriteString("  }\n")
	w.finish()
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n    ") + "\n"
}

// index is a unique index of the source, mostly.
func (w *weaver) index(n int) bson.Raw {
	keys := [][]string{{"a"}, {"b"}, {"c"}, {"d.e"}, {"d"}, {"l.b"}, {"l.0.b"}, {"l.1.b"}, {"l.1"}, {"t"}, {"t.0"}, {"a", "b"}, {"a", "l.b"}, {"t.1", "b"}, {"l.g", "a"}, {"k"}}
	if w.name == "others" {
		keys = [][]string{{"a"}, {"b"}, {"b", "a"}, {"k"}}
	}
	key := bson.D{}
	for _, name := range pick(w.generator, keys) {
		key = append(key, bson.E{Key: name, Value: int32(pick(w.generator, []int{1, -1}))})
	}
	spec := bson.D{{Key: "key", Value: key}, {Key: "name", Value: fmt.Sprint("ix", n)}, {Key: "unique", Value: pick(w.generator, []any{true, true, int32(1), 1.0})}}
	if w.chance(30) {
		spec = append(spec, bson.E{Key: "sparse", Value: true})
	} else if w.chance(40) {
		spec = append(spec, bson.E{Key: "partialFilterExpression", Value: pick(w.generator, []bson.D{
			{{Key: "a", Value: bson.D{{Key: "$gt", Value: int32(w.IntN(9))}}}}, {{Key: "b", Value: bson.D{{Key: "$exists", Value: true}}}}, {{Key: "c", Value: bson.D{{Key: "$type", Value: "number"}}}},
			{{Key: "a", Value: bson.D{{Key: "$lte", Value: 9.0}, {Key: "$gte", Value: int64(2)}}}}, {{Key: "l.b", Value: bson.D{{Key: "$lt", Value: int32(9)}}}}, {{Key: "t.0", Value: bson.D{{Key: "$exists", Value: true}}}},
			{{Key: "$and", Value: bson.A{bson.D{{Key: "c", Value: bson.D{{Key: "$in", Value: bson.A{int32(1), int32(2), "3", nil}}}}}, bson.D{{Key: "d.e", Value: bson.D{{Key: "$exists", Value: true}}}}}}}})})
	}
	if w.chance(20) {
		spec = append(spec, bson.E{Key: "collation", Value: bson.D{{Key: "locale", Value: "simple"}}})
	} else if w.chance(8) {
		spec = append(spec, bson.E{Key: "collation", Value: bson.D{{Key: "locale", Value: "en"}, {Key: "strength", Value: int32(2)}}})
	}
	return w.raw(spec)
}

// finish runs the statements over the extracted documents, as the model has them.
func (w *weaver) finish() {
	documents := w.results()
	for _, s := range w.says {
		if s.policy != nil {
			s.policy(w.c)
		}
	}
	if w.c.Mode == desired.Structure {
		w.c.Prune = nil
		return
	}
	for i, d := range documents {
		for _, p := range w.by {
			if v, ok := model.Get(d, p...); !model.Identifies(v, ok) {
				w.wrong = append(w.wrong, "bad-identity")
			}
		}
		for j, other := range documents[:i] {
			if model.SameIdentity(d, other, w.by) {
				code := "ambiguous-identity"
				if i >= len(documents)-w.literals() || j >= len(documents)-w.literals() {
					code = "duplicate-document"
				}
				w.wrong = append(w.wrong, code)
			}
		}
	}
	for _, d := range documents {
		w.c.Documents = append(w.c.Documents, w.document(d))
		if slices.ContainsFunc(w.says, func(s statement) bool { return s.holds != nil && !s.holds(d) }) {
			w.wrong = append(w.wrong, "check-failed")
		}
	}
	all := slices.Clone(w.c.Documents)
	for _, d := range w.extracted {
		all = append(all, desired.Document{Raw: w.raw(d)})
	}
	w.c.Known = w.known(all, nil)
	slices.SortStableFunc(w.c.Documents, func(a, b desired.Document) int {
		if len(w.wrong) > 0 {
			return 0
		}
		return compareIdentity(a.Raw, b.Raw, w.c.Identity)
	})
	indexes := w.c.Indexes
	if !w.c.IdentityIsID() {
		indexes = append(slices.Clone(indexes), w.raw(bson.D{{Key: "key", Value: bson.D{{Key: "_id", Value: int32(1)}}}, {Key: "unique", Value: true}, {Key: "sparse", Value: true}}))
	}
	for _, spec := range indexes {
		if model.Repeats(spec, w.judged(spec)) {
			w.wrong = append(w.wrong, "duplicate-key")
			w.unenforced = w.unenforced || spec.Lookup("key", "_id").Type != 0
		}
	}
}

// results are the documents that are selected, changed, and those that statements add.
func (w *weaver) results() []bson.D {
	var out []bson.D
	for _, d := range w.extracted {
		if slices.ContainsFunc(w.says, func(s statement) bool { return s.selects != nil && !s.selects(d) }) {
			continue
		}
		for _, s := range w.says {
			if s.change != nil {
				d = s.change(d)
			}
		}
		out = append(out, d)
	}
	for _, s := range w.says {
		out = append(out, s.more...)
	}
	return out
}

func (w *weaver) literals() int {
	n := 0
	for _, s := range w.says {
		n += len(s.more)
	}
	return n
}

// judged are the documents whose entries in an index are known when compiling: no
// secret is in its key or filter.
func (w *weaver) judged(spec bson.Raw) []bson.Raw {
	var out []bson.Raw
	text := string(doc.AppendCanonical(nil, spec))
	for _, d := range w.c.Documents {
		if !slices.ContainsFunc(d.Secrets, func(s desired.Secret) bool { return strings.Contains(text, `"`+s.Path[0]+`"`) }) {
			out = append(out, d.Raw)
		}
	}
	return out
}

// document is a finished one, with null where the artefact fills in.
func (w *weaver) document(d bson.D) desired.Document {
	var out desired.Document
	var fill func(v any, at []string) any
	fill = func(v any, at []string) any {
		switch v := v.(type) {
		case model.Secret:
			out.Secrets = append(out.Secrets, desired.Secret{Path: at, Parts: v})
			return nil
		case bson.D:
			inner := bson.D{}
			for _, e := range v {
				inner = append(inner, bson.E{Key: e.Key, Value: fill(e.Value, append(slices.Clip(at), e.Key))})
			}
			return inner
		case bson.A:
			inner := bson.A{}
			for i, e := range v {
				inner = append(inner, fill(e, append(slices.Clip(at), fmt.Sprint(i))))
			}
			return inner
		case string:
			if len(at) > 0 && slices.Contains(w.linked, at[0]) {
				if identity := w.others.identityOf(v); identity != nil {
					out.Links = append(out.Links, desired.LinkedID{Path: at, Database: "db", Collection: w.others.name, Identity: identity})
				} else {
					w.wrong = append(w.wrong, "dangling-reference")
				}
				return nil
			}
		}
		return v
	}
	filled, _ := fill(d, nil).(bson.D)
	out.Raw = w.raw(filled)
	return out
}

// identityOf is the identity of the document that was extracted with an `_id`; nil:
// it is not wanted.
func (w *weaver) identityOf(id string) []bson.RawValue {
	for _, d := range w.extracted {
		if d[0].Value != id {
			continue
		}
		for _, s := range w.says {
			if s.selects != nil && !s.selects(d) {
				return nil
			}
		}
		for _, s := range w.says {
			if s.change != nil {
				d = s.change(d)
			}
		}
		var out []bson.RawValue
		for _, p := range w.by {
			v, ok := model.Get(d, p...)
			if !ok {
				return nil
			}
			out = append(out, w.raw(bson.D{{Key: "v", Value: v}}).Lookup("v"))
		}
		return out
	}
	return nil
}
