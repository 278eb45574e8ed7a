package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
)

// mails is a report of long texts in each of which the same word is another one; cause says
// whose doing that of text i is.
func mails(environment string, n int, cause func(i int) string) *change.Report {
	c := change.CollectionReport{Database: "shop", Collection: "mails", Mode: "merge", Origin: "a.weave:2:3", Counts: change.Counts{Update: n}}
	for i := range n {
		text := func(host string) change.Value {
			return value(fmt.Sprintf(`"%s of its own, in %s: https://%s.example.com/%d"`, strings.Repeat("Text ", 12), environment, host, i))
		}
		c.Documents = append(c.Documents, change.DocumentItem{Action: "update", Identity: value(fmt.Sprintf(`{"n":%d}`, i)), Origin: c.Origin,
			Changes: []change.Change{{Kind: change.KindChanged, Path: "html", Before: text("preprod"), After: text("app"), Cause: cause(i)}}})
	}
	return &change.Report{Format: 2, Command: "plan", Weave: "shop", Environment: environment, Outcome: change.Changes, Collections: []change.CollectionReport{c}}
}

// TestAlikeTexts: the same edit in texts of their own is said once, of each cause, in one
// report and in several.
func TestAlikeTexts(t *testing.T) {
	nobody := func(int) string { return "" }
	halves := func(i int) string {
		if i%2 == 0 {
			return "rules"
		}
		return "destination"
	}
	for _, test := range []struct {
		name    string
		reports []*change.Report
		wants   []string
	}{
		{"one", []*change.Report{mails("prod", 30, nobody)}, []string{`
  ~ 30 documents: html: "… of its own, in prod: https://[-preprod-]{+app+}.example.com/0" (as in {n: 0}; around it the others have texts of their own)
      {n: 0}, {n: 1}, {n: 2}, …
`}},
		{"causes", []*change.Report{mails("prod", 30, halves)}, []string{`
  ~ 15 documents: html: "… of its own, in prod: https://[-preprod-]{+app+}.example.com/0" (rules) (as in {n: 0}; around it the others have texts of their own)
      {n: 0}, {n: 2}, {n: 4}, …
  ~ 15 documents: html: "… of its own, in prod: https://[-preprod-]{+app+}.example.com/1" (destination) (as in {n: 1}; around it the others have texts of their own)
      {n: 1}, {n: 3}, {n: 5}, …
`}},
		{"environments", []*change.Report{mails("eu", 30, nobody), mails("us", 30, nobody)}, []string{`
  ~ 30 documents: html: "…t  of its own, in eu: https://[-preprod-]{+app+}.example.com/0" (as in {n: 0} in eu; around it the others have texts of their own)
      {n: 0}, {n: 1}, {n: 2}, …
`}},
		{"environments of other causes", []*change.Report{mails("eu", 3, nobody), mails("us", 3, func(int) string { return "rules" })}, []string{
			"\n=== eu ===\n", "\n=== us ===\n", `.example.com/0" (rules) (as in {n: 0} (also above); around it`,
		}},
	} {
		text := Reports(test.reports, Form{})
		for _, want := range test.wants {
			if !strings.Contains(text, want) || strings.Contains(text, "more to update") {
				t.Errorf("%s: got\n%s\nwant\n%s", test.name, text, want)
			}
		}
		if verbose := Reports(test.reports[:1], Form{Verbose: true}); strings.Count(verbose, "html: ") != len(test.reports[0].Collections[0].Documents) {
			t.Errorf("%s: -v leaves something out:\n%s", test.name, verbose)
		}
	}
}
