package describe

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestMask(t *testing.T) {
	secret := func(path ...string) []desired.Secret {
		return []desired.Secret{{Path: path, Parts: []desired.SecretPart{{Name: "TOKEN"}}}}
	}
	tests := []struct {
		name, in, want string
		redact         []desired.Pattern
		secrets        []desired.Secret
	}{
		{"nothing", `{"a": 1}`, `{"a": 1}`, nil, nil},
		{"a secret", `{"a": "x", "b": 1}`, `{"a": "(secret)", "b": 1}`, nil, secret("a")},
		{"deeper", `{"a": {"b": "x", "c": 1}}`, `{"a": {"b": "(secret)", "c": 1}}`, nil, secret("a", "b")},
		{"a value where it is deeper", `{"a": "x"}`, `{"a": "(secret)"}`, nil, secret("a", "b")},
		{"a document where it is", `{"a": {"b": "x"}}`, `{"a": "(secret)"}`, nil, secret("a")},
		{"missing", `{"b": 1}`, `{"b": 1}`, nil, secret("a", "b")},
		{"in every element", `{"a": [{"k": "x"}, {"k": "y", "n": 1}, "z"]}`, `{"a": [{"k": "(secret)"}, {"k": "(secret)", "n": 1}, "(secret)"]}`, nil, secret("a", "1", "k")},
		{"a name that is a number is no position", `{"a": {"1": "x"}, "b": ["x"]}`, `{"a": {"1": "(secret)"}, "b": ["x"]}`, nil, secret("a", "1")},
		{"redacted", `{"a": {"b": "x"}, "b": 1}`, `{"a": {"b": "(redacted)"}, "b": 1}`, []desired.Pattern{{Path: doc.Path{"a", "b"}}}, nil},
		{"redacted at any depth", `{"b": 1, "a": [{"b": {"c": 1}}]}`, `{"b": "(redacted)", "a": [{"b": "(redacted)"}]}`, []desired.Pattern{{Leaf: "b"}}, nil},
		{"a position is no name", `{"a": ["x"]}`, `{"a": ["x"]}`, []desired.Pattern{{Leaf: "0"}, {Path: doc.Path{"a", "0"}}}, nil},
	}
	for _, test := range tests {
		got := Mask(extJSON(t, test.in), test.redact, test.secrets)
		if want := extJSON(t, test.want); string(got) != string(want) {
			t.Errorf("%s: %s", test.name, doc.AppendReview(nil, got, false))
		}
	}
}

// Two sides of a weave: what is only on one, what is on both, and what nobody may see.
func TestDiffStates(t *testing.T) {
	state := func(environment, database string, mode desired.Mode, documents ...desired.Document) *desired.State {
		return &desired.State{Weave: "w", Environment: environment, Collections: []*desired.Collection{
			{Database: database, Name: "c", Origin: "w.weave:1:1", Mode: mode, Identity: []doc.Path{{"k"}}, Documents: documents},
		}}
	}
	document := func(text string, secrets ...string) desired.Document {
		d := desired.Document{Raw: extJSON(t, text)}
		for _, name := range secrets {
			d.Secrets = append(d.Secrets, desired.Secret{Path: []string{name}, Parts: []desired.SecretPart{{Text: "x-"}, {Name: "TOKEN"}}})
		}
		return d
	}
	a := state("prod", "shop", desired.Replace, document(`{"k": 1, "v": "hunter2"}`), document(`{"k": 2, "v": null}`, "v"), document(`{"k": 3}`))
	b := state("prod", "shop", desired.Merge, document(`{"k": 1, "v": null}`, "v"), document(`{"k": 2, "v": null}`, "v"), document(`{"k": {"$numberLong": "3"}}`), document(`{"k": 4}`))
	text := func(found []*change.Report) string {
		var out []string
		show := func(changes []change.Change) {
			for _, c := range changes {
				out = append(out, c.Path+" "+change.ShowOr(c.Before)+" "+change.ShowOr(c.After))
			}
		}
		for _, r := range found {
			show(r.Settings)
			for _, c := range r.Collections {
				out = append(out, strings.Join([]string{r.Weave, r.Environment, c.From, c.Database + "." + c.Collection}, " "))
				show(c.Settings)
				for _, d := range c.Documents {
					out = append(out, d.Action+" "+change.ShowOr(d.Identity))
					show(d.Changes)
				}
			}
		}
		return strings.Join(out, "; ")
	}
	revisions, environments := change.Comparison{Kind: "revisions"}, change.Comparison{Kind: "environments"}
	const want = `w prod  shop.c; mode "replace" "merge"; update {k: 1}; v "(secret)" "x-${secret('TOKEN')}"; update {k: long(3)}; k 3 long(3); insert {k: 4}`
	if got := text(DiffStates([]*desired.State{a}, []*desired.State{b}, revisions)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if found := DiffStates([]*desired.State{a}, []*desired.State{a}, revisions); len(found) != 1 || found[0].Outcome != change.InSync || found[0].Collections[0].Counts.InSync != 3 {
		t.Errorf("a state and itself: %+v", found)
	}
	// Another database is another collection, but for environments.
	other := state("test", "shop_test", desired.Replace, document(`{"k": 3}`))
	if got, want := text(DiffStates([]*desired.State{other}, []*desired.State{a}, environments)), `secrets (missing) ["TOKEN"]; w prod shop_test.c shop.c; insert {k: 1}; insert {k: 2}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// The databases of links differ as well; of two collections of one name it is told which is meant.
	linked := func(environment, database, of string, more ...*desired.Collection) []*desired.State {
		d := document(`{"k": 1, "v": null}`)
		d.Links = []desired.LinkedID{{Path: []string{"v"}, Database: of, Collection: "s", Identity: []bson.RawValue{doc.String("a")}}}
		s := state(environment, database, desired.Replace, d)
		s.Collections[0].Links = []desired.Link{{Steps: []string{"v"}, Database: of, Collection: "s"}}
		s.Collections = append(s.Collections, &desired.Collection{Database: database, Name: "s", Origin: "w.weave:2:1"})
		s.Collections = append(s.Collections, more...)
		return []*desired.State{s}
	}
	if got, want := text(DiffStates(linked("test", "shop_test", "shop_test"), linked("prod", "shop", "shop"), environments)), `w prod shop_test.c shop.c; w prod shop_test.s shop.s`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	second := &desired.Collection{Database: "old", Name: "s", Origin: "w.weave:3:1"}
	if got, want := text(DiffStates(linked("test", "shop", "shop", second), linked("prod", "shop", "old", second), environments)),
		`w prod  shop.c; update {k: 1}; v "${_id of shop.s \"a\"}" "${_id of old.s \"a\"}"; w prod  shop.s; w prod  old.s`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := text(DiffStates([]*desired.State{other}, nil, revisions)), `w test  shop_test.c; identity ["k"] (missing); mode "replace" (missing); delete {k: 3}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func extJSON(t *testing.T, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
