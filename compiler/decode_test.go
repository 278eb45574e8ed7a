package compiler

import (
	"encoding/binary"
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
		{`{`, "", false},
	} {
		text := append(binary.LittleEndian.AppendUint64(nil, uint64(len(x.about))), x.about+x.documents...)
		if d := decode(text, &workspace.Job{}); (d != nil) != x.is {
			t.Errorf("%s is one: %v", x.about, d != nil)
		}
	}
	if decode(binary.LittleEndian.AppendUint64(nil, 1<<63), &workspace.Job{}) != nil || decode(nil, &workspace.Job{}) != nil {
		t.Error("nothing is an entry")
	}
}
