// Package promote makes the data of one environment that of another: all of it, some
// collections, or single documents with what they need.
//
// In: a workspace, where the data comes from, the environment that it is for, and a
// Choice. Out: a Promotion: the collections of the new pin, and how they differ from
// what the environment has now; write.go puts it into releases/. closure.go finds what
// chosen documents need. Nothing is promoted with which the environment does not compile.
package promote

import (
	"context"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Choice is what is promoted. Without collections and documents it is everything that
// the environment is compiled with.
type Choice struct {
	Collections []string // COLLECTION or SOURCE.COLLECTION
	Documents   []describe.Selector
	// WithReferences takes along what chosen documents need.
	WithReferences bool
}

// Partial reports whether something of the pin stays as it is.
func (c Choice) Partial() bool { return len(c.Collections)+len(c.Documents) > 0 }

// Promotion is the pin that an environment is to get.
type Promotion struct {
	To string
	// Collections are sorted by source and name.
	Collections []Collection
	// From are the entries of the pin that there was; Whole: the new one takes the
	// place of all of them.
	From  []workspace.PinEntry
	Whole bool
	// Damaged: what is pinned now is not as it was promoted.
	Damaged bool
	// Along are the documents that were taken along, as selectors.
	Along []string
}

// Collection is a collection of a Promotion, and how it differs from what the environment has now.
type Collection struct {
	workspace.Key
	Added, Changed, Removed, Documents int
	// Structure: its options or indexes are others.
	Structure bool
	// Same: it stays as it is pinned.
	Same bool

	folder string     // whose files it has, or whose description
	merged []bson.Raw // in place of the folder's documents; nil: those
}

// Different reports whether the environment gets something.
func (c *Collection) Different() bool { return c.Added+c.Changed+c.Removed > 0 || c.Structure }

// Changes reports whether there is something to write.
func (p *Promotion) Changes() bool {
	return p.Damaged || p.Whole && len(p.From) != len(p.Collections) || slices.ContainsFunc(p.Collections, func(c Collection) bool { return !c.Same })
}

// data are the collections that an environment is compiled with.
type data = map[workspace.Key]*workspace.Collection

// Plan finds what to write. from is nil for the extracted data. The options say with
// which inputs the rules are run, and whether edited files are taken.
func Plan(ctx context.Context, w *workspace.Workspace, from *workspace.Pin, to string, choice Choice, o workspace.Options) (_ *Promotion, diags diag.List) {
	doing := "choosing the data"
	defer mistake.Recovered(&doing, &diags)
	o.Environments, o.Weaves = []string{to}, nil
	damaged := false
	pin, diags := w.PinOf(to)
	switch {
	case !choice.Partial():
		damaged, diags = diags.HasErrors(), nil // whatever is wrong with it, it is replaced
	case diags.HasErrors():
		return nil, diags
	case pin == nil:
		return nil, diag.List{{Code: diag.NotPinned, Message: fmt.Sprintf("the data of %s is not pinned yet: it is compiled with all that is extracted", diag.Safe(to, 64)),
			Notes: []string{fmt.Sprintf("pin all of it first: `mongocd promote extracted %s`", diag.Safe(to, 64)), "from then on single collections and documents can be promoted"}}}
	}
	source, diags := read(ctx, w.Instead(to, from), o)
	if diags.HasErrors() {
		return nil, diags
	}
	there, found := read(ctx, w, o)
	if choice.Partial() {
		if found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Code == diag.NotPinned }); found.HasErrors() {
			return nil, found
		}
	}
	c := &chosen{to: to, source: source, there: there, documents: map[workspace.Key]map[string]bson.RawValue{}, whole: map[workspace.Key]bool{}}
	if diags := c.choose(choice); diags.HasErrors() {
		return nil, diags
	}
	if choice.Partial() {
		doing = "finding what the chosen documents need"
		if diags := c.close(ctx, w, from, choice.WithReferences, o); diags.HasErrors() {
			return nil, diags
		}
	}
	doing = "compiling with the chosen data"
	p := c.promotion(pin, !choice.Partial())
	p.Damaged = damaged || found.HasErrors()
	if diags := named(p); diags.HasErrors() {
		return nil, diags
	}
	if _, diags := compiler.Compile(ctx, w.Instead(to, workspace.Held(to, c.candidate())), o); diags.HasErrors() {
		return nil, diags.Errors()
	}
	return p, nil
}

// read reads what an environment is compiled with.
func read(ctx context.Context, w *workspace.Workspace, o workspace.Options) (data, diag.List) {
	jobs, diags := w.Jobs(o)
	if diags.HasErrors() {
		return nil, diags.Errors()
	}
	snapshot, diags := w.Read(ctx, jobs, o)
	if snapshot == nil {
		return nil, diags.Errors()
	}
	return snapshot.For(o.Environments[0]).Collections, diags.Errors()
}

// chosen is a choice with the data that it is about.
type chosen struct {
	to            string
	source, there data
	whole         map[workspace.Key]bool
	// documents are the `_id`s of chosen documents of other collections, by doc.Key.
	documents map[workspace.Key]map[string]bson.RawValue
	// made are the collections of documents, once.
	made data
	// along are documents that were added for what others need.
	along []string
}

// choose finds what the names and selectors are about.
func (c *chosen) choose(choice Choice) (diags diag.List) {
	if !choice.Partial() {
		for k := range c.source {
			c.whole[k] = true
		}
		return nil
	}
	for _, name := range choice.Collections {
		k, found := c.named(name)
		if diags = append(diags, found...); len(found) == 0 {
			c.whole[k] = true
		}
	}
	for _, s := range choice.Documents {
		k, found := c.named(s.Collection)
		if diags = append(diags, found...); len(found) > 0 {
			continue
		}
		matched := false
		for _, list := range []*workspace.Collection{c.source[k], c.there[k]} {
			if list == nil {
				continue
			}
			for _, d := range list.Documents {
				if id, ok := doc.Get(d, doc.Path{"_id"}); ok && s.Matches(d) {
					c.add(k, id)
					matched = true
				}
			}
		}
		if !matched {
			diags = append(diags, diag.Diagnostic{Code: diag.MatchesNothing, Message: fmt.Sprintf("no document of %s is one that --document names", diag.Quote(k.Source+"."+k.Name, 120)),
				Notes: []string{"it was looked for where it comes from, and in what is pinned for " + diag.Safe(c.to, 64), "`_id`s are written as JSON or as bare text: --document 'flags[_id=new-cart]'"}})
		}
	}
	return diags
}

func (c *chosen) add(k workspace.Key, id bson.RawValue) {
	if c.documents[k] == nil {
		c.documents[k] = map[string]bson.RawValue{}
	}
	c.documents[k][doc.Key(id)] = id
	c.made = nil
}

// named is the collection of a name, with or without its source.
func (c *chosen) named(name string) (workspace.Key, diag.List) {
	var keys []workspace.Key
	var known []string
	for _, k := range keysOf(c.source) {
		known = append(known, k.Name)
		if k.Name == name || k.Source+"."+k.Name == name {
			keys = append(keys, k)
		}
	}
	switch len(keys) {
	case 1:
		return keys[0], nil
	case 0:
		return workspace.Key{}, diag.List{workspace.Unknown(diag.UnknownCollection, "collection", name, slices.Compact(known))}
	}
	d := diag.Diagnostic{Code: diag.UnknownCollection, Message: fmt.Sprintf("several sources have a collection %s", diag.Quote(name, 64)), Notes: []string{"say which, with its source:"}}
	for _, k := range keys {
		d.Notes = append(d.Notes, diag.Safe(k.Source+"."+k.Name, 130))
	}
	return workspace.Key{}, diag.List{d}
}

// short is the name of a collection that tells it from the others.
func (c *chosen) short(k workspace.Key) string {
	for other := range c.source {
		if other != k && other.Name == k.Name {
			return k.Source + "." + k.Name
		}
	}
	return k.Name
}

func keysOf(d data) []workspace.Key {
	return slices.SortedFunc(maps.Keys(d), func(a, b workspace.Key) int {
		return strings.Compare(a.Source+"\x00"+a.Name, b.Source+"\x00"+b.Name)
	})
}

// candidate is the data that the environment would have.
func (c *chosen) candidate() data {
	if c.made != nil {
		return c.made
	}
	out := data{}
	for k, of := range c.there {
		if len(c.whole) < len(c.source) || len(c.documents) > 0 {
			out[k] = of
		}
	}
	for k := range c.whole {
		out[k] = c.source[k]
	}
	for k, ids := range c.documents {
		if !c.whole[k] {
			out[k] = merged(c.source[k], out[k], ids)
		}
	}
	c.made = out
	return out
}

// merged is a collection with the chosen documents as they are at the source: those that
// it has no more are left out, new ones come last.
func merged(source, there *workspace.Collection, ids map[string]bson.RawValue) *workspace.Collection {
	from := map[string]bson.Raw{}
	var order []string
	if source != nil {
		for _, d := range source.Documents {
			if k := idKey(d); ids[k].Type != 0 {
				from[k], order = d, append(order, k)
			}
		}
	}
	if there == nil {
		there = &workspace.Collection{}
		*there = *source
		there.Documents, there.Read = nil, nil
	}
	out := *there
	out.Documents, out.Read = []bson.Raw{}, nil
	for i, d := range there.Documents {
		k := idKey(d)
		if at, here := from[k]; here {
			d = at
			delete(from, k)
		} else if ids[k].Type != 0 {
			continue
		}
		out.Documents = append(out.Documents, d)
		out.Read = append(out.Read, there.Read[i])
	}
	for _, k := range order {
		if d, left := from[k]; left {
			at := slices.IndexFunc(source.Documents, func(s bson.Raw) bool { return &s[0] == &d[0] })
			out.Documents, out.Read = append(out.Documents, d), append(out.Read, source.Read[at])
		}
	}
	out.Count = len(out.Documents)
	out.Shape = shape.Infer(out.Documents, runtime.GOMAXPROCS(0))
	return &out
}

// idKey is the doc.Key of a document's `_id`; empty when it has none.
func idKey(d bson.Raw) string {
	if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
		return doc.Key(id)
	}
	return ""
}

// promotion is what is to be written.
func (c *chosen) promotion(pin *workspace.Pin, whole bool) *Promotion {
	p := &Promotion{To: c.to, Whole: whole, Along: c.along}
	if pin != nil {
		p.From = pin.Entries
	}
	candidate := c.candidate()
	for _, k := range keysOf(candidate) {
		of, there := candidate[k], c.there[k]
		n := Collection{Key: k, Documents: of.Count, folder: of.Folder}
		n.compare(there, of)
		if !c.whole[k] && of != there {
			n.merged = of.Documents
		}
		n.Same = pin != nil && there != nil && strings.HasPrefix(there.Folder, workspace.PinFolder(c.to)+"/") && !n.Different() && of.SameSource(there)
		if n.Same {
			n.folder, n.merged = there.Folder, nil
		}
		p.Collections = append(p.Collections, n)
	}
	return p
}

// named refuses folders whose names are no text, which a pin cannot have.
func named(p *Promotion) (diags diag.List) {
	for _, c := range p.Collections {
		if !utf8.ValidString(c.folder) {
			diags = append(diags, diag.Diagnostic{Code: diag.BadExtract, Message: fmt.Sprintf("the name of %s is no UTF-8 text, and cannot be pinned", diag.Quote(c.folder, 200)),
				Notes: []string{"rename the folder"}})
		}
	}
	return diags
}

// below is the folder of a collection below its root: SOURCE/COLLECTION.
func (c *Collection) below() string {
	return path.Join(path.Base(path.Dir(c.folder)), path.Base(c.folder))
}
