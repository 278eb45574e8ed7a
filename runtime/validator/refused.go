package validator

// Why a server refused a document, in words. In: the `details` of its errInfo
// (MongoDB manual, core/schema-validation/handle-invalid-documents: code 121);
// out: a sentence for each rule that was not satisfied.

import (
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Refused reads errInfo; show writes a value at a path of the document, or of
// the validator where path is nil.
func Refused(errInfo bson.Raw, show func(path doc.Path, v bson.RawValue) string) []string {
	details, ok := errInfo.Lookup("details").DocumentOK()
	if !ok {
		return nil
	}
	r := &refusal{show: show}
	r.node(details, place{})
	return r.out
}

type refusal struct {
	show func(path doc.Path, v bson.RawValue) string
	out  []string
}

// refusalLists are the names under which the server nests what was not satisfied.
//
//js:table
var refusalLists = []string{
	"schemaRulesNotSatisfied", "propertiesNotSatisfied", "clausesNotSatisfied", "schemasNotSatisfied", "failingDependencies", "details",
}

// node reads one document of the tree, at a place of the refused document.
func (r *refusal) node(d bson.Raw, at place) {
	if len(r.out) == maxBreaches || len(at.path) > 100 {
		return
	}
	if name, ok := d.Lookup("propertyName").StringValueOK(); ok {
		at = at.field(name)
	}
	if i, ok := count(d.Lookup("itemIndex")); ok {
		at = at.element(strconv.FormatInt(i, 10))
	}
	nested := false
	for _, list := range refusalLists {
		v, ok := doc.Get(d, doc.Path{list})
		switch {
		case !ok:
			continue
		case v.Type == bson.TypeEmbeddedDocument:
			nested = true
			r.node(v.Document(), at)
		case v.Type == bson.TypeArray:
			for _, e := range doc.Fields(bson.Raw(v.Value)) {
				if sub, ok := e.DocumentOK(); ok {
					nested = true
					r.node(sub, at)
				}
			}
		}
	}
	if !nested {
		r.leaf(d, at)
	}
}

func (r *refusal) leaf(d bson.Raw, at place) {
	var parts []string
	for _, list := range [][2]string{{"missingProperties", "missing"}, {"additionalProperties", "not allowed"}} {
		var names []string
		v, _ := doc.Get(d, doc.Path{list[0]})
		if v.Type != bson.TypeArray {
			continue
		}
		for _, e := range doc.Fields(bson.Raw(v.Value)) {
			if name, ok := e.StringValueOK(); ok {
				names = append(names, at.field(name).at)
			}
		}
		if len(names) > 0 {
			parts = append(parts, list[1]+": "+strings.Join(names, ", "))
		}
	}
	if reason, ok := d.Lookup("reason").StringValueOK(); ok {
		parts = append(parts, reason)
	}
	for _, name := range []string{"consideredValue", "duplicatedValue", "consideredValues"} {
		if v, ok := doc.Get(d, doc.Path{name}); ok {
			path := at.path
			if path == nil { // of a query operator: nobody says whose value it is
				path = doc.Path{}
			}
			parts = append(parts, "the value is "+r.show(path, v))
		}
	}
	where := "the document"
	if len(at.path) > 0 {
		where = at.at
	}
	what, _ := d.Lookup("operatorName").StringValueOK()
	if v, ok := doc.Get(d, doc.Path{"specifiedAs"}); ok {
		what = r.show(nil, v)
	}
	sentence := where + " does not satisfy " + what
	if len(parts) > 0 {
		sentence += ": " + strings.Join(parts, "; ")
	}
	r.out = append(r.out, sentence)
}
