package layout

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func TestEncodeKey(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{`"new-checkout"`, "new-checkout"}, {`"a_1"`, "a_1"}, {`"0"`, "0"},
		{`"New"`, "new~"}, {`""`, "~"}, {`".."`, "~"}, {`"../../etc/passwd"`, "etc-passwd~"}, {`"a/b"`, "a-b~"}, {`"a\\b"`, "a-b~"},
		{`"con"`, "con~"}, {`"CON"`, "con~"}, {`"com1"`, "com1~"}, {`"com10"`, "com10"}, {`"nul"`, "nul~"}, {`"nul.txt"`, "nul-txt~"},
		{`"a\u0000b"`, "a-b~"}, {`"😀"`, "~"}, {`"é"`, "~"}, {`"a b "`, "a-b~"}, {`"x~0123456789abcdef"`, "x-0123456789abcdef~"},
		{`"` + strings.Repeat("a", 120) + `"`, strings.Repeat("a", 120)}, {`"` + strings.Repeat("a", 121) + `"`, strings.Repeat("a", 60) + "~"},
		{`"` + strings.Repeat("../", 10000) + `"`, "~"},
		{`5`, "5~"}, {`-1`, "-1~"}, {`{"$numberLong":"5"}`, "5~"}, {`5.0`, "5-0~"}, {`null`, "null~"},
		{`{"$oid":"500102030405060708091011"}`, "500102030405060708091011~"},
		{`{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}`, "00112233-4455-6677-8899-aabbccddeeff~"},
		{`{"a":"b"}`, "a-b~"},
	} {
		got := EncodeKey(value(t, c.key))
		if got != c.want && (!strings.HasPrefix(got, c.want) || len(got) != len(c.want)+16 || !strings.HasSuffix(c.want, "~")) {
			t.Errorf("%.60s is named %s, want %s…", c.key, got, c.want)
		}
	}
}

// Whatever the keys are, names are safe and distinct where case does not count.
func TestNamesAreSafeAndDistinct(t *testing.T) {
	seen := map[string]string{}
	check := func(key string, name string) {
		t.Helper()
		if name == "" || len(name) > 140 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || isDevice(name) {
			t.Fatalf("%.60q is named %q", key, name)
		}
		if other, ok := seen[strings.ToLower(name)]; ok && other != key {
			t.Fatalf("%.60q and %.60q are both named %q", key, other, name)
		}
		seen[strings.ToLower(name)] = key
	}
	for _, text := range []string{`1`, `1.0`, `{"$numberLong":"1"}`, `{"$numberDecimal":"1"}`, `{"$numberDecimal":"1.0"}`, `"1"`, `true`, `"true"`, `null`, `"null"`, `["a"]`, `"a"`, `"A"`, `"a "`, `"á"`, `"á"`, `{}`, `[]`, `""`} {
		check(text, EncodeKey(value(t, text)))
	}
	check("a,b", EncodeKey(doc.String("a"), doc.String("b")))
	check("[a b]", EncodeKey(value(t, `["a","b"]`)))
	check("a-b", EncodeKey(doc.String("a-b")))
	r := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = "aA./\\:~\x00-_ 0é"[r.IntN(13)]
		}
		check(string(doc.AppendCanonicalValue(nil, doc.String(string(b)))), EncodeName(string(b)))
	}
	clear(seen)
	for range 20000 {
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = "aAbBfF019~-. "[r.IntN(13)]
		}
		check(string(b), FolderName(string(b)))
	}
}

func TestFolderName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"flags", "flags"}, {"price_lists", "price_lists"}, {"priceLists", "price~lists"}, {"PriceLists", "~price~lists"}, {"userID", "user~i~d"},
		{"Con", "~con"}, {"COM1", "~c~o~m1"}, {strings.Repeat("a", 118) + "B", strings.Repeat("a", 118) + "~b"},
		// These are as they were: nothing plain can be made of them.
		{"con", EncodeName("con")}, {"", EncodeName("")}, {"fs.files", EncodeName("fs.files")}, {"price Lists", EncodeName("price Lists")}, {"price~lists", EncodeName("price~lists")},
		{strings.Repeat("a", 119) + "B", EncodeName(strings.Repeat("a", 119) + "B")},
		// What could be the name of another one, by its digest.
		{"xA123456789abcdef", EncodeName("xA123456789abcdef")}, {"xAbcdefabcdefabc", "x~abcdefabcdefabc"},
	} {
		if got := FolderName(c.name); got != c.want {
			t.Errorf("%.60q is in the folder %s, want %s", c.name, got, c.want)
		}
		if got, want := nameOf(FolderName(c.name)), c.name; FolderName(c.name) != EncodeName(c.name) && got != want {
			t.Errorf("the folder %s is that of %q, want %q", FolderName(c.name), got, want)
		}
	}
}

// Folders of earlier versions are read and written where they are; two folders
// of one collection are refused.
func TestFoldersOfEarlierVersions(t *testing.T) {
	root := t.TempDir()
	at := func(database, collection string) string { return filepath.Join(root, database, collection) }
	old := at(EncodeName("shopTest"), EncodeName("priceLists"))
	c := &Collection{Database: "shopTest", Name: "priceLists", Documents: []Document{{Raw: document(t, `{"_id":1}`)}}}
	if err := writeAt(t, root, old, c); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"priceLists": old, "taxRates": at(EncodeName("shopTest"), "tax~rates")} {
		if got, err := placeAt(t, root, "shopTest", name); err != nil || got != want {
			t.Errorf("%s is placed at %s, want %s: %v", name, got, want, err)
		}
	}
	if databases, err := Databases(os.DirFS(root), "."); err != nil || !slices.Equal(databases, []string{"shopTest"}) {
		t.Errorf("%q %v", databases, err)
	}
	// A new folder gives its names back without a collection.json.
	put(t, root, "web~site/nav~items/documents/1.json", `{"_id": 1}`)
	if databases, err := Databases(os.DirFS(root), "."); err != nil || !slices.Equal(databases, []string{"shopTest", "webSite"}) {
		t.Errorf("%q %v", databases, err)
	}
	if names, err := Collections(os.DirFS(root), ".", "webSite"); err != nil || !slices.Equal(names, []string{"navItems"}) {
		t.Errorf("%q %v", names, err)
	}
	if read, err := readAt(t, Dir(root, "webSite", "navItems")); err != nil || read.Database != "webSite" || read.Name != "navItems" {
		t.Errorf("%+v %v", read, err)
	}
	if err := writeAt(t, root, at(EncodeName("shopTest"), "price~lists"), c); err != nil {
		t.Fatal(err)
	}
	_, err := findAt(t, root, "shopTest", "priceLists")
	if list := Errors(err); len(list) != 1 || list[0].Message != `"price~lists" and "pricelists~7ecc71f715c5ffbd" are both folders of "priceLists"` {
		t.Errorf("two folders of a collection: %v", err)
	}
}

func FuzzEncodeName(f *testing.F) {
	f.Add("a")
	f.Add("../CON")
	f.Add("xA123456789abcdef")
	f.Fuzz(func(t *testing.T, s string) {
		name := EncodeName(s)
		if name == "" || len(name) > 140 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || isDevice(name) {
			t.Fatalf("%q is named %q", s, name)
		}
		if name == s != isPlain(s) {
			t.Fatalf("%q is named %q", s, name)
		}
		folder := FolderName(s)
		if strings.Trim(folder, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || len(folder) > 140 || isDevice(folder) || folder == "" || folder != name && nameOf(folder) != s {
			t.Fatalf("the folder of %q is %q", s, folder)
		}
	})
}

// FuzzKeys: documents of any two keys, of any type, are two files with safe
// names, and come back as they were.
func FuzzKeys(f *testing.F) {
	f.Add([]byte("a"), []byte("A"), byte(0))
	f.Add([]byte("../x"), []byte("nul"), byte(1))
	f.Add([]byte("\x00"), []byte("\x01\x00\x00\x00"), byte(2))
	f.Add([]byte("0123456789ab"), []byte("303132333435363738396162"), byte(3))
	f.Fuzz(func(t *testing.T, a, b []byte, kinds byte) {
		c := &Collection{Name: "c", Layout: Files}
		var names []string
		for i, text := range [][]byte{a, b} {
			value := keyValue(text, kinds>>(4*i)&15)
			c.Documents = append(c.Documents, Document{Raw: doc.NewBuilder(0).Append("_id", value).AppendInt32("n", int32(i)).Raw()})
			names = append(names, EncodeKey(value))
		}
		first, _ := c.KeyOf(c.Documents[0].Raw)
		second, _ := c.KeyOf(c.Documents[1].Raw)
		if CompareKeys(first, second) == 0 {
			return // one identity, which a collection has once
		}
		if strings.EqualFold(names[0], names[1]) {
			t.Fatalf("two keys are named %q and %q", names[0], names[1])
		}
		for _, name := range names {
			if len(name) > 140 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || isDevice(name) {
				t.Fatalf("the name %q is not safe", name)
			}
		}
		root := t.TempDir()
		dir := filepath.Join(root, "d", "c")
		if err := writeAt(t, root, dir, c); err != nil {
			t.Fatal(err)
		}
		got, err := readAt(t, dir)
		if err != nil || len(got.Documents) != 2 {
			t.Fatalf("%+v %v", got, err)
		}
		for _, d := range c.Documents {
			if !slices.ContainsFunc(got.Documents, func(g Document) bool { return bytes.Equal(g.Raw, d.Raw) }) {
				t.Fatalf("%v did not come back", d.Raw)
			}
		}
		if edited, err := Edited(opened(t, dir)); err != nil || len(edited) > 0 {
			t.Fatalf("%q %v", edited, err)
		}
	})
}

// keyValue makes a value of one of some types from bytes.
func keyValue(text []byte, kind byte) bson.RawValue {
	number := make([]byte, 8)
	copy(number, text)
	switch kind % 8 {
	case 1:
		return bson.RawValue{Type: bson.TypeInt32, Value: number[:4]}
	case 2:
		return bson.RawValue{Type: bson.TypeInt64, Value: number}
	case 3:
		id := make([]byte, 12)
		copy(id, text)
		return bson.RawValue{Type: bson.TypeObjectID, Value: id}
	case 4:
		return doc.Embed(doc.NewBuilder(0).AppendString("a", string(text)).Raw())
	case 5:
		return bson.RawValue{Type: bson.TypeDateTime, Value: number}
	case 6:
		return bson.RawValue{Type: bson.TypeBinary, Value: append([]byte{byte(len(text)), byte(len(text) >> 8), byte(len(text) >> 16), 0, 0}, text...)}
	}
	return doc.String(string(text))
}
