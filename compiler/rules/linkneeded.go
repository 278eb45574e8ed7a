package rules

// Fields that hold `_id`s which the destination may have otherwise. In: the
// finished documents of a collection and the `_id`s of those that it may refer
// to, its own among them; out: `link-needed`. docs/language.md, `link`, has the rule.

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"unicode"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// linksNeeded reports fields that hold `_id`s of a collection that goes by
// another identity: the destination may have other ids there. An objectId, a
// uuid or bytes are never such an `_id` by chance, so half of the values are
// enough for an error. Texts and numbers may mean anything: they are a warning
// where nine of ten are `_id`s that the destination is to make anew.
func (d *Done) linksNeeded(o *Outcome, cache *Cache) diag.List {
	var referred []*Outcome
	var keys []*keySet
	var reads [2]maphash.Hash // of all that the findings depend on: a text for each pair of collections would take more than the data
	for i, seed := range seeds {
		reads[i].SetSeed(seed)
	}
	for _, u := range d.Units {
		if !u.Target.Meets(o.Target) {
			continue
		}
		other := d.Of(u)
		if other == nil || other.byID() || o.types != nil && !o.types[bson.TypeObjectID] && onlyObjectIDs(other.Unit) {
			continue
		}
		if k := cache.referable(other); len(k.keys) > 0 {
			referred, keys = append(referred, other), append(keys, k)
			for i := range reads {
				maphash.WriteComparable(&reads[i], [2]string{other.Target.Collection, other.Data.Name})
				for _, path := range other.By {
					for _, name := range path {
						maphash.WriteComparable(&reads[i], name)
					}
					maphash.WriteComparable(&reads[i], len(path))
				}
				maphash.WriteComparable(&reads[i], k.sum)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return cache.findings(o, linking, []string{fmt.Sprint(reads[0].Sum64(), reads[1].Sum64())}, func() diag.List { return needed(o, referred, keys) })
}

// needed judges the fields of a collection against the keys of those referred to.
func needed(o *Outcome, referred []*Outcome, keys []*keySet) diag.List {
	var out diag.List
	fields := keyFields(o, keys)
	for i, other := range referred {
		for _, f := range fields {
			held, collection := f.held[i], diag.Safe(other.Target.Collection, 64)
			e := diag.Diagnostic{Code: diag.LinkNeeded, Span: o.Target.NameSpan}
			switch {
			case held.unmistakable > 0 && 2*held.unmistakable >= f.values:
				e.Message = fmt.Sprintf("%s holds the `_id`s of %s, whose documents go by %s: the destination may have other `_id`s", diag.Backquote(f.path), other.Data.Name, other.byText())
				e.Notes = []string{fmt.Sprintf("write `link %s to %s`, or identify %s by `_id`", ast.Written(f.path), collection, collection)}
			case held.plain > 0 && 10*held.plain >= 9*f.values && (namesKey(f.name, other.Target.Collection) || held.telling):
				e.Severity = diag.Warning
				e.Message = fmt.Sprintf("%s seems to hold the `_id`s of %s, which the rules remove: the destination has others", diag.Backquote(f.path), other.Data.Name)
				e.Notes = []string{fmt.Sprintf("write `link %s to %s`, or keep the `_id`s of %s", ast.Written(f.path), collection, collection)}
			default:
				continue
			}
			e.Statements = []string{fmt.Sprintf("link %s to %s", ast.Written(f.path), ast.WrittenName(other.Target.Collection))}
			if n := held.unmistakable + held.plain; n < f.values {
				e.Notes = append(e.Notes, fmt.Sprintf("%d of its %d values are among them, such as %s", n, f.values, doc.Show(held.first, 60)))
			}
			out = append(out, e)
		}
	}
	return out
}

// keySet are keys of values.
type keySet struct {
	keys  map[string]bool
	types [256]bool // of the values; most fields have values of another type
	sum   [2]uint64 // other keys have another one
}

func (s *keySet) add(v bson.RawValue) {
	key := doc.Key(v)
	if s.keys[key] {
		return
	}
	s.keys[key] = true
	s.types[v.Type] = true
	for i, seed := range seeds {
		s.sum[i] += maphash.String(seed, key) // in any order
	}
}

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// numbers are the types of which a value equals one of another type.
var numbers = []bson.Type{bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128}

// referable are the keys of the `_id`s by which documents of the unit may be
// referred to. Texts and numbers count only where the finished document lacks
// the `_id`, and has no other field of that value: what refers to a code that is
// the `_id` as well finds its document at the destination, too.
func (o *Outcome) referable() *keySet {
	set := &keySet{keys: map[string]bool{}}
	for i := range o.Documents {
		d := o.result(i)
		extracted := d
		if at := o.Order[i]; at < len(o.Data.Documents) {
			extracted = o.Data.Documents[at]
		}
		o.Job.Space.Touched(len(d) + len(extracted))
		id, ok := doc.Get(extracted, doc.Path{"_id"})
		if !ok {
			continue
		}
		if !unmistakable(id) {
			if _, kept := doc.Get(d, doc.Path{"_id"}); kept || !plainKey(id) || hasValue(d, id) {
				continue
			}
		}
		set.add(id)
	}
	return set
}

// onlyObjectIDs reports whether every `_id` is one, so that no other value refers to a document:
// most collections are so, and their keys need not be looked at.
func onlyObjectIDs(u *Unit) bool {
	return len(u.Literals) == 0 && u.Data.Shape.Root.Field("_id").Only("objectId")
}

// hasValue reports whether a field at the top of a document has a value.
func hasValue(d bson.Raw, v bson.RawValue) bool {
	for _, other := range doc.Fields(d) {
		if doc.Same(other, v) {
			return true
		}
	}
	return false
}

// unmistakable reports whether a value is a key that no other value equals by chance.
func unmistakable(v bson.RawValue) bool {
	return v.Type == bson.TypeObjectID || v.Type == bson.TypeBinary && len(v.Value) >= 5+8
}

// plainKey reports whether a value is a key that other values may equal by chance.
func plainKey(v bson.RawValue) bool {
	return v.Type == bson.TypeString || slices.Contains(numbers, v.Type)
}

// keyField is a path, as `link` names it, and what it holds.
type keyField struct {
	path, name string // name is its last field
	values     int    // without null
	held       []held // for each of the collections that may be referred to; nil: none
}

// held are the `_id`s of one collection at a path.
type held struct {
	first               bson.RawValue
	unmistakable, plain int
	// telling: what is plain is not there by chance. These are two values at least,
	// and texts or large numbers all: small ones are among the `_id`s 1, 2, 3 …
	// whatever they mean.
	telling, small bool
}

// note counts a value that is an `_id`.
func (h *held) note(v bson.RawValue) {
	if h.first.Type == 0 {
		h.first = v
	}
	if unmistakable(v) {
		h.unmistakable++
		return
	}
	h.plain++
	h.small = h.small || v.Type != bson.TypeString && doc.Compare(v, least) > 0 && doc.Compare(v, most) < 0
	h.telling = !h.small && (h.telling || !doc.Same(h.first, v))
}

// Numbers between these may be quantities, positions and years.
var least, most = number(-10_000), number(10_000)

func number(n int32) bson.RawValue {
	v, _ := doc.Get(doc.NewBuilder(16).AppendInt32("n", n).Raw(), doc.Path{"n"})
	return v
}

// namesKey reports whether the name of a field says that it holds keys of a
// collection: `parentId`, `team_ids`, `team` and `teams` of teams, `userid` of users.
func namesKey(name, collection string) bool {
	words := wordsOf(name)
	if len(words) == 0 {
		return false
	}
	switch last := words[len(words)-1]; {
	case slices.Contains([]string{"id", "ids", "ref", "refs"}, last), slices.Contains(words, "parent"), slices.Contains(words, "parents"):
		return true
	}
	plain, of := strings.Join(words, ""), strings.Join(wordsOf(collection), "")
	for _, ending := range []string{"ids", "id", "refs", "ref"} {
		if rest, ok := strings.CutSuffix(plain, ending); ok && rest != "" && singular(rest) == singular(of) {
			return true
		}
	}
	return of != "" && strings.HasSuffix(singular(plain), singular(of))
}

// singular is a word without the ending of an English plural.
func singular(word string) string {
	if rest, ok := strings.CutSuffix(word, "ies"); ok {
		return rest + "y"
	}
	return strings.TrimSuffix(word, "s")
}

// wordsOf are the words of a name in lower case: of teamIds, team_ids and team-ids team and ids.
func wordsOf(name string) []string {
	var spaced strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r, lower = ' ', false
		case unicode.IsUpper(r) && lower:
			spaced.WriteByte(' ')
			lower = false
		default:
			lower = !unicode.IsUpper(r)
		}
		spaced.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(spaced.String())
}

// longestKey is longer than any value in an index was for long (MongoDB manual:
// reference/limits, Index Key Limit): a text beyond it is no key.
const longestKey = 1024

// keyFields are the paths of finished documents, sorted, that hold any of the keys.
func keyFields(o *Outcome, keys []*keySet) []*keyField {
	var types [256]bool // that any key may equal
	for _, set := range keys {
		for t := range set.types {
			types[t] = types[t] || set.types[t]
		}
	}
	if slices.ContainsFunc(numbers, func(t bson.Type) bool { return types[t] }) {
		for _, t := range numbers {
			types[t] = true
		}
	}
	if o.types != nil && !common(&types, o.types) {
		return nil
	}
	root := &keyPlace{}
	for _, d := range o.Documents {
		o.Job.Space.Touched(len(d.Raw))
		root.read(d.Raw, false, func(f *keyField, v bson.RawValue) {
			f.values++
			if !types[v.Type] || !unmistakable(v) && !plainKey(v) || len(v.Value) > longestKey {
				return
			}
			key := doc.Key(v)
			for i, set := range keys {
				if set.keys[key] {
					if f.held == nil {
						f.held = make([]held, len(keys))
					}
					f.held[i].note(v)
				}
			}
		})
	}
	out := root.holding(nil)
	slices.SortFunc(out, func(a, b *keyField) int { return strings.Compare(a.path, b.path) })
	return out
}

// common reports whether a type is in both.
func common(a, b *[256]bool) bool {
	for t := range a {
		if a[t] && b[t] {
			return true
		}
	}
	return false
}

// keyPlace is a field in the tree of all fields of documents, where the path of each
// is written once. The elements of an array are one place.
type keyPlace struct {
	keyField
	fields   map[string]*keyPlace
	elements *keyPlace
}

// read tells of the values of a document or an array in the place.
func (p *keyPlace) read(d bson.Raw, array bool, value func(*keyField, bson.RawValue)) {
	for name, v := range doc.Fields(d) {
		if name == "_id" && p.path == "" {
			continue
		}
		below := p.elements
		if !array {
			below = p.fields[name]
		}
		if below == nil {
			below = p.add(name, array)
		}
		switch v.Type {
		case bson.TypeNull:
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			below.read(bson.Raw(v.Value), v.Type == bson.TypeArray, value)
		default:
			value(&below.keyField, v)
		}
	}
}

// add is a new place below: of a field, or of elements.
func (p *keyPlace) add(name string, element bool) *keyPlace {
	if element {
		p.elements = &keyPlace{keyField: keyField{path: p.path + "[]", name: p.name}}
		return p.elements
	}
	name = strings.Clone(name)
	below := &keyPlace{keyField: keyField{path: doc.Path{name}.String(), name: name}}
	if p.path != "" {
		below.path = p.path + "." + below.path
	}
	if p.fields == nil {
		p.fields = map[string]*keyPlace{}
	}
	p.fields[name] = below
	return below
}

// holding appends the fields that hold any of the keys, in no order.
func (p *keyPlace) holding(out []*keyField) []*keyField {
	if p.held != nil {
		out = append(out, &p.keyField)
	}
	if p.elements != nil {
		out = p.elements.holding(out)
	}
	for _, below := range p.fields {
		out = below.holding(out)
	}
	return out
}
