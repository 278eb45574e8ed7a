package structure

// Options of an existing collection. In: those that listCollections gave and
// the wanted ones with the names of those that are enforced; out: what collMod
// changes, and what it cannot. Pure; the rules are docs/enforcement.md, Structure.

import (
	"cmp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// OptionPlan is what is to be done about the options of a collection.
type OptionPlan struct {
	Items    []change.OptionItem
	Commands []bson.Raw // fields of collMod, one after the other
	Change   Change
	lacking  []Feature
	Fixed    []change.OptionItem // those that cannot be changed
}

// collectionOption is an option by what it is before and after; Type 0: missing.
type collectionOption struct {
	name          string
	before, after bson.RawValue
}

// CompareOptions compares the enforced options, by name.
func CompareOptions(info stores.CollectionInfo, wanted bson.Raw, enforced []string, wire int32) OptionPlan {
	p := OptionPlan{}
	view := info.Type == "view"
	fields := doc.NewBuilder(256)
	before, after := doc.NewBuilder(256), doc.NewBuilder(256)
	viewed := false
	for _, name := range enforced {
		o := collectionOption{name: name}
		o.before, _ = doc.Get(info.Options, doc.Path{name})
		o.after, _ = doc.Get(wanted, doc.Path{name})
		if SameOption(name, o.before, o.after) {
			continue
		}
		item := change.OptionItem{Name: name, Before: change.Value{RawValue: o.before}, After: change.Value{RawValue: o.after}, Changes: OptionChanges(name, o.before, o.after)}
		send, needs, ok := o.command(info, wanted)
		if !ok {
			p.Fixed = append(p.Fixed, item)
			continue
		}
		if needs.wire > 0 && !needs.in(wire) {
			p.lacking = append(p.lacking, needs)
			continue
		}
		p.Items = append(p.Items, item)
		if o.before.Type != 0 {
			before.Append(name, o.before)
		}
		if o.after.Type != 0 {
			after.Append(name, o.after)
		}
		if view { // both go together
			viewed = true
			continue
		}
		for i, v := range send {
			if i < len(send)-1 { // a step on the way
				p.Commands = append(p.Commands, doc.NewBuilder(96).Append(v.name, v.value).Raw())
				continue
			}
			fields.Append(v.name, v.value)
		}
	}
	if viewed {
		fields.Append("viewOn", wanted.Lookup("viewOn")).Append("pipeline", pipelineOf(wanted))
	}
	if fields.Len() > 5 {
		p.Commands = append(p.Commands, fields.Raw())
	}
	p.Change = Change{Before: before.Raw(), After: after.Raw()}
	return p
}

// OptionChanges are the changes of an option, field by field; Type 0 is a missing one.
// What is the same in another order is none.
func OptionChanges(name string, before, after bson.RawValue) []change.Change {
	return slices.DeleteFunc(between.Values([]string{name}, before, after, between.Sides{}), InAnyOrder)
}

// pipelineOf is that of a view, which may have none.
func pipelineOf(options bson.Raw) bson.RawValue {
	if v, ok := doc.Get(options, doc.Path{"pipeline"}); ok {
		return v
	}
	return doc.Array()
}

// modField is a field of collMod.
type modField struct {
	name  string
	value bson.RawValue
}

// filled is an option with its default when it is missing.
func filled(name string, v bson.RawValue) bson.RawValue {
	if v.Type == 0 {
		v, _ = doc.Get(optionDefaultOf, doc.Path{name})
	}
	return v
}

// SameOption reports whether two values of a collection's option are the same, with
// defaults filled in; Type 0 stands for a missing one.
func SameOption(name string, before, after bson.RawValue) bool {
	before, after = filled(name, before), filled(name, after)
	switch name {
	case "collation":
		_, was := stores.IndexOption(doc.NewBuilder(64).Append(name, before).Raw(), name)
		_, is := stores.IndexOption(doc.NewBuilder(64).Append(name, after).Raw(), name)
		return was == is && (!was || sameCollation(before, after))
	case "size":
		return cappedSize(before) == cappedSize(after)
	case "max":
		return cappedMax(before) == cappedMax(after)
	case "timeseries":
		return sameSeries(before, after)
	case "validator":
		if before.Type == after.Type && len(OptionChanges(name, before, after)) == 0 {
			return true
		}
	case "clusteredIndex":
		return (before.Type != 0 && !stores.IsFalse(before)) == (after.Type != 0 && !stores.IsFalse(after))
	case "capped", "autoIndexId":
		return before.Type == after.Type && doc.Same(before, after) || missingOrFalse(before) && missingOrFalse(after)
	}
	return before.Type != 0 && after.Type != 0 && doc.Same(before, after) || before.Type == after.Type && before.Type == 0
}

func missingOrFalse(v bson.RawValue) bool { return v.Type == 0 || stores.IsFalse(v) }

// cappedSize is a size as servers keep it: at least 4096, in steps of 256
// (MongoDB manual: reference/command/create, size).
func cappedSize(v bson.RawValue) int64 {
	n, _ := v.AsInt64OK()
	return max(4096, (n+255)/256*256)
}

// cappedMax is a number of documents, 0 for any number.
func cappedMax(v bson.RawValue) int64 {
	n, _ := v.AsInt64OK()
	if n < 0 || n >= 1<<31-1 {
		return 0
	}
	return n
}

// span is how many seconds a bucket of a time series collection spans, and how
// its start is rounded; 0: as the granularity has it.
func span(series bson.Raw) (seconds, rounding int64) {
	granularity, _ := series.Lookup("granularity").StringValueOK()
	if granularity == "" {
		granularity = "seconds"
	}
	seconds = int64(stores.BucketSpans[granularity])
	if n, ok := series.Lookup("bucketMaxSpanSeconds").AsInt64OK(); ok {
		seconds = n
	}
	rounding, _ = series.Lookup("bucketRoundingSeconds").AsInt64OK()
	return seconds, rounding
}

func sameSeries(a, b bson.RawValue) bool {
	x, isA := a.DocumentOK()
	y, isB := b.DocumentOK()
	if !isA || !isB {
		return isA == isB
	}
	s, r := span(x)
	t, q := span(y)
	return sameFields(x, y) && s == t && (r == 0 || q == 0 || r == q)
}

// sameFields compares what can never be changed.
func sameFields(a, b bson.Raw) bool {
	for _, name := range []string{"timeField", "metaField"} {
		v, inA := doc.Get(a, doc.Path{name})
		w, inB := doc.Get(b, doc.Path{name})
		if inA != inB || inA && !doc.Same(v, w) {
			return false
		}
	}
	return true
}

// command is what is sent to make an option what is wanted, with what a server
// needs for it; not ok when an existing collection cannot be changed.
func (o collectionOption) command(info stores.CollectionInfo, wanted bson.Raw) (send []modField, needs Feature, ok bool) {
	how, after := optionChanges[o.name], filled(o.name, o.after)
	switch how.of {
	case "collection":
		ok = info.Type != "view"
	case "view":
		ok = info.Type == "view" && HasOption(wanted, "viewOn")
	case "expiring":
		ok = info.Type == "timeseries" || HasOption(info.Options, "timeseries") || HasOption(info.Options, "clusteredIndex")
	case "capped":
		ok = HasOption(info.Options, "capped") && HasOption(wanted, "capped") && after.Type != 0
	case "buckets":
		return regrain(documentOption(info.Options, o.name), documentOption(wanted, o.name))
	}
	return []modField{{cmp.Or(how.sent, o.name), after}}, how.needs, ok
}

// regrain changes the span of buckets, which can only grow, a granularity at a time.
func regrain(before, after bson.Raw) (send []modField, needs Feature, ok bool) {
	was, _ := span(before)
	is, _ := span(after)
	if !sameFields(before, after) || is < was {
		return nil, Feature{}, false
	}
	change := func(names ...string) modField {
		out := doc.NewBuilder(64)
		for _, name := range names {
			if v, ok := doc.Get(after, doc.Path{name}); ok {
				out.Append(name, v)
			}
		}
		return modField{"timeseries", doc.Value(out.Raw())}
	}
	if _, given := doc.Get(after, doc.Path{"granularity"}); !given {
		return []modField{change("bucketMaxSpanSeconds", "bucketRoundingSeconds")}, spansOfBuckets, true
	}
	if was == int64(stores.BucketSpans["seconds"]) && is == int64(stores.BucketSpans["hours"]) {
		minutes := doc.NewBuilder(32).AppendString("granularity", "minutes").Raw()
		send = append(send, modField{"timeseries", doc.Value(minutes)})
	}
	return append(send, change("granularity")), Feature{}, true
}
