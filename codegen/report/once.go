package report

// What environments and databases have in common. In: reports, and the runs of a page that
// were made of them; out: a mark in the items of which the same is said. Pure.

import (
	"crypto/sha256"
	"fmt"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// once marks the items of a collection of which the same is said in several places.
// Documents that were inserted have an `_id` of their own in each, and what drifted did so
// after another run: what is said of them is what the text of a report says (view.Said).
func once(runs []Run, reports []*change.Report) {
	of := func(run *Run, s *Section) string { return run.Weave + "\x00" + s.Collection }
	times := map[string]int{} // of each collection
	for i := range runs {
		for k := range runs[i].Sections {
			times[of(&runs[i], &runs[i].Sections[k])]++
		}
	}
	found := map[string][]*Item{}
	for i := range runs {
		run, said := &runs[i], [][]string(nil)
		others := len(run.Sections) - len(reports[i].Collections) // what is of no collection
		for k := range run.Sections {
			s := &run.Sections[k]
			if times[of(run, s)] < 2 {
				continue
			}
			documents := []string(nil)
			if k >= others {
				if said == nil {
					said = view.Said(reports[i])
				}
				documents = said[k-others]
			}
			first := len(s.Items) - len(documents) // documents stand last
			for n := range s.Items {
				key := of(run, s) + "\x00"
				if n < first {
					key += fmt.Sprintf("%q", s.Items[n])
				} else {
					key += documents[n-first]
				}
				found[key] = append(found[key], &s.Items[n])
			}
		}
	}
	for key, items := range found {
		if len(items) < 2 {
			continue
		}
		for _, item := range items {
			item.Same = mark(key)
		}
	}
}

// mark is a short text for a long one: no two have the same.
func mark(text string) string { return fmt.Sprintf("%.8x", sha256.Sum256([]byte(text))) }
