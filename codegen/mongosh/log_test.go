package mongosh

// What mongosh writes about a run into its own log, with its logging on as it comes: which
// commands, and nothing of a document, a rule or a secret.

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestMongoshLogHasNoData(t *testing.T) {
	const database, records = "f_log", "f_log_state"
	client, uri := connect(t)
	freshDatabase(t, client, records)
	defer func() { freshDatabase(t, client, database); freshDatabase(t, client, records) }()
	c := collection(t, database, "c", desired.Exact, `{"_id": 1, "name": "canary-a", "canary-field": "canary-rule"}`, `{"_id": 2, "name": "canary-new"}`, `{"_id": 3, "name": "canary-b", "token": null}`)
	c.Identity = []doc.Path{{"name"}}
	c.Documents[2].Secrets = []desired.Secret{{Path: []string{"token"}, Parts: []desired.SecretPart{{Name: "TOK"}}}}
	c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 50, Filter: parse(t, `{}`)}
	var live []bson.Raw
	for _, text := range []string{`{"_id": 1, "name": "canary-a", "note": "canary-note"}`, `{"_id": 3, "name": "canary-b", "token": "canary-old"}`} {
		live = append(live, parse(t, text))
	}
	for i := range 30 {
		live = append(live, doc.NewBuilder(64).AppendInt32("_id", int32(100+i)).AppendString("name", "canary-pruned").AppendInt32("n", int32(i)).Raw())
	}
	for i, d := range live[2:] { // names are identities
		live[i+2] = doc.NewBuilder(64).Append("_id", d.Lookup("_id")).AppendString("name", "canary-pruned"+string(rune('a'+i))).Raw()
	}
	seed(t, client.Database(database).Collection("c"), live, nil)
	wanted, home := state(c), t.TempDir()
	file := script(t, wanted, "")
	for _, mode := range []string{"plan", "verify", "apply", "undo"} {
		cmd := exec.CommandContext(t.Context(), engine.MongoshPath(t), uri, "--quiet", "--norc", "--file", file)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TOK=canary-secret", "MONGOCD_JOURNAL_KEY=canary-key-of-sixteen-bytes", "MONGOCD_RUN=last", "MONGOCD_MODE=" + mode, "MONGOCD_STATE_DATABASE=" + records}
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "canary-secret") || strings.Contains(string(out), "canary-key") || (mode == "apply" || mode == "undo") && err != nil {
			t.Fatalf("%s: %v\n%s", mode, err, out)
		}
	}
	logs, err := filepath.Glob(filepath.Join(home, ".mongodb", "mongosh", "*_log"))
	if err != nil || len(logs) != 4 {
		t.Fatalf("%d logs: %v", len(logs), err)
	}
	commands := 0
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %s", name, info.Mode())
		}
		commands += strings.Count(string(text), "Performed API call")
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "canary") {
				t.Errorf("%.600s", line)
			}
		}
	}
	if commands < 50 {
		t.Errorf("%d commands in the logs: they are not logged as this test thinks", commands)
	}
}
