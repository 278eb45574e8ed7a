package desired

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestOutputs(t *testing.T) {
	others := []Output{OutputOf("mongosh.js", []byte("x")), OutputOf(ManifestName, []byte("not this one"))}
	files, err := rendered(t, sample(t)).OfBuild(Build{Outputs: others})
	if err != nil {
		t.Fatal(err)
	}
	recorded, itself, err := ReadOutputs(files[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(recorded, func(a, b Output) int { return strings.Compare(a.Path, b.Path) }) || len(recorded) != len(files)+1 {
		t.Errorf("%q", recorded)
	}
	for _, f := range files[1:] {
		if !slices.Contains(recorded, OutputOf(f.Path, f.Data)) {
			t.Errorf("%s is not recorded as it is", f.Path)
		}
	}
	if !slices.Contains(recorded, itself) || !slices.Contains(recorded, others[0]) {
		t.Errorf("%q\nlacks %q or %q", recorded, itself, others[0])
	}
	if _, build, err := ReadBuild(mapFS(files)); err != nil || !slices.Equal(build.Outputs, recorded) {
		t.Errorf("%v, %q", err, build.Outputs)
	}
	edited := bytes.Replace(files[0].Data, []byte(`"mode": "insert"`), []byte(`"mode": "merge"`), 1)
	if now, itself, err := ReadOutputs(edited); err != nil || !slices.Equal(now, recorded) || slices.Contains(now, itself) {
		t.Errorf("an edited manifest is recorded as itself: %v", err)
	}
	plain := rendered(t, sample(t)).Files
	if recorded, _, err := ReadOutputs(plain[0].Data); err != nil || len(recorded) > 0 {
		t.Errorf("%v, %q", err, recorded)
	}
	if _, _, err := ReadOutputs([]byte("{\n<<<<<<< HEAD\n")); err == nil || !strings.Contains(err.Error(), "manifest.json cannot be read: line 2") {
		t.Error(err)
	}
}
