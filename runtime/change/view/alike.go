package view

// Changes that several documents have in common, said once. In: the entries of a
// collection; out: the same, with an entry for each change that is common before those
// that have something of their own. Pure.

import (
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
	found, same := map[string]*common{}, sameOf(entries)
	var order []*common
	for i, e := range entries {
		if e.action != "update" && e.action != "unknown" {
			continue
		}
		for _, f := range e.lines {
			key := keyIn(same, e, f)
			c := found[key]
			if c == nil {
				c = &common{fact: f, entry: e, key: key, last: -1}
				found[key], order = c, append(order, c)
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
	order = slices.DeleteFunc(order, func(c *common) bool { return !c.enough() })
	if len(order) == 0 {
		return entries
	}
	slices.SortStableFunc(order, func(a, b *common) int { return b.documents - a.documents })
	var out []entry
	at := map[string]int{} // where the common ones of an action go
	for _, e := range entries {
		if _, done := at[e.action]; !done {
			at[e.action] = len(out)
			for _, c := range order {
				if c.entry.action == e.action {
					out = append(out, c.said())
				}
			}
		}
		if e.action != "update" && e.action != "unknown" || len(e.lines) == 0 {
			out = append(out, e)
			continue
		}
		e.lines = slices.DeleteFunc(slices.Clone(e.lines), func(f fact) bool {
			return found[keyIn(same, e, f)].enough()
		})
		if len(e.lines) > 0 {
			out = append(out, e)
		}
	}
	return out
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

// sameOf counts the documents that have the same change, by likeKey.
func sameOf(entries []entry) map[string]int {
	same := map[string]int{}
	for _, e := range entries {
		seen := map[string]bool{}
		for _, f := range e.lines {
			if key := likeKey(e, f); !seen[key] {
				seen[key] = true
				same[key]++
			}
		}
	}
	return same
}

// keyIn is the same for changes that may be said together: those of one likeKey, and
// whatever else is removed at a path.
func keyIn(same map[string]int, e entry, f fact) string {
	key := likeKey(e, f)
	if f.sign == "-" && len(f.rows) == 0 && same[key] < alikeFrom {
		return e.action + "\x00" + anyElement(f.path) + "\x00-"
	}
	return key
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
