package profile

// MongoDB itself: a version that is older.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// mongoDB50 is MongoDB 5.0: what the manual's release notes and command pages say came
// with 5.1 or later is not known.
func mongoDB50(c wire.Command, pass pass) (bson.Raw, error) {
	switch c.Name {
	case "hello", "isMaster", "ismaster":
		reply, err := pass(c)
		if err != nil {
			return nil, err
		}
		return edit(reply, func(name string, v bson.RawValue) (any, bool) {
			if name == "maxWireVersion" {
				return int32(13), true
			}
			return v, true
		})
	case "buildInfo", "buildinfo":
		reply, err := pass(c)
		if err != nil {
			return nil, err
		}
		return with(reply, bson.D{{Key: "version", Value: "5.0.31"}, {Key: "versionArray", Value: bson.A{int32(5), int32(0), int32(31), int32(0)}}})
	case "bulkWrite": // 8.0
		return refuse(59, "CommandNotFound", "no such command: 'bulkWrite'")
	}
	unknown := ""
	each(c.Body, func(name string, v bson.RawValue) {
		if slices.Contains(later[c.Name], name) {
			unknown = c.Name + "." + name
		}
		if index, ok := v.DocumentOK(); ok && c.Name == "collMod" && name == "index" {
			each(index, func(name string, _ bson.RawValue) {
				if name == "prepareUnique" || name == "unique" { // 6.0
					unknown = "collMod.index." + name
				}
			})
		}
		if series, ok := v.DocumentOK(); ok && name == "timeseries" {
			each(series, func(name string, _ bson.RawValue) {
				if name == "bucketMaxSpanSeconds" || name == "bucketRoundingSeconds" { // 6.3
					unknown = c.Name + ".timeseries." + name
				}
			})
		}
	})
	if unknown != "" {
		return refuse(40415, "Location40415", "BSON field '"+unknown+"' is an unknown field.")
	}
	return pass(c)
}

// later are fields of commands that came with 5.3 (clustered collections), 6.0 (pre- and
// post-images, sizes of capped collections in collMod) and 6.0.4 or 7.0 (encryptedFields).
var later = map[string][]string{
	"create":  {"clusteredIndex", "changeStreamPreAndPostImages", "encryptedFields"},
	"collMod": {"changeStreamPreAndPostImages", "cappedSize", "cappedMax", "dryRun"},
}
