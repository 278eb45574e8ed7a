package main

// `plan --html`: a release of examples/saas, as a reviewer sees it in a browser.

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/browser"
)

// was changes the files of a folder that have a text, and returns how many there were.
func was(t *testing.T, folder, having, old, new string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(data, []byte(having)) || !bytes.Contains(data, []byte(old)) {
			return err
		}
		n++
		if new == "" { // the document is not there
			return os.Remove(path)
		}
		return os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o600)
	})
	if err != nil || n == 0 {
		t.Fatalf("%s: %d files with %s and %s, %v", folder, n, having, old, err)
	}
}

// released is the workspace of examples/saas with a destination, in there, that has
// everything but what a release changes.
func released(t *testing.T) (workspace string, lookupEnv func(string) (string, bool)) {
	t.Helper()
	workspace = t.TempDir()
	if err := os.CopyFS(workspace, os.DirFS("../../examples/saas")); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(workspace, "there")
	if err := os.Mkdir(there, 0o755); err != nil {
		t.Fatal(err)
	}
	lookupEnv = func(name string) (string, bool) {
		switch {
		case name == "MONGOCD_DESTINATION_URI":
			return "dir:" + there, true
		case strings.HasPrefix(name, "SMTP_PASSWORD_") && !strings.HasSuffix(name, "_FILE"), name == "WEBHOOK_SIGNING_KEY":
			return "hunter2", true
		}
		return "", false
	}
	var out bytes.Buffer
	if code := run([]string{"--workspace", workspace, "apply", "--env", "prod-eu", "--yes"}, nil, &out, &out, lookupEnv); code != 0 {
		t.Fatalf("%d: %s", code, out.String())
	}
	app := filepath.Join(there, "app")
	was(t, filepath.Join(app, "email~templates"), `"key": "invite-user"`, "Sent by", "Sent with love by")
	was(t, filepath.Join(app, "plans"), `"code": "team"`, `"29.00"`, `"27.00"`)
	was(t, filepath.Join(app, "roles"), `"name": "support"`, `"permissions": [`, `"permissions": [{"$oid": "65c0000000000000000000ff"},`)
	was(t, filepath.Join(app, "flags"), `"name": "smart-search"`, `"rollout": 100`, `"rollout": 50`)
	was(t, filepath.Join(app, "flags"), `"unique": true`, `"unique": true`, `"sparse": true`)
	was(t, filepath.Join(app, "plans"), `"validator"`, `"minItems": 1`, `"minItems": 0`)
	was(t, filepath.Join(app, "tenant~settings"), `"tenantKey": "globex"`, `"hunter2"`, `"old"`)
	was(t, filepath.Join(app, "countries"), `"code": "DE"`, `"code": "DE"`, ``)
	was(t, filepath.Join(app, "currencies"), `"_id": "SEK"`, `"SEK"`, `"SKK"`)
	return workspace, lookupEnv
}

// TestPlanPage: the page of a plan, and with UPDATE_GOLDEN its pictures in the documentation.
func TestPlanPage(t *testing.T) {
	workspace, lookupEnv := released(t)
	file := filepath.Join(workspace, "plan.html")
	var out bytes.Buffer
	if code := run([]string{"--workspace", workspace, "plan", "--env", "prod-eu", "--html", file}, nil, &out, &out, lookupEnv); code != 0 {
		t.Fatalf("%d: %s", code, out.String())
	}
	tab := browser.ForTest(t).Open(t, "file://"+file, true)
	tab.Eval(`[...document.querySelectorAll('.line .name')].find((e) => e.textContent.includes('invite-user')).click()`, nil)
	tab.Press("s")
	tab.Eval(`document.querySelector('.previews summary').click()`, nil)
	tab.Wait(`document.querySelectorAll('iframe.preview').length === 2`)
	detail := tab.Text(`document.getElementById('detail').innerText`)
	for _, want := range []string{"Sent with love by", "mail.weave:2:3", "extracted/app_test/email~templates/documents/invite-user-de", "set html = replace"} {
		if !strings.Contains(detail, want) {
			t.Errorf("no %s in\n%s", want, detail)
		}
	}
	for _, trouble := range tab.Trouble() {
		t.Error(trouble)
	}
	for _, scheme := range []string{"light", "dark"} {
		tab.Look(scheme, "screen")
		if tab.Eval(`new Promise((done) => setTimeout(done, 300))`, nil); os.Getenv("UPDATE_GOLDEN") == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join("../../docs/images", "review-"+scheme+".png"), tab.Picture(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
