package mongosh

// The records of a run as somebody who may write to the state database forges them.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func cloned(v any) any {
	switch v := v.(type) {
	case bson.D:
		out := bson.D{}
		for _, e := range v {
			out = append(out, bson.E{Key: e.Key, Value: cloned(e.Value)})
		}
		return out
	case bson.A:
		out := bson.A{}
		for _, e := range v {
			out = append(out, cloned(e))
		}
		return out
	}
	return v
}

func value(d bson.D, name string) any {
	for _, e := range d {
		if e.Key == name {
			return e.Value
		}
	}
	return nil
}

func setValue(d *bson.D, name string, v any) {
	for i := range *d {
		if (*d)[i].Key == name {
			(*d)[i].Value = v
			return
		}
	}
	*d = append(*d, bson.E{Key: name, Value: v})
}

func without(d bson.D, name string) bson.D {
	return slices.DeleteFunc(slices.Clone(d), func(e bson.E) bool { return e.Key == name })
}

func marshalled(t testing.TB, d any) []byte {
	t.Helper()
	raw, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sealAgain makes the chain of a run and its journal as it would be with a key, so
// that it fits what they say now.
func sealAgain(t testing.TB, records map[string][]bson.D, key string) {
	t.Helper()
	run := &records["runs"][0]
	sum := func(what string, parts ...[]byte) []byte {
		h := sha256.New()
		if key != "" {
			h = hmac.New(sha256.New, []byte(key))
		}
		h.Write([]byte(what + "\x00"))
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	chain := sum("mongocd run", marshalled(t, bson.D{{Key: "run", Value: value(*run, "_id")}, {Key: "artefact", Value: value(*run, "artefact")},
		{Key: "databases", Value: value(*run, "databases")}, {Key: "collections", Value: value(*run, "collections")}}))
	setValue(run, "chain", bson.Binary{Data: chain})
	for i, d := range records["journal"] {
		bare := without(d, "chain")
		chain = sum("mongocd journal", chain, marshalled(t, bare))
		records["journal"][i] = append(bare, bson.E{Key: "chain", Value: bson.Binary{Data: chain}})
	}
	n := int64(len(records["journal"]))
	setValue(run, "records", n)
	setValue(run, "journal", bson.Binary{Data: sum("mongocd end", chain, binary.LittleEndian.AppendUint64(nil, uint64(n)))})
	seal := "sha256"
	if key != "" {
		seal = "hmac-sha256"
	}
	setValue(run, "seal", seal)
}

// entry is a forged record of the journal that comes next: it inserts a document.
func (a *attacked) entry(records map[string][]bson.D, database, name string) {
	a.t.Helper()
	n := len(records["journal"]) + 1
	item := marshalled(a.t, bson.D{{Key: "_id", Value: int32(9)}, {Key: "key", Value: bson.Binary{Data: make([]byte, 16)}},
		{Key: "before", Value: bson.D{{Key: "_id", Value: int32(9)}, {Key: "balance", Value: int32(1000000)}}}})
	records["journal"] = append(records["journal"], bson.D{{Key: "_id", Value: fmt.Sprintf("w/e/1/%08d", n)}, {Key: "format", Value: int32(1)}, {Key: "run", Value: "w/e/1"},
		{Key: "database", Value: database}, {Key: "collection", Value: name}, {Key: "action", Value: "delete"}, {Key: "keep", Value: bson.A{}}, {Key: "keepNames", Value: bson.A{}},
		{Key: "data", Value: bson.Binary{Data: item}}})
}

// setItem changes the item of the last record of the journal, and seals it again.
func setItem(t testing.TB, records map[string][]bson.D, change func(*bson.D)) {
	t.Helper()
	last := &records["journal"][len(records["journal"])-1]
	var item bson.D
	if err := bson.Unmarshal(value(*last, "data").(bson.Binary).Data, &item); err != nil {
		t.Fatal(err)
	}
	change(&item)
	setValue(last, "data", bson.Binary{Data: marshalled(t, item)})
	sealAgain(t, records, "")
}
