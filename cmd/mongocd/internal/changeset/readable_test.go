package changeset

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/runtime/stores"
)

// TestReadable: what the reader of Extended JSON would take for something else is refused,
// and nothing else; in the way back, too.
func TestReadable(t *testing.T) {
	json := []string{"liquibase", "liquibase-yaml", "mongosh"}
	for _, x := range []struct {
		value any
		want  string // empty: it is written
		forms []string
	}{
		{"a\xff", "not ", json},
		{bson.D{{Key: "a\xff", Value: 1}}, "not ", json},
		{bson.D{{Key: "$numberInt", Value: "7"}}, "a name such as $oid", json},
		{bson.D{{Key: "$oid", Value: "x"}}, "a name such as $oid", json},
		{bson.A{bson.D{{Key: "$code", Value: "x"}}}, "a name such as $oid", json},
		{bson.D{{Key: "a", Value: 1}, {Key: "1", Value: 1}}, "v.'1' is named by a number", json[2:]},
		{bson.A{bson.D{{Key: "_bsontype", Value: 1}}}, "_bsontype means something else", json[2:]},
		{bson.DBPointer{}, "is a dbPointer", json[2:]},
		{bson.D{{Key: "a", Value: 1}, {Key: "1", Value: 1}}, "", json[:2]},
		{bson.D{{Key: "1", Value: bson.A{1.5, "\ufffd\uffff"}}, {Key: "10", Value: 1}, {Key: "a", Value: bson.Regex{Pattern: "a"}}}, "", json},
	} {
		p := inserting(t, x.value)
		back := &Recorder{Comment: "c"}
		whole := marshal(t, bson.D{{Key: "_id", Value: int32(1)}, {Key: "v", Value: x.value}})
		back.Write(flags, stores.Op{Action: stores.Delete, Guard: stores.Guard{ID: whole.Lookup("_id"), Whole: whole}}, nil)
		for _, form := range x.forms {
			for _, steps := range [][]Step{p.Steps, back.Steps} {
				got, err := Plan{Digest: "sha256:00", Steps: steps}.In(form)
				if x.want == "" && (err != nil || got == "") || x.want != "" && (err == nil || got != "" || !strings.Contains(err.Error(), x.want)) {
					t.Errorf("%v as %s: %v", x.value, form, err)
				}
			}
		}
	}
	for _, text := range hostile.Texts {
		for _, form := range json {
			if _, err := (Plan{Digest: "sha256:00", Steps: steps(t, text)}).In(form); err != nil {
				t.Errorf("%q as %s: %v", text, form, err)
			}
		}
	}
}
