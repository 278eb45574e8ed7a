package structure

// Sharded collections. In: what config.collections has of them, documents as they
// are and will be; out: shard keys, what of one stands in a guard, and whether a
// write changes it. Pure; the rules are docs/enforcement.md, Sharded clusters.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// ShardKeysCommand asks the database config for the shard keys of those of the
// collections that are sharded (MongoDB manual: reference/config-database).
func ShardKeysCommand(namespaces []string) bson.D {
	ids := bson.A{}
	for _, ns := range namespaces {
		ids = append(ids, ns)
	}
	return bson.D{
		{Key: "find", Value: "collections"}, {Key: "filter", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}},
		{Key: "projection", Value: bson.D{{Key: "key", Value: int32(1)}}}, {Key: "batchSize", Value: int32(len(ids) + 1)},
	}
}

// ShardKeysOf reads the answer: the paths of each key by namespace, without `_id`,
// which every guard has.
func ShardKeysOf(reply bson.Raw) map[string][]doc.Path {
	keys := map[string][]doc.Path{}
	list, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		namespace, _ := v.Document().Lookup("_id").StringValueOK()
		key, _ := v.Document().Lookup("key").DocumentOK()
		for name := range doc.Fields(key) {
			if name != "_id" {
				keys[namespace] = append(keys[namespace], strings.Split(name, "."))
			}
		}
	}
	return keys
}

// AddShardKey adds what a document has of the shard key to the guard of its write:
// so it goes to the shard that has the document (MongoDB manual:
// reference/method/db.collection.updateOne, Sharded Collections).
func AddShardKey(guard *stores.Guard, key []doc.Path, before bson.Raw) {
	for _, p := range key {
		v, ok := doc.Get(before, p)
		guarded := slices.ContainsFunc(guard.Present, func(f stores.Field) bool { return slices.Equal(f.Path, p) })
		if ok && !guarded {
			guard.Key = append(guard.Key, stores.Field{Path: p, Value: v})
		}
	}
}

// ShardKeyChange finds a path of the shard key whose value a write changes; nil when
// there is none. Type 0 stands for a value that is missing.
func ShardKeyChange(key []doc.Path, before, after bson.Raw) (at doc.Path, was, is bson.RawValue) {
	for _, p := range key {
		was, _ := doc.Get(before, p)
		is, _ := doc.Get(after, p)
		if !doc.Identical(was, is) {
			return p, was, is
		}
	}
	return nil, bson.RawValue{}, bson.RawValue{}
}
