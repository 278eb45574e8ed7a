package main

// A release as its reviewer sees it. In: examples/saas and a release of it; out: the text
// and the Markdown of the pull request and of the plan, as goldens, and what must be said of whom.

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/browser"
	"github.com/hayone1/mongocd/lang/format"
)

// releaseEdits are the edits: old and new texts by file; a new text for no old one is a copy of
// another file with replacements.
var releaseEdits = []struct{ file, from, to string }{
	{"extracted/app_test/email~templates/documents/welcome-en~cadb2523ffce12a0.json", ">Get started<", ">Start now<"},
	{"extracted/app_test/plans/documents/team.json", `"amount": {"$numberDecimal": "29.00"}`, `"amount": {"$numberDecimal": "31.00"}`},
	{"extracted/app_test/roles/documents/support.json", "65a000000000000000000007", "65a000000000000000000008"},
	{"extracted/app_test/flags/documents/new-checkout.json", "\"env\": \"preprod\",\n      \"rollout\": 0,\n      \"enabled\": false", "\"env\": \"preprod\",\n      \"rollout\": 50,\n      \"enabled\": true"},
	{"extracted/app_test/flags/documents/fast-sso.json", "\"env\": \"prod\",\n      \"rollout\": 100", "\"env\": \"prod\",\n      \"rollout\": 20"},
	{"flags.weave", "    index on name { unique: true }\n", "    index on name { unique: true }\n    index on owner, stage\n"},
	{"extracted/app_test/plans/collection.json", `"minItems": 1`, `"minItems": 2`},
	{"extracted/app_test/permissions/documents/flags-export~67567516df054077.json", "flags:export", "flags:download"},
}

func TestReviewOfRelease(t *testing.T) {
	dir := t.TempDir()
	copyTree(t, "../../examples/saas", dir)
	config := filepath.Join(t.TempDir(), "gitconfig")
	writeText(t, config, "[user]\nname = a\nemail = a@example.com\n")
	t.Setenv("GIT_CONFIG_GLOBAL", config)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	git := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-q", "-m", "first")
	edit := func(file, from, to string) string {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		edited := strings.Replace(string(text), from, to, 1)
		if edited == string(text) {
			t.Fatalf("%s has no %q", file, from)
		}
		return edited
	}
	command := func(args ...string) string {
		t.Helper()
		var out, said bytes.Buffer
		if code := run(append(args, "--workspace", dir), strings.NewReader(""), &out, &said, os.LookupEnv); code != 0 {
			t.Fatalf("%v ends with %d\n%s", args, code, said.String())
		}
		return out.String()
	}
	t.Setenv("MONGOCD_DESTINATION_URI_PROD_US", "dir:"+t.TempDir())
	plan := command("plan", "--env", "prod-us", "--output", "json")
	for _, name := range regexp.MustCompile(`SMTP_PASSWORD_\w+|WEBHOOK_SIGNING_KEY`).FindAllString(plan, -1) {
		t.Setenv(name, "x")
	}
	command("apply", "--env", "prod-us", "--yes")
	for _, e := range releaseEdits {
		writeText(t, filepath.Join(dir, e.file), edit(e.file, e.from, e.to))
	}
	added := strings.NewReplacer("ann-5", "ann-10", "d6\"", "ff\"", "News 5", "Maintenance on Sunday", "Neues 5", "Wartung am Sonntag").Replace(edit("extracted/app_test/announcements/documents/ann-5.json", "ann-5", "ann-10"))
	writeText(t, filepath.Join(dir, "extracted/app_test/announcements/documents/ann-10.json"), added)
	if err := os.Remove(filepath.Join(dir, "extracted/app_test/countries/documents/pt~c48b2066dd1910fb.json")); err != nil {
		t.Fatal(err)
	}
	command("extract", "--relock")
	comment := command("diff", "--from", "HEAD", "--output", "markdown", "--max-size", "65536")
	holdGolden(t, "testdata/release/comment.md", comment)
	holdGolden(t, "testdata/release/diff.txt", command("diff", "--from", "HEAD"))

	file := filepath.Join(t.TempDir(), "diff.html")
	command("diff", "--from", "HEAD", "--html", file)
	holdGolden(t, "testdata/release/page.txt", listOf(t, file))

	holdGolden(t, "testdata/release/plan.md", digests.ReplaceAllString(command("plan", "--env", "prod-us", "--output", "markdown"), "sha256:…"))

	// What a reviewer must be told, and of which environments.
	everywhere, production := "`preprod`, `prod-ap`, `prod-eu`, `prod-us`", "`prod-ap`, `prod-eu`, `prod-us`"
	for _, told := range []struct{ what, of, text string }{
		{"the word of the template", everywhere, "`\\{key: \"welcome\", locale: \"en\"\\}`\n  - `html`(.|\n)*-   <a class=\"btn\"[^\n]*>Get started</a>\n *\\+   <a class=\"btn\"[^\n]*>Start now</a>"},
		{"the price", everywhere, "`\\{code: \"team\"\\}`\n  - `prices\\[stripeId=\"price_test_eur_month_2900\"\\].amount`: `decimal\\(29.00\\)` → `decimal\\(31.00\\)`"},
		{"its label in the US", "`prod-us`", "`\\{code: \"team\"\\}` \\(also above\\)\n  - `prices[^`]*label`: `\"€ 29.00\"` → `\"€ 31.00\"`"},
		{"the permission of support", everywhere, "`\\{name: \"support\"\\}`\n  - `permissions\\[8\\]`: .*users:write.* → .*users:delete"},
		{"the flag in preprod", "`preprod`", "`\\{name: \"new-checkout\"\\}`\n  - `enabled`: `false` → `true`\n  - `rollout`: `0` → `50`"},
		{"the flag in production", production, "`\\{name: \"fast-sso\"\\}`\n  - `rollout`: `100` → `20`"},
		{"the index", everywhere, "`\\+` `indexes\\[name=\"owner_1_stage_1\"\\]`: `\\{key: \\{owner: 1, stage: 1\\}"},
		{"the validator", everywhere, "`options.validator.\\$jsonSchema.properties.prices.minItems`: `1` → `2`"},
		{"the announcement", everywhere, "`\\+` `\\{key: \"ann-10\"\\}`\n  - `title`: `\\{en: \"Maintenance on Sunday\", de: \"Wartung am Sonntag\"\\}`"},
		{"its text in the EU", "`prod-eu`", "`\\{key: \"ann-10\"\\}` \\(also above\\)\n  - `body`: `\"See https://app.eu.example.com/news\"`"},
		{"the country", everywhere, "`-` `\\{code: \"PT\"\\}`\n  - `name`: `\"Portugal\"`"},
		{"the permission's new name", everywhere, "`\\{code: \"flags:download\"\\}` \\(otherwise as `\\{code: \"flags:export\"\\}`, which goes\\)"},
		{"who has it", everywhere, "3 documents: `permissions\\[\\]`: .*flags:export.* → .*flags:download.*\n  - `\\{name: \"admin\"\\}`, `\\{name: \"developer\"\\}`, `\\{name: \"owner\"\\}`"},
	} {
		parts := strings.Split(comment, "\n#### ")
		i := slices.IndexFunc(parts, func(p string) bool { return strings.HasPrefix(p, told.of+"\n") })
		if i < 0 || !regexp.MustCompile(told.text).MatchString(parts[i]) {
			t.Errorf("nobody is told of %s in %s", told.what, told.of)
		}
	}

	small := command("diff", "--from", "HEAD", "--output", "markdown", "--max-size", "5000")
	if len(small) > 5000 || !strings.Contains(small, "Left out here, for its size: ") || !strings.Contains(small, "minItems") || strings.Contains(comment, "Left out") {
		t.Errorf("%d bytes:\n%s", len(small), small)
	}
	if filtered := command("diff", "--from", "HEAD", "--collection", "plans", "--path", "prices.amount"); !strings.Contains(filtered, "31.00") || strings.Contains(filtered, "Portugal") || !strings.Contains(filtered, "\nfiltered: collection plans, path prices.amount: ") {
		t.Errorf("filtered:\n%s", filtered)
	}
}

// listOf is the list of a page as it is opened: headings, and what stands below them.
func listOf(t *testing.T, file string) string {
	t.Helper()
	tab := browser.ForTest(t).Open(t, "file://"+file, true)
	var text string
	tab.Eval(`(async () => {
		const list = document.getElementById('list');
		const lines = new Map();
		for (let top = 0; top <= list.scrollHeight; top += 300) {
			list.scrollTop = top;
			await new Promise(requestAnimationFrame);
			await new Promise((done) => setTimeout(done, 50));
			for (const e of list.querySelectorAll('.line')) {
				const [sign, name, summary] = ['.sign', '.name', '.summary'].map((of) => e.querySelector(of)?.textContent ?? '');
				lines.set(parseInt(e.style.top), (e.classList.contains('section') ? '\n' + name : '  ' + sign + ' ' + name) + (summary && '\n      ' + summary));
			}
		}
		return [...lines].sort(([a], [b]) => a - b).map(([, text]) => text + '\n').join('');
	})()`, &text)
	for _, trouble := range tab.Trouble() {
		t.Error(trouble)
	}
	return strings.TrimPrefix(text, "\n")
}

func writeText(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holdGolden compares a text with a file; UPDATE_GOLDEN=1 writes it.
func holdGolden(t *testing.T, file, text string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		writeText(t, file, text)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("%s is out of date (UPDATE_GOLDEN=1 rewrites it):\n%s", file, format.Diff(file, string(want), text))
	}
}
