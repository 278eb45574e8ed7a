package review

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestGroupChanges(t *testing.T) {
	field := func(path string, before, after bson.RawValue) describe.FieldChange {
		return describe.FieldChange{Path: path, Before: before, After: after}
	}
	long := strings.Repeat("x", 100)
	var documents []describe.DocumentChanges
	for i := range 4 {
		d := describe.DocumentChanges{Action: describe.ChangeDocument, Document: fmt.Sprint("d", i), Fields: []describe.FieldChange{
			field("_id", doc.String(fmt.Sprint(i)), bson.RawValue{}),
			field("text", doc.String(""), doc.String(long+fmt.Sprint(i))), // alike as far as it is shown
		}}
		if i < 3 {
			d.Fields = append(d.Fields, field("vat", doc.String("19"), doc.String("20")))
		}
		if i == 3 {
			d.Fields = d.Fields[:1]
		}
		documents = append(documents, d)
	}
	documents = append(documents, describe.DocumentChanges{Action: describe.LeaveOutExtract, Document: "out"})
	groups, rest := groupChanges(documents)
	if got, want := fmt.Sprint(groups), `[{4 _id … (missing)} {3 vat "19" "20"}]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var left []string
	for _, d := range rest {
		left = append(left, fmt.Sprint(d.Document, len(d.Fields)))
	}
	if got := strings.Join(left, " "); got != "d01 d11 d21 out0" {
		t.Errorf("what is left: %s", got)
	}
	if len(documents[0].Fields) != 3 {
		t.Error("the documents given were changed")
	}
}
