//go:build snapshot

package main

// Runs what is in a snapshot: .ci/release builds it, and says in MONGOCD_SNAPSHOT where; MONGOCD_TESTSERVER_URI is a server. Programs
// run in an empty root, where there is nothing but what the archive, package or image has.

import (
	"bufio"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	rpmutils "github.com/sassoftware/go-rpmutils"
)

// snapshot is the folder that was built in, and its version.
func snapshot(t *testing.T) (root, version string) {
	t.Helper()
	if root = os.Getenv("MONGOCD_SNAPSHOT"); root == "" {
		t.Fatal("MONGOCD_SNAPSHOT is not given; run make release-check")
	}
	var metadata struct{ Version string }
	if err := json.Unmarshal(read(t, filepath.Join(root, "dist", "metadata.json")), &metadata); err != nil || metadata.Version == "" {
		t.Fatalf("%v: %+v", err, metadata)
	}
	return root, metadata.Version
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// within runs a program in a root of its own, with these variables alone. As root that is chroot; others get a user namespace for it.
func within(t *testing.T, root, dir string, user int, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Credential = nil
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q in an empty root: %v\n%s", args, err, out)
	}
	return string(out)
}

// systems are what is built, as goreleaser's names have them.
var systems = []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"}

func unpack(t *testing.T, root, version, system string) string {
	t.Helper()
	to := t.TempDir()
	name := filepath.Join(root, "dist", "mongocd_"+version+"_"+system)
	if strings.HasPrefix(system, "windows") {
		command(t, "python3", "-m", "zipfile", "-e", name+".zip", to)
	} else {
		command(t, "tar", "-xzf", name+".tar.gz", "-C", to)
	}
	return to
}

func TestSnapshotArchives(t *testing.T) {
	root, version := snapshot(t)
	head := strings.TrimSpace(command(t, "git", "-C", root, "rev-parse", "HEAD"))
	for _, system := range systems {
		dir := unpack(t, root, version, system)
		program := filepath.Join(dir, "mongocd")
		if strings.HasPrefix(system, "windows") {
			program += ".exe"
		}
		for _, name := range []string{"LICENSE", "LICENCES.md", "README.md", "completions/mongocd.bash", "completions/_mongocd", "completions/mongocd.fish", "completions/mongocd.ps1", "man/mongocd.1", "man/mongocd-plan.1"} {
			if len(read(t, filepath.Join(dir, name))) == 0 {
				t.Errorf("%s: %s is empty", system, name)
			}
		}
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]string{}
		for _, s := range info.Settings {
			said[s.Key] = s.Value
		}
		if said["GOOS"]+"_"+said["GOARCH"] != system || said["CGO_ENABLED"] != "0" || said["-trimpath"] != "true" || said["vcs.time"] != "" {
			t.Errorf("%s: %v", system, said)
		}
		binary := read(t, program)
		for _, must := range []string{head, version} {
			if !strings.Contains(string(binary), must) {
				t.Errorf("%s does not know %s", system, must)
			}
		}
		if strings.Contains(string(binary), root) {
			t.Errorf("%s has the folder that it was built in", system)
		}
		// The bill has every module, with its version.
		var b cyclonedx.BOM
		if err := json.Unmarshal(read(t, filepath.Join(root, "dist", "mongocd_"+version+"_"+system+".cdx.json")), &b); err != nil {
			t.Fatal(err)
		}
		listed := map[string]string{}
		for _, c := range *b.Components {
			listed[c.Name] = c.Version
			if c.Licenses == nil || (*c.Licenses)[0].License.ID == "" {
				t.Errorf("%s: %s has no licence", system, c.Name)
			}
		}
		want := map[string]string{"std": info.GoVersion}
		for _, m := range info.Deps {
			want[m.Path] = m.Version
		}
		if len(want) < 15 || !maps.Equal(listed, want) {
			t.Errorf("%s: the bill lists %v, and the program is built from %v", system, listed, want)
		}
		if digest := sha256.Sum256(binary); (*b.Metadata.Component.Hashes)[0].Value != hex.EncodeToString(digest[:]) {
			t.Errorf("%s: the bill is of another program", system)
		}
	}
}

// TestSnapshotInAnEmptyRoot is the first hour with mongocd, where nothing else is.
func TestSnapshotInAnEmptyRoot(t *testing.T) {
	root, version := snapshot(t)
	empty := unpack(t, root, version, "linux_"+runtime.GOARCH)
	program, err := elf.Open(filepath.Join(empty, "mongocd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range program.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			t.Error("the program is not static")
		}
	}
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
	env := []string{"CONFIGFOLDER=/w"}
	if said := within(t, empty, "/", os.Getuid(), env, "/mongocd", "version"); !strings.HasPrefix(said, "mongocd "+version+"\ncommit  ") {
		t.Errorf("%s", said)
	}
	within(t, empty, "/", os.Getuid(), env, "/mongocd", "init", "/w")
	within(t, empty, "/", os.Getuid(), env, "/mongocd", "check")
	within(t, empty, "/", os.Getuid(), env, "/mongocd", "compile")

	// Of the generated program: Go builds it elsewhere, and it runs where nothing is.
	uri := os.Getenv("MONGOCD_TESTSERVER_URI")
	if uri == "" {
		t.Fatal("there is no server: MONGOCD_TESTSERVER_URI")
	}
	for environment, database := range map[string]string{"preprod": "shop_preprod", "prod": "shop"} { // as init's weave has them
		built := filepath.Join(empty, "w", "build", environment, "shop")
		alone := t.TempDir()
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-mod=readonly", "-buildvcs=false", "-o", filepath.Join(alone, "shop"), ".")
		build.Dir, build.Env = built, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		env := []string{"MONGOCD_DESTINATION_URI=" + uri}
		for _, step := range []struct{ command, says string }{{"plan", "2 to insert"}, {"apply", "applied"}, {"apply", "in sync"}, {"verify", "in sync"}} {
			args := []string{"/shop", step.command, "--database", database + "=snapshot_" + environment, "--state-database", "snapshot_state_" + environment}
			if said := within(t, alone, "/", os.Getuid(), env, args...); !strings.Contains(said, step.says) {
				t.Errorf("%s: %s says\n%s", environment, step.command, said)
			}
		}
		// mongocd itself finds what the program left.
		if said := within(t, empty, "/", os.Getuid(), append(env, "CONFIGFOLDER=/w"), "/mongocd", "verify", "--env", environment, "--database", database+"=snapshot_"+environment, "--state-database", "snapshot_state_"+environment); !strings.Contains(said, "in sync") {
			t.Errorf("%s", said)
		}
	}
}

func TestSnapshotPackages(t *testing.T) {
	root, version := snapshot(t)
	for _, arch := range []string{"amd64", "arm64"} {
		dir := t.TempDir()
		deb := filepath.Join(root, "dist", "mongocd_"+version+"_linux_"+arch+".deb")
		command(t, "dpkg-deb", "-x", deb, dir)
		if said := command(t, "dpkg-deb", "-f", deb); !strings.Contains(said, "Package: mongocd\n") || !strings.Contains(said, "Architecture: "+arch+"\n") {
			t.Errorf("%s", said)
		}
		archive := unpack(t, root, version, "linux_"+arch)
		if string(read(t, filepath.Join(dir, "usr/bin/mongocd"))) != string(read(t, filepath.Join(archive, "mongocd"))) {
			t.Errorf("%s: the package has another program than the archive", arch)
		}
		for _, name := range []string{"usr/share/man/man1/mongocd.1", "usr/share/bash-completion/completions/mongocd", "usr/share/zsh/vendor-completions/_mongocd", "usr/share/fish/vendor_completions.d/mongocd.fish", "usr/share/doc/mongocd/copyright"} {
			if len(read(t, filepath.Join(dir, name))) == 0 {
				t.Errorf("%s: %s is empty", arch, name)
			}
		}
		if arch == runtime.GOARCH {
			if said := within(t, dir, "/", os.Getuid(), nil, "/usr/bin/mongocd", "version"); !strings.Contains(said, version) {
				t.Errorf("%s", said)
			}
		}
		holdRPM(t, filepath.Join(root, "dist", "mongocd_"+version+"_linux_"+arch+".rpm"), arch, dir)
	}
}

// holdRPM: the package is one for the architecture, and has the files of the unpacked deb, with their bytes and rights, as root's.
func holdRPM(t *testing.T, name, arch, deb string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	rpm, err := rpmutils.ReadRpm(file)
	if err != nil {
		t.Fatal(err)
	}
	nevra, err := rpm.Header.GetNEVRA()
	if err != nil || nevra.Name != "mongocd" || nevra.Arch != map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch] {
		t.Errorf("%v: %+v", err, nevra)
	}
	licence, err := rpm.Header.GetString(rpmutils.LICENSE)
	if err != nil || licence != "MIT" {
		t.Errorf("%v: licence %q", err, licence)
	}
	payload, err := rpm.PayloadReaderExtended()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for {
		f, err := payload.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(payload)
		if err != nil {
			t.Fatal(err)
		}
		count++
		want, mode := filepath.Join(deb, f.Name()), 0o644
		if f.Name() == "/usr/bin/mongocd" {
			mode = 0o755
		}
		if string(read(t, want)) != string(data) || f.UserName() != "root" || f.GroupName() != "root" || f.Mode()&0o777 != mode {
			t.Errorf("%s: %s of %s:%s with %o is not as in the deb", arch, f.Name(), f.UserName(), f.GroupName(), f.Mode())
		}
	}
	inDeb := 0
	err = filepath.WalkDir(deb, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			inDeb++
		}
		return err
	})
	if err != nil || count != inDeb || count < 10 {
		t.Errorf("%v: %d files, and %d in the deb", err, count, inDeb)
	}
}

func TestSnapshotImages(t *testing.T) {
	root, version := snapshot(t)
	index, err := layout.ImageIndexFromPath(filepath.Join(root, "dist", "image"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 2 {
		t.Fatalf("%v: %+v", err, manifest)
	}
	for _, m := range manifest.Manifests {
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		files := slices.Sorted(maps.Keys(unpacked(t, image)))
		if want := "etc etc/group etc/passwd etc/ssl etc/ssl/certs etc/ssl/certs/ca-certificates.crt home home/nonroot tmp usr usr/bin usr/bin/mongocd usr/share usr/share/doc usr/share/doc/mongocd usr/share/doc/mongocd/LICENCES.md usr/share/doc/mongocd/LICENSE workspace"; strings.Join(files, " ") != want {
			t.Errorf("%v", files)
		}
		if m.Platform.Architecture == runtime.GOARCH {
			runImage(t, image, version)
		}
	}
}

// runImage unpacks an image, and runs it as its user.
func runImage(t *testing.T, image v1.Image, version string) {
	t.Helper()
	dir := unpackImage(t, image)
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config
	if c.Labels["org.opencontainers.image.version"] != version || c.User != fmt.Sprintf("%d:%d", user, user) {
		t.Errorf("%+v", c)
	}
	for _, args := range [][]string{{"version"}, {"init", "shop"}, {"check", "--workspace", "shop"}, {"compile", "--workspace", "shop"}} {
		within(t, dir, c.WorkingDir, user, c.Env, append(slices.Clone(c.Entrypoint), args...)...)
	}
}

// unpackImage makes a root of an image.
func unpackImage(t *testing.T, image v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the image's user has to get there
		t.Fatal(err)
	}
	unpacking := exec.CommandContext(t.Context(), "tar", "-x", "--same-owner", "-p", "-C", dir)
	all := mutate.Extract(image)
	unpacking.Stdin = all
	if out, err := unpacking.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := all.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestSnapshotImageWithMongosh: as the image's user, where nothing else is, mongosh runs the script that mongocd compiles there.
func TestSnapshotImageWithMongosh(t *testing.T) {
	root, version := snapshot(t)
	index, err := layout.ImageIndexFromPath(filepath.Join(root, "dist", "image-mongosh"))
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
	c, dir := config.Config, unpackImage(t, image)
	if c.Labels["org.opencontainers.image.version"] != version || c.User != fmt.Sprintf("%d:%d", user, user) {
		t.Errorf("%+v", c)
	}
	for _, name := range []string{"usr/share/doc/libc6/copyright", "usr/share/doc/nodejs/copyright", "usr/lib/mongosh/node_modules/mongosh/package.json", "usr/share/doc/mongocd/LICENCES.md"} {
		read(t, filepath.Join(dir, name))
	}
	for _, args := range [][]string{{"mongocd", "version"}, {"mongocd", "init", "shop"}, {"mongocd", "compile", "--workspace", "shop"}} {
		within(t, dir, c.WorkingDir, user, c.Env, append([]string{"/usr/bin/" + args[0]}, args[1:]...)...)
	}
	if said := within(t, dir, c.WorkingDir, user, c.Env, "/usr/bin/mongosh", "--version"); !regexp.MustCompile(`^2\.\d+\.\d+\n$`).MatchString(said) {
		t.Errorf("mongosh --version says %q", said)
	}
	for _, step := range []struct{ command, says string }{{"plan", "2 to insert"}, {"apply", "applied"}, {"apply", "in sync"}} {
		given := append(slices.Clone(c.Env), "MONGOCD_MODE="+step.command, "MONGOCD_DATABASE=shop=snapshot_image", "MONGOCD_STATE_DATABASE=snapshot_image_state")
		if said := within(t, dir, c.WorkingDir, user, given, "/usr/bin/mongosh", os.Getenv("MONGOCD_TESTSERVER_URI"), "--quiet", "--norc", "--file", "shop/build/prod/shop/mongosh.js"); !strings.Contains(said, step.says) {
			t.Errorf("%s says\n%s", step.command, said)
		}
	}
}

func TestSnapshotChecksumsAndManifests(t *testing.T) {
	root, version := snapshot(t)
	dist := filepath.Join(root, "dist")
	sums := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(string(read(t, filepath.Join(dist, "checksums.txt")))))
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		digest := sha256.Sum256(read(t, filepath.Join(dist, name)))
		if hex.EncodeToString(digest[:]) != sum {
			t.Errorf("%s has another checksum", name)
		}
		sums[name] = sum
	}
	if len(sums) != len(systems)*2+4 { // archives and bills; two packages of two kinds
		t.Errorf("%d checksums: %v", len(sums), slices.Sorted(maps.Keys(sums)))
	}
	manifests := map[string]int{}
	quoted := regexp.MustCompile(`(?i)\b[0-9a-f]{64}\b`)
	err := filepath.WalkDir(dist, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dist, name)
		if kind, _, _ := strings.Cut(rel, "/"); err == nil && slices.Contains([]string{"homebrew", "scoop", "winget"}, kind) {
			text := string(read(t, name))
			if !strings.Contains(text, version) {
				t.Errorf("%s is not of %s", rel, version)
			}
			for _, sum := range quoted.FindAllString(text, -1) {
				if manifests[kind]++; !slices.Contains(slices.Collect(maps.Values(sums)), strings.ToLower(sum)) {
					t.Errorf("%s names what is not in the release: %s", rel, sum)
				}
			}
		}
		return err
	})
	if err != nil || manifests["homebrew"] != 4 || manifests["scoop"] != 2 || manifests["winget"] != 2 {
		t.Errorf("%v: %v", err, manifests)
	}
}
