package page

// What `diff` found as a page. In: a comparison; out: the page's data. Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/review"
	"github.com/hayone1/mongocd/codegen/report"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// SaveComparison writes a comparison into the file; with no name, nothing.
func SaveComparison(c *console.Console, name string, compared *review.Comparison) error {
	if name == "" {
		return nil
	}
	p := report.Page{Title: "diff: " + compared.From + " → " + compared.To, Program: console.Program(), Before: compared.From, After: compared.To, Runs: []report.Run{}}
	for i := range compared.Found {
		found := &compared.Found[i]
		weave, environment := diag.Safe(found.Weave, 200), diag.Safe(found.Environment, 200)
		at := slices.IndexFunc(p.Runs, func(r report.Run) bool { return r.Weave == weave && r.Environment == environment })
		if at < 0 {
			at = len(p.Runs)
			p.Runs = append(p.Runs, report.Run{Command: "diff", Weave: weave, Environment: environment})
		}
		p.Runs[at].Sections = append(p.Runs[at].Sections, sectionOf(found))
	}
	return save(c, name, p, compared.Accepted)
}

// actions are those of documents in the words of reports, with their signs.
var actions = map[string][2]string{
	describe.ChangeDocument: {"update", "~"}, describe.UnknownDocument: {"unknown", "?"}, describe.MakeDocument: {"insert", "+"},
	describe.AddDocument: {"insert", "+"}, describe.RemoveDocument: {"delete", "-"}, describe.LeaveOutExtract: {"left out", "-"},
}

func sectionOf(c *describe.CollectionChanges) report.Section {
	s := report.Section{Name: c.To, Facts: slices.Clone(c.Notes), Items: []report.Item{}}
	switch {
	case c.From == "" && c.To != "":
		s.Items = append(s.Items, report.Item{Action: "collection", Sign: "+", Name: "the collection"})
	case c.To == "" && c.From != "":
		s.Name = c.From
		s.Items = append(s.Items, report.Item{Action: "collection", Sign: "-", Name: "the collection"})
	case c.From != c.To:
		s.Facts = append(s.Facts, "from "+c.From)
	}
	for _, text := range c.Conflicts {
		s.Items = append(s.Items, report.Item{Action: "conflict", Sign: "!", Name: text})
	}
	for _, f := range c.Settings {
		item := report.Item{Action: "setting", Sign: "~", Name: f.Path, Changes: []report.Change{changeOf(f)}}
		if item.Name == "" {
			item.Name = "settings"
		}
		s.Items = append(s.Items, item)
	}
	for _, d := range c.Documents {
		item := report.Item{Action: actions[d.Action][0], Sign: actions[d.Action][1], Name: diag.Safe(d.Document, 200), Origin: diag.Safe(d.Origin, 200)}
		for _, f := range d.Fields {
			item.Changes = append(item.Changes, changeOf(f))
		}
		s.Items = append(s.Items, item)
	}
	return s
}

func changeOf(f describe.FieldChange) report.Change {
	out := report.Change{Path: diag.Safe(f.Path, 300), Before: jsonOf(f.Before), After: jsonOf(f.After)}
	if f.Order {
		out.Note = "in another order"
	}
	for _, name := range f.Unknown {
		out.Unknown = append(out.Unknown, diag.Safe(name, 200))
	}
	return out
}

func jsonOf(v bson.RawValue) string {
	if v.Type == 0 {
		return ""
	}
	return string(doc.CanonicalValue(v))
}
