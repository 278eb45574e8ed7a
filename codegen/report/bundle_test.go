package report

// page.js and page.css are made of page/, by UPDATE_GOLDEN=1 go test ./codegen/report.

import (
	"os"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// mostBytes is how large script, style and what holds them may be, without data.
const mostBytes = 150_000

// TestBundle: what is committed is what the sources give.
func TestBundle(t *testing.T) {
	acts, err := os.ReadFile("../../runtime/safe/safe.js")
	if err != nil {
		t.Fatal(err)
	}
	characters := api.Plugin{Name: "acts", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: "^acts$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "acts", Namespace: "acts"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "acts"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			text := string(acts) + "\nexport { ACTS };\n"
			return api.OnLoadResult{Contents: &text}, nil
		})
	}}
	size := len(static)
	for _, file := range []struct {
		from, to string
		have     *string
		banner   string
	}{
		{"page/main.ts", "page.js", &script, "js"},
		{"page/page.css", "page.css", &style, "css"},
	} {
		result := api.Build(api.BuildOptions{
			EntryPoints: []string{file.from}, Bundle: true, Format: api.FormatIIFE, Target: api.ES2022, Charset: api.CharsetASCII,
			MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone, Plugins: []api.Plugin{characters},
			Banner: map[string]string{file.banner: "/* Code generated from page/ by UPDATE_GOLDEN=1 go test ./codegen/report. DO NOT EDIT. */"},
		})
		for _, m := range append(result.Errors, result.Warnings...) {
			t.Fatalf("%s: %s %+v", file.from, m.Text, m.Location)
		}
		made := string(result.OutputFiles[0].Contents)
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(file.to, []byte(made), 0o644); err != nil {
				t.Fatal(err)
			}
			*file.have = made
		}
		if *file.have != made {
			t.Errorf("%s is not what page/ gives (UPDATE_GOLDEN=1 rewrites it)", file.to)
		}
		size += len(made)
	}
	t.Logf("%d bytes without data", size)
	if size > mostBytes {
		t.Errorf("the page has %d bytes without data; %d is the most", size, mostBytes)
	}
}
