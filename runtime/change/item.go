package change

// What a report has of indexes, options and documents, and of what changes in them
// (docs/report.md). Plain data.

import (
	"bytes"
	"encoding/json"

	"github.com/hayone1/mongocd/runtime/doc"
)

// IndexItem is what is to be done about an index: "create" one that is
// missing, "change" one that has other options, "drop" one that is not wanted;
// or nothing, which is no difference: "differs" is one that is there with other
// options, or whose name another one has, and is left to the destination;
// "left" is one that undo leaves.
type IndexItem struct {
	Action string `json:"action"`
	Name   string `json:"name"`
	// Spec is the wanted index; of one that goes, what the destination has.
	Spec Value `json:"spec"`
	// Before is what the destination has: change alone.
	Before Value `json:"before,omitzero"`
	// Changes are field by field what differs between Before and Spec.
	Changes []Change `json:"changes,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	// Build is the size of the existing collection that an index is built on.
	Build *Size `json:"build,omitempty"`
}

// OptionItem is an option of a collection to be changed by collMod; Before or
// After is absent when the option is.
type OptionItem struct {
	Name   string `json:"name"`
	Before Value  `json:"before,omitzero"`
	After  Value  `json:"after,omitzero"`
	// Changes are field by field what differs between documents or arrays; their paths
	// begin with the name of the option.
	Changes []Change `json:"changes,omitempty"`
	// Reason says why undo leaves it.
	Reason string `json:"reason,omitempty"`
}

// DocumentItem is one planned write, or a desired document that the destination
// lacks and that mode update does not insert ("absent"), or one of which only
// secrets that are not given may differ ("unknown"), or one in which something stays as
// the destination changed it by itself ("keep").
type DocumentItem struct {
	Action   string `json:"action"`   // insert, update, move, unknown, absent, keep, delete; undo: left, too
	Identity Value  `json:"identity"` // document: path text -> value
	// From is the identity that a moved document had.
	From   Value  `json:"from,omitzero"`
	ID     Value  `json:"_id,omitzero"` // not of an absent one
	Origin string `json:"origin"`       // of the rule that wants it, or takes it away
	// Document is the whole of it: of an insert as it will be, of a delete as it is.
	Document Value `json:"document,omitzero"`
	// Hidden and Links are those in Document.
	Hidden []HiddenItem `json:"hidden,omitempty"`
	Links  []LinkItem   `json:"links,omitempty"`
	// Changes are those of an update or move, place by place (Change), by path; of an insert
	// and of what is unknown, the places that secrets leave open.
	Changes []Change `json:"changes"`
	// Reason says why undo leaves a document, or a part of it; of what is kept as a whole, why.
	Reason string `json:"reason,omitempty"`
	// Cause says whose doing an insert or delete is, where the ledger can tell, and
	// Since the run until which it was otherwise; see Change.
	Cause string `json:"cause,omitempty"`
	Since string `json:"since,omitempty"`
	// Source is the document of the source, File where it was extracted, FILE:LINE, and
	// Rules are the statements that made it what is wanted: mongocd says so, artefacts
	// do not know it. Then an update has its Document too, as it is wanted.
	Source Value      `json:"source,omitzero"`
	File   string     `json:"file,omitempty"`
	Rules  []RuleItem `json:"rules,omitempty"`
}

// Detach gives the values of the item memory of their own, so that the documents that they are in
// can go.
func (d *DocumentItem) Detach() {
	own := func(v *Value) { v.Value = bytes.Clone(v.Value) }
	linked := func(links []LinkItem) {
		for i := range links {
			own(&links[i].ID)
			own(&links[i].Identity)
		}
	}
	for _, v := range []*Value{&d.Identity, &d.From, &d.ID, &d.Document} {
		own(v)
	}
	linked(d.Links)
	for i := range d.Changes {
		c := &d.Changes[i]
		own(&c.Before)
		own(&c.After)
		linked(c.Links)
		for n := range c.At {
			if e := c.At[n].Element; e != nil {
				own(&e.Value)
				for f := range e.And {
					own(&e.And[f].Value)
				}
			}
		}
	}
}

// Kinds of a change.
//
//js:table
const (
	KindAdded   = "added"   // there is no Before
	KindRemoved = "removed" // there is no After
	KindChanged = "changed"
	KindOpen    = "unknown" // not compared: secrets are not given; no values
	KindRetyped = "type"    // only the type differs: a number or text is the same
	KindMoved   = "moved"   // an element of an array stands elsewhere; After is the element
	KindOrdered = "order"   // only the order of fields or elements differs
)

// Change is one place that differs. Documents are entered, and arrays element by
// element; what only one side has is one change, whatever is in it. In Before and
// After, and as them, a secret is the text "(secret)", a redacted or omitted field
// "(redacted)": Hidden says where.
type Change struct {
	Kind string `json:"kind"`
	// Path is At for people: prices[currency="EUR"].amount, hooks[0].url.
	Path   string `json:"path"`
	At     []Step `json:"at"`
	Before Value  `json:"before,omitzero"`
	After  Value  `json:"after,omitzero"`
	// Unknown are the names of secrets that are not given: the field was not
	// compared.
	Unknown []string `json:"unknown,omitempty"`
	// Hidden are the places in Before and After that nobody may see.
	Hidden []HiddenItem `json:"hidden,omitempty"`
	// Links say which documents the `_id`s in Before and After stand for.
	Links []LinkItem `json:"links,omitempty"`
	// Cause says whose doing the difference is, where the ledger can tell: "rules",
	// what is wanted has changed, "destination", or "both". Since is the run after which the
	// destination changed (docs/state.md, ledger).
	Cause string `json:"cause,omitempty"`
	Since string `json:"since,omitempty"`
	// Source is the value that the source has there, and Rules are the statements that
	// made it what is wanted: mongocd says so, artefacts do not know it.
	Source Value      `json:"source,omitzero"`
	Rules  []RuleItem `json:"rules,omitempty"`
	// Fields is the part of At that enters documents only; no part of the report.
	Fields doc.Path `json:"-"`
}

// Step is one step to the place of a change: a field, or an element of an array.
// In JSON a field is its name, an element an object.
type Step struct {
	Field string
	*Element
}

// Element is an element of an array, by its positions on both sides, and by a
// field of it where one tells the elements of both sides apart.
type Element struct {
	// Before and After are positions, counted from 0; absent where the side has it not.
	Before *int   `json:"before,omitempty"`
	After  *int   `json:"after,omitempty"`
	Key    string `json:"key,omitempty"` // the name of the field
	Value  Value  `json:"value,omitzero"`
	// And are the other fields, where it takes several.
	And []ElementField `json:"and,omitempty"`
}

// ElementField is a field that tells an element apart, with what it has there.
type ElementField struct {
	Key   string `json:"key"`
	Value Value  `json:"value"`
}

// MarshalJSON writes a name or an element, without escapes for HTML: scripts write none.
func (s Step) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if s.Element != nil {
		err := encoder.Encode(s.Element)
		return b.Bytes(), err
	}
	err := encoder.Encode(s.Field)
	return b.Bytes(), err
}

// UnmarshalJSON reads a name or an element.
func (s *Step) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		s.Element = nil
		return json.Unmarshal(text, &s.Field)
	}
	s.Element = &Element{}
	return json.Unmarshal(text, s.Element)
}

// HiddenItem is a place within a value where a word stands for what nobody may see.
type HiddenItem struct {
	At []string `json:"at"` // names and positions within the value; empty: the value itself
	// Secrets are the names of those that go there; none of a field that `redact`
	// or `omit` names, and none where nobody can tell.
	Secrets []string `json:"secrets,omitempty"`
}

// LinkItem is an `_id` in a value that stands for a document.
type LinkItem struct {
	At         []string `json:"at"` // as those of HiddenItem
	ID         Value    `json:"_id"`
	Database   string   `json:"database"` // after redirection
	Collection string   `json:"collection"`
	Identity   Value    `json:"identity"`
}

// RuleItem is a statement of a weave.
type RuleItem struct {
	Origin    string `json:"origin"`           // FILE:LINE:COLUMN
	Statement string `json:"statement"`        // its text, on one line
	Commit    string `json:"commit,omitempty"` // that last changed its first line; "" where git does not know it
}
