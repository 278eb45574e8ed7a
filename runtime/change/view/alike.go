package view

// Changes that several documents have in common, said once. In: the entries of a
// collection; out: the same, with an entry for each change that is common before those
// that have something of their own. Of what a report has no items of, one is made at a time, and
// digests are held. Pure.

import (
	"crypto/sha256"
	"iter"
	"slices"
	"strings"
)

//js:table
const (
	alikeFrom     = 3 // how many documents must have a change in common
	alikeExamples = 3 // how many of them are named
)

// common is a change that documents have in common.
type common struct {
	fact      fact
	entry     entry
	key       string
	documents int
	places    int
	examples  [][]span
	removed   [][]span // what each of them loses
	last      int      // the entry that was seen last
	paths     bool     // it has several
	values    bool     // it has several
	around    bool     // other text stands around it in some documents
}

// enough: it is said once. What is removed and differs is said of each document, as long as
// each of these is shown.
func (c *common) enough() bool {
	return c.documents >= alikeFrom && (!c.values || c.documents > textItems)
}

// alike takes what updates and unknown documents have in common out of them. What is
// common stands first, by number of documents, the first seen first.
func alike(entries []entry) []entry {
	found := commonOf(slices.Values(entries))
	if len(found.order) == 0 {
		return entries
	}
	var out []entry
	at := map[string]bool{} // actions whose common ones are there
	for _, e := range entries {
		if !at[e.action] {
			at[e.action] = true
			out = append(out, found.said(e.action)...)
		}
		if e.done || e.action != "update" && e.action != "unknown" || len(e.lines) == 0 || found.rest(&e) {
			out = append(out, e)
		}
	}
	return out
}

// alikeEach is alike of entries of one action that are made again as often as they are asked for,
// the first of it: more is how many more there are.
func alikeEach(action string, entries iter.Seq[entry]) (out []entry, more int) {
	found := commonOf(entries)
	out = found.said(action)
	for e := range entries {
		switch {
		case len(e.lines) > 0 && !found.rest(&e):
		case len(out) < textItems:
			out = append(out, e)
		default:
			more++
		}
	}
	for i := range out {
		out[i].done = true
	}
	return out, more
}

// commons are the changes that documents have in common.
type commons struct {
	same  map[factKey]int // documents by likeKey
	found map[string]*common
	order []*common // those that are said once, as alike has them
}

// commonOf finds them, going through the entries twice.
func commonOf(entries iter.Seq[entry]) *commons {
	out := &commons{same: sameOf(entries), found: map[string]*common{}}
	i := -1
	for e := range entries {
		i++
		if e.done || e.action != "update" && e.action != "unknown" {
			continue
		}
		for _, f := range e.lines {
			key, few := out.keyIn(e, f)
			if few {
				continue
			}
			c := out.found[key]
			if c == nil {
				c = &common{fact: f, entry: e, key: key, last: -1}
				out.found[key], out.order = c, append(out.order, c)
			}
			c.places++
			c.paths = c.paths || f.path != c.fact.path
			if f.edit != "" {
				c.around = c.around || f.text() != c.fact.text()
			} else {
				c.values = c.values || plain(f.said) != plain(c.fact.said)
			}
			if c.last != i {
				c.last = i
				if c.documents++; c.documents <= alikeExamples {
					c.examples, c.removed = append(c.examples, e.head), append(c.removed, f.said)
				}
			}
		}
	}
	out.order = slices.DeleteFunc(out.order, func(c *common) bool { return !c.enough() })
	slices.SortStableFunc(out.order, func(a, b *common) int { return b.documents - a.documents })
	return out
}

// said are the entries of what the documents of an action have in common.
func (c *commons) said(action string) (out []entry) {
	for _, one := range c.order {
		if one.entry.action == action {
			out = append(out, one.said())
		}
	}
	return out
}

// rest leaves in an entry what it has alone; false: nothing.
func (c *commons) rest(e *entry) bool {
	e.lines = slices.DeleteFunc(slices.Clone(e.lines), func(f fact) bool {
		key, few := c.keyIn(*e, f)
		return !few && c.found[key].enough()
	})
	return len(e.lines) > 0
}

// said is the entry of a change that is common.
func (c *common) said() entry {
	f := c.fact
	path := f.path
	if c.paths {
		path = anyElement(path)
	}
	switch {
	case c.values:
		f.said = line("…")
	case c.around && len(f.as) > 0:
		f.as = line(c.entry.head, " in ", f.as)
	case c.around:
		f.as = c.entry.head
	}
	said := f.whole()
	head := line(count(c.documents)+" documents: ", name(path), ": ", said)
	if c.fact.sign != "" {
		head = line(count(c.documents)+" documents: "+c.fact.sign+" ", name(path), ": ", said)
	}
	if c.places > c.documents {
		head = line(head, " ("+count(c.places)+" places)")
	}
	var examples []span
	for i, e := range c.examples {
		if i > 0 {
			examples = line(examples, ", ")
		}
		if examples = line(examples, e); c.values {
			examples = line(examples, ": ", c.removed[i])
		}
	}
	if c.documents > len(c.examples) {
		examples = line(examples, ", …")
	}
	return entry{action: c.entry.action, sign: c.entry.sign, key: "common " + c.key, head: head,
		lines: []fact{{said: examples, rows: c.fact.rows}}}
}

// factKey is a digest of a likeKey, of which there may be as many as documents.
type factKey [sha256.Size / 2]byte

func factKeyOf(likeKey string) factKey {
	sum := sha256.Sum256([]byte(likeKey))
	return factKey(sum[:len(factKey{})])
}

// sameOf counts the documents that have the same change, by likeKey.
func sameOf(entries iter.Seq[entry]) map[factKey]int {
	same := map[factKey]int{}
	for e := range entries {
		seen := make(map[factKey]bool, len(e.lines))
		for _, f := range e.lines {
			if key := factKeyOf(likeKey(e, f)); !seen[key] {
				seen[key] = true
				same[key]++
			}
		}
	}
	return same
}

// keyIn is the same for changes that may be said together: those of one likeKey, and
// whatever else is removed at a path. few: there are too few of them.
func (c *commons) keyIn(e entry, f fact) (key string, few bool) {
	key = likeKey(e, f)
	if few = c.same[factKeyOf(key)] < alikeFrom; few && f.sign == "-" && len(f.rows) == 0 {
		return e.action + "\x00" + anyElement(f.path) + "\x00-", false
	}
	return key, few
}

// likeKey is the same for changes of one action that say the same.
func likeKey(e entry, f fact) string {
	return e.action + "\x00" + f.likeKey()
}

// likeKey is the same for facts of one path, whichever the elements, that say the same; of
// texts, in which the same differs.
func (f fact) likeKey() string {
	if f.edit != "" {
		return anyElement(f.path) + "\x00edit\x00" + f.edit
	}
	return anyElement(f.path) + "\x00" + f.text()
}

// anyElement is a path with [] for each element.
func anyElement(path string) string {
	if !strings.Contains(path, "[") {
		return path
	}
	var b strings.Builder
	quote, escaped, within := rune(0), false, false
	for _, r := range path {
		switch {
		case escaped:
			escaped = false
		case quote != 0:
			escaped = r == '\\' && quote == '"'
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == '[':
			within = true
			b.WriteRune(r)
		case r == ']':
			within = false
		}
		if !within {
			b.WriteRune(r)
		}
	}
	return b.String()
}
