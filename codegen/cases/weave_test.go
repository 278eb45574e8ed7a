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
	moved     []moved
	// fanned: it is for the databases of a fan-out, and tenant the document of the one
	// that is finished.
	fanned bool
	tenant bson.D
	c      *desired.Collection
	wrong  []string // codes of what must be found
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
	fan := g.chance(20)
	items := &weaver{generator: g, name: "items", fanned: fan}
	syncs := []*weaver{items}
	if g.chance(50) {
		items.others = &weaver{generator: g, name: "others", fanned: fan}
		items.others.extractOthers()
		syncs = []*weaver{items.others, items}
	}
	items.extract()
	var block strings.Builder
	tenants := []bson.D{nil}
	if fan {
		tenants = g.tenants()
	}
	for _, s := range syncs {
		s.tenant = tenants[0]
		s.sync(&block)
		w.file("src/"+s.name+"/documents.jsonl", lines(s.extracted, g))
		w.file("src/"+s.name+"/collection.json", s.description())
	}
	defaults, inFrom := "", ""
	if items.others == nil {
		defaults, inFrom = items.defaults()
	}
	into, databases := "db", []string{"db"}
	if fan {
		into, databases = `"db_${tenant.code}" for each tenant in tenants from crm`, nil
		for _, d := range tenants {
			databases = append(databases, fmt.Sprint("db_", d[1].Value))
		}
		w.state.Apart = databases
		w.file("crm/tenants/documents.jsonl", lines(tenants, g))
		w.file("crm/tenants/collection.json", (&weaver{generator: g}).description())
	}
	w.files["rules.weave"] = &fstest.MapFile{Data: fmt.Appendf(nil, "weave random\nenvironments test, prod\n\n%sfrom src into %s {\n%s%s}\n", defaults, into, inFrom, block.String())}
	for i, database := range databases {
		var collections []*desired.Collection
		for _, s := range syncs {
			s.tenant = tenants[i]
			s.finish(database)
			collections = append(collections, s.c)
			w.server = w.server || s.unenforced || slices.ContainsFunc(s.c.Indexes, func(spec bson.Raw) bool { return len(spec.Lookup("collation").Value) > 0 && !isSimple(spec) })
		}
		if items.others != nil && len(items.linked) == 0 {
			slices.SortFunc(collections, func(a, b *desired.Collection) int { return strings.Compare(a.Name, b.Name) })
		}
		w.state.Collections = append(w.state.Collections, collections...)
	}
	for _, s := range syncs {
		w.wrong = append(w.wrong, s.wrong...)
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
	w.files["extracted/"+name] = &fstest.MapFile{Data: []byte(data)}
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

// sync writes the sync, and makes what it means.
func (w *weaver) sync(text *strings.Builder) {
	w.by = [][]string{{"_id"}}
	if w.chance(65) && slices.ContainsFunc(w.extracted, func(d bson.D) bool { return has(d, "k") }) {
		w.by = [][]string{{"k"}}
	}
	for range 1 + w.IntN(2) {
		if w.chance(50) {
			w.indexes = append(w.indexes, w.index(len(w.indexes)))
		}
	}
	w.indexes = slices.CompactFunc(w.indexes, func(a, b bson.Raw) bool { return a.Lookup("key").Equal(b.Lookup("key")) })
	for range w.IntN(7) {
		if s, ok := w.statement(true); ok {
			w.says = append(w.says, s)
		}
	}
	if s, ok := w.moves(); ok {
		w.says = append(w.says, s)
	}
	fmt.Fprintf(text, "  sync %s", w.name)
	if w.by[0][0] != "_id" {
		fmt.Fprintf(text, " by %s", w.by[0][0])
	}
	if !w.said("mode structure") {
		text.WriteString(" expect any")
	}
	text.WriteString(" {\n")
	for i := range w.says {
		s := &w.says[i]
		if s.policy != nil && s.text != "mode structure" && w.chance(15) {
			s.limit = pick(w.generator, []string{"prod", "all except test"})
		}
		if w.others == nil && w.name == "items" && s.isDefault() {
			s.at = pick(w.generator, []string{"", "", "from", "defaults"})
		}
		if s.at == "" {
			text.WriteString(indent(s.written()))
		}
	}
	text.WriteString("  }\n")
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n    ") + "\n"
}

// finish runs the statements over the extracted documents, as the model has them, for
// a database.
func (w *weaver) finish(database string) {
	w.c = &desired.Collection{Database: database, Name: w.name, Origin: "rules.weave:1:1", Mode: desired.Replace, Indexes: slices.Clone(w.indexes)}
	for _, p := range w.by {
		w.c.Identity = append(w.c.Identity, p)
	}
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
		documents[i] = w.ownLists(d)
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
	w.c.Moves = w.chains(documents)
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
					out.Links = append(out.Links, desired.LinkedID{Path: at, Database: w.c.Database, Collection: w.others.name, Identity: identity})
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
