package main

// A mongocd that was installed from a release: its Go programs require that release,
// pinned by sum, and do what those with a copy of the runtime do. The release is made of
// this tree, and comes from a module proxy that is a folder.

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	modules "golang.org/x/mod/module"
	modulezip "golang.org/x/mod/zip"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/gosync"
)

const releaseVersion = "v0.99.0"

// treeFile is a file of this tree, as a release has it.
type treeFile struct {
	tree fs.FS
	name string
}

func (f treeFile) Path() string                 { return f.name }
func (f treeFile) Lstat() (fs.FileInfo, error)  { return fs.Stat(f.tree, f.name) }
func (f treeFile) Open() (io.ReadCloser, error) { return f.tree.Open(f.name) }

// thisTree is this module as its folder has it.
func thisTree(t *testing.T) fstest.MapFS {
	t.Helper()
	root, tree := os.DirFS("../.."), fstest.MapFS{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
		case entry.IsDir() && (name == "bin" || name == "dist" || name == "release" || len(name) > 1 && name[0] == '.'): // release is a module of its own
			return fs.SkipDir
		case entry.Type().IsRegular():
			var data []byte
			data, err = fs.ReadFile(root, name)
			tree[name] = &fstest.MapFile{Data: data, Mode: 0o644}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// release makes a module proxy that has one version of this module.
func release(t *testing.T, tree fstest.MapFS) (proxy string) {
	t.Helper()
	var files []modulezip.File
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		files = append(files, treeFile{tree, name})
	}
	if checked, err := modulezip.CheckFiles(files); err != nil || len(checked.Omitted) > 0 {
		t.Fatalf("this tree cannot be released: %v, left out %v", err, checked.Omitted)
	}
	var packed bytes.Buffer
	if err := modulezip.Create(&packed, modules.Version{Path: gosync.ModulePath, Version: releaseVersion}, files); err != nil {
		t.Fatal(err)
	}
	proxy = t.TempDir()
	at := filepath.Join(proxy, filepath.FromSlash(gosync.ModulePath), "@v", releaseVersion)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(at), "list"), []byte(releaseVersion+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for suffix, data := range map[string][]byte{".info": []byte(`{"Version":"` + releaseVersion + `"}`), ".mod": tree["go.mod"].Data, ".zip": packed.Bytes()} {
		if err := os.WriteFile(at+suffix, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return proxy
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// at runs a program in a folder and returns what it wrote to stdout.
func at(t *testing.T, dir string, environment []string, program string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir, command.Env = dir, append(os.Environ(), environment...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

func mustAt(t *testing.T, dir string, environment []string, program string, args ...string) string {
	t.Helper()
	out, errs, err := at(t, dir, environment, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, out, errs)
	}
	return out
}

func TestRelease(t *testing.T) {
	uri := engine.ForTest(t)
	workspace := t.TempDir()
	for name, text := range map[string]string{
		"shop.weave":                          "weave shop\nenvironments prod\n\nfrom src into release_test {\n  sync flags by name {\n    create on = true\n    prune all at most 1\n  }\n}\n",
		"extracted/src/flags/documents.jsonl": `{"_id":1,"name":"a"}` + "\n" + `{"_id":2,"name":"b"}` + "\n",
	} {
		name = filepath.Join(workspace, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	// Other modules come from the module cache of this machine, which a release is not put
	// into, or from where it has them.
	others := fileURL(filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download")) + "," + goEnv(t, "GOPROXY")
	using := func(proxy string) []string {
		return []string{"GOPROXY=" + fileURL(proxy) + "," + others, "GOMODCACHE=" + t.TempDir(), "GOFLAGS=-modcacherw -trimpath", "GOWORK=off", "CGO_ENABLED=0"}
	}
	tree := thisTree(t)
	released := using(release(t, tree))
	bin := t.TempDir()
	mustAt(t, bin, append(slices.Clone(released), "GOBIN="+bin, "GOSUMDB=off"), "go", "install", gosync.ModulePath+"/cmd/mongocd@"+releaseVersion)
	mongocd := filepath.Join(bin, "mongocd")
	for _, expected := range []struct{ flag, says string }{{"", "mongocd " + strings.TrimPrefix(releaseVersion, "v") + "\ncommit  not recorded"}, {"--json", `"sum": "h1:`}} {
		if out := mustAt(t, workspace, nil, mongocd, slices.DeleteFunc([]string{"version", expected.flag}, func(s string) bool { return s == "" })...); !strings.Contains(out, expected.says) {
			t.Errorf("%q is not in %s", expected.says, out)
		}
	}

	// By default the program requires the release, and holds nothing of its sources.
	mustAt(t, workspace, nil, mongocd, "compile", "--target", "go")
	mustAt(t, workspace, nil, mongocd, "compile", "--target", "go", "--runtime", "copy", "--out", "copied")
	mustAt(t, workspace, released, mongocd, "compile", "--target", "go", "--vendor", "--out", "vendored")
	required, copied, vendored := filepath.Join(workspace, "build", "prod", "shop"), filepath.Join(workspace, "copied", "prod", "shop"), filepath.Join(workspace, "vendored", "prod", "shop")
	var names []string
	err := filepath.WalkDir(required, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(required)+"/"))
		}
		return err
	})
	if want := []string{"desired/release_test/flags.jsonl", "go.mod", "go.sum", "main.go", "manifest.json"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%v: %v, want %v", err, names, want)
	}
	engineOf := map[string]string{}
	for out, runtime := range map[string]string{"build": "module", "copied": "copy"} {
		checked := mustAt(t, workspace, nil, mongocd, "compile", "--check", "--target", "go", "--runtime", runtime, "--out", out)
		_, engineOf[out], _ = strings.Cut(checked, "engine of the programs: ")
	}
	if out, _, err := at(t, workspace, nil, mongocd, "compile", "--check", "--target", "go", "--runtime", "copy"); err == nil || !strings.Contains(out, "stale    build/prod/shop/go.sum\n") || !strings.Contains(out, "missing  build/prod/shop/internal/") {
		t.Errorf("with another runtime: %v\n%s", err, out)
	}

	// go.mod and go.sum are complete: no sum database is asked, and nothing is added.
	program := func(dir string, environment []string, flags ...string) string {
		t.Helper()
		binary := filepath.Join(t.TempDir(), "program")
		mustAt(t, dir, environment, "go", slices.Concat([]string{"build"}, flags, []string{"-buildvcs=false", "-o", binary, "."})...)
		return binary
	}
	programs := map[string]string{"build": program(required, released, "-mod=readonly"), "copied": program(copied, released, "-mod=readonly")}
	program(vendored, []string{"GOPROXY=off", "GOMODCACHE=" + t.TempDir(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS="}, "-mod=vendor")

	// Another module of that version is not taken for it.
	const edited = "runtime/enforce/write.go"
	tree[edited] = &fstest.MapFile{Data: append(slices.Clone(tree[edited].Data), "// edited\n"...), Mode: 0o644}
	forged := using(release(t, tree))
	if _, errs, err := at(t, required, forged, "go", "build", "-mod=readonly", "-buildvcs=false", "-o", os.DevNull, "."); err == nil || !strings.Contains(errs, "checksum mismatch") {
		t.Errorf("a forged release was built: %v\n%s", err, errs)
	}

	// Both do the same, twice, and name their own code.
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Disconnect(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	drop := func() {
		for _, name := range []string{"release_test", "release_test_state"} {
			if err := client.Database(name).Drop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	defer drop()
	said := map[string][]string{}
	for out, binary := range programs {
		drop()
		flags := client.Database("release_test").Collection("flags")
		if _, err := flags.InsertMany(t.Context(), []any{bson.D{{Key: "_id", Value: "x"}, {Key: "name", Value: "b"}}, bson.D{{Key: "_id", Value: "y"}, {Key: "name", Value: "old"}}}); err != nil {
			t.Fatal(err)
		}
		for _, step := range []string{"plan", "apply", "apply", "verify", "runs"} {
			report := mustAt(t, workspace, []string{"MONGOCD_DESTINATION_URI=" + uri}, binary, step, "--state-database", "release_test_state")
			if step == "plan" && !strings.Contains(report, "\nengine: "+strings.TrimSpace(engineOf[out])+"\n") {
				t.Errorf("%s: the plan does not name the engine %s\n%s", out, engineOf[out], report)
			}
			said[out] = append(said[out], differs.ReplaceAllString(report, ""))
		}
		cursor, err := flags.Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "name", Value: 1}}))
		if err != nil {
			t.Fatal(err)
		}
		for cursor.Next(t.Context()) {
			said[out] = append(said[out], cursor.Current.String())
		}
		if err := errors.Join(cursor.Err(), cursor.Close(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(said["build"], said["copied"]) {
		t.Errorf("with the module:\n%s\n\nwith the copy:\n%s", strings.Join(said["build"], "\n"), strings.Join(said["copied"], "\n"))
	}
	if all := strings.Join(said["build"], "\n"); !strings.Contains(all, "applied") || !strings.Contains(all, "in sync") {
		t.Errorf("%s", all)
	}
}

// differs is what differs in two equal runs: the digest of the code, and times.
var differs = regexp.MustCompile(`(?m)^engine: sha256:[0-9a-f]{64}$|\d{4}-\d{2}-\d{2}T[0-9:.]+Z`)

// A mongocd that was built from a checkout copies, and says why it cannot do else.
func TestRuntimeOfACheckout(t *testing.T) {
	if _, err := releaseFor("module"); err == nil || !strings.Contains(err.Error(), "--runtime copy") {
		t.Errorf("%v", err)
	}
	if _, err := releaseFor("vendor"); err == nil || !strings.Contains(err.Error(), "module or copy") {
		t.Errorf("%v", err)
	}
	if release, err := releaseFor(""); err != nil || release != nil {
		t.Errorf("%v, %v", release, err)
	}
}
