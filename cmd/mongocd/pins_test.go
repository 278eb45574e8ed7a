package main

// What Makefile and CI install is pinned: actions by commit, Python packages by hashes,
// npm packages by the lock file, everything else by a version.

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestToolsArePinned(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../../.github/workflows/*", "../../.ci/[^t]*", "../../.ci/precommit/*", "../../.ci/typescript/*", "../../Makefile", "../../.tools.mk", "../../cmd/testserver/*.txt", "../../docs/guides/requirements.txt", "../../docs/site/requirements.txt", "../../editors/tree-sitter-weave/test/requirements.txt"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range found {
			if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
				files = append(files, name)
			}
		}
	}
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	commit := regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v[0-9.]+$`)
	version := regexp.MustCompile(`@(v[0-9.]+|\$\(\w+\))`)
	requirement := regexp.MustCompile(`(?m)^[\w.-]+==[^\\\n]*\\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+`)
	seen := map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			seen["actions"]++
			if !commit.MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned by a commit, with its version beside it", file, m[1])
			}
		}
		for line := range strings.Lines(text) {
			switch {
			case strings.Contains(line, "pip install"):
				seen["pip"]++
				if !strings.Contains(line, "--require-hashes") || !strings.Contains(line, "--only-binary :all:") {
					t.Errorf("%s: without hashes: %s", file, line)
				}
			case strings.Contains(line, "cargo install"):
				if !strings.Contains(line, " --version ") || !strings.Contains(line, "--locked") {
					t.Errorf("%s: without a version: %s", file, line)
				}
			case strings.Contains(line, "go install ") || strings.Contains(line, "go run ") && strings.Contains(line, "@"):
				seen["go"]++
				if !version.MatchString(line) {
					t.Errorf("%s: without a version: %s", file, line)
				}
			case strings.Contains(line, "npm ") && strings.Contains(line, " install"), strings.Contains(line, "curl "), strings.Contains(line, "wget "):
				t.Errorf("%s: what this gets is not pinned: %s", file, line)
			}
		}
		if strings.HasSuffix(file, ".txt") {
			seen["requirements"]++
			if rest := strings.TrimSpace(requirement.ReplaceAllString(text, "")); rest != "" {
				t.Errorf("%s: without a hash:\n%s", file, rest)
			}
		}
	}
	for _, what := range []string{"actions", "pip", "go", "requirements"} {
		if seen[what] < 2 {
			t.Errorf("%d %s: the test looks in the wrong place", seen[what], what)
		}
	}
}
