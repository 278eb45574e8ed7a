package main

// Runs what action.yml runs, in a shell as a GitHub runner does: mongocd itself, on a test server, with a stub of gh.
// In: action.yml and action/run.sh; out: outputs, summaries, comments, exit codes.

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.yaml.in/yaml/v3"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// ghStub has the comments of a pull request in a file, through the real jq, and a release in a folder. It notes its calls.
const ghStub = `#!/bin/sh
echo "gh $*" >>"$STUB/calls"
[ -n "$GH_TOKEN" ] || exit 4
case "$1 $2" in
"release download") for word; do [ "$last" = --dir ] && dir=$word; last=$word; done; cp "$STUB"/release/* "$dir/" ;;
"attestation verify") exit "${STUB_ATTESTED:-0}" ;;
api*)
  [ -z "$STUB_FORBIDDEN" ] || { echo "HTTP 403" >&2; exit 1; }
  for word; do
    case "$last" in --jq) filter=$word ;; esac
    case "$word" in body=@*) body=${word#body=@} ;; esac
    last=$word
  done
  if [ -n "$body" ]; then
    jq -Rs '[{id: 77, body: .}]' <"$body" >"$STUB/comments"
  else
    jq -r "$filter" "$STUB/comments"
  fi ;;
*) exit 5 ;;
esac
`

// runner is a GitHub runner's job: a workspace in git, mongocd on the PATH, files for outputs.
type runner struct {
	t          *testing.T
	root, stub string
	env        map[string]string
}

const actionWeave = "weave shop\nenvironments prod\n\nfrom src into action_test {\n  sync flags by name {\n    create on = true\n    prune all at most 1\n  }\n}\n"

func newRunner(t *testing.T) *runner {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the jobs run on Linux and macOS")
	}
	r := &runner{t: t, root: t.TempDir(), stub: t.TempDir()}
	r.put("shop.weave", actionWeave)
	r.put("extracted/src/flags/documents.jsonl", `{"_id":1,"name":"a"}`+"\n"+`{"_id":2,"name":"b"}`+"\n")
	for _, args := range [][]string{{"init", "-qb", "main"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"}, {"update-ref", "refs/remotes/origin/main", "HEAD"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = r.root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(r.stub, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(r.stub, "bin", "mongocd")); err != nil { // testscript makes this program that one by its name
		t.Fatal(err)
	}
	program(t, filepath.Join(r.stub, "bin", "gh"), ghStub)
	put(t, filepath.Join(r.stub, "comments"), "[]")
	r.env = map[string]string{
		"PATH": filepath.Join(r.stub, "bin") + ":" + os.Getenv("PATH"), "HOME": r.stub, "STUB": r.stub, "RUNNER_TEMP": r.stub, "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64",
		"GITHUB_SHA": "c0ffee", "GITHUB_ACTOR": "ann", "GITHUB_RUN_ID": "12", "GITHUB_REPOSITORY": "a/b", "GITHUB_BASE_REF": "main", "PULL_REQUEST": "5", "GH_TOKEN": "t",
	}
	return r
}

func (r *runner) put(name, text string) {
	r.t.Helper()
	put(r.t, filepath.Join(r.root, filepath.FromSlash(name)), text)
}

// shell runs a script as runners do, and returns its exit code and what it says.
func (r *runner) shell(script string, env map[string]string, flags ...string) (code int, said string) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "bash", append(flags, "-c", script)...)
	cmd.Dir = r.root
	for _, m := range []map[string]string{r.env, env} {
		for name, value := range m {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		r.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// action runs action.yml with inputs: its step, with the inputs as its env has them.
func (r *runner) action(inputs map[string]string, more ...string) (code int, said, summary string, outputs map[string]string) {
	r.t.Helper()
	var a struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Using string
			Steps []struct {
				Shell, Run string
				Env        map[string]string
			}
		}
	}
	text, err := os.ReadFile("../../action.yml")
	if err == nil {
		err = yaml.Unmarshal(text, &a)
	}
	if err != nil || a.Runs.Using != "composite" || len(a.Runs.Steps) != 1 || a.Runs.Steps[0].Shell != "bash" || strings.Contains(a.Runs.Steps[0].Run, "${{") {
		r.t.Fatalf("action.yml: %v, %+v", err, a.Runs)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		r.t.Fatal(err)
	}
	env := map[string]string{"GITHUB_ACTION_PATH": root}
	for name, file := range map[string]string{"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", "GITHUB_PATH": "path"} {
		env[name] = filepath.Join(r.stub, file)
		put(r.t, env[name], "")
	}
	given := regexp.MustCompile(`^\$\{\{ inputs\.([a-z]+) \}\}$`)
	passed := 0
	for name, value := range a.Runs.Steps[0].Env {
		if m := given.FindStringSubmatch(value); m != nil && name == "INPUT_"+strings.ToUpper(m[1]) {
			passed++
			value, ok := inputs[m[1]]
			if !ok {
				value = a.Inputs[m[1]].Default
			}
			env[name] = value
		}
	}
	if passed != len(a.Inputs)-1 { // the token is gh's
		r.t.Errorf("%d of %d inputs reach the script", passed, len(a.Inputs))
	}
	for _, pair := range more {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	code, said = r.shell(a.Runs.Steps[0].Run, env, "--noprofile", "--norc", "-eo", "pipefail")
	outputs = map[string]string{}
	for line := range strings.Lines(r.read("output")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		outputs[name] = value
	}
	return code, said, r.read("summary"), outputs
}

func (r *runner) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.stub, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// emptied drops what the test writes, before and after it.
func emptied(t *testing.T) (uri string, flags *mongo.Collection) {
	t.Helper()
	uri = engine.ForTest(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	drop := func() {
		for _, name := range []string{"action_test", "mongocd"} {
			if err := client.Database(name).Drop(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	drop()
	t.Cleanup(func() {
		if err := client.Disconnect(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return uri, client.Database("action_test").Collection("flags")
}

func TestAction(t *testing.T) {
	r := newRunner(t)
	uri, flags := emptied(t)
	r.env["MONGOCD_DESTINATION_URI"] = uri
	if code, said, _, outputs := r.action(nil); code != 0 || outputs["exit-code"] != "0" || !strings.Contains(said, "\ndriver  v") {
		t.Errorf("setup: %d, %v\n%s", code, outputs, said)
	}

	// diff: a comment, the same one written anew.
	r.put("shop.weave", strings.ReplaceAll(actionWeave, "on = true", "on = false"))
	for i, method := range []string{"POST", "PATCH"} {
		code, said, summary, outputs := r.action(map[string]string{"command": "diff", "html": "diff.html"})
		calls := r.read("calls")
		if code != 0 || outputs["exit-code"] != "0" || !strings.Contains(summary, "<!-- mongocd diff") || !strings.Contains(calls, "--method "+method+" repos/a/b/issues/") || strings.Count(calls, "--method") != i+1 {
			t.Errorf("diff: %d, %v\n%s\n%s\n%s", code, outputs, said, summary, calls)
		}
		if comment := r.read("comments"); !strings.Contains(comment, "<!-- mongocd action diff ") || !strings.Contains(comment, "flags") {
			t.Errorf("%s", comment)
		}
		if _, err := os.Stat(filepath.Join(r.root, "diff.html")); err != nil {
			t.Error(err)
		}
	}
	if code, said, summary, _ := r.action(map[string]string{"command": "diff"}, "STUB_FORBIDDEN=1"); code != 0 || !strings.Contains(said, "::warning title=mongocd::the comment could not be written") || summary == "" {
		t.Errorf("of a fork: %d\n%s", code, said)
	}
	r.put("shop.weave", "weave shop\nnonsense\n")
	if code, said, summary, outputs := r.action(map[string]string{"command": "diff"}); code != 1 || outputs["exit-code"] != "1" || !strings.Contains(summary, "nonsense") {
		t.Errorf("wrong rules: %d, %v\n%s\n%s", code, outputs, said, summary)
	}
	r.put("shop.weave", actionWeave)

	// plan, approval, apply.
	inputs := func(pairs ...string) map[string]string {
		m := map[string]string{"environment": "prod"}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	code, said, summary, outputs := r.action(inputs("command", "plan"))
	digest := outputs["digest"]
	if code != 0 || outputs["differences"] != "true" || outputs["report"] != "mongocd-plan.json" || !strings.HasPrefix(digest, "sha256:") || !strings.Contains(summary, "2 to insert") {
		t.Fatalf("plan: %d, %v\n%s\n%s", code, outputs, said, summary)
	}
	if code, said, _, _ := r.action(inputs("command", "apply")); code != 64 || !strings.Contains(said, "::error title=mongocd::apply needs the input approved") {
		t.Errorf("apply without approval: %d\n%s", code, said)
	}
	if code, said, summary, outputs := r.action(inputs("command", "apply", "approved", "sha256:"+strings.Repeat("0", 64))); code != 3 || outputs["exit-code"] != "3" {
		t.Errorf("another plan: %d, %v\n%s\n%s", code, outputs, said, summary)
	}
	if code, said, summary, outputs := r.action(inputs("command", "apply", "approved", "mongocd-plan.json")); code != 0 || outputs["report"] != "mongocd-apply.json" || !strings.Contains(summary, "applied") {
		t.Fatalf("apply: %d, %v\n%s\n%s", code, outputs, said, summary)
	}
	if n, err := flags.CountDocuments(t.Context(), bson.D{{Key: "on", Value: true}}); err != nil || n != 2 {
		t.Errorf("%d documents: %v", n, err)
	}
	if _, _, _, outputs := r.action(inputs("command", "plan")); outputs["differences"] != "false" {
		t.Errorf("after apply: %v", outputs)
	}
	if code, said, summary, _ := r.action(inputs("command", "apply", "approved", "any", "report", "again.json")); code != 0 || !strings.Contains(summary, "in sync") {
		t.Errorf("again: %d\n%s\n%s", code, said, summary)
	}
	_, runs := r.shell("mongocd runs --env prod --output json", nil)
	for name, value := range map[string]string{"commit": "c0ffee", "actor": "ann", "run": "12"} {
		if label := fmt.Sprintf(`{"name":%q,"value":%q}`, name, value); !strings.Contains(strings.Join(strings.Fields(runs), ""), label) {
			t.Errorf("no label %s in\n%s", label, runs)
		}
	}
	// What cannot be reached is told in the summary, with mongocd's own exit code.
	if code, _, summary, outputs := r.action(inputs("command", "plan"), "MONGOCD_DESTINATION_URI="); code != 64 || outputs["report"] != "" || !strings.Contains(summary, "no destination given") {
		t.Errorf("without a destination: %d, %v\n%s", code, outputs, summary)
	}
}

// TestActionInputs: what is no input is refused before anything runs, and is never code.
func TestActionInputs(t *testing.T) {
	r := newRunner(t)
	for _, wrong := range []map[string]string{
		{"command": "destroy"}, {"command": ""}, {"version": "latest"}, {"version": "v1.2"}, {"version": "v1.2.3/../x"}, {"workspace": "nowhere"}, {"workspace": "-x"},
		{"command": "plan", "environment": "prod; touch owned"}, {"command": "plan", "environment": "$(touch owned)"}, {"command": "plan", "from": "--force-unlock=1"},
		{"command": "diff", "base": "--output=owned"}, {"command": "diff", "base": "a\n::set-output name=x::y"}, {"command": "diff", "comment": "yes"}, {"command": "diff", "from": "build"},
		{"command": "apply", "approved": "-x"}, {"command": "apply", "approved": "any", "wait": "5"}, {"command": "apply", "approved": "any", "html": "x"}, {"command": "plan", "report": "a\nb"},
	} {
		code, said, summary, outputs := r.action(wrong)
		if code != 64 || !strings.HasPrefix(said, "::error title=mongocd::") || strings.Count(said, "\n") != 1 || summary != "" || len(outputs) > 0 {
			t.Errorf("%q: %d, %v\n%s", wrong, code, outputs, said)
		}
	}
	for _, hostile := range []map[string]string{
		{"command": "diff", "base": "$(touch owned)"}, {"command": "diff", "base": "x`touch owned`"}, {"command": "plan", "environment": "prod", "from": "a; touch owned"},
		{"command": "apply", "environment": "prod", "approved": "$(touch owned)"}, {"command": "diff", "html": "'; touch owned; '"},
	} {
		if code, said, _, _ := r.action(hostile); code != 64 && code != 1 && code != 0 {
			t.Errorf("%q: %d\n%s", hostile, code, said)
		}
	}
	for _, dir := range []string{r.root, r.stub} {
		if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
			t.Errorf("an input was run as code in %s", dir)
		}
	}
	if code, said, _, _ := r.action(nil, "PATH=/usr/bin:/bin"); code != 64 || !strings.Contains(said, "there is no mongocd: give the input version") {
		t.Errorf("without mongocd: %d\n%s", code, said)
	}
}

// TestActionInstalls: a release is taken when its checksum and its attestation are right, and not else.
func TestActionInstalls(t *testing.T) {
	r := newRunner(t)
	for name, text := range map[string]string{"release/mongocd": "#!/bin/sh\necho mongocd 1.2.3 of the archive\n"} {
		put(t, filepath.Join(r.stub, name), text)
	}
	const archive = "mongocd_1.2.3_linux_amd64.tar.gz"
	if code, said := r.shell("cd \"$STUB/release\" && chmod +x mongocd && tar -czf "+archive+" mongocd && rm mongocd && { sha256sum "+archive+"; echo '00  other.zip'; } >checksums.txt", nil); code != 0 {
		t.Fatal(said)
	}
	version := map[string]string{"version": "v1.2.3"}
	code, said, _, _ := r.action(version)
	if code != 0 || !strings.Contains(said, "mongocd 1.2.3 of the archive") || strings.TrimSpace(r.read("path")) != filepath.Join(r.stub, "mongocd-v1.2.3") {
		t.Errorf("%d\n%s\n%s", code, said, r.read("path"))
	}
	if calls := r.read("calls"); !strings.Contains(calls, "gh release download v1.2.3 --repo hayone1/mongocd ") || !strings.Contains(calls, "--signer-workflow hayone1/mongocd/.github/workflows/release.yml") {
		t.Errorf("%s", calls)
	}
	for _, more := range []string{"STUB_ATTESTED=1", "RUNNER_ARCH=RISCV64", "RUNNER_OS=Plan9"} {
		if code, said, _, _ := r.action(version, more); code == 0 || r.read("path") != "" || strings.Contains(said, "of the archive") {
			t.Errorf("%s: %d\n%s", more, code, said)
		}
	}
	put(t, filepath.Join(r.stub, "release", "checksums.txt"), strings.Repeat("0", 64)+"  "+archive+"\n")
	if code, said, _, _ := r.action(version); code == 0 || r.read("path") != "" || strings.Contains(said, "of the archive") {
		t.Errorf("with a wrong checksum: %d\n%s", code, said)
	}
}
