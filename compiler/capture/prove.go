package capture

// The proof. In: items; out: those that the rules can say, all together: the edited
// workspace compiles, wants what the destination has at their places, and nothing else has
// changed in any environment. What cannot is tried in its next form, and at last left.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// maxProofs bounds how often the workspace is compiled.
const maxProofs = 400

// compiled is the workspace, compiled for all of its weaves and environments.
type compiled struct {
	jobs   []*job.Finished
	states []*desired.State
	said   diag.List
}

// compile compiles the workspace with the edits that the query has.
func (c *capturer) compile(ctx context.Context) (*compiled, diag.List) {
	now := c.query.Now()
	if found := now.Static(); found.HasErrors() {
		return nil, found
	}
	w, found := now.Checked()
	jobs, data, more := compiler.Run(ctx, w, c.o.Workspace)
	if found = append(found, more...); found.HasErrors() {
		return nil, found
	}
	out := &compiled{jobs: jobs, said: found}
	for _, j := range jobs {
		s := j.State(c.o.Workspace.Compiler)
		s.Sources = data.Sources(j.Job)
		out.states = append(out.states, s)
	}
	return out, found
}

// edit gives the query texts of files, and takes back those of all others.
func (c *capturer) edit(files []text) {
	next := map[string]bool{}
	for _, f := range files {
		next[f.file.Name] = true
		c.query.Edit(f.file.Name, f.after)
	}
	for name := range c.edited {
		if !next[name] {
			c.query.Discard(name)
		}
	}
	c.edited = next
}

// take accepts those of the items that can be said beside those that were accepted.
func (c *capturer) take(ctx context.Context, items []*item) error {
	was := map[*item][]form{} // of what was accepted: beside the items it may need another form, or other words
	for _, i := range c.accepted {
		was[i] = slices.Clone(i.forms)
	}
	back := func() {
		for i, forms := range was {
			i.forms = slices.Clone(forms)
		}
	}
	for {
		items = slices.DeleteFunc(items, func(i *item) bool {
			if len(i.forms) == 0 {
				c.leave(i, "it cannot be said in the language")
			}
			return len(i.forms) == 0
		})
		if len(items) == 0 {
			back()
			return nil
		}
		if c.proofs++; c.proofs > maxProofs {
			for _, i := range items {
				c.leave(i, "too many proposals were tried without coming to an end; capture fewer documents at once")
			}
			back()
			return nil
		}
		p, err := c.prove(ctx, slices.Concat(c.accepted, items))
		if err != nil {
			return err
		}
		if p.now != nil {
			c.accepted, c.now, c.stale = append(c.accepted, items...), p.now, false
			return nil
		}
		progress := len(p.mended) > 0
		for _, i := range items {
			if reason, ok := p.blamed[i]; ok {
				progress = true
				i.next(reason)
			}
		}
		for _, i := range c.accepted {
			if _, blamed := p.blamed[i]; blamed && !progress && len(i.forms) > 1 {
				i.forms, progress = i.forms[1:], true
			}
		}
		switch {
		case progress:
		case len(items) == 1:
			back()
			items[0].next(p.reason)
		default: // nobody is to blame: which half goes?
			back()
			half := len(items) / 2
			if err := c.take(ctx, slices.Clone(items[:half])); err != nil {
				return err
			}
			items = items[half:]
		}
	}
}

// next goes to the next form; the reason is why the one before did not do.
func (i *item) next(reason string) {
	i.reason = reason
	i.forms = i.forms[1:]
}

// maxMends is how often the text of a form is changed by what the compiler says.
const maxMends = 40

// proof is what proving showed: the compiled workspace where all holds; else the items
// that do not, each with the reason, and a reason for which nobody can be blamed.
type proof struct {
	now    *compiled
	blamed map[*item]string
	mended map[*item]bool // whose text was changed: it is to be tried again
	reason string
}

func (p *proof) blame(reason string, items ...*item) {
	if p.reason == "" && len(items) > 0 {
		p.reason = reason
	}
	for _, i := range items {
		if _, there := p.blamed[i]; !there {
			p.blamed[i] = reason
		}
	}
}

// prove compiles the items and compares.
func (c *capturer) prove(ctx context.Context, items []*item) (*proof, error) {
	p := &proof{blamed: map[*item]string{}, mended: map[*item]bool{}}
	edits, clashing := assembler{c.o.Environment}.edits(items)
	if p.blame("another captured value is said by the same statement", clashing...); len(clashing) > 0 {
		return p, nil
	}
	files := texts(edits)
	c.edit(files)
	now, found := c.compile(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if now == nil {
		c.failed(p, files, found)
		return p, nil
	}
	c.compare(p, now, items)
	if len(p.blamed) == 0 && p.reason == "" {
		p.now = now
	}
	return p, nil
}

// failed finds the items that the compiler's errors are about, and mends what they can be mended of.
func (c *capturer) failed(p *proof, files []text, found diag.List) {
	for _, d := range found.Errors() {
		reason := fmt.Sprintf("the rules would not compile: %s (%s)", d.Message, d.Code)
		if p.reason == "" {
			p.reason = reason
		}
		m, t := marked(files, d.Span)
		if m == nil || m.soft {
			continue
		}
		for _, i := range m.items {
			if p.mended[i] || i.mend(d, d.Span.Start-m.from, strings.TrimSuffix(t.after[m.from:m.to], "\n")) {
				p.mended[i] = true
			} else {
				p.blame(reason, i)
			}
		}
	}
}

// marked is the smallest mark around a place.
func marked(files []text, at source.Span) (*mark, *text) {
	var found *mark
	var in *text
	for n := range files {
		t := &files[n]
		if at.IsZero() || t.file.Name != at.File.Name {
			continue
		}
		for k := range t.marks {
			m := &t.marks[k]
			if m.from <= at.Start && at.Start < m.to && (found == nil || m.to-m.from < found.to-found.from) {
				found, in = m, t
			}
		}
	}
	return found, in
}

// mend changes the words of a statement that the compiler names: whether a field is new
// only shows when all rules are together. at is where in the text of the mark it is.
func (i *item) mend(d diag.Diagnostic, at int, text string) bool {
	f := &i.forms[0]
	if i.mended >= maxMends || text != f.text || at < 0 || at > len(f.text) {
		return false
	}
	if f.how == ByDocument && d.Code == diag.UnknownField {
		f.text = f.text[:at] + "create " + f.text[at:]
		i.mended++
		return true
	}
	from, to := "set ", "create "
	switch d.Code {
	case diag.UnknownField:
		if strings.HasPrefix(f.text, "remove ") && !strings.Contains(f.text, "\n") && !strings.HasSuffix(f.text, unknownToo) {
			f.text += unknownToo
			i.mended++
			return true
		}
	case diag.FieldExists:
		from, to = to, from
	default:
		return false
	}
	start := at // the place is the statement's, or the path's
	if !strings.HasPrefix(f.text[at:], from) {
		start = at - len(from)
	}
	if start < 0 || !strings.HasPrefix(f.text[start:], from) {
		return false
	}
	f.text = f.text[:start] + to + f.text[start+len(from):]
	i.mended++
	return true
}

// unknownToo lets `remove` name a path that is unknown to the data.
const unknownToo = " expect any"

// compare holds what is wanted now against what was, and against the items.
func (c *capturer) compare(p *proof, now *compiled, items []*item) {
	for _, r := range describe.DiffStates(c.base.states, now.states, change.Comparison{Kind: "revisions", From: "before", To: "after"}) {
		elsewhere := r.Environment != c.o.Environment
		if slices.ContainsFunc(r.Settings, func(x change.Change) bool { return elsewhere || x.At[0].Field != "secrets" }) {
			p.reason = "it would change settings of the weave"
		}
		for _, n := range r.Collections {
			var of []*item
			for _, i := range items {
				if i.of.weave == r.Weave && i.of.database == n.Database && i.of.ns.Collection == n.Collection && !elsewhere {
					of = append(of, i)
				}
			}
			c.compareCollection(p, &n, of, items, elsewhere, r.Environment)
		}
	}
	for _, i := range items {
		if i.forms[0].exact {
			i.hold(p, now)
		}
	}
}

// compareCollection finds what has changed in one collection, and nobody asked for.
func (c *capturer) compareCollection(p *proof, n *change.CollectionReport, of, all []*item, elsewhere bool, environment string) {
	structure := false
	for _, i := range of {
		structure = structure || i.forms[0].how == ByPreserve || i.forms[0].how == ByIndex || i.forms[0].how == ByOptions || i.forms[0].how == ByMove
	}
	changed := ""
	switch {
	case n.Missing || n.Gone || len(n.Settings) > 0 && !structure:
		changed = "settings"
	default:
		for _, d := range n.Documents {
			if !slices.ContainsFunc(of, func(i *item) bool { return i.covers(&d) }) {
				changed = "other documents"
			}
			for _, x := range d.Changes {
				if d.Action == "update" && !slices.ContainsFunc(of, func(i *item) bool { return i.covers(&d) && i.path.Overlaps(fields(x.At)) }) {
					changed = "other fields"
				}
			}
		}
	}
	if changed == "" {
		return
	}
	reason := fmt.Sprintf("it would change %s of %s in %s, too", changed, diag.Quote(n.Database+"."+n.Collection, 120), diag.Safe(environment, 64))
	// An edit of a statement reaches all that it makes; anything else names what it is about.
	blamed := false
	for _, i := range all {
		if i.forms[0].how == ByRule {
			p.blame(reason, i)
			blamed = true
		}
	}
	if !blamed {
		p.reason = reason
	}
}

// covers reports whether what a document of a comparison has become is what the item says.
func (i *item) covers(d *change.DocumentItem) bool {
	if key := keyOf(d.Identity.RawValue); i.forms[0].how == ByMove {
		return key == i.key || key == i.to
	} else if key != i.key {
		return false
	}
	switch i.forms[0].how {
	case ByExclude:
		return d.Action == "delete"
	case ByDocument:
		return d.Action == "insert"
	case ByRule, ByAmend:
		return d.Action == "update"
	}
	return false
}

// hold holds a captured value against the document that is wanted now.
func (i *item) hold(p *proof, now *compiled) {
	d := i.of.wanted(now, i.key)
	if d == nil {
		p.blame("the document would not be wanted any more", i)
		return
	}
	v, ok := doc.Get(d.Raw, i.path)
	if ok != (i.value.Type != 0) || ok && !doc.Identical(v, i.value) {
		if ok {
			p.blame("the rules would make "+doc.ShowTyped(v, 200, nil)+" of it", i)
		} else {
			p.blame("the rules would make nothing of it", i)
		}
	}
}

// again proves what is accepted, after something was left.
func (c *capturer) again(ctx context.Context) error {
	items := c.accepted
	c.accepted, c.now, c.stale = nil, c.base, false
	c.edit(nil)
	return c.take(ctx, items)
}

// finished are the files in their final style, compiled once more.
func (c *capturer) finished(ctx context.Context) ([]File, diag.List, error) {
	edits, _ := assembler{c.o.Environment}.edits(c.accepted)
	for n := range edits { // what is written is in the one style, whatever stands around it
		edits[n].text = styled(&edits[n])
		edits[n].marks = nil
	}
	files := texts(edits)
	var out []File
	for n := range files {
		f := &files[n]
		if was, wrong := format.Format(f.file); len(wrong) == 0 && was == f.file.Text {
			if f.after, wrong = format.Format(source.NewFile(f.file.Name, f.after)); len(wrong) > 0 {
				return nil, nil, fmt.Errorf("the weave that was made is not valid (%s): this is a mistake in mongocd; please report it", diag.Safe(wrong[0].Message, 200))
			}
		}
		out = append(out, File{Name: f.file.Name, Before: f.file.Text, After: f.after})
	}
	c.edit(files)
	now, found := c.compile(ctx)
	if now == nil {
		return nil, nil, fmt.Errorf("the proposal does not compile in its final style (%s): this is a mistake in mongocd; please report it", diag.Safe(found.Errors()[0].Message, 200))
	}
	for _, r := range describe.DiffStates(c.now.states, now.states, change.Comparison{Kind: "revisions"}) {
		if r.Outcome != change.InSync {
			return nil, nil, fmt.Errorf("the proposal in its final style is another one: this is a mistake in mongocd; please report it")
		}
	}
	return out, news(c.base.said, now.said), nil
}

// styled is the text of an edit in the one style, with the line ends of its file.
func styled(e *edit) string {
	out := e.text
	switch at := strings.Index(out, "amend "); {
	case e.start != e.end: // a part of a statement
	case at >= 0 && strings.TrimSpace(out[:at]) == "":
		if text, wrong := format.Format(source.NewFile(e.file.Name, out[at:])); len(wrong) == 0 {
			out = out[:at] + text
		}
	default: // statements of an amendment
		text, wrong := format.Format(source.NewFile(e.file.Name, "amend a {\n"+out+"}\n"))
		if _, inner, ok := strings.Cut(text, "{\n"); len(wrong) == 0 && ok {
			lead := ""
			if strings.HasPrefix(out, "\n") {
				lead = "\n"
			}
			out = lead + strings.TrimSuffix(inner, "}\n")
		}
	}
	if first, _, _ := strings.Cut(e.file.Text, "\n"); strings.HasSuffix(first, "\r") {
		out = strings.ReplaceAll(strings.ReplaceAll(out, "\r\n", "\n"), "\n", "\r\n")
	}
	return out
}

// news are the warnings that were not said before.
func news(before, after diag.List) diag.List {
	said := map[string]int{}
	for _, d := range before {
		said[string(d.Code)+d.Message]++
	}
	var out diag.List
	for _, d := range after {
		if key := string(d.Code) + d.Message; d.Severity == diag.Warning {
			if said[key]--; said[key] < 0 {
				out = append(out, d)
			}
		}
	}
	return out
}
