package model

// Kinds of collections and indexes that are missing (docs/enforcement.md, Structure).

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func kind(options bson.Raw) string {
	if len(options) == 0 {
		return "collection"
	}
	for option, kind := range map[string]string{"viewOn": "view", "timeseries": "time series", "capped": "capped"} {
		if v, err := options.LookupErr(option); err == nil && !(v.Type == bson.TypeBoolean && !v.Boolean()) {
			return kind
		}
	}
	return "collection"
}

// indexes gives those that are there, and those to build: wanted ones of which
// there is neither the key pattern nor the name.
func (r *run) indexes() (kept, build []bson.Raw) {
	if r.live != nil {
		kept = r.live.Indexes
	}
	for _, wanted := range r.c.Indexes {
		taken := slices.ContainsFunc(kept, func(there bson.Raw) bool {
			return same(decode(there.Lookup("key")), decode(wanted.Lookup("key"))) || same(decode(there.Lookup("name")), decode(wanted.Lookup("name")))
		})
		_, ttl := Decode(wanted).get("expireAfterSeconds")
		if !taken && !(ttl && r.live != nil) {
			build = append(build, wanted)
		}
	}
	return kept, build
}
