package mongosh

// An approval binds the data of both artefacts: each kind of datum is edited where a
// person could edit it, with the digests that stand beside it made to fit, and apply
// refuses what was approved before.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

func boundState(t testing.TB) *desired.State {
	c := collection(t, "f_bound", "c", desired.Merge, `{"_id": 1, "balance": 10}`, `{"_id": 2, "token": null}`, `{"_id": 3, "to": null}`)
	c.Documents[1].Secrets = []desired.Secret{{Path: []string{"token"}, Parts: []desired.SecretPart{{Text: "Bearer "}, {Name: "TOK"}}}}
	c.Documents[2].Links = []desired.LinkedID{{Path: []string{"to"}, Database: "f_bound", Collection: "c", Identity: []bson.RawValue{parse(t, `{"v": 1}`).Lookup("v")}}}
	c.Indexes, c.Declared = []bson.Raw{parse(t, `{"key": {"balance": 1}, "name": "balance_1"}`)}, []string{"balance_1"}
	c.Options = parse(t, `{"capped": false, "validationLevel": "moderate"}`)
	c.Preserve, c.Ignore, c.Absent = []doc.Path{{"kept"}}, []doc.Path{{"seen"}}, []doc.Path{{"old"}}
	c.Omit, c.Redact = []desired.Pattern{{Leaf: "hash"}}, []desired.Pattern{{Path: doc.Path{"password"}}}
	c.DropIndexes, c.BackupKeep = []string{"obsolete_1"}, 7
	c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 3, Filter: parse(t, `{"kind": "temporary"}`),
		Where: &desired.Cond{Op: desired.CondEq, Path: doc.Path{"kind"}, Values: []bson.RawValue{parse(t, `{"v": "temporary"}`).Lookup("v")}}}
	c.Before = []desired.Command{{Origin: "w.weave:3:1", Database: "f_bound", Command: parse(t, `{"ping": 1}`)}}
	s := state(c)
	s.After = []desired.Command{{Origin: "w.weave:4:1", Database: "f_bound", Command: parse(t, `{"buildInfo": 1}`)}}
	s.Cluster = &desired.Cluster{Origin: "w.weave:5:1", Pattern: "^.*$"}
	s.Sources = []string{"00112233445566778899aabbccddeeff"}
	return s
}

func TestApprovalBindsData(t *testing.T) {
	e := newEngines(t, "f_bound")
	s := boundState(t)
	const state = "f_bound_state"
	defer func() { freshDatabase(t, e.database.Client(), state) }()
	secrets := map[string]string{"TOK": "x"}
	plan, err := enforce.Plan(t.Context(), e.store, s, enforce.Options{StateDatabase: state, Secrets: secrets})
	if err != nil || plan.Digest == "" {
		t.Fatalf("%v\n%s", err, view.Text(plan, true))
	}
	script := stateText(t, s)
	with := map[string]string{"MONGOCD_STATE_DATABASE": state, "TOK": "x"}
	if got := e.js.RunState(script, "plan", with); !strings.Contains(got.JSON, plan.Digest) {
		t.Fatalf("the script's digest is another one than %s\n%s", plan.Digest, got.JSON)
	}
	files := rendered(t, s).Files
	with["MONGOCD_APPROVED"] = plan.Digest
	refused := func(what, report string) {
		t.Helper()
		if !strings.Contains(report, `"not-approved"`) || !strings.Contains(report, `"exit": 3`) {
			t.Errorf("%s was edited, and apply went on\n%s", what, report)
		}
		if got := stored(t, e.database.Collection("c")); len(got) > 0 {
			t.Errorf("%s was edited, and apply wrote %s", what, got)
			freshDatabase(t, e.database.Client(), "f_bound")
		}
	}
	for _, edit := range []struct{ what, from, to string }{
		{"a document's value", `10`, `1000000`}, {"a hook", `ping`, `dropDatabase`}, {"a hook of the run", `buildInfo`, `shutdown`}, {"a secret", `TOK`, ``}, {"the text beside a secret", `Bearer `, `Token `},
		{"an index", `"balance\\?":\{`, `"other":{`}, {"an option", `moderate`, `off`}, {"a preserved path", `kept`, `lost`}, {"an ignored path", `seen`, `unseen`}, {"an absent path", `'old'|"old"`, `"balance"`},
		{"an omitted name", `hash`, `mesh`}, {"a redacted path", `password`, `passport`}, {"an index to drop", `obsolete_1`, `balance_1`}, {"runs to keep", `\b7\b`, `1`},
		{"the scope of prune", `temporary`, `permanent`}, {"the bound of prune", `'3'|"atMost": 3`, ``}, {"the mode", `'merge'|"merge"`, `"exact"`}, {"the cluster", `\^\.\*\$`, `^.+$`}, {"the cluster in JavaScript", `\[\^\\\\n\]`, `[^]`}, {"a source", `00112233445566778899aabbccddeeff`, `ff112233445566778899aabbccddeeff`},
		{"the weave", `weave: 'w'|"weave": "w"`, ``}, {"the artefact", rendered(t, s).Digest, "sha256:" + strings.Repeat("0", 64)},
	} {
		pattern, count := regexp.MustCompile(edit.from), 0
		replaced := func(text string) string {
			return pattern.ReplaceAllStringFunc(text, func(found string) string {
				count++
				switch edit.what {
				case "the bound of prune":
					return strings.Replace(found, "3", "300", 1)
				case "the weave":
					return strings.Replace(strings.Replace(found, "'w'", "'v'", 1), `"w"`, `"v"`, 1)
				case "the text beside a secret", "a document's value", "a hook":
				}
				return edit.to
			})
		}
		edited := replaced(script)
		if count == 0 {
			t.Errorf("the script has no %s", edit.what)
		} else if edit.what != "a secret" { // without its name it is text
			refused(edit.what+" of the script", e.js.RunState(edited, "apply", with).JSON)
		} else {
			refused(edit.what+" of the script", e.js.RunState(strings.Replace(script, "['', 'TOK']", "['secret', '']", 1), "apply", with).JSON)
		}
		if edit.what == "the artefact" || edit.what == "the cluster in JavaScript" { // a build folder calculates them
			continue
		}
		count = 0
		m := fstest.MapFS{}
		manifest := string(files[0].Data)
		for _, f := range files[1:] {
			data := []byte(replaced(string(f.Data)))
			before, after := sha256.Sum256(f.Data), sha256.Sum256(data)
			manifest = strings.ReplaceAll(manifest, hex.EncodeToString(before[:]), "SUM"+hex.EncodeToString(after[:]))
			m[f.Path] = &fstest.MapFile{Data: data}
		}
		if edit.what != "a document's value" {
			manifest = replaced(manifest)
		}
		if edit.what == "a secret" {
			manifest = strings.Replace(string(files[0].Data), `"secret": "TOK"`, `"text": "secret"`, 1)
			manifest = strings.Replace(manifest, `"name": "TOK"`, `"text": "secret"`, 1)
		}
		m[desired.ManifestName] = &fstest.MapFile{Data: bytes.ReplaceAll([]byte(manifest), []byte("SUM"), nil)}
		if count == 0 {
			t.Errorf("the manifest has no %s", edit.what)
			continue
		}
		other, err := desired.Read(m)
		if err != nil {
			continue // refused when it is read
		}
		report, err := enforce.Apply(t.Context(), e.store, other, enforce.Options{StateDatabase: state, Secrets: secrets, Approved: plan.Digest})
		if err != nil {
			t.Fatal(err)
		}
		text, err := view.JSON(report)
		if err != nil {
			t.Fatal(err)
		}
		refused(edit.what+" of the build folder", string(text))
	}
	// What was approved is applied.
	if got := e.js.RunState(script, "apply", with); !strings.Contains(got.JSON, `"applied"`) {
		t.Error(got.JSON)
	}
}
