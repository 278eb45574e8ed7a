package enforce

// Sharded collections. In: the namespaces that a look is about; out: their
// shard keys, guards that carry them, and writes that would change one. The rules
// are docs/enforcement.md, Sharded clusters.

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// shardKeys reads the shard keys of those of the collections that are sharded:
// config.collections has them (MongoDB manual: reference/config-database). A role
// on the destination's databases does not give that; without it there are none.
func (r *run) shardKeys(ctx context.Context, collections []*desired.Collection) (map[string][]doc.Path, error) {
	c := r.control
	if c.server == nil || !c.cluster.sharded {
		return nil, nil
	}
	ids := bson.A{}
	for _, collection := range collections {
		ids = append(ids, r.namespace(collection).String())
	}
	reply, err := c.send(ctx, "config", bson.D{
		{Key: "find", Value: "collections"}, {Key: "filter", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}},
		{Key: "projection", Value: bson.D{{Key: "key", Value: int32(1)}}}, {Key: "batchSize", Value: int32(len(ids) + 1)}, {Key: "comment", Value: c.comment},
	})
	if stores.Code(err) == codeUnauthorized {
		if !slices.Contains(r.report.Notes, noteShardKeysUnread) {
			r.report.Notes = append(r.report.Notes, noteShardKeysUnread)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	keys := map[string][]doc.Path{}
	list, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		namespace, _ := v.Document().Lookup("_id").StringValueOK()
		key, _ := v.Document().Lookup("key").DocumentOK()
		for name := range doc.Fields(key) {
			if name != "_id" { // every guard has it
				keys[namespace] = append(keys[namespace], strings.Split(name, "."))
			}
		}
	}
	return keys, nil
}

// keyed adds what the document has of the shard key to the guard of its write:
// so it goes to the shard that has the document (MongoDB manual:
// reference/method/db.collection.updateOne, Sharded Collections).
func (l *look) keyed(w *write) {
	for _, p := range l.shardKey {
		v, ok := doc.Get(w.before, p)
		guarded := slices.ContainsFunc(w.op.Guard.Present, func(f stores.Field) bool { return slices.Equal(f.Path, p) })
		if ok && !guarded {
			w.op.Guard.Key = append(w.op.Guard.Key, stores.Field{Path: p, Value: v})
		}
	}
}

// movesShard reports a write that changes the shard key: it would move the
// document to another shard.
func (l *look) movesShard(w *write) bool {
	for _, p := range l.shardKey {
		before, _ := doc.Get(w.before, p)
		after, _ := doc.Get(w.after, p)
		if doc.Identical(before, after) {
			continue
		}
		shown := func(exact bool, v bson.RawValue) string {
			if v.Type == 0 {
				return missingText
			}
			return l.showValue(w.wanted, exact, p, v)
		}
		l.conflict(ShardKeyChange, textShardKeyChange, w.wanted, []doc.Path{p}, "path", p.String(), "identity", l.identity(w.wanted),
			"before", shown(false, before), "after", shown(true, after))
		return true
	}
	return false
}
