package validator

// Which rules a document breaks, in words. In: a validator and a document; out:
// the places, and what must be so there. The texts stand in the twin, too.

import (
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// maxBreaches is how many rules are named of one document.
//
//js:table
const maxBreaches = 20

// Breach is one rule that a document breaks.
type Breach struct {
	// Path has the names of fields and the positions of elements; empty: the
	// document itself.
	Path doc.Path
	// At is Path as text, Rule the same with "[]" for all positions, which
	// elements have in common: "items[2].sku", "items[].sku".
	At, Rule string
	// Value is what is there; Type 0: nothing is, or it is not known.
	Value bson.RawValue
	// Missing: there should be something.
	Missing bool
	// Must is what must be so: "must be at least 0 (minimum)".
	Must string
}

// Words are the breach as a sentence; value is that of the breach for people.
func (b Breach) Words(value string) string {
	switch {
	case len(b.Path) == 0:
		return "the document " + b.Must
	case b.Missing:
		return b.At + " is missing, " + b.Must
	case b.Value.Type == 0:
		return b.At + " " + b.Must
	}
	return b.At + " is " + value + ", " + b.Must
}

// Breaches are the rules that a document breaks for certain; show writes a
// value of the validator for people.
func (v *Validator) Breaches(d bson.Raw, holes *Holes, open bool, show func(bson.RawValue) string) []Breach {
	w := &words{show: show}
	w.document(v.rule, root(d, holes, open), place{})
	return w.out
}

// place is a path, as text, and as text with "[]" for positions.
type place struct {
	path     doc.Path
	at, rule string
}

func (p place) field(name string) place {
	text := doc.Path{name}.String()
	if len(p.path) > 0 {
		text = "." + text
	}
	return p.step(name, text, text)
}

func (p place) element(i string) place { return p.step(i, "["+i+"]", "[]") }

func (p place) step(name, at, rule string) place {
	return place{append(p.path[:len(p.path):len(p.path)], name), p.at + at, p.rule + rule}
}

type words struct {
	show func(bson.RawValue) string
	out  []Breach
	// about is the description of the schema that is looked at.
	about string
}

func (w *words) add(at place, x value, missing bool, must string) {
	if len(w.out) == maxBreaches {
		return
	}
	b := Breach{Path: at.path, At: at.at, Rule: at.rule, Missing: missing, Must: must}
	if w.about != "" {
		b.Must += ": " + w.show(doc.String(w.about))
	}
	if x.kind == Known && len(at.path) > 0 {
		b.Value = x.v
	}
	w.out = append(w.out, b)
}

// document explains a filter.
func (w *words) document(r *rule, x value, at place) {
	if r.document(x) != Broken {
		return
	}
	switch r.op {
	case "$and":
		for _, s := range r.rules {
			w.document(s, x, at)
		}
	case "$or", "$nor":
		w.add(at, x, false, "must match "+w.query(r.op, r.source))
	case "field":
		w.field(r, x, at)
	default:
		w.schema(r, x, at)
	}
}

// query writes an operator with its operand.
func (w *words) query(op string, source bson.RawValue) string {
	return w.show(doc.Value(doc.NewBuilder(64).Append(op, source).Raw()))
}

func (w *words) field(r *rule, x value, at place) {
	f := gather(x, r.path)
	for _, name := range r.path {
		at = at.field(name)
	}
	must := "must be " + w.show(r.source)
	if d, ok := r.source.DocumentOK(); ok && operators(d) {
		must = "must match " + w.show(r.source)
	}
	switch {
	case len(f.ends) == 1 && !f.through:
		w.add(at, f.ends[0], false, must)
	case len(f.ends) == 0 && !f.through && !f.unknown:
		w.add(at, value{}, true, must)
	default:
		w.add(at, value{kind: Any}, false, must)
	}
}

// schema explains a schema or one keyword of it.
func (w *words) schema(r *rule, x value, at place) {
	if r.judge(x) != Broken {
		return
	}
	switch r.op {
	case "schema":
		before := w.about
		w.about = r.about
		for _, s := range r.rules {
			w.schema(s, x, at)
		}
		w.about = before
	case "allOf":
		for _, s := range r.rules {
			w.schema(s, x, at)
		}
	case "required":
		for _, name := range r.names {
			if _, there := x.field(name); there == Broken {
				w.add(at.field(name), value{}, true, "must be there (required)")
			}
		}
	case "properties", "patternProperties", "additionalProperties", "dependencies":
		r.eachField(x, func(b breach) {
			switch {
			case b.missing:
				w.add(at.field(b.name), value{}, true, "must be there because "+w.show(doc.String(b.because))+" is (dependencies)")
			case r.op == "dependencies":
				w.schema(b.rule, x, at)
			case b.rule == nil:
				w.add(at.field(b.name), b.value, false, "must not be there (additionalProperties)")
			default:
				w.schema(b.rule, b.value, at.field(b.name))
			}
		})
	case "items":
		r.eachItem(x, func(i string, e value, s *rule) {
			if s == nil {
				w.add(at.element(i), e, false, "must not be there (additionalItems)")
				return
			}
			w.schema(s, e, at.element(i))
		})
	default:
		w.add(at, x, false, w.must(r, x))
	}
}

// must is what a keyword wants of a value.
func (w *words) must(r *rule, x value) string {
	switch r.op {
	case "bsonType", "type":
		return "must be " + either(r.names) + " (" + r.op + ")"
	case "enum":
		var shown []string
		for i, v := range r.values {
			if i == 5 {
				shown = append(shown, "…")
				break
			}
			shown = append(shown, w.show(v))
		}
		if len(r.values) == 1 {
			return "must be " + shown[0] + " (enum)"
		}
		return "must be one of " + strings.Join(shown, ", ") + " (enum)"
	case "minimum", "maximum":
		than := map[string]string{"minimum false": "at least ", "minimum true": "more than ", "maximum false": "at most ", "maximum true": "less than "}
		return "must be " + than[fmt.Sprint(r.op, " ", r.flag)] + w.show(r.values[0]) + " (" + r.op + ")"
	case "multipleOf":
		return "must be a multiple of " + w.show(r.values[0]) + " (multipleOf)"
	case "pattern":
		return "must match " + w.show(r.source) + " (pattern)"
	case "uniqueItems":
		i, _ := r.twice(x)
		return "must have no element twice, and [" + strconv.Itoa(i) + "] is there before (uniqueItems)"
	case "anyOf":
		return "must fit one of " + strconv.Itoa(len(r.rules)) + " schemas (anyOf)"
	case "oneOf":
		held, _ := r.fitting(x)
		return "must fit exactly one of " + strconv.Itoa(len(r.rules)) + " schemas, and fits " + strconv.Itoa(held) + " (oneOf)"
	case "not":
		return "must not fit " + w.show(r.source) + " (not)"
	}
	than, what := "at least ", map[string]string{"Length": "character", "Items": "element", "Properties": "field"}[r.op[3:]]
	if r.op[:3] == "max" {
		than = "at most "
	}
	if r.n != 1 {
		what += "s"
	}
	return "must have " + than + strconv.FormatInt(r.n, 10) + " " + what + " (" + r.op + ")"
}

// either joins names: "int, long or double".
func either(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
