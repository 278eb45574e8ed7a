package main

// Holds that the shell of the guides' jobs keeps the exit code and the report. In: the
// scripts in the YAML of docs/guides, programs that stand for those that they call; out:
// how the scripts end, and what they leave behind.

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// stub is a program that notes how it was called, writes the files that it is told to
// write, prints Markdown, and ends with STUB_EXIT.
const stub = `#!/bin/sh
echo "$(basename "$0") $*" >> "$STUB_LOG"
while [ $# -gt 0 ]; do
  if [ "$1" = --report ]; then printf '{\n  "digest": "sha256:00ff"\n}\n' > "$2"; fi
  shift
done
if [ -z "$STUB_SILENT" ]; then printf '<!-- mongocd diff -->\n### why it is so\n'; fi
exit "$STUB_EXIT"
`

// others stand for gh, curl and jq: they print what was found.
const others = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> \"$STUB_LOG\"\ncase \"$0\" in */jq) cat > /dev/null ;; esac\ncase \"$*\" in *--method*|*--form*) ;; *) echo \"$STUB_FOUND\" ;; esac\n"

// scripts are the shell blocks of a guide's YAML that call mongocd or an artefact.
func scripts(t *testing.T, file string) []string {
	t.Helper()
	var out []string
	for _, f := range readMarkdown(t, file).fences() {
		if f.kind != "yaml" {
			continue
		}
		lines := strings.Split(f.text, "\n")
		for i := 0; i < len(lines); i++ {
			if text := strings.TrimSpace(lines[i]); text != "run: |" && text != "- |" && text != "- run: |" {
				continue
			}
			indent := len(lines[i+1]) - len(strings.TrimLeft(lines[i+1], " "))
			var script []string
			for i++; i < len(lines) && (strings.TrimSpace(lines[i]) == "" || len(lines[i])-len(strings.TrimLeft(lines[i], " ")) >= indent); i++ {
				script = append(script, strings.TrimPrefix(lines[i], strings.Repeat(" ", indent)))
			}
			i--
			out = append(out, strings.Join(script, "\n"))
		}
	}
	return out
}

func TestGuidesShell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the jobs of the guides run on Linux")
	}
	type kept struct {
		exit    string
		found   string // what gh or jq finds: the comment of an earlier run
		silent  string
		summary string // must be in the summary
	}
	calls := map[string]int{}
	for _, file := range []string{"github-actions.md", "gitlab-ci.md"} {
		for _, script := range scripts(t, "../../docs/guides/"+file) {
			kind := regexp.MustCompile(`(?:mongocd|shop/shop) (diff|plan|apply) `).FindStringSubmatch(script)
			if kind == nil {
				continue
			}
			calls[file+" "+kind[1]]++
			for _, k := range []kept{
				{exit: "0", found: "", summary: "why it is so"}, {exit: "3", found: "77", summary: "why it is so"}, {exit: "1", found: "77", silent: "1", summary: "ended with 1"},
			} {
				dir := t.TempDir()
				for _, region := range []string{"preprod", "prod-eu"} {
					program(t, filepath.Join(dir, "build", region, "shop", "shop"), stub)
				}
				program(t, filepath.Join(dir, "bin", "mongocd"), stub)
				for _, name := range []string{"gh", "curl", "jq"} {
					program(t, filepath.Join(dir, "bin", name), others)
				}
				writeText(t, filepath.Join(dir, "plan.json"), "{\n  \"digest\": \"sha256:00ff\"\n}\n")
				writeText(t, filepath.Join(dir, "plan-prod-eu.json"), "{\n  \"digest\": \"sha256:00ff\"\n}\n")
				summary, log := filepath.Join(dir, "summary"), filepath.Join(dir, "log")
				cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", script)
				cmd.Dir = dir
				cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "STUB_LOG=" + log, "STUB_EXIT=" + k.exit, "STUB_FOUND=" + k.found, "STUB_SILENT=" + k.silent,
					"GITHUB_STEP_SUMMARY=" + summary, "REGION=prod-eu", "BASE=origin/main", "REPO=a/b", "PR=5", "COMMIT=c0ffee", "ACTOR=ann",
					"CI_DEFAULT_BRANCH=main", "CI_API_V4_URL=https://gitlab.example.com/api/v4", "CI_PROJECT_ID=1", "CI_MERGE_REQUEST_IID=5", "NOTES_TOKEN=t", "CI_COMMIT_SHA=c0ffee", "GITLAB_USER_LOGIN=ann"}
				out, err := cmd.CombinedOutput()
				exit := "0"
				var ended *exec.ExitError
				if errors.As(err, &ended) {
					exit = map[int]string{1: "1", 3: "3"}[ended.ExitCode()]
				} else if err != nil {
					t.Fatal(err)
				}
				said, _ := os.ReadFile(summary) // GitLab's jobs have their log
				called, err := os.ReadFile(log)
				if err != nil {
					t.Fatal(err)
				}
				shown := string(said) + string(out)
				for _, name := range []string{"comment.md", "diff.md", "plan-prod-eu.md"} {
					text, _ := os.ReadFile(filepath.Join(dir, name)) // the script writes one of them
					shown += string(text)
				}
				switch {
				case exit != k.exit:
					t.Errorf("%s: with exit code %s the job ends with %s\n%s\n%s", file, k.exit, exit, script, out)
				case !strings.Contains(shown, k.summary) && !(kind[1] == "apply" && k.silent != "") && !(kind[1] == "plan" && file == "gitlab-ci.md"):
					t.Errorf("%s: with exit code %s nobody is told %q\n%s\n%s", file, k.exit, k.summary, script, shown)
				}
				if kind[1] == "diff" {
					want := "--method POST"
					if k.found != "" {
						want = "--method PATCH repos/a/b/issues/comments/77"
					}
					if file == "gitlab-ci.md" {
						want = map[bool]string{true: "--request PUT", false: "--form body=<diff.md https://gitlab.example.com/api/v4/projects/1/merge_requests/5/notes"}[k.found != ""]
					}
					if !strings.Contains(string(called), want) {
						t.Errorf("%s: no call has %q:\n%s", file, want, called)
					}
				}
				if kind[1] == "apply" && strings.Contains(script, "--approved") && file == "gitlab-ci.md" && !strings.Contains(string(called), "--approved sha256:00ff ") {
					t.Errorf("%s: the digest is not that of the plan:\n%s", file, called)
				}
			}
		}
	}
	for _, want := range []string{"github-actions.md diff", "github-actions.md plan", "github-actions.md apply", "gitlab-ci.md diff", "gitlab-ci.md plan", "gitlab-ci.md apply"} {
		if calls[want] == 0 {
			t.Errorf("no script of %s was run", want)
		}
	}
}

// program writes one that can be run.
func program(t *testing.T, file, text string) {
	t.Helper()
	writeText(t, file, text)
	if err := os.Chmod(file, 0o700); err != nil {
		t.Fatal(err)
	}
}
