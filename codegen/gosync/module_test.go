package gosync

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// needed are the modules that the runtime is built from.
var needed = []string{
	"go.mongodb.org/mongo-driver/v2",
	"github.com/klauspost/compress", "github.com/xdg-go/pbkdf2", "github.com/xdg-go/scram", "github.com/xdg-go/stringprep",
	"github.com/youmark/pkcs8", "golang.org/x/crypto", "golang.org/x/sync", "golang.org/x/text",
}

// The artefact has the versions and sums that this project is tested with.
func TestModule(t *testing.T) {
	project := func(name string) string {
		data, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	mod, sums := project("go.mod"), project("go.sum")
	language := regexp.MustCompile(`(?m)^go \S+`).FindString(mod)
	var required, wantSum strings.Builder
	for i, module := range needed {
		m := regexp.MustCompile(`(?m)^(?:require |\t)` + regexp.QuoteMeta(module) + ` (v\S+)`).FindStringSubmatch(mod)
		if m == nil {
			t.Fatalf("this project does not require %s", module)
		}
		if i == 0 {
			fmt.Fprintf(&required, "require %s %s\n\nrequire (\n", module, m[1])
		} else {
			fmt.Fprintf(&required, "\t%s %s // indirect\n", module, m[1])
		}
	}
	wantMod := fmt.Sprintf("module %s\n\n%s\n\n%s)\n", moduleName, language, required.String())
	for line := range strings.Lines(sums) {
		module, version, _ := strings.Cut(line, " ")
		version, _, _ = strings.Cut(strings.TrimSuffix(version, "\n"), " ")
		if strings.Contains(wantMod, module+" "+strings.TrimSuffix(version, "/go.mod")) {
			wantSum.WriteString(line)
		}
	}
	for name, texts := range map[string][2]string{"go.mod.txt": {goMod, wantMod}, "go.sum.txt": {goSum, wantSum.String()}} {
		if texts[0] == texts[1] {
			continue
		}
		if os.Getenv("UPDATE_GOLDEN") == "" {
			t.Errorf("module/%s is not what this project uses; UPDATE_GOLDEN=1 writes it. Want:\n%s", name, texts[1])
			continue
		}
		if err := os.WriteFile(filepath.Join("module", name), []byte(texts[1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
