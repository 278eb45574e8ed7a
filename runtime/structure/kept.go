package structure

// What a server has not kept. In: what a run has sent to make or change a collection and
// its indexes, and how they are listed when all is written; out: what is otherwise, in
// words. A server may answer that it did something and leave it out. Pure; the rules are
// docs/enforcement.md, Read again.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// What is otherwise.
//
//js:table
const (
	KeptKind        = "it is a {kind}" // a collection that was created
	keptOption      = "{option} is {listed} instead of {sent}"
	keptIndex       = "the index {name} is not there"
	keptIndexOption = "{option} of the index {name} is {listed} instead of {sent}"
	keptDropped     = "the index {name} is still there"
)

// Made is what a run has sent for the structure of a collection.
type Made struct {
	Created bool
	options map[string]bson.RawValue // by name; Type 0: set back to the default
	indexes []bson.Raw               // as sent
	dropped []string                 // names of indexes
}

// Collection notes that it was created with options.
func (m *Made) Collection(options bson.Raw) {
	m.Created = true
	for name, v := range doc.Fields(options) {
		m.option(name, v)
	}
}

// Options notes options that were changed.
func (m *Made) Options(items []change.OptionItem) {
	for _, item := range items {
		m.option(item.Name, item.After.RawValue)
	}
}

func (m *Made) option(name string, v bson.RawValue) {
	if m.options == nil {
		m.options = map[string]bson.RawValue{}
	}
	m.options[name] = v
}

// Index notes one that was created or changed.
func (m *Made) Index(spec bson.Raw) {
	name := stores.IndexName(spec)
	m.dropped = slices.DeleteFunc(m.dropped, func(other string) bool { return other == name })
	m.indexes = append(m.indexes, spec)
}

// Changed notes an index that was changed in place.
func (m *Made) Changed(c *IndexChange) { m.Index(doc.With(c.wanted, "name", c.Before.Lookup("name"))) }

// Dropped notes an index that was dropped.
func (m *Made) Dropped(name string) {
	m.indexes = slices.DeleteFunc(m.indexes, func(spec bson.Raw) bool { return stores.IndexName(spec) == name })
	m.dropped = append(m.dropped, name)
}

// NotKept says what is not listed as it was sent: options by name, then indexes.
func (m *Made) NotKept(info stores.CollectionInfo, existing []bson.Raw) []string {
	var out []string
	names := make([]string, 0, len(m.options))
	for name := range m.options {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		listed, _ := doc.Get(info.Options, doc.Path{name})
		if sent := m.options[name]; !SameOption(name, listed, sent) {
			out = append(out, change.Fill(keptOption, "option", change.Clean(name), "listed", shownOr(listed), "sent", shownOr(sent)))
		}
	}
	find := func(name string) bson.Raw {
		i := slices.IndexFunc(existing, func(e bson.Raw) bool { return stores.IndexName(e) == name })
		if i < 0 {
			return nil
		}
		return existing[i]
	}
	for _, spec := range m.indexes {
		name := stores.IndexName(spec)
		e := find(name)
		if e == nil || !SameIndexKey(spec, e) {
			out = append(out, change.Fill(keptIndex, "name", change.Clean(name)))
			continue
		}
		for _, option := range differingOptions(spec, e) {
			listed, _ := indexOption(e, option)
			sent, _ := indexOption(spec, option)
			out = append(out, change.Fill(keptIndexOption, "option", option, "name", change.Clean(name), "listed", shownOr(listed), "sent", shownOr(sent)))
		}
	}
	for _, name := range m.dropped {
		if find(name) != nil {
			out = append(out, change.Fill(keptDropped, "name", change.Clean(name)))
		}
	}
	return out
}

func shownOr(v bson.RawValue) string { return change.ShowOr(change.Value{RawValue: v}) }
