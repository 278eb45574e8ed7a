//go:build snapshot

package main

// What cannot be run where snapshots are tested: programs for other systems are looked into; those for Linux on arm64 are run by
// QEMU where its qemu-aarch64-static is (Debian: qemu-user-static).

import (
	"debug/macho"
	"debug/pe"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestSnapshotHeaders: a program for macOS or Windows says for which processor it is, and needs libraries of the system alone.
func TestSnapshotHeaders(t *testing.T) {
	root, version := snapshot(t)
	for system, want := range map[string]macho.Cpu{"darwin_amd64": macho.CpuAmd64, "darwin_arm64": macho.CpuArm64} {
		f, err := macho.Open(filepath.Join(unpack(t, root, version, system), "mongocd"))
		if err != nil {
			t.Fatalf("%s: %v", system, err)
		}
		libraries, err := f.ImportedLibraries()
		if err != nil || f.Cpu != want || f.Type != macho.TypeExec {
			t.Errorf("%s: %v: %v %v", system, err, f.Cpu, f.Type)
		}
		for _, name := range libraries {
			if !strings.HasPrefix(name, "/usr/lib/") && !strings.HasPrefix(name, "/System/Library/") {
				t.Errorf("%s needs %s", system, name)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	for system, want := range map[string]uint16{"windows_amd64": pe.IMAGE_FILE_MACHINE_AMD64, "windows_arm64": pe.IMAGE_FILE_MACHINE_ARM64} {
		f, err := pe.Open(filepath.Join(unpack(t, root, version, system), "mongocd.exe"))
		if err != nil {
			t.Fatalf("%s: %v", system, err)
		}
		if f.Machine != want || f.Characteristics&pe.IMAGE_FILE_EXECUTABLE_IMAGE == 0 || f.Characteristics&pe.IMAGE_FILE_DLL != 0 {
			t.Errorf("%s: %#x %#x", system, f.Machine, f.Characteristics)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSnapshotOnArm64: the archive for Linux on arm64, in an empty root but for QEMU.
func TestSnapshotOnArm64(t *testing.T) {
	qemu, err := exec.LookPath("qemu-aarch64-static")
	if err != nil || runtime.GOARCH == "arm64" {
		t.Log("qemu-aarch64-static is not here, or not needed: programs for arm64 were looked into, and not run by it")
		return
	}
	root, version := snapshot(t)
	empty := unpack(t, root, version, "linux_arm64")
	if err := os.WriteFile(filepath.Join(empty, "qemu"), read(t, qemu), 0o755); err != nil {
		t.Fatal(err)
	}
	env := []string{"CONFIGFOLDER=/w"}
	if said := within(t, empty, "/", os.Getuid(), env, "/qemu", "/mongocd", "version"); !strings.HasPrefix(said, "mongocd "+version+"\n") || !strings.Contains(said, "linux/arm64") {
		t.Errorf("%s", said)
	}
	for _, args := range [][]string{{"init", "/w"}, {"check"}, {"compile"}} {
		within(t, empty, "/", os.Getuid(), env, append([]string{"/qemu", "/mongocd"}, args...)...)
	}
	// The generated program is built for arm64, too.
	alone := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-mod=readonly", "-buildvcs=false", "-o", filepath.Join(alone, "shop"), ".")
	build.Dir, build.Env = filepath.Join(empty, "w", "build", "prod", "shop"), append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOARCH=arm64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(alone, "qemu"), read(t, qemu), 0o755); err != nil {
		t.Fatal(err)
	}
	given := []string{"MONGOCD_DESTINATION_URI=" + os.Getenv("MONGOCD_TESTSERVER_URI")}
	for _, step := range []struct{ command, says string }{{"plan", "2 to insert"}, {"apply", "applied"}, {"verify", "in sync"}} {
		if said := within(t, alone, "/", os.Getuid(), given, "/qemu", "/shop", step.command, "--database", "shop=snapshot_arm64", "--state-database", "snapshot_arm64_state"); !strings.Contains(said, step.says) {
			t.Errorf("%s says\n%s", step.command, said)
		}
	}
}
