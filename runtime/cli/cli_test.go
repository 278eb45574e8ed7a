package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// testFiles are the embedded files of a state with one collection.
func testFiles(t *testing.T) fs.FS {
	t.Helper()
	state := &desired.State{Weave: "shop", Environment: "prod-eu", Compiler: "mongocd test"}
	c := &desired.Collection{Database: "shop", Name: "flags", Origin: "flags.weave:6:3", Mode: desired.Exact, Identity: []doc.Path{{"name"}}}
	for _, text := range []string{`{"_id": 1, "name": "a", "on": true}`, `{"_id": 2, "name": "b", "on": false}`} {
		d, err := doc.ParseExtJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		c.Documents = append(c.Documents, desired.Document{Raw: d})
	}
	state.Collections = []*desired.Collection{c}
	wanted, err := desired.Render(state)
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for _, f := range wanted.Files {
		out[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return out
}

// run runs the command line in process.
func run(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	code = Main(args, strings.NewReader(""), &out, &errs, lookup, testFiles(t), Info{Weave: "shop", Environment: "prod-eu", Compiler: "mongocd test"})
	return code, out.String(), errs.String()
}

// A panic is a message and an exit code that is no other's.
func TestMistake(t *testing.T) {
	for command, want := range map[string]struct {
		code int
		text string
	}{"verify": {1, "nothing was written"}, "apply": {4, "something may have been written"}} {
		var stdout, stderr bytes.Buffer
		lookup := func(string) (string, bool) { panic("no\x1b[2J environment") }
		code := Main([]string{command}, strings.NewReader(""), &stdout, &stderr, lookup, testFiles(t), Info{Weave: "shop", Environment: "prod-eu"})
		if text := stderr.String(); code != want.code || !strings.Contains(text, want.text) || !strings.Contains(text, `made a mistake: no\u{1b}[2J environment`) || !strings.Contains(text, "TestMistake.func1 cli_test.go:") {
			t.Errorf("%s: exit %d\n%s", command, code, text)
		}
	}
}

func TestUsage(t *testing.T) {
	env := map[string]string{"MONGOCD_DESTINATION_URI": "dir:" + t.TempDir()}
	tests := []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{nil, 64, "", "no command given"},
		{[]string{"help"}, 0, "MONGOCD_DESTINATION_URI_PROD_EU_FILE", ""},
		{[]string{"plan", "-h"}, 0, "usage:", ""},
		{[]string{"version"}, 0, "shop for prod-eu\nmade by mongocd test\n", ""},
		{[]string{"doctor"}, 1, "", "the destination is a directory: doctor examines servers"},
		{[]string{"doctor", "--output", "markdown"}, 64, "", `--output is "markdown": it can be text or json`},
		{[]string{"doctor", "--probe", "maybe"}, 64, "", `--probe is "maybe": it can be auto, always or never`},
		{[]string{"doctor", "--database", "shop"}, 64, "", "--database has the form OLD=NEW here"},
		{[]string{"doctor", "--quiet"}, 64, "", "unknown flag: --quiet"},
		{[]string{"doktor"}, 64, "", "did you mean `doctor`?"},
		{[]string{"destroy"}, 64, "", `unknown command "destroy"`},
		{[]string{"plan", "now"}, 64, "", `unexpected argument "now"`},
		{[]string{"plan", "--output", "yaml"}, 64, "", `--output is "yaml": it can be text, markdown or json`},
		{[]string{"apply", "--approved", ""}, 64, "", "it is not the digest of a plan"},
		{[]string{"apply", "--approved", "sha256:null"}, 64, "", "it is not the digest of a plan"},
		{[]string{"runs", "--report", "runs.jsonl"}, 64, "", `--report is "runs.jsonl": runs makes no report, and is one JSON document`},
		{[]string{"plan", "--quiet", "-v"}, 64, "", "--quiet and -v do not go together"},
		{[]string{"plan", "--database", "shop"}, 64, "", "OLD=NEW"},
		{[]string{"plan", "--database", "other=x"}, 64, "", `this weave writes no database "other"`},
		{[]string{"plan", "--database", "shop=a", "--database", "shop=b"}, 64, "", "shop is redirected twice"},
		{[]string{"plan", "--batch-size", "0"}, 64, "", "--batch-size is 0"},
		{[]string{"apply", "--detailed-exitcode"}, 64, "", "a flag of plan and status, not of apply"},
		{[]string{"plan", "--timeout", "0s"}, 64, "", "--timeout is 0s"},
		{[]string{"plan", "--database", "shop=config"}, 64, "", `shop.flags would be written to the database "config", which is the server's own`},
		{[]string{"plan", "--state-database", "shop"}, 64, "", `shop.flags would be written to the database "shop", which keeps what runs remember`},
		{[]string{"plan", "--state-database", "admin"}, 64, "", `the state database cannot be "admin"`},
		{[]string{"apply", "--wait", "-1s"}, 64, "", "--wait is -1s"},
		{[]string{"apply", "--label", "commit"}, 64, "", "it has the form NAME=VALUE"},
		{[]string{"apply", "--label", "a=1", "--label", "a=2"}, 64, "", "a is given twice"},
		{[]string{"plan", "--wait", "1s"}, 64, "", "unknown flag: --wait\n"},
		{[]string{"aply"}, 64, "", "unknown command \"aply\"; did you mean `apply`?"},
		{[]string{"deploy"}, 64, "", "unknown command \"deploy\"; did you mean `apply`?"},
		{[]string{"extract"}, 64, "", "unknown command \"extract\"\n"},
		{[]string{"apply", "--aproved", "x"}, 64, "", "unknown flag: --aproved; did you mean --approved?"},
		{[]string{"plan", "--db", "a=b"}, 64, "", "unknown flag: --db; did you mean --database?"},
		{[]string{"plan", "--aproved", "x"}, 64, "", "unknown flag: --aproved\n"},
		{[]string{"plan", "--output", "markdown", "--aproved", "x"}, 64, "<!-- mongocd plan shop prod-eu -->\n### `shop` for `prod-eu` was not run\n\n```text\nunknown flag: --aproved\n```\n", "unknown flag: --aproved\n"},
		{[]string{"plan", "--output=markdown", "--database", "other=x"}, 64, "this weave writes no database", `this weave writes no database "other"`},
		{[]string{"plan", "--output=markdown", "--output", "text", "now"}, 64, "", `unexpected argument "now"`},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			code, stdout, stderr := run(t, env, test.args...)
			if code != test.code || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) || (test.stdout == "") != (stdout == "") {
				t.Errorf("exit %d, want %d\nstdout: %s\nstderr: %s", code, test.code, stdout, stderr)
			}
		})
	}
}

func TestDestination(t *testing.T) {
	file := filepath.Join(t.TempDir(), "uri")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const own, common = "MONGOCD_DESTINATION_URI_PROD_EU", "MONGOCD_DESTINATION_URI"
	tests := []struct {
		env       map[string]string
		want, err string
	}{
		{map[string]string{own: "a", common: "b"}, "a", ""},
		{map[string]string{common: "b"}, "b", ""},
		{map[string]string{own + "_FILE": file, common: "b"}, "from-file", ""},
		{map[string]string{own: "", common + "_FILE": file}, "from-file", ""},
		{map[string]string{own: "a", own + "_FILE": file}, "", "are both set"},
		{map[string]string{common + "_FILE": file + "x"}, "", "no such file"},
		{nil, "", "no destination given: set MONGOCD_DESTINATION_URI_PROD_EU or MONGOCD_DESTINATION_URI"},
	}
	for _, test := range tests {
		got, err := Destination(func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }, "prod-eu")
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%v: %q, %v", test.env, got, err)
		}
	}
}

// A whole life: plan, apply, apply, drift, verify, repair.
func TestRun(t *testing.T) {
	folder := t.TempDir()
	env := map[string]string{"MONGOCD_DESTINATION_URI_PROD_EU": "dir:" + folder}
	steps := []struct {
		args []string
		code int
		text string
	}{
		{[]string{"plan"}, 0, "plan shop for prod-eu: 2 to insert, 1 collection to create"},
		{[]string{"plan", "--detailed-exitcode"}, 2, "result: changes, exit 2"},
		{[]string{"verify"}, 2, "verify shop for prod-eu"},
		{[]string{"plan", "--output", "markdown"}, 0, "### plan `shop` for `prod-eu`: 2 to insert, 1 collection to create\n\n<details open><summary><code>shop.flags</code> (exact) <code>flags.weave:6:3</code>: 2 to insert, 1 collection to create</summary>\n\n- `+` collection\n- `+` `{name: \"a\"}`\n"},
		{[]string{"plan", "--quiet"}, 0, "plan shop for prod-eu: changes, exit 0\n"},
		{[]string{"apply"}, 0, "written: 2 inserted, 1 collection created"},
		{[]string{"apply"}, 0, "apply shop for prod-eu: 2 in sync\n\nresult: in-sync, exit 0\n"},
		{[]string{"plan", "--detailed-exitcode"}, 0, "in-sync"},
		{[]string{"plan", "--database", "shop=copy"}, 0, "copy.flags (exact) flags.weave:6:3"},
	}
	for _, step := range steps {
		code, stdout, stderr := run(t, env, step.args...)
		if code != step.code || !strings.Contains(stdout, step.text) {
			t.Fatalf("%q: exit %d, want %d with %q\n%s%s", step.args, code, step.code, step.text, stdout, stderr)
		}
	}
	code, stdout, _ := run(t, env, "verify", "--output", "json")
	var report change.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 0 || report.Outcome != change.InSync || report.Collections[0].Counts.InSync != 2 {
		t.Errorf("exit %d, %v\n%s", code, err, stdout)
	}
}

// A server that is not there is a failure, in the report too, without the password.
func TestNoServer(t *testing.T) {
	env := map[string]string{"MONGOCD_DESTINATION_URI": "mongodb://me:s3cr%40t@127.0.0.1:1/?serverSelectionTimeoutMS=200"}
	code, stdout, stderr := run(t, env, "plan", "--output", "json")
	var report change.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 1 || report.Failure == nil || report.Failure.Stage != "connect" {
		t.Errorf("exit %d, %v\n%s", code, err, stdout)
	}
	if all := stdout + stderr; strings.Contains(all, "s3cr") || !strings.Contains(stderr, "connecting to 127.0.0.1:1 failed") || !strings.Contains(stderr, "Check host and port") {
		t.Errorf("%s", all)
	}
	env = map[string]string{"MONGOCD_DESTINATION_URI": "mongodb://me:s3cr@t@host:port/?x"}
	if code, stdout, stderr := run(t, env, "plan"); code != 1 || strings.Contains(stdout+stderr, "s3cr") || !strings.Contains(stderr, "the connection string cannot be used") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// TestDoctor: the program examines its destination, as text and as JSON.
func TestDoctor(t *testing.T) {
	env := map[string]string{"MONGOCD_DESTINATION_URI": engine.ForTest(t)}
	own := []string{"--state-database", "f_cli_doctor", "--database", "shop=f_cli_doctor_shop"}
	client, err := mongo.Connect(options.Client().ApplyURI(env["MONGOCD_DESTINATION_URI"]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := errors.Join(client.Database("f_cli_doctor").Drop(ctx), client.Disconnect(ctx)); err != nil {
			t.Error(err)
		}
	})
	code, text, errs := run(t, env, append([]string{"doctor"}, own...)...)
	for _, want := range []string{"environment     prod-eu\n", "server          version ", "tls             off\n", "yes             unique indexes\n", "nothing is in the way\n"} {
		if code != 0 || !strings.Contains(text, want) {
			t.Errorf("exit %d, no %q in\n%s%s", code, want, text, errs)
		}
	}
	code, text, errs = run(t, env, append([]string{"doctor", "--output", "json", "--probe", "never"}, own...)...)
	var found struct {
		Command, Environment string
		Features             []struct{ Name, State string }
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil || code != 0 || found.Command != "doctor" || found.Environment != "prod-eu" || len(found.Features) == 0 || found.Features[0].State != "has" {
		t.Errorf("exit %d, %v: %+v\n%s", code, err, found, errs)
	}
	env["MONGOCD_DESTINATION_URI"] = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300&directConnection=true"
	if code, text, errs := run(t, env, "doctor"); code != 1 || text != "" || !strings.Contains(errs, "nothing answers on this address and port") {
		t.Errorf("exit %d, %s%s", code, text, errs)
	}
}
