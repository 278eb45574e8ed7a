package desired

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func raw(t testing.TB, v any) bson.Raw {
	t.Helper()
	d, err := bson.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func values(t testing.TB, text string) []bson.RawValue {
	t.Helper()
	v, err := doc.ParseExtJSONValue([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	out := []bson.RawValue{}
	for _, e := range doc.Fields(v.Value) {
		out = append(out, e)
	}
	return out
}

// sample uses every field of a state, with hostile names.
func sample(t testing.TB) *State {
	lookalike := bson.D{{Key: "$oid", Value: "no wrapper"}}
	long := &Collection{Database: "shop_prod", Name: "Price/../Lists\x1b", Origin: "p.weave:3:1", Mode: Replace,
		Options:  raw(t, bson.D{{Key: "validator", Value: bson.D{{Key: "x", Value: lookalike}}}}),
		Indexes:  []bson.Raw{raw(t, bson.D{{Key: "key", Value: bson.D{{Key: "b", Value: 1}, {Key: "a", Value: -1}}}, {Key: "name", Value: "b_a"}, {Key: "expireAfterSeconds", Value: int64(5)}})},
		Identity: []doc.Path{{"tenant"}, {"m", "a.b"}}, Preserve: []doc.Path{{"stats"}}, Ignore: []doc.Path{{"at"}, {""}}, Absent: []doc.Path{{"$old"}},
		Known: []doc.Path{{"a"}, {"m"}, {"m", "a.b"}},
		Prune: &Prune{Origin: "p.weave:9:3", AtMost: 1 << 40, Percent: true, Filter: raw(t, bson.D{{Key: "x", Value: bson.D{{Key: "$gt", Value: 1.5}}}}),
			Where: &Cond{Op: CondOr, Args: []*Cond{
				{Op: CondNot, Args: []*Cond{{Op: CondIs, Path: doc.Path{"m", "x"}, Word: "missing"}}},
				{Op: CondBetween, Path: doc.Path{"n"}, Values: values(t, `[1, 2.5]`)},
				{Op: CondIn, Path: doc.Path{"n"}, Values: values(t, `[]`)},
				{Op: CondEq, Path: doc.Path{"o"}, Values: []bson.RawValue{{Type: bson.TypeEmbeddedDocument, Value: raw(t, lookalike)}}},
			}}}}
	for i := range 5 {
		d := Document{Raw: raw(t, bson.D{{Key: "_id", Value: int64(i)}, {Key: "text", Value: "line\nbreak \u2028"}})}
		if i == 2 {
			d = Document{Raw: raw(t, bson.D{{Key: "x", Value: lookalike}}), Origin: "p.weave:5:5"}
		}
		if i == 3 {
			d.Origin = long.Origin
		}
		long.Documents = append(long.Documents, d)
	}
	long.Redact, long.Omit = []Pattern{{Leaf: "token"}, {Path: doc.Path{"m", "a.b"}}}, []Pattern{{Path: doc.Path{"seen"}}}
	long.Links = []Link{{Origin: "p.weave:7:5", Steps: []string{"items", "[]", "[]x"}, Database: "shop_prod", Collection: "flags"}}
	long.IndexesExact, long.Declared, long.DropIndexes, long.SetOptions, long.BackupKeep, long.Drift = true, []string{"b_a"}, []string{"old"}, []string{"validator"}, 3, DriftKeep
	command := Command{Origin: "p.weave:8:5", Database: "admin", Command: raw(t, bson.D{{Key: "ping", Value: 1}, {Key: "x", Value: lookalike}})}
	long.Before, long.After = []Command{command}, []Command{command, command}
	long.Rules = []Rule{{Name: "link", Origin: "p.weave:7:5"}, {Name: "indexes exact", Origin: "p.weave:8:1"}}
	long.Documents[1].Secrets = []Secret{{Path: []string{"hooks", "0", "to\x1bken"}, Parts: []SecretPart{{Text: "Bearer "}, {Name: "TOKEN"}}}, {Path: []string{"b"}, Parts: []SecretPart{{Name: "B"}}}}
	long.Documents[4].Links = []LinkedID{{Path: []string{"items", "0"}, Database: "shop_prod", Collection: "flags", Identity: values(t, `[1.5, {"$numberLong": "7"}]`)}}
	return &State{Weave: "shop", Environment: "prod", Compiler: "mongocd test", TimeZones: "2025c", Cluster: &Cluster{Origin: "p.weave:1:1", Pattern: "^a/b", Options: "i"},
		Inputs: []InputValue{{Name: "release", Type: "string", Value: doc.String("1")}}, Before: []Command{command}, After: []Command{command},
		Collections: []*Collection{
			long, {Database: "shop_prod", Name: "flags", Mode: Insert, Identity: []doc.Path{{"_id"}}},
			{Database: "shop_prod", Name: "audit", Mode: Structure, Identity: []doc.Path{{"_id"}}},
		}}
}

func mapFS(files []File) fstest.MapFS {
	m := fstest.MapFS{}
	for _, f := range files {
		m[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return m
}

// show writes all of a state, so that two can be compared as texts.
func show(s *State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %v %q %q %q\n", s.Weave, s.Environment, s.Compiler, s.Cluster, s.Inputs, s.Before, s.After)
	for _, c := range s.Collections {
		fmt.Fprintf(&b, "%q %q %s %s %x %x %q %q %q %q %q\n", c.Database, c.Name, c.Origin, c.Mode, []byte(c.Options), c.Indexes, c.Identity, c.Preserve, c.Ignore, c.Absent, c.Known)
		fmt.Fprintf(&b, "%q %q %q %v %q %q %q %d %q %q %q %q", c.Redact, c.Omit, c.Links, c.IndexesExact, c.Declared, c.DropIndexes, c.SetOptions, c.BackupKeep, c.Drift, c.Before, c.After, c.Rules)
		if c.Prune != nil {
			fmt.Fprintf(&b, "%s %d %v %x ", c.Prune.Origin, c.Prune.AtMost, c.Prune.Percent, []byte(c.Prune.Filter))
			showCond(&b, c.Prune.Where)
		}
		for _, d := range c.All() {
			origin := d.Origin
			if origin == c.Origin {
				origin = ""
			}
			fmt.Fprintf(&b, "\n%x %s %q %q", []byte(d.Raw), origin, d.Secrets, d.Links)
		}
	}
	return b.String()
}

func showCond(b *strings.Builder, c *Cond) {
	fmt.Fprintf(b, "(%s %q %v %s", c.Op, c.Path, c.Values, c.Word)
	for _, a := range c.Args {
		showCond(b, a)
	}
	b.WriteByte(')')
}

func TestFilesReadBack(t *testing.T) {
	s := sample(t)
	files, err := rendered(t, s).OfBuild(Build{Targets: []string{"mongosh", "go"}, Inputs: []Input{{Name: "a.weave", SHA256: "00"}}})
	if err != nil {
		t.Fatal(err)
	}
	back, build, err := ReadBuild(mapFS(files))
	if err != nil {
		t.Fatalf("%v\n%s", err, files[0].Data)
	}
	if got, want := show(back), show(s); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(build.Targets) != 2 || len(build.Inputs) != 1 || build.Inputs[0] != (Input{Name: "a.weave", SHA256: "00"}) {
		t.Errorf("%+v", build)
	}
	for _, f := range files {
		if strings.Contains(f.Path, "..") || strings.ContainsAny(f.Path, "\x1b\\") || bytes.ContainsRune(f.Data, 0x1b) {
			t.Errorf("unsafe: %q", f.Path)
		}
	}
	again, plain := rendered(t, back).Files, rendered(t, s).Files
	for i := range plain {
		if plain[i].Path != again[i].Path || !bytes.Equal(plain[i].Data, again[i].Data) {
			t.Errorf("%s differs when it is written again", plain[i].Path)
		}
	}
}

func rendered(t *testing.T, s *State) *Rendered {
	t.Helper()
	r, err := Render(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDigest(t *testing.T) {
	digest := func(s *State) string {
		t.Helper()
		d, err := s.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := digest(sample(t))
	if digest(sample(t)) != want {
		t.Error("the digest of one state is not always the same")
	}
	for i, change := range []func(*State){
		func(s *State) { s.Weave = "x" },
		func(s *State) { s.Collections[0].Prune.AtMost = 1 },
		func(s *State) {
			s.Collections[0].Documents[0], s.Collections[0].Documents[1] = s.Collections[0].Documents[1], s.Collections[0].Documents[0]
		},
		func(s *State) { s.Collections[0].Documents = s.Collections[0].Documents[:4] },
		func(s *State) { s.Collections[0].Documents[0].Origin = "elsewhere" },
	} {
		s := sample(t)
		change(s)
		if digest(s) == want {
			t.Errorf("change %d leaves the digest as it was", i)
		}
	}
}

func TestFilesRefuses(t *testing.T) {
	s := sample(t)
	s.Collections[1].Name = s.Collections[0].Name
	if _, err := Render(s); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
}

func TestReadRefuses(t *testing.T) {
	const flags = "desired/shop_prod/flags.jsonl"
	manifest := func(old, new string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			before := m[ManifestName].Data
			after := bytes.Replace(before, []byte(old), []byte(new), 1)
			if bytes.Equal(before, after) {
				t.Errorf("the manifest has no %s", old)
			}
			m[ManifestName] = &fstest.MapFile{Data: after}
		}
	}
	for _, c := range []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"no manifest", func(m fstest.MapFS) { delete(m, ManifestName) }, "manifest.json is missing: compile again"},
		{"no documents", func(m fstest.MapFS) { delete(m, flags) }, flags + " is missing"},
		{"edited documents", func(m fstest.MapFS) { m[flags] = &fstest.MapFile{Data: []byte("{}\n")} }, flags + " is not as it was compiled"},
		{"newer", manifest(`"format": 1`, `"format": 3`), "was written in format 3; this program reads formats up to 2"},
		{"no format", manifest(`"format": 1,`, ``), `"format" is missing`},
		{"syntax", manifest(`"format": 1,`, `"format": 1,,`), "manifest.json cannot be read: line 2: expected a field name"},
		{"count", manifest(`"count": 0`, `"count": 1`), "has 0 documents, the manifest says 1"},
		{"mode", manifest(`"insert"`, `"upsert"`), `collection "flags": there is no mode "upsert"`},
		{"unknown field", manifest(`"mode": "insert"`, `"mode": "insert", "mood": 1`), `there is no field "mood"`},
		{"file elsewhere", manifest(flags, "../../etc/passwd"), "must be in " + flags},
		{"no bound", manifest("\"atMost\": {\"$numberLong\": \"1099511627776\"},", ""), "has no bound"},
		{"negative bound", manifest(`"1099511627776"`, `"-1"`), "from 0"},
		{"condition", manifest(`"op": "between"`, `"op": "near"`), `there is no condition "near"`},
		{"condition without its values", manifest(`"op": "not"`, `"op": "=="`), "does not have what it needs"},
		{"identity", manifest("\"identity\": [\n        \"_id\"\n      ]", `"identity": []`), "must all be there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mapFS(rendered(t, sample(t)).Files)
			c.change(m)
			if _, err := Read(m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant …%s…", err, c.want)
			}
		})
	}
}

func TestSecretNames(t *testing.T) {
	if names := sample(t).SecretNames(); strings.Join(names, " ") != "B TOKEN" {
		t.Errorf("%q", names)
	}
}
