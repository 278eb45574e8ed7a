package main

// Container images without a daemon. In: goreleaser's folder with its programs for Linux; out: an OCI layout with one image an
// architecture: the program, its licences, the roots of certificates that Mozilla trusts, and a user without rights. Nothing else is in
// them; with a folder that mongosh.sh made, mongosh is, in one image of the architecture of this machine, which that is for.

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is the number of the user without rights, as distroless images have it.
const user = 65532

// dist is what goreleaser writes beside the programs.
type dist struct {
	version, commit string
	date            time.Time // of the commit
	programs        []built
}

// built is a program for Linux.
type built struct{ arch, path string }

func readDist(dir, root string) (dist, error) {
	var d dist
	var metadata struct{ Version, Commit string }
	var artifacts []struct{ Type, Goos, Goarch, Path string }
	for file, into := range map[string]any{"metadata.json": &metadata, "artifacts.json": &artifacts} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return d, fmt.Errorf("%s is what goreleaser writes: %w", file, err)
		}
	}
	d.version, d.commit = metadata.Version, metadata.Commit
	for _, a := range artifacts {
		if a.Type == "Binary" && a.Goos == "linux" {
			d.programs = append(d.programs, built{a.Goarch, filepath.Join(root, a.Path)})
		}
	}
	if len(d.programs) == 0 {
		return d, errors.New("artifacts.json names no program for Linux")
	}
	// goreleaser gives programs the date of the commit.
	info, err := os.Stat(d.programs[0].path)
	if err != nil {
		return d, err
	}
	d.date = info.ModTime().UTC()
	return d, nil
}

// writeImage makes the layout in a folder that is not there yet. more is a folder for a second layer; empty: there is none.
func writeImage(distDir, root, to, more string) error {
	d, err := readDist(distDir, root)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s is there already", to)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range d.programs {
		if more != "" && p.arch != runtime.GOARCH {
			continue
		}
		image, err := imageOf(d, p, root, more)
		if err != nil {
			return fmt.Errorf("%s: %w", p.arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: p.arch}}})
	}
	_, err = layout.Write(to, index)
	return err
}

func imageOf(d dist, p built, root, more string) (v1.Image, error) {
	program, err := os.ReadFile(p.path)
	if err != nil {
		return nil, err
	}
	files := []file{
		{name: "etc/passwd", data: fmt.Appendf(nil, "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:%d:%d:nonroot:/home/nonroot:/sbin/nologin\n", user, user)},
		{name: "etc/group", data: fmt.Appendf(nil, "root:x:0:\nnonroot:x:%d:\n", user)},
		{name: "etc/ssl/certs/ca-certificates.crt", data: certificates()},
		{name: "home/nonroot/", mode: 0o700, owner: user},
		{name: "tmp/", mode: 0o1777},
		{name: "usr/bin/mongocd", data: program, mode: 0o755},
		{name: "workspace/", owner: user},
	}
	for _, name := range []string{"LICENSE", "LICENCES.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: "usr/share/doc/mongocd/" + name, data: text})
	}
	layers := [][]file{files}
	if more != "" {
		second, err := filesOf(more)
		if err != nil {
			return nil, err
		}
		layers = append(layers, second)
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, files := range layers {
		packed, err := tarOf(files, d.date)
		if err != nil {
			return nil, err
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil }, tarball.WithMediaType(types.OCILayer))
		if err != nil {
			return nil, err
		}
		image, err = mutate.Append(image, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: d.date}, CreatedBy: "release image"}})
		if err != nil {
			return nil, err
		}
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", p.arch, v1.Time{Time: d.date}
	config.Config = v1.Config{
		Entrypoint: []string{"/usr/bin/mongocd"}, User: fmt.Sprintf("%d:%d", user, user), WorkingDir: "/workspace",
		Env: []string{"PATH=/usr/bin", "HOME=/home/nonroot"},
		Labels: map[string]string{
			"org.opencontainers.image.title": "mongocd", "org.opencontainers.image.licenses": "MIT", "org.opencontainers.image.source": "https://github.com/hayone1/mongocd",
			"org.opencontainers.image.version": d.version, "org.opencontainers.image.revision": d.commit,
		},
	}
	if more != "" { // for two programs
		config.Config.Entrypoint, config.Config.Cmd = nil, []string{"/usr/bin/mongocd", "--help"}
	}
	return mutate.ConfigFile(image, config)
}

// file is one of an image; a folder's name ends in a slash.
type file struct {
	name  string
	data  []byte
	link  string // where a link leads
	mode  int64  // 0: 0644, of a folder 0755
	owner int
}

// tarOf packs files in the order in which they stand, with the folders above each, all of one date.
func tarOf(files []file, date time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	made := map[string]bool{}
	write := func(f file) error {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(f.data)), Mode: f.mode, Uid: f.owner, Gid: f.owner, ModTime: date, Format: tar.FormatPAX}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag, made[f.name] = tar.TypeDir, true
		}
		if f.link != "" {
			h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.link, 0o777
		}
		if h.Mode == 0 {
			h.Mode = 0o644
			if h.Typeflag == tar.TypeDir {
				h.Mode = 0o755
			}
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err := w.Write(f.data)
		return err
	}
	for _, f := range files {
		for i, c := range f.name {
			if above := f.name[:i+1]; c == '/' && i < len(f.name)-1 && !made[above] {
				if err := write(file{name: above}); err != nil {
					return nil, err
				}
			}
		}
		if err := write(f); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

// certificates are the roots that Mozilla trusts without further conditions, as the Go project keeps them.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil { // a condition cannot be said in a file of certificates
			out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return out.Bytes()
}

// pushLimit is for one image in all: a registry that says nothing more does not hold a release up for hours.
const pushLimit = 15 * time.Minute

// push sends a layout to a registry, as the machine is logged in there, and prints what to sign.
func push(ctx context.Context, dir, reference string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	to, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return err
	}
	if err := remote.WriteIndex(to, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	_, err = fmt.Println(to.Context().Digest(digest.String()))
	return err
}
