package enforce_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// secretState wants secrets in a field, in a text, in an array and in an embedded document.
func secretState(t *testing.T, database string) *desired.State {
	documents := []desired.Document{
		{Raw: parse(t, `{"_id": 1, "token": null, "n": {"password": null, "x": 1}, "l": [{"t": null}]}`), Origin: "f.weave:5:1", Secrets: []desired.Secret{
			{Path: []string{"token"}, Parts: []desired.SecretPart{{Text: "Bearer "}, {Name: "TOKEN"}}},
			{Path: []string{"n", "password"}, Parts: []desired.SecretPart{{Name: "PASSWORD"}}},
			{Path: []string{"l", "0", "t"}, Parts: []desired.SecretPart{{Name: "TOKEN"}, {Name: "PASSWORD"}}},
		}},
		{Raw: parse(t, `{"_id": 2, "token": null}`), Secrets: []desired.Secret{{Path: []string{"token"}, Parts: []desired.SecretPart{{Name: "TOKEN"}}}}},
		{Raw: parse(t, `{"_id": 3, "token": null}`), Secrets: []desired.Secret{{Path: []string{"token"}, Parts: []desired.SecretPart{{Name: "TOKEN"}}}}},
	}
	c := &desired.Collection{Database: database, Name: "c", Origin: "f.weave:3:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: documents}
	return &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}}
}

var secretValues = []string{"SECRET-new", "SECRET-pass", "SECRET-old"}

// noSecrets fails when a report shows one.
func noSecrets(t *testing.T, r *change.Report) string {
	t.Helper()
	data, err := view.JSON(r)
	if err != nil {
		t.Fatal(err)
	}
	text := view.Text(r, true)
	for _, value := range secretValues {
		if strings.Contains(string(data)+text, value) {
			t.Errorf("the report has %s\n%s", value, text)
		}
	}
	return text
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func TestSecrets(t *testing.T) {
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			store, ns := open(t), stores.Namespace{Database: database(t), Collection: "c"}
			unique := []bson.Raw{parse(t, `{"key": {"token": 1}, "name": "token_1", "unique": true, "sparse": true}`)}
			before := []bson.Raw{
				parse(t, `{"_id": 1, "token": "Bearer SECRET-old", "n": {"password": "SECRET-old", "x": 1}, "l": [{"t": "SECRET-old"}]}`),
				parse(t, `{"_id": 2, "token": "SECRET-old2"}`),
			}
			fillCollection(t, store, ns, nil, unique, before)
			state := secretState(t, ns.Database)
			run := func(f func() (*change.Report, error)) *change.Report {
				r, err := f()
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			plan := func(o enforce.Options) *change.Report {
				return run(func() (*change.Report, error) { return enforce.Plan(testContext(t), store, state, o) })
			}
			apply := func(o enforce.Options) *change.Report {
				return run(func() (*change.Report, error) { return enforce.Apply(testContext(t), store, state, o) })
			}

			// Without any: plan says what is unknown, apply names all of them.
			r := plan(enforce.Options{})
			wantParts(t, noSecrets(t, r), "plan w for e: 1 to insert, 2 unknown", "? {_id: 1} f.weave:5:1", "l[0].t: unknown (TOKEN, PASSWORD not given)", "n.password: unknown (PASSWORD not given)",
				"+ {_id: 3}\n      token: unknown (TOKEN not given)")
			r = apply(enforce.Options{Secrets: map[string]string{"PASSWORDS": "x"}})
			wantParts(t, noSecrets(t, r), "conflict secret-missing, f.weave:5:1", "not given: PASSWORD, TOKEN", "environment variable PASSWORD,", "result: refused, exit 3")

			// Two documents cannot have one token: said without saying it.
			given := enforce.Options{Secrets: map[string]string{"TOKEN": "SECRET-new", "PASSWORD": "SECRET-pass"}}
			r = plan(given)
			wantParts(t, noSecrets(t, r), "conflict unique-violation", `{token: "(secret)"}`, "token: (secret) → (secret TOKEN)", "l[0].t: (secret) → (secret TOKEN, PASSWORD)")

			state.Collections[0].Documents = state.Collections[0].Documents[:2]
			r = apply(given)
			wantParts(t, noSecrets(t, r), "n.password: (secret) → (secret PASSWORD)", "result: applied, exit 0")
			got := contents(t, store, ns)
			want := []string{
				string(doc.AppendReview(nil, parse(t, `{"_id": 1, "token": "Bearer SECRET-new", "n": {"password": "SECRET-pass", "x": 1}, "l": [{"t": "SECRET-newSECRET-pass"}]}`), false)),
				string(doc.AppendReview(nil, parse(t, `{"_id": 2, "token": "SECRET-new"}`), false)),
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			// Nothing but unknown ones: no difference, and not in sync.
			for _, test := range []struct {
				options enforce.Options
				exit    int
			}{{enforce.Options{}, 0}, {enforce.Options{DetailedExit: true}, 2}, {enforce.Options{DetailedExit: true, AllowUnknown: true}, 0}} {
				if r = plan(test.options); r.Exit != test.exit || r.Outcome != change.Unknown || r.Collections[0].Counts.Unknown != 2 {
					t.Errorf("want exit %d\n%s", test.exit, view.Text(r, true))
				}
			}
		})
	}
}

// What a server says is repeated without the secrets in it.
func TestSecretsOfServer(t *testing.T) {
	store := openers["dir"](t)
	state := secretState(t, "d")
	failing := failingStore{Store: store, message: `dup key: { token: "SECRET-new" } or "SECRET-pass\"x"`}
	r, err := enforce.Apply(testContext(t), failing, state, enforce.Options{Secrets: map[string]string{"TOKEN": "SECRET-new", "PASSWORD": `SECRET-pass"x`}})
	if err != nil {
		t.Fatal(err)
	}
	wantParts(t, noSecrets(t, r), `dup key: { token: "(secret)" } or "(secret)"`)

	// Where fields are redacted, the key may be one of them.
	state.Collections[0].Redact = []desired.Pattern{{Leaf: "card"}}
	failing.message = "E11000 dup key: { card: \"SECRET-4711\nCheck\" }\nCheck the documents"
	if r, err = enforce.Apply(testContext(t), failing, state, enforce.Options{Secrets: map[string]string{"TOKEN": "SECRET-new", "PASSWORD": "zzz"}}); err != nil {
		t.Fatal(err)
	}
	wantParts(t, noSecrets(t, r), "E11000 dup key: (redacted)\n  Check the documents")
}

// failingStore answers every write with a message.
type failingStore struct {
	stores.Store
	message string
}

func (s failingStore) CreateCollection(context.Context, stores.Namespace, bson.Raw) error {
	return &stores.RefusedError{Err: errors.New(s.message)}
}

// What is approved without secrets is what is approved with them, and is nothing
// else once anything but a secret is another one at the destination.
func TestDigestBindsAllButSecrets(t *testing.T) {
	state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{{
		Database: "d", Name: "c", Origin: "f.weave:3:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Ignore: []doc.Path{{"seen"}},
		Documents: []desired.Document{{
			Raw: parse(t, `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": null}, {"url": "b", "key": "plain"}], "uri": null}`),
			Secrets: []desired.Secret{
				{Path: []string{"hooks", "0", "key"}, Parts: []desired.SecretPart{{Name: "KEY"}}},
				{Path: []string{"uri"}, Parts: []desired.SecretPart{{Text: "mongodb://u:"}, {Name: "KEY"}, {Text: "@host"}}},
			},
		}},
	}}}
	digests := map[string]string{}
	for _, test := range []struct {
		name, live string
		as         string // the destination that has the same digest; empty: no other one
	}{
		{"in sync", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:k@host"}`, ""},
		{"other secrets", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "x"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:xyz@host"}`, "in sync"},
		{"an ignored field with them", `{"_id": 1, "seen": 7, "hooks": [{"url": "a", "key": "x"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:xyz@host"}`, "in sync"},
		{"another URL", `{"_id": 1, "seen": 1, "hooks": [{"url": "evil", "key": "k"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:k@host"}`, ""},
		{"that and another secret", `{"_id": 1, "seen": 1, "hooks": [{"url": "evil", "key": "x"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:k@host"}`, "another URL"},
		{"a third URL", `{"_id": 1, "seen": 1, "hooks": [{"url": "evil2", "key": "k"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:k@host"}`, ""},
		{"another host", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:k@evil"}`, ""},
		{"no text", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}, {"url": "b", "key": "plain"}], "uri": null}`, "another host"},
		{"missing", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}, {"url": "b", "key": "plain"}]}`, ""},
		{"where none is wanted", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}, {"url": "b", "key": "x"}], "uri": "mongodb://u:k@host"}`, ""},
		{"another one there", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}, {"url": "b", "key": "y"}], "uri": "mongodb://u:k@host"}`, ""},
		{"one more", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}, {"url": "b", "key": "plain"}, {"key": "k"}], "uri": "mongodb://u:k@host"}`, ""},
		{"one less", `{"_id": 1, "seen": 1, "hooks": [{"url": "a", "key": "k"}], "uri": "mongodb://u:k@host"}`, ""},
		{"moved", `{"_id": 1, "seen": 1, "hooks": [{"url": "b", "key": "plain"}, {"url": "a", "key": "k"}], "uri": "mongodb://u:k@host"}`, ""},
		{"a document", `{"_id": 1, "seen": 1, "hooks": {"0": {"url": "a", "key": "k"}, "1": {"url": "b", "key": "plain"}}, "uri": "mongodb://u:k@host"}`, ""},
		{"other order", `{"_id": 1, "seen": 1, "hooks": [{"key": "k", "url": "a"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:k@host"}`, ""},
		{"other order and secret", `{"_id": 1, "seen": 1, "hooks": [{"key": "x", "url": "a"}, {"url": "b", "key": "plain"}], "uri": "mongodb://u:k@host"}`, "other order"},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := openers["dir"](t)
			fillCollection(t, store, stores.Namespace{Database: "d", Collection: "c"}, nil, nil, []bson.Raw{parse(t, test.live)})
			given := enforce.Options{Secrets: map[string]string{"KEY": "k"}}
			var found []string
			for _, options := range []enforce.Options{{}, given} {
				r, err := enforce.Plan(testContext(t), store, state, options)
				if err != nil || r.Digest == "" {
					t.Fatalf("%v\n%s", err, view.Text(r, true))
				}
				found = append(found, r.Digest)
			}
			if found[0] != found[1] {
				t.Errorf("with secrets it is another digest")
			}
			for name, digest := range digests {
				if (digest == found[0]) != (name == test.as || digests[test.as] == digest) {
					t.Errorf("the digest is that of %q: %v", name, digest == found[0])
				}
			}
			digests[test.name] = found[0]

			// What was approved for the destination in sync is carried out where secrets alone are others.
			given.Approved = digests["in sync"]
			r, err := enforce.Apply(testContext(t), store, state, given)
			if err != nil {
				t.Fatal(err)
			}
			want := change.Refused
			switch {
			case test.name == "in sync":
				want = change.InSync
			case test.as == "in sync":
				want = change.Applied
			}
			if r.Outcome != want {
				t.Errorf("%s, want %s\n%s", r.Outcome, want, view.Text(r, true))
			}
		})
	}
}
