package redact

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestSuspects(t *testing.T) {
	// Texts that look like secrets are put together here, so that no scanner
	// takes this file for a leak.
	long := strings.Repeat("Ab1", 14)
	for _, c := range []struct {
		documents []string
		want      []Suspect
	}{
		{[]string{`{"_id": "password", "name": "a", "passwordPolicy": {"min": 8}, "tokenTtl": 60, "hasPassword": true, "token": "", "pwd": null, "secretary": "x"}`}, nil},
		{[]string{`{"password": "x", "n": 1}`, `{"password": "y"}`, `{"password": 5}`}, []Suspect{{"password", "its name", 2, "redact password", "not secret password"}}},
		{[]string{`{"smtp": {"api_key": "x"}, "auth": {"Client-Secret": "x"}}`}, []Suspect{{"auth.'Client-Secret'", "its name", 1, "redact auth.'Client-Secret'", "not secret auth.'Client-Secret'"}, {"smtp.api_key", "its name", 1, "redact smtp.api_key", "not secret smtp.api_key"}}},
		{[]string{`{"hooks": [{"url": "a", "token": "x"}, {"token": "y"}]}`}, []Suspect{{"hooks[].token", "its name", 1, "redact *.token", "not secret *.token"}}},
		{[]string{`{"secrets": {"smtp": "x", "s3": {"key": "y"}}, "db": {"password": {"value": "x"}}}`, `{"secrets": {"smtp": "${X}"}}`},
			[]Suspect{{"db.password", "its name", 1, "redact db.password", "not secret db.password"}, {"secrets", "its name", 1, "redact secrets", "not secret secrets"}}},
		{[]string{`{"passwords": [{"v": "x"}], "apiKeys": ["y"]}`}, []Suspect{{"apiKeys[]", "its name", 1, "redact apiKeys", "not secret apiKeys"}, {"passwords", "its name", 1, "redact passwords", "not secret passwords"}}},
		{[]string{`{"accessToken": {"issuer": "x"}, "authorization": {"realm": "y"}}`}, nil},
		{[]string{`{"api-key": "x", "any": {"password": "x"}}`}, []Suspect{{"'api-key'", "its name", 1, "redact this.'api-key'", "not secret this.'api-key'"}, {"any.password", "its name", 1, "redact this.any.password", "not secret this.any.password"}}},
		{[]string{`{"tokens": ["a"], "token": ["a", "b"]}`}, []Suspect{{"token[]", "its name", 1, "redact token", "not secret token"}}},
		{[]string{`{"a": {"token": "x"}, "b": {"token": "x"}}`}, []Suspect{{"a.token", "its name", 1, "redact *.token", "not secret *.token"}}},
		{[]string{`{"privateKey": {"$binary": {"base64": "AQ==", "subType": "00"}}}`}, []Suspect{{"privateKey", "its name", 1, "redact privateKey", "not secret privateKey"}}},
		{[]string{`{"x": "-----BEGIN RSA PRIVATE` + ` KEY-----\nMII"}`}, []Suspect{{"x", "a private key (PEM)", 1, "redact x", "not secret x"}}},
		{[]string{`{"x": "-----BEGIN PUBLIC KEY-----\nMII"}`, `{"x": "a bearer of news", "y": "mongodb://host/db", "z": "https://a/b:c@d"}`}, nil},
		{[]string{`{"h": {"Auth": "Bearer ` + long + `"}}`}, []Suspect{{"h.Auth", "a bearer token", 1, "redact h.Auth", "not secret h.Auth"}}},
		{[]string{`{"x": "a bearer ` + long + `"}`}, []Suspect{{"x", "a bearer token", 1, "redact x", "not secret x"}}},
		{[]string{`{"u": "mongodb+srv://ann:s3cr` + `3t@host/db"}`}, []Suspect{{"u", "an address with a password", 1, "redact u", "not secret u"}}},
		{[]string{`{"list": ["x", "gh` + `p_` + long[:36] + `"]}`}, []Suspect{{"list[]", "a GitHub token", 1, "redact list", "not secret list"}}},
		{[]string{`{"k": "AK` + `IAABCDEFGHIJKLMNOP"}`}, []Suspect{{"k", "an AWS access key", 1, "redact k", "not secret k"}}},
		{[]string{`{"j": "ey` + `J` + long + `.ey` + `J` + long + `.sig"}`}, []Suspect{{"j", "a JSON web token", 1, "redact j", "not secret j"}}},
		{[]string{`{"p": "sk` + `_live_` + long + `"}`}, []Suspect{{"p", "a Stripe key", 1, "redact p", "not secret p"}}},
		{[]string{`{"password2": "x", "oauth2": "x", "sha256": "x", "tokens2Keep": "x", "passwordLength2": "x"}`}, []Suspect{{"password2", "its name", 1, "redact password2", "not secret password2"}}},
		{[]string{`{"h": "$2` + `b$12$` + strings.Repeat("a/.9Z", 11)[:53] + `"}`}, []Suspect{{"h", "a password hash (bcrypt)", 1, "redact h", "not secret h"}}},
		{[]string{`{"h": "$argon` + `2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$` + long + `"}`}, []Suspect{{"h", "a password hash (Argon2)", 1, "redact h", "not secret h"}}},
		{[]string{`{"h": "$25.00 for $12 or more, $2b$10$short, and $argon2id$ is an algorithm", "i": "$2b$12$ is how hashes of bcrypt begin"}`}, nil},
		{[]string{`{"token": "${TOKEN}"}`, `{"token": "{{ token }}"}`, `{"token": "<token>"}`, `{"token": "%TOKEN%"}`}, nil},
		{[]string{`{"settings": [{"key": "smtpPassword", "value": "x"}, {"key": "smtpHost", "value": "y"}], "key": "password", "value": ""}`, `{"name": "apiKey", "value": "${KEY}"}`},
			[]Suspect{{"settings[].value", "the name beside it", 1, "redact *.value", "not secret *.value"}}},
		{[]string{`{"key": "apiKey", "value": "x"}`}, []Suspect{{"value", "the name beside it", 1, "redact value", "not secret value"}}},
		{[]string{`{"token": "${A}x${B}"}`}, []Suspect{{"token", "its name", 1, "redact token", "not secret token"}}},
	} {
		var s Suspects
		for _, text := range c.documents {
			d, err := doc.ParseExtJSON([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			s.Add(d)
		}
		if got := s.Found(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.documents, got, c.want)
		}
	}
}

func TestSecretsKnown(t *testing.T) {
	d, err := doc.ParseExtJSON([]byte(`{"token": "x", "a": {"token": "y", "tokens": ["z"]}, "hooks": [{"token": "x"}], "pwd": ["a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		known   []desired.Pattern
		written [][]string
		want    string
	}{
		{nil, nil, "pwd[] token"},
		{[]desired.Pattern{{Leaf: "token"}}, nil, "pwd[]"},
		{[]desired.Pattern{{Path: doc.Path{"token"}}, {Path: doc.Path{"pwd"}}}, nil, "a.token"},
		{[]desired.Pattern{{Path: doc.Path{"token"}}, {Path: doc.Path{"a"}}, {Path: doc.Path{"hooks", "token"}}}, nil, "hooks[].token pwd[]"},
		{[]desired.Pattern{{Path: doc.Path{"token"}}, {Path: doc.Path{"hooks"}}}, [][]string{{"a", "token"}}, "pwd[]"},
		{[]desired.Pattern{{Path: doc.Path{"token"}}, {Path: doc.Path{"a"}}}, [][]string{{"hooks", "token"}, {"pwd"}}, ""},
	} {
		var got []string
		for _, s := range Secrets([]bson.Raw{d}, c.known, c.written) {
			got = append(got, s.Field)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v %v: %q, want %q", c.known, c.written, got, c.want)
		}
	}
}

// TestSecretsInParts: goroutines that go through parts of the documents find what one
// finds, however many names there are.
func TestSecretsInParts(t *testing.T) {
	for _, names := range []int{3, 60, 99, 100, 101, 400} {
		random := rand.New(rand.NewPCG(1, uint64(names)))
		var documents []bson.Raw
		one := Suspects{}
		for range 3000 {
			b := doc.NewBuilder(64)
			for range random.IntN(3) {
				name := fmt.Sprintf("k%d token", random.IntN(names))
				inner := doc.NewBuilder(32).AppendString(name, "x").AppendString("Key", "password").AppendString("value", "y")
				b.AppendString(name+"s", "x").Append(fmt.Sprint("in", random.IntN(4)), doc.Embed(inner.Raw()))
			}
			documents = append(documents, b.Raw())
			one.Add(b.Raw())
		}
		if got, want := Secrets(documents, nil, nil), one.Found(); !reflect.DeepEqual(got, want) || len(got) < 3 {
			t.Errorf("%d names: got %d, want %d:\n%v\n%v", names, len(got), len(want), got, want)
		}
		for _, size := range []int{1, 7, 400, 2999} {
			var all, part Suspects
			for some := range slices.Chunk(documents, size) {
				part.Reset()
				for _, d := range some {
					part.Add(d)
				}
				all.Join(&part, some)
			}
			if got, want := all.Found(), one.Found(); !reflect.DeepEqual(got, want) {
				t.Errorf("%d names, %d documents at a time: got %d, want %d:\n%v\n%v", names, size, len(got), len(want), got, want)
			}
		}
	}
}
