package diag

import "fmt"

// repeated are the codes of names that nothing has: one message says it for all places.
var repeated = map[Code]bool{UnknownField: true, UnknownFunction: true, UnknownEnvironment: true, UnknownType: true}

// morePlaces is how many other places of a message are shown.
const morePlaces = 5

// Gather makes the messages about one unknown name one, with the other places
// of its file. The list must be sorted.
func (l *List) Gather() {
	type key struct {
		file, text, message string
		code                Code
	}
	first, others := map[key]int{}, map[key]int{}
	var out List
	for _, d := range *l {
		if !repeated[d.Code] || d.Span.IsZero() {
			out = append(out, d)
			continue
		}
		k := key{d.Span.File.Name, d.Span.Text(), d.Message, d.Code}
		at, ok := first[k]
		if !ok {
			first[k] = len(out)
			d.Related = append([]Related(nil), d.Related...)
			out = append(out, d)
			continue
		}
		if others[k]++; others[k] <= morePlaces {
			out[at].Related = append(out[at].Related, Related{Span: d.Span, Message: "also here"})
		}
	}
	for k, n := range others {
		if n > morePlaces {
			d := &out[first[k]]
			d.Notes = append(d.Notes[:len(d.Notes):len(d.Notes)], fmt.Sprintf("and in %d more places", n-morePlaces))
		}
	}
	*l = out
}
