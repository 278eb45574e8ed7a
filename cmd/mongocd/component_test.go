package main

// Runs the jobs of the GitLab component in a shell as its runner does: mongocd itself, on a test server, and a server in the
// place of GitLab's. In: templates/mongocd.yml and inputs; out: notes, artifacts, exit codes.

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.yaml.in/yaml/v3"
)

// component are the jobs of templates/mongocd.yml for inputs, as GitLab fills them in.
func component(t *testing.T, inputs map[string]string) map[string]struct{ Script []string } {
	t.Helper()
	text, err := os.ReadFile("../../templates/mongocd.yml")
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(text), "\n---\n")
	if !ok {
		t.Fatal("the component has no head")
	}
	var spec struct {
		Spec struct {
			Inputs map[string]struct {
				Default *string
				Regex   string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(head), &spec); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(body) {
		if strings.Contains(line, "$[[") && regexp.MustCompile(`^ {4,}(- |mongocd|\w+=)`).MatchString(line) {
			t.Errorf("an input is part of a script: %s", line)
		}
	}
	for name, in := range spec.Spec.Inputs {
		value, given := inputs[name]
		if !given && in.Default == nil {
			t.Fatalf("the input %s has no default", name)
		} else if !given {
			value = *in.Default
		}
		if in.Regex != "" && !regexp.MustCompile(strings.Trim(in.Regex, "/")).MatchString(value) {
			t.Fatalf("%s: %q is not %s", name, value, in.Regex)
		}
		body = strings.ReplaceAll(body, "$[[ inputs."+name+" ]]", value)
	}
	jobs := map[string]struct{ Script []string }{}
	if err := yaml.Unmarshal([]byte(body), &jobs); err != nil || strings.Contains(body, "$[[") {
		t.Fatalf("%v\n%s", err, body)
	}
	return jobs
}

func TestComponent(t *testing.T) {
	r := newRunner(t)
	uri, flags := emptied(t)
	notes := []map[string]any{{"id": 3, "body": "a person's"}}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked = append(asked, q.Method+" "+q.URL.Path)
		if q.Header.Get("PRIVATE-TOKEN") != "token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if q.Method == http.MethodGet {
			if err := json.NewEncoder(w).Encode(notes); err != nil {
				t.Error(err)
			}
			return
		}
		reader, err := q.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		part, err := reader.NextPart()
		if err != nil || part.FormName() != "body" {
			t.Errorf("%v: %v", part, err)
			return
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Error(err)
		}
		if q.Method == http.MethodPost {
			notes = append(notes, map[string]any{"id": 8})
		}
		notes[1]["body"] = string(body)
		fmt.Fprint(w, "{}")
	}))
	defer server.Close()
	jobs := component(t, map[string]string{"version": "v1.2.3", "environment": "prod"})
	job := func(name string, env map[string]string) (int, string) {
		t.Helper()
		script := jobs["mongocd "+name+" prod"].Script
		if len(script) == 0 {
			t.Fatalf("no job %s in %v", name, jobs)
		}
		all := map[string]string{"MONGOCD_ENVIRONMENT": "prod", "CONFIGFOLDER": ".", "MONGOCD_DESTINATION_URI": uri, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_API_V4_URL": server.URL + "/api/v4",
			"CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "5", "CI_COMMIT_SHA": "c0ffee", "GITLAB_USER_LOGIN": "ann", "CI_JOB_ID": "12"}
		for name, value := range env {
			all[name] = value
		}
		return r.shell(strings.Join(script, "\n"), all, "-eo", "pipefail")
	}
	for _, token := range []string{"", "token", "token"} {
		if code, said := job("diff", map[string]string{"NOTES_TOKEN": token}); code != 0 {
			t.Errorf("diff: %d\n%s", code, said)
		}
	}
	if want := []string{"GET /api/v4/projects/1/merge_requests/5/notes", "POST /api/v4/projects/1/merge_requests/5/notes", "GET /api/v4/projects/1/merge_requests/5/notes", "PUT /api/v4/projects/1/merge_requests/5/notes/8"}; !slices.Equal(asked, want) {
		t.Errorf("%v, want %v", asked, want)
	}
	if body, _ := notes[1]["body"].(string); !strings.HasPrefix(body, "<!-- mongocd component prod -->\n<!-- mongocd diff") || notes[0]["body"] != "a person's" {
		t.Errorf("%v", notes)
	}
	if _, err := os.Stat(filepath.Join(r.root, "notes.cfg")); err == nil {
		t.Error("the token is left in a file")
	}
	if code, said := job("apply", nil); code != 64 {
		t.Errorf("apply without a plan: %d\n%s", code, said)
	}
	if code, said := job("plan", nil); code != 0 || !strings.Contains(said, "2 to insert") {
		t.Fatalf("plan: %d\n%s", code, said)
	}
	if code, said := job("apply", nil); code != 0 {
		t.Fatalf("apply: %d\n%s", code, said)
	}
	if n, err := flags.CountDocuments(t.Context(), bson.D{}); err != nil || n != 2 {
		t.Errorf("%d documents: %v", n, err)
	}
	if code, said := job("plan", map[string]string{"MONGOCD_DESTINATION_URI": ""}); code != 64 || !strings.Contains(said, "no destination given") {
		t.Errorf("plan without a destination: %d\n%s", code, said)
	}
}
