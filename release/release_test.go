package main

// Unit tests, without goreleaser's folder: manual pages of every command, a bill of this very test, an image and a registry.

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestPushEnds: a registry that answers nothing more does not hold a push up.
func TestPushEnds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "layout")
	if _, err := layout.Write(dir, empty.Index); err != nil {
		t.Fatal(err)
	}
	if err := push(t.Context(), dir, strings.TrimPrefix(server.URL, "http://")+"/mongocd:1", 200*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestManual(t *testing.T) {
	text, err := os.ReadFile("../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	found, err := pages(string(text), "29 November 2026")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^## mongocd ([a-z-]+)$`).FindAllStringSubmatch(string(text), -1)
	if len(commands) < 20 || len(found) != len(commands)+1 {
		t.Fatalf("%d pages of %d commands", len(found), len(commands))
	}
	for _, p := range found {
		for _, want := range []string{".TH ", ".SH NAME\n", ".SH SYNOPSIS\n", "--workspace"} {
			if !strings.Contains(strings.ReplaceAll(p.text, `\-`, "-"), want) {
				t.Errorf("%s has no %q", p.name, want)
			}
		}
		if p.short == "" {
			t.Errorf("%s says nothing of itself", p.name)
		}
	}
	if list := found[len(found)-1]; list.name != "mongocd" || strings.Count(list.text, "(1)") != len(commands) {
		t.Errorf("mongocd.1 does not list %d commands:\n%s", len(commands), list.text)
	}
	for _, wrong := range []string{"", "## Flags of all commands\n\n```\n```\n\n## mongocd x\n\nDoes.\n\n```\nUsage:\n  mongocd x\n\nSecrets:\n  none\n```\n"} {
		if _, err := pages(wrong, ""); err == nil {
			t.Errorf("%q has pages", wrong)
		}
	}
}

func TestBill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bill(binary, ""); err == nil || !strings.Contains(err.Error(), "LICENCES.md has no licence of github.com/google/go-containerregistry") {
		t.Errorf("%v", err)
	}
	if _, err := bill([]byte("no program"), ""); err == nil {
		t.Error("a text has a bill")
	}
}

// unpacked are the files of an image, by name.
func unpacked(t *testing.T, image v1.Image) map[string]*tar.Header {
	t.Helper()
	all := mutate.Extract(image)
	defer func() {
		if err := all.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := map[string]*tar.Header{}
	for r := tar.NewReader(all); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(h.Name, "/")] = h
	}
}

func TestImage(t *testing.T) {
	root := t.TempDir()
	at := time.Date(2026, 11, 29, 21, 42, 0, 0, time.UTC)
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	put("LICENSE", "MIT")
	put("LICENCES.md", "# Licences")
	put("dist/amd64/mongocd", "program of amd64")
	put("dist/arm64/mongocd", "program of arm64")
	put("dist/metadata.json", `{"version": "1.2.3", "commit": "c0ffee"}`)
	put("dist/artifacts.json", `[{"type":"Binary","goos":"linux","goarch":"amd64","path":"dist/amd64/mongocd"},{"type":"Binary","goos":"linux","goarch":"arm64","path":"dist/arm64/mongocd"},{"type":"Binary","goos":"darwin","goarch":"arm64","path":"dist/none"}]`)
	var digests []string
	for _, to := range []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "another")} {
		if err := writeImage(filepath.Join(root, "dist"), root, to, ""); err != nil {
			t.Fatal(err)
		}
		index, err := layout.ImageIndexFromPath(to)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := index.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest.String())
		if err := writeImage(filepath.Join(root, "dist"), root, to, ""); err == nil {
			t.Error("a layout was written over")
		}

		server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
		defer server.Close()
		reference := strings.TrimPrefix(server.URL, "http://") + "/mongocd:1.2.3"
		if err := push(t.Context(), to, reference, pushLimit); err != nil {
			t.Fatal(err)
		}
		pulled, err := name.ParseReference(reference)
		if err != nil {
			t.Fatal(err)
		}
		for _, arch := range []string{"amd64", "arm64"} {
			image, err := remote.Image(pulled, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
			if err != nil {
				t.Fatal(err)
			}
			config, err := image.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			if c := config.Config; config.Architecture != arch || c.User != "65532:65532" || c.Entrypoint[0] != "/usr/bin/mongocd" || c.Labels["org.opencontainers.image.revision"] != "c0ffee" || !config.Created.Equal(at) {
				t.Errorf("%s: %+v", arch, config)
			}
			files := unpacked(t, image)
			for name, mode := range map[string]int64{"usr/bin/mongocd": 0o755, "tmp": 0o1777, "etc/ssl/certs/ca-certificates.crt": 0o644, "home/nonroot": 0o700, "usr/share/doc/mongocd/LICENCES.md": 0o644} {
				if h := files[name]; h == nil || h.Mode != mode || !h.ModTime.Equal(at) {
					t.Errorf("%s: %s is %+v", arch, name, h)
				}
			}
			if len(files) != 18 {
				t.Errorf("%s: %d files", arch, len(files))
			}
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("two images of the same: %s", digests)
	}
	if n := bytes.Count(certificates(), []byte("BEGIN CERTIFICATE")); n < 100 {
		t.Errorf("%d roots", n)
	}
	if block, _ := pem.Decode(certificates()); block == nil || block.Type != "CERTIFICATE" {
		t.Errorf("%v", block)
	}
	withMore(t, root, at)
	for _, wrong := range []string{`[]`, `{`} {
		put("dist/artifacts.json", wrong)
		if err := writeImage(filepath.Join(root, "dist"), root, filepath.Join(root, "layout"), ""); err == nil {
			t.Errorf("%s: an image was made of nothing", wrong)
		}
	}
}

// withMore: a folder is a second layer of the image of this machine's architecture, with its links and rights.
func withMore(t *testing.T, root string, at time.Time) {
	t.Helper()
	more, to := t.TempDir(), filepath.Join(t.TempDir(), "layout")
	if err := os.MkdirAll(filepath.Join(more, "usr", "lib64"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(more, "usr", "lib64", "ld.so"), []byte("loader"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("usr/lib64", filepath.Join(more, "lib64")); err != nil {
		t.Fatal(err)
	}
	if err := writeImage(filepath.Join(root, "dist"), root, to, more); err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(to)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 || manifest.Manifests[0].Platform.Architecture != runtime.GOARCH {
		t.Fatalf("%v: %+v", err, manifest)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	files := unpacked(t, image)
	loader, link := files["usr/lib64/ld.so"], files["lib64"]
	if loader == nil || loader.Mode != 0o755 || loader.Uid != 0 || !loader.ModTime.Equal(at) || link == nil || link.Linkname != "usr/lib64" || files["usr/bin/mongocd"] == nil || files["usr/lib64"].Mode != 0o755 {
		t.Errorf("%+v %+v", loader, link)
	}
	if len(config.Config.Entrypoint) != 0 || config.Config.User != "65532:65532" {
		t.Errorf("%+v", config.Config)
	}
}
