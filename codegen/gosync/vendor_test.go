package gosync

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/codegen"
)

// write puts an artefact into a folder of its own.
func write(t testing.TB, files ...codegen.File) string {
	t.Helper()
	folder := t.TempDir()
	for _, f := range files {
		name := filepath.Join(folder, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, f.Mode); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// runsHelp: the binary is a program.
func runsHelp(t *testing.T, binary string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), binary, "help").CombinedOutput(); err != nil || !strings.Contains(string(out), "shop for prod-eu") {
		t.Errorf("%v\n%s", err, out)
	}
}

// With its modules in vendor/, an artefact is built with an empty module cache and
// without a network; what is not in vendor/ is missed.
func TestBuildsVendored(t *testing.T) {
	vendored, err := Vendor(t.Context(), os.Environ(), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Vendor(t.Context(), os.Environ(), nil)
	if err != nil || len(again) != len(vendored) {
		t.Fatalf("%d files, then %d: %v", len(vendored), len(again), err)
	}
	for i, f := range vendored {
		if f.Path != again[i].Path || string(f.Data) != string(again[i].Data) || !strings.HasPrefix(f.Path, "vendor/") {
			t.Errorf("%s: not the same twice, or not of vendor/", f.Path)
		}
	}
	program := slices.Collect(maps.Values(generate(t, testState(t, 1))))
	cache := filepath.Join(t.TempDir(), "modules")
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOPROXY", "off")
	binary := filepath.Join(t.TempDir(), "artefact")
	if err := buildTo(t, binary, slices.Concat(program, vendored)...); err != nil {
		t.Fatal(err)
	}
	runsHelp(t, binary)
	if entries, err := os.ReadDir(filepath.Join(cache, "go.mongodb.org")); err == nil {
		t.Errorf("the module cache has %v", entries)
	}
	vendored = slices.DeleteFunc(vendored, func(f codegen.File) bool { return strings.HasPrefix(f.Path, "vendor/go.mongodb.org/") })
	if err := buildTo(t, binary, slices.Concat(program, vendored)...); err == nil {
		t.Error("it was built without the driver")
	}
	if err := buildTo(t, binary, program...); err == nil {
		t.Error("it was built without vendor/, with an empty module cache and no network")
	}
}

// go.mod and go.sum of an artefact say all that is needed: it is built for three
// platforms from the module cache alone; with a sum missing it is not.
func TestBuildsOffline(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOSUMDB", "off")
	byPath := generate(t, testState(t, 1))
	program := slices.Collect(maps.Values(byPath))
	folder, binary := write(t, program...), filepath.Join(t.TempDir(), "artefact")
	for _, platform := range []string{"", "windows/amd64", "darwin/arm64"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./...") // resolves every package; one is built
		list.Dir = folder
		goos, goarch, _ := strings.Cut(platform, "/")
		list.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "CGO_ENABLED=0")
		if platform != "" {
			list.Env = append(list.Env, "GOOS="+goos, "GOARCH="+goarch)
		}
		if out, err := list.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", platform, err, out)
		}
	}
	if err := buildTo(t, binary, program...); err != nil {
		t.Fatal(err)
	}
	runsHelp(t, binary)
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != string(byPath[name].Data) {
			t.Errorf("the build changed %s", name)
		}
	}
	sums := byPath["go.sum"]
	sums.Data = []byte(strings.Replace(string(sums.Data), "go.mongodb.org/mongo-driver/v2 v", "example.com/other v", 1))
	if err := buildTo(t, binary, append(program, sums)...); err == nil || !strings.Contains(err.Error(), "missing go.sum entry") {
		t.Errorf("without the driver's sum: %v", err)
	}
}
