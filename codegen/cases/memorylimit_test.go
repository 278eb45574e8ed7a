//go:build linux

package cases

// A limit beyond which a program is killed, or gets no memory. In: bytes; out: commands that
// run under it.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// memoryLimit is of a control group, where this process may make one (cgroups(7), either
// version): then all counts that the program takes, pages of files among it, and what is
// beyond is killed. Where it may not (no root, no such file system) nothing is limited, and what
// was resident is held alone: RLIMIT_DATA counts what a Go program reserves and never uses, and
// was too little at 90 MiB where 50 were resident. The zero value is no limit.
type memoryLimit struct {
	bytes int64
	group string // a folder; empty: there is none
}

func newMemoryLimit(t testing.TB, bytes int64) memoryLimit {
	t.Helper()
	l := memoryLimit{bytes: bytes}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Logf("no control group: %v", err)
		return l
	}
	for line := range strings.Lines(string(own)) { // N:CONTROLLERS:PATH
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 || parts[1] != "memory" && parts[1] != "" {
			continue
		}
		for _, in := range []string{filepath.Join("/sys/fs/cgroup", parts[1], parts[2]), filepath.Join("/sys/fs/cgroup", parts[1])} {
			group, err := os.MkdirTemp(in, "mongocd-test-")
			if err != nil {
				continue
			}
			t.Cleanup(func() {
				if err := os.Remove(group); err != nil {
					t.Errorf("the control group stays: %v", err)
				}
			})
			for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
				if os.WriteFile(filepath.Join(group, name), []byte(strconv.FormatInt(bytes, 10)), 0o600) == nil {
					l.group = group
					return l
				}
			}
		}
	}
	return l
}

// command is one that runs under the limit.
func (l memoryLimit) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	if l.group != "" {
		return exec.CommandContext(ctx, "sh", append([]string{"-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(l.group, "cgroup.procs"), program}, args...)...)
	}
	return exec.CommandContext(ctx, program, args...)
}

// text says which limit it is.
func (l memoryLimit) text() string {
	switch {
	case l.bytes == 0:
		return ""
	case l.group != "":
		return fmt.Sprintf(", under %d MiB (control group)", l.bytes>>20)
	}
	return ", without a control group"
}

// taken is the most that was taken so far, in bytes; 0: no control group says it.
func (l memoryLimit) taken(t testing.TB) int64 {
	t.Helper()
	if l.group == "" {
		return 0
	}
	for _, name := range []string{"memory.peak", "memory.max_usage_in_bytes"} {
		text, err := os.ReadFile(filepath.Join(l.group, name))
		if err != nil {
			continue
		}
		bytes, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	return 0
}
