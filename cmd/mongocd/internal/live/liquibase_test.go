//go:build liquibase

package live

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// TestLiquibase: Liquibase with its MongoDB extension (`make changelogs`) takes the changelogs
// of a plan, XML ones by its schemas; what it then leaves is what apply leaves; its rollback
// leaves the documents that were there; and it writes nothing when one of them is gone.
func TestLiquibase(t *testing.T) {
	uri := engine.ForTest(t)
	store := opened(t, uri)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(command string) map[string]string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "java", "-cp", filepath.Join(os.Getenv("MONGOCD_TOOLS"), "liquibase", "*"), "../../../../.ci/liquibase/Changelogs.java", command, dir)
		cmd.Env = append(os.Environ(), "LIQUIBASE_ANALYTICS_ENABLED=false")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr.String())
		}
		said := map[string]string{}
		for line := range strings.Lines(string(out)) {
			if rest, ok := strings.CutPrefix(line, "CHANGELOG "); ok {
				name, result, _ := strings.Cut(strings.TrimSuffix(rest, "\n"), ": ")
				said[name] = result
			}
		}
		return said
	}
	type changelogRun struct {
		plannedCase
		file, before, gone string
		back               bool
	}
	var all []changelogRun
	var list, backwards strings.Builder
	for _, name := range changesetCases {
		for form, extension := range map[string]string{"liquibase": ".xml", "liquibase-yaml": ".yaml"} {
			for _, gone := range []bool{false, true} {
				r := changelogRun{plannedCase: planned(t, store, fmt.Sprintf("lb%s%t", extension[1:2], gone), name)}
				if gone {
					if r.gone = r.plannedCase.gone(t, store); r.gone == "" {
						continue
					}
				}
				text, err := r.plan.In(form)
				if err != nil {
					t.Fatal(err)
				}
				r.file, r.before, r.back = r.database+extension, dumped(t, store, r.database), strings.Contains(text, "rollback")
				write(r.file, text)
				address, options, _ := strings.Cut(uri, "/?")
				line := fmt.Sprintf("%s/%s?%s\t%s\n", address, r.database, options, r.file)
				list.WriteString(line)
				if r.gone == "" && r.back {
					backwards.WriteString(line)
				}
				all = append(all, r)
			}
		}
	}
	// The schemas are looked at: this one is not valid.
	xml, err := os.ReadFile(filepath.Join(dir, all[slices.IndexFunc(all, func(r changelogRun) bool { return strings.HasSuffix(r.file, ".xml") })].file))
	if err != nil {
		t.Fatal(err)
	}
	write("wrong.xml", strings.Replace(string(xml), "<changeSet ", "<changeSet unknown=\"1\" ", 1))
	list.WriteString(uri + "\twrong.xml\n")
	write("list", list.String())
	updated := run("update")
	if said := updated["wrong.xml"]; !strings.HasPrefix(said, "cvc-complex-type") {
		t.Errorf("a changelog that is not valid: %s", said)
	}
	left := map[string]string{}
	for _, r := range all {
		left[r.file] = withoutHistory(dumped(t, store, r.database))
		switch {
		case r.gone != "" && (!strings.Contains(updated[r.file], "recondition") || left[r.file] != r.before):
			t.Errorf("%s: a document is gone, and Liquibase says %s; it left\n%s\nof\n%s", r.file, updated[r.file], left[r.file], r.before)
		case r.gone == "" && updated[r.file] != "ok":
			t.Errorf("%s: %s", r.file, updated[r.file])
		}
	}
	write("list", backwards.String())
	for file, said := range run("rollback") {
		i := slices.IndexFunc(all, func(r changelogRun) bool { return r.file == file })
		if got, want := documents(dumped(t, store, all[i].database)), documents(all[i].before); said != "ok" || !slices.Equal(got, want) {
			t.Errorf("%s: rollback: %s; it left\n%s\nof\n%s", file, said, got, want)
		}
	}
	for _, r := range all {
		if want := r.applied(t, store); r.gone == "" && left[r.file] != want {
			t.Errorf("%s left\n%s\napply\n%s", r.file, left[r.file], want)
		}
	}
	t.Logf("%d changelogs", len(all))
}

// withoutHistory is a database without what Liquibase remembers in it.
func withoutHistory(dump string) string {
	var b strings.Builder
	kept := true
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, " ") {
			kept = !strings.HasPrefix(line, "DATABASECHANGELOG")
		}
		if kept {
			b.WriteString(line)
		}
	}
	return b.String()
}

// documents are those of a database, sorted.
func documents(dump string) []string {
	var out []string
	for line := range strings.Lines(withoutHistory(dump)) {
		if strings.HasPrefix(line, "  {") {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}
