package engine

// The memory of a process that a test starts. In: a command; out: the most that it had resident.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// HighWater runs a command and returns the most that it had resident, in bytes, as its last look at
// VmHWM says, which only grows (proc(5)). What wait4 says is no less than what this process had when the
// other was forked. The process counts from when its arguments begin with arg0: before, it is this one or a shell.
func HighWater(t testing.TB, cmd *exec.Cmd, arg0 string) (int64, error) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	most := int64(0)
	for tick := time.Tick(5 * time.Millisecond); ; {
		select {
		case err := <-ended:
			if err == nil && most == 0 {
				err = fmt.Errorf("%s was not seen while it ran", arg0)
			}
			return most, err
		case <-tick:
			at := filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid))
			args, err := os.ReadFile(filepath.Join(at, "cmdline"))
			if err != nil || !strings.HasPrefix(string(args), arg0+"\x00") {
				continue // not yet, or no more
			}
			status, err := os.ReadFile(filepath.Join(at, "status"))
			if err != nil {
				continue
			}
			if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
				kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, kib<<10)
			}
		}
	}
}
