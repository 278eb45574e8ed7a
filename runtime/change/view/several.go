package view

// Several reports of one command: of several environments, or weaves. In: reports; out: a
// page on which what environments have in common is said once, and below it only what
// differs between them. Pure.

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
)

// Reports returns several reports for people.
func Reports(reports []*change.Report, f Form) string {
	if len(reports) == 1 {
		return Report(reports[0], f)
	}
	return severalPage(reports, f).write(f)
}

// severalPage is the page of several reports.
func severalPage(reports []*change.Report, f Form) *page {
	m := &merger{form: f, names: map[string]*mergedName{}, units: map[string]*unit{}}
	p := &page{}
	var weaves, quiet []string
	shown, all := 0, 0
	for i, r := range reports {
		p.verbs = verbsOf(r)
		m.environments = appendNew(m.environments, r.Environment)
		weaves = appendNew(weaves, r.Weave)
		less := f.Filter.Of(r)
		shown, all = shown+size(less), all+size(r)
		m.add(r, outlineOf(less, f))
		if r.Comparison != nil && i == 0 {
			p.title = sides(r.Comparison)
		}
		if summary(r) == "nothing to do" && len(r.Notes) == 0 {
			quiet = appendNew(quiet, r.Environment)
		}
	}
	head := line(change.Clean(reports[0].Command)+" ", names(weaves))
	p.marker = marker(change.Clean(reports[0].Command))
	for _, r := range reports {
		m.complain(p, r, len(weaves) > 1)
	}
	if f.Quiet {
		p.marker, p.title = "", nil
		return p
	}
	p.title = line(head, " for ", names(m.environments), p.title)
	if len(m.environments) == 1 {
		p.title = line(p.title, ": "+summaryOf(reports))
	}
	p.filtered = filtered(f, shown, all)
	p.outlines = m.outlines()
	for _, o := range p.outlines {
		if !f.Verbose {
			o.brief(p.verbs)
		}
	}
	p.totals = m.totals(p.verbs)
	if len(quiet) > 0 {
		p.quiet = line("nothing to do in ", names(quiet))
	}
	return p
}

// complain adds what a report has besides its outline: conflicts, the failure, digests and the result.
func (m *merger) complain(p *page, r *change.Report, weaves bool) {
	of := line(name(r.Environment))
	if weaves {
		of = line(name(r.Weave), " for ", of)
	}
	add := func(to *[]complaint, c complaint) {
		for i := range *to {
			if old := &(*to)[i]; old.message == c.message && plain(old.head) == plain(c.head) && plain(old.more) == plain(c.more) {
				old.of = append(old.of, of)
				return
			}
		}
		c.of = [][]span{of}
		*to = append(*to, c)
	}
	for _, c := range conflictsOf(r, m.form) {
		add(&p.conflicts, c)
	}
	if r.Failure != nil {
		add(&p.failures, failureOf(r))
	}
	if r.Comparison != nil {
		return
	}
	if r.Digest != "" && !m.form.Quiet {
		p.tail = append(p.tail, line("digest of ", of, ": ", name(r.Digest)))
	}
	m.result(p, of, r.Outcome+", exit "+strconv.Itoa(r.Exit))
}

// result adds a result: once for those that have the same.
func (m *merger) result(p *page, of []span, text string) {
	i := slices.Index(m.results, text)
	if i < 0 {
		i, m.results, m.resultOf = len(m.results), append(m.results, text), append(m.resultOf, nil)
	}
	m.resultOf[i] = append(m.resultOf[i], of)
	p.results = nil
	for i, text := range m.results {
		p.results = append(p.results, line("result of ", joined(m.resultOf[i]), ": "+text))
	}
}

// summaryOf sums several reports up.
func summaryOf(reports []*change.Report) string {
	all := *reports[0]
	all.Collections = nil
	for _, r := range reports {
		all.Collections = append(all.Collections, r.Collections...)
		if slices.Contains([]string{change.Refused, change.Failed, change.Stopped}, r.Outcome) {
			all.Outcome = r.Outcome
		}
	}
	return summary(&all)
}

// appendNew appends a text that is not there yet.
func appendNew(texts []string, text string) []string {
	if slices.Contains(texts, text) {
		return texts
	}
	return append(texts, text)
}

// merger finds what environments have in common.
type merger struct {
	form         Form
	environments []string
	order        []string // keys of collections, as they are first seen
	names        map[string]*mergedName
	units        map[string]*unit
	keys         []string // of units, as they are first seen
	tallies      []environmentTally
	results      []string
	resultOf     [][][]span
}

// mergedName is a collection as it is named in all environments.
type mergedName struct {
	name, about []span
	made        bool
}

// environmentTally is the numbers of a collection in an environment.
type environmentTally struct {
	collection, environment string
	tally                   tally
}

// unit is the least that is said: a fact of an entry, an entry without facts, a note.
type unit struct {
	collection   string // its key; empty: it is of none
	list         string // the name of the list that it is in; "note" of a note
	policy       bool
	entry        entry // without lines
	fact         *fact
	said         []span // of a note, or in a list
	environments []string
	paths        []string // that the fact has
	around       bool     // other text stands around it in some environments
}

// all is the fact as it is in all environments.
func (u *unit) all() fact {
	f := *u.fact
	if u.around {
		f.as = line(name(u.environments[0]))
	}
	if len(u.paths) > 1 {
		f.said = line(f.said, " (in other environments ", names(u.paths[1:]), ")")
	}
	return f
}

// add adds a report.
func (m *merger) add(r *change.Report, o *outline) {
	times := map[string]int{}
	for _, c := range r.Collections {
		times[c.Collection+"\x00"+c.Origin]++
	}
	for _, p := range o.parts {
		key := r.Weave + "\x00" + p.collection + "\x00" + p.origin
		if times[p.collection+"\x00"+p.origin] > 1 { // in several databases
			key += "\x00" + plain(p.name)
		}
		if known := m.names[key]; known == nil {
			m.names[key] = &mergedName{p.name, p.about, p.made}
			m.order = append(m.order, key)
		} else if plain(known.name) != plain(p.name) {
			known.name = line(name(p.collection)) // its database has several names
		}
		m.names[key].made = m.names[key].made && p.made
		m.tallies = append(m.tallies, environmentTally{key, r.Environment, p.tally})
		for i, entries := range [][]entry{p.policies, p.documents} {
			for _, e := range entries {
				m.entry(r, key, i == 0, e)
			}
		}
		for _, n := range p.notes {
			m.see(r, "note", unit{collection: key, list: "note", said: n})
		}
	}
	for _, l := range o.lists {
		for _, said := range l.lines {
			m.see(r, l.name, unit{list: l.name, said: said})
		}
	}
	for _, n := range o.notes {
		m.see(r, "note", unit{list: "note", said: n})
	}
}

// entry adds an entry: each of its facts for itself.
func (m *merger) entry(r *change.Report, collection string, policy bool, e entry) {
	lines := e.lines
	e.lines = nil
	id := e.key + "\x00" + e.sign + "\x00" + plain(e.head)
	if len(lines) == 0 {
		m.see(r, id, unit{collection: collection, policy: policy, entry: e})
	}
	times := map[string]int{}
	for _, f := range lines {
		// Which element it is may have another name in each environment, and so may what
		// stands around a difference.
		like := f.likeKey()
		times[like]++
		m.see(r, id+"\x00"+like+"\x00"+strconv.Itoa(times[like]), unit{collection: collection, policy: policy, entry: e, fact: &f})
	}
}

// see notes that an environment has a unit.
func (m *merger) see(r *change.Report, id string, u unit) {
	key := u.collection + "\x01" + id + "\x01" + plain(u.said)
	known := m.units[key]
	if known == nil {
		known = &u
		m.units[key], m.keys = known, append(m.keys, key)
	}
	known.environments = appendNew(known.environments, r.Environment)
	if u.fact != nil {
		known.paths = appendNew(known.paths, u.fact.path)
		known.around = known.around || u.fact.text() != known.fact.text()
	}
}

// outlines are one for each set of environments that have something in common, the
// largest first.
func (m *merger) outlines() []*outline {
	sets := map[string][]*unit{}
	var order []string
	for _, key := range m.keys {
		u := m.units[key]
		set := strings.Join(u.environments, "\x00")
		if sets[set] == nil {
			order = append(order, set)
		}
		sets[set] = append(sets[set], u)
	}
	slices.SortStableFunc(order, func(a, b string) int {
		if n := strings.Count(b, "\x00") - strings.Count(a, "\x00"); n != 0 {
			return n
		}
		return slices.Index(m.environments, strings.Split(a, "\x00")[0]) - slices.Index(m.environments, strings.Split(b, "\x00")[0])
	})
	var out []*outline
	said := map[string]bool{} // entries
	for _, set := range order {
		o := m.outline(sets[set], said)
		if len(m.environments) > 1 {
			o.of = names(sets[set][0].environments)
		}
		out = append(out, o)
	}
	return out
}

// outline is that of the units of a set. said are the entries that were said before.
func (m *merger) outline(units []*unit, said map[string]bool) *outline {
	o := &outline{}
	parts := map[string]*part{}
	lists := map[string]*list{}
	var names []string
	for _, u := range units {
		if u.collection == "" {
			if u.list == "note" {
				o.notes = append(o.notes, u.said)
				continue
			}
			if lists[u.list] == nil {
				lists[u.list], names = &list{name: u.list}, append(names, u.list)
			}
			lists[u.list].lines = append(lists[u.list].lines, u.said)
			continue
		}
		p := parts[u.collection]
		if p == nil {
			of := m.names[u.collection]
			p = &part{name: of.name, about: of.about, made: of.made}
			parts[u.collection] = p
		}
		if u.list == "note" {
			p.notes = append(p.notes, u.said)
			continue
		}
		entries := &p.documents
		if u.policy {
			entries = &p.policies
		}
		if n := len(*entries); n == 0 || (*entries)[n-1].key != u.entry.key {
			*entries = append(*entries, u.entry)
		}
		if u.fact != nil {
			e := &(*entries)[len(*entries)-1]
			e.lines = append(e.lines, u.all())
		}
	}
	for _, key := range m.order {
		p := parts[key]
		if p == nil {
			continue
		}
		for _, entries := range [][]entry{p.policies, p.documents} {
			for i := range entries {
				if id := key + "\x00" + entries[i].key; said[id] {
					entries[i].head = line(entries[i].head, " (also above)")
				} else {
					said[id] = true
					p.tally.add(entries[i].tally)
				}
			}
		}
		o.parts = append(o.parts, *p)
	}
	for _, name := range names {
		o.lists = append(o.lists, *lists[name])
	}
	return o
}

// totals are the numbers of each collection, once for environments where they are the same.
func (m *merger) totals(v verbs) []total {
	var out []total
	for _, key := range m.order {
		first := len(out)
		var of [][]string
		for _, t := range m.tallies {
			if t.collection != key {
				continue
			}
			i := slices.IndexFunc(out[first:], func(o total) bool { return o.tally.text(v) == t.tally.text(v) })
			if i < 0 {
				i = len(out) - first
				out, of = append(out, total{name: m.names[key].name, tally: t.tally}), append(of, nil)
			}
			of[i] = append(of[i], t.environment)
		}
		for i := range of {
			if len(m.environments) > 1 {
				out[first+i].of = names(of[i])
			}
		}
	}
	return out
}
