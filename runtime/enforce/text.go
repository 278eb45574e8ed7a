package enforce

// The report as text and as JSON. In: a report; out: bytes, the same from both
// engines for the text (docs/enforcement.md, The report as text). Pure.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

const textItems = 20 // documents shown of one action, conflicts of one code

// JSON returns the report as one indented JSON document with a newline.
func (r *Report) JSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return nil, fmt.Errorf("writing the report as JSON: %w", err)
	}
	return b.Bytes(), nil
}

// Text returns the report for people; verbose leaves nothing out.
func (r *Report) Text(verbose bool) string {
	t := &texter{limit: textItems}
	if verbose {
		t.limit = int(^uint(0) >> 1)
	}
	t.line("%s %s for %s: %s", clean(r.Command), clean(r.Weave), clean(r.Environment), r.summary())
	for i := range r.Collections {
		t.collection(&r.Collections[i])
	}
	if len(r.Hooks) > 0 {
		t.line("")
	}
	for _, h := range r.Hooks {
		done := ""
		if h.Done {
			done = " (done)"
		}
		t.line("%s on %s: %s %s%s", h.When, clean(h.Database), show(h.Command), clean(h.Origin), done)
	}
	t.conflicts(r.Conflicts)
	if f := r.Failure; f != nil {
		t.line("")
		t.line("failure in stage %s", clean(f.Stage))
		t.indented(f.Message)
	}
	t.line("")
	t.line("result: %s, exit %d", r.Outcome, r.Exit)
	return t.b.String()
}

// summary is the head's counts.
func (r *Report) summary() string {
	var counts Counts
	collections, options := 0, 0
	indexes := map[string]int{}
	for _, c := range r.Collections {
		counts.Insert += c.Counts.Insert
		counts.Update += c.Counts.Update
		counts.Delete += c.Counts.Delete
		counts.InSync += c.Counts.InSync
		counts.Unknown += c.Counts.Unknown
		counts.Absent += c.Counts.Absent
		if c.Missing {
			collections++
		}
		for _, ix := range c.Indexes {
			indexes[ix.Action]++
		}
		options += len(c.Options)
	}
	parts := present(
		part{counts.Insert, "to insert"}, part{counts.Update, "to update"}, part{counts.Delete, "to delete"}, part{counts.InSync, "in sync"},
		part{counts.Unknown, "unknown"}, part{counts.Absent, "absent"},
		part{collections, plural(collections, "collection to create", "collections to create")},
		part{indexes["create"], plural(indexes["create"], "index to create", "indexes to create")},
		part{indexes["change"], plural(indexes["change"], "index to change", "indexes to change")},
		part{indexes["drop"], plural(indexes["drop"], "index to drop", "indexes to drop")},
		part{options, plural(options, "option to change", "options to change")},
	)
	if parts == "" {
		return "nothing to do"
	}
	return parts
}

type part struct {
	n    int
	what string
}

// present joins the parts that are not 0.
func present(parts ...part) string {
	var texts []string
	for _, p := range parts {
		if p.n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(texts, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

type texter struct {
	b     strings.Builder
	limit int
}

func (t *texter) line(format string, args ...any) {
	fmt.Fprintf(&t.b, format+"\n", args...)
}

// indented writes each line of a text, two spaces in.
func (t *texter) indented(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		t.line("  %s", clean(line))
	}
}

func (t *texter) collection(c *CollectionReport) {
	if !c.Missing && len(c.Indexes)+len(c.Options)+len(c.Documents)+c.Counts.Unmanaged == 0 && c.Done == nil {
		return
	}
	t.line("")
	t.line("%s.%s (%s) %s", clean(c.Database), clean(c.Collection), clean(c.Mode), clean(c.Origin))
	if c.Missing {
		t.line("  + collection")
	}
	for _, o := range c.Options {
		t.line("  ~ option %s: %s → %s", clean(o.Name), showChange(o.Before), showChange(o.After))
	}
	for _, ix := range c.Indexes {
		t.line("  %s index %s%s%s", indexSigns[ix.Action], clean(ix.Name), reasonOf(ix), built(ix.Build))
	}
	for _, a := range []struct{ action, sign, more, note string }{
		{"insert", "+", "to insert", ""}, {"update", "~", "to update", ""}, {"unknown", "?", "unknown", ""}, {"absent", "?", "absent", ": absent, not inserted"}, {"delete", "-", "to delete", ""},
	} {
		t.documents(c, a.action, a.sign, a.more, a.note)
	}
	if n := c.Counts.Unmanaged; n > 0 {
		t.line("  %d %s", n, plural(n, "document in scope is not desired and stays", "documents in scope are not desired and stay"))
	}
	if d := c.Done; d != nil {
		written := present(part{d.Inserted, "inserted"}, part{d.Updated, "updated"}, part{d.Deleted, "deleted"},
			part{d.Indexes, plural(d.Indexes, "index", "indexes")},
			part{d.ChangedIndexes, plural(d.ChangedIndexes, "index changed", "indexes changed")},
			part{d.DroppedIndexes, plural(d.DroppedIndexes, "index dropped", "indexes dropped")},
			part{d.Options, plural(d.Options, "option", "options")})
		if d.Created {
			written = strings.TrimPrefix(written+", collection created", ", ")
		}
		if written != "" {
			t.line("  written: %s", written)
		}
	}
}

// indexSigns are the marks of index items.
var indexSigns = map[string]string{"create": "+", "change": "~", "drop": "-", "differs": "!"}

func reasonOf(ix IndexItem) string {
	if ix.Reason == "" {
		return ""
	}
	return ": " + clean(ix.Reason)
}

// built is the size of the collection that an index is built on.
func built(size *Size) string {
	if size == nil {
		return ""
	}
	return fmt.Sprintf(" (%d %s, %d bytes)", size.Documents, plural(int(size.Documents), "document", "documents"), size.Bytes)
}

func (t *texter) documents(c *CollectionReport, action, sign, more, note string) {
	n := 0
	for i := range c.Documents {
		d := &c.Documents[i]
		if d.Action != action {
			continue
		}
		if n++; n > t.limit {
			continue
		}
		origin := ""
		if d.Origin != c.Origin {
			origin = " " + clean(d.Origin)
		}
		t.line("  %s %s%s%s", sign, show(d.Identity), origin, note)
		for _, change := range d.Changes {
			if change.Unknown != nil {
				t.line("      %s: unknown (%s not given)", change.Path, strings.Join(change.Unknown, ", "))
				continue
			}
			t.line("      %s: %s → %s", change.Path, showChange(change.Before), showChange(change.After))
		}
	}
	if n > t.limit {
		t.line("  … and %d more %s", n-t.limit, more)
	}
}

func showChange(value json.RawMessage) string {
	switch {
	case value == nil:
		return "(missing)"
	case string(value) == string(maskedJSON):
		return masked
	}
	return show(value)
}

func (t *texter) conflicts(conflicts []Conflict) {
	for i := 0; i < len(conflicts); {
		first := conflicts[i]
		where := " in " + clean(first.Database+"."+first.Collection)
		if first.Database == "" {
			where = "" // of the whole run
		}
		n := 0
		for ; i < len(conflicts); i++ {
			c := conflicts[i]
			if c.Code != first.Code || c.Database != first.Database || c.Collection != first.Collection {
				break
			}
			if n++; n > t.limit {
				continue
			}
			t.line("")
			t.line("conflict %s%s, %s", clean(c.Code), where, clean(c.Origin))
			t.indented(c.Message)
			if c.Fix != "" {
				t.indented("fix: " + c.Fix)
			}
		}
		if n > t.limit {
			t.line("")
			t.line("… and %d more %s%s", n-t.limit, clean(first.Code), where)
		}
	}
}
