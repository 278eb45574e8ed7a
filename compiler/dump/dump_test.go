package dump

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// read writes a file and reads its documents, canonical, a line each.
func read(t testing.TB, name string, data []byte, o Options) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(context.Background(), path, o)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = f.Documents(context.Background(), func(d bson.Raw) error {
		if err := doc.ValidateStructure(d); err != nil {
			t.Errorf("%s: a document that is none: %v", name, err)
		}
		b.Write(doc.Canonical(d))
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

func packed(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestForms reads the same two documents from every form.
func TestForms(t *testing.T) {
	const want = `{"_id":{"$numberInt":"1"},"s":"a"}` + "\n" + `{"_id":{"$numberInt":"2"},"s":"é}"}` + "\n"
	lines := []byte("\ufeff" + `{"_id":1,"s":"a"}` + "\r\n" + `{"_id":{"$numberInt":"2"},"s":"é}"}`)
	array := []byte("[\n" + `{"_id":1,"s":"a"},` + "\n\n" + `{"_id":2,"s":"\u00e9}"}]` + "\n")
	var raw []byte
	for line := range strings.Lines(want) {
		d, err := doc.ParseExtJSON([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, d...)
	}
	for name, data := range map[string][]byte{
		"c.jsonl": lines, "c.json": array, "c.json.gz": packed(t, array), "c.bson": raw, "c.bson.gz": packed(t, raw),
		"c.csv": []byte("\ufeff_id,s\r\n1,a\r\n2,é}\r\n"),
	} {
		if got, err := read(t, name, data, Options{}); err != nil || got != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	for name, data := range map[string]string{"e.json": "", "e.jsonl": " \n", "a.json": " [ ] ", "e.bson": ""} {
		if got, err := read(t, name, []byte(data), Options{}); err != nil || got != "" {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct{ csv, want string }{
		{"a\n1\n-2\n", `{"a":{"$numberInt":"1"}};{"a":{"$numberInt":"-2"}}`},
		{"a\n1\n5000000000\n", `{"a":{"$numberLong":"1"}};{"a":{"$numberLong":"5000000000"}}`},
		{"a\n1\n2.5\n", `{"a":{"$numberDouble":"1.0"}};{"a":{"$numberDouble":"2.5"}}`},
		{"a\n9007199254740993\n2.5\n", `{"a":"9007199254740993"};{"a":"2.5"}`}, // no double is that
		{"a\n1.10\n", `{"a":"1.10"}`},
		{"a\n01\n", `{"a":"01"}`},
		{"a\n1e3\n", `{"a":"1e3"}`},
		{"a\nNaN\n", `{"a":"NaN"}`},
		{"a\n+1\n", `{"a":"+1"}`},
		{"a\nObjectId(5F0000000000000000000001)\n", `{"a":{"$oid":"5f0000000000000000000001"}}`},
		{"a\n5f0000000000000000000001\n", `{"a":"5f0000000000000000000001"}`},
		{"a.objectId()\n5f0000000000000000000001\n", `{"a":{"$oid":"5f0000000000000000000001"}}`},
		{"a.b,c,a.d.e\nx,y,z\n", `{"a":{"b":"x","d":{"e":"z"}},"c":"y"}`},
		{"a.boolean()\ntrue\n0\n", `{"a":true};{"a":false}`},
		{"a.date_ms(yyyy-MM-dd HH:mm)\n2024-02-03 04:05\n", `{"a":{"$date":{"$numberLong":"1706933100000"}}}`},
		{"a.date_oracle(DD.MM.YYYY)\n03.02.2024\n", `{"a":{"$date":{"$numberLong":"1706918400000"}}}`},
		{"a.binary(hex)\n00ff\n", `{"a":{"$binary":{"base64":"AP8=","subType":"00"}}}`},
		{"a.string()\n007\n", `{"a":"007"}`},
		{"$where,__proto__\n1,2\n", `{"$where":{"$numberInt":"1"},"__proto__":{"$numberInt":"2"}}`},
	} {
		got, err := read(t, "c.csv", []byte(test.csv), Options{})
		if got = strings.ReplaceAll(strings.TrimSpace(got), "\n", ";"); err != nil || got != test.want {
			t.Errorf("%q: %v\n%s\n%s", test.csv, err, got, test.want)
		}
	}
}

// TestFaults: what is wrong has a place and is safe to print.
func TestFaults(t *testing.T) {
	big := append(binary.LittleEndian.AppendUint32(nil, 17<<20), make([]byte, 40)...)
	deep := []byte(`{"_id":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}")
	for _, test := range []struct {
		name, data, want string
	}{
		{"a.json", "{\"_id\":1}\n\xff", "a.json:2:1: a document begins with"},
		{"a.json", "{\"_id\":\"\xff\"}", "a.json:1:9:"},
		{"a.json", "[{},,{}]", "a.json:1:5: a document begins with"},
		{"a.json", "{} ]", "a.json:1:4: a document begins with"},
		{"a.json", "[[{}]]", "an array of documents is the whole file"},
		{"a.json", "[", "a.json:1:2: the array `[` of the file has no end"},
		{"a.json", "\xff\xfe{\x00", "a.json:1:1: this file is UTF-16"},
		{"a.json", "\x1f\x8b\x08", "name it .gz"},
		{"a.json", "\x1b[31m", `here is "\u{1b}"`},
		{"a.json.gz", "{}", "this is no gzip"},
		{"a.json.gz", string(packed(t, []byte(`{"_id":1}`))[:20]), "a.json.gz: this file is cut off"},
		{"a.json", string(deep), "a.json:1:"},
		{"a.bson", string(big), "17825792 bytes are no size of a document"},
		{"a.bson", "\x05\x00\x00\x00\x01", "document 1, at byte 0, is no BSON"},
		{"a.bson", "\x05\x00", "the file ends within it"},
		{"a.csv", "", "a.csv:1:1: this file is empty"},
		{"a.csv", "a,a\n", "are about one field"},
		{"a.csv", "a,.b\n", "a.csv:1:3: \".b\" is no name of a column"},
		{"a.csv", "a\x00\n", "U+0000"},
		{"a.csv", "a\n\xff\n", "a.csv:2:1: this cell is no UTF-8 text"},
		{"a.csv", "a.date(yesterday)\n", "is no form of a date"},
		{"a.csv", "a.binary(rot13)\n", "is no encoding of binary"},
		{"a.csv", "a.int32(5)\n", "takes no argument"},
		{"a.csv", "a.int64()\n9223372036854775808\n", "it is no int64"},
		{"a.csv", "a.date(2006-01-02)\n2024-13-01\n", "it is not written as 2006-01-02"},
		{"a.csv", "a\n\"x", "a.csv:2:3: this row is no CSV"},
	} {
		_, err := read(t, test.name, []byte(test.data), Options{})
		var fault *layout.Error
		if !errors.As(err, &fault) {
			t.Errorf("%s %q: %v", test.name, test.data, err)
			continue
		}
		text := strings.ReplaceAll(err.Error(), filepath.Dir(fault.File)+string(filepath.Separator), "") + "\n" + fault.Hint
		if !strings.Contains(text, test.want) || strings.ContainsAny(text, "\x1b\x00") || !utf8.ValidString(text) {
			t.Errorf("%s %q:\n%s\n%s", test.name, test.data, text, test.want)
		}
	}
}

func TestMetadata(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write("c%2f.bson", "")
	write("c%2f.metadata.json", `{"options":{"capped":true},"indexes":[{"v":{"$numberInt":"2"},"key":{"a":{"$numberInt":"1"}},"name":"a_1"}],"collectionName":"c/","type":"collection"}`)
	f, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "c/" || len(f.Indexes) != 1 || string(doc.Canonical(f.CollectionOptions)) != `{"capped":true}` {
		t.Errorf("%q %v %s", f.Name, f.Indexes, f.CollectionOptions)
	}
	for text, want := range map[string]string{
		`{"options":{}, "type":"view"}`: "this is the dump of a view",
		`{"indexes":5}`:                 "indexes",
		`{"options":` + "\n" + `x}`:     "metadata.json:2:1:",
		``:                              "metadata.json:1:1:",
	} {
		write("c%2f.metadata.json", text)
		if _, err := Open(context.Background(), path, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzDocuments: whatever is in a file, it gives documents or a fault with a place, and never panics.
func FuzzDocuments(f *testing.F) {
	f.Add("a.json", []byte(`[{"_id":1,"a":{"$date":"x"}}]`))
	f.Add("a.csv", []byte("a.b,c.date(2006)\n1,2"))
	f.Add("a.bson", []byte("\x05\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		form := JSON
		switch {
		case strings.Contains(name, "csv"):
			form = CSV
		case strings.Contains(name, "bson"):
			form = BSON
		}
		var fault *layout.Error
		if _, err := read(t, "file", data, Options{Form: form}); err != nil && !errors.As(err, &fault) {
			t.Errorf("%s: %v is no fault", form, err)
		}
	})
}
