package capability

// What replies to the commands of a probe say. Pure.

import (
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// leftOver reports whether a collection is of a probe that ended long ago.
func leftOver(name string, now int64) bool {
	rest, ok := strings.CutPrefix(name, scratchPrefix)
	if !ok {
		return false
	}
	digits, _, _ := strings.Cut(rest, ".")
	made, err := strconv.ParseInt(digits, 10, 64)
	return err == nil && now-made > scratchAge
}

// contains reports whether a document has what another one says, at any depth.
func contains(d, wanted bson.Raw) bool {
	for name, v := range doc.Fields(wanted) {
		found, ok := doc.Get(d, doc.Path{name})
		if !ok {
			return false
		}
		inner, isDocument := v.DocumentOK()
		if there, ok := found.DocumentOK(); isDocument && ok {
			if !contains(there, inner) {
				return false
			}
			continue
		}
		if !doc.Same(found, v) {
			return false
		}
	}
	return true
}

// named is the document of a name; empty: there is none.
func named(all []bson.Raw, name string) bson.Raw {
	for _, d := range all {
		if v, _ := d.Lookup("name").StringValueOK(); v == name {
			return d
		}
	}
	return doc.Empty
}

// firstBatch is that of a reply with a cursor.
func firstBatch(reply bson.Raw) []bson.Raw {
	return documentsOf(reply.Lookup("cursor", "firstBatch"))
}

// documentsOf are the documents of an array.
func documentsOf(v bson.RawValue) []bson.Raw {
	var out []bson.Raw
	list, _ := v.ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		if d, ok := v.DocumentOK(); ok {
			out = append(out, d)
		}
	}
	return out
}

// writeCodes are the codes of the errors of single writes, by their index.
func writeCodes(reply bson.Raw) map[int]int {
	codes := map[int]int{}
	for _, d := range documentsOf(reply.Lookup("writeErrors")) {
		index, _ := d.Lookup("index").AsInt64OK()
		code, _ := d.Lookup("code").AsInt64OK()
		codes[int(index)] = int(code)
	}
	return codes
}

// elements are the fields of a document.
func elements(d bson.Raw) bson.D {
	var out bson.D
	for name, v := range doc.Fields(d) {
		out = append(out, bson.E{Key: name, Value: v})
	}
	return out
}
