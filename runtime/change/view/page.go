package view

// A page is everything that is said of a run or of a comparison, in order. In: a report;
// out: a page, which text.go and markdown.go write. Pure.

import (
	"github.com/hayone1/mongocd/runtime/change"
)

// page is what is written.
type page struct {
	marker    string // by which a job finds its own comment
	title     []span
	filtered  []span // what is not shown; none: everything is
	verbs     verbs
	totals    []total
	outlines  []*outline
	conflicts []complaint
	failures  []complaint
	quiet     []span   // where there is nothing to do
	tail      [][]span // digests
	results   [][]span
}

// total is the numbers of a collection, in environments where the title has several.
type total struct {
	name, of []span
	tally    tally
}

// text are its numbers.
func (t total) text(v verbs) string {
	if text := t.tally.text(v); text != "" {
		return text
	}
	return "nothing to do"
}

// complaint is a conflict or a failure, with its message.
type complaint struct {
	head    []span
	message string
	more    []span   // of conflicts of its kind that are not shown
	of      [][]span // the environments that have it, where there are several
}

// title is its heading.
func (c *complaint) title() []span {
	if len(c.of) == 0 {
		return c.head
	}
	return line(c.head, " of ", joined(c.of))
}

// joined are lines with commas between them.
func joined(lines [][]span) []span {
	var out []span
	for i, l := range lines {
		if i > 0 {
			out = line(out, ", ")
		}
		out = line(out, l)
	}
	return out
}

// Text returns the report as plain text; verbose leaves nothing out.
func Text(r *change.Report, verbose bool) string { return Report(r, Form{Verbose: verbose}) }

// Report returns a report for people.
func Report(r *change.Report, f Form) string { return pageOf(r, f).write(f) }

// write writes a page.
func (p *page) write(f Form) string {
	if f.Markdown {
		return p.markdown(f)
	}
	return p.text(f)
}

// pageOf is the page of one report.
func pageOf(r *change.Report, f Form) *page {
	p := &page{marker: marker(change.Clean(r.Command), r.Weave, r.Environment), verbs: verbsOf(r), conflicts: conflictsOf(r, f)}
	if r.Failure != nil {
		p.failures = []complaint{failureOf(r)}
	}
	head := line(change.Clean(r.Command)+" ", name(r.Weave), " for ", name(r.Environment))
	of := line("result")
	if f.Quiet { // no title says what ran
		of, p.marker = head, ""
	} else {
		p.title = line(head, sides(r.Comparison), ": "+summary(r))
		less := f.Filter.Of(r)
		o := outlineOf(less, f)
		if !f.Verbose {
			o.brief(p.verbs)
		}
		p.outlines = []*outline{o}
		for _, c := range o.parts {
			p.totals = append(p.totals, total{c.name, nil, c.tally})
		}
		p.filtered = filtered(f, size(less), size(r))
		if !f.Brief {
			p.tail = approvalOf(r)
		}
	}
	if r.Comparison != nil { // of files: nothing was run
		return p
	}
	p.results = [][]span{line(of, ": "+r.Outcome+", exit "+count(r.Exit))}
	return p
}

// Code is a text as Markdown of one line in which nothing is markup.
func Code(text string) string { return code(change.Clean(text)) }

// failureOf is the failure of a report.
func failureOf(r *change.Report) complaint {
	return complaint{head: line("failure in stage " + change.Clean(r.Failure.Stage)), message: r.Failure.Message}
}

// sides are those of a comparison.
func sides(c *change.Comparison) []span {
	if c == nil {
		return nil
	}
	return line(", ", name(c.From), " → ", name(c.To))
}

// filtered says that not everything is shown.
func filtered(f Form, shown, all int) []span {
	if !f.any() {
		return nil
	}
	return line("filtered: ", f.text(), ": "+count(shown)+" of "+count(all)+" "+plural(all, "change is", "changes are")+" shown; counts, digest and result are of all")
}

// summary is the head's counts.
func summary(r *change.Report) string {
	n := tally{records: len(r.Control)}
	for i := range r.Collections {
		n.add(tallyOf(&r.Collections[i]))
	}
	if text := n.text(verbsOf(r)); text != "" {
		return text
	}
	switch r.Outcome {
	case change.Refused, change.Failed, change.Stopped: // nobody knows what there is to do
		return r.Outcome
	}
	return "nothing to do"
}

// approvalOf says what the digest of a plan binds.
func approvalOf(r *change.Report) [][]span {
	if r.Digest == "" {
		return nil
	}
	n := tally{}
	for i := range r.Collections {
		n.add(tallyOf(&r.Collections[i]))
	}
	n.InSync, n.Unknown, n.Absent, n.Kept, n.Lost, n.left = 0, 0, 0, 0, 0, 0
	binds := "the artefact, that nothing is written"
	if text := n.text(verbsOf(r)); text != "" {
		binds = "the artefact, " + text + ", and the values that are written over or deleted"
	}
	out := [][]span{line("digest: ", name(r.Digest)), line("it binds " + binds)}
	if r.Engine != "" {
		out = append(out, line("engine: ", name(r.Engine)))
	}
	return out
}

// conflictsOf are the conflicts of a report, of each code and collection the first ones.
func conflictsOf(r *change.Report, f Form) []complaint {
	var out []complaint
	for i := 0; i < len(r.Conflicts); {
		first := r.Conflicts[i]
		where := []span(nil)
		switch {
		case first.Collection != "":
			where = line(" in ", name(first.Database+"."+first.Collection))
		case first.Database != "":
			where = line(" in ", name(first.Database))
		}
		n := 0
		for ; i < len(r.Conflicts); i++ {
			c := r.Conflicts[i]
			if c.Code != first.Code || c.Database != first.Database || c.Collection != first.Collection {
				break
			}
			if n++; n > textItems && !f.Verbose {
				continue
			}
			head := line("conflict "+change.Clean(c.Code), where)
			if c.Origin != "" {
				head = line(head, ", ", name(c.Origin))
			}
			message := c.Message
			if c.Fix != "" {
				message += "\nfix: " + c.Fix
			}
			out = append(out, complaint{head: head, message: message})
		}
		if n > textItems && !f.Verbose {
			out[len(out)-1].more = line("… and "+count(n-textItems)+" more "+change.Clean(first.Code), where)
		}
	}
	return out
}

// marker is a comment of HTML that says whose output this is. Nothing in it ends it.
func marker(words ...string) string {
	text := "<!-- mongocd"
	for _, w := range words {
		last := byte(' ')
		text += " "
		for i := range len(w) {
			c := w[i]
			plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' && last != '-' && last != ' '
			if !plain {
				c = '_'
			}
			text, last = text+string(rune(c)), c
		}
	}
	return text + " -->"
}
