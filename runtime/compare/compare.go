package compare

// Comparing one document. In: what the weave owns (policy), the wanted document
// D and the destination's L; out: a difference. Pure; the rules are
// docs/enforcement.md, Modes.

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// policy is what a collection's statements say about single documents.
type policy struct {
	mode     desired.Mode
	preserve []doc.Path
	ignore   []doc.Path
	absent   []doc.Path
	lists    []doc.Path        // those owned in part
	leftOut  []desired.Pattern // of redact and omit
	known    map[string]bool   // mode replace only, by knownKey
	identity []doc.Path
}

func newPolicy(c *desired.Collection) *policy {
	p := &policy{mode: c.Mode, preserve: c.Preserve, ignore: c.Ignore, absent: c.Absent, leftOut: slices.Concat(c.Redact, c.Omit), identity: c.Identity}
	for _, l := range c.Lists {
		p.lists = append(p.lists, l.Path)
	}
	if c.Mode == desired.Replace {
		p.known = make(map[string]bool, len(c.Known))
		for _, k := range c.Known {
			p.known[knownKey(k)] = true
		}
	}
	return p
}

// knownKey is a map key of a path; names never contain NUL.
func knownKey(p doc.Path) string { return strings.Join(p, "\x00") }

// covered reports whether one of the paths is p or above it.
func covered(paths []doc.Path, p doc.Path) bool {
	for _, q := range paths {
		if p.HasPrefix(q) {
			return true
		}
	}
	return false
}

// reaches reports whether one of the paths is strictly below p.
func reaches(paths []doc.Path, p doc.Path) bool {
	for _, q := range paths {
		if len(q) > len(p) && q.HasPrefix(p) {
			return true
		}
	}
	return false
}

// strip returns v, which is at p, without the parts at the paths; documents
// that this empties go too, v itself stays.
func strip(v bson.RawValue, p doc.Path, paths []doc.Path) bson.RawValue {
	d, ok := v.DocumentOK()
	if !ok || !reaches(paths, p) {
		return v
	}
	return doc.Value(doc.Edit(d, func(name string, w bson.RawValue) bson.RawValue {
		q := p.Child(name)
		if covered(paths, q) {
			return bson.RawValue{}
		}
		rest := strip(w, q, paths)
		if doc.IsEmpty(rest) && !doc.IsEmpty(w) {
			return bson.RawValue{}
		}
		return rest
	}))
}

// difference is what must be done to L, or why nothing may be.
type difference struct {
	set   []stores.Field
	unset []doc.Path
	// reason: something outside of `ignore` differs; without it L is in sync.
	reason bool

	idChange bool
	onlyAt   []doc.Path // destination-only fields
	twice    doc.Path   // a name that a level has twice
	blocked  *blocked
}

// refused reports whether the difference is a conflict and not a write.
func (d *difference) refused() bool {
	return d.idChange || len(d.onlyAt) > 0 || d.twice != nil || d.blocked != nil
}

// blocked says that a preserved path stands in the way.
type blocked struct {
	path   doc.Path
	want   bson.RawValue // zero: removed
	inside doc.Path
}

// compare compares a whole document. isID: documents are identified by `_id` alone;
// moved: L has another identity.
func (p *policy) compare(wanted, live bson.Raw, isID, moved bool) *difference {
	c := &comparing{policy: p, live: live}
	if bytes.Equal(wanted, live) {
		return &c.difference
	}
	if isID {
		a, b := wanted.Lookup("_id"), live.Lookup("_id")
		if !doc.Identical(a, b) {
			c.idChange = true
			return &c.difference
		}
	}
	if lists := p.keptLists(wanted, live); len(lists) > 0 {
		with := *p
		with.preserve = slices.Concat(p.preserve, lists)
		c.policy = &with
	}
	if len(p.leftOut) > 0 {
		own, rest := leave(p.leftOut, wanted, live)
		with := *c.policy
		with.preserve = slices.Concat(with.preserve, own.paths)
		c.policy, c.live = &with, rest
		live = rest
		defer own.guard(&c.difference, p.lists)
	}
	switch p.mode {
	case desired.Insert:
		if moved {
			c.identityFields(wanted, live)
		}
	case desired.Merge, desired.Update:
		c.merge(nil, wanted, live)
		c.absences(wanted)
	default:
		c.owned(nil, wanted, live)
		if p.mode == desired.Replace {
			c.destinationOnly(nil, wanted, live)
		}
	}
	return &c.difference
}

type comparing struct {
	*policy
	live bson.Raw
	difference
}

type field struct {
	name  string
	value bson.RawValue
}

// fieldsOf lists a level's fields; skipID leaves `_id` out.
func fieldsOf(d bson.Raw, skipID bool) []field {
	fields := make([]field, 0, 16)
	for name, v := range doc.Fields(d) {
		if !skipID || name != "_id" {
			fields = append(fields, field{name, v})
		}
	}
	return fields
}

// index finds a name; near is where it is likely to be.
func index(fields []field, name string, near int) int {
	if near < len(fields) && fields[near].name == name {
		return near
	}
	for i := range fields {
		if fields[i].name == name {
			return i
		}
	}
	return -1
}

// doubled returns a name that stands in fields twice. With among, only names
// that among has count.
func doubled(fields, among []field) (string, bool) {
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if seen[f.name] && (among == nil || index(among, f.name, 0) >= 0) {
			return f.name, true
		}
		seen[f.name] = true
	}
	return "", false
}

func identicalFields(a, b []field) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].name != b[i].name || !doc.Identical(a[i].value, b[i].value) {
			return false
		}
	}
	return true
}

// owned compares a level of which the weave owns every field (replace, exact).
func (c *comparing) owned(at doc.Path, wanted, live bson.Raw) {
	top := len(at) == 0
	ds, ls := fieldsOf(wanted, top), fieldsOf(live, top)
	if identicalFields(ds, ls) {
		return
	}
	for _, level := range [][]field{ds, ls} {
		if name, ok := doubled(level, nil); ok {
			c.twice = at.Child(name)
			return
		}
	}
	for i, f := range ds {
		j := index(ls, f.name, i)
		switch {
		case j < 0:
			c.onlyWanted(at.Child(f.name), f.value)
		case !doc.Identical(f.value, ls[j].value):
			c.both(at.Child(f.name), f.value, ls[j].value)
		}
	}
	for i, f := range ls {
		if index(ds, f.name, i) < 0 {
			c.onlyLive(at.Child(f.name), f.value)
		}
	}
}

// both compares a field that D and L have, as one value where nothing below it
// is excepted.
func (c *comparing) both(p doc.Path, d, l bson.RawValue) {
	if covered(c.preserve, p) {
		return
	}
	if doc.IsDocument(d) && doc.IsDocument(l) && (reaches(c.preserve, p) || reaches(c.ignore, p) || reaches(c.lists, p)) {
		c.owned(p, d.Document(), l.Document())
		return
	}
	c.assign(p, d, l)
}

// assign sets p to d, which is to replace l as a whole.
func (c *comparing) assign(p doc.Path, d, l bson.RawValue) {
	want := strip(d, p, c.preserve)
	if doc.Identical(want, l) {
		return
	}
	if inside, ok := c.preservedIn(p); ok {
		c.blocked = &blocked{path: p, want: want, inside: inside}
		return
	}
	c.write(p, want, false)
}

// onlyWanted handles a field that only D has.
func (c *comparing) onlyWanted(p doc.Path, d bson.RawValue) {
	if covered(c.preserve, p) {
		return
	}
	want := strip(d, p, c.preserve)
	quiet := c.nothingOwned(p, d)
	if quiet && doc.IsEmpty(want) {
		return
	}
	c.write(p, want, quiet)
}

// onlyLive handles a field that only L has.
func (c *comparing) onlyLive(p doc.Path, l bson.RawValue) {
	if covered(c.preserve, p) {
		return
	}
	if _, ok := c.preservedIn(p); ok {
		c.owned(p, doc.Empty, l.Document())
		return
	}
	c.unset = append(c.unset, p)
	c.reason = c.reason || !covered(c.ignore, p) && !c.nothingOwned(p, l)
}

// nothingOwned reports whether v is a document of preserved and ignored parts alone.
func (c *comparing) nothingOwned(p doc.Path, v bson.RawValue) bool {
	if !doc.IsDocument(v) || doc.IsEmpty(v) || !reaches(c.preserve, p) && !reaches(c.ignore, p) {
		return false
	}
	both := append(append([]doc.Path{}, c.preserve...), c.ignore...)
	return doc.IsEmpty(strip(v, p, both))
}

// preservedIn returns a preserved path below p that L has.
func (c *comparing) preservedIn(p doc.Path) (doc.Path, bool) {
	for _, q := range c.preserve {
		if len(q) > len(p) && q.HasPrefix(p) {
			if _, ok := doc.Get(c.live, q); ok {
				return q, true
			}
		}
	}
	return nil, false
}

func (c *comparing) write(p doc.Path, v bson.RawValue, quiet bool) {
	c.set = append(c.set, stores.Field{Path: p, Value: v})
	c.reason = c.reason || !quiet && !covered(c.ignore, p)
}

// merge compares the leaves of D.
func (c *comparing) merge(at doc.Path, wanted, live bson.Raw) {
	top := len(at) == 0
	ds, ls := fieldsOf(wanted, top), fieldsOf(live, top)
	if identicalFields(ds, ls) {
		return
	}
	for _, level := range [][]field{ds, ls} {
		if name, ok := doubled(level, ds); ok {
			c.twice = at.Child(name)
			return
		}
	}
	for i, f := range ds {
		p := at.Child(f.name)
		j := index(ls, f.name, i)
		switch {
		case covered(c.preserve, p):
		case j < 0:
			c.onlyWanted(p, f.value)
		case doc.IsDocument(f.value) && doc.IsDocument(ls[j].value):
			c.merge(p, f.value.Document(), ls[j].value.Document())
		default:
			c.assign(p, f.value, ls[j].value)
		}
	}
}

// absences removes the paths of `absent` that L has, short paths first: what
// lies below one that goes needs no more.
func (c *comparing) absences(wanted bson.Raw) {
	shortFirst := func(a, b doc.Path) int { return len(a) - len(b) }
	for _, p := range slices.SortedStableFunc(slices.Values(c.absent), shortFirst) {
		v, there := doc.Get(c.live, p)
		if _, contradicted := doc.Get(wanted, p); contradicted || !there || covered(c.preserve, p) || c.touches(p) {
			continue
		}
		if inside, ok := c.preservedIn(p); ok {
			c.blocked = &blocked{path: p, inside: inside}
			continue
		}
		c.unset = append(c.unset, p)
		c.reason = c.reason || !covered(c.ignore, p) && !c.nothingOwned(p, v)
	}
}

// touches reports whether p is at, above or below a path that is written anyway.
func (c *comparing) touches(p doc.Path) bool {
	for _, f := range c.set {
		if p.HasPrefix(f.Path) || f.Path.HasPrefix(p) {
			return true
		}
	}
	for _, q := range c.unset {
		if p.HasPrefix(q) || q.HasPrefix(p) {
			return true
		}
	}
	return false
}

// destinationOnly lists fields that neither D nor Known has.
func (c *comparing) destinationOnly(at doc.Path, wanted, live bson.Raw) {
	for name, l := range doc.Fields(live) {
		if len(at) == 0 && name == "_id" {
			continue
		}
		d, err := wanted.LookupErr(name)
		if err == nil && !(doc.IsDocument(d) && doc.IsDocument(l)) {
			continue
		}
		p := at.Child(name)
		if covered(c.preserve, p) || covered(c.ignore, p) {
			continue
		}
		if err == nil {
			if !doc.Identical(d, l) {
				c.destinationOnly(p, d.Document(), l.Document())
			}
			continue
		}
		if !c.known[knownKey(p)] && !(doc.IsDocument(l) && (reaches(c.preserve, p) || reaches(c.ignore, p))) {
			c.onlyAt = append(c.onlyAt, p)
			continue
		}
		if doc.IsDocument(l) {
			c.destinationOnly(p, doc.Empty, l.Document())
		}
	}
}
