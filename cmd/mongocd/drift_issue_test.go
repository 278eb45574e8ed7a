package main

// Holds that the drift workflow of the guides keeps one issue. In: the script in
// docs/guides/drift-watch.md, a `gh` that keeps issues in a folder, a program that verifies a
// directory, as the artefact does; out: which issues are open, what is in them, how the job ends.

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// hub stands for gh: `api` with the issues of one repository, in issues.json. Of --jq it
// knows what the script asks: the numbers of open issues by how they begin.
const hub = `#!/usr/bin/env node
const fs = require("fs"), file = process.env.HUB + "/issues.json";
const issues = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : [{ number: 1, state: "open", body: null, title: "another" }];
const [, , api, ...args] = process.argv, given = {};
let path = "";
for (let i = 0; i < args.length; i++) {
  if (args[i] === "--paginate") continue;
  if (!args[i].startsWith("--")) { path = args[i]; continue; }
  const flag = args[i].slice(2), value = args[++i];
  if (flag !== "field" && flag !== "raw-field") { given[flag] = value; continue; }
  const [name, text] = value.split(/=(.*)/s);
  given[name] = flag === "field" && text[0] === "@" ? fs.readFileSync(text.slice(1), "utf8") : text;
}
const [, number, comments] = /^repos\/a\/b\/issues(?:\/(\d+)(\/comments)?)?(?:\?state=open&per_page=100)?$/.exec(path) || process.exit(9);
const found = issues.find((i) => i.number === Number(number));
if (api !== "api") process.exit(9);
if (given.jq) {
  const mark = /startswith\("(<!-- mongocd verify .*?)"\)\)\) \| \.number$/.exec(given.jq)[1];
  console.log(issues.filter((i) => i.state === "open" && (i.body || "").startsWith(mark)).map((i) => i.number).join("\n"));
} else if (comments) found.comments = [...(found.comments || []), given.body];
else if (given.method === "PATCH") Object.assign(found, given);
else if (given.method === "POST") issues.push({ number: issues.length + 1, state: "open", ...given });
fs.writeFileSync(file, JSON.stringify(issues));
`

type issue struct {
	State, Title, Body string
	Comments           []string
}

func TestDriftIssue(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the jobs of the guides run on Linux")
	}
	var script string
	for _, s := range scripts(t, "../../docs/guides/drift-watch.md") {
		if strings.Contains(s, "gh api") {
			script = s
		}
	}
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	weave, extracted := "weave shop\nenvironments prod-eu\nfrom shop into shop {\n  sync flags\n}\n", `{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": []}`
	writeText(t, filepath.Join(dir, "shop.weave"), weave)
	writeText(t, filepath.Join(dir, "extracted/shop/flags/collection.json"), extracted)
	writeText(t, filepath.Join(dir, "extracted/shop/flags/documents.jsonl"), "{\"_id\": 1, \"on\": true}\n")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "bin", "mongocd")); err != nil { // TestMain is mongocd by this name
		t.Fatal(err)
	}
	program(t, filepath.Join(dir, "bin", "gh"), hub)
	environment := append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "HUB="+dir, "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary"),
		"REGION=prod-eu", "REPO=a/b", "RUN=https://example.com/runs/5", "MONGOCD_DESTINATION_URI=dir:"+there)
	sh := func(text string) (string, int) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", text)
		cmd.Dir, cmd.Env = dir, environment
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	if said, code := sh("mongocd compile && mongocd apply --env prod-eu --yes"); code != 0 {
		t.Fatal(said)
	}
	// What the artefact's verify does, of the same build.
	program(t, filepath.Join(dir, "build", "prod-eu", "shop", "shop"), "#!/bin/sh\n[ \"$1\" = verify ] || exit 9\nshift\nexec mongocd verify --from build/prod-eu/shop \"$@\"\n")
	drift := func(text string) {
		files, err := filepath.Glob(filepath.Join(there, "shop", "flags", "documents", "*.json"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v: %v", files, err)
		}
		writeText(t, files[0], text+"\n")
	}
	for _, step := range []struct {
		name, document    string
		exit, open, total int
		body              string // of the issue of this region
		comments          int
	}{
		{"in sync, and never was otherwise", `{"_id": 1, "on": true}`, 0, 1, 1, "", 0},
		{"drifted", `{"_id": 1, "on": false}`, 2, 2, 2, "`on`: `false` → `true`", 0},
		{"still drifted, otherwise", `{"_id": 1, "on": "maybe"}`, 2, 2, 2, "`on`: `\"maybe\"` → `true`", 0},
		{"in sync again", `{"_id": 1, "on": true}`, 0, 1, 2, "`on`: `\"maybe\"` → `true`", 1},
		{"drifted once more", `{"_id": 1, "on": false}`, 2, 2, 3, "`on`: `false` → `true`", 0},
	} {
		drift(step.document)
		said, code := sh(script)
		if code != step.exit {
			t.Errorf("%s: the job ends with %d\n%s", step.name, code, said)
		}
		var issues []issue
		if data, err := os.ReadFile(filepath.Join(dir, "issues.json")); err != nil {
			t.Fatal(err)
		} else if err := json.Unmarshal(data, &issues); err != nil {
			t.Fatal(err)
		}
		open := 0
		for _, i := range issues {
			if i.State == "open" {
				open++
			}
		}
		last := issues[len(issues)-1]
		if open != step.open || len(issues) != step.total || !strings.Contains(last.Body, step.body) || len(last.Comments) != step.comments {
			t.Errorf("%s: %d issues, %d open, the last one\n%+v\n%s", step.name, len(issues), open, last, said)
		}
		if step.body != "" && last.Title != "prod-eu is not as released" {
			t.Errorf("%s: the issue is called %q", step.name, last.Title)
		}
	}
	environment = append(environment, "MONGOCD_DESTINATION_URI=mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")
	if said, code := sh(script); code != 1 {
		t.Errorf("of a server that is not there the job ends with %d\n%s", code, said)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "issues.json")); err != nil || strings.Count(string(data), `"number"`) != 3 {
		t.Errorf("a server that is not there is drift: %s %v", data, err)
	}
	if summary, err := os.ReadFile(filepath.Join(dir, "summary")); err != nil || !strings.Contains(string(summary), "verify shop") {
		t.Errorf("the summary of the job: %s %v", summary, err)
	}
}
