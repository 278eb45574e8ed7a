package policy

// What a view reads: `viewOn`, and `from` and `coll` of its pipeline's stages.
// A view of the source names collections as the source does; at the destination
// they go by the names that the weave gives them. In: the options of a collection
// to be; out: the same with those names, and the names for the engines, which
// look whether what no weave brings is there.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// view renames what a view reads. written are the options that the rules
// write: these are MongoDB's words, with the destination's names.
func (s *structuring) view(written []string) diag.List {
	made := &s.made
	if _, view := doc.Get(made.Options, doc.Path{"viewOn"}); !view {
		return nil
	}
	at := s.target.NameSpan
	if s.policy.Options != nil {
		at = s.policy.Options.Span
	}
	var diags diag.List
	made.Options = doc.Edit(made.Options, func(option string, v bson.RawValue) bson.RawValue {
		name := func(name string) string {
			renamed, problem := s.readBy(name, slices.Contains(written, option))
			if problem != nil {
				problem.Span = at
				diags = append(diags, *problem)
			}
			made.Reads = append(made.Reads, renamed)
			return renamed
		}
		switch option {
		case "viewOn":
			return renamedText(v, name)
		case "pipeline":
			return renamedPipeline(v, name)
		}
		return v
	})
	slices.Sort(made.Reads)
	made.Reads = slices.Compact(made.Reads)
	return slices.CompactFunc(diags, func(a, b diag.Diagnostic) bool { return a.Message == b.Message })
}

// readBy is the destination's name of a collection that a view reads.
func (s *structuring) readBy(name string, written bool) (string, *diag.Diagnostic) {
	env := s.job.Environment
	database := s.target.Database(env)
	var own, there *workspace.Target // the one of this name at the source, and at the destination
	for _, t := range s.job.Targets {
		if t.Source[env] == s.target.Source[env] && t.Collection == name && (own == nil || t.Database(env) == database) {
			own = t
		}
		if t.Database(env) == database && t.Destination == name {
			there = t
		}
	}
	report := func(at source.Span, related, format string, args ...any) *diag.Diagnostic {
		d := &diag.Diagnostic{Code: diag.ViewReadsElsewhere, Message: fmt.Sprintf("the view %s reads %s, ", diag.Quote(s.target.Destination, 64), diag.Quote(name, 64)) + fmt.Sprintf(format, args...)}
		d.Related = []diag.Related{{Span: at, Message: related}}
		return d
	}
	switch {
	case written && (there != nil || own == nil):
		return name, nil
	case written:
		d := report(own.NameSpan, "synced here", "which is %s at the destination", diag.Quote(own.Destination, 64))
		d.Notes = []string{fmt.Sprintf("`options` are MongoDB's words: write %s there", diag.Quote(own.Destination, 64))}
		return name, d
	case own != nil && own.Database(env) == database:
		return own.Destination, nil
	case own != nil:
		d := report(own.NameSpan, "synced here", "which is synced into the database %s", diag.Quote(own.Database(env), 64))
		d.Notes = []string{"a view reads collections of its own database: sync both into one"}
		return name, d
	case there != nil && there.Collection != name:
		d := report(there.NameSpan, "synced here", "which is in no `sync`, and at the destination that is what %s becomes", diag.Quote(there.Collection, 64))
		d.Notes = []string{fmt.Sprintf("give %s another name with `as`, or sync what the view reads", diag.Quote(there.Collection, 64))}
		return name, d
	}
	return name, nil
}

// renamedText renames a collection where a name stands.
func renamedText(v bson.RawValue, name func(string) string) bson.RawValue {
	if text, ok := v.StringValueOK(); ok {
		return doc.String(name(text))
	}
	return v
}

// renamedPipeline renames the collections that a pipeline reads (MongoDB manual:
// reference/operator/aggregation/lookup, unionWith, graphLookup, facet).
func renamedPipeline(v bson.RawValue, name func(string) string) bson.RawValue {
	if v.Type != bson.TypeArray {
		return v
	}
	return doc.EditValue(v, func(_ string, stage bson.RawValue) bson.RawValue {
		return renamedFields(stage, func(operator string, of bson.RawValue) bson.RawValue {
			switch operator {
			case "$lookup", "$graphLookup":
				return renamedStage(of, "from", name)
			case "$unionWith":
				return renamedStage(renamedText(of, name), "coll", name)
			case "$facet":
				return renamedFields(of, func(_ string, pipeline bson.RawValue) bson.RawValue { return renamedPipeline(pipeline, name) })
			}
			return of
		})
	})
}

// renamedStage renames in a stage that names a collection in a field and may
// have a pipeline of its own.
func renamedStage(v bson.RawValue, field string, name func(string) string) bson.RawValue {
	return renamedFields(v, func(f string, of bson.RawValue) bson.RawValue {
		switch f {
		case field:
			return renamedText(of, name)
		case "pipeline":
			return renamedPipeline(of, name)
		}
		return of
	})
}

// renamedFields changes the values of a document; other values stay.
func renamedFields(v bson.RawValue, change func(name string, v bson.RawValue) bson.RawValue) bson.RawValue {
	if v.Type != bson.TypeEmbeddedDocument {
		return v
	}
	return doc.EditValue(v, change)
}
