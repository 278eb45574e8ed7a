package desired

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// large is a state with a collection that lies in several files.
func large(t testing.TB, change func([]bson.D) []bson.D) *State {
	filler := strings.Repeat("0123456789abcdef", 4<<10)
	var documents []bson.D
	for i := range 200 {
		documents = append(documents, bson.D{{Key: "_id", Value: int32(i)}, {Key: "n", Value: int32(1)}, {Key: "text", Value: filler}})
	}
	c := &Collection{Database: "d", Name: "items", Origin: "w.weave:1:1", Mode: Replace, Identity: []doc.Path{{"_id"}}}
	for _, d := range change(documents) {
		c.Documents = append(c.Documents, Document{Raw: raw(t, d)})
	}
	return &State{Weave: "w", Environment: "e", Collections: []*Collection{c, {Database: "d", Name: "empty", Origin: "w.weave:2:1", Mode: Replace, Identity: c.Identity}}}
}

func asTheyAre(list []bson.D) []bson.D { return list }

// The files of a large collection are its documents one after the other, and give the same state.
func TestSplit(t *testing.T) {
	s := large(t, asTheyAre)
	r := rendered(t, s)
	files := r.FilesOf(0)
	if len(files) < 3 || files[0].Path != "desired/d/items.d/0001.jsonl" || r.FilesOf(1)[0].Path != "desired/d/empty.jsonl" {
		t.Fatalf("%d files, the first one is %s", len(files), files[0].Path)
	}
	var all, want []byte
	for n, f := range files {
		if all = append(all, f.Data...); len(f.Data) < leastBytes && n < len(files)-1 || r.DocumentsOf(0)[n] != OutputOf(f.Path, f.Data) {
			t.Errorf("%s has %d bytes, and the digest of others", f.Path, len(f.Data))
		}
	}
	for _, d := range s.Collections[0].Documents {
		want = append(doc.AppendLine(want, d.Raw), '\n')
	}
	if !bytes.Equal(all, want) || r.Size() != int64(len(all)) {
		t.Error("together they are other documents")
	}
	back, err := Read(mapFS(r.Files))
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range s.Collections[0].Documents {
		if !bytes.Equal(back.Collections[0].Raw(i), d.Raw) {
			t.Fatalf("document %d is another one", i)
		}
	}
	again := rendered(t, back)
	if again.Digest != r.Digest || len(again.Files) != len(r.Files) {
		t.Errorf("what was read has the digest %s, what was written %s", again.Digest, r.Digest)
	}
	for i, f := range again.Files {
		if f.Path != r.Files[i].Path || !bytes.Equal(f.Data, r.Files[i].Data) {
			t.Errorf("%s is another one when it is written again", f.Path)
		}
	}
	if digest, err := back.Digest(); err != nil || digest != r.Digest {
		t.Error(digest, err)
	}
}

// Other documents change the files that they are in, and the digest.
func TestSplitIsLocal(t *testing.T) {
	before := rendered(t, large(t, asTheyAre))
	for name, change := range map[string]func([]bson.D) []bson.D{
		"changed": func(list []bson.D) []bson.D { list[100][1].Value = int32(2); return list },
		"grown": func(list []bson.D) []bson.D {
			return append(list[:100:100], append([]bson.D{append(list[100], bson.E{Key: "x", Value: "more"})}, list[101:]...)...)
		},
		"gone": func(list []bson.D) []bson.D { return slices.Delete(list, 100, 101) },
		"came": func(list []bson.D) []bson.D { return slices.Insert(list, 100, bson.D{{Key: "_id", Value: 99.5}}) },
	} {
		after := rendered(t, large(t, change))
		differ := 0
		for _, f := range after.DocumentsOf(0) {
			if !slices.Contains(before.DocumentsOf(0), f) {
				differ++
			}
		}
		if differ == 0 || differ > 2 || after.Digest == before.Digest {
			t.Errorf("%s: %d of %d files differ; the digest %s was %s", name, differ, len(after.FilesOf(0)), after.Digest, before.Digest)
		}
	}
	few := rendered(t, large(t, func(list []bson.D) []bson.D { return list[:100] }))
	if files := few.FilesOf(0); len(files) != 1 || files[0].Path != "desired/d/items.jsonl" || !bytes.Contains(few.Files[0].Data, []byte(`"format": 1,`)) {
		t.Errorf("%d files of few documents, %s", len(files), files[0].Path)
	}
}

// What is known of texts is not made again, but for who asks.
func TestSplitKnown(t *testing.T) {
	want := rendered(t, large(t, asTheyAre))
	known, made := map[[sha256.Size]byte]Made{}, 0
	var lock sync.Mutex
	texts := Texts{Known: func(of [sha256.Size]byte, make func() Made) Made {
		lock.Lock()
		defer lock.Unlock()
		m, ok := known[of]
		if !ok {
			m = make()
			known[of], made = m, made+1
		}
		return m
	}}
	for range 2 {
		got, err := RenderInto(large(t, asTheyAre), texts)
		if err != nil || got.Digest != want.Digest || made != len(want.FilesOf(0)) {
			t.Fatalf("%d texts were made: %v", made, err)
		}
		for i, f := range got.Files {
			if sum := sha256.Sum256(f.Text()); f.Path != want.Files[i].Path || !bytes.Equal(f.Text(), want.Files[i].Data) || i > 0 && hex.EncodeToString(sum[:]) != got.Documents()[i-1].SHA256 {
				t.Errorf("%s is another one", f.Path)
			}
		}
	}
}

func TestSplitReadRefuses(t *testing.T) {
	const second = "desired/d/items.d/0002.jsonl"
	for _, c := range []struct {
		name   string
		change func(m fstest.MapFS)
		want   string
	}{
		{"missing", func(m fstest.MapFS) { delete(m, second) }, second + " is missing: compile again"},
		{"edited", func(m fstest.MapFS) { m[second].Data = append(slices.Clone(m[second].Data), "{}\n"...) }, second + " is not as it was compiled"},
		{"exchanged", func(m fstest.MapFS) {
			m[second], m[strings.Replace(second, "2.", "1.", 1)] = m[strings.Replace(second, "2.", "1.", 1)], m[second]
		}, "0001.jsonl is not as it was compiled"},
		{"elsewhere", func(m fstest.MapFS) {
			m[ManifestName].Data = bytes.Replace(m[ManifestName].Data, []byte(second), []byte("../x"), 1)
		}, "must be in " + second},
		{"count of all", func(m fstest.MapFS) {
			m[ManifestName].Data = bytes.Replace(m[ManifestName].Data, []byte(`"count": 200`), []byte(`"count": 201`), 1)
		}, "are 200, the manifest says 201"},
	} {
		m := mapFS(rendered(t, large(t, asTheyAre)).Files)
		c.change(m)
		if _, err := Read(m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, fmt.Sprint(err))
		}
	}
}
