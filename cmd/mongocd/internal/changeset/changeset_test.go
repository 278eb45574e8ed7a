package changeset

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.yaml.in/yaml/v3"

	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
	"github.com/hayone1/mongocd/runtime/stores"
)

// steps are one of each kind, over a text that may be anything.
func steps(t *testing.T, text string) []Step {
	t.Helper()
	raw := func(d bson.D) bson.Raw {
		out, err := bson.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	value := func(v any) bson.RawValue { return raw(bson.D{{Key: "v", Value: v}}).Lookup("v") }
	ns := stores.Namespace{Database: "shop", Collection: "flags"}
	r := &Recorder{Comment: "mongocd shop/prod"}
	whole := raw(bson.D{{Key: "_id", Value: text}, {Key: "name", Value: text}})
	r.Structure("create an index of", ns, raw(bson.D{{Key: "createIndexes", Value: "flags"}}), raw(bson.D{{Key: "dropIndexes", Value: "flags"}}))
	r.Write(ns, stores.Op{Action: stores.Insert, Document: raw(bson.D{{Key: "_id", Value: "new " + text}, {Key: "name", Value: text}})}, []doc.Path{{"name"}})
	r.Write(ns, stores.Op{Action: stores.Update, Set: []stores.Field{{Path: doc.Path{"a"}, Value: value(text)}}, Guard: stores.Guard{ID: value(int64(5)), Present: []stores.Field{{Path: doc.Path{"a"}, Value: value("was " + text)}}}}, nil)
	r.Write(ns, stores.Op{Action: stores.Update, Set: []stores.Field{{Path: doc.Path{"b"}, Value: value(1.0)}}, Guard: stores.Guard{ID: value(int64(5)), Absent: []doc.Path{{"b"}}}}, nil)
	r.Write(ns, stores.Op{Action: stores.Delete, Guard: stores.Guard{ID: value(text), Whole: whole}}, nil)
	if r.Refused != "" {
		t.Fatal(r.Refused)
	}
	return r.Steps
}

// xmlChangelog is what Liquibase reads.
type xmlChangelog struct {
	ChangeSet struct {
		ID            string `xml:"id,attr"`
		PreConditions struct {
			Counts []struct {
				Collection string `xml:"collectionName,attr"`
				Count      int    `xml:"expectedCount,attr"`
				Filter     string `xml:"filter"`
			} `xml:"expectedDocumentCount"`
		} `xml:"preConditions"`
		Commands []string `xml:"runCommand>command"`
		Back     []string `xml:"rollback>runCommand>command"`
	} `xml:"changeSet"`
}

// TestLiquibase: the changelog has the steps, what is looked at before, and the way back
// in the other order, whatever the data is; nothing in it is hidden or a property.
func TestLiquibase(t *testing.T) {
	for _, text := range append(slices.Clone(hostile.Texts), "${property} ]]> &lt; <x/>") {
		made := steps(t, text)
		out, err := Liquibase(Plan{Weave: "w\u200b" + text, Environment: "prod", Digest: "sha256:00", Steps: made})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out, "${") || strings.IndexFunc(out, func(r rune) bool { return r != '\n' && safe.Hidden(r) }) >= 0 {
			t.Errorf("%q: %s", text, out)
		}
		var c xmlChangelog
		if err := xml.Unmarshal([]byte(out), &c); err != nil {
			t.Fatalf("%q: %v\n%s", text, err, out)
		}
		sameAsYAML(t, Plan{Weave: "w\u200b" + text, Environment: "prod", Digest: "sha256:00", Steps: made}, c)
		read := func(text string) bson.Raw {
			t.Helper()
			d, err := doc.ParseExtJSON([]byte(text))
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			return d
		}
		var commands, back []bson.Raw
		for _, s := range made {
			commands = append(commands, s.Command.Document)
		}
		for _, s := range slices.Backward(made) {
			back = append(back, s.Back...)
		}
		if c.ChangeSet.ID != "sha256:00" || len(c.ChangeSet.Commands) != len(commands) || len(c.ChangeSet.Back) != len(back) {
			t.Fatalf("%q: %+v", text, c)
		}
		for i, d := range commands {
			if got := read(c.ChangeSet.Commands[i]); string(got) != string(d) {
				t.Errorf("%q: command %d is %s, want %s", text, i, got, d)
			}
		}
		for i, d := range back {
			if got := read(c.ChangeSet.Back[i]); string(got) != string(d) {
				t.Errorf("%q: rollback %d is %s, want %s", text, i, got, d)
			}
		}
		// The second update of a document cannot be looked at before the first one.
		if counts := c.ChangeSet.PreConditions.Counts; len(counts) != 3 || counts[0].Count != 0 || counts[1].Count != 1 || counts[2].Count != 1 || string(read(counts[1].Filter)) != string(made[2].Look.Filter) {
			t.Errorf("%q: preconditions %+v", text, counts)
		}
	}
	irreversible := []Step{{Title: "x", Command: Command{"shop", bson.Raw{5, 0, 0, 0, 0}}, Writes: -1}}
	if out, err := Liquibase(Plan{Digest: "sha256:00", Steps: irreversible}); err != nil || strings.Contains(out, "<rollback>") {
		t.Error(out, err)
	}
	for name, want := range map[string]bool{"a\x01b": false, "a${b}": false, "a\xff": false, "a\u202e\u200b<\"&": true} {
		out, err := Liquibase(Plan{Digest: "sha256:00", Steps: []Step{{Look: Look{Collection: name, Filter: bson.Raw{5, 0, 0, 0, 0}}}}})
		if (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
		var c xmlChangelog
		if err := xml.Unmarshal([]byte(out), &c); want && (err != nil || c.ChangeSet.PreConditions.Counts[0].Collection != name || strings.Contains(out, "\u202e")) {
			t.Errorf("%q: %v %+v", name, err, c)
		}
	}
}

// sameAsYAML: as YAML the changelog has what it has as XML, and nothing is hidden.
func sameAsYAML(t *testing.T, p Plan, want xmlChangelog) {
	t.Helper()
	out, err := LiquibaseYAML(p)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out, "${") || strings.IndexFunc(out, func(r rune) bool { return r != '\n' && safe.Hidden(r) }) >= 0 {
		t.Error(out)
	}
	type command struct {
		RunCommand struct{ Command string } `yaml:"runCommand"`
	}
	var got struct {
		Log []struct {
			ChangeSet struct {
				ID            string
				Author        string
				PreConditions []struct {
					Halt   string `yaml:"onFail"`
					Counts struct {
						Collection string `yaml:"collectionName"`
						Count      int    `yaml:"expectedCount"`
						Filter     string
					} `yaml:"expectedDocumentCount"`
				} `yaml:"preConditions"`
				Changes  []command
				Rollback []command
			} `yaml:"changeSet"`
		} `yaml:"databaseChangeLog"`
	}
	if err := yaml.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := got.Log[0].ChangeSet
	texts := func(list []command) (out []string) {
		for _, c := range list {
			out = append(out, c.RunCommand.Command)
		}
		return out
	}
	if c.ID != want.ChangeSet.ID || c.Author != "mongocd" || c.PreConditions[0].Halt != "HALT" ||
		!slices.Equal(texts(c.Changes), want.ChangeSet.Commands) || !slices.Equal(texts(c.Rollback), want.ChangeSet.Back) {
		t.Errorf("%+v\nXML has\n%+v", c, want)
	}
	for i, x := range want.ChangeSet.PreConditions.Counts {
		if got := c.PreConditions[i+2].Counts; got.Collection != x.Collection || got.Count != x.Count || got.Filter != x.Filter {
			t.Errorf("%+v\nXML has\n%+v", got, x)
		}
	}
}
