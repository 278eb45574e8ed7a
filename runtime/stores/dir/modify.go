package dir

// Changing what a collection is. In: a table and fields of a collMod command;
// out: the table as a server would describe it afterwards (MongoDB manual:
// reference/command/collMod).

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// DropIndex implements stores.Store.
func (s *Store) DropIndex(ctx context.Context, ns stores.Namespace, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.existing(ctx, ns)
	if err != nil {
		return err
	}
	c := *old.Collection
	c.Indexes = slices.DeleteFunc(slices.Clone(c.Indexes), func(spec bson.Raw) bool { return stores.IndexName(spec) == name })
	if len(c.Indexes) == len(old.Indexes) {
		return &stores.RefusedError{Err: fmt.Errorf("dropping the index %q of %s: there is none of this name: run again", name, ns)}
	}
	t := &table{Collection: &c}
	t.findUnique()
	return s.save(ns, t)
}

// Modify implements stores.Store.
func (s *Store) Modify(ctx context.Context, ns stores.Namespace, change bson.Raw) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.existing(ctx, ns)
	if err != nil {
		return err
	}
	c := *old.Collection
	for name, v := range doc.Fields(change) {
		if name != "index" {
			c.Options = modified(c.Options, name, v)
			continue
		}
		c.Indexes = slices.Clone(c.Indexes)
		i := slices.IndexFunc(c.Indexes, func(spec bson.Raw) bool { return stores.IndexName(spec) == stores.IndexName(embedded(v)) })
		if i < 0 {
			return &stores.RefusedError{Err: fmt.Errorf("changing the index %q of %s: there is none of this name: run again", stores.IndexName(embedded(v)), ns)}
		}
		c.Indexes[i] = modifiedIndex(c.Indexes[i], embedded(v))
	}
	t := &table{Collection: &c}
	t.findUnique()
	if w := newWriter(t); w.duplicate != "" {
		return &stores.RefusedError{Err: fmt.Errorf("changing an index of %s: %s", ns, w.duplicate)}
	}
	return s.save(ns, t)
}

// modifiedIndex is a specification after a collMod.
func modifiedIndex(spec, change bson.Raw) bson.Raw {
	for name, v := range doc.Fields(change) {
		switch {
		case name == "name":
		case stores.IsFalse(v):
			spec = doc.Without(spec, name)
		case name == "unique":
			spec = doc.With(doc.Without(spec, "prepareUnique"), name, v)
		default:
			spec = doc.With(spec, name, v)
		}
	}
	return spec
}

// modified are options after a collMod of one field, as listCollections gives them.
func modified(options bson.Raw, name string, v bson.RawValue) bson.Raw {
	switch name {
	case "cappedSize":
		return doc.With(options, "size", v)
	case "cappedMax":
		if n, _ := v.AsInt64OK(); n <= 0 {
			return doc.Without(options, "max")
		}
		return doc.With(options, "max", v)
	case "expireAfterSeconds":
		if _, off := v.StringValueOK(); off {
			return doc.Without(options, name)
		}
		if n, ok := v.AsInt64OK(); ok {
			v = bson.RawValue{Type: bson.TypeInt64, Value: binary.LittleEndian.AppendUint64(nil, uint64(n))}
		}
	case "changeStreamPreAndPostImages":
		if stores.IsFalse(embedded(v).Lookup("enabled")) {
			return doc.Without(options, name)
		}
	case "validator":
		if len(v.Value) <= 5 { // an empty document
			return doc.Without(options, name)
		}
		for _, d := range []struct{ name, value string }{{"validationLevel", "strict"}, {"validationAction", "error"}} {
			if _, there := doc.Get(options, doc.Path{d.name}); !there {
				options = doc.With(options, d.name, doc.String(d.value))
			}
		}
	case "timeseries":
		return doc.With(options, name, doc.Value(regrained(embedded(options.Lookup(name)), embedded(v))))
	}
	return doc.With(options, name, v)
}

// regrained are the options of a time series collection after a change of its
// granularity, which stands for the span of buckets, or of that span.
func regrained(series, change bson.Raw) bson.Raw {
	if granularity, ok := doc.Get(change, doc.Path{"granularity"}); ok {
		text, _ := granularity.StringValueOK()
		span := doc.NewBuilder(16).AppendInt32("n", stores.BucketSpans[text]).Raw()
		return doc.With(doc.With(doc.Without(series, "bucketRoundingSeconds"), "granularity", granularity), "bucketMaxSpanSeconds", span.Lookup("n"))
	}
	series = doc.Without(series, "granularity")
	for name, v := range doc.Fields(change) {
		series = doc.With(series, name, v)
	}
	return series
}

// asSeries are the options of a new time series collection as listCollections
// gives them, and the index that a server makes for it (MongoDB manual:
// core/timeseries/timeseries-secondary-index).
func asSeries(options, series bson.Raw) (bson.Raw, []bson.Raw) {
	grain, given := doc.Get(series, doc.Path{"granularity"})
	if _, spans := doc.Get(series, doc.Path{"bucketMaxSpanSeconds"}); !given && !spans {
		grain, given = doc.String("seconds"), true
	}
	if given {
		options = doc.With(options, "timeseries", doc.Value(regrained(series, doc.NewBuilder(32).Append("granularity", grain).Raw())))
	}
	if v, ok := doc.Get(options, doc.Path{"expireAfterSeconds"}); ok {
		options = modified(options, "expireAfterSeconds", v)
	}
	meta, ok := series.Lookup("metaField").StringValueOK()
	if !ok {
		return options, nil
	}
	at, _ := series.Lookup("timeField").StringValueOK()
	key := doc.NewBuilder(64).AppendInt32(meta, 1).AppendInt32(at, 1).Raw()
	return options, []bson.Raw{doc.NewBuilder(128).AppendDocument("key", key).AppendString("name", meta+"_1_"+at+"_1").Raw()}
}

// Size implements stores.Store.
func (s *Store) Size(ctx context.Context, ns stores.Namespace) (documents, bytes int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.existing(ctx, ns)
	if err != nil {
		return 0, 0, err
	}
	for _, d := range t.Documents {
		bytes += int64(len(d.Raw))
	}
	return int64(len(t.Documents)), bytes, nil
}

// embedded is the document that a value is; empty when it is none.
func embedded(v bson.RawValue) bson.Raw {
	d, _ := v.DocumentOK()
	return d
}
