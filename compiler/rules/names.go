package rules

// What messages call documents.

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// DocumentName names an extracted document, by its identity as extracted, else
// by `_id`; those after them are the literals.
func (u *Unit) DocumentName(i int) string {
	if n := i - len(u.Data.Documents); n >= 0 {
		if text := u.ResultName(u.Literals[n].Raw); text != "" {
			return text
		}
		return "the `document` at " + u.Literals[n].Stmt.Span.String()
	}
	d := u.Data.Documents[i]
	text := u.ResultName(d)
	if text == "" {
		if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
			return "_id " + doc.Show(id, 60)
		}
		if i < len(u.Data.Read) {
			return fmt.Sprintf("the one in %s", u.Data.Place(i))
		}
		return fmt.Sprintf("document %d", i+1) // of a test
	}
	return text
}

// byText names the identity: "`country`, `day`".
func (u *Unit) byText() string {
	parts := make([]string, len(u.By))
	for i, p := range u.By {
		parts[i] = diag.Backquote(p.String())
	}
	return strings.Join(parts, ", ")
}

// ResultName names a finished document by its identity.
func (u *Unit) ResultName(d bson.Raw) string {
	parts := make([]string, 0, len(u.By))
	for _, p := range u.By {
		if v, ok := doc.Get(d, p); ok {
			parts = append(parts, p.String()+" "+doc.Show(v, 60))
		}
	}
	return strings.Join(parts, ", ")
}
