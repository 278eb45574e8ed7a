package profile

// MongoDB itself: a version that is older, and a tier of Atlas that has less.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// atlasShared is a free or flex cluster of Atlas: Atlas documentation, "Unsupported
// Commands in Atlas" (limits of maxTimeMS, operators that are not there, commands) and
// the reply {code: 8000, codeName: "AtlasError", errmsg: "CMD_NOT_ALLOWED: …"} as users
// report it. Its limits of size and rate are not here.
func atlasShared(c wire.Command, pass pass) (bson.Raw, error) {
	const atlasError, name = 8000, "AtlasError"
	if slices.Contains(notAllowed, strings.ToLower(c.Name)) {
		return refuse(atlasError, name, "CMD_NOT_ALLOWED: "+strings.ToLower(c.Name))
	}
	if limit, ok := c.Body.Lookup("maxTimeMS").AsInt64OK(); ok && limit > 300_000 {
		return refuse(atlasError, name, "maxTimeMS is not allowed to be more than 300000")
	}
	if unending, _ := c.Body.Lookup("noCursorTimeout").BooleanOK(); unending {
		return refuse(atlasError, name, "noTimeout cursors are disallowed in this atlas tier")
	}
	whole := bson.A{c.Body}
	for _, s := range c.Sequences {
		if s.Identifier != "documents" {
			for _, d := range s.Documents {
				whole = append(whole, d)
			}
		}
	}
	for _, d := range whole {
		for _, operator := range []string{"$where", "$function", "$accumulator", "$$USER_ROLES"} {
			if mentions(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.(bson.Raw)}, operator) && c.Name != "insert" {
				return refuse(atlasError, name, operator+" is not allowed in this atlas tier")
			}
		}
	}
	return pass(c)
}

// notAllowed are commands that such clusters do not have, in lower case.
var notAllowed = []string{
	"applyops", "compact", "converttocapped", "currentop", "dbhash", "flushrouterconfig", "fsync", "getcmdlineopts", "getshardversion", "hostinfo", "killallsessions",
	"listshards", "logrotate", "mapreduce", "profile", "reindex", "setfeaturecompatibilityversion", "setparameter", "shutdown", "top", "validate",
	"createuser", "updateuser", "dropuser", "createrole", "updaterole", "droprole", "usersinfo", "rolesinfo", "enablesharding", "shardcollection",
}

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
