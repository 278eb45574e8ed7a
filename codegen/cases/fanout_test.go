package cases

// The databases of a fan-out, by both artefacts: one that stands in its own way, chosen
// ones, canaries and waves, one digest, and undo of one and of all; and how many commands
// a database in sync takes.

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
)

const fanOutWorkspace = `
-- rules.weave --
weave many
environments prod

from src into "fan_${t.code}" for each t in tenants from crm {
  sync flags by name { create tenant = t.code }
  sync texts by key
  sync sizes by name { index on name { unique: true } }
}
-- extracted/crm/tenants/documents.jsonl --
%s-- extracted/src/flags/documents.jsonl --
{"_id":1,"name":"dark"}
{"_id":2,"name":"fast"}
-- extracted/src/texts/documents.jsonl --
{"_id":3,"key":"hello","text":"Hello"}
-- extracted/src/sizes/documents.jsonl --
{"_id":5,"name":"small"}
`

// fanOutOf writes a workspace with so many tenants.
func fanOutOf(t *testing.T, tenants int) string {
	t.Helper()
	dir, lines := t.TempDir(), ""
	for i := range tenants {
		lines += fmt.Sprintf("{\"_id\":%d,\"code\":\"t%03d\"}\n", i+1, i+1)
	}
	for _, f := range txtar.Parse(fmt.Appendf(nil, fanOutWorkspace, lines)).Files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
	}
	return dir
}

// fanOutRunner runs an artefact with settings as the script has them.
type fanOutRunner struct {
	name string
	run  func(t *testing.T, mode string, settings ...string) (change.Report, string)
}

func fanOutRunners(t *testing.T, dir, uri, stateDatabase string) []fanOutRunner {
	t.Helper()
	state := compile(t, dir, "prod")
	program, script := buildGo(t, state), buildScript(t, state)
	own := func(s string) string { return s }
	return []fanOutRunner{
		{"go", func(t *testing.T, mode string, settings ...string) (change.Report, string) {
			t.Helper()
			args := append(strings.Fields(mode), "--state-database", stateDatabase, "--output", "json")
			for _, s := range settings {
				variable, value, _ := strings.Cut(s, "=")
				flag := "--" + strings.ReplaceAll(strings.ToLower(variable), "_", "-")
				switch flag {
				case "--stop-on-failure":
					args = append(args, flag)
				case "--database", "--canary":
					for _, one := range strings.Split(value, ",") {
						args = append(args, flag, one)
					}
				default:
					args = append(args, flag, value)
				}
			}
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env = append(os.Environ(), "MONGOCD_DESTINATION_URI="+uri)
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
				t.Fatal(err)
			}
			r := result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
			return r.report(t, own), r.stderr
		}},
		{"mongosh", func(t *testing.T, mode string, settings ...string) (change.Report, string) {
			t.Helper()
			mode, last, _ := strings.Cut(mode, " ")
			env := []string{"MONGOCD_MODE=" + mode, "MONGOCD_RUN=" + strings.TrimPrefix(last, "--"), "MONGOCD_STATE_DATABASE=" + stateDatabase, "MONGOCD_OUTPUT=json"}
			for _, s := range settings {
				env = append(env, "MONGOCD_"+s)
			}
			run := engine.Mongosh(t, uri, script, env...)
			r := result{code: run.Code, stdout: run.Stdout, stderr: run.Stderr}
			return r.report(t, own), r.stderr
		}},
	}
}

// outcomesOf are those of the databases, by their names without the prefix.
func outcomesOf(r change.Report) string {
	var out []string
	for _, d := range r.Databases {
		of := strings.TrimPrefix(d.Database, "fan_") + " " + d.Outcome
		if d.Wave > 0 {
			of += fmt.Sprintf(" in %d", d.Wave)
		}
		out = append(out, of)
	}
	return strings.Join(out, ", ")
}

// connected is a client of the server for as long as the test runs.
func connected(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(clientTimeout))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return client
}

func dropped(t *testing.T, client *mongo.Client, database string) {
	t.Helper()
	if err := client.Database(database).Drop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestFanOut(t *testing.T) {
	uri := engine.ForTest(t)
	client := connected(t, uri)
	for _, a := range fanOutRunners(t, fanOutOf(t, 4), uri, "fan_state") {
		t.Run(a.name, func(t *testing.T) {
			drop := func() {
				for _, name := range []string{"fan_t001", "fan_t002", "fan_t003", "fan_t004", "fan_state"} {
					dropped(t, client, name)
				}
			}
			drop()
			t.Cleanup(drop)
			says := func(what string, r change.Report, outcome string, exit int, databases string) {
				t.Helper()
				if got := outcomesOf(r); r.Outcome != outcome || r.Exit != exit || got != databases {
					t.Errorf("%s: %s, exit %d: %s\nwant %s, exit %d: %s\n%v", what, r.Outcome, r.Exit, got, outcome, exit, databases, r.Conflicts)
				}
			}
			insert := func(database, collection string, d bson.D) {
				if _, err := client.Database(database).Collection(collection).InsertOne(t.Context(), d); err != nil {
					t.Fatal(err)
				}
			}
			// Two documents of one name: the second database cannot be enforced.
			insert("fan_t002", "flags", bson.D{{Key: "_id", Value: "a"}, {Key: "name", Value: "dark"}})
			insert("fan_t002", "flags", bson.D{{Key: "_id", Value: "b"}, {Key: "name", Value: "dark"}})
			r, _ := a.run(t, "apply", "DATABASE=fan_t003")
			says("one alone", r, change.Applied, 0, "t003 applied")
			r, _ = a.run(t, "plan")
			says("plan", r, change.Refused, 3, "t001 changes, t002 refused, t003 in-sync, t004 changes")
			if r.Digest == "" {
				t.Error("the plan has no digest")
			}
			r, _ = a.run(t, "apply", "APPROVED=sha256:"+strings.Repeat("0", 64))
			if r.Outcome != change.Refused || r.Conflicts[len(r.Conflicts)-1].Code != change.NotApproved.Code {
				t.Errorf("another digest: %s, %v", r.Outcome, r.Conflicts)
			}
			r, _ = a.run(t, "apply", "CANARY=fan_t002", "WAVES=1")
			says("a canary that is refused", r, change.Refused, 3, "t001 skipped in 2, t002 refused in 1, t003 skipped in 3, t004 skipped in 3")
			r, _ = a.run(t, "apply", "STOP_ON_FAILURE=1")
			says("stopped on failure", r, change.Stopped, 4, "t001 applied, t002 refused, t003 skipped, t004 skipped")
			r, _ = a.run(t, "apply", "WAVES=2,1")
			says("a wave of which one is refused", r, change.Refused, 3, "t001 in-sync in 1, t002 refused in 1, t003 skipped in 2, t004 skipped in 3")
			r, _ = a.run(t, "apply")
			says("the others go on", r, change.Stopped, 4, "t001 in-sync, t002 refused, t003 in-sync, t004 applied")
			if _, err := client.Database("fan_t002").Collection("flags").DeleteOne(t.Context(), bson.D{{Key: "_id", Value: "b"}}); err != nil {
				t.Fatal(err)
			}
			plan, _ := a.run(t, "plan")
			r, _ = a.run(t, "apply", "APPROVED="+plan.Digest, "CANARY=fan_t001", "WAVES=1")
			says("what was approved", r, change.Applied, 0, "t001 in-sync in 1, t002 applied in 2, t003 in-sync in 3, t004 in-sync in 3")
			r, _ = a.run(t, "verify")
			says("verify", r, change.InSync, 0, "t001 in-sync, t002 in-sync, t003 in-sync, t004 in-sync")
			r, _ = a.run(t, "undo --last", "DATABASE=fan_t004")
			says("undo of one", r, change.Undone, 0, "t004 undone")
			r, _ = a.run(t, "verify", "DATABASE=fan_t001,fan_t004")
			says("the others stay", r, change.Changes, 2, "t001 in-sync, t004 changes")
			drop()
			r, _ = a.run(t, "apply")
			says("apply to nothing", r, change.Applied, 0, "t001 applied, t002 applied, t003 applied, t004 applied")
			r, _ = a.run(t, "undo --last")
			says("undo of all", r, change.Undone, 0, "t001 undone, t002 undone, t003 undone, t004 undone")
		})
	}
}

// TestFanOutCommands: a database in sync takes a few reads, and 300 of them seconds.
func TestFanOutCommands(t *testing.T) {
	const databases = 300
	uri := engine.ForTest(t)
	target, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := wire.Start(context.Background(), target.Host) // not t.Context(): that ends before the clean-up
	if err != nil {
		t.Fatal(err)
	}
	dir := fanOutOf(t, databases)
	began := time.Now()
	compile(t, dir, "prod")
	t.Logf("compiled in %s", time.Since(began).Round(time.Millisecond))
	a := fanOutRunners(t, dir, proxy.URI(), "fan_state")[0]
	client := connected(t, uri)
	t.Cleanup(func() {
		for i := range databases {
			dropped(t, client, fmt.Sprintf("fan_t%03d", i+1))
		}
		dropped(t, client, "fan_state")
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	if r, _ := a.run(t, "apply"); r.Outcome != change.Applied {
		t.Fatalf("%s: %v", r.Outcome, r.Failure)
	}
	var mu sync.Mutex
	commands := 0
	proxy.OnCommand(func(c wire.Command) {
		mu.Lock()
		defer mu.Unlock()
		if slices.Contains([]string{"insert", "update", "delete", "createIndexes", "create"}, c.Name) {
			t.Errorf("%s in %s", c.Name, c.Database)
		}
		if !slices.Contains([]string{"hello", "isMaster", "ping", "endSessions"}, c.Name) || strings.HasPrefix(c.Database, "fan_") {
			commands++
		}
	})
	began = time.Now()
	if r, _ := a.run(t, "apply"); r.Outcome != change.InSync {
		t.Fatalf("%s: %v", r.Outcome, r.Failure)
	}
	mu.Lock()
	defer mu.Unlock()
	t.Logf("in sync in %s, %.2f commands a database", time.Since(began).Round(time.Millisecond), float64(commands)/databases)
	if most := 11 * databases; commands > most {
		t.Errorf("%d commands for %d databases: more than %d", commands, databases, most)
	}
}
