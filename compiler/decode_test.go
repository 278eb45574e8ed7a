package compiler

import (
	"encoding/json"
	"testing"

	"github.com/hayone1/mongocd/compiler/workspace"
)

// TestDecode: an entry that is whole, and not what encode writes, is none.
func TestDecode(t *testing.T) {
	const one = "\x05\x00\x00\x00\x00"
	for _, x := range []struct {
		about, documents string
		is               bool
	}{
		{`{"State": {"Collections": [{}]}, "Documents": [1], "Beside": [{"Collection": 0, "At": 0}]}`, one, true},
		{`{"State": {"Collections": [{}]}, "Documents": [-1]}`, "", true},
		{`{"State": {"Collections": [null]}, "Documents": [1]}`, one, false},
		{`{"State": {"Collections": [{}]}, "Documents": [9223372036854775807]}`, one, false},
		{`{"State": {"Collections": [{}]}, "Documents": [2]}`, one, false},
		{`{"State": {"Collections": [{}]}, "Documents": [1]}`, "\xff\xff\xff\xff\x00", false},
		{`{"State": {"Collections": [{}]}, "Documents": [1], "Beside": [{"Collection": -1, "At": 0}]}`, one, false},
		{`{"State": {"Collections": [{}]}, "Documents": [1], "Beside": [{"Collection": 0, "At": -1}]}`, one, false},
		{`{"State": {"Collections": [{}]}, "Documents": [1], "Beside": [{"Collection": 0, "At": 1}]}`, one, false},
		{`{"State": null}`, "", false},
		{`{}`, "", false},
		{`{"State": {"Collections": [{}]}, "Documents": [1]}`, one + one, false},
	} {
		var e entry
		if err := json.Unmarshal([]byte(x.about), &e); err != nil {
			t.Fatal(err)
		}
		d := e.done(&workspace.Job{})
		if is := d != nil && d.fill([]byte(x.documents)); is != x.is {
			t.Errorf("%s is one: %v", x.about, is)
		}
	}
}
